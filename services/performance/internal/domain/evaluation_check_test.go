package domain

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/throughline/throughline/services/platform/fault"
)

func TestEvaluationRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Evaluation, *Sources)
		want   []string // field: part of what it says
	}{
		"all at once": {func(e *Evaluation, _ *Sources) {
			*e = Evaluation{Organization: "o", Subject: "x", PeriodEnd: "2027-02-30", Outcomes: []Outcome{{}}}
		}, []string{
			"display_name: is required", `subject: "x" names no program or strategy of organizations/o`, "first_fiscal_year: must be from 1900 to 2200",
			"last_fiscal_year: must be from", "period_start: must be a calendar day", "period_end: must be a calendar day",
			`outcomes[0].measure: "" is no measure`, "outcomes[0].basis: is required; use TOTAL",
		}},
		"another organization's program": {func(e *Evaluation, _ *Sources) { e.Subject = "organizations/p/programs/x" }, []string{"subject: "}},
		"an objective":                   {func(e *Evaluation, _ *Sources) { e.Subject = "organizations/o/strategies/s/objectives/x" }, []string{"subject: "}},
		"a goal":                         {func(e *Evaluation, _ *Sources) { e.Subject = "organizations/o/goals/x" }, []string{"subject: "}},
		"years backwards":                {func(e *Evaluation, _ *Sources) { e.LastFiscalYear = 2026 }, []string{"last_fiscal_year: is before first_fiscal_year (2027)"}},
		"days backwards":                 {func(e *Evaluation, _ *Sources) { e.PeriodEnd = "2026-12-31" }, []string{"period_end: is before period_start (2027-01-01)"}},
		"no outcome":                     {func(e *Evaluation, _ *Sources) { e.Outcomes = nil }, []string{"outcomes: is empty"}},
		"too many outcomes": {func(e *Evaluation, s *Sources) {
			e.Outcomes = nil
			for i := range 101 {
				id := fmt.Sprintf("m%d", i)
				e.Outcomes = append(e.Outcomes, Outcome{id, TotalBasis})
				s.Measures[id] = s.Measures[housed]
			}
		}, []string{"outcomes: has 101 items"}},
		"no such measure": {func(e *Evaluation, _ *Sources) { e.Outcomes[0].Measure = "organizations/o/measures/none" }, []string{
			`outcomes[0].measure: "organizations/o/measures/none" is no measure of organizations/o; create it first`,
		}},
		"twice the same": {func(e *Evaluation, _ *Sources) {
			e.Outcomes = []Outcome{{housed, TotalBasis}, {housed, ChangeBasis}, {housed, TotalBasis}}
		}, []string{"outcomes[2].measure: " + `"` + housed + `" is held against already by outcomes[0]`}},
		"a sum of shares": {func(_ *Evaluation, s *Sources) {
			m := s.Measures[housed]
			m.Measure.Unit = "% of calls"
			s.Measures[housed] = m
		}, []string{`outcomes[0].basis: adds up values in "% of calls", and shares of a whole have no sum; use CHANGE`}},
	} {
		t.Run(name, func(t *testing.T) {
			e, s := draft(TotalBasis), sourced(people(Increase), nil)
			c.change(&e, &s)
			_, err := NewEvaluation(e, s, evaluation)
			f, _ := fault.As(err)
			if f == nil || len(f.Violations) != len(c.want) {
				t.Fatalf("error %v, want %q", err, c.want)
			}
			for i, v := range f.Violations {
				if !strings.HasPrefix(v.Field+": "+v.Detail, "evaluation."+c.want[i]) {
					t.Errorf("%s: %s, want %s", v.Field, v.Detail, c.want[i])
				}
			}
		})
	}
}

func TestUnitsOfShares(t *testing.T) {
	for unit, want := range map[string]bool{
		"%": true, "Percent": true, "percentage of calls": true, "per cent": true, "crime rate": true, "pct.": true,
		"people": false, "tons per month": false, "minutes": false, "cent": false, "ratings": false, "shared rides": false, "": false,
	} {
		if got := isShare(unit); got != want {
			t.Errorf("%q is a share: %v", unit, got)
		}
	}
}

// Cost times units is the money, but for half a minor unit for each unit.
func TestCostProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		units := rapid.Float64Range(1e-3, 1e12).Draw(t, "units") // with the most money below, a cost stays within 63 bits
		minor := rapid.Int64Range(1, 1<<40).Draw(t, "minor")
		times := rapid.Int64Range(1, 1000).Draw(t, "times")
		cost := func(minor int64) *big.Rat {
			r := ResultOut{Units: &units}
			c := r.cost(&Money{Currency: "USD", Minor: minor}, "")
			if c == nil {
				t.Fatalf("no cost: %s", r.Note)
			}
			return new(big.Rat).SetInt64(c.Minor)
		}
		half, one := big.NewRat(1, 2), cost(minor)
		off := new(big.Rat).Sub(new(big.Rat).Mul(one, decimal(units)), new(big.Rat).SetInt64(minor))
		if most := new(big.Rat).Mul(half, decimal(units)); off.Abs(off).Cmp(most) > 0 {
			t.Fatalf("%s each for %v units is %s off %d", one, units, off.FloatString(3), minor)
		}
		// Money times k costs k times as much, but for the rounding of both.
		scaled := new(big.Rat).Sub(cost(minor*times), new(big.Rat).Mul(one, big.NewRat(times, 1)))
		if most := big.NewRat(times+1, 2); scaled.Abs(scaled).Cmp(most) > 0 {
			t.Fatalf("%d times the money costs %s more than %d times as much", times, scaled.FloatString(3), times)
		}
	})
}

// The order of values does not change their sum, and what is for the better one way is for the worse the other way.
func TestUnitProperties(t *testing.T) {
	number := rapid.Custom(func(t *rapid.T) float64 { return float64(rapid.Int64Range(-1e9, 1e9).Draw(t, "n")) / 1000 })
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.SliceOfN(number, 2, 12).Draw(t, "values")
		units := func(basis OutcomeBasis, d Direction, v []float64) float64 {
			e, err := NewEvaluation(draft(basis), sourced(people(d), values("2027-01-01", v...)), evaluation)
			if err != nil {
				t.Fatal(err)
			}
			return *e.ResultsOut[0].Units
		}
		backwards := slices.Clone(all)
		slices.Reverse(backwards)
		if a, b := units(TotalBasis, Increase, all), units(TotalBasis, Increase, backwards); a != b {
			t.Fatalf("%v forwards, %v backwards", a, b)
		}
		up, down, back := units(ChangeBasis, Increase, all), units(ChangeBasis, Decrease, all), units(ChangeBasis, Increase, backwards)
		if up != -down || up != -back {
			t.Fatalf("%v for INCREASE, %v for DECREASE, %v backwards", up, down, back)
		}
	})
}
