package model

import (
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/throughline/throughline/services/budgeting/internal/domain/money"
	"github.com/throughline/throughline/services/platform/fault"
)

// Whole is 100 % in parts per million, and what the goal weights add up to.
const Whole = 1_000_000

// Limits of the policy figures; they keep the weights of a large city inside 62 bits.
const (
	maxSpreadMilli  = 100_000
	maxRoundingUnit = 1_000_000_000
	maxAttributePPM = 4 * Whole
	maxPointsBP     = 500
	maxWork         = 1_000_000_000_000
	fullScoreBP     = 10_000
	maxWeight       = 1_000_000 // of a measure
	maxFactors      = 1000      // of a program: their points times their weights stay below 2^59
)

// Validate lists every violation with the field, what is wrong and what would mend it; the error is a fault of kind Invalid.
func (in Input) Validate() error {
	c := checker{
		funds: index(in.Funds, func(f *Fund) string { return f.ID }), goals: index(in.Goals, func(g *Goal) string { return g.ID }), inOrder: in.Goals,
		places: PlacesOfFunds(in.Funds), income: make([]int64, len(in.Funds)),
	}
	c.replaced = replacedBases(in.Packages)
	c.header(in)
	c.params(in.Params)
	c.goalList(in.Goals)
	c.fundList(in.Funds)
	c.programList(in.Programs)
	c.programRevenue(in)
	c.choices(in)
	c.revisions(in)
	c.total(in)
	return c.Err()
}

type checker struct {
	fault.Violations
	funds    map[string]int
	places   Places // of funds
	goals    map[string]int
	inOrder  []Goal
	replaced map[string]bool // programs whose base a package replaces

	// What is added up of the programs as they are walked.
	all    magnitude
	income []int64 // of each fund
	gated  bool    // some program has results
}

// magnitude adds up amounts without their signs.
type magnitude struct {
	total int64
	huge  bool // beyond the integers that the engine adds up in
}

func (m *magnitude) add(v int64) {
	if v < 0 {
		v = -v
	}
	var ok bool
	if m.total, ok = money.Add(m.total, v); v < 0 || !ok || m.total > money.Limit {
		m.huge, m.total = true, 0
	}
}

func index[T any](s []T, id func(*T) string) map[string]int {
	m := make(map[string]int, len(s))
	for i := range s {
		m[id(&s[i])] = i
	}
	return m
}

func (c *checker) header(in Input) {
	c.Check(in.Schema == 0 || in.Schema == SchemaVersion, "schema", "is %d; this engine reads version %d", in.Schema, SchemaVersion)
	c.text("engine_version", in.EngineVersion)
	oneOf(c, "method", in.Method, Methods())
	c.Check(isCurrency(in.Currency), "currency", "%q is not an ISO 4217 code; use three capital letters", in.Currency)
	c.between("rounding_unit", in.RoundingUnit, 1, maxRoundingUnit)
}

func isCurrency(s string) bool {
	if len(s) != 3 {
		return false
	}
	for _, r := range s {
		if r < 'A' || r > 'Z' {
			return false
		}
	}
	return true
}

func (c *checker) params(p Params) {
	c.between("params.spread_milli", p.SpreadMilli, 1000, maxSpreadMilli)
	c.between("params.max_cut_ppm", p.MaxCutPPM, 0, Whole)
	c.between("params.results_cap_bp", p.ResultsCapBP, 0, maxPointsBP)
	c.between("params.equity_cap_bp", p.EquityCapBP, 0, fullScoreBP)
	seen := map[string]bool{}
	var all int64
	for i, a := range p.Attributes {
		field := fmt.Sprintf("params.attributes[%d]", i)
		c.unique(seen, field+".name", a.Name)
		c.between(field+".weight_ppm", a.WeightPPM, 0, maxAttributePPM)
		all += min(max(a.WeightPPM, 0), maxAttributePPM)
	}
	c.Check(all <= maxAttributePPM, "params.attributes", "add up to %d ppm; at most %d ppm may stand beside the goals", all, maxAttributePPM)
	rules := map[string]bool{}
	for i, r := range p.Results {
		field := fmt.Sprintf("params.results[%d]", i)
		oneOf(c, field+".policy", r.Policy, Policies())
		oneOf(c, field+".variation", r.Variation, Variations())
		oneOf(c, field+".assurance", r.Assurance, Assurances())
		c.between(field+".points_bp", r.PointsBP, -maxPointsBP, maxPointsBP)
		c.Check(r.PointsBP == 0 || (r.Policy != Neutral && r.Variation != InsufficientData), field+".points_bp",
			"is %d; what is %s or %s moves nothing, so leave the row out", r.PointsBP, Neutral, InsufficientData)
		key := string(r.Policy) + " × " + string(r.Variation) + " × " + string(r.Assurance)
		c.Check(!rules[key], field, "repeats %s; keep one row", key)
		rules[key] = true
	}
	if f := p.EquityFloor; f != nil {
		c.between("params.equity_floor.min_bp", f.MinBP, 1, fullScoreBP)
		c.between("params.equity_floor.max_cut_ppm", f.MaxCutPPM, 0, Whole)
	}
	if p.PackageValue != "" {
		oneOf(c, "params.package_value", p.PackageValue, PackageValues())
	}
	c.between("params.work_limit", p.WorkLimit, 0, maxWork)
}

func (c *checker) goalList(goals []Goal) {
	seen := map[string]bool{}
	var sum int64
	for i, g := range goals {
		field := fmt.Sprintf("goals[%d]", i)
		c.unique(seen, field+".id", g.ID)
		c.between(field+".weight_ppm", g.WeightPPM, 0, Whole)
		c.Check(utf8.ValidString(g.Title), field+".title", "is not valid UTF-8; re-encode it")
		sum += min(max(g.WeightPPM, 0), Whole)
	}
	c.Check(sum == Whole, "goals", "weights add up to %d ppm; they must add up to %d", sum, Whole)
}

func (c *checker) fundList(funds []Fund) {
	c.Check(len(funds) > 0, "funds", "is empty; name at least one fund")
	seen := map[string]bool{}
	for i, f := range funds {
		field := fmt.Sprintf("funds[%d]", i)
		c.unique(seen, field+".id", f.ID)
		c.between(field+".available", f.Available, 0, money.Limit)
		c.Check(f.OneTime >= 0 && f.OneTime <= max(0, f.Available), field+".one_time",
			"is %d; it is part of the %d available, so from 0 to that", f.OneTime, f.Available)
		oneOf(c, field+".class", f.Class, FundClasses())
		oneOf(c, field+".kind", f.Kind, FundKinds())
	}
}

// programRevenue refuses a fund whose envelope leaves out income that its programs net their base with.
func (c *checker) programRevenue(in Input) {
	for k, f := range in.Funds {
		switch income := c.income; {
		case income[k] > f.Available:
			c.Add(fmt.Sprintf("funds[%d].available", k),
				"is %d but its programs bring in %d; the envelope must include program revenue", f.Available, income[k])
		case income[k] > f.Available-max(0, f.OneTime):
			c.Add(fmt.Sprintf("funds[%d].one_time", k),
				"leaves %d of ongoing money but its programs bring in %d; program revenue is ongoing, so count it there", f.Available-f.OneTime, income[k])
		}
	}
}

func (c *checker) revisions(in Input) {
	c.text("revisions.priority.name", in.Revisions.Priority.Name)
	c.text("revisions.priority.hash", in.Revisions.Priority.Hash)
	if c.gated {
		c.text("revisions.results.name", in.Revisions.Results.Name)
		c.text("revisions.results.hash", in.Revisions.Results.Hash)
	}
}

// total refuses an input whose amounts could leave the integers that the engine adds up in.
func (c *checker) total(in Input) {
	add := c.all.add
	for _, f := range in.Funds {
		add(f.Available)
	}
	for i := range in.Packages {
		for j := range in.Packages[i].Levels {
			for _, cost := range in.Packages[i].Levels[j].Costs {
				add(cost.Amount)
			}
		}
	}
	for _, l := range in.Later {
		add(l.Available)
	}
	if in.Election != nil {
		for _, p := range in.Election.Projects {
			add(p.Cost)
		}
	}
	c.Check(!c.all.huge, "programs", "amounts and envelopes add up to more than %d minor units; check for a wrong scale", money.Limit)
}

func (c *checker) between(field string, v, least, most int64) {
	c.Check(v >= least && v <= most, field, "is %d; it must be from %d to %d", v, least, most)
}

func (c *checker) text(field, s string) {
	c.Check(s != "", field, "is empty; fill it in")
	c.Check(utf8.ValidString(s), field, "is not valid UTF-8; re-encode it")
}

func (c *checker) unique(seen map[string]bool, field, id string) {
	c.text(field, id)
	c.Check(!seen[id] || id == "", field, "repeats %q; ids must be unique", id)
	seen[id] = true
}

func oneOf[T ~string](c *checker, field string, v T, allowed []T) {
	c.Check(slices.Contains(allowed, v), field, "%q is not known; use one of %v", v, allowed)
}
