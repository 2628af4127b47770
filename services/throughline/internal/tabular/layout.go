package tabular

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/throughline/throughline/services/platform/fault"
)

// Layout says how a delimited file is written.
type Layout struct {
	Encoding    string `yaml:"encoding"` // absent: byte-order mark, else UTF-8
	Delimiter   string `yaml:"delimiter"`
	LooseQuotes bool   `yaml:"loose_quotes"` // a quote inside an unquoted cell is an ordinary character
	Header      Header `yaml:"header"`
}

// Header says where the column names are.
type Header struct {
	SkipLines int      `yaml:"skip_lines"` // title records above the header
	Names     []string `yaml:"names"`      // for a file that has no header record
}

// Problems reports what is wrong with the layout; path is a prefix of its keys, such as "files[0].".
func (l *Layout) Problems(path string, report Reporter) {
	if _, ok := decoders[strings.ToLower(l.Encoding)]; !ok {
		report(path+"encoding", "%q is not one of %s", l.Encoding, strings.Join(slices.Sorted(maps.Keys(decoders))[1:], ", "))
	}
	if d := l.Delimiter; d != "" && (utf8.RuneCountInString(d) != 1 || strings.ContainsAny(d, "\"\r\n\ufffd")) {
		report(path+"delimiter", "want one character, such as \",\" or \"\\t\"")
	}
	if l.Header.SkipLines < 0 {
		report(path+"header.skip_lines", "cannot be negative")
	}
}

// Source is an opened file, placed after its header.
type Source struct {
	Name     string
	Encoding string // the one used
	Size     int    // decoded bytes
	Records  Records
	Header   []string
	Index    map[string]int // the first column of each name
	Titles   int            // title records before the header
	Blank    int            // blank lines before the first data record's predecessor
}

// Open reads all of r, at most limit bytes decoded, and closes it. Errors: ErrTooLarge, or a fault of kind Invalid with reason
// FILE_UNREADABLE.
func (l *Layout) Open(name string, r io.ReadCloser, limit int) (*Source, error) {
	s, text, err := read(name, r, l.Encoding, limit)
	if err != nil {
		return nil, err
	}
	s.Records = newDelimited(text, l.Delimiter, l.LooseQuotes)
	if err := s.readHeader(l.Header); err != nil {
		return nil, Unreadable(name, err)
	}
	return s, nil
}

// Unreadable says that a file cannot be read.
func Unreadable(name string, err error) error {
	return fault.New(fault.Invalid, "FILE_UNREADABLE", "%s cannot be read: %v", name, err).Because(err)
}

func read(name string, r io.ReadCloser, encoding string, limit int) (*Source, []byte, error) {
	text, used, err := decode(r, encoding, limit)
	closeErr := r.Close()
	if errors.Is(err, ErrTooLarge) {
		return nil, nil, err
	}
	if err = errors.Join(err, closeErr); err != nil {
		return nil, nil, Unreadable(name, err)
	}
	return &Source{Name: name, Encoding: used, Size: len(text), Index: map[string]int{}}, text, nil
}

func (s *Source) readHeader(h Header) error {
	for range h.SkipLines {
		rec, err := s.Records.Next()
		if err != nil {
			return fmt.Errorf("the file ends before its header: header.skip_lines is %d", h.SkipLines)
		}
		s.Titles++
		s.Blank += rec.Blank
	}
	s.Header = slices.Clone(h.Names)
	if len(s.Header) == 0 {
		rec, err := s.Records.Next()
		if errors.Is(err, io.EOF) {
			return errors.New("the file is empty")
		}
		if err = errors.Join(err, rec.Err); err != nil {
			return fmt.Errorf("the header cannot be read: %w", err)
		}
		s.Header = rec.Cells
		s.Blank += rec.Blank
	}
	for i := len(s.Header) - 1; i >= 0; i-- { // the first of several columns of one name stays
		s.Header[i] = Tidy(s.Header[i])
		s.Index[s.Header[i]] = i
	}
	return nil
}

// Misfits reports the columns that a mapping reads and the header lacks, or has twice; used is which path reads which.
func (s *Source) Misfits(used map[string][]string, f *fault.Error) {
	times := map[string]int{}
	for _, h := range s.Header {
		times[h]++
	}
	for _, where := range slices.Sorted(maps.Keys(used)) {
		for _, c := range used[where] {
			detail := ""
			switch n := times[c]; {
			case n == 0:
				detail = fmt.Sprintf("%s has no column %q; it has %q (delimiter and encoding right?)", s.Name, c, s.Header)
			case n > 1:
				detail = fmt.Sprintf("%s has %d columns called %q: give header.names with a name of its own for each", s.Name, n, c)
			}
			if detail != "" {
				f.Violations = append(f.Violations, fault.Violation{Field: where, Detail: detail})
			}
		}
	}
}

// Ignored lists the columns that are not read.
func (s *Source) Ignored(used ...map[string][]string) []string {
	read := map[string]bool{}
	for _, u := range used {
		for _, columns := range u {
			for _, c := range columns {
				read[c] = true
			}
		}
	}
	var out []string
	for _, h := range s.Header {
		if !read[h] {
			out = append(out, h)
		}
	}
	return out
}

const maxShownValue = 80

// Shortened keeps error lists readable; it cuts between characters.
func Shortened(s string) string {
	if len(s) <= maxShownValue {
		return s
	}
	cut := maxShownValue
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}
