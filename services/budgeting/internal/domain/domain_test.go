package domain

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/score"
	"github.com/throughline/throughline/services/platform/fault"
)

var now = time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)

// fields are those at fault, in order.
func fields(err error) []string {
	f, ok := fault.As(err)
	if !ok {
		return nil
	}
	var out []string
	for _, v := range f.Violations {
		out = append(out, v.Field)
	}
	return out
}

func TestMoneyInWords(t *testing.T) {
	for _, c := range []struct {
		amount   int64
		currency string
		want     string
	}{
		{0, "USD", "0.00 USD"},
		{5, "USD", "0.05 USD"},
		{-123_456_789, "USD", "−1,234,567.89 USD"},
		{100_000, "USD", "1,000.00 USD"},
		{1_234, "JPY", "1,234 JPY"},
		{-7, "JPY", "−7 JPY"},
		{1_234_567, "KWD", "1,234.567 KWD"},
		{1, "CLF", "0.0001 CLF"},
		{-1 << 63, "USD", "−92,233,720,368,547,758.08 USD"},
	} {
		if got := Money(c.amount, c.currency); got != c.want {
			t.Errorf("%d %s is written %q, want %q", c.amount, c.currency, got, c.want)
		}
	}
}

func TestFundAdmits(t *testing.T) {
	parks := Program{ID: "trees", Department: "Parks", Function: "recreation"}
	for name, c := range map[string]struct {
		conditions []Condition
		want       bool
	}{
		"no condition admits all":      {nil, true},
		"department":                   {[]Condition{{Departments: []string{"Police", "Parks"}}}, true},
		"other department":             {[]Condition{{Departments: []string{"Police"}}}, false},
		"every list of a condition":    {[]Condition{{Departments: []string{"Parks"}, Functions: []string{"safety"}}}, false},
		"any condition":                {[]Condition{{Functions: []string{"safety"}}, {Programs: []string{"trees"}}}, true},
		"spelling counts":              {[]Condition{{Departments: []string{"parks"}}}, false},
		"function and program at once": {[]Condition{{Functions: []string{"recreation"}, Programs: []string{"trees"}}}, true},
	} {
		t.Run(name, func(t *testing.T) {
			f := Fund{Restriction: c.conditions}
			if got := f.Admits(&parks); got != c.want {
				t.Errorf("admits %v, want %v", got, c.want)
			}
		})
	}
}

func TestNewFund(t *testing.T) {
	for kind, want := range map[model.FundKind]string{model.General: "UNASSIGNED", model.Enterprise: "RESTRICTED", model.DebtService: "RESTRICTED"} {
		f, err := NewFund(Fund{ID: "f", DisplayName: "F", Code: "1", Kind: kind}, now)
		if err != nil || f.Gasb54Class != want || f.Version != 1 {
			t.Errorf("%s fund %+v, %v", kind, f, err)
		}
	}
	_, err := NewFund(Fund{ID: "Bad Id", Kind: "MAGIC", ParentFund: "Bad Id", Restriction: []Condition{{}}}, now)
	want := []string{"fund.name", "fund.display_name", "fund.code", "fund.kind", "fund.parent_fund", "fund.restriction[0]"}
	if got := fields(err); !slices.Equal(got, want) {
		t.Errorf("violations %v, want %v", got, want)
	}
}

func TestNewBudget(t *testing.T) {
	good := Budget{ID: "b", DisplayName: "B", FiscalYear: 2027, Plan: "p", Currency: "USD", Envelopes: []Envelope{{Fund: "f", Available: 5, OneTime: new(int64(5))}}}
	b, err := NewBudget(good, now)
	if err != nil || b.RoundingUnit != 100 || b.State != BudgetRequested {
		t.Errorf("budget %+v, %v", b, err)
	}
	for unit, ok := range map[int64]bool{1: true, 100: true, 10_000: true, 100_000: true, 10: false, 1000: false, -100: false} {
		good.RoundingUnit = unit
		if _, err := NewBudget(good, now); (err == nil) != ok {
			t.Errorf("rounding unit %d: %v", unit, err)
		}
	}
	yen, err := NewBudget(Budget{ID: "b", DisplayName: "B", FiscalYear: 2027, Plan: "p", Currency: "JPY"}, now)
	if err != nil || yen.RoundingUnit != 1 {
		t.Errorf("yen round to %d, %v", yen.RoundingUnit, err)
	}
	_, err = NewBudget(Budget{ID: "b", Currency: "USD", Envelopes: []Envelope{{Fund: "f", Available: -1}, {Fund: "f", OneTime: new(int64(1))}}}, now)
	want := []string{
		"budget.display_name", "budget.fiscal_year", "budget.plan", "budget.envelopes[0].available", "budget.envelopes[1].fund", "budget.envelopes[1].one_time",
	}
	if got := fields(err); !slices.Equal(got, want) {
		t.Errorf("violations %v, want %v", got, want)
	}
}

func TestBoundsOfARequest(t *testing.T) {
	competes := func(amount int64) []CostLine {
		return []CostLine{{Fund: "f", Treatment: model.Competes, Amount: amount}}
	}
	for name, c := range map[string]struct {
		request FundingRequest
		want    []string
	}{
		"plain": {FundingRequest{CostLines: competes(100), Requested: new(int64(50))}, nil},
		"floor without competing cost": {
			FundingRequest{CostLines: []CostLine{{Fund: "f", Treatment: model.MustPay, Amount: 9}}, Mandate: &Mandate{Source: "law", Minimum: new(int64(5))}},
			[]string{"r.mandate.minimum_amount"},
		},
		"cap below floor": {
			FundingRequest{CostLines: competes(100), Mandate: &Mandate{Source: "law", Minimum: new(int64(50))}, Cap: new(int64(49))}, []string{"r.cap"},
		},
		"cap below hold-harmless": {FundingRequest{CostLines: competes(100), MaxDecreasePPM: new(int64(100_000)), Cap: new(int64(89))}, []string{"r.cap"}},
		"cap below zero":          {FundingRequest{CostLines: competes(100), Cap: new(int64(-1))}, []string{"r.cap"}},
		"cap at hold-harmless":    {FundingRequest{CostLines: competes(100), MaxDecreasePPM: new(int64(100_000)), Cap: new(int64(90))}, nil},
		"negative everywhere": {
			FundingRequest{CostLines: competes(1), Requested: new(int64(-1)), Cap: new(int64(-1)), Mandate: &Mandate{Minimum: new(int64(-1))}},
			[]string{"r.requested", "r.mandate.source", "r.mandate.minimum_amount", "r.cap"},
		},
		"named twice": {
			FundingRequest{EligibleFunds: []string{"b", "a", "b"}, Alignments: []Alignment{{Goal: "g"}, {Goal: "g"}}, Attributes: []Attribute{{Name: "risk", Level: -1}}},
			[]string{"r.eligible_funds", "r.alignments", "r.attributes"},
		},
		"unknown words": {FundingRequest{CostLines: []CostLine{{Treatment: "GIFT"}}, ResultsPolicy: "LUCK"}, []string{"r.cost_lines[0].treatment", "r.results_policy"}},
	} {
		t.Run(name, func(t *testing.T) {
			c.request.Program, c.request.Currency = "p", "USD"
			_, err := NewFundingRequest(c.request, "r", now)
			if got := fields(err); !slices.Equal(got, c.want) {
				t.Errorf("violations %v (%v), want %v", got, err, c.want)
			}
		})
	}
}

func TestBaseLeavesCreditsOut(t *testing.T) {
	r := FundingRequest{CostLines: []CostLine{
		{Fund: "a", Treatment: model.Competes, Amount: 100},
		{Fund: "b", Treatment: model.Competes, Amount: -30},
		{Fund: "a", Treatment: model.Competes, Amount: -10},
		{Fund: "a", Treatment: model.MustPay, Amount: 1000},
	}}
	if got := r.Base(); got != 90 {
		t.Errorf("base %d, want 90", got)
	}
}

func TestAttestationsAfterAChange(t *testing.T) {
	start := func() FundingRequest {
		r, err := NewFundingRequest(FundingRequest{
			Program: "p", CostLines: []CostLine{{Fund: "f", Treatment: model.Competes, Amount: 100}}, Mandate: &Mandate{Source: "law"},
			Alignments: []Alignment{{Goal: "g", Self: new(1), Reviewed: new(3)}},
		}, "r", now)
		if err != nil {
			t.Fatal(err)
		}
		return r.Attested([]Aspect{MandateAspect, BaseAspect, AlignmentAspect, BaseAspect}, Attestation{By: "ann"}, now)
	}
	for name, c := range map[string]struct {
		change func(*FundingRequest)
		lost   Aspect
	}{
		"nothing": {func(*FundingRequest) {}, ""},
		"cap":     {func(r *FundingRequest) { r.Cap = new(int64(500)) }, ""},
		"self score": {func(r *FundingRequest) {
			r.Alignments = []Alignment{{Goal: "g", Self: new(4), Reviewed: new(3)}, {Goal: "h", Self: new(1)}}
		}, ""},
		"cost":      {func(r *FundingRequest) { r.CostLines = []CostLine{{Fund: "f", Treatment: model.Competes, Amount: 101}} }, BaseAspect},
		"mandate":   {func(r *FundingRequest) { r.Mandate = &Mandate{Source: "law", Minimum: new(int64(5))} }, MandateAspect},
		"alignment": {func(r *FundingRequest) { r.Alignments = []Alignment{{Goal: "g", Reviewed: new(4)}} }, AlignmentAspect},
	} {
		t.Run(name, func(t *testing.T) {
			old := start()
			next := old
			next.Attestations = nil // a caller cannot send them
			c.change(&next)
			next, err := old.Changed(next, "r", now)
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range []Aspect{BaseAspect, MandateAspect, AlignmentAspect} {
				if next.Vouched(a) != (a != c.lost) {
					t.Errorf("%s vouched: %v", a, next.Vouched(a))
				}
			}
			if name == "nothing" && !old.Same(next) {
				t.Error("nothing changed, and yet it differs")
			}
		})
	}
}

func TestParamsFilled(t *testing.T) {
	p, err := Params{MaxCutPPM: new(int64(0)), ResultsCap: new(int64(0))}.Filled()
	if err != nil || p.SpreadMilli != 3000 || *p.MaxCutPPM != 0 || *p.ResultsCap != 0 {
		t.Errorf("params %+v, %v: zeros are values, not defaults", p, err)
	}
	_, err = Params{
		SpreadMilli: 999, Attributes: []AttributeWeight{{"risk", 3_000_000}, {"risk", 2_000_000}}, Scales: []EnvelopeScale{{"f", 1}, {"f", 2}},
	}.Filled()
	want := []string{
		"allocation.parameters.spread_milli", "allocation.parameters.attribute_weights[1].attribute", "allocation.parameters.attribute_weights",
		"allocation.parameters.envelope_scales[1].fund",
	}
	if got := fields(err); !slices.Equal(got, want) {
		t.Errorf("violations %v, want %v", got, want)
	}
	if got := (Params{Scales: []EnvelopeScale{{"f", 950_000}}}).scaled(Envelope{Fund: "f", Available: 1001}, 1001); got != 950 {
		t.Errorf("95 %% of 1001 is %d, want 950 (rounded down)", got)
	}
}

func TestStale(t *testing.T) {
	a := Allocation{State: AllocationProposed, PriorityRevision: "r1", PriorityTime: now}
	newer, older := Seen{"r2", now.Add(time.Second)}, Seen{"r0", now.Add(-time.Second)}
	for name, c := range map[string]struct {
		state             string
		priority, results Seen
		reasons           int
	}{
		"nothing seen":          {AllocationProposed, Seen{}, Seen{}, 0},
		"its own":               {AllocationProposed, Seen{"r1", now}, Seen{}, 0},
		"an older event late":   {AllocationProposed, older, Seen{}, 0},
		"newer priorities":      {AllocationProposed, newer, Seen{}, 1},
		"first results":         {AllocationProposed, Seen{}, Seen{"x1", now}, 1},
		"both":                  {AllocationProposed, newer, Seen{"x1", now}, 2},
		"adopted ones stay put": {"ADOPTED", newer, Seen{"x1", now}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			a.State = c.state
			if got := a.Against(c.priority, c.results).StaleReasons; len(got) != c.reasons {
				t.Errorf("reasons %q, want %d", got, c.reasons)
			}
		})
	}
}

func TestTitlesInTheEnginesSentences(t *testing.T) {
	titles := Titles{Fund: strings.ToUpper, Program: func(id string) string { return "the " + id }, Measure: strings.ToTitle}
	goals := map[string]string{"organizations/o/plans/p/goals/g": "Growth"}
	for in, want := range map[string]string{
		`Program "trees" goes up.`:                                   `Program "the trees" goes up.`,
		`Block 1 (fund "a", "b" and "c") has nothing; fund "d" too.`: `Block 1 (fund "A", "B" and "C") has nothing; fund "D" too.`,
		`The weight of goal "organizations/o/plans/p/goals/g" goes`:  `The weight of goal "Growth" goes`,
		`priority revision "r", request version "1.1"`:               `priority revision "r", request version "1.1"`,
	} {
		if got := titled(in, titles, goals); got != want {
			t.Errorf("%s became %s, want %s", in, got, want)
		}
	}
}

func TestReasonOfTheResultsPart(t *testing.T) {
	factor := func(certain int64) score.ResultsFactor {
		return score.ResultsFactor{ResultsFactor: model.ResultsFactor{Variation: model.Improving, Assurance: model.ReliablyMet, Weight: 1, CertainPPM: certain}}
	}
	for want, part := range map[string]score.ResultsPart{
		"council said so":                                                       {Policy: model.Neutral, Reason: "council said so", Factors: []score.ResultsFactor{factor(model.Whole)}},
		"no published result counts for it":                                     {Policy: model.Neutral},
		"the policy NEUTRAL lets no result move it":                             {Policy: model.Neutral, Factors: []score.ResultsFactor{factor(model.Whole)}},
		"no verdict on its measures can be used; what is unknown moves nothing": {Policy: model.Remedy, Factors: []score.ResultsFactor{factor(0)}},
		"verdicts on 1 of 2 measures count under the policy REMEDY":             {Policy: model.Remedy, Factors: []score.ResultsFactor{factor(0), factor(model.Whole / 2)}},
	} {
		if got := resultsReason(&part); got != want {
			t.Errorf("said %q, want %q", got, want)
		}
	}
}
