package packages

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/throughline/throughline/services/platform/fault"
)

// medium draws one node, or one within another, and enough groups that lists are cut, joined and strengthened.
func medium(r *rand.Rand) Problem {
	p := Problem{Eligible: [][]int32{{0}}, Capacity: []int64{0}}
	if r.IntN(2) == 0 {
		p.Eligible, p.Capacity = append(p.Eligible, []int32{0, 1}), append(p.Capacity, 0)
	}
	kind, constant := r.IntN(4), 1+r.Int64N(9)
	for range 5 + r.IntN(25) {
		var g Group
		class, score := int32(r.IntN(len(p.Eligible))), r.Int64N(6)
		var value, cost int64
		for range 1 + r.IntN(3) {
			step := 1 + r.Int64N(30)
			cost += step
			switch kind {
			case 0:
				value += 1 + r.Int64N(1000)
			case 1:
				value += score * step
			case 2:
				value += step + constant
			default:
				value += max(1, step-4+r.Int64N(9))
			}
			g.Levels = append(g.Levels, Level{Value: value, Costs: []Cost{{Class: class, Units: cost}}})
		}
		p.Capacity[r.IntN(len(p.Capacity))] += cost * (3 + r.Int64N(4)) / 10
		p.Groups = append(p.Groups, g)
	}
	return p
}

// table is the textbook dynamic program over all capacities, for one node or one within another.
func table(p Problem) int64 {
	inner, all := p.Capacity[0], p.Capacity[0]
	if len(p.Capacity) > 1 {
		all += p.Capacity[1]
	}
	best := make([]int64, (inner+1)*(all+1)) // by what class 0 and what both classes take at most
	for _, g := range p.Groups {
		next := slices.Clone(best)
		for _, l := range g.Levels {
			units := l.Costs[0].Units
			var first int64
			if l.Costs[0].Class == 0 {
				first = units
			}
			for a := first; a <= inner; a++ {
				for b := units; b <= all; b++ {
					next[a*(all+1)+b] = max(next[a*(all+1)+b], best[(a-first)*(all+1)+b-units]+l.Value)
				}
			}
		}
		best = next
	}
	return best[len(best)-1]
}

func TestTable(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	for i := range 60 {
		p := medium(r)
		best := table(p)
		for _, tune := range []tuning{{96, 64, 8, 1}, {4, 2, 2, 1}, {2, 1, 3, 1}} {
			for _, states := range []int64{0, 1 + r.Int64N(3000)} {
				s, err := solve(t.Context(), p, Options{States: states}, tune)
				if err != nil {
					t.Fatal(err)
				}
				if msg := complain(p, s, best, true); msg != "" || states == 0 && !s.Proven {
					t.Fatalf("case %d, %v, %d states: %s (%v)\n%+v\noptimum %d, got %d with bound %d", i, tune, states, msg, s.Proven, p, best, s.Value, s.Bound)
				}
			}
		}
	}
}

// shuffled is the same problem with groups and nodes in another order.
func shuffled(r *rand.Rand, p Problem) Problem {
	groups, nodes := r.Perm(len(p.Groups)), r.Perm(len(p.Capacity))
	q := Problem{Groups: make([]Group, len(p.Groups)), Capacity: make([]int64, len(p.Capacity))}
	for g, at := range groups {
		q.Groups[at] = p.Groups[g]
	}
	for k, at := range nodes {
		q.Capacity[at] = p.Capacity[k]
	}
	for _, set := range p.Eligible {
		var to []int32
		for _, k := range set {
			to = append(to, int32(nodes[k]))
		}
		slices.Sort(to)
		q.Eligible = append(q.Eligible, to)
	}
	for _, l := range p.Links {
		l.Group, l.Other = int32(groups[l.Group]), int32(groups[l.Other])
		q.Links = append(q.Links, l)
	}
	return q
}

func TestInvariance(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 6))
	for i := range 3000 {
		p := small(r)
		s, err := Solve(t.Context(), p, Options{})
		if err != nil {
			t.Fatal(err)
		}
		other, err := Solve(t.Context(), shuffled(r, p), Options{})
		if err != nil {
			t.Fatal(err)
		}
		if s.Feasible != other.Feasible || s.Value != other.Value {
			t.Fatalf("case %d: %d in one order, %d in another\n%+v", i, s.Value, other.Value, p)
		}
		p.Capacity[r.IntN(len(p.Capacity))] += 1 + r.Int64N(20)
		richer, err := Solve(t.Context(), p, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if s.Feasible && (!richer.Feasible || richer.Value < s.Value) {
			t.Fatalf("case %d: %d with less capacity, %d with more\n%+v", i, s.Value, richer.Value, p)
		}
	}
}

func TestShort(t *testing.T) {
	t.Parallel()
	level := func(class int32, units int64) []Level {
		return []Level{{Value: 1, Costs: []Cost{{Class: class, Units: units}}}}
	}
	p := Problem{
		Groups:   []Group{{Required: true, Levels: level(0, 7)}, {Required: true, Levels: level(1, 6)}, {Levels: level(2, 1)}},
		Eligible: [][]int32{{0}, {0, 1}, {2}}, Capacity: []int64{8, 4, 10},
	}
	s, err := Solve(t.Context(), p, Options{})
	if err != nil || s.Feasible || !s.Proven || !slices.Equal(s.Short, []int32{0, 1}) {
		t.Errorf("solution %+v, %v; want nodes 0 and 1 short", s, err)
	}
	p.Capacity[1] = 5
	if s, err = Solve(t.Context(), p, Options{}); err != nil || !s.Feasible || s.Value != 3 || s.Short != nil {
		t.Errorf("solution %+v, %v; want value 3", s, err)
	}
}

// TestWild puts any number anywhere: the problem is refused as invalid or solved, and what is said about it is true.
func TestWild(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(15, 16))
	wild := func() int64 {
		switch n := r.Int64(); r.IntN(4) {
		case 0:
			return n >> r.IntN(64)
		case 1:
			return -n >> r.IntN(64)
		case 2:
			return math.MinInt64 + n&1
		default:
			return limit + n&3
		}
	}
	refused := 0
	for i := range 4000 {
		p := small(r)
		for range 1 + r.IntN(3) {
			g := &p.Groups[r.IntN(len(p.Groups))]
			l := &g.Levels[r.IntN(len(g.Levels))]
			switch r.IntN(5) {
			case 0:
				l.Value = wild()
			case 1:
				if len(l.Costs) > 0 {
					l.Costs[0].Units = wild()
				}
			case 2:
				p.Capacity[r.IntN(len(p.Capacity))] = wild()
			case 3:
				if len(l.Costs) > 0 {
					l.Costs[0].Class = int32(wild())
				}
			default:
				if len(p.Links) > 0 {
					p.Links[0].Level = int32(wild())
				}
			}
		}
		s, err := Solve(t.Context(), p, Options{States: 20_000})
		if err != nil {
			if !fault.Is(err, fault.Invalid) {
				t.Fatalf("case %d: %v", i, err)
			}
			refused++
			continue
		}
		best, found := brute(p)
		if msg := complain(p, s, best, found); msg != "" {
			t.Fatalf("case %d: %s\n%+v\n%+v", i, msg, p, s)
		}
	}
	if refused < 1000 || refused > 3500 {
		t.Errorf("%d of 4000 refused; want some of each", refused)
	}
}

// star has one package that many others require.
func star(r *rand.Rand, others int32) Problem {
	p := Problem{Eligible: [][]int32{{0}}, Capacity: []int64{600}}
	for g := range others + 1 {
		var levels []Level
		var value, cost int64
		for range 2 {
			value, cost = value+1+r.Int64N(1000), cost+1+r.Int64N(50)
			levels = append(levels, Level{Value: value, Costs: []Cost{{Units: cost}}})
		}
		p.Groups = append(p.Groups, Group{Levels: levels})
		if g > 0 {
			p.Links = append(p.Links, Link{Kind: Requires, Group: g, Other: 0, OtherLevel: 1})
		}
	}
	return p
}

func TestSmallest(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(11, 12))
	for range 2000 {
		keys := make([]int64, 1+r.IntN(50))
		for i := range keys {
			keys[i] = r.Int64N(1 + r.Int64N(60))
		}
		sorted := slices.Clone(keys)
		slices.Sort(sorted)
		n := 1 + r.IntN(len(keys))
		if got := smallest(slices.Clone(keys), n); got != sorted[n-1] {
			t.Fatalf("%d-th smallest of %v is %d, got %d", n, keys, sorted[n-1], got)
		}
	}
}

func TestStar(t *testing.T) {
	t.Parallel()
	for seed := range uint64(5) {
		p := star(rand.New(rand.NewPCG(13, seed)), 40)
		s, err := Solve(t.Context(), p, Options{})
		if err != nil {
			t.Fatal(err)
		}
		hub := p.Groups[0].Levels[1]
		rest := Problem{Groups: p.Groups[1:], Eligible: p.Eligible, Capacity: []int64{p.Capacity[0] - hub.Costs[0].Units}}
		best := max(hub.Value+table(rest), p.Groups[0].Levels[0].Value)
		if msg := complain(p, s, best, true); msg != "" || !s.Proven {
			t.Errorf("seed %d: %s, proven %v", seed, msg, s.Proven)
		}
	}
}
