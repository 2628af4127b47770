package model

import (
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/throughline/throughline/services/budgeting/internal/domain/money"
)

// maxPositions is of one kind in one program.
const maxPositions = 1_000_000

// spot is a place in a program. It is written out only for a violation: large inputs have millions of places.
type spot struct {
	program int
	list    string
	item    int
}

func (s spot) field(leaf string) string {
	path := fmt.Sprintf("programs[%d]", s.program)
	if s.list != "" {
		path += fmt.Sprintf(".%s[%d]", s.list, s.item)
	}
	if leaf != "" {
		path += "." + leaf
	}
	return path
}

func (s spot) in(list string, item int) spot { return spot{s.program, list, item} }

func (c *checker) programList(programs []Program) {
	ascend := true
	for i := range programs {
		p, at := &programs[i], spot{program: i}
		c.name(at, "id", p.ID)
		ascend = ascend && (i == 0 || programs[i-1].ID < p.ID)
		c.program(at, p)
	}
	if ascend {
		return
	}
	seen := make(map[string]bool, len(programs))
	for i := range programs {
		id := programs[i].ID
		if seen[id] && id != "" {
			c.Add(spot{program: i}.field("id"), "repeats %q; ids must be unique", id)
		}
		seen[id] = true
	}
}

func (c *checker) program(at spot, p *Program) {
	competes := false
	c.lineIDs(at, p.CostLines)
	for i := range p.CostLines {
		l := &p.CostLines[i]
		competes = competes || l.Treatment == Competes
		c.all.add(l.Amount)
		if c.places.Find(l.Fund) >= 0 && l.Treatment.Place() >= 0 && l.Amount >= -money.Limit && l.Amount <= money.Limit {
			continue // thousands of good lines pass here
		}
		here := at.in("cost_lines", i)
		c.fundRef(here, "fund", l.Fund)
		if l.Treatment.Place() < 0 {
			oneOf(c, here.field("treatment"), l.Treatment, Treatments())
		}
		c.from(here, "amount", l.Amount, -money.Limit, money.Limit)
	}
	c.utf8(at, "version", p.Version)
	c.from(at, "requested", p.Requested, 0, money.Limit)
	c.all.add(p.Requested)
	for i, id := range p.EligibleFunds {
		here := at.in("eligible_funds", i)
		c.fundRef(here, "", id)
		if slices.Contains(p.EligibleFunds[:i], id) {
			c.Add(here.field(""), "repeats %q; name it once", id)
		}
	}
	for i := range p.Revenue {
		v, here := &p.Revenue[i], at.in("revenue", i)
		c.fundRef(here, "fund", v.Fund)
		c.from(here, "amount", v.Amount, 0, money.Limit)
		c.all.add(v.Amount)
		if k := c.places.Find(v.Fund); k >= 0 && v.Amount > 0 {
			c.income[k] = min(c.income[k]+min(v.Amount, money.Limit), money.Limit)
		}
		if repeats(p.Revenue[:i], func(o *Revenue) bool { return o.Fund == v.Fund }) {
			c.Add(here.field("fund"), "repeats %q; add the amounts up", v.Fund)
		}
	}
	c.bounds(at, p, competes || c.replaced[p.ID])
	c.rating(at, p)
	c.stakes(at, p)
}

// lineIDs wants every cost line named, and by a name of its own. Ids that ascend are; others are looked up.
func (c *checker) lineIDs(at spot, lines []CostLine) {
	ascend := true
	for i := range lines {
		id := lines[i].ID
		if !isName(id) {
			c.name(at.in("cost_lines", i), "id", id)
		}
		ascend = ascend && (i == 0 || lines[i-1].ID < id)
	}
	if ascend {
		return
	}
	seen := make(map[string]bool, len(lines))
	for i := range lines {
		id := lines[i].ID
		if seen[id] && id != "" {
			c.Add(at.in("cost_lines", i).field("id"), "repeats %q; ids must be unique in the program", id)
		}
		seen[id] = true
	}
}

// repeats says whether an earlier item is the same; the lists of one program are short.
func repeats[T any](earlier []T, same func(*T) bool) bool {
	for i := range earlier {
		if same(&earlier[i]) {
			return true
		}
	}
	return false
}

func (c *checker) bounds(at spot, p *Program, competes bool) {
	var floor int64
	if m := p.Mandate; m != nil {
		c.from(at, "mandate.minimum", m.Minimum, 0, money.Limit)
		c.all.add(m.Minimum)
		c.utf8(at, "mandate.citation", m.Citation)
		if m.Attested {
			floor = m.Minimum
			if m.Citation == "" {
				c.Add(at.field("mandate.citation"), "is empty; an attested mandate must cite its law")
			}
			if !competes && floor != 0 {
				c.Add(at.field("mandate"), "has no COMPETES cost line to protect; add one (it may be zero) or make its line MUST_PAY")
			}
		}
	}
	low := floor
	if h := p.HoldHarmless; h != nil {
		c.from(at, "hold_harmless.prior", h.Prior, 0, money.Limit)
		c.all.add(h.Prior)
		c.from(at, "hold_harmless.max_decrease_ppm", h.MaxDecreasePPM, 0, Whole)
		c.from(at, "hold_harmless.max_increase_ppm", h.MaxIncreasePPM, 0, 1000*Whole)
		if !competes {
			c.Add(at.field("hold_harmless"), "has no COMPETES cost line to bound; remove it or add one")
		}
		least, most := h.Range()
		low = max(low, least)
		if floor > most {
			c.Add(at.field("hold_harmless"), "allows at most %d but the mandate's minimum is %d; raise max_increase_ppm", most, floor)
		}
	}
	if p.Cap != nil {
		c.from(at, "cap", *p.Cap, 0, money.Limit)
		if *p.Cap < low {
			c.Add(at.field("cap"), "is %d but the mandate or hold-harmless asks for at least %d; raise the cap", *p.Cap, low)
		}
	}
}

// Range is the least and the most that the bound allows: rounded inward to the minor unit.
func (h Hold) Range() (least, most int64) {
	lost, _ := money.MulDivFloor(h.Prior, h.MaxDecreasePPM, Whole)
	most, ok := money.MulDivFloor(h.Prior, Whole+h.MaxIncreasePPM, Whole)
	if !ok || most > money.Limit {
		most = money.Limit
	}
	return h.Prior - lost, most
}

func (c *checker) rating(at spot, p *Program) {
	next := 0 // goal, where alignments are in the order of goals
	for i := range p.Alignment {
		a := &p.Alignment[i]
		for next < len(c.inOrder) && c.inOrder[next].ID != a.Goal {
			next++
		}
		found := next < len(c.inOrder)
		next++
		if found && a.Level >= 0 && a.Level <= 4 {
			continue
		}
		here := at.in("alignment", i)
		if _, known := c.goals[a.Goal]; !known {
			c.Add(here.field("goal"), "%q is not one of the goals; add the goal or drop the alignment", a.Goal)
		}
		if repeats(p.Alignment[:i], func(o *Alignment) bool { return o.Goal == a.Goal }) {
			c.Add(here.field("goal"), "repeats %q; keep one", a.Goal)
		}
		c.from(here, "level", a.Level, 0, 4)
	}
	for i := range p.Attributes {
		a, here := &p.Attributes[i], at.in("attributes", i)
		c.name(here, "name", a.Name)
		if repeats(p.Attributes[:i], func(o *Attribute) bool { return o.Name == a.Name }) {
			c.Add(here.field("name"), "repeats %q; keep one", a.Name)
		}
		c.from(here, "level", a.Level, -4, 4)
	}
	if r := p.Results; r != nil {
		c.gated = true
		among(c, at, "results.policy", r.Policy, Policies())
		c.utf8(at, "results.reason", r.Reason)
		c.factors(at, r.Factors)
	}
	c.from(at, "equity_bp", p.EquityBP, -fullScoreBP, fullScoreBP)
}

func (c *checker) factors(at spot, factors []ResultsFactor) {
	if len(factors) > maxFactors {
		c.Add(at.field("results.factors"), "has %d measures; a program may have %d", len(factors), maxFactors)
	}
	for i := range factors {
		f, here := &factors[i], at.in("results.factors", i)
		c.name(here, "measure", f.Measure)
		if repeats(factors[:i], func(o *ResultsFactor) bool { return o.Measure == f.Measure }) {
			c.Add(here.field("measure"), "repeats %q; keep one", f.Measure)
		}
		among(c, here, "variation", f.Variation, Variations())
		among(c, here, "assurance", f.Assurance, Assurances())
		c.from(here, "weight", f.Weight, 1, maxWeight)
		if f.CertainPPM != 0 && f.CertainPPM != Whole/2 && f.CertainPPM != Whole {
			c.Add(here.field("certain_ppm"), "is %d; all (%d), half (%d) or none (0) of a verdict's points count", f.CertainPPM, Whole, Whole/2)
		}
		c.name(here, "reason", f.Reason)
	}
}

// stakes are the grants and positions that a reduction is told in.
func (c *checker) stakes(at spot, p *Program) {
	for i := range p.Grants {
		g, here := &p.Grants[i], at.in("grants", i)
		c.name(here, "id", g.ID)
		if repeats(p.Grants[:i], func(o *GrantAward) bool { return o.ID == g.ID }) {
			c.Add(here.field("id"), "repeats %q; ids must be unique in the program", g.ID)
		}
		if g.Fund != "" {
			c.fundRef(here, "fund", g.Fund)
		}
		c.from(here, "award", g.Award, 0, money.Limit/10) // with the largest match it stays in 62 bits
		c.from(here, "match_ppm", g.MatchPPM, 0, 10*Whole)
		c.from(here, "effort", g.Effort, 0, money.Limit)
		c.all.add(g.Award)
		c.all.add(g.Effort)
	}
	for i := range p.Positions {
		v, here := &p.Positions[i], at.in("positions", i)
		c.name(here, "title", v.Title)
		if repeats(p.Positions[:i], func(o *Position) bool { return o.Title == v.Title }) {
			c.Add(here.field("title"), "repeats %q; give the two kinds titles of their own", v.Title)
		}
		c.from(here, "count", v.Count, 1, maxPositions)
		c.from(here, "cost", v.Cost, 1, money.Limit/maxPositions) // all of them together stay in 62 bits
	}
}

func (c *checker) from(at spot, leaf string, v, least, most int64) {
	if v < least || v > most {
		c.between(at.field(leaf), v, least, most)
	}
}

func isName(s string) bool { return s != "" && utf8.ValidString(s) }

func (c *checker) name(at spot, leaf, s string) {
	if !isName(s) {
		c.text(at.field(leaf), s)
	}
}

func (c *checker) utf8(at spot, leaf, s string) {
	if !utf8.ValidString(s) {
		c.Add(at.field(leaf), "is not valid UTF-8; re-encode it")
	}
}

func (c *checker) fundRef(at spot, leaf, id string) {
	if c.places.Find(id) < 0 {
		c.Add(at.field(leaf), "%q is not one of the funds; add the fund or correct the name", id)
	}
}

func among[T ~string](c *checker, at spot, leaf string, v T, allowed []T) {
	if !slices.Contains(allowed, v) {
		oneOf(c, at.field(leaf), v, allowed)
	}
}
