package certify

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
)

// packageChecks are proven of PACKAGES plans, in this order. They end with what the certificate does not prove by itself.
func packageChecks(plan *model.Plan) []check {
	const (
		lines  = "every line of the input and every cost that a package has in the budget's year is in the plan once, with its amounts"
		scores = "priority scores follow from the pinned alignment, attributes, results and equity"
		totals = "the waterfall and the totals add up"
	)
	if plan.Outcome == model.Infeasible {
		checks := []check{{lines, (*audit).linesMatch}, {scores, (*audit).scores}, {"packages are offered as the input says", (*audit).offerAll}}
		if plan.Search == nil {
			checks = append(checks, check{"what must be paid of every shortfall exceeds the only money that may pay it", (*audit).packageShortfalls})
		} else {
			checks = append(checks, check{"no single set of funds shows that what must be paid cannot be: that rests on the exhaustive search, which a replay repeats", (*audit).searched})
		}
		return append(checks, check{"nothing is paid", (*audit).nothingPaid}, check{totals, (*audit).totals})
	}
	return []check{
		{lines, (*audit).linesMatch},
		{scores, (*audit).scores},
		{"every package is answered once: service levels at exactly one level, all others at one level or none, capital projects whole or not at all", (*audit).answers},
		{"no level is chosen below what an attested mandate, hold-harmless and the equity floor ask for; prerequisites and exclusions hold", (*audit).bonds},
		{"every line off the top is whole, every base is kept, and chosen packages add what they cost", (*audit).packageLines},
		{"lines are paid only by funds that may pay them, one-time money pays one-time costs only, and lines off the top are paid by their own fund", (*audit).linePayments},
		{"every cost of a chosen package is paid whole, in every year, by money of that year, or of an earlier one where money may be carried forward", (*audit).packagePayments},
		{"every fund balances to the minor unit in every year, ongoing and one-time money apart", (*audit).packageBalance},
		{"restricted money is used before money that is less bound, by every line and by every later year of a package whose costs the same money may pay", (*audit).packageOrder},
		{"the value is that of the levels chosen: scores times whole units of cost, or times reviewed benefit", (*audit).worth},
		{provenBound(plan), (*audit).bound},
		{"the reasons and the revenue lost are right", (*audit).packageNotes},
		{"grants lost and whole positions short follow from the amounts", (*audit).stakes},
		{"the cost of the equity floor is the difference to a proven plan without it", (*audit).equity},
		{totals, (*audit).totals},
	}
}

// provenBound says how far the prices alone prove the choice, and what rests on the search.
func provenBound(plan *model.Plan) string {
	s := plan.Search
	prices := fmt.Sprintf("no choice is worth more than %d: that follows from the prices of the funds alone, recomputed here", s.DualBound)
	switch {
	case s.Value == s.DualBound:
		return prices + ", and the choice is worth exactly that"
	case s.Value == s.Bound:
		return fmt.Sprintf("%s; that none is worth more than the %d chosen rests on the exhaustive search, which a replay repeats", prices, s.Value)
	case s.Bound < s.DualBound:
		return fmt.Sprintf("%s; the choice is worth %d, and that none is worth more than %d rests on the search, which a replay repeats", prices, s.Value, s.Bound)
	default:
		return fmt.Sprintf("%s; the choice is worth %d", prices, s.Value)
	}
}

// packageHeader checks that the parts of the plan agree with its outcome.
func packageHeader(plan *model.Plan) error {
	if len(plan.Blocks) > 0 || len(plan.CutLines) > 0 || plan.Shares != nil {
		return fmt.Errorf("the plan tells what %s does not decide", plan.Method)
	}
	switch s := plan.Search; plan.Outcome {
	case model.Optimal, model.Feasible:
		switch {
		case s == nil || len(plan.Shortfalls) > 0:
			return fmt.Errorf("outcome %s needs a search and has no shortfall", plan.Outcome)
		case (s.Value == s.Bound) != (plan.Outcome == model.Optimal):
			return fmt.Errorf("outcome %s does not agree with a value of %d under a bound of %d", plan.Outcome, s.Value, s.Bound)
		}
	case model.Infeasible:
		if (len(plan.Shortfalls) > 0) == (s != nil) {
			return errors.New("an infeasible plan needs either a shortfall or a search that found nothing")
		}
	case model.ReductionShort:
		return fmt.Errorf("outcome %s is not one of %s", plan.Outcome, plan.Method)
	default:
		return fmt.Errorf("unknown outcome %q", plan.Outcome)
	}
	return nil
}

// shop is the auditor's own reading of the packages.
type shop struct {
	byProgram map[string][]*model.Package
	points    []int64 // score of each program
	bids      []bid   // by program, then id
	place     map[string]int
	kept      []int64 // of each line: what must be paid whatever is chosen
	added     []int64 // by what is chosen
	named     []bool  // lines that a package names
	taken     []bool  // lines that what is chosen names
	first     []int   // line of each program, and one past the last
	payers    [][]int // of each line, where asked for
	pays      [][]payment
	spent     []int64 // of each node
	moves     []move

	// Backing of many small slices.
	nodes   []int
	options []option
	costs   []cost
	due     []cost // scratch of yearPaid
}

// move is nodes that pay something, and all that may.
type move struct{ from, to []int }

// bid is a package, or the capital project of a program.
type bid struct {
	program  int
	id       string
	pack     *model.Package // nil for a capital project
	required bool
	options  []option
	pick     int // −1 for none
}

// option is a level.
type option struct {
	id    string
	open  bool // it may be picked
	value int64
	costs []cost
}

// cost is what a level costs a fund in a year.
type cost struct {
	model.PackageCost

	line  int // −1 in later years
	nodes []int
}

func newShop(in *model.Input) *shop {
	s := &shop{byProgram: make(map[string][]*model.Package, len(in.Packages)), place: make(map[string]int, len(in.Packages))}
	options, costs := 0, 0
	for i := range in.Packages {
		p := &in.Packages[i]
		s.byProgram[p.Program] = append(s.byProgram[p.Program], p)
		options += len(p.Levels)
		for j := range p.Levels {
			costs += len(p.Levels[j].Costs)
		}
	}
	s.options, s.costs, s.bids = make([]option, options), make([]cost, 0, costs), make([]bid, 0, len(in.Packages))
	return s
}

// offers says whether PACKAGES decides anything about a program beside its lines that compete.
func (a *audit) offers(p *model.Program) bool {
	if a.shop == nil {
		return false
	}
	if len(a.shop.byProgram[p.ID]) > 0 {
		return true
	}
	for i := range p.CostLines {
		if p.CostLines[i].Treatment == model.CapitalProject {
			return true
		}
	}
	return false
}

// offeredSums makes room for lines of what a package costs in the budget's year.
func (a *audit) offeredSums(p *model.Package) {
	for i := range p.Levels {
		for _, c := range p.Levels[i].Costs {
			if c.Year == 0 {
				a.sumOf(c.Fund, model.Competes, c.OneTime)
			}
		}
	}
}

// replaces finds the service levels of a program, nil when it has none.
func (s *shop) replaces(p *model.Program) *model.Package {
	for _, b := range s.byProgram[p.ID] {
		if b.ReplacesBase {
			return b
		}
	}
	return nil
}

// offerAll reads every package, and what must be paid whatever is chosen.
func (a *audit) offerAll() error {
	s := a.shop
	n := len(a.plan.Lines)
	s.kept, s.added, s.named, s.taken = make([]int64, n), make([]int64, n), make([]bool, n), make([]bool, n)
	s.pays, s.payers = make([][]payment, n), make([][]int, n)
	at := 0
	for i := range a.in.Programs {
		p := &a.in.Programs[i]
		from := at
		s.first = append(s.first, from)
		for at < n && a.work[at].program == p {
			at++
		}
		replaced := s.replaces(p)
		for j := from; j < at; j++ {
			if w := &a.work[j]; w.competes && replaced == nil {
				s.kept[j] = max(a.plan.Lines[j].Base, w.least)
			}
		}
		a.offerOf(i, from, at)
	}
	s.first = append(s.first, n)
	return nil
}

// offerOf reads the packages of a program, whose lines are from … to−1, in the order of ids; its capital project stands among them.
func (a *audit) offerOf(program, from, to int) {
	s, first := a.shop, len(a.shop.bids)
	for _, pack := range s.byProgram[a.in.Programs[program].ID] {
		s.bids = append(s.bids, a.read(pack, program, from, to))
	}
	if costs := a.projectCosts(from, to); len(costs) > 0 {
		at, _ := slices.BinarySearchFunc(s.bids[first:], model.CapitalPackage, func(b bid, id string) int { return strings.Compare(b.id, id) })
		project := bid{program: program, id: model.CapitalPackage, pick: -1, options: []option{{id: model.CapitalLevel, open: true, costs: costs}}}
		s.bids = slices.Insert(s.bids, first+at, project)
	}
	for i := first; i < len(s.bids); i++ {
		b := &s.bids[i]
		for j := range b.options {
			a.price(b, &b.options[j])
		}
		s.place[b.id] = i // no reference names a capital project
	}
}

// projectCosts is what the capital project of a program costs, nothing when there is none.
func (a *audit) projectCosts(from, to int) (costs []cost) {
	for j := from; j < to; j++ {
		if l, w := &a.plan.Lines[j], &a.work[j]; w.project {
			costs = append(costs, cost{model.PackageCost{Fund: l.Fund, Amount: l.Base, OneTime: w.oneTime}, j, a.lineNodes(j)})
			a.shop.named[j] = true
		}
	}
	return costs
}

// searched has nothing to recompute: the sentence says what it rests on.
func (*audit) searched() error { return nil }
