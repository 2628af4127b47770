package domain

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func cell(measure string, period Date, dimension string) Cell {
	return Cell{measure, period, dimension}
}

func TestRecord(t *testing.T) {
	jan, feb := cell("m", "2027-01-01", ""), cell("m", "2027-02-01", "")
	l := Ledger{
		Organization: "o", Frequencies: map[string]Frequency{"m": Monthly, "y": Yearly}, Time: noon, By: "ann",
		Current: map[Cell]Observation{jan: {Organization: "o", Cell: jan, Value: 5, Revision: 3}},
	}
	tests := []struct {
		name                                   string
		rows                                   []Row
		accepted, revised, duplicate, rejected int64
		reasons                                []string
		written                                []string // value@revision
	}{
		{"first value", []Row{{Cell: feb, Value: 1}}, 1, 0, 0, 0, nil, []string{"1@1"}},
		{"the same value", []Row{{Cell: jan, Value: 5, Source: "elsewhere"}}, 0, 0, 1, 0, nil, nil},
		{"a changed value", []Row{{Cell: jan, Value: 6}}, 0, 1, 0, 0, nil, []string{"6@4"}},
		{"one cell often", []Row{{Cell: feb, Value: 1}, {Cell: feb, Value: 1}, {Cell: feb, Value: 2}}, 1, 1, 1, 0, nil, []string{"1@1", "2@2"}},
		{"there and back changes nothing", []Row{{Cell: jan, Value: 6}, {Cell: jan, Value: 5}}, 0, 0, 2, 0, nil, nil},
		{"another dimension is another cell", []Row{{Cell: cell("m", "2027-01-01", "north"), Value: 5}}, 1, 0, 0, 0, nil, []string{"5@1"}},
		{"bad rows among good ones", []Row{
			{At: 7, Cell: cell("m", "2027-02-30", ""), Value: 1},
			{At: 8, Cell: feb, Value: 1},
			{At: 9, Cell: cell("none", "2027-01-01", ""), Value: 1},
			{At: 10, Cell: cell("y", "2027-07-01", ""), Value: 1},
			{At: 11, Cell: cell("m", "2027-03-15", ""), Value: 1},
		}, 1, 0, 0, 4, []string{"7 INVALID_FIELDS", "9 MEASURE_NOT_FOUND", "10 PERIOD_NOT_ALIGNED", "11 PERIOD_NOT_ALIGNED"}, []string{"1@1"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := l.Record(tt.rows)
			if got.Accepted != tt.accepted || got.Revised != tt.revised || got.Duplicate != tt.duplicate || got.Rejected != tt.rejected {
				t.Errorf("%+v", got)
			}
			var reasons, written []string
			for _, e := range got.Errors {
				reasons = append(reasons, fmt.Sprintf("%d %s", e.At, e.Reason))
			}
			for _, o := range got.Observations {
				written = append(written, fmt.Sprintf("%v@%d", o.Value, o.Revision))
				if o.RecordedBy != "ann" || !o.RecordTime.Equal(noon) || o.Organization != "o" {
					t.Errorf("%+v", o)
				}
			}
			if fmt.Sprint(reasons) != fmt.Sprint(tt.reasons) || fmt.Sprint(written) != fmt.Sprint(tt.written) {
				t.Errorf("refused %v, want %v; wrote %v, want %v", reasons, tt.reasons, written, tt.written)
			}
		})
	}
}

func TestObservationNames(t *testing.T) {
	all := Observation{Organization: "o", Cell: cell("m", "2027-01-01", "")}
	north := Observation{Organization: "o", Cell: cell("m", "2027-01-01", "North / 3rd district")}
	if got := all.Name(); got != "organizations/o/measures/m/observations/2027-01-01" {
		t.Error(got)
	}
	if got := north.Name(); got != "organizations/o/measures/m/observations/2027-01-01-c7309baa5ccee165" {
		t.Error(got)
	}
}

// book keeps what ledgers record, as a store does.
type book map[Cell]Observation

func (b book) record(rows []Row) Recorded {
	r := Ledger{Organization: "o", Frequencies: map[string]Frequency{"a": Monthly, "b": Yearly}, Current: b, Time: noon}.Record(rows)
	for _, o := range r.Observations {
		b[o.Cell] = o
	}
	return r
}

func TestRecordingIsIdempotentAndCounts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Row {
			day := noon.AddDate(0, rapid.IntRange(0, 4).Draw(t, "month"), rapid.SampledFrom([]int{0, 0, 0, 1}).Draw(t, "day"))
			return Row{
				Cell:  cell(rapid.SampledFrom([]string{"a", "b", "none"}).Draw(t, "measure"), Date(day.Format(time.DateOnly)), rapid.SampledFrom([]string{"", "n"}).Draw(t, "dimension")),
				Value: float64(rapid.IntRange(0, 2).Draw(t, "value")),
			}
		}), 0, 30).Draw(t, "rows")
		b := book{}
		first := b.record(rows)
		if got := first.Accepted + first.Revised + first.Duplicate + first.Rejected; got != int64(len(rows)) {
			t.Fatalf("%d rows came to %d: %+v", len(rows), got, first)
		}
		if int64(len(first.Observations)) != first.Accepted+first.Revised || first.Accepted != int64(len(b)) {
			t.Errorf("%+v wrote %d cells", first, len(b))
		}
		again := b.record(rows)
		if len(again.Observations) != 0 || again.Rejected != first.Rejected || again.Duplicate != int64(len(rows))-first.Rejected {
			t.Errorf("sent again: %+v", again)
		}
	})
}

// With one value per cell, neither the order of rows nor how they are cut into messages matters.
func TestOrderIsNeutral(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) Row {
			day := noon.AddDate(0, rapid.IntRange(0, 11).Draw(t, "month"), 0)
			return Row{Cell: cell("a", Date(day.Format(time.DateOnly)), rapid.SampledFrom([]string{"", "n", "s"}).Draw(t, "dimension")), Value: whole(t, "value")}
		}), 0, 20, func(r Row) Cell { return r.Cell }).Draw(t, "rows")
		one, other := book{}, book{}
		one.record(rows)
		shuffled := rapid.Permutation(rows).Draw(t, "shuffled")
		cut := rapid.IntRange(0, len(rows)).Draw(t, "cut")
		other.record(shuffled[:cut])
		other.record(shuffled[cut:])
		if fmt.Sprint(one) != fmt.Sprint(other) {
			t.Errorf("%v\nand\n%v", one, other)
		}
	})
}
