package measurefile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/throughline/internal/tabular"
)

// MaxBytes is the most that a file may hold, decoded; it is read into memory.
const MaxBytes = 1 << 30

// rowsBetweenProgress is how often progress is told.
const rowsBetweenProgress = 10_000

// Progress takes how many bytes of a file have been read, and how many there are.
type Progress func(read, total int)

// ReadFile is Read of a file on disk.
func ReadFile(ctx context.Context, m Mapping, file string, progress Progress) (*Parsed, error) {
	f, err := os.Open(file) //nolint:gosec // the file is of the person who runs this, with their own rights
	if err != nil {
		return nil, tabular.Unreadable(file, err)
	}
	return Read(ctx, m, filepath.Base(file), f, progress)
}

// Read reads a file and returns all that it says, and closes it; progress may be nil. Rows that cannot be imported are in RowErrors: the
// caller decides whether to go on without them. Errors: faults of kind Invalid with reason MAPPING_INVALID (the mapping itself),
// MAPPING_MISFIT (it does not fit the header), FILE_UNREADABLE; of kind Exhausted with reason FILE_TOO_LARGE (MaxBytes); or the context's.
func Read(ctx context.Context, m Mapping, name string, r io.ReadCloser, progress Progress) (*Parsed, error) {
	if progress == nil {
		progress = func(int, int) {}
	}
	if err := m.Validate(); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	used := m.columnsUsed()
	source, lines, err := open(&m, name, r, used)
	if err != nil {
		return nil, err
	}
	p, err := newReader(m, source)
	if err != nil {
		return nil, err
	}
	for n := 1; ; n++ {
		rec, err := source.Records.Next()
		p.skip(RuleBlankLine, rec.Blank)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, tabular.Unreadable(name, err)
		}
		p.record(rec)
		if n%rowsBetweenProgress == 0 {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			progress(source.Records.Done())
		}
	}
	progress(source.Records.Done())
	if lines != nil {
		if err := p.unmet(lines, used); err != nil {
			return nil, err
		}
		p.out.Ignored = lines.Others()
	} else {
		p.out.Ignored = source.Ignored(used)
	}
	return p.finish()
}

// open opens the file and checks that the mapping fits its header; lines is nil for a delimited file.
func open(m *Mapping, name string, r io.ReadCloser, used map[string][]string) (s *tabular.Source, lines *tabular.Lines, err error) {
	if m.Format == JSONLines {
		var columns []string
		for _, c := range used {
			columns = append(columns, c...)
		}
		s, lines, err = tabular.OpenLines(name, r, columns, MaxBytes)
	} else {
		s, err = m.Open(name, r, MaxBytes)
	}
	if errors.Is(err, tabular.ErrTooLarge) {
		return nil, nil, fault.New(fault.Exhausted, "FILE_TOO_LARGE", "%s holds more than %d bytes: split it", name, MaxBytes)
	}
	if err != nil {
		return nil, nil, err
	}
	misfit := fault.New(fault.Invalid, "MAPPING_MISFIT", "the mapping does not fit the file")
	s.Misfits(used, misfit)
	if len(misfit.Violations) > 0 {
		return nil, nil, misfit
	}
	return s, lines, nil
}

// unmet refuses a mapping that reads members which no object has.
func (p *reader) unmet(lines *tabular.Lines, used map[string][]string) error {
	unmet := lines.Unmet()
	if len(unmet) == 0 || p.out.Totals.Read == p.out.Totals.Skipped {
		return nil
	}
	misfit := fault.New(fault.Invalid, "MAPPING_MISFIT", "the mapping does not fit the file")
	for _, where := range sortedKeys(used) {
		for _, c := range used[where] {
			if slices.Contains(unmet, c) {
				misfit.Violations = append(misfit.Violations, fault.Violation{
					Field: where, Detail: fmt.Sprintf("no object of %s has %q; others are %q", p.out.File, c, lines.Others()),
				})
			}
		}
	}
	return misfit
}
