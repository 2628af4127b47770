package model

import (
	"strconv"

	"github.com/throughline/throughline/services/budgeting/internal/domain/money"
)

// input writes a normalized input.
func (e *encoder) input(in *Input) {
	e.int(`{"schema":`, int64(in.Schema))
	e.text(`,"engine_version":`, in.EngineVersion)
	e.text(`,"method":`, string(in.Method))
	e.text(`,"currency":`, in.Currency)
	e.int(`,"rounding_unit":`, in.RoundingUnit)
	e.params(&in.Params)
	list(e, `,"goals":`, in.Goals, (*encoder).goal)
	list(e, `,"funds":`, in.Funds, (*encoder).fund)
	version := ""
	list(e, `,"programs":`, in.Programs, func(e *encoder, p *Program) {
		e.program(p, version, in.Goals)
		version = p.Version
	})
	e.revision(`,"revisions":{"priority":{`, &in.Revisions.Priority)
	e.revision(`,"results":{`, &in.Revisions.Results)
	e.raw("}")
	optList(e, `,"packages":`, in.Packages, (*encoder).pack)
	optList(e, `,"later":`, in.Later, func(e *encoder, l *LaterEnvelope) {
		e.text(`{"fund":`, l.Fund)
		e.int(`,"year":`, l.Year)
		e.int(`,"available":`, l.Available)
		e.raw("}")
	})
	if in.Election != nil {
		e.election(in.Election)
	}
	e.raw("}")
}

func (e *encoder) params(p *Params) {
	e.int(`,"params":{"spread_milli":`, p.SpreadMilli)
	e.int(`,"max_cut_ppm":`, p.MaxCutPPM)
	e.int(`,"results_cap_bp":`, p.ResultsCapBP)
	e.int(`,"equity_cap_bp":`, p.EquityCapBP)
	optList(e, `,"attributes":`, p.Attributes, func(e *encoder, a *AttributeWeight) {
		e.text(`{"name":`, a.Name)
		e.int(`,"weight_ppm":`, a.WeightPPM)
		e.raw("}")
	})
	optList(e, `,"results":`, p.Results, func(e *encoder, r *ResultRule) {
		e.text(`{"policy":`, string(r.Policy))
		e.text(`,"variation":`, string(r.Variation))
		e.text(`,"assurance":`, string(r.Assurance))
		e.int(`,"points_bp":`, r.PointsBP)
		e.raw("}")
	})
	if f := p.EquityFloor; f != nil {
		e.int(`,"equity_floor":{"min_bp":`, f.MinBP)
		e.int(`,"max_cut_ppm":`, f.MaxCutPPM)
		e.raw("}")
	}
	e.optText(`,"package_value":`, string(p.PackageValue))
	e.optBool(`,"carry_forward":`, p.CarryForward)
	e.optInt(`,"work_limit":`, p.WorkLimit)
	e.raw("}")
}

func (e *encoder) goal(g *Goal) {
	e.text(`{"id":`, g.ID)
	e.optText(`,"title":`, g.Title)
	e.int(`,"weight_ppm":`, g.WeightPPM)
	e.raw("}")
}

func (e *encoder) fund(f *Fund) {
	e.text(`{"id":`, f.ID)
	e.int(`,"available":`, f.Available)
	e.optInt(`,"one_time":`, f.OneTime)
	e.text(`,"class":`, string(f.Class))
	e.optInt(`,"rank":`, f.Rank)
	e.text(`,"kind":`, string(f.Kind))
	e.optBool(`,"named":`, f.Named)
	e.raw("}")
}

func (e *encoder) program(p *Program, version string, goals []Goal) {
	e.text(`{"id":`, p.ID)
	if p.Version != version {
		e.text(`,"version":`, p.Version)
	}
	e.costLines(p.CostLines)
	e.optInt(`,"requested":`, p.Requested)
	e.optTexts(`,"eligible_funds":`, p.EligibleFunds)
	if m := p.Mandate; m != nil {
		e.int(`,"mandate":{"minimum":`, m.Minimum)
		e.optText(`,"citation":`, m.Citation)
		e.optBool(`,"attested":`, m.Attested)
		e.raw("}")
	}
	if p.Cap != nil {
		e.int(`,"cap":`, *p.Cap)
	}
	if h := p.HoldHarmless; h != nil {
		e.int(`,"hold_harmless":{"prior":`, h.Prior)
		e.int(`,"max_decrease_ppm":`, h.MaxDecreasePPM)
		e.int(`,"max_increase_ppm":`, h.MaxIncreasePPM)
		e.raw("}")
	}
	optList(e, `,"revenue":`, p.Revenue, func(e *encoder, r *Revenue) {
		e.text(`{"fund":`, r.Fund)
		e.int(`,"amount":`, r.Amount)
		e.raw("}")
	})
	e.alignment(p.Alignment, goals)
	optList(e, `,"attributes":`, p.Attributes, func(e *encoder, a *Attribute) {
		e.text(`{"name":`, a.Name)
		e.int(`,"level":`, a.Level)
		e.raw("}")
	})
	if r := p.Results; r != nil {
		e.text(`,"results":{"policy":`, string(r.Policy))
		optList(e, `,"factors":`, r.Factors, (*encoder).factor)
		e.optText(`,"reason":`, r.Reason)
		e.raw("}")
	}
	e.optInt(`,"equity_bp":`, p.EquityBP)
	optList(e, `,"grants":`, p.Grants, func(e *encoder, g *GrantAward) {
		e.text(`{"id":`, g.ID)
		e.optText(`,"fund":`, g.Fund)
		e.int(`,"award":`, g.Award)
		e.optInt(`,"match_ppm":`, g.MatchPPM)
		e.optInt(`,"effort":`, g.Effort)
		e.raw("}")
	})
	optList(e, `,"positions":`, p.Positions, func(e *encoder, p *Position) {
		e.text(`{"title":`, p.Title)
		e.int(`,"count":`, p.Count)
		e.int(`,"cost":`, p.Cost)
		e.raw("}")
	})
	e.raw("}")
}

func (e *encoder) factor(f *ResultsFactor) {
	e.text(`{"measure":`, f.Measure)
	e.text(`,"variation":`, string(f.Variation))
	e.text(`,"assurance":`, string(f.Assurance))
	e.int(`,"weight":`, f.Weight)
	e.int(`,"certain_ppm":`, f.CertainPPM)
	e.text(`,"reason":`, f.Reason)
	e.raw("}")
}

// costLines writes one of thousands of lists, so it does without the helpers of the others. Items are as costLineForm says.
func (e *encoder) costLines(lines []CostLine) {
	b := e.b
	b = append(b, `,"cost_lines":[`...)
	for i := range lines {
		l := &lines[i]
		if i > 0 {
			b = append(b, ',')
		}
		b = money.Append(append(appendText(append(b, '['), l.Fund), ','), l.Amount)
		bare := len(b)
		b = append(b, ',', '{')
		if !isPlace(l.ID, i) {
			b = append(appendText(append(b, `"id":`...), l.ID), ',')
		}
		if l.Treatment != Competes {
			b = append(appendText(append(b, `"treatment":`...), string(l.Treatment)), ',')
		}
		if l.OneTime {
			b = append(b, `"one_time":true,`...)
		}
		if last := len(b) - 1; b[last] == ',' {
			b[last] = '}'
		} else {
			b = b[:bare]
		}
		b = append(b, ']')
	}
	b = append(b, ']')
	e.b = b
}

// isPlace says whether id is a decimal place in a list.
func isPlace(id string, place int) bool {
	if place < 10 {
		return len(id) == 1 && int(id[0]) == '0'+place
	}
	return id == strconv.Itoa(place)
}

func (e *encoder) alignment(all []Alignment, goals []Goal) {
	if len(all) == 0 {
		return
	}
	before := len(e.b)
	e.raw(`,"levels":"`)
	var ok bool
	if e.b, ok = levels(e.b, goals, all); ok {
		e.raw(`"`)
		return
	}
	e.b = e.b[:before]
	list(e, `,"alignment":`, all, func(e *encoder, a *Alignment) {
		e.text(`{"goal":`, a.Goal)
		e.int(`,"level":`, a.Level)
		e.raw("}")
	})
}

func (e *encoder) revision(open string, r *Revision) {
	e.raw(open)
	e.optText(`"name":`, r.Name)
	if r.Name != "" && r.Hash != "" {
		e.raw(",")
	}
	e.optText(`"hash":`, r.Hash)
	e.raw("}")
}
