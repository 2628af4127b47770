package packages

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/throughline/throughline/services/platform/fault"
)

func TestValidate(t *testing.T) {
	t.Parallel()
	one := func(edit func(*Problem)) Problem {
		p := Problem{
			Groups: []Group{
				{Levels: []Level{{Value: 3, Costs: []Cost{{Class: 0, Units: 2}}}}},
				{Levels: []Level{{Value: 4, Costs: []Cost{{Class: 1, Units: 2}}}}},
			},
			Eligible: [][]int32{{0}, {0, 1}}, Capacity: []int64{1, 2},
			Links: []Link{{Kind: Requires, Group: 0, Other: 1}},
		}
		edit(&p)
		return p
	}
	for name, c := range map[string]struct {
		edit  func(*Problem)
		field string
	}{
		"empty class":        {func(p *Problem) { p.Eligible[0] = nil }, "eligible[0]"},
		"unknown node":       {func(p *Problem) { p.Eligible[1][1] = 2 }, "eligible[1][1]"},
		"nodes not in order": {func(p *Problem) { p.Eligible[1] = []int32{1, 0} }, "eligible[1][1]"},
		"classes alike":      {func(p *Problem) { p.Eligible[1] = []int32{0} }, "eligible[1]"},
		"negative capacity":  {func(p *Problem) { p.Capacity[1] = -1 }, "capacity[1]"},
		"too much capacity":  {func(p *Problem) { p.Capacity = []int64{1 << 61, 1 << 61} }, "capacity[1]"},
		"no level":           {func(p *Problem) { p.Groups[1] = Group{Required: true}; p.Links = nil }, "groups[1].levels"},
		"value":              {func(p *Problem) { p.Groups[0].Levels[0].Value = math.MinInt64 }, "groups[0].levels[0].value"},
		"values": {func(p *Problem) {
			p.Groups[0].Levels[0].Value, p.Groups[1].Levels[0].Value = 1<<61, -1<<61
		}, "groups[1].levels"},
		"costs": {func(p *Problem) {
			p.Groups[0].Levels[0].Costs[0].Units, p.Groups[1].Levels[0].Costs[0].Units = 1<<61, 1<<61
		}, "groups[1].levels"},
		"cost":           {func(p *Problem) { p.Groups[0].Levels[0].Costs[0].Units = math.MaxInt64 }, "groups[0].levels[0].costs[0].units"},
		"negative cost":  {func(p *Problem) { p.Groups[0].Levels[0].Costs[0].Units = -1 }, "groups[0].levels[0].costs[0].units"},
		"unknown class":  {func(p *Problem) { p.Groups[0].Levels[0].Costs[0].Class = 2 }, "groups[0].levels[0].costs[0].class"},
		"class twice":    {func(p *Problem) { p.Groups[0].Levels[0].Costs = []Cost{{0, 1}, {0, 1}} }, "groups[0].levels[0].costs[1].class"},
		"kind":           {func(p *Problem) { p.Links[0].Kind = 0 }, "links[0].kind"},
		"unknown group":  {func(p *Problem) { p.Links[0].Group = 9 }, "links[0].group"},
		"unknown level":  {func(p *Problem) { p.Links[0].OtherLevel = 1 }, "links[0].other_level"},
		"link to itself": {func(p *Problem) { p.Links[0].Other = 0 }, "links[0].other"},
	} {
		_, err := Solve(t.Context(), one(c.edit), Options{})
		f, ok := fault.As(err)
		if !ok || f.Kind != fault.Invalid || len(f.Violations) != 1 || f.Violations[0].Field != c.field {
			t.Errorf("%s: %v; want one violation of %s", name, err, c.field)
		}
	}
	if _, err := Solve(t.Context(), one(func(*Problem) {}), Options{}); err != nil {
		t.Error(err)
	}
}

// TestHuge solves problems whose sums come close to 2^62.
func TestHuge(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 8))
	for i := range 2000 {
		p := small(r)
		values, costs := int64(1), int64(1)
		for _, g := range p.Groups {
			for _, l := range g.Levels {
				values += max(l.Value, -l.Value)
				for _, c := range l.Costs {
					costs += c.Units
				}
			}
		}
		for _, units := range p.Capacity {
			costs += units
		}
		v, u := limit/values, limit/costs
		best, found := brute(p)
		for g := range p.Groups {
			for l := range p.Groups[g].Levels {
				p.Groups[g].Levels[l].Value *= v
				for c := range p.Groups[g].Levels[l].Costs {
					p.Groups[g].Levels[l].Costs[c].Units *= u
				}
			}
		}
		for k := range p.Capacity {
			p.Capacity[k] *= u
		}
		s, err := Solve(t.Context(), p, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if msg := complain(p, s, best*v, found); msg != "" {
			t.Fatalf("case %d: %s\n%+v\n%+v", i, msg, p, s)
		}
	}
}

func TestLinkedTooLarge(t *testing.T) {
	t.Parallel()
	p := star(rand.New(rand.NewPCG(14, 0)), 40)
	for a := range int32(40) {
		for b := a + 1; b < 40; b += 3 {
			p.Links = append(p.Links, Link{Kind: Excludes, Group: a, Level: 1, Other: b, OtherLevel: 1})
		}
	}
	_, err := solve(t.Context(), p, Options{}, tuning{few: 96, narrow: 64, grow: 8, linked: 64})
	if f, ok := fault.As(err); !ok || f.Reason != "TOO_MANY_LINKED_PACKAGES" || !strings.Contains(f.Message, "more than 64 combinations") {
		t.Errorf("error %v; want the limit", err)
	}
}

func TestContext(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	stop()
	p := Problem{Groups: []Group{{Levels: []Level{{Value: 5, Costs: []Cost{{Units: 2}}}}}}, Eligible: [][]int32{{0}}, Capacity: []int64{1 << 3}}
	for i := range int64(5) {
		p.Groups = append(p.Groups, Group{Levels: []Level{{Value: 7 + i, Costs: []Cost{{Units: 3 + i}}}}})
	}
	if _, err := Solve(ctx, p, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v; want the context's", err)
	}
}

func TestProgress(t *testing.T) {
	t.Parallel()
	p := medium(rand.New(rand.NewPCG(9, 9)))
	var last Progress
	s, err := Solve(t.Context(), p, Options{Progress: func(p Progress) {
		if p.States < last.States || p.Value < last.Value {
			t.Errorf("progress fell from %+v to %+v", last, p)
		}
		last = p
	}})
	if err != nil || last.Value != s.Value || last.States == 0 {
		t.Errorf("last progress %+v, solution %+v, %v", last, s, err)
	}
}
