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
)

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
	f, err := os.Open(mappingFile)
	if err != nil {
		return nil, fmt.Errorf("open the mapping: %w", err)
	}
	defer f.Close()
	m, err := LoadMapping(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", mappingFile, err)
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
			read, total := s.records.done()
			o.progress(Progress{File: s.file.Name, Index: i, Files: len(sources), Read: int64(read), Total: int64(total)})
		}
		if err := p.all(ctx, tick); err != nil {
			return nil, err
		}
		tick()
		s.records = nil // free the text
	}
	return b.finish()
}

// all reads every record of the file.
func (p *fileReader) all(ctx context.Context, tick func()) error {
	for n := 1; ; n++ {
		rec, err := p.src.records.next()
		p.skipMany(ruleBlankLine, rec.blank)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return unreadable(p.src.file.Name, err)
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

// source is an opened file, placed after its header.
type source struct {
	file     *File
	encoding string
	records  *recordReader
	header   []string
	index    map[string]int
	titles   int // title records before the header
	blank    int // blank lines before the first data record's predecessor
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
		if errors.Is(err, errTooLarge) {
			return nil, fault.New(fault.Exhausted, "FILE_TOO_LARGE", "the files hold more than %d bytes together, reached in %s: split the import",
				limit, m.Files[i].Name)
		}
		if err != nil {
			return nil, err
		}
		left -= len(s.records.text)
		s.misfits(fmt.Sprintf("files[%d]", i), misfit)
		sources = append(sources, s)
	}
	used := m.ruleColumns()
	for _, path := range sortedKeys(used) {
		for _, c := range used[path] {
			has := func(s *source) bool { _, ok := s.index[c]; return ok }
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

func unreadable(name string, err error) error {
	return fault.New(fault.Invalid, "FILE_UNREADABLE", "%s cannot be read: %v", name, err).Because(err)
}

func openOne(f *File, open func(name string) (io.ReadCloser, error), limit int) (*source, error) {
	r, err := open(f.Name)
	if err != nil {
		return nil, unreadable(f.Name, err)
	}
	text, encoding, err := decode(r, f.Encoding, limit)
	closeErr := r.Close()
	if errors.Is(err, errTooLarge) {
		return nil, err
	}
	if err = errors.Join(err, closeErr); err != nil {
		return nil, unreadable(f.Name, err)
	}
	s := &source{file: f, encoding: encoding, records: newRecordReader(text, f.Delimiter, f.LooseQuotes), index: map[string]int{}}
	if err := s.readHeader(); err != nil {
		return nil, unreadable(f.Name, err)
	}
	return s, nil
}

func (s *source) readHeader() error {
	for range s.file.Header.SkipLines {
		rec, err := s.records.next()
		if err != nil {
			return fmt.Errorf("the file ends before its header: header.skip_lines is %d", s.file.Header.SkipLines)
		}
		s.titles++
		s.blank += rec.blank
	}
	s.header = slices.Clone(s.file.Header.Names)
	if len(s.header) == 0 {
		rec, err := s.records.next()
		if errors.Is(err, io.EOF) {
			return errors.New("the file is empty")
		}
		if err = errors.Join(err, rec.err); err != nil {
			return fmt.Errorf("the header cannot be read: %w", err)
		}
		s.header = rec.cells
		s.blank += rec.blank
	}
	for i := len(s.header) - 1; i >= 0; i-- { // the first of several columns of one name stays
		s.header[i] = tidy(s.header[i])
		s.index[s.header[i]] = i
	}
	return nil
}

// misfits reports the columns that the mapping reads and the header lacks, or has twice.
func (s *source) misfits(path string, f *fault.Error) {
	times := map[string]int{}
	for _, h := range s.header {
		times[h]++
	}
	used := s.file.columnsUsed()
	for _, where := range sortedKeys(used) {
		for _, c := range used[where] {
			detail := ""
			switch n := times[c]; {
			case n == 0:
				detail = fmt.Sprintf("%s has no column %q; it has %q (delimiter and encoding right?)", s.file.Name, c, s.header)
			case n > 1:
				detail = fmt.Sprintf("%s has %d columns called %q: give header.names with a name of its own for each", s.file.Name, n, c)
			}
			if detail != "" {
				f.Violations = append(f.Violations, fault.Violation{Field: path + "." + where, Detail: detail})
			}
		}
	}
}

// ignored lists the columns that nothing in the mapping reads.
func (s *source) ignored(m *Mapping) []string {
	read := map[string]bool{}
	for _, used := range []map[string][]string{s.file.columnsUsed(), m.ruleColumns()} {
		for _, columns := range used {
			for _, c := range columns {
				read[c] = true
			}
		}
	}
	var out []string
	for _, h := range s.header {
		if !read[h] {
			out = append(out, h)
		}
	}
	return out
}
