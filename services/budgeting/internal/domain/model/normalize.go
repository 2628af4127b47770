package model

import (
	"cmp"
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
	return cmp.Or(cmp.Compare(a.Signal, b.Signal), cmp.Compare(a.Policy, b.Policy))
}

// Normalize returns a deep copy with every slice sorted by id and the schema version filled in.
func (in Input) Normalize() Input {
	out := in
	out.Schema = SchemaVersion
	out.Params.Attributes = sorted(in.Params.Attributes, byName)
	out.Params.Results = sorted(in.Params.Results, byRule)
	out.Goals = sorted(in.Goals, byGoal)
	out.Funds = sorted(in.Funds, byFund)
	out.Programs = sorted(in.Programs, byProgram)
	out.Params.EquityFloor = copied(in.Params.EquityFloor)
	out.Packages, out.Later, out.Election = packagesInOrder(in.Packages), inOrder(in.Later, byLater), in.Election.inOrder()
	room := newLists(in.Programs)
	for i := range out.Programs {
		p := &out.Programs[i]
		p.CostLines = take(&room.costLines, p.CostLines, byLine)
		p.EligibleFunds = take(&room.eligible, p.EligibleFunds, byID)
		p.Revenue = take(&room.revenue, p.Revenue, byPayer)
		p.Alignment = take(&room.alignment, p.Alignment, byAlignedGoal)
		p.Attributes = take(&room.attributes, p.Attributes, byAttribute)
		p.Grants, p.Positions = inOrder(p.Grants, byGrant), inOrder(p.Positions, byTitle)
		p.Mandate, p.Cap, p.HoldHarmless, p.Results = copied(p.Mandate), copied(p.Cap), copied(p.HoldHarmless), copied(p.Results)
	}
	return out
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
			!isSorted(p.Alignment, byAlignedGoal) || !isSorted(p.Attributes, byAttribute) || !isSorted(p.Grants, byGrant) || !isSorted(p.Positions, byTitle) {
			return false
		}
	}
	return true
}

// lists have room for the lists of all programs, so that a copy of thousands takes a handful of allocations.
type lists struct {
	costLines  []CostLine
	eligible   []string
	revenue    []Revenue
	alignment  []Alignment
	attributes []Attribute
}

func newLists(programs []Program) *lists {
	var costLines, eligible, revenue, alignment, attributes int
	for i := range programs {
		p := &programs[i]
		costLines += len(p.CostLines)
		eligible += len(p.EligibleFunds)
		revenue += len(p.Revenue)
		alignment += len(p.Alignment)
		attributes += len(p.Attributes)
	}
	return &lists{
		make([]CostLine, costLines), make([]string, eligible), make([]Revenue, revenue), make([]Alignment, alignment), make([]Attribute, attributes),
	}
}

// take copies s into the front of room, sorts it there, and leaves the rest of the room.
func take[T any](room *[]T, s []T, by func(a, b *T) int) []T {
	out := (*room)[:len(s):len(s)]
	*room = (*room)[len(s):]
	copy(out, s)
	order(out, by)
	return out
}

// sorted copies and sorts; an empty slice becomes an empty (not nil) one so that equal inputs have equal bytes.
func sorted[T any](s []T, by func(a, b *T) int) []T {
	out := make([]T, len(s))
	copy(out, s)
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

// order sorts what is not in order yet, as most lists are.
func order[T any](s []T, by func(a, b *T) int) {
	if !isSorted(s, by) {
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
