package domain

import (
	"crypto/sha256"
	"encoding/hex"
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
	Value  float64
	Source string
}

// Reasons of row errors.
const (
	ReasonInvalid    = "INVALID_FIELDS"
	ReasonNoMeasure  = "MEASURE_NOT_FOUND"
	ReasonNotAligned = "PERIOD_NOT_ALIGNED"
)

// RowError says why a row was refused and what would mend it.
type RowError struct {
	At      int64
	Field   string
	Reason  string
	Message string
}

// Recorded is what rows came to: Accepted + Revised + Duplicate + Rejected = rows.
type Recorded struct {
	Organization string
	Accepted     int64
	Revised      int64
	Duplicate    int64
	Rejected     int64
	Errors       []RowError
	Observations []Observation // to be appended; one for each row accepted or revised
}

// Ledger is what is known about the cells that rows are for.
type Ledger struct {
	Organization string
	Frequencies  map[string]Frequency // of the measures that exist, by id
	Current      map[Cell]Observation // latest revisions
	Time         time.Time            // no earlier than any record time in Current
	By           string               // who records
}

// Record turns rows into observations, in order: the first value of a cell is revision 1, each changed value the next, an
// equal value none. Rows that leave a cell at the value it already has record nothing, so that sending them again
// records nothing either, even if they contradict each other on the way.
func (l Ledger) Record(rows []Row) Recorded {
	out := Recorded{Organization: l.Organization}
	known := make(map[Cell]Observation, len(rows))
	last := make(map[Cell]float64, len(rows))
	for _, r := range rows {
		last[r.Cell] = r.Value
	}
	for _, r := range rows {
		if e, bad := l.refuse(r); bad {
			out.Errors = append(out.Errors, e)
			out.Rejected++
			continue
		}
		old, exists := known[r.Cell]
		if !exists {
			old, exists = l.Current[r.Cell]
			if exists && old.Value == last[r.Cell] {
				out.Duplicate++
				continue
			}
		}
		switch {
		case !exists:
			out.Accepted++
		case old.Value == r.Value:
			out.Duplicate++
			continue
		default:
			out.Revised++
		}
		next := Observation{
			Organization: l.Organization, Cell: r.Cell, Value: r.Value, Source: r.Source,
			Revision: old.Revision + 1, RecordTime: l.Time, RecordedBy: l.By,
		}
		known[r.Cell] = next
		out.Observations = append(out.Observations, next)
	}
	return out
}

func (l Ledger) refuse(r Row) (RowError, bool) {
	e := RowError{At: r.At}
	f, exists := l.Frequencies[r.Measure]
	switch _, isDay := r.Period.time(); {
	case !isDay:
		e.Field, e.Reason, e.Message = "period_start", ReasonInvalid, string(r.Period)+" is no calendar day; send year, month and day"
	case !exists:
		e.Field, e.Reason = "measure", ReasonNoMeasure
		e.Message = MeasureName(l.Organization, r.Measure) + " was not found; create it first"
	case !f.Starts(r.Period):
		e.Field, e.Reason = "period_start", ReasonNotAligned
		e.Message = string(r.Period) + " is not the first day of a " + f.Period() + ", and the measure is " + string(f) + "; send that day"
	default:
		return e, false
	}
	return e, true
}
