package shares

import (
	"math/big"
	"math/rand/v2"
	"slices"
	"sort"
)

// The oracle is the method of equal shares as the papers tell it: rationals, every supporter of every project in every round, sorted by purse.

type oracleBuy struct {
	project    int
	price, rho *big.Rat
	full, rest int
}

type oracle struct {
	e       *Election
	rule    *Rule
	n       int
	weights [][]int64 // project × voter
	votes   []int
	score   []int64
}

func newOracle(e *Election, rule *Rule) *oracle {
	o := &oracle{e: e, rule: rule, n: e.Ballots.Voters(), votes: make([]int, len(e.Projects)), score: make([]int64, len(e.Projects))}
	longest := 0
	for v := range o.n {
		longest = max(longest, int(e.Ballots.Start[v+1]-e.Ballots.Start[v]))
	}
	for range e.Projects {
		o.weights = append(o.weights, make([]int64, o.n))
	}
	for v := range o.n {
		from, to := int(e.Ballots.Start[v]), int(e.Ballots.Start[v+1])
		for i := from; i < to; i++ {
			w := int64(1)
			points := rule.Utility == PointsUtility || rule.Utility == PointsCostUtility
			switch {
			case len(e.Ballots.Points) > 0 && e.Ballots.Points[i] == 0:
				w = 0
			case points && e.Type == Ordinal:
				length := map[Borda]int{BordaBallot: to - from, BordaLongest: longest, BordaProjects: len(e.Projects)}[rule.Borda]
				w = int64(length - (i - from))
			case points:
				w = e.Ballots.Points[i]
			}
			p := e.Ballots.Project[i]
			o.weights[p][v] = w
			o.score[p] += w
			if w > 0 {
				o.votes[p]++
			}
		}
	}
	return o
}

func (o *oracle) open(p int) bool { return o.votes[p] > 0 && o.score[p] >= o.rule.Threshold }

func (o *oracle) preferred(p, q int) bool {
	for _, t := range o.rule.Ties {
		a, b := map[TieBreak][2]int64{
			LowerCost:  {o.e.Projects[p].Cost, o.e.Projects[q].Cost},
			HigherCost: {-o.e.Projects[p].Cost, -o.e.Projects[q].Cost},
			MoreVotes:  {-int64(o.votes[p]), -int64(o.votes[q])},
			MoreScore:  {-o.score[p], -o.score[q]},
		}[t], 0
		_ = b
		if a[0] != a[1] {
			return a[0] < a[1]
		}
	}
	return o.e.Projects[p].ID < o.e.Projects[q].ID
}

// price is the least price per weight at which the supporters of p pay its cost, or nil.
func (o *oracle) price(p int, left []*big.Rat) *big.Rat {
	type supporter struct {
		per, left *big.Rat
		w         int64
	}
	var by []supporter
	weight := int64(0)
	for v, w := range o.weights[p] {
		if w > 0 {
			by = append(by, supporter{new(big.Rat).Quo(left[v], big.NewRat(w, 1)), left[v], w})
			weight += w
		}
	}
	sort.Slice(by, func(i, j int) bool { return by[i].per.Cmp(by[j].per) < 0 })
	owed := big.NewRat(o.e.Projects[p].Cost, 1)
	for _, s := range by {
		price := new(big.Rat).Quo(owed, big.NewRat(weight, 1))
		if price.Cmp(s.per) <= 0 {
			return price
		}
		owed.Sub(owed, s.left)
		weight -= s.w
	}
	return nil
}

// fixed is equal shares at one budget per voter, and what everyone has left.
func (o *oracle) fixed(each *big.Rat) (buys []oracleBuy, left []*big.Rat, cost int64) {
	for range o.n {
		left = append(left, new(big.Rat).Set(each))
	}
	bought := make([]bool, len(o.e.Projects))
	for {
		best := oracleBuy{project: -1}
		for p := range o.e.Projects {
			if bought[p] || !o.open(p) {
				continue
			}
			price := o.price(p, left)
			if price == nil {
				continue
			}
			rho := price
			if o.rule.Utility == CostUtility || o.rule.Utility == PointsCostUtility {
				rho = new(big.Rat).Quo(price, big.NewRat(o.e.Projects[p].Cost, 1))
			}
			c := -1
			if best.project >= 0 {
				c = rho.Cmp(best.rho)
			}
			if c < 0 || (c == 0 && o.preferred(p, best.project)) {
				best = oracleBuy{project: p, price: price, rho: rho}
			}
		}
		if best.project < 0 {
			return buys, left, cost
		}
		for v, w := range o.weights[best.project] {
			if w == 0 || left[v].Sign() == 0 {
				continue
			}
			due := new(big.Rat).Mul(best.price, big.NewRat(w, 1))
			if left[v].Cmp(due) < 0 {
				best.rest++
				left[v] = new(big.Rat)
			} else {
				best.full++
				left[v] = new(big.Rat).Sub(left[v], due)
			}
		}
		bought[best.project] = true
		cost += o.e.Projects[best.project].Cost
		buys = append(buys, best)
	}
}

type oracleResult struct {
	buys  []oracleBuy
	left  []*big.Rat
	each  *big.Rat
	steps int
	stop  Stop
	added []int
	cost  int64
}

func (o *oracle) run() oracleResult {
	r := oracleResult{each: big.NewRat(o.e.Budget, int64(o.n)), stop: StopFixed}
	if o.rule.Method != EqualShares {
		o.byScore(&r)
		return r
	}
	r.buys, r.left, r.cost = o.fixed(r.each)
	if o.rule.Completion.add1() {
		whole := o.e.Budget / int64(o.n) / o.rule.Increment * o.rule.Increment
		for r.stop == StopFixed {
			if o.exhausted(&r) {
				r.stop = StopExhausted
				break
			}
			whole += o.rule.Increment
			buys, left, cost := o.fixed(big.NewRat(whole, 1))
			if cost > o.e.Budget {
				r.stop = StopOverspends
				break
			}
			r.buys, r.left, r.cost, r.each = buys, left, cost, big.NewRat(whole, 1)
			r.steps++
		}
	}
	if o.rule.Completion.utilitarian() {
		o.byScore(&r)
	}
	return r
}

func (o *oracle) exhausted(r *oracleResult) bool {
	for p := range o.e.Projects {
		in := slices.ContainsFunc(r.buys, func(b oracleBuy) bool { return b.project == p })
		if !in && o.open(p) && r.cost+o.e.Projects[p].Cost <= o.e.Budget {
			return false
		}
	}
	return true
}

func (o *oracle) byScore(r *oracleResult) {
	var order []int
	for p := range o.e.Projects {
		if o.open(p) && !slices.ContainsFunc(r.buys, func(b oracleBuy) bool { return b.project == p }) {
			order = append(order, p)
		}
	}
	sort.Slice(order, func(i, j int) bool {
		p, q := order[i], order[j]
		if o.score[p] != o.score[q] {
			return o.score[p] > o.score[q]
		}
		return o.preferred(p, q)
	})
	for _, p := range order {
		if r.cost+o.e.Projects[p].Cost > o.e.Budget {
			if o.rule.Method == GreedyStop {
				return
			}
			continue
		}
		r.cost += o.e.Projects[p].Cost
		r.added = append(r.added, p)
	}
}

// randomElection is a small election full of ties and near-ties: few costs, few voters, blocs that vote alike.
func randomElection(r *rand.Rand, kind VoteType, maxVoters, maxProjects int) Election {
	e := Election{Type: kind}
	m, n := 1+r.IntN(maxProjects), 1+r.IntN(maxVoters)
	unit := []int64{1, 7, 100, 1<<44 + 1}[r.IntN(4)] // the last leaves no binary places to speak of
	for p := range m {
		e.Projects = append(e.Projects, Project{ID: string(rune('a'+(p*7)%26)) + string(rune('a'+p/26)), Cost: unit * (1 + r.Int64N(12))})
	}
	e.Budget = unit*(1+r.Int64N(int64(4*m))) + r.Int64N(2)
	var last []int32
	var lastPoints []int64
	for range n {
		if r.IntN(4) > 0 || last == nil {
			last = last[:0:0]
			for _, p := range r.Perm(m) {
				if r.IntN(3) == 0 {
					last = append(last, int32(p))
				}
			}
			if kind == ChooseOne && len(last) > 1 {
				last = last[:1]
			}
			lastPoints = nil
			if kind.HasPoints() {
				lastPoints = make([]int64, 0, len(last))
				for range last {
					lastPoints = append(lastPoints, r.Int64N(6))
				}
			}
		}
		e.Ballots.Add(last, lastPoints)
	}
	return e
}

func randomRule(r *rand.Rand, e *Election) Rule {
	rule := Rule{Method: EqualShares, Utility: []Utility{CostUtility, CountUtility}[r.IntN(2)]}
	if e.Type.HasPoints() || e.Type == Ordinal {
		rule.Utility = []Utility{CostUtility, CountUtility, PointsUtility, PointsCostUtility}[r.IntN(4)]
		if e.Type == Ordinal && rule.Utility.points() {
			rule.Borda = []Borda{BordaBallot, BordaLongest, BordaProjects}[r.IntN(3)]
		}
	}
	rule.Completion = []Completion{NoCompletion, Add1, Utilitarian, Add1Utilitarian}[r.IntN(4)]
	if rule.Completion.add1() {
		rule.Increment = 1 + r.Int64N(1+e.Budget/10)
	}
	rule.Ties = [][]TieBreak{nil, EqualSharesTies(), {MoreScore, HigherCost}, {MoreVotes}}[r.IntN(4)]
	if r.IntN(5) == 0 {
		rule.Threshold = r.Int64N(4)
	}
	return rule
}
