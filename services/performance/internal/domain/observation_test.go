package domain

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func cell(measure string, period Date, dimension string) Cell {
	return Cell{measure, period, dimension}
}

func TestRecord(t *testing.T) {
	jan, feb := cell("m", "2027-01-01", ""), cell("m", "2027-02-01", "")
	now := book{jan: {Organization: "o", Cell: jan, Value: 5, Revision: 3}}
	tests := []struct {
		name                                   string
		rows                                   []Row
		accepted, revised, duplicate, rejected int64
		reasons                                []string
		written                                []string // value@revision, by cell
	}{
		{"first value", []Row{{Cell: feb, Value: 1}}, 1, 0, 0, 0, nil, []string{"1@1"}},
		{"the same value", []Row{{Cell: jan, Value: 5, Source: "elsewhere"}}, 0, 0, 1, 0, nil, nil},
		{"a changed value", []Row{{Cell: jan, Value: 6}}, 0, 1, 0, 0, nil, []string{"6@4"}},
		{"one cell often", []Row{{Cell: feb, Value: 1}, {Cell: feb, Value: 1}, {Cell: feb, Value: 2}}, 1, 1, 1, 0, nil, []string{"1@1", "2@2"}},
		{"there and back changes nothing", []Row{{Cell: jan, Value: 6}, {Cell: jan, Value: 5}}, 0, 0, 2, 0, nil, nil},
		{"another dimension is another cell", []Row{{Cell: cell("m", "2027-01-01", "north"), Value: 5}}, 1, 0, 0, 0, nil, []string{"5@1"}},
		{"not known", []Row{{Cell: jan, Missing: true}, {Cell: feb, Missing: true}}, 0, 0, 0, 0, nil, nil},
		{
			"known and not known",
			[]Row{{At: 1, Cell: jan, Value: 6}, {At: 2, Cell: jan, Missing: true}, {At: 3, Cell: feb, Missing: true}, {At: 4, Cell: feb, Value: 1}},
			1, 1, 0, 0, nil,
			[]string{"6@4", "1@1"},
		},
		{"not known last, there and back", []Row{{At: 1, Cell: jan, Value: 6}, {At: 2, Cell: jan, Value: 5}, {At: 3, Cell: jan, Missing: true}}, 0, 0, 2, 0, nil, nil},
		{"a row that is not known is checked too", []Row{{Cell: cell("none", "2027-01-01", ""), Missing: true}}, 0, 0, 0, 1, []string{"0 MEASURE_NOT_FOUND"}, nil},
		{"rows of one cell keep their order", []Row{{At: 3, Cell: feb, Value: 3}, {At: 1, Cell: feb, Value: 1}, {At: 2, Cell: feb, Value: 2}}, 1, 2, 0, 0, nil, []string{"1@1", "2@2", "3@3"}},
		{"dimensions that are declared", []Row{
			{At: 1, Cell: cell("d", "2027-01-01", "south"), Value: 1},
			{At: 2, Cell: cell("d", "2027-01-01", ""), Value: 2},
			{At: 3, Cell: cell("d", "2027-01-01", "east"), Value: 3},
			{At: 4, Cell: cell("d", "2027-01-01", "east"), Value: 4},
		}, 2, 0, 0, 2, []string{"3 DIMENSION_NOT_DECLARED", "4 DIMENSION_NOT_DECLARED"}, []string{"2@1", "1@1"}},
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
			got := now.ledger(tt.rows)
			if n := got.Accepted + got.Revised + got.Duplicate + got.Rejected + got.Missing; n != int64(len(tt.rows)) {
				t.Errorf("%d rows came to %d", len(tt.rows), n)
			}
			if got.Accepted != tt.accepted || got.Revised != tt.revised || got.Duplicate != tt.duplicate || got.Rejected != tt.rejected {
				t.Errorf("%+v", got)
			}
			var reasons, written []string
			slices.SortFunc(got.Errors, func(a, b RowError) int { return cmp.Compare(a.At, b.At) })
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

func (b book) ledger(rows []Row) Recorded {
	batch := NewBatch(rows)
	l := Ledger{
		Organization: "o", Time: noon, By: "ann", Current: make([]Known, len(batch.Cells)),
		Terms: map[string]Terms{"m": {Frequency: Monthly}, "y": {Frequency: Yearly}, "d": {Frequency: Monthly, Dimensions: []string{"north", "south"}}},
	}
	for i, c := range batch.Cells {
		o := b[c]
		l.Current[i] = Known{Value: o.Value, Revision: o.Revision, RecordTime: o.RecordTime}
	}
	return l.Record(batch)
}

func (b book) record(rows []Row) Recorded {
	r := b.ledger(slices.Clone(rows))
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
				Cell:  cell(rapid.SampledFrom([]string{"m", "y", "none"}).Draw(t, "measure"), Date(day.Format(time.DateOnly)), rapid.SampledFrom([]string{"", "n"}).Draw(t, "dimension")),
				Value: float64(rapid.IntRange(0, 2).Draw(t, "value")), Missing: rapid.IntRange(0, 4).Draw(t, "missing") == 0,
			}
		}), 0, 30).Draw(t, "rows")
		b := book{}
		first := b.record(rows)
		if got := first.Accepted + first.Revised + first.Duplicate + first.Rejected + first.Missing; got != int64(len(rows)) {
			t.Fatalf("%d rows came to %d: %+v", len(rows), got, first)
		}
		if int64(len(first.Observations)) != first.Accepted+first.Revised || first.Accepted != int64(len(b)) {
			t.Errorf("%+v wrote %d cells", first, len(b))
		}
		again := b.record(rows)
		if len(again.Observations) != 0 || again.Rejected != first.Rejected || again.Missing != first.Missing || again.Duplicate != int64(len(rows))-first.Rejected-first.Missing {
			t.Errorf("sent again: %+v", again)
		}
	})
}

// With one value per cell, neither the order of rows nor how they are cut into messages matters.
func TestOrderIsNeutral(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) Row {
			day := noon.AddDate(0, rapid.IntRange(0, 11).Draw(t, "month"), 0)
			return Row{Cell: cell("m", Date(day.Format(time.DateOnly)), rapid.SampledFrom([]string{"", "n", "s"}).Draw(t, "dimension")), Value: whole(t, "value")}
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
