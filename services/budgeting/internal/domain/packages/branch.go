package packages

import (
	"context"
	"math/bits"
	"slices"

	"github.com/throughline/throughline/services/platform/fault"
)

// span is the levels that a group may still take, -1 for none.
type span struct{ lo, hi int32 }

// scope is a part of all choices: the levels left to each group, and the links that those do not settle.
type scope struct {
	spans []span
	links []Link
}

func newScope(p Problem) scope {
	s := scope{spans: make([]span, len(p.Groups)), links: p.Links}
	for g := range p.Groups {
		s.spans[g] = span{-1, int32(len(p.Groups[g].Levels)) - 1} //nolint:gosec // levels are few
		if p.Groups[g].Required {
			s.spans[g].lo = 0
		}
	}
	return s
}

// fix gives a group one level, which turns its links into limits on the levels of the groups at their other ends; false if a group has none left.
func (s scope) fix(group, level int32) (scope, bool) {
	out := scope{spans: slices.Clone(s.spans)}
	out.spans[group] = span{level, level}
	for _, l := range s.links {
		switch {
		case l.Group == group && level >= l.Level && l.Kind == Requires:
			out.spans[l.Other].lo = max(out.spans[l.Other].lo, l.OtherLevel)
		case l.Group == group && level >= l.Level:
			out.spans[l.Other].hi = min(out.spans[l.Other].hi, l.OtherLevel-1)
		case l.Other == group && (level >= l.OtherLevel) == (l.Kind == Excludes):
			out.spans[l.Group].hi = min(out.spans[l.Group].hi, l.Level-1)
		case l.Group != group && l.Other != group:
			out.links = append(out.links, l)
		}
	}
	return out, !slices.ContainsFunc(out.spans, func(s span) bool { return s.lo > s.hi })
}

// hub is the group of a linked set with the most links, the first of equals.
func (s scope) hub(set []int32) int32 {
	count := map[int32]int{}
	for _, l := range s.links {
		count[l.Group]++
		count[l.Other]++
	}
	best := set[0]
	for _, g := range set {
		if count[g] > count[best] || count[g] == count[best] && g < best {
			best = g
		}
	}
	return best
}

// explore compiles the problem; where links tie too many groups together it branches over the levels of the group with the most links,
// which leaves the others less entangled. Every choice is in exactly one of the instances.
func explore(ctx context.Context, p Problem, linked int) ([]*instance, error) {
	var out []*instance
	open := []scope{newScope(p)}
	for len(open) > 0 {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		s := open[len(open)-1]
		open = open[:len(open)-1]
		in, entangled := compile(p, s, linked)
		if entangled == nil {
			out = append(out, in)
			continue
		}
		hub := s.hub(entangled)
		for l := s.spans[hub].lo; l <= s.spans[hub].hi; l++ {
			if t, ok := s.fix(hub, l); ok {
				open = append(open, t)
			}
		}
		if len(open)+len(out) > MaxBranches {
			return nil, fault.New(fault.Invalid, "TOO_MANY_LINKED_PACKAGES", "requires and excludes tie %d packages, among them number %d, into one decision with more than %d combinations of levels, "+
				"and trying the levels of the packages with the most links one by one takes more than %d cases; remove links or levels so that fewer packages hang together",
				len(entangled), hub, linked, MaxBranches)
		}
	}
	return out, nil
}

// size is the number of choices of the groups of a set, links aside, in bits, rounded up group by group.
func (s scope) size(set []int32) (n int) {
	for _, g := range set {
		n += bits.Len32(uint32(s.spans[g].hi - s.spans[g].lo)) //nolint:gosec // lo ≤ hi
	}
	return n
}
