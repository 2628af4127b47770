package shares

// candidate is a project that may still be bought.
type candidate struct {
	cost  int64 // as purses count
	value int64 // utility per weight: cost or 1
	price int64 // per weight, as purses and prices count: close to the true price, or to a lower bound of it
	low   int64 // the true price is at least this from now on: purses only get lighter
	high  int64 // and at most this in the round for which it was appraised
	guess int64 // margin to scan with
	plain int64 // weight that shares the whole cost, where nobody pays less; else 0
	seen  int32 // the last round that glanced at it
	clear bool  // the price sorts all supporters with certainty
	root  *root // where the ledger was asked in this round
}

// appraisal is what a round finds out about a candidate.
type appraisal int8

const (
	dead   appraisal = iota // its supporters cannot pay for it, now or later
	beaten                  // its rho is above that of the best known
	sound                   // its price lies between low and high
)

// glance raises the lower bound of p by one step of Newton, once in a round; false when there is nothing to gain.
func (r *run) glance(p int32) bool {
	c := &r.cand[p]
	if int(c.seen) == len(r.rounds) || r.untouched(c) {
		return false
	}
	c.seen = int32(len(r.rounds)) //nolint:gosec // at most MaxProjects
	s := r.quick(p, c.price)
	if s.rich == 0 {
		return false
	}
	c.price = max(c.price, r.tangent(c, &s))
	return true
}

// untouched says that every purse can pay the price of the candidate: no need to look.
func (r *run) untouched(c *candidate) bool { return r.bits == 0 && c.price+c.guess+margin <= r.least }

// appraise looks for the price at which p's supporters pay its cost: the root of Σ min(purse, price × weight) = cost. The left side is concave,
// so that Newton's steps from below rise to the root; errors of purses move it by no more than their sum over the weight that still pays.
func (r *run) appraise(p, best int32) appraisal {
	c := &r.cand[p]
	c.root, c.plain, c.clear = nil, 0, false
	if r.untouched(c) {
		c.low, c.high, c.plain, c.clear = c.price, c.price+1, r.score[p], true
		return sound
	}
	for tries := 0; tries < 3; {
		s := r.full(p, c.price, c.guess)
		if s.rich == 0 && c.cost-s.poor > s.spoilt {
			return dead
		}
		if s.rich == 0 || s.near == s.rich || s.spoilt+s.count >= most>>(r.bits+1) {
			break
		}
		if next := r.tangent(c, &s); next > c.price {
			c.price = next
			if best >= 0 && r.above(c, &r.cand[best]) {
				return beaten
			}
			continue
		}
		if r.bound(p, &s) {
			return sound
		}
		tries++
	}
	return r.resolve(p, -1)
}

// tangent raises the lower bound and returns the next step of Newton: the price at which the rich of the scan would pay what the poor leave.
func (r *run) tangent(c *candidate, s *scan) int64 {
	if s.spoilt < most>>(r.bits+1) {
		c.low = max(c.low, (c.cost-s.poor-s.spoilt)<<r.bits/s.rich-1)
	}
	return (c.cost - s.poor) << r.bits / s.rich
}

// bound finds the upper bound of a price that Newton has reached, from a full scan there; false when the scan's margin was too narrow.
func (r *run) bound(p int32, s *scan) bool {
	c := &r.cand[p]
	slack := s.spoilt
	if r.bits > 0 {
		slack += s.count // payments are rounded down
	}
	missing := max((c.cost-s.poor)<<r.bits-c.price*s.rich, 0)
	need := (missing+slack<<r.bits)/(s.rich-s.near) + 1
	if need > c.guess {
		c.guess = min(2*need, most/2)
		return false
	}
	c.high = c.price + need
	c.clear = s.near == 0 && s.shy == 0 && c.low >= c.price-c.guess
	if s.poor == 0 && s.near == 0 {
		c.plain = s.rich
	}
	c.guess = min(2*need, most/2)
	return true
}

// most bounds prices as they are counted.
const most = int64(1) << 62

// coarse is the spread of a price above which the ledger is asked to narrow it before anyone pays.
const coarse = 1 << 20

// resolve asks the ledger for the exact price; high < 0 stands for no upper bound.
func (r *run) resolve(p int32, high int64) appraisal {
	c := &r.cand[p]
	c.root = r.ledger.root(p, c.low, high)
	if c.root == nil {
		return dead
	}
	c.price = c.root.fixed
	c.low, c.high = max(c.low, c.price), c.price+1
	if high >= 0 {
		c.high = min(c.high, high)
	}
	return sound
}

// above says that a's rho certainly exceeds b's.
func (r *run) above(a, b *candidate) bool { return compare(a.low, a.value, b.high, b.value) > 0 }

// better says whether p is to be bought before q, both sound: lower rho first, ties by rank.
func (r *run) better(p, q int32) bool {
	a, b := &r.cand[p], &r.cand[q]
	if r.above(b, a) {
		return true
	}
	if r.above(a, b) {
		return false
	}
	var order int
	if a.plain > 0 && b.plain > 0 {
		x, y := r.e.Projects[p].Cost, r.e.Projects[q].Cost
		if r.rule.Utility.cost() {
			x, y = 1, 1
		}
		order = compare(x, a.plain, y, b.plain)
	} else {
		for _, i := range [...]int32{p, q} {
			if r.cand[i].root == nil {
				r.resolve(i, r.cand[i].high)
			}
		}
		order = r.ledger.compare(a, b)
	}
	return order < 0 || (order == 0 && r.rank[p] < r.rank[q])
}
