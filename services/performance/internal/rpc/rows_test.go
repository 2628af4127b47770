package rpc

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/type/date"
	"pgregory.net/rapid"

	performancev1 "github.com/throughline/throughline/proto/gen/throughline/performance/v1"
	"github.com/throughline/throughline/services/performance/internal/domain"
	"github.com/throughline/throughline/services/performance/internal/domain/quantity"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/rpc"
)

// anyRow draws rows that break the rules beside their fields as often as they keep them.
var anyRow = rapid.Custom(func(t *rapid.T) *performancev1.ObservationRow {
	long := func(label string, most int) string {
		n := rapid.SampledFrom([]int{0, 1, most, most + 1}).Draw(t, label)
		return strings.Repeat(rapid.SampledFrom([]string{"1", "é"}).Draw(t, label+" letter"), n)
	}
	r := &performancev1.ObservationRow{
		Measure:   rapid.SampledFrom([]string{"", "organizations/o/measures/m", "organizations/p/measures/m", "m"}).Draw(t, "measure"),
		Dimension: long("dimension", maxDimension), Source: long("source", maxSource),
	}
	if rapid.Bool().Draw(t, "dated") {
		r.PeriodStart = &date.Date{Year: 2027, Month: rapid.Int32Range(0, 13).Draw(t, "month"), Day: 1}
	}
	if rapid.Bool().Draw(t, "valued") {
		r.Value = new(rapid.SampledFrom([]float64{0, -1.5, math.NaN(), math.Inf(1), math.Inf(-1)}).Draw(t, "value"))
	}
	if rapid.Bool().Draw(t, "written") {
		r.Text = new(long("text", maxText))
	}
	return r
})

// Rows are checked by hand because they are many; what breaks a rule beside a field of ObservationRow is refused all the
// same, and what is refused beyond that is a name, a value or a text that rules cannot tell.
func TestRowsKeepTheRulesBesideTheirFields(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := anyRow.Draw(t, "row")
		var ruled []string
		if f, bad := fault.As(rpc.Validate(r)); bad {
			for _, v := range f.Violations {
				ruled = append(ruled, v.Field)
			}
		}
		good, refused := readRows("o", quantity.Rules{}, 7, []*performancev1.ObservationRow{r})
		if len(good)+min(1, len(refused)) != 1 {
			t.Fatalf("%d rows and %v", len(good), refused)
		}
		for _, field := range ruled {
			if !slices.ContainsFunc(refused, func(e domain.RowError) bool { return e.Field == field && e.At == 7 && e.Message != "" }) {
				t.Errorf("%s breaks a rule; refused %v", field, refused)
			}
		}
		for _, e := range refused {
			if !slices.Contains(ruled, e.Field) && e.Field != "measure" && e.Field != "value" && e.Field != "text" {
				t.Errorf("refused %v, which breaks no rule", e)
			}
		}
	})
}

func TestReadRows(t *testing.T) {
	row := func(change func(*performancev1.ObservationRow)) *performancev1.ObservationRow {
		r := &performancev1.ObservationRow{
			Measure: "organizations/o/measures/m", PeriodStart: &date.Date{Year: 2027, Month: 2, Day: 1}, Dimension: "north", Source: "s",
		}
		change(r)
		return r
	}
	text := func(text string) *performancev1.ObservationRow {
		return row(func(r *performancev1.ObservationRow) { r.Text = &text })
	}
	rules := ValueRules(&performancev1.ValueRules{
		DecimalComma: true, Percent: performancev1.ValueRules_PERCENT_FRACTION, Units: []string{"weeks"}, Missing: []string{"#Missing"},
	})
	good, refused := readRows("o", rules, 10, []*performancev1.ObservationRow{
		row(func(r *performancev1.ObservationRow) { r.Value = new(1.5) }),
		text("12,5%"), text("12 Weeks"), text("#missing"), text("1,234.5"), text(""), text("7,9M"),
		row(func(r *performancev1.ObservationRow) { r.Value, r.Text = new(1.0), new("1") }),
		row(func(*performancev1.ObservationRow) {}),
	})
	var got []string
	for _, r := range good {
		if r.Measure != "m" || r.Period != "2027-02-01" || r.Dimension != "north" || r.Source != "s" {
			t.Errorf("%+v", r)
		}
		got = append(got, fmt.Sprint(r.At, " ", r.Value, " ", r.Missing))
	}
	for _, e := range refused {
		got = append(got, fmt.Sprint(e.At, " ", e.Field, " ", e.Reason))
	}
	want := []string{
		"10 1.5 false", "11 0.125 false", "12 12 false", "13 0 true", "16 7.9e+06 false",
		"14 text VALUE_NOT_UNDERSTOOD", "15 text VALUE_NOT_UNDERSTOOD", "17 text INVALID_FIELDS", "18 value INVALID_FIELDS",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
