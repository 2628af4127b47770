package model

import (
	"cmp"
	"slices"
	"sort"
	"strings"
)

// The canonical order of every list.
func byName(a, b *AttributeWeight) int  { return strings.Compare(a.Name, b.Name) }
func byGoal(a, b *Goal) int             { return strings.Compare(a.ID, b.ID) }
func byFund(a, b *Fund) int             { return strings.Compare(a.ID, b.ID) }
func byProgram(a, b *Program) int       { return strings.Compare(a.ID, b.ID) }
func byLine(a, b *CostLine) int         { return strings.Compare(a.ID, b.ID) }
func byID(a, b *string) int             { return strings.Compare(*a, *b) }
func byPayer(a, b *Revenue) int         { return strings.Compare(a.Fund, b.Fund) }
func byAlignedGoal(a, b *Alignment) int { return strings.Compare(a.Goal, b.Goal) }
func byAttribute(a, b *Attribute) int   { return strings.Compare(a.Name, b.Name) }

func byRule(a, b *ResultRule) int {
	return cmp.Or(cmp.Compare(a.Policy, b.Policy), cmp.Compare(a.Variation, b.Variation), cmp.Compare(a.Assurance, b.Assurance))
}

func byMeasure(a, b *ResultsFactor) int { return strings.Compare(a.Measure, b.Measure) }

// Normalize returns a deep copy with every slice sorted by id and the schema version filled in.
func (in Input) Normalize() Input {
	out, _ := in.NormalizeIn(&Memory{})
	return out
}

// NormalizeIn is Normalize with the programs and their longest lists in memory, which is the copy's until nobody uses the copy any more. It says
// whether the input is normal itself.
func (in Input) NormalizeIn(m *Memory) (out Input, normal bool) {
	normal = in.IsNormal()
	out = in.copyIn(m)
	if !normal {
		out.sort()
	}
	return out, normal
}

// copyIn copies all lists. Those that are never left out are not nil, so that equal inputs have equal bytes.
func (in Input) copyIn(m *Memory) Input {
	out := in
	out.Schema = SchemaVersion
	out.Params.Attributes, out.Params.Results, out.Params.EquityFloor = listed(in.Params.Attributes), listed(in.Params.Results), copied(in.Params.EquityFloor)
	out.Goals, out.Funds = listed(in.Goals), listed(in.Funds)
	out.Packages, out.Later, out.Election = packagesInOrder(in.Packages), inOrder(in.Later, byLater), in.Election.inOrder()
	room := m.room(in.Programs)
	out.Programs = take(&room.programs, in.Programs)
	for i := range out.Programs {
		p := &out.Programs[i]
		p.CostLines = take(&room.costLines, p.CostLines)
		p.EligibleFunds = take(&room.eligible, p.EligibleFunds)
		p.Revenue = take(&room.revenue, p.Revenue)
		p.Alignment = take(&room.alignment, p.Alignment)
		p.Attributes = take(&room.attributes, p.Attributes)
		p.Grants, p.Positions = slices.Clone(p.Grants), slices.Clone(p.Positions)
		p.Mandate, p.Cap, p.HoldHarmless, p.Results = copied(p.Mandate), copied(p.Cap), copied(p.HoldHarmless), copied(p.Results)
		if p.Results != nil {
			p.Results.Factors = take(&room.factors, p.Results.Factors)
		}
	}
	return out
}

// sort puts the lists of a copy in order; those of packages and elections are.
func (in *Input) sort() {
	order(in.Params.Attributes, byName)
	order(in.Params.Results, byRule)
	order(in.Goals, byGoal)
	order(in.Funds, byFund)
	order(in.Programs, byProgram)
	for i := range in.Programs {
		p := &in.Programs[i]
		order(p.CostLines, byLine)
		order(p.EligibleFunds, byID)
		order(p.Revenue, byPayer)
		order(p.Alignment, byAlignedGoal)
		order(p.Attributes, byAttribute)
		order(p.Grants, byGrant)
		order(p.Positions, byTitle)
		if p.Results != nil {
			order(p.Results.Factors, byMeasure)
		}
	}
}

// IsNormal says whether the input is encoded as its Normalize is; lists that are left out when empty may be nil.
func (in *Input) IsNormal() bool {
	if in.Schema != SchemaVersion || in.Goals == nil || in.Funds == nil || in.Programs == nil ||
		!isSorted(in.Params.Attributes, byName) || !isSorted(in.Params.Results, byRule) ||
		!isSorted(in.Goals, byGoal) || !isSorted(in.Funds, byFund) || !isSorted(in.Programs, byProgram) ||
		!arePackagesInOrder(in.Packages) || !isSorted(in.Later, byLater) || !in.Election.isInOrder() {
		return false
	}
	for i := range in.Programs {
		p := &in.Programs[i]
		if p.CostLines == nil || !isSorted(p.CostLines, byLine) || !isSorted(p.EligibleFunds, byID) || !isSorted(p.Revenue, byPayer) ||
			!isSorted(p.Alignment, byAlignedGoal) || !isSorted(p.Attributes, byAttribute) || !isSorted(p.Grants, byGrant) || !isSorted(p.Positions, byTitle) ||
			(p.Results != nil && !isSorted(p.Results.Factors, byMeasure)) {
			return false
		}
	}
	return true
}

// Memory has room for the lists of all programs, so that a copy of thousands takes a handful of allocations, or none.
type Memory struct {
	programs   []Program
	costLines  []CostLine
	eligible   []string
	revenue    []Revenue
	alignment  []Alignment
	attributes []Attribute
	factors    []ResultsFactor
}

// room is all of the memory, made large enough.
func (m *Memory) room(programs []Program) Memory {
	var costLines, eligible, revenue, alignment, attributes, factors int
	for i := range programs {
		p := &programs[i]
		costLines += len(p.CostLines)
		eligible += len(p.EligibleFunds)
		revenue += len(p.Revenue)
		alignment += len(p.Alignment)
		attributes += len(p.Attributes)
		if p.Results != nil {
			factors += len(p.Results.Factors)
		}
	}
	m.programs, m.costLines, m.eligible = enough(m.programs, len(programs)), enough(m.costLines, costLines), enough(m.eligible, eligible)
	m.revenue, m.alignment, m.attributes = enough(m.revenue, revenue), enough(m.alignment, alignment), enough(m.attributes, attributes)
	m.factors = enough(m.factors, factors)
	return *m
}

// enough is n items or more.
func enough[T any](s []T, n int) []T {
	if s == nil || len(s) < n {
		return make([]T, n)
	}
	return s
}

// take copies s into the front of room, and leaves the rest of the room.
func take[T any](room *[]T, s []T) []T {
	out := (*room)[:len(s):len(s)]
	*room = (*room)[len(s):]
	copy(out, s)
	return out
}

// takeInOrder is take, sorted.
func takeInOrder[T any](room *[]T, s []T, by func(a, b *T) int) []T {
	out := take(room, s)
	order(out, by)
	return out
}

// listed copies a list; nil becomes empty.
func listed[T any](s []T) []T {
	return append(make([]T, 0, len(s)), s...)
}

// sorted copies and sorts.
func sorted[T any](s []T, by func(a, b *T) int) []T {
	out := listed(s)
	order(out, by)
	return out
}

// inOrder is sorted for lists that most inputs do not have.
func inOrder[T any](s []T, by func(a, b *T) int) []T {
	if len(s) == 0 {
		return nil
	}
	return sorted(s, by)
}

// order sorts what is not in order yet, as most lists are. It is stable, and allocates nothing for the short lists of thousands of programs.
func order[T any](s []T, by func(a, b *T) int) {
	const short = 16
	switch {
	case isSorted(s, by):
	case len(s) <= short:
		for i := range s {
			for j := i; j > 0 && by(&s[j-1], &s[j]) > 0; j-- {
				s[j-1], s[j] = s[j], s[j-1]
			}
		}
	default:
		sort.SliceStable(s, func(i, j int) bool { return by(&s[i], &s[j]) < 0 })
	}
}

// isSorted copies no items, as slices.IsSortedFunc would: programs are large.
func isSorted[T any](s []T, by func(a, b *T) int) bool {
	for i := 1; i < len(s); i++ {
		if by(&s[i-1], &s[i]) > 0 {
			return false
		}
	}
	return true
}

func copied[T any](p *T) *T {
	if p == nil {
		return nil
	}
	v := *p
	return &v
}
