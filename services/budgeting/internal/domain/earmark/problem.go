// Package earmark divides several restricted funds over claims: classes of equal eligibility, integer max-flow, and decomposition at its minimum cuts.
package earmark

import "github.com/throughline/throughline/services/budgeting/internal/domain/waterfill"

// Problem is claims, the classes they belong to, and funds with whole units to give. Claims of one class may be paid by the same funds.
//
// Solve takes for granted what its caller checks and refuses in plain words: curves as waterfill.Curve asks, and Σ Base, Σ Hi, Σ Cut, Σ Grow and
// Σ Capacity each below 2^62. Within that nothing overflows. It sees integers only, so that every machine finds the same bytes.
type Problem struct {
	Curves   []waterfill.Curve
	Class    []int32   // of each claim
	Eligible [][]int32 // funds of each class: ascending, not empty, no two classes alike
	Capacity []int64   // of each fund, ≥ 0
	Order    []int32   // every fund, most restricted first
}

// Solution is the one optimal division: every claim's units, the blocks that share a rate, and who pays.
type Solution struct {
	Units  []int64   // of each claim
	Blocks []Block   // ordered by their first fund; every claim is in exactly one
	Paid   [][]int64 // class by position in Eligible: most restricted funds are used first
}

// Block is a part of the problem that is decided by one rate: its claims, the funds left to pay them, and why it stands apart.
type Block struct {
	Classes []int32 // ascending
	Funds   []int32 // ascending
	Rate    waterfill.Rate
	Short   int64 // units by which the lower limits exceed the money; every claim is then at Lo
	Cut     *Cut
}

// Cut is a bottleneck: at the rate shared with its neighbours the part would take Demand units, and its funds have only Supply.
type Cut struct{ Demand, Supply int64 }
