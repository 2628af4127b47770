package shares

import "math/bits"

// run is one run of equal shares at a fixed budget per voter. Amounts are fixed-point numbers with certified bounds; where the bounds cannot
// decide, the ledger does, exactly. Integers only, so that every machine decides alike. A run is used again and again, for one step each.
type run struct {
	*book
	num, den int64 // the budget per voter is num ÷ den minor units
	places   int   // most binary places of money
	shift    int   // binary places of money; prices per weight have shift + bits
	// By class, what each voter has left in units of 2^−shift minor units: the true amount is within slack of left. A purse that is exactly
	// empty has left 0, any other at least 1.
	left, slack []int64
	widest      int64 // no slack is above this
	least       int64 // no purse has less than this while none is empty; −1 afterwards
	cand        []candidate
	queue       []int32 // heap of candidates by their lower bounds
	held        []int32 // candidates that lost the round
	sorted      []payer // scratch of kinds
	rounds      []round
	bought      []int32 // by project: its round, or −1
	emptied     []int32 // by class: the round that emptied the purse, or −1
	ledger      ledger
}

// round is one purchase.
type round struct {
	project int32
	equal   []int32 // classes whose last money was exactly the price
	full    int64   // voters who paid the price
	rest    int64   // voters who paid less: all they had
}

func newRun(b *book, places int) *run {
	r := &run{
		book: b, left: make([]int64, len(b.size)), slack: make([]int64, len(b.size)), emptied: make([]int32, len(b.size)), cand: make([]candidate, len(b.e.Projects)),
		bought: make([]int32, len(b.e.Projects)), places: places,
	}
	r.ledger.run = r
	return r
}

// start opens the run at num ÷ den minor units per voter, den being 1 or the number of voters: every project that all its supporters
// together can pay for is a candidate.
func (r *run) start(num, den int64) {
	r.num, r.den = num, den
	all := num
	if den == 1 {
		all = num * r.voters
	}
	// All money × 2^(shift + bits) is below 2^62, and so is every price at which somebody can still pay in full.
	r.shift = bits.Len64(uint64(Limit)) - 1 - r.bits - bits.Len64(uint64(all)) //nolint:gosec // positive, and validateSize left room
	r.shift = min(r.shift, r.places)
	hi, lo := bits.Mul64(uint64(num), 1<<r.shift) //nolint:gosec // num is positive
	quo, rem := bits.Div64(hi, lo, uint64(den))   //nolint:gosec // den is positive
	left, slack := max(int64(quo), 1), int64(0)   //nolint:gosec // below 2^62
	if rem > 0 || quo == 0 {
		slack = 1
	}
	r.least, r.widest = left-slack, slack
	for c := range r.left {
		r.left[c], r.slack[c], r.emptied[c] = left, slack, -1
	}
	r.rounds, r.queue = r.rounds[:0], r.queue[:0]
	r.ledger.reset()
	for p := range r.e.Projects {
		r.bought[p] = -1
		cost := r.e.Projects[p].Cost
		if !r.open[p] || cost > all || compare(cost, r.votes[p], num, den) > 0 {
			continue
		}
		c := candidate{cost: cost << r.shift, value: 1, guess: 2, seen: -1}
		c.price = c.cost << r.bits / r.score[p]
		c.low = c.price
		if r.rule.Utility.cost() {
			c.value = cost
		}
		r.cand[p] = c
		r.queue = append(r.queue, int32(p)) //nolint:gosec // at most MaxProjects
	}
	r.heapify()
}
