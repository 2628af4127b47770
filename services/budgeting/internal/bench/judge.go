package main

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/throughline/throughline/services/budgeting/internal/domain/earmark"
	"github.com/throughline/throughline/services/budgeting/internal/domain/packages"
	"github.com/throughline/throughline/services/budgeting/internal/domain/waterfill"
)

// choice is a choice of packages as the peers state it: one column per level, flows from nodes to the classes that several may pay.
type choice struct {
	linear
	of    *packages.Problem
	first []int32 // column of the first level of each group
}

func newChoice(p *packages.Problem) *choice {
	c := &choice{of: p}
	inNode := make([]int32, len(p.Capacity))
	for k, capacity := range p.Capacity {
		inNode[k] = c.row(math.Inf(-1), float64(capacity))
	}
	inClass := make([]int32, len(p.Eligible))
	for k, nodes := range p.Eligible {
		if len(nodes) == 1 {
			inClass[k] = inNode[nodes[0]]
		} else {
			inClass[k] = c.row(math.Inf(-1), 0)
		}
	}
	for _, g := range p.Groups {
		lower := math.Inf(-1)
		if g.Required {
			lower = 1
		}
		one := c.row(lower, 1)
		c.first = append(c.first, int32(len(c.cost)))
		for _, l := range g.Levels {
			x := c.column(-float64(l.Value), 0, 0, 1, true)
			c.put(one, x, 1)
			for _, pay := range l.Costs {
				c.put(inClass[pay.Class], x, float64(pay.Units))
			}
		}
	}
	for k, nodes := range p.Eligible {
		if len(nodes) == 1 {
			continue
		}
		for _, node := range nodes {
			flow := c.column(0, 0, 0, math.Inf(1), false)
			c.put(inClass[k], flow, -1)
			c.put(inNode[node], flow, 1)
		}
	}
	for _, l := range p.Links {
		c.link(l)
	}
	return c
}

// link adds the row of a prerequisite or an exclusion.
func (c *choice) link(l packages.Link) {
	row, sign := c.row(math.Inf(-1), 0), -1.0
	if l.Kind == packages.Excludes {
		c.rowUpper[row], sign = 1, 1
	}
	for at := l.Level; int(at) < len(c.of.Groups[l.Group].Levels); at++ {
		c.put(row, c.first[l.Group]+at, 1)
	}
	for at := l.OtherLevel; int(at) < len(c.of.Groups[l.Other].Levels); at++ {
		c.put(row, c.first[l.Other]+at, sign)
	}
}

// chosen rounds a peer's columns to levels, −1 for none.
func (c *choice) chosen(x []float64) []int32 {
	out := make([]int32, len(c.first))
	for g, first := range c.first {
		out[g] = -1
		for l := range c.of.Groups[g].Levels {
			if x[int(first)+l] > 0.5 {
				out[g] = int32(l)
			}
		}
	}
	return out
}

// worth adds up a choice, and says why it is not allowed, if so. Whether it can be paid is decided by a flow of whole units.
func worth(p *packages.Problem, chosen []int32) (value int64, bad string) {
	if len(chosen) != len(p.Groups) {
		return 0, fmt.Sprintf("chooses for %d groups of %d", len(chosen), len(p.Groups))
	}
	demand := make([]int64, len(p.Eligible))
	for g, l := range chosen {
		switch {
		case l < -1 || int(l) >= len(p.Groups[g].Levels):
			return 0, fmt.Sprintf("chooses level %d of group %d", l, g)
		case l >= 0:
			value += p.Groups[g].Levels[l].Value
			for _, pay := range p.Groups[g].Levels[l].Costs {
				demand[pay.Class] += pay.Units
			}
		case p.Groups[g].Required:
			return 0, fmt.Sprintf("leaves out group %d, which is required", g)
		}
	}
	for i, l := range p.Links {
		has, other := chosen[l.Group] >= l.Level, chosen[l.Other] >= l.OtherLevel
		if has && other == (l.Kind == packages.Excludes) {
			return 0, fmt.Sprintf("breaks link %d", i)
		}
	}
	flow := earmark.Problem{Eligible: p.Eligible, Capacity: p.Capacity}
	for c, units := range demand {
		flow.Curves = append(flow.Curves, waterfill.Curve{Base: units, Lo: units, Hi: units})
		flow.Class = append(flow.Class, int32(c))
	}
	for k := range p.Capacity {
		flow.Order = append(flow.Order, int32(k))
	}
	s, err := earmark.Solve(context.Background(), flow)
	if err != nil {
		return 0, err.Error()
	}
	for _, b := range s.Blocks {
		if b.Short > 0 {
			return value, fmt.Sprintf("overspends by %d units", b.Short)
		}
	}
	return value, ""
}

// wrong says what our own answer claims and does not hold; empty when all of it does.
func wrong(p *packages.Problem, s *packages.Solution) string {
	if !s.Feasible {
		return "no choice found"
	}
	value, bad := worth(p, s.Chosen)
	switch {
	case bad != "":
		return "our choice " + bad
	case value != s.Value:
		return fmt.Sprintf("our choice is worth %d and we say %d", value, s.Value)
	case s.Bound < s.Value || s.DualBound < s.Bound || s.Proven != (s.Bound == s.Value):
		return fmt.Sprintf("our value %d, bound %d, dual bound %d do not fit together", s.Value, s.Bound, s.DualBound)
	default:
		return ""
	}
}

// outcome is what one answer says of ours.
type outcome struct {
	wrong, equal, open bool // it contradicts ours; proves the same optimum; did not finish
	text               string
}

// judge holds a peer's answer against ours, which is checked already.
func (c *choice) judge(s *packages.Solution, a answer) outcome {
	if a.status == nothing {
		return outcome{open: true, text: "no answer"}
	}
	value, bad := worth(c.of, c.chosen(a.x))
	more := float64(value-s.Value) / math.Max(float64(s.Value), 1)
	near := math.Abs(more) <= tolerance
	switch {
	case bad != "" && a.status == proven && near:
		return outcome{text: "theirs " + bad + ", within its tolerance"}
	case bad != "" && a.status == proven:
		return outcome{wrong: true, text: fmt.Sprintf("theirs, %d, %s; ours is %d", value, bad, s.Value)}
	case bad == "" && value > s.Bound:
		return outcome{wrong: true, text: fmt.Sprintf("theirs is worth %d, beyond our bound %d", value, s.Bound)}
	case a.status == proven && value < s.Value && !near:
		return outcome{wrong: true, text: fmt.Sprintf("theirs, said to be optimal, is worth %d and ours %d", value, s.Value)}
	case a.status == proven && value == s.Value:
		return outcome{equal: true}
	case a.status == proven && value < s.Value:
		return outcome{text: fmt.Sprintf("theirs is %d less, within its tolerance", s.Value-value)}
	case a.status == proven:
		return outcome{text: fmt.Sprintf("theirs is %d more, within our bound", value-s.Value)}
	case bad != "":
		return outcome{open: true, text: "its best " + bad}
	default:
		return outcome{open: true, text: fmt.Sprintf("its best is %+d", value-s.Value)}
	}
}

// tally collects outcomes over instances.
type tally struct {
	limit              time.Duration
	count, equal, open int
	least              float64 // ratio where the peer finished
	wrong              bool
	notes              []string
}

func (t *tally) add(instance int, ratio float64, o outcome) {
	t.count++
	switch {
	case o.open:
		t.open++
	case t.least == 0 || ratio < t.least:
		t.least = ratio
	}
	if o.equal {
		t.equal++
		return
	}
	t.wrong = t.wrong || o.wrong
	t.notes = append(t.notes, fmt.Sprintf("#%d %s", instance, o.text))
}

func (t *tally) verdict() verdict {
	text := fmt.Sprintf("%d of %d proven equal", t.equal, t.count)
	if t.count > 1 && t.least > 0 {
		text += ", least ratio " + times(t.least)
	}
	if t.open > 0 {
		text += fmt.Sprintf("; %d not proven in %.0f s", t.open, t.limit.Seconds())
	}
	if len(t.notes) > 0 {
		text += ": " + strings.Join(t.notes[:min(3, len(t.notes))], ", ")
	}
	return verdict{t.wrong, text}
}
