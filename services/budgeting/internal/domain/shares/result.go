package shares

import "math/big"

// Stage is the part of the rule that selected a project.
type Stage string

// Stages.
const (
	StageShares      Stage = "SHARES"      // bought by its supporters
	StageUtilitarian Stage = "UTILITARIAN" // added by the completion
	StageGreedy      Stage = "GREEDY"      // taken by score
)

// Stop is why Add1 went no further.
type Stop string

// Stops.
const (
	StopFixed      Stop = "FIXED"      // the rule has no Add1
	StopExhausted  Stop = "EXHAUSTED"  // no project with support that is left fits into the budget
	StopOverspends Stop = "OVERSPENDS" // the next step would cost more than the budget
)

// Pick is one selected project. All but Project and Stage are only for StageShares.
type Pick struct {
	Project int // index of Election.Projects
	Stage   Stage
	Price   *big.Rat // minor units that a supporter pays per weight, unless all that is left to them is less
	Rho     *big.Rat // minor units per utility: the project bought is always one with the least
	Full    int      // supporters who paid price × weight
	Rest    int      // supporters who paid all they had left, and that was less; the remaining supporters had nothing left
}

// EffectiveVotes is the cost over the price: the score that the project still had when it was bought, if a supporter who cannot pay in full counts
// for the part that they can. Nil for projects that were not bought.
func (p *Pick) EffectiveVotes(cost int64) *big.Rat {
	if p.Price == nil || p.Price.Sign() == 0 {
		return nil
	}
	return new(big.Rat).Quo(new(big.Rat).SetInt64(cost), p.Price)
}

// Skip is a project that Greedy or the completion came to when only Remaining was left. GreedyStop ends with its one skip.
type Skip struct {
	Project   int
	Remaining int64 // minor units
}

// Short is a project with support that its supporters could not buy.
type Short struct {
	Project int
	Money   int64 // minor units that its supporters had left when the last run ended, rounded down; below the cost
}

// Refused is the step of Add1 after the last: why there is no further one. Its picks end with the one that costs too much.
type Refused struct {
	Budget *big.Rat // minor units per voter
	Picks  []Pick
	Cost   int64 // of the picks: more than the budget
}

// Shares tells how voters paid in the run of equal shares that counts.
type Shares struct {
	Budget  *big.Rat // minor units per voter
	Steps   int      // of Add1
	Stop    Stop
	Left    []int64  // by voter: minor units left at the end, rounded down
	Short   []Short  // by index of project
	Refused *Refused // only for StopOverspends
}

// Result is what a rule selects.
type Result struct {
	Picks  []Pick // in order of selection
	Cost   int64  // minor units, at most the budget
	Skips  []Skip // in order of consideration
	Shares *Shares
}

// Selected says for every project whether it is selected.
func (r *Result) Selected(projects int) []bool {
	in := make([]bool, projects)
	for i := range r.Picks {
		in[r.Picks[i].Project] = true
	}
	return in
}
