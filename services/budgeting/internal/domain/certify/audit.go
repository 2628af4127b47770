package certify

import (
	"fmt"
	"sort"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/money"
)

// audit is the auditor's own working of the input, beside the plan.
type audit struct {
	in     model.Input
	plan   *model.Plan
	unit   int64
	fund   map[string]int
	work   []working // of each plan line
	claims []int     // plan lines that compete for money
	fixed  []int64   // of each fund
	income []int64   // program revenue of each fund
	left   []int64   // of each fund, after odd minor units: what is shared
}

// working is the auditor's own view of one plan line.
type working struct {
	program        *model.Program
	fund           int
	competes       bool // a claim: it is not off the top and not a credit
	held           bool // its fund does not compete
	floor          int64
	least, most    int64 // exact minor units
	request        int64
	capped         model.Reason // what most comes from
	lifted         model.Reason // what least comes from
	movable, score int64
	odd            int64
	oddFund        int
	base, lo, hi   int64 // whole units above odd
	x              int64
	pays           []payment // whole units
	funds          []int     // that may pay it, ascending
}

type payment struct {
	fund  int
	units int64
}

func newAudit(in model.Input, plan *model.Plan) *audit {
	a := &audit{in: in, plan: plan, unit: in.RoundingUnit, fund: make(map[string]int, len(in.Funds))}
	for k := range in.Funds {
		a.fund[in.Funds[k].ID] = k
	}
	a.fixed, a.income, a.left = make([]int64, len(in.Funds)), make([]int64, len(in.Funds)), make([]int64, len(in.Funds))
	return a
}

// key is what makes a line one line.
type key struct {
	program, fund string
	treatment     model.Treatment
}

// linesMatch adds the cost lines up by itself and compares.
func (a *audit) linesMatch() error {
	type sums struct {
		count          int
		gross, revenue int64
	}
	want := make(map[key]sums, len(a.plan.Lines))
	for i := range a.in.Programs {
		p := &a.in.Programs[i]
		for _, l := range p.CostLines {
			k := key{p.ID, l.Fund, l.Treatment}
			s := want[k]
			s.count++
			s.gross += l.Amount
			want[k] = s
		}
		for _, r := range p.Revenue {
			k := key{p.ID, r.Fund, model.Competes}
			s := want[k]
			s.revenue += r.Amount
			want[k] = s
		}
	}
	if len(want) != len(a.plan.Lines) {
		return fmt.Errorf("the input has %d lines, the plan %d", len(want), len(a.plan.Lines))
	}
	a.work = make([]working, len(a.plan.Lines))
	program := 0
	for i := range a.plan.Lines {
		l := &a.plan.Lines[i]
		s, ok := want[key{l.Program, l.Fund, l.Treatment}]
		switch {
		case !ok:
			return a.at(i, "is not in the input")
		case i > 0 && !ascending(&a.plan.Lines[i-1], l):
			return a.at(i, "is out of order or repeated")
		case l.Gross != s.gross || l.Revenue != s.revenue || l.Base != s.gross-s.revenue || l.CostLines != s.count:
			return a.at(i, "has gross %d, revenue %d, base %d of %d cost lines; want %d, %d, %d of %d",
				l.Gross, l.Revenue, l.Base, l.CostLines, s.gross, s.revenue, s.gross-s.revenue, s.count)
		case l.Change != l.Amount-l.Base:
			return a.at(i, "has change %d, want %d", l.Change, l.Amount-l.Base)
		}
		for a.in.Programs[program].ID != l.Program {
			program++ // lines ascend by program, and so does the input
		}
		w := &a.work[i]
		w.program, w.fund = &a.in.Programs[program], a.fund[l.Fund]
		w.competes = l.Treatment == model.Competes && l.Base >= 0
		a.income[w.fund] += l.Revenue
		if w.competes {
			a.claims = append(a.claims, i)
		} else {
			a.fixed[w.fund] += l.Base
		}
	}
	a.limits()
	return nil
}

// ascending is the order of plan lines: program, fund, then treatment in waterfall order.
func ascending(l, m *model.Line) bool {
	if l.Program != m.Program {
		return l.Program < m.Program
	}
	if l.Fund != m.Fund {
		return l.Fund < m.Fund
	}
	return l.Treatment.Place() < m.Treatment.Place()
}

// at is an error about one plan line.
func (a *audit) at(i int, format string, args ...any) error {
	l := &a.plan.Lines[i]
	return fmt.Errorf("program %q, fund %q, %s %s", l.Program, l.Fund, l.Treatment, fmt.Sprintf(format, args...))
}

// limits spreads floors, holds, caps and requests over the claims of each program.
func (a *audit) limits() {
	for from := 0; from < len(a.claims); {
		to := from + 1
		for to < len(a.claims) && a.work[a.claims[to]].program == a.work[a.claims[from]].program {
			to++
		}
		a.programLimits(a.claims[from:to])
		from = to
	}
}

func (a *audit) programLimits(lines []int) {
	p := a.work[lines[0]].program
	bases := make([]int64, len(lines))
	for j, i := range lines {
		bases[j] = a.plan.Lines[i].Base
	}
	var floor int64
	if p.Mandate != nil && p.Mandate.Attested {
		floor = p.Mandate.Minimum
	}
	low, lifted := floor, model.AtFloor
	high, capped := money.Limit, model.AtCap
	limited := false
	if h := p.HoldHarmless; h != nil {
		least, most := h.Range()
		if least > low {
			low, lifted = least, model.AtHold
		}
		high, capped, limited = most, model.AtHold, true
	}
	if p.Cap != nil {
		limited = true
		if *p.Cap < high {
			high, capped = *p.Cap, model.AtCap
		}
	}
	floors, lifts := money.Spread(floor, bases), money.Spread(low-floor, bases)
	rooms, asks := money.Spread(high-low, bases), money.Spread(p.Requested, bases)
	for j, i := range lines {
		w := &a.work[i]
		w.funds = a.mayPay(w)
		if w.held = !a.in.Funds[w.fund].InPool(); w.held {
			w.most = money.Limit
			continue
		}
		w.floor, w.least, w.request = floors[j], floors[j]+lifts[j], asks[j]
		w.lifted, w.capped = lifted, capped
		w.most = money.Limit
		if limited {
			w.most = w.least + rooms[j]
		}
		w.movable = max(0, a.plan.Lines[i].Base-w.floor)
	}
}

// mayPay is the carrying fund, and the program's eligible funds that compete when the carrying fund does.
func (a *audit) mayPay(w *working) []int {
	funds := []int{w.fund}
	if a.in.Funds[w.fund].InPool() {
		for _, id := range w.program.EligibleFunds {
			if k := a.fund[id]; k != w.fund && a.in.Funds[k].InPool() {
				funds = append(funds, k)
			}
		}
		sort.Ints(funds)
	}
	return funds
}

// usedFirst lists the funds, the most restricted first.
func (a *audit) usedFirst() []int {
	class := map[model.FundClass]int{}
	for i, c := range model.FundClasses() {
		class[c] = i
	}
	order := make([]int, len(a.in.Funds))
	for k := range order {
		order[k] = k
	}
	sort.SliceStable(order, func(i, j int) bool {
		f, g := &a.in.Funds[order[i]], &a.in.Funds[order[j]]
		if class[f.Class] != class[g.Class] {
			return class[f.Class] < class[g.Class]
		}
		return f.Rank < g.Rank // funds of one rank stay in order of id
	})
	return order
}
