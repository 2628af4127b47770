package domain

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"
)

// Cell is what one value is for.
type Cell struct {
	Measure   string // id
	Period    Date   // first day
	Dimension string // part of the city or group of people; empty means all
}

// Observation is one revision of one cell's value; it never changes.
type Observation struct {
	Organization string
	Cell
	Value      float64
	Source     string
	Revision   int64 // from 1, one more for each changed value
	RecordTime time.Time
	RecordedBy string
}

// Name is the resource name of the cell: all revisions share it.
func (o Observation) Name() string {
	id := string(o.Period)
	if o.Dimension != "" { // free text, which names cannot hold
		sum := sha256.Sum256([]byte(o.Dimension))
		id += "-" + hex.EncodeToString(sum[:8])
	}
	return MeasureName(o.Organization, o.Measure) + "/observations/" + id
}

// Row is a value to record.
type Row struct {
	At int64 // position in the stream, from 0
	Cell
	Value   float64
	Missing bool // its text says that the value is not known: it is checked and counted, and records nothing
	Source  string
}

// Reasons of row errors.
const (
	ReasonInvalid       = "INVALID_FIELDS"
	ReasonNotUnderstood = "VALUE_NOT_UNDERSTOOD"
	ReasonNoMeasure     = "MEASURE_NOT_FOUND"
	ReasonNotAligned    = "PERIOD_NOT_ALIGNED"
	ReasonNotDeclared   = "DIMENSION_NOT_DECLARED"
)

// RowError says why a row was refused and what would mend it.
type RowError struct {
	At      int64
	Field   string
	Reason  string
	Message string
}

// Recorded is what rows came to: Accepted + Revised + Duplicate + Rejected + Missing = rows.
type Recorded struct {
	Organization string
	Accepted     int64
	Revised      int64
	Duplicate    int64
	Rejected     int64
	Missing      int64
	Errors       []RowError
	Observations []Observation // to be appended, by cell; one for each row accepted or revised
}

// Batch is rows by cell, and those of one cell in the order they came.
type Batch struct {
	Rows     []Row
	Cells    []Cell   // each once, in order
	Measures []string // each once, in order
}

// NewBatch sorts rows in place.
func NewBatch(rows []Row) Batch {
	order := func(a, b Row) int {
		return cmp.Or(cmp.Compare(a.Measure, b.Measure), cmp.Compare(a.Period, b.Period), cmp.Compare(a.Dimension, b.Dimension), cmp.Compare(a.At, b.At))
	}
	slices.SortFunc(rows, order)
	b := Batch{Rows: rows, Cells: make([]Cell, 0, len(rows))}
	for i, r := range rows {
		if i == 0 || r.Cell != rows[i-1].Cell {
			b.Cells = append(b.Cells, r.Cell)
		}
		if i == 0 || r.Measure != rows[i-1].Measure {
			b.Measures = append(b.Measures, r.Measure)
		}
	}
	return b
}

// Known is the latest revision of a cell, in short; Revision 0 means that it has none.
type Known struct {
	Value      float64
	Revision   int64
	RecordTime time.Time
}

// Ledger is what is known about the cells that a batch is for.
type Ledger struct {
	Organization string
	Terms        map[string]Terms // of the measures that exist, by id
	Current      []Known          // of each of the batch's cells
	Time         time.Time        // no earlier than any record time in Current
	By           string           // who records
}

// Record turns rows into observations, in order: the first value of a cell is revision 1, each changed value the next, an
// equal value none. Rows that leave a cell at the value it already has record nothing, so that sending them again
// records nothing either, even if they contradict each other on the way.
func (l Ledger) Record(b Batch) Recorded {
	out := Recorded{Organization: l.Organization, Observations: make([]Observation, 0, len(b.Cells))}
	for i, rest := 0, b.Rows; len(rest) > 0; i++ {
		n := 1
		for n < len(rest) && rest[n].Cell == rest[0].Cell {
			n++
		}
		l.record(&out, l.Current[i], rest[:n])
		rest = rest[n:]
	}
	return out
}

// record takes the rows of one cell.
func (l Ledger) record(out *Recorded, now Known, rows []Row) {
	if e, bad := l.refuse(rows[0].Cell); bad {
		for _, r := range rows {
			e.At = r.At
			out.Errors = append(out.Errors, e)
		}
		out.Rejected += int64(len(rows))
		return
	}
	unchanged := now.Revision > 0 && now.Value == last(rows)
	for _, r := range rows {
		switch {
		case r.Missing:
			out.Missing++
			continue
		case unchanged, now.Revision > 0 && now.Value == r.Value:
			out.Duplicate++
			continue
		case now.Revision == 0:
			out.Accepted++
		default:
			out.Revised++
		}
		now.Value, now.Revision = r.Value, now.Revision+1
		out.Observations = append(out.Observations, Observation{
			Organization: l.Organization, Cell: r.Cell, Value: r.Value, Source: r.Source,
			Revision: now.Revision, RecordTime: l.Time, RecordedBy: l.By,
		})
	}
}

// last is the value that the rows of one cell leave it at; any, if all are missing.
func last(rows []Row) float64 {
	for _, r := range slices.Backward(rows) {
		if !r.Missing {
			return r.Value
		}
	}
	return 0
}

func (l Ledger) refuse(c Cell) (RowError, bool) {
	var e RowError
	terms, exists := l.Terms[c.Measure]
	switch day, isDay := c.Period.time(); {
	case !isDay:
		e.Field, e.Reason, e.Message = "period_start", ReasonInvalid, string(c.Period)+" is no calendar day; send year, month and day"
	case !exists:
		e.Field, e.Reason = "measure", ReasonNoMeasure
		e.Message = MeasureName(l.Organization, c.Measure) + " was not found; create it first"
	case !terms.Frequency.startsAt(day):
		e.Field, e.Reason = "period_start", ReasonNotAligned
		e.Message = string(c.Period) + " is not the first day of a " + terms.Frequency.Period() + ", and the measure is " + string(terms.Frequency) + "; send that day"
	case !terms.takes(c.Dimension):
		e.Field, e.Reason, e.Message = "dimension", ReasonNotDeclared, terms.undeclared(c.Dimension)
	default:
		return e, false
	}
	return e, true
}
