package domain

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

const (
	shelter  = "organizations/o/programs/shelter"
	outreach = "organizations/o/programs/outreach"
	housed   = "organizations/o/measures/housed"
)

var (
	adoption   = time.Date(2026, 6, 20, 9, 0, 0, 0, time.UTC)
	evaluation = time.Date(2028, 2, 3, 4, 5, 6, 0, time.UTC)
)

// dollars is money of fiscal year 2027 in cents.
func dollars(program string, cents int64) MoneyIn {
	return MoneyIn{
		Allocation: "organizations/o/budgets/fy2027/allocations/a", FiscalYear: 2027, Program: program,
		Money: Money{Currency: "USD", Minor: cents}, Time: adoption,
	}
}

// values of a month each, from first on.
func values(first Date, all ...float64) (series []Observation) {
	from, _ := Monthly.Ordinal(first)
	for i, v := range all {
		series = append(series, Observation{
			Organization: "o", Cell: Cell{Measure: "housed", Period: Monthly.Start(from + i)}, Value: v, Revision: 1, RecordTime: adoption,
		})
	}
	return series
}

// without leaves out the values of some months.
func without(series []Observation, months ...Date) []Observation {
	return slices.DeleteFunc(series, func(o Observation) bool { return slices.Contains(months, o.Period) })
}

func people(direction Direction) Measure {
	return Measure{Organization: "o", ID: "housed", Unit: "people", Direction: direction, Frequency: Monthly}
}

// draft is of calendar 2027, for one outcome.
func draft(basis OutcomeBasis) Evaluation {
	return Evaluation{
		Organization: "o", ID: "e", DisplayName: "Shelter", Subject: shelter, FirstFiscalYear: 2027, LastFiscalYear: 2027,
		PeriodStart: "2027-01-01", PeriodEnd: "2027-12-31", Outcomes: []Outcome{{Measure: housed, Basis: basis}},
	}
}

func sourced(m Measure, series []Observation, money ...MoneyIn) Sources {
	return Sources{Programs: []string{shelter}, Money: money, Measures: map[string]Measured{housed: {Measure: m, Series: series}}}
}

func TestResultsOut(t *testing.T) {
	year := func(v float64) []float64 { return slices.Repeat([]float64{v}, 12) }
	ranged := people(MaintainRange)
	ranged.Targets = []Target{{Start: "2027-12-01", End: "2027-12-31", Value: 10, Upper: 20}}
	yearly := people(Increase)
	yearly.Frequency = Yearly
	percent := people(Increase)
	percent.Unit = "percent of calls"
	fiscal := draft(TotalBasis)
	fiscal.PeriodStart, fiscal.PeriodEnd = "2026-07-15", "2027-06-30"
	thousand := dollars(shelter, 1000_00)
	for name, c := range map[string]struct {
		e        Evaluation
		of       Measure
		series   []Observation
		money    []MoneyIn
		values   int
		from, to string // %v of the pointer's value, "" for nil
		units    string
		cost     string // minor units, "" for none
		note     string
	}{
		// 12 × 5 = 60 people; 100,000 cents / 60 = 1,666.67, so 1,667.
		"a whole year": {
			draft(TotalBasis), people(Increase), values("2027-01-01", year(5)...),
			[]MoneyIn{thousand},
			12, "", "5", "60", "1667", "",
		},
		"fewer is better": {
			draft(TotalBasis), people(Decrease), values("2027-01-01", year(5)...),
			[]MoneyIn{thousand},
			12, "", "5", "60", "1667", "Less is better: fewer units are the better result, at a higher cost of one.",
		},
		// March, April and May are missing: 9 × 5 = 45; 100,000 / 45 = 2,222.2.
		"three months missing": {
			draft(TotalBasis), people(Increase),
			without(values("2027-01-01", year(5)...), "2027-03-01", "2027-04-01", "2027-05-01"),
			[]MoneyIn{thousand},
			9, "", "5", "45", "2222", "9 of 12 months are known.",
		},
		// 0.1 + 0.2 + 0.3 is 0.6, not 0.6000000000000001; 100,000 / 0.6 = 166,666.7.
		"decimals add up": {
			draft(TotalBasis), people(Increase), values("2027-10-01", 0.1, 0.2, 0.3),
			[]MoneyIn{thousand},
			3, "", "0.3", "0.6", "166667", "3 of 12 months are known.",
		},
		// Values before 2027 and after it do not count: 1 + 2.
		"only the period counts": {
			draft(TotalBasis), people(Increase), without(values("2026-11-01", year(7)[0], 9, 1, 2, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 50, 60),
				"2027-03-01", "2027-04-01", "2027-05-01", "2027-06-01", "2027-07-01", "2027-08-01", "2027-09-01", "2027-10-01", "2027-11-01", "2027-12-01"),
			[]MoneyIn{thousand},
			2, "", "2", "3", "33333", "2 of 12 months are known.",
		},
		// From 15 July 2026 to 30 June 2027 eleven months begin: August to June.
		"a period that starts within a month": {
			fiscal, people(Increase), values("2026-07-01", year(1)...),
			[]MoneyIn{thousand},
			11, "", "1", "11", "9091", "",
		},
		"a year that ends after the period": {
			fiscal, yearly, values("2027-01-01", 8),
			[]MoneyIn{thousand},
			1, "", "8", "8", "12500", "The year from 2027-01-01 ends after the period.",
		},
		// 1 cent for 2 people: half a cent, to the even 0. 3 cents: 1.5, to the even 2. 5 cents: 2.5, to the even 2.
		"half to even, down to nothing": {
			draft(TotalBasis), people(Increase), values("2027-12-01", 2),
			[]MoneyIn{dollars(shelter, 1)},
			1, "", "2", "2", "0", "1 of 12 months are known.",
		},
		"half to even, up": {
			draft(TotalBasis), people(Increase), values("2027-12-01", 2),
			[]MoneyIn{dollars(shelter, 3)},
			1, "", "2", "2", "2", "1 of 12 months are known.",
		},
		"half to even, down": {
			draft(TotalBasis), people(Increase), values("2027-12-01", 2),
			[]MoneyIn{dollars(shelter, 5)},
			1, "", "2", "2", "2", "1 of 12 months are known.",
		},
		"a total of nothing": {
			draft(TotalBasis), people(Increase), values("2027-12-01", 0),
			[]MoneyIn{thousand},
			1, "", "0", "0", "", "1 of 12 months are known. The units are not above zero, so there is no cost of one.",
		},
		"nothing known": {
			draft(TotalBasis), people(Increase), values("2026-12-01", 3),
			[]MoneyIn{thousand},
			0, "", "", "", "", "No value is known from 2027-01-01 to 2027-12-31. Without a number of units there is no cost of one.",
		},
		"no money": {
			draft(TotalBasis), people(Increase), values("2027-01-01", year(5)...), nil,
			12, "", "5", "60", "", "No adopted allocation of these fiscal years gives the subject money.",
		},
		"two currencies": {
			draft(TotalBasis), people(Increase), values("2027-01-01", year(5)...),
			[]MoneyIn{thousand, {Program: shelter, Money: Money{Currency: "EUR", Minor: 1}}},
			12, "", "5", "60", "", "The money is in USD and in EUR, which cannot be added.",
		},
		// 1,600,000 × 1e-300 is beyond 64 bits.
		"too little to divide by": {
			draft(TotalBasis), people(Increase), values("2027-12-01", 1e-300),
			[]MoneyIn{thousand},
			1, "", "1e-300", "1e-300", "", "1 of 12 months are known. The cost of one is more than can be written down.",
		},
		"too much to add": {
			draft(TotalBasis), people(Increase), values("2027-11-01", 1.7e308, 1.7e308),
			[]MoneyIn{thousand},
			2, "", "1.7e+308", "", "", "2 of 12 months are known. The units are more than can be written down. Without a number of units there is no cost of one.",
		},
		// From December 2026 (40) to December 2027 (52): 12 better; 100,000 / 12 = 8,333.3.
		"a rise": {
			draft(ChangeBasis), people(Increase), values("2026-12-01", 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52),
			[]MoneyIn{thousand},
			13, "40", "52", "12", "8333", "",
		},
		// Up and down by 4 with 43 at the end: within the limits, so the 3 may be chance.
		"a rise within the noise": {
			draft(ChangeBasis), people(Increase), values("2026-12-01", 40, 44, 41, 45, 40, 44, 41, 45, 40, 44, 41, 45, 43),
			[]MoneyIn{thousand},
			13, "40", "43", "3", "33333", "The measure varies no more than it always does: the change may be chance.",
		},
		// The same is 12 worse when less is better.
		"a rise that is for the worse": {
			draft(ChangeBasis), people(Decrease), values("2026-12-01", 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52),
			[]MoneyIn{thousand},
			13, "40", "52", "-12", "", "The units are not above zero, so there is no cost of one.",
		},
		// 0.3 − 0.1 = 0.2; 100,000 / 0.2 = 500,000.
		"a fall for the better, in decimals": {
			draft(ChangeBasis), people(Decrease), values("2027-11-01", 0.3, 0.1),
			[]MoneyIn{thousand},
			2, "0.3", "0.1", "0.2", "500000", "2 of 12 months are known. No value is known before the period: the change starts from 2027-11-01. " +
				"There are too few values to tell the change from chance.",
		},
		"a gap before the period": {
			draft(ChangeBasis), people(Increase), without(values("2026-10-01", 5, 6, 7, 9), "2026-11-01", "2026-12-01"),
			[]MoneyIn{thousand},
			2, "5", "9", "4", "25000", "1 of 12 months are known. The change starts from the value of 2026-10-01, the last before the period. " +
				"There are too few values to tell the change from chance.",
		},
		"one value is no change": {
			draft(ChangeBasis), people(Increase), values("2027-12-01", 9),
			[]MoneyIn{thousand},
			1, "", "9", "", "", "1 of 12 months are known. One value makes no change. Without a number of units there is no cost of one.",
		},
		"a value before and none in it": {
			draft(ChangeBasis), people(Increase), values("2026-12-01", 9),
			[]MoneyIn{thousand},
			0, "", "", "", "", "No value is known from 2027-01-01 to 2027-12-31. Without a number of units there is no cost of one.",
		},
		// Of the range 10 to 20: 26 is 6 above, 7 is 3 below: 3 nearer.
		"nearer to a range": {
			draft(ChangeBasis), ranged, values("2027-10-01", 26, 15, 7),
			[]MoneyIn{thousand},
			3, "26", "7", "3", "33333", "3 of 12 months are known. No value is known before the period: the change starts from 2027-10-01. " +
				"There are too few values to tell the change from chance.",
		},
		"inside the range all the time": {
			draft(ChangeBasis), ranged, values("2027-10-01", 12, 15, 19),
			[]MoneyIn{thousand},
			3, "12", "19", "0", "", "3 of 12 months are known. No value is known before the period: the change starts from 2027-10-01. " +
				"There are too few values to tell the change from chance. The units are not above zero, so there is no cost of one.",
		},
		"no range to be nearer to": {
			draft(ChangeBasis), ranged, values("2027-10-01", 26, 7),
			[]MoneyIn{thousand},
			2, "26", "7", "", "", "2 of 12 months are known. No value is known before the period: the change starts from 2027-10-01. " +
				"2027-11-01 has no target range, so it is unknown what is better. Without a number of units there is no cost of one.",
		},
		"shares change": {
			draft(ChangeBasis), percent, values("2026-12-01", 40, 45),
			[]MoneyIn{thousand},
			2, "40", "45", "5", "20000", "1 of 12 months are known. There are too few values to tell the change from chance.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			e, err := NewEvaluation(c.e, sourced(c.of, c.series, c.money...), evaluation)
			if err != nil {
				t.Fatal(err)
			}
			got := e.ResultsOut[0]
			if got.Values != c.values || shown(got.From) != c.from || shown(got.To) != c.to || shown(got.Units) != c.units {
				t.Errorf("%d values, from %s to %s, %s units", got.Values, shown(got.From), shown(got.To), shown(got.Units))
			}
			cost := ""
			if got.CostPerUnit != nil {
				cost = fmt.Sprint(got.CostPerUnit.Minor)
			}
			if cost != c.cost || got.Note != c.note {
				t.Errorf("cost %q, note %q; want %q, %q", cost, got.Note, c.cost, c.note)
			}
		})
	}
}

func shown(f *float64) string {
	if f == nil {
		return ""
	}
	return fmt.Sprint(*f)
}

func TestEvaluationCopies(t *testing.T) {
	m := people(Increase)
	m.Targets = []Target{{Start: "2027-01-01", End: "2028-12-31", Value: 4}}
	series := values("2027-01-01", 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 1)
	series[3].RecordTime = evaluation.Add(time.Hour)
	second := dollars(outreach, 250_01)
	s := sourced(m, series, dollars(shelter, 1000_00), second)
	first, err := NewEvaluation(draft(TotalBasis), s, evaluation)
	if err != nil {
		t.Fatal(err)
	}
	if *first.Money != (Money{"USD", 1250_01}) || !slices.Equal(first.MoneyIn, s.Money) {
		t.Errorf("money %+v of %+v", first.Money, first.MoneyIn)
	}
	if !first.AsOf.Equal(evaluation.Add(time.Hour)) || first.Version != 1 || !first.CreateTime.Equal(evaluation) {
		t.Errorf("as of %v, %+v", first.AsOf, first.Meta)
	}
	// The verdicts are those of December, the end of the period: January's 1 is not among them.
	if ev := first.ResultsOut[0].Evidence; ev.Period != "2027-12-01" || ev.Value != 5 || ev.Status != Met || ev.Points != 12 || ev.Weight != 0 {
		t.Errorf("evidence %+v", ev)
	}
	s.Money = s.Money[:1]
	again, err := first.Changed(first, s, evaluation.Add(2*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if again.Money.Minor != 1000_00 || again.Version != 2 || !again.AsOf.Equal(evaluation.Add(2*time.Hour)) || !again.CreateTime.Equal(evaluation) {
		t.Errorf("again %+v", again)
	}
}

// A period long over is judged by what was late then, not by what is late now.
func TestEvidenceIsOfTheEnd(t *testing.T) {
	series := values("2025-01-01", slices.Repeat([]float64{1, 2, 3}, 12)...)
	quality := func(now time.Time) int {
		e, err := NewEvaluation(draft(TotalBasis), sourced(people(Increase), series), now)
		if err != nil {
			t.Fatal(err)
		}
		return e.ResultsOut[0].Evidence.Quality
	}
	if soon, late := quality(evaluation), quality(evaluation.AddDate(20, 0, 0)); soon != late {
		t.Errorf("quality %d in a month, %d in twenty years", soon, late)
	}
}

func TestEvaluationOfAStrategy(t *testing.T) {
	e := draft(TotalBasis)
	e.Subject = "organizations/o/strategies/housing"
	s := sourced(people(Increase), values("2027-12-01", 1))
	s.Programs = nil
	got, err := NewEvaluation(e, s, evaluation)
	if err != nil {
		t.Fatal(err)
	}
	if e.Strategy() != "housing" || got.Money != nil ||
		!strings.Contains(got.ResultsOut[0].Note, "No objective of the strategy is known to require a program") {
		t.Errorf("strategy %q: %+v", e.Strategy(), got)
	}
	if draft(TotalBasis).Strategy() != "" {
		t.Error("a program is no strategy")
	}
}
