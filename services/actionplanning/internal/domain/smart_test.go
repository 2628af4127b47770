package domain

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/throughline/throughline/services/platform/fault"
)

// sound are the facts of an objective that passes on every letter.
func sound() Facts {
	return Facts{
		Today: "2027-01-01",
		Objective: Objective{
			Organization: "o", Strategy: "s", ID: "x", DisplayName: "Answer within 15 s", Statement: "The dispatch manager trains eight dispatchers to answer sooner.",
			Measure: "organizations/o/measures/m", Baseline: new(31.5), Target: new(15.0), StartDate: "2027-02-01", DueDate: "2028-01-31",
			Required: &Required{FTEMilli: 1500, Cost: &Money{CurrencyCode: "USD", Units: 1000}, Program: "organizations/o/programs/p"},
			Location: "The communications center", Owner: "Dispatch manager",
		},
		Assignments: []Assignment{
			{Organization: "o", ID: "a", Employee: "e-1", Role: RoleLead, EffortPPM: PPM, StartDate: "2027-01-01"},
			{Organization: "o", ID: "b", Employee: "e-2", Role: "SUPPORT", EffortPPM: 500_000, StartDate: "2027-02-01", EndDate: "2028-01-31"},
		},
		Purpose: Purpose{
			Goal: "organizations/o/plans/p/goals/g", Found: true, Plan: "organizations/o/plans/p", State: PlanAdopted, Start: "2027-01-01", End: "2028-12-31",
		},
		Measure: MeasureFacts{Found: true, Direction: Decrease},
		Funding: Funding{Currency: "USD", Program: true, Allocation: "organizations/o/budgets/b/allocations/a", Given: Money{CurrencyCode: "USD", Units: 1000}},
	}
}

// ask makes the facts those of an objective whose money is not there, but asked for.
func ask(f *Facts) {
	f.Funding.Allocation, f.Funding.Given = "", Money{CurrencyCode: "USD"}
	f.Objective.FundingRequest = "organizations/o/budgets/b/fundingRequests/p"
	f.Funding.Request = Request{Found: true, Program: f.Objective.Program(), Asks: Money{CurrencyCode: "USD", Units: 1000}, FTEMilli: 1500, InTime: true}
}

func TestSmartLetterByLetter(t *testing.T) {
	if r := Smart(sound(), noon); r.Verdict != Pass || r.Rules != "SMART/1" || r.Objective != sound().Objective.Name() || !r.Time.Equal(noon) {
		t.Fatalf("the sound objective: %+v", r)
	}
	for name, c := range map[string]struct {
		edit     func(*Facts)
		letter   Letter
		want     Verdict
		remedies []string // fields
	}{
		"owner alone":         {func(f *Facts) { f.Assignments[0].Role = "SUPPORT" }, Specific, Pass, nil},
		"lead alone":          {func(f *Facts) { f.Objective.Owner = "" }, Specific, Pass, nil},
		"nobody":              {func(f *Facts) { f.Objective.Owner, f.Assignments[0].Role = " ", "SUPPORT" }, Specific, Fail, []string{"objective.owner"}},
		"a lead of last year": {func(f *Facts) { f.Objective.Owner, f.Assignments[0].EndDate = "", "2027-01-31" }, Specific, Fail, []string{"objective.owner"}},
		"no statement":        {func(f *Facts) { f.Objective.Statement = "" }, Specific, Fail, []string{"objective.statement"}},
		"four words":          {func(f *Facts) { f.Objective.Statement = "Ann answers — sooner, calls." }, Specific, Fail, []string{"objective.statement"}},
		"five words":          {func(f *Facts) { f.Objective.Statement = "Ann answers 90 calls sooner" }, Specific, Pass, nil},
		"the title again":     {func(f *Facts) { f.Objective.DisplayName = strings.ToUpper(f.Objective.Statement) + "!" }, Specific, Fail, []string{"objective.statement"}},
		"nowhere":             {func(f *Facts) { f.Objective.Location = "" }, Specific, Fail, []string{"objective.location"}},
		"says nothing": {func(f *Facts) {
			f.Objective.Location, f.Objective.Statement, f.Objective.Owner, f.Assignments = "", "", "", nil
		}, Specific, Fail, []string{"objective.owner", "objective.statement", "objective.location"}},
		"no measure":             {func(f *Facts) { f.Objective.Measure, f.Measure = "", MeasureFacts{} }, Measurable, Fail, []string{"objective.measure", "objective.target"}},
		"measure gone":           {func(f *Facts) { f.Measure = MeasureFacts{} }, Measurable, Fail, []string{"objective.measure", "objective.target"}},
		"no baseline":            {func(f *Facts) { f.Objective.Baseline = nil }, Measurable, Fail, []string{"objective.baseline"}},
		"the measure's baseline": {func(f *Facts) { f.Objective.Baseline, f.Measure.Baseline = nil, new(20.0) }, Measurable, Pass, nil},
		"no target":              {func(f *Facts) { f.Objective.Target = nil }, Measurable, Fail, []string{"objective.target"}},
		"the measure's target": {func(f *Facts) {
			f.Objective.Target, f.Measure.Targets = nil, []MeasureTarget{{"2027-01-01", "2027-12-31", 99, 0}, {"2028-01-01", "2028-12-31", 15, 0}}
		}, Measurable, Pass, nil},
		"the measure's target of another year": {func(f *Facts) {
			f.Objective.Target, f.Measure.Targets = nil, []MeasureTarget{{"2027-01-01", "2027-12-31", 15, 0}}
		}, Measurable, Fail, []string{"objective.target"}},
		"less is better, target above": {func(f *Facts) { f.Objective.Target = new(40.0) }, Measurable, Fail, []string{"objective.target"}},
		"target is baseline":           {func(f *Facts) { f.Objective.Target = new(31.5) }, Measurable, Fail, []string{"objective.target"}},
		"more is better, target below": {func(f *Facts) { f.Measure.Direction = Increase }, Measurable, Fail, []string{"objective.target"}},
		"more is better, target above": {func(f *Facts) { f.Measure.Direction, f.Objective.Target = Increase, new(40.0) }, Measurable, Pass, nil},
		"a range without one":          {func(f *Facts) { f.Measure.Direction = MaintainRange }, Measurable, Fail, []string{"measure.targets"}},
		"within the range": {func(f *Facts) {
			f.Measure = MeasureFacts{Found: true, Direction: MaintainRange, Targets: []MeasureTarget{{"2028-01-01", "2028-12-31", 10, 15}}}
		}, Measurable, Pass, nil},
		"outside the range": {func(f *Facts) {
			f.Measure = MeasureFacts{Found: true, Direction: MaintainRange, Targets: []MeasureTarget{{"2028-01-01", "2028-12-31", 10, 14.9}}}
		}, Measurable, Fail, []string{"objective.target"}},

		"asks for nothing":       {func(f *Facts) { f.Objective.Required, f.Assignments, f.Funding = nil, nil, Funding{} }, Achievable, Pass, nil},
		"asks for no people":     {func(f *Facts) { f.Objective.Required.FTEMilli, f.Assignments = 0, nil }, Achievable, Pass, nil},
		"asks for no money":      {func(f *Facts) { f.Objective.Required.Cost, f.Funding = nil, Funding{} }, Achievable, Pass, nil},
		"a thousandth short":     {func(f *Facts) { f.Objective.Required.FTEMilli++ }, Achievable, Fail, []string{"objective.funding_request", "objective.required.fte_milli"}},
		"one leaves a day early": {func(f *Facts) { f.Assignments[1].EndDate = "2028-01-30" }, Achievable, Fail, []string{"objective.funding_request", "objective.required.fte_milli"}},
		"half the days count half": {func(f *Facts) {
			f.Objective.DueDate, f.Objective.Required.FTEMilli = "2027-02-28", 1250
			f.Assignments[1].EndDate = "2027-02-14"
		}, Achievable, Pass, nil},
		"people asked for":          {func(f *Facts) { f.Assignments = nil; ask(f) }, Achievable, Conditional, []string{"objective.funding_request", "objective.funding_request"}},
		"too few people asked for":  {func(f *Facts) { f.Assignments = nil; ask(f); f.Funding.Request.FTEMilli-- }, Achievable, Fail, []string{"objective.funding_request", "objective.required.fte_milli", "objective.funding_request"}},
		"a cent short":              {func(f *Facts) { f.Funding.Given = Money{"USD", 999, 990_000_000} }, Achievable, Fail, []string{"objective.funding_request", "objective.required.cost"}},
		"nothing adopted":           {func(f *Facts) { f.Funding.Allocation = "" }, Achievable, Fail, []string{"objective.funding_request", "objective.required.cost"}},
		"money asked for":           {ask, Achievable, Conditional, []string{"objective.funding_request"}},
		"too little asked for":      {func(f *Facts) { ask(f); f.Funding.Request.Asks.Units-- }, Achievable, Fail, []string{"objective.funding_request", "objective.required.cost"}},
		"request gone":              {func(f *Facts) { ask(f); f.Funding.Request = Request{} }, Achievable, Fail, []string{"objective.funding_request", "objective.required.cost"}},
		"another program's request": {func(f *Facts) { ask(f); f.Funding.Request.Program += "q" }, Achievable, Fail, []string{"objective.funding_request", "objective.required.cost"}},
		"another year's request":    {func(f *Facts) { ask(f); f.Funding.Request.InTime = false }, Achievable, Fail, []string{"objective.funding_request", "objective.required.cost"}},
		"request decided":           {func(f *Facts) { ask(f); f.Funding.Request.Decided = "organizations/o/budgets/b/allocations/a" }, Achievable, Fail, []string{"objective.funding_request", "objective.required.cost"}},
		"no program":                {func(f *Facts) { f.Objective.Required.Program = "" }, Achievable, Fail, []string{"objective.required.program"}},
		"program gone":              {func(f *Facts) { f.Funding.Program = false }, Achievable, Fail, []string{"objective.required.program"}},
		"other money":               {func(f *Facts) { f.Objective.Required.Cost.CurrencyCode = "EUR" }, Achievable, Fail, []string{"objective.required.cost.currency_code"}},

		"a draft plan":       {func(f *Facts) { f.Purpose.State = PlanDraft }, Relevant, Conditional, []string{"plan.state"}},
		"a submitted plan":   {func(f *Facts) { f.Purpose.State = PlanSubmitted }, Relevant, Conditional, []string{"plan.state"}},
		"a superseded plan":  {func(f *Facts) { f.Purpose.State = PlanSuperseded }, Relevant, Fail, []string{"strategy.goal"}},
		"a plan of the past": {func(f *Facts) { f.Today = "2029-01-01" }, Relevant, Fail, []string{"strategy.goal"}},
		"goal gone":          {func(f *Facts) { f.Purpose = Purpose{Goal: f.Purpose.Goal} }, Relevant, Fail, []string{"strategy.goal"}},

		"the last day":       {func(f *Facts) { f.Today = "2028-01-31" }, TimeBound, Pass, nil},
		"the day after":      {func(f *Facts) { f.Today = "2028-02-01" }, TimeBound, Fail, []string{"objective.due_date"}},
		"the plan's start":   {func(f *Facts) { f.Objective.StartDate = "" }, TimeBound, Pass, nil},
		"starts too early":   {func(f *Facts) { f.Objective.StartDate = "2026-12-31" }, TimeBound, Fail, []string{"objective.start_date"}},
		"ends too late":      {func(f *Facts) { f.Objective.DueDate = "2029-01-01" }, TimeBound, Fail, []string{"objective.due_date"}},
		"ends as it starts":  {func(f *Facts) { f.Objective.DueDate = "2027-02-01" }, TimeBound, Fail, []string{"objective.due_date"}},
		"ends before all":    {func(f *Facts) { f.Objective.DueDate = "2026-02-01" }, TimeBound, Fail, []string{"objective.due_date", "objective.due_date", "objective.due_date"}},
		"no plan, no period": {func(f *Facts) { f.Purpose = Purpose{Goal: f.Purpose.Goal} }, TimeBound, Fail, []string{"strategy.goal"}},
	} {
		t.Run(name, func(t *testing.T) {
			f := sound()
			c.edit(&f)
			r := Smart(f, noon)
			var got Finding
			for _, finding := range r.Findings {
				if finding.Letter == c.letter {
					got = finding
				}
			}
			var fields []string
			for _, m := range got.Remedies {
				fields = append(fields, m.Field)
			}
			if got.Verdict != c.want || !slices.Equal(fields, c.remedies) || len(got.Reasons) == 0 {
				t.Errorf("%+v, want %s and remedies for %v", got, c.want, c.remedies)
			}
			if r.On(c.letter) != c.want || r.Verdict.rank() < c.want.rank() {
				t.Errorf("the review says %s of the letter and %s of all", r.On(c.letter), r.Verdict)
			}
		})
	}
}

// breaks and bends are edits of the sound facts that leave one letter failed or conditional, and all others alone.
var (
	breaks = map[Letter]func(*Facts){
		Specific:   func(f *Facts) { f.Objective.Location = "" },
		Measurable: func(f *Facts) { f.Objective.Baseline = nil },
		Achievable: func(f *Facts) { f.Funding.Given.Units-- },
		Relevant:   func(f *Facts) { f.Purpose.State = PlanSuperseded },
		TimeBound: func(f *Facts) {
			f.Objective.StartDate = "2026-12-31"
			f.Assignments[1].StartDate = "2026-12-31"
			f.Assignments[0].StartDate = "2026-12-31"
		},
	}
	bends = map[Letter]func(*Facts){Achievable: ask, Relevant: func(f *Facts) { f.Purpose.State = PlanDraft }}

	letters = []Letter{Specific, Measurable, Achievable, Relevant, TimeBound}
)

// Every combination of letters that pass, are conditional and fail, and what becomes of the objective.
func TestEveryCombinationOfLetters(t *testing.T) {
	var try func(f func() Facts, want []Verdict)
	try = func(facts func() Facts, want []Verdict) {
		if i := len(want); i < len(letters) {
			with := func(v Verdict, edit func(*Facts)) {
				try(func() Facts { f := facts(); edit(&f); return f }, append(slices.Clone(want), v))
			}
			with(Pass, func(*Facts) {})
			with(Fail, breaks[letters[i]])
			if edit, can := bends[letters[i]]; can {
				with(Conditional, edit)
			}
			return
		}
		r := Smart(facts(), noon)
		worst := Pass
		var failing []string
		for i, l := range letters {
			if r.Findings[i].Letter != l || r.Findings[i].Verdict != want[i] {
				t.Fatalf("wanted %v: %+v", want, r.Findings)
			}
			worst = worst.worse(want[i])
			if want[i] == Fail {
				failing = append(failing, string(l))
			}
		}
		if r.Verdict != worst {
			t.Fatalf("%v come to %s", want, r.Verdict)
		}
		draft := facts().Objective
		draft.State, draft.Meta = ObjectiveDraft, Meta{}.Next(noon)
		activated, err := draft.Activated(r, nil, noon)
		overridden, overErr := draft.Activated(r, &Override{By: "mia", Reason: "now", Time: noon}, noon)
		if worst == Fail {
			f, _ := fault.As(err)
			if f == nil || f.Reason != "SMART_REVIEW_FAILED" || f.Metadata["letters"] != strings.Join(failing, ",") || len(f.Violations) != len(remediesOf(r)) {
				t.Fatalf("%v: %v", want, err)
			}
			err, activated = overErr, overridden
		}
		state := ObjectiveActive
		if want[2] == Conditional {
			state = ObjectiveUnfunded
		}
		if err != nil || activated.State != state || (activated.Override != nil) != (worst == Fail) || activated.Review.Verdict != worst || activated.Version != 2 {
			t.Fatalf("%v: became %+v (%v)", want, activated, err)
		}
		if overErr != nil || (overridden.Override != nil) != (worst == Fail) {
			t.Fatalf("%v: an override became %+v (%v)", want, overridden.Override, overErr)
		}
	}
	try(sound, nil)
}

// remediesOf are those of the letters that fail.
func remediesOf(r Review) (all []Remedy) {
	for _, f := range r.Findings {
		if f.Verdict == Fail {
			all = append(all, f.Remedies...)
		}
	}
	return all
}

// flaws are what can be wrong; each mended alone must never make any letter worse.
var flaws = []func(*Facts){
	func(f *Facts) { f.Objective.Owner = "" },
	func(f *Facts) { f.Objective.Statement = "Answer" },
	func(f *Facts) { f.Objective.Location = "" },
	func(f *Facts) { f.Assignments = f.Assignments[:1] },
	func(f *Facts) { f.Assignments[0].EffortPPM = 1000 },
	func(f *Facts) { f.Assignments[0].EndDate = "2027-03-01" },
	func(f *Facts) { f.Objective.Baseline = nil },
	func(f *Facts) { f.Objective.Target = nil },
	func(f *Facts) { f.Objective.Target = new(50.0) },
	func(f *Facts) { f.Measure = MeasureFacts{} },
	func(f *Facts) { f.Objective.Measure = "" },
	func(f *Facts) { f.Purpose.State = PlanDraft },
	func(f *Facts) { f.Purpose.State = PlanSuperseded },
	func(f *Facts) { f.Purpose = Purpose{Goal: f.Purpose.Goal} },
	func(f *Facts) { f.Funding.Given.Units = 10 },
	func(f *Facts) { f.Funding.Allocation, f.Funding.Given = "", Money{CurrencyCode: "USD"} },
	func(f *Facts) { f.Funding.Program = false },
	func(f *Facts) { f.Objective.FundingRequest, f.Funding.Request = "", Request{} },
	func(f *Facts) { f.Funding.Request = Request{} },
	func(f *Facts) { f.Funding.Request.Asks.Units = 999 },
	func(f *Facts) { f.Funding.Request.Decided = "organizations/o/budgets/b/allocations/a" },
	func(f *Facts) { f.Objective.Required.Cost.Units = 2000 },
	func(f *Facts) { f.Objective.Required.FTEMilli = 9000 },
	func(f *Facts) { f.Today = "2028-06-01" },
}

func TestMendingNeverMakesAnyLetterWorse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		chosen := rapid.SliceOfN(rapid.Bool(), len(flaws), len(flaws)).Draw(t, "flaws")
		facts := func(but int) Facts {
			f := sound()
			f.Objective.FundingRequest = "organizations/o/budgets/b/fundingRequests/p"
			f.Funding.Request = Request{Found: true, Program: f.Objective.Program(), Asks: Money{CurrencyCode: "USD", Units: 5000}, FTEMilli: 9000, InTime: true}
			for i, flaw := range flaws {
				if chosen[i] && i != but {
					flaw(&f)
				}
			}
			return f
		}
		before := Smart(facts(-1), noon)
		if again := Smart(facts(-1), noon); !reflect.DeepEqual(before, again) {
			t.Fatalf("the same facts give %+v and %+v", before, again)
		}
		for i := range flaws {
			after := Smart(facts(i), noon)
			for _, l := range letters {
				if chosen[i] && after.On(l).rank() > before.On(l).rank() {
					t.Fatalf("without flaw %d %s becomes %s from %s: %+v, before %+v", i, l, after.On(l), before.On(l), after, before)
				}
			}
		}
	})
}

func TestReviewLeavesTheFactsAlone(t *testing.T) {
	f := sound()
	ask(&f)
	Smart(f, noon)
	want := sound()
	ask(&want)
	if !reflect.DeepEqual(f, want) {
		t.Errorf("the facts became %+v", f)
	}
}

func TestFiscalYearsOfWork(t *testing.T) {
	for name, c := range map[string]struct {
		start, end Date
		month      int
		want       FiscalYears
	}{
		"calendar years":    {"2027-01-01", "2028-12-31", 1, FiscalYears{2027, 2028}},
		"July, within one":  {"2027-07-01", "2028-06-30", 7, FiscalYears{2028, 2028}},
		"July, a day more":  {"2027-06-30", "2028-07-01", 7, FiscalYears{2027, 2029}},
		"October, New Year": {"2026-12-31", "2027-01-01", 10, FiscalYears{2027, 2027}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := FiscalYearsOf(c.start, c.end, c.month); got != c.want {
				t.Errorf("%v, want %v", got, c.want)
			}
		})
	}
}

func TestMoneyOfFacts(t *testing.T) {
	for name, c := range map[string]struct {
		a, b, sum Money
		covers    bool
		says      string // of the sum
	}{
		"whole":           {Money{"USD", 2, 0}, Money{"USD", 2, 0}, Money{"USD", 4, 0}, true, "USD 4"},
		"cents carry":     {Money{"USD", 1, 990_000_000}, Money{"USD", 2, 20_000_000}, Money{"USD", 4, 10_000_000}, false, "USD 4.01"},
		"less than taken": {Money{"USD", 1, 0}, Money{"USD", -1, -500_000_000}, Money{"USD", 0, -500_000_000}, true, "USD -0.50"},
		"signs meet":      {Money{"USD", 3, 0}, Money{"USD", 0, -10_000_000}, Money{"USD", 2, 990_000_000}, true, "USD 2.99"},
		"signs meet low":  {Money{"USD", -3, 0}, Money{"USD", 0, 10_000_000}, Money{"USD", -2, -990_000_000}, false, "USD -2.99"},
		"a thousandth":    {Money{"KWD", 0, 1_000_000}, Money{"KWD", 0, 0}, Money{"KWD", 0, 1_000_000}, true, "KWD 0.001000000"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := c.a.Plus(c.b); got != c.sum || got.String() != c.says {
				t.Errorf("%v + %v = %v, want %v, %s", c.a, c.b, got, c.sum, c.says)
			}
			if got := c.a.Covers(c.b); got != c.covers {
				t.Errorf("%v covers %v: %v", c.a, c.b, got)
			}
		})
	}
}
