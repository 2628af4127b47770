// Package packages chooses levels of decision packages to get the most value out of restricted funds, with a proven optimum or a certified gap.
package packages

// Problem is a multiple-choice knapsack over a polymatroid: at most one level of each group is chosen, every class of its cost is paid by the nodes
// (funds, or funds in a year) that may pay it, and no node pays more than its capacity. All amounts are whole units of one kind.
type Problem struct {
	Groups   []Group
	Eligible [][]int32 // nodes that may pay each class of cost: ascending, not empty, no two classes alike
	Capacity []int64   // units of each node, ≥ 0
	Links    []Link
}

// Group is one decision package. At most one of its levels is chosen, exactly one when it is required; levels are in order of service.
type Group struct {
	Required bool
	Levels   []Level
}

// Level is a way to carry out a package: what it is worth and what it costs.
type Level struct {
	Value int64
	Costs []Cost // each class at most once
}

// Cost is units that the nodes of one class pay.
type Cost struct {
	Class int32
	Units int64 // ≥ 0
}

// LinkKind says what a link asks of its two groups.
type LinkKind uint8

// Kinds of links.
const (
	Requires LinkKind = iota + 1 // Group at Level or higher needs Other at OtherLevel or higher
	Excludes                     // Group at Level or higher and Other at OtherLevel or higher may not both hold
)

// Link ties two groups.
type Link struct {
	Kind              LinkKind
	Group, Level      int32
	Other, OtherLevel int32
}

// Options limit and watch the work.
type Options struct {
	States   int64          // states that may be looked at: the same limit gives the same answer on every machine; 0 is DefaultStates
	Progress func(Progress) // called now and then, may be nil
}

// Progress is how far the search has come: every feasible value is at most Bound.
type Progress struct{ States, Value, Bound int64 }

// Solution is the best choice found and how far from the best possible it can be at most.
//
// Prices are node prices ≥ 0, value per unit scaled by 2^Shift. By weak duality no choice is worth more than
//
//	DualBound = floor((Σ groups max over levels, and none unless required, of (Value·2^Shift − Σ Units·price(Class)) + Σ Capacity·price) / 2^Shift)
//
// where price(Class) is the least price of its nodes. Every partial sum of it fits into an int64. Bound is at most DualBound and comes from the search.
type Solution struct {
	Feasible  bool    // a choice was found
	Chosen    []int32 // level of each group, -1 for none; nil unless feasible
	Value     int64   // of Chosen
	Bound     int64   // ≥ the value of every feasible choice
	Proven    bool    // Value == Bound, or no choice exists
	Short     []int32 // when proven infeasible: nodes that required groups overdraw, where one set of nodes shows it
	Prices    []int64
	Shift     uint8
	DualBound int64
	States    int64 // work spent
}

// Limits of one solve.
const (
	DefaultStates = 30_000_000
	MaxLinked     = 1 << 14   // combinations of levels that linked groups may have together, dominated ones aside
	MaxBranches   = 64        // cases that levels of the groups with the most links are split into where there are more
	limit         = 1<<62 - 1 // of every sum of values, capacities and costs
	widest        = 1 << 18   // states that a list keeps at most
)
