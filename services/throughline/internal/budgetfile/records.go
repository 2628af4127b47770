package budgetfile

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"unicode/utf8"
)

var errOpenQuote = errors.New("a quote is opened here and never closed, so that the rest of the file cannot be read")

// record is one record of a delimited file, or a run of blank lines, or a place that could not be read.
type record struct {
	cells []string
	line  int   // physical line on which it begins
	blank int   // empty physical lines before it, which the csv reader passes over in silence
	err   error // why it could not be read
}

// recordReader cuts a decoded file into records and accounts for every physical line.
type recordReader struct {
	csv  *csv.Reader
	text []byte
	off  int // end of the last record
	line int // physical line at off
}

func newRecordReader(text []byte, delimiter string, loose bool) *recordReader {
	r := csv.NewReader(bytes.NewReader(text))
	r.FieldsPerRecord = -1
	r.LazyQuotes = loose
	if delimiter != "" {
		r.Comma, _ = utf8.DecodeRuneInString(delimiter)
	}
	return &recordReader{csv: r, text: text, line: 1}
}

// next returns the next record; io.EOF comes with the blank lines at the end of the file.
func (r *recordReader) next() (record, error) {
	cells, err := r.csv.Read()
	end := len(r.text)
	if !errors.Is(err, io.EOF) {
		end = int(r.csv.InputOffset())
	}
	rec := record{cells: cells, line: r.line}
	lines := bytes.Count(r.text[r.off:end], []byte{'\n'})
	var pe *csv.ParseError
	switch {
	case errors.Is(err, io.EOF):
		rec.blank = lines
		if end > r.off && r.text[end-1] != '\n' {
			rec.blank++ // a lone carriage return at the very end
		}
		return rec, io.EOF
	case errors.As(err, &pe):
		rec.line, rec.err = pe.StartLine, pe.Err
		if end == len(r.text) && errors.Is(pe.Err, csv.ErrQuote) && bytes.Count(r.text[r.off:end], []byte{'\n'}) > 1 {
			rec.err = errOpenQuote
		}
	case err != nil:
		return rec, err
	default:
		rec.line, _ = r.csv.FieldPos(0)
	}
	rec.blank = rec.line - r.line
	r.off, r.line = end, r.line+lines
	return rec, nil
}

func (r *recordReader) done() (read, total int) { return r.off, len(r.text) }
