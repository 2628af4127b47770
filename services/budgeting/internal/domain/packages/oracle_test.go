package packages

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// small draws a problem that every choice of can be tried: few ties or many, one class per group or several, required groups and links.
func small(r *rand.Rand) Problem {
	var p Problem
	nodes := 1 + r.IntN(4)
	for range nodes {
		p.Capacity = append(p.Capacity, r.Int64N(40))
	}
	for _, set := range r.Perm(1<<nodes - 1)[:1+r.IntN(min(5, 1<<nodes-1))] {
		var eligible []int32
		for k := range nodes {
			if (set+1)>>k&1 == 1 {
				eligible = append(eligible, int32(k))
			}
		}
		p.Eligible = append(p.Eligible, eligible)
	}
	kind, several, required := r.IntN(4), r.IntN(3) == 0, r.IntN(4) == 0
	for range 1 + r.IntN(6) {
		g := Group{Required: required && r.IntN(3) == 0}
		class := r.IntN(len(p.Eligible))
		score := r.Int64N(5)
		for range 1 + r.IntN(3) {
			var l Level
			var cost int64
			for _, c := range r.Perm(len(p.Eligible)) {
				if c == class || several && r.IntN(3) == 0 {
					units := r.Int64N(25)
					cost += units
					l.Costs = append(l.Costs, Cost{Class: int32(c), Units: units})
				}
			}
			switch kind {
			case 0:
				l.Value = r.Int64N(30) - 3
			case 1:
				l.Value = r.Int64N(100_000)
			case 2:
				l.Value = cost * score
			default:
				l.Value = cost + 3
			}
			g.Levels = append(g.Levels, l)
		}
		p.Groups = append(p.Groups, g)
	}
	if n := len(p.Groups); n > 1 && r.IntN(2) == 0 {
		for range 1 + r.IntN(4) {
			a, b := r.IntN(n), r.IntN(n)
			if a != b {
				p.Links = append(p.Links, Link{
					Kind: LinkKind(1 + r.IntN(2)), Group: int32(a), Level: int32(r.IntN(len(p.Groups[a].Levels))),
					Other: int32(b), OtherLevel: int32(r.IntN(len(p.Groups[b].Levels))),
				})
			}
		}
	}
	return p
}

// payable checks Hall's condition for every set of nodes.
func payable(p Problem, need []int64) bool {
	for set := 1; set < 1<<len(p.Capacity); set++ {
		var want, have int64
		for c, eligible := range p.Eligible {
			if !slices.ContainsFunc(eligible, func(k int32) bool { return set>>k&1 == 0 }) {
				want += need[c]
			}
		}
		for k, units := range p.Capacity {
			if set>>k&1 == 1 {
				have += units
			}
		}
		if want > have {
			return false
		}
	}
	return true
}

// check says whether a choice keeps every rule, and its value.
func check(p Problem, chosen []int32) (int64, bool) {
	need := make([]int64, len(p.Eligible))
	var value int64
	for g, l := range chosen {
		if l < 0 {
			if p.Groups[g].Required {
				return 0, false
			}
			continue
		}
		value += p.Groups[g].Levels[l].Value
		for _, c := range p.Groups[g].Levels[l].Costs {
			need[c.Class] += c.Units
		}
	}
	for _, l := range p.Links {
		a, b := chosen[l.Group] >= l.Level, chosen[l.Other] >= l.OtherLevel
		if l.Kind == Requires && a && !b || l.Kind == Excludes && a && b {
			return 0, false
		}
	}
	return value, payable(p, need)
}

// brute tries every choice.
func brute(p Problem) (best int64, found bool) {
	chosen := make([]int32, len(p.Groups))
	var walk func(int)
	walk = func(g int) {
		if g == len(chosen) {
			if v, ok := check(p, chosen); ok && (!found || v > best) {
				best, found = v, true
			}
			return
		}
		for l := int32(-1); int(l) < len(p.Groups[g].Levels); l++ {
			chosen[g] = l
			walk(g + 1)
		}
	}
	walk(0)
	return best, found
}

// recompute is the dual bound as documented, in its own words.
func recompute(p Problem, s Solution) int64 {
	var sum int64
	for k, units := range p.Capacity {
		sum += units * s.Prices[k]
	}
	for _, g := range p.Groups {
		var worth []int64
		if !g.Required {
			worth = append(worth, 0)
		}
		for _, l := range g.Levels {
			v := l.Value << s.Shift
			for _, c := range l.Costs {
				price := s.Prices[p.Eligible[c.Class][0]]
				for _, k := range p.Eligible[c.Class] {
					price = min(price, s.Prices[k])
				}
				v -= c.Units * price
			}
			worth = append(worth, v)
		}
		sum += slices.Max(worth)
	}
	return sum >> s.Shift
}

// complain compares a solution with the best value there is.
func complain(p Problem, s Solution, best int64, found bool) string {
	switch {
	case s.Feasible && !found:
		return "feasible, but no choice exists"
	case s.Proven && s.Feasible != found:
		return "proven infeasible, but a choice exists"
	case found && s.Bound < best:
		return fmt.Sprintf("bound %d is below the optimum %d", s.Bound, best)
	case s.DualBound != recompute(p, s):
		return fmt.Sprintf("dual bound %d, recomputed %d", s.DualBound, recompute(p, s))
	case s.Bound > s.DualBound:
		return fmt.Sprintf("bound %d above dual bound %d", s.Bound, s.DualBound)
	}
	if s.Feasible {
		v, ok := check(p, s.Chosen)
		switch {
		case !ok:
			return fmt.Sprintf("choice %v breaks a rule", s.Chosen)
		case v != s.Value:
			return fmt.Sprintf("value %d, recomputed %d", s.Value, v)
		case s.Proven && (v != best || s.Bound != v):
			return fmt.Sprintf("proven %d with bound %d, optimum %d", v, s.Bound, best)
		}
	}
	if len(s.Short) > 0 && found {
		return "short, but a choice exists"
	}
	return ""
}

func TestOracle(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	var feasible, linked, short, several int
	for i := range 10_000 {
		p := small(r)
		best, found := brute(p)
		s, err := Solve(t.Context(), p, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if msg := complain(p, s, best, found); msg != "" || !s.Proven {
			t.Fatalf("case %d: %s (proven %v)\n%+v\n%+v, optimum %d", i, msg, s.Proven, p, s, best)
		}
		again, err := Solve(t.Context(), p, Options{})
		if err != nil || !slices.Equal(again.Chosen, s.Chosen) || again.States != s.States {
			t.Fatalf("case %d: %v, again %v (%v)", i, s, again, err)
		}
		hard, err := solve(t.Context(), p, Options{}, tuning{few: 1, narrow: 1, grow: 2, linked: 8})
		if err != nil {
			t.Fatal(err)
		}
		if msg := complain(p, hard, best, found); msg != "" || !hard.Proven {
			t.Fatalf("case %d, narrow lists: %s\n%+v\n%+v", i, msg, p, hard)
		}
		early, err := Solve(t.Context(), p, Options{States: 1 + r.Int64N(40)})
		if err != nil {
			t.Fatal(err)
		}
		if msg := complain(p, early, best, found); msg != "" {
			t.Fatalf("case %d, stopped early: %s\n%+v\n%+v", i, msg, p, early)
		}
		if found {
			feasible++
		}
		if len(p.Links) > 0 {
			linked++
		}
		if len(s.Short) > 0 {
			short++
		}
		if len(p.Groups[0].Levels[0].Costs) > 1 {
			several++
		}
	}
	for _, n := range []int{feasible, linked, short, several} {
		if n < 300 {
			t.Errorf("too few cases of a kind: %d feasible, %d linked, %d short, %d of several classes", feasible, linked, short, several)
		}
	}
}
