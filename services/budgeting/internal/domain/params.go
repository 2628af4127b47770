package domain

import (
	"cmp"
	"reflect"
	"slices"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/money"
	"github.com/throughline/throughline/services/budgeting/internal/domain/packages"
	"github.com/throughline/throughline/services/platform/fault"
)

// EnvelopeScale tries an envelope at a share of the budget's.
type EnvelopeScale struct {
	Fund     string // id
	SharePPM int64
}

// AttributeWeight is the weight of a program attribute beside the goals' 1,000,000.
type AttributeWeight struct {
	Attribute string
	WeightPPM int64
}

// EquityFloor protects programs with equity points.
type EquityFloor struct{ MinPoints, MaxCutPPM int64 }

// LaterEnvelope is what packages may use of a later year.
type LaterEnvelope struct {
	Fund      string // id
	Year      int    // after the budget's, 1 to 9
	Available int64
}

// Params are the parameters of an allocation; Filled has every default in place.
type Params struct {
	SpreadMilli   int64
	MaxCutPPM     *int64
	ResultsCap    *int64 // points of 100
	Attributes    []AttributeWeight
	Scales        []EnvelopeScale
	CompetingFund []string           // ids
	EquityFloor   *EquityFloor       `json:",omitempty"`
	PackageValue  model.PackageValue `json:",omitempty"`
	Later         []LaterEnvelope    `json:",omitempty"`
	CarryForward  bool               `json:",omitempty"`
	WorkLimit     int64              `json:",omitempty"`
	Election      string             `json:",omitempty"` // id
}

// maxAttributesPPM is what the engine lets all attributes together weigh.
const maxAttributesPPM = 4 * model.Whole

const pointBP = 100 // basis points of a score in one point of 100

// Filled is p with its defaults, or every violation.
func (p Params) Filled() (Params, error) { return p.filledAt("allocation.parameters.") }

// filledAt is Filled of parameters that stand at this field.
func (p Params) filledAt(at string) (Params, error) {
	usual := model.DefaultParams()
	if p.SpreadMilli == 0 {
		p.SpreadMilli = usual.SpreadMilli
	}
	if p.MaxCutPPM == nil {
		p.MaxCutPPM = &usual.MaxCutPPM
	}
	if p.ResultsCap == nil {
		points := usual.ResultsCapBP / pointBP
		p.ResultsCap = &points
	}
	var v fault.Violations
	v.Check(p.SpreadMilli >= 1000, at+"spread_milli", "is %d; 1,000 is an equal cut, and less would favour low priorities", p.SpreadMilli)
	var weights int64
	for i, a := range p.Attributes {
		weights += a.WeightPPM
		v.Check(!slices.ContainsFunc(p.Attributes[:i], func(b AttributeWeight) bool { return b.Attribute == a.Attribute }),
			fieldAt(at+"attribute_weights", i)+".attribute", "%q has a weight already; keep one", a.Attribute)
	}
	v.Check(weights <= maxAttributesPPM, at+"attribute_weights", "add up to %d; at most %d may stand beside the goals' %d", weights, maxAttributesPPM, model.Whole)
	for i, s := range p.Scales {
		v.Check(!slices.ContainsFunc(p.Scales[:i], func(t EnvelopeScale) bool { return t.Fund == s.Fund }),
			fieldAt(at+"envelope_scales", i)+".fund", "is scaled already; keep one share per fund")
	}
	if e := p.EquityFloor; e != nil {
		v.Check(e.MinPoints >= 1 && e.MinPoints <= 100, at+"equity_floor.min_points", "is %d; it must be 1 to 100", e.MinPoints)
	}
	for i, e := range p.Later {
		field := fieldAt(at+"later_envelopes", i)
		v.Check(e.Year >= 1 && e.Year <= 9, field+".year_offset", "is %d; years after the budget's are 1 to 9", e.Year)
		v.Check(e.Available >= 0, field+".available", "must not be negative")
		v.Check(!slices.ContainsFunc(p.Later[:i], func(o LaterEnvelope) bool { return o.Fund == e.Fund && o.Year == e.Year }),
			field, "repeats a fund and year; add the amounts up")
	}
	return p, v.Err()
}

// fit tells of parameters that stand at this field and that the method does not take, and fills in the defaults of its own.
func (p Params) fit(v *fault.Violations, at string, method model.Method) Params {
	const alone = "is of %s alone; leave it out, or choose that method"
	if method == model.Packages {
		p.PackageValue, p.WorkLimit = cmp.Or(p.PackageValue, model.PriorityDollars), cmp.Or(p.WorkLimit, packages.DefaultStates)
	} else {
		v.Check(p.PackageValue == "", at+"package_value", alone, model.Packages)
		v.Check(len(p.Later) == 0, at+"later_envelopes", alone, model.Packages)
		v.Check(!p.CarryForward, at+"carry_forward", alone, model.Packages)
		v.Check(p.WorkLimit == 0, at+"work_limit", alone, model.Packages)
	}
	if method.ByBallots() {
		v.Check(p.Election != "", at+"election", "is required by %s; name a closed election of the budget", method)
	} else {
		v.Check(p.Election == "", at+"election", "is of %s and %s alone; leave it out, or choose one of them", model.EqualShares, model.GreedyVotes)
	}
	return p
}

// checkFunds refuses parameters that name funds of which the budget knows nothing.
func (p Params) checkFunds(b Budget) error { return p.checkFundsAt(b, "allocation.parameters.") }

// checkFundsAt is checkFunds of parameters that stand at this field.
func (p Params) checkFundsAt(b Budget, at string) error {
	known := func(id string) bool {
		return slices.ContainsFunc(b.Envelopes, func(e Envelope) bool { return e.Fund == id })
	}
	var v fault.Violations
	for i, s := range p.Scales {
		v.Check(known(s.Fund), fieldAt(at+"envelope_scales", i)+".fund",
			"%s has no envelope in the budget; name a fund that has one", FundName(b.Organization, s.Fund))
	}
	for i, e := range p.Later {
		v.Check(known(e.Fund), fieldAt(at+"later_envelopes", i)+".fund",
			"%s has no envelope in the budget; name a fund that has one", FundName(b.Organization, e.Fund))
	}
	for i, id := range p.CompetingFund {
		v.Check(known(id), fieldAt(at+"competing_funds", i),
			"%s has no envelope in the budget; name a fund that has one", FundName(b.Organization, id))
	}
	return v.Err()
}

// scaled is the envelope's share of an amount, rounded down to the minor unit.
func (p Params) scaled(e Envelope, of int64) int64 {
	for _, s := range p.Scales {
		if s.Fund == e.Fund {
			amount, _ := money.MulDivFloor(of, s.SharePPM, model.Whole) // beyond int64 it is 0, which the total check cannot miss
			return amount
		}
	}
	return of
}

// engine is p as the engine takes it. Equity may move a score as far as requests may ask (±100 points); results by the cap.
func (p Params) engine() model.Params {
	out := model.DefaultParams()
	out.SpreadMilli, out.MaxCutPPM = p.SpreadMilli, *p.MaxCutPPM
	out.ResultsCapBP, out.EquityCapBP = *p.ResultsCap*pointBP, 100*pointBP
	out.Results = p.ResultsTable()
	for _, a := range p.Attributes {
		out.Attributes = append(out.Attributes, model.AttributeWeight{Name: a.Attribute, WeightPPM: a.WeightPPM})
	}
	if e := p.EquityFloor; e != nil {
		out.EquityFloor = &model.EquityFloor{MinBP: e.MinPoints * pointBP, MaxCutPPM: e.MaxCutPPM}
	}
	out.PackageValue, out.CarryForward, out.WorkLimit = p.PackageValue, p.CarryForward, p.WorkLimit
	slices.SortFunc(out.Attributes, func(a, b model.AttributeWeight) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// ResultsTable is the published table for the cap, of filled parameters.
func (p Params) ResultsTable() []model.ResultRule {
	return model.DefaultResults(*p.ResultsCap * pointBP)
}

// of says whether these are the parameters of the input. Scales are not compared: the input holds what they made of the envelopes.
func (p Params) of(in model.Input) bool {
	filled, err := p.Filled()
	if err != nil {
		return false
	}
	asked := filled.engine()
	for _, f := range in.Funds {
		if f.Named != slices.Contains(p.CompetingFund, f.ID) {
			return false
		}
	}
	return asked.SpreadMilli == in.Params.SpreadMilli && asked.MaxCutPPM == in.Params.MaxCutPPM &&
		asked.ResultsCapBP == in.Params.ResultsCapBP && slices.Equal(asked.Results, in.Params.Results) && slices.Equal(asked.Attributes, in.Params.Attributes) &&
		asked.PackageValue == in.Params.PackageValue && asked.CarryForward == in.Params.CarryForward && asked.WorkLimit == in.Params.WorkLimit &&
		reflect.DeepEqual(asked.EquityFloor, in.Params.EquityFloor)
}
