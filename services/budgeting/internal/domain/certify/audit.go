package certify

import (
	"fmt"
	"sync"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/money"
)

// audit is the auditor's own working of the input, beside the plan.
type audit struct {
	in     model.Input
	plan   *model.Plan
	unit   int64
	fund   map[string]int
	places model.Places // of funds, as fund has them
	lone   []int        // 0, 1, 2 …: sets of one node
	work   []working    // of each plan line
	claims []int        // plan lines that compete for money
	fixed  []int64      // of each fund
	income []int64      // program revenue of each fund
	spent  []int64      // by each fund on claims
	once   []once       // of each fund
	nodes  []node
	left   []int64        // of each node, after odd minor units: what is shared
	leads  [][]bool       // see reach
	free   terms          // of claims of which nothing is said
	stands []model.Reason // CUT_LINE: above, at or below the line, of each plan line whose program asks for something
	poll   *poll          // where voters decide
	shop   *shop          // where packages are chosen

	backing
}

// backing is the memory of many small slices. It is used again by the next audit: nothing of it may be left in what an audit answers.
type backing struct {
	works    []working
	said     []terms
	lines    []int
	sets     []int
	pays     []payment
	spreads  []int64
	costSums []costSum
}

var backings = sync.Pool{New: func() any { return &backing{} }}

// working is the auditor's own view of one plan line. There are thousands, and every check walks them: it is kept small.
type working struct {
	*terms
	program        *model.Program
	fund           int
	oneTime        bool
	competes       bool // a claim: it is not off the top and not a credit
	project        bool // part of a capital project that PACKAGES may leave out
	held           bool // its fund does not compete
	block          int32
	movable, score int64
	odd            int64
	oddNode        int
	base, lo, hi   int64 // whole units above odd
	x              int64
	pays           []payment // whole units
	nodes          []int     // that may pay it, ascending
}

// terms are what law and policy say of a claim, in exact minor units. Nothing is said of most, which share theirs.
type terms struct {
	floor       int64
	least, most int64
	request     int64
	law         int64        // the units above odd that law and hold-harmless alone ask for
	capped      model.Reason // what most comes from
	lifted      model.Reason // what least comes from
}

type payment struct {
	node  int
	units int64
}

// newAudit starts an audit, which its caller closes.
func newAudit(in model.Input, plan *model.Plan) *audit {
	a := &audit{in: in, plan: plan, unit: unit(&in), places: model.PlacesOfFunds(in.Funds), fund: make(map[string]int, len(in.Funds)), lone: make([]int, len(in.Funds))}
	for k := range in.Funds {
		a.fund[in.Funds[k].ID], a.lone[k] = k, k
	}
	if memory, ok := backings.Get().(*backing); ok {
		a.backing = *memory
	}
	a.claims, a.free = a.lines[:0], terms{most: money.Limit, capped: model.AtCap, lifted: model.AtFloor}
	a.fixed, a.income, a.spent = make([]int64, len(in.Funds)), make([]int64, len(in.Funds)), make([]int64, len(in.Funds))
	a.once = make([]once, len(in.Funds))
	if in.Method == model.Packages {
		a.shop = newShop(&a.in)
	}
	return a
}

// close gives the memory back; the audit is done.
func (a *audit) close() {
	memory := a.backing
	memory.lines, memory.said, memory.sets, memory.pays = a.claims[:0], a.said[:0], a.sets[:0], a.pays[:0]
	backings.Put(&memory)
}

// workings are one a plan line; match fills them.
func (a *audit) workings() []working {
	if n := len(a.plan.Lines); cap(a.works) < n {
		a.works = make([]working, n)
	} else {
		a.works = a.works[:n]
	}
	return a.works
}

// fundAt is the place of a fund, which is mostly that of the line.
func (a *audit) fundAt(id string, line int) (k int, known bool) {
	if k := a.work[line].fund; a.in.Funds[k].ID == id {
		return k, true
	}
	k = a.places.Find(id)
	return k, k >= 0
}

// at is an error about one plan line.
func (a *audit) at(i int, format string, args ...any) error {
	l := &a.plan.Lines[i]
	kind := l.Treatment
	if l.OneTime {
		kind += ", one-time,"
	}
	return fmt.Errorf("program %q, fund %q, %s %s", l.Program, l.Fund, kind, fmt.Sprintf(format, args...))
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
	if !limited {
		high = low // where there is no limit there is nothing to spread up to it
	}
	for _, i := range lines {
		w := &a.work[i]
		w.nodes = a.mayPay(w)
		if w.held = !a.in.Funds[w.fund].InPool(); w.held {
			w.movable = 0
		}
	}
	if low == 0 && !limited && p.Requested == 0 {
		return
	}
	floors, lifts, rooms, asks := a.spread(lines, floor, low-floor, high-low, p.Requested)
	for j, i := range lines {
		w := &a.work[i]
		if w.held {
			continue
		}
		t := terms{floor: floors[j], least: floors[j] + lifts[j], most: money.Limit, request: asks[j], capped: capped, lifted: lifted}
		if limited {
			t.most = t.least + rooms[j]
		}
		a.said = append(a.said, t)
		w.terms = &a.said[len(a.said)-1]
		w.movable = max(0, w.movable-t.floor)
	}
}

// spread splits four amounts over lines in proportion to their base; the pieces are good until the next call.
func (a *audit) spread(lines []int, floor, lift, room, ask int64) (floors, lifts, rooms, asks []int64) {
	n := len(lines)
	out := a.spreads[:0]
	for _, i := range lines {
		out = append(out, a.plan.Lines[i].Base)
	}
	out = money.AppendSpread(out, floor, out[:n])
	out = money.AppendSpread(out, lift, out[:n])
	out = money.AppendSpread(out, room, out[:n])
	out = money.AppendSpread(out, ask, out[:n])
	a.spreads = out
	return out[n : 2*n], out[2*n : 3*n], out[3*n : 4*n], out[4*n:]
}
