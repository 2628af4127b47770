package tabular

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"unicode/utf8"
)

var errOpenQuote = errors.New("a quote is opened here and never closed, so that the rest of the file cannot be read")

// Record is one record of a delimited file, or a run of blank lines, or a place that could not be read.
type Record struct {
	Cells []string
	Line  int   // physical line on which it begins
	Blank int   // empty physical lines before it, which the csv reader passes over in silence
	Err   error // why it could not be read

	// Numbers says which cells were written as numbers, not as text; nil where the format knows text alone.
	Numbers []bool
}

// Records are the records of a file, in order.
type Records interface {
	// Next returns the next record; io.EOF comes with the blank lines at the end of the file.
	Next() (Record, error)
	// Done says how many bytes have been read, and how many there are.
	Done() (read, total int)
}

// delimited cuts a decoded file into records and accounts for every physical line.
type delimited struct {
	csv  *csv.Reader
	text []byte
	off  int // end of the last record
	line int // physical line at off
}

func newDelimited(text []byte, delimiter string, loose bool) *delimited {
	r := csv.NewReader(bytes.NewReader(text))
	r.FieldsPerRecord = -1
	r.LazyQuotes = loose
	if delimiter != "" {
		r.Comma, _ = utf8.DecodeRuneInString(delimiter)
	}
	return &delimited{csv: r, text: text, line: 1}
}

// Next returns the next record; io.EOF comes with the blank lines at the end of the file.
func (r *delimited) Next() (Record, error) {
	cells, err := r.csv.Read()
	end := len(r.text)
	if !errors.Is(err, io.EOF) {
		end = int(r.csv.InputOffset())
	}
	rec := Record{Cells: cells, Line: r.line}
	lines := bytes.Count(r.text[r.off:end], []byte{'\n'})
	var pe *csv.ParseError
	switch {
	case errors.Is(err, io.EOF):
		rec.Blank = lines
		if end > r.off && r.text[end-1] != '\n' {
			rec.Blank++ // a lone carriage return at the very end
		}
		return rec, io.EOF
	case errors.As(err, &pe):
		rec.Line, rec.Err = pe.StartLine, pe.Err
		if end == len(r.text) && errors.Is(pe.Err, csv.ErrQuote) && bytes.Count(r.text[r.off:end], []byte{'\n'}) > 1 {
			rec.Err = errOpenQuote
		}
	case err != nil:
		return rec, err
	default:
		rec.Line, _ = r.csv.FieldPos(0)
	}
	rec.Blank = rec.Line - r.line
	r.off, r.line = end, r.line+lines
	return rec, nil
}

// Done says how many bytes have been read, and how many there are.
func (r *delimited) Done() (read, total int) { return r.off, len(r.text) }
