package zoom

import (
	"slices"
	"strings"
	"unicode"
)

// Kinds of resources that zooming treats apart.
const (
	kindOrganization = "organization"
	kindGoal         = "goal"
	kindProgram      = "program"
	kindLine         = "allocationLine"
	kindMeasure      = "measure"
	kindFeedback     = "feedback"
	kindObservation  = "observation"
)

// kind is a type of resource.
type kind struct {
	name  string
	owner string // service
	ids   []string
	bare  bool   // nothing leads to it
	ends  string // what is said of one that leads nowhere, to follow its name
}

// kinds are all that links lead from or to; ids are the collections of a name below its organization.
var kinds = []kind{
	{name: kindOrganization, owner: "goals"},
	{name: "plan", owner: "goals", ids: []string{"plans"}, ends: "belongs to no organization"},
	{name: kindGoal, owner: "goals", ids: []string{"plans", "goals"}, ends: "is part of no plan"},
	{name: kindFeedback, owner: "goals", ids: []string{"feedback"}, bare: true, ends: "is about no goal and no program, and nobody deals with it"},
	{name: "strategy", owner: "actionplanning", ids: []string{"strategies"}, ends: "serves no goal"},
	{name: "objective", owner: "actionplanning", ids: []string{"strategies", "objectives"}, ends: "is part of no strategy"},
	{name: "milestone", owner: "actionplanning", ids: []string{"strategies", "objectives", "milestones"}, ends: "is part of no objective"},
	{name: "assignment", owner: "actionplanning", ids: []string{"assignments"}, ends: "works on nothing"},
	{name: "employee", owner: "actionplanning", ids: []string{"staff"}, bare: true, ends: "holds no assignment"},
	{name: kindMeasure, owner: "performance", ids: []string{"measures"}, ends: "counts for nothing and informs nothing"},
	{name: kindObservation, owner: "performance", ids: []string{"measures", "observations"}, bare: true, ends: "is about no measure"},
	{name: kindProgram, owner: "budgeting", ids: []string{"programs"}, ends: "is aligned with no goal"},
	{name: "fundingRequest", owner: "budgeting", ids: []string{"budgets", "fundingRequests"}, ends: "is part of no program"},
	{name: "decisionPackage", owner: "budgeting", ids: []string{"budgets", "fundingRequests", "decisionPackages"}, bare: true, ends: "is part of no request"},
	{name: kindLine, owner: "budgeting", ids: []string{"budgets", "allocations", "lines"}, bare: true, ends: "pays for no program"},
}

// kindOf is the kind that a name is of.
func kindOf(name string) (kind, bool) {
	parts := strings.Split(name, "/")
	if len(parts) < 2 || len(parts)%2 != 0 || parts[0] != "organizations" || slices.Contains(parts, "") || slices.Contains(parts, "-") {
		return kind{}, false
	}
	var collections []string
	for i := 2; i < len(parts); i += 2 {
		collections = append(collections, parts[i])
	}
	at := slices.IndexFunc(kinds, func(k kind) bool { return slices.Equal(k.ids, collections) })
	if at < 0 {
		return kind{}, false
	}
	return kinds[at], true
}

// Organization is the name of the organization that a resource belongs to, and whether the name is one that can be zoomed from.
func Organization(name string) (string, bool) {
	if _, ok := kindOf(name); !ok {
		return "", false
	}
	return strings.Join(strings.SplitN(name, "/", 3)[:2], "/"), true
}

// Kinds are the words for all kinds, as sentences have them.
func Kinds() []string {
	all := make([]string, len(kinds))
	for i, k := range kinds {
		all[i] = words(k.name)
	}
	return all
}

// words spells a kind as sentences do: "funding request".
func words(kind string) string {
	var b strings.Builder
	for _, c := range kind {
		if unicode.IsUpper(c) {
			b.WriteByte(' ')
		}
		b.WriteRune(unicode.ToLower(c))
	}
	return b.String()
}
