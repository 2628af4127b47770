package budgetfile

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

// MaxBytes is the most that the files of one mapping may hold together, decoded; they are read into memory.
const MaxBytes = 100 << 20

// Progress says how far Read is; bytes are of the decoded file.
type Progress struct {
	File        string
	Index       int // of the file, from 0
	Files       int
	Read, Total int64
}

// Option changes how Read works.
type Option func(*options)

type options struct {
	progress func(Progress)
	limit    int // bytes of all files together
}

// WithProgress has f called every thousand rows and at the end of every file, from the reading goroutine.
func WithProgress(f func(Progress)) Option { return func(o *options) { o.progress = f } }

const rowsBetweenProgress = 1000

// ReadDir is Read for a mapping in a file and the files it names in a folder.
func ReadDir(ctx context.Context, mappingFile, dir string, opts ...Option) (*Parsed, error) {
	m, err := tabular.OpenMapping(mappingFile, LoadMapping)
	if err != nil {
		return nil, err
	}
	return Read(ctx, m, func(name string) (io.ReadCloser, error) {
		return os.Open(filepath.Join(dir, name)) //nolint:gosec // folder and mapping are of the person who runs this, with their own rights
	}, opts...)
}

// Read reads the mapping's files and returns all that they say. Rows that cannot be mapped are in RowErrors, totals that do not tie in
// Mismatches: the caller decides whether to go on. Errors: faults of kind Invalid with reason MAPPING_INVALID (the mapping itself),
// MAPPING_MISFIT (it does not fit the files' headers, encoding or funds; every misfit listed), FILE_UNREADABLE, AMOUNT_OVERFLOW; of
// kind Exhausted with reason FILE_TOO_LARGE (MaxBytes); or the context's error.
func Read(ctx context.Context, m Mapping, open func(name string) (io.ReadCloser, error), opts ...Option) (*Parsed, error) {
	o := options{progress: func(Progress) {}, limit: MaxBytes}
	for _, opt := range opts {
		opt(&o)
	}
	if err := m.Validate(); err != nil {
		return nil, err
	}
	sources, err := openAll(ctx, &m, open, o.limit)
	if err != nil {
		return nil, err
	}
	b := newBuilder(&m)
	for i, s := range sources {
		p := newFileReader(&m, s, b)
		tick := func() {
			read, total := s.Records.Done()
			o.progress(Progress{File: s.file.Name, Index: i, Files: len(sources), Read: int64(read), Total: int64(total)})
		}
		if err := p.all(ctx, tick); err != nil {
			return nil, err
		}
		tick()
		s.Records = nil // free the text
	}
	return b.finish()
}

// all reads every record of the file.
func (p *fileReader) all(ctx context.Context, tick func()) error {
	for n := 1; ; n++ {
		rec, err := p.src.Records.Next()
		p.skipMany(ruleBlankLine, rec.Blank)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return tabular.Unreadable(p.src.file.Name, err)
		}
		p.record(rec, n)
		if n%rowsBetweenProgress == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
			tick()
		}
	}
	return p.close()
}

// source is a file of the mapping, opened and placed after its header.
type source struct {
	*tabular.Source

	file *File
}

// openAll decodes every file and checks that the mapping fits the headers, listing all misfits at once.
func openAll(ctx context.Context, m *Mapping, open func(name string) (io.ReadCloser, error), limit int) ([]*source, error) {
	misfit := fault.New(fault.Invalid, "MAPPING_MISFIT", "the mapping does not fit the files")
	var sources []*source
	left := limit
	for i := range m.Files {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		s, err := openOne(&m.Files[i], open, left)
		if errors.Is(err, tabular.ErrTooLarge) {
			return nil, fault.New(fault.Exhausted, "FILE_TOO_LARGE", "the files hold more than %d bytes together, reached in %s: split the import",
				limit, m.Files[i].Name)
		}
		if err != nil {
			return nil, err
		}
		left -= s.Size
		s.misfits(fmt.Sprintf("files[%d]", i), misfit)
		sources = append(sources, s)
	}
	used := m.ruleColumns()
	for _, path := range sortedKeys(used) {
		for _, c := range used[path] {
			has := func(s *source) bool { _, ok := s.Index[c]; return ok }
			if !slices.ContainsFunc(sources, has) {
				misfit.Violations = append(misfit.Violations, fault.Violation{Field: path, Detail: fmt.Sprintf("no file has a column %q", c)})
			}
		}
	}
	if len(misfit.Violations) > 0 {
		return nil, misfit
	}
	return sources, nil
}

func openOne(f *File, open func(name string) (io.ReadCloser, error), limit int) (*source, error) {
	r, err := open(f.Name)
	if err != nil {
		return nil, tabular.Unreadable(f.Name, err)
	}
	s, err := f.Open(f.Name, r, limit)
	if err != nil {
		return nil, err
	}
	return &source{Source: s, file: f}, nil
}

// misfits reports the columns that the mapping reads and the header lacks, or has twice.
func (s *source) misfits(path string, f *fault.Error) {
	used := map[string][]string{}
	for where, columns := range s.file.columnsUsed() {
		used[path+"."+where] = columns
	}
	s.Misfits(used, f)
}
