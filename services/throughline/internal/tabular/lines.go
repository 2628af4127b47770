package tabular

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
)

// OpenLines reads all of r, at most limit bytes, as JSON lines: one object a line, of which the members called columns are read. A
// member that an object lacks, and null, is a blank cell. Errors are those of Layout.Open.
func OpenLines(name string, r io.ReadCloser, columns []string, limit int) (*Source, *Lines, error) {
	s, text, err := read(name, r, "", limit)
	if err != nil {
		return nil, nil, err
	}
	s.Header = slices.Compact(slices.Sorted(slices.Values(columns)))
	for i, c := range s.Header {
		s.Index[c] = i
	}
	lines := &Lines{text: text, index: s.Index, header: s.Header, met: make([]bool, len(s.Header)), others: map[string]bool{}}
	s.Records = lines
	return s, lines, nil
}

// Lines are the records of a file of JSON lines.
type Lines struct {
	text   []byte
	off    int
	line   int // lines read
	index  map[string]int
	header []string
	met    []bool          // columns that some object has
	others map[string]bool // members that are no columns
}

// Next implements Records.
func (l *Lines) Next() (Record, error) {
	var rec Record
	for l.off < len(l.text) {
		text := l.text[l.off:]
		if end := bytes.IndexByte(text, '\n'); end >= 0 {
			text = text[:end+1]
		}
		l.off += len(text)
		l.line++
		if text = bytes.TrimSpace(text); len(text) == 0 {
			rec.Blank++
			continue
		}
		rec.Line = l.line
		rec.Cells, rec.Numbers = make([]string, len(l.header)), make([]bool, len(l.header))
		rec.Err = l.object(text, &rec)
		return rec, nil
	}
	return rec, io.EOF
}

// Done implements Records.
func (l *Lines) Done() (read, total int) { return l.off, len(l.text) }

// Unmet lists the columns that no object had.
func (l *Lines) Unmet() []string {
	var out []string
	for i, c := range l.header {
		if !l.met[i] {
			out = append(out, c)
		}
	}
	return out
}

// Others lists the members that are no columns.
func (l *Lines) Others() []string {
	var out []string
	for c := range l.others {
		out = append(out, c)
	}
	slices.Sort(out)
	return out
}

// object reads one object; encoding/json would take the last of several members of one name in silence.
func (l *Lines) object(text []byte, rec *Record) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	open, err := d.Token()
	if err != nil {
		return notJSON(err)
	}
	if open != json.Delim('{') {
		return errors.New("is no JSON object: write one object a line")
	}
	seen := make([]bool, len(l.header))
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return notJSON(err)
		}
		name, _ := key.(string)
		at, wanted := l.index[name]
		if !wanted {
			l.others[name] = true
			if err := d.Decode(new(json.RawMessage)); err != nil {
				return notJSON(err)
			}
			continue
		}
		value, err := d.Token()
		if err != nil {
			return notJSON(err)
		}
		if seen[at] {
			return fmt.Errorf("has %q twice: keep one", name)
		}
		seen[at], l.met[at] = true, true
		switch v := value.(type) {
		case string:
			rec.Cells[at] = v
		case json.Number:
			rec.Cells[at], rec.Numbers[at] = v.String(), true
		case bool:
			rec.Cells[at] = strconv.FormatBool(v)
		case nil:
		default:
			return fmt.Errorf("has a list or an object under %q: want a text, a number, true, false or null", name)
		}
	}
	if _, err := d.Token(); err != nil {
		return notJSON(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("goes on after its object: write one object a line")
	}
	return nil
}

func notJSON(err error) error { return fmt.Errorf("is not JSON (%w): write one object a line", err) }
