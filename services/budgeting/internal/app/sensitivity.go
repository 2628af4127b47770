package app

import (
	"context"
	"fmt"
	"slices"

	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/sensitivity"
	"github.com/throughline/throughline/services/platform/fault"
)

// What one analysis may take: programs times re-solves, some seconds of CPU. The caller's deadline ends it earlier.
const (
	analysisWork  = 600_000
	sweepSolves   = 400
	sweepPoints   = 41
	leastSweep    = 9 // solves of a sweep, however large the city: five points and what is around the present weight
	sideSolves    = 64
	leastOfASide  = 32
	sweepAround   = 100_000 // ppm either side of the certified weight, when no range is given
	pointsBesides = 4       // solves of a sweep that are not points of its curve
)

// Sweep is what an allocation does while a goal's weight moves.
type Sweep struct {
	Allocation domain.Allocation
	Titles     domain.Titles
	sensitivity.Sweep
	Changes [][]string // of each breakpoint, in words
	Method  string     // how finely the range was searched
}

// AnalyzeSensitivity moves the weight of a goal over a range, in parts per million; both ends 0 mean the range around the certified weight.
func (a *App) AnalyzeSensitivity(ctx context.Context, k BudgetKey, goal string, from, to int64) (Sweep, error) {
	o, err := a.weighed(ctx, k)
	if err != nil {
		return Sweep{}, err
	}
	if from, to, err = sweepRange(o.Input.Goals, goal, from, to); err != nil {
		return Sweep{}, err
	}
	solves := max(leastSweep, min(sweepSolves, analysisWork/max(1, len(o.Input.Programs))))
	s := Sweep{Allocation: o.Allocation, Titles: o.titles}
	s.Sweep, err = sensitivity.Goal(ctx, o.Input, goal, from, to, sensitivity.Options{Solves: solves, Points: min(sweepPoints, solves-pointsBesides)})
	if err != nil {
		return s, relocated(err, "range", "to_ppm")
	}
	for _, b := range s.Breakpoints {
		s.Changes = append(s.Changes, domain.Told(b.Sentences, s.Titles, o.Input.Goals))
	}
	s.Method = s.Sentences[len(s.Sentences)-1] + solved(int64(s.Coverage.Solves), int64(s.Coverage.Limit))
	return s, nil
}

// weighed opens an allocation in which weights decide something.
func (a *App) weighed(ctx context.Context, k BudgetKey) (opened, error) {
	o, err := a.open(ctx, k)
	if err == nil && o.Method.ByBallots() {
		err = fault.State("VOTERS_DECIDE", "%s is decided by ballots, and no weight of a goal moves anything in it; ask this of an allocation by priorities", o.Name())
	}
	return o, err
}

func sweepRange(goals []model.Goal, goal string, from, to int64) (low, high int64, err error) {
	var v fault.Violations
	at := slices.IndexFunc(goals, func(g model.Goal) bool { return g.ID == goal })
	v.Check(at >= 0, "goal", "%s has no weight in the allocation; name one of its goals", goal)
	v.Check(at < 0 || len(goals) > 1, "goal", "%s is the only goal of the allocation; its weight can only be the whole", goal)
	v.Check(to != 0 || from == 0, "to_ppm", "is left out and from_ppm is given; give both, or neither for the range around the certified weight")
	v.Check(to == 0 || from < to, "to_ppm", "is %d and from_ppm %d; the range must rise", to, from)
	if err := v.Err(); err != nil {
		return 0, 0, err
	}
	if to == 0 {
		weight := goals[at].WeightPPM
		return max(0, weight-sweepAround), min(model.Whole, weight+sweepAround), nil
	}
	return from, to, nil
}

// Fragility is how little of each goal's weight changes a decision.
type Fragility struct {
	Flips  [][]string // of each goal, in words
	Method string
	sensitivity.Fragile
}

// AnalyzeFragility finds the smallest changes of weights that flip a decision, or move a program by more than the threshold. nil means that only
// decisions count.
func (a *App) AnalyzeFragility(ctx context.Context, k BudgetKey, threshold *int64) (Fragility, error) {
	most := domain.MaxAmount
	if threshold != nil {
		most = *threshold
	}
	if most < 0 {
		return Fragility{}, violation("threshold", "must not be negative")
	}
	o, err := a.weighed(ctx, k)
	if err != nil {
		return Fragility{}, err
	}
	sides := 2 * max(1, len(o.Input.Goals))
	solves := max(leastOfASide, min(sideSolves, analysisWork/max(1, len(o.Input.Programs)*sides)))
	var f Fragility
	if f.Fragile, err = sensitivity.Fragility(ctx, o.Input, o.Plan, most, sensitivity.Options{Solves: solves}); err != nil {
		return f, err
	}
	f.Method = "Every weight nearer than the changes shown was examined, for each goal: the answer is exact."
	var widest int64
	for i := range f.Goals {
		g := &f.Goals[i]
		f.Flips = append(f.Flips, domain.Told(g.Sentences, o.titles, o.Input.Goals))
		for _, side := range []sensitivity.Side{g.Up, g.Down} {
			if !side.Coverage.Proven {
				widest = max(widest, side.Coverage.StepPPM)
			}
		}
	}
	if widest > 0 {
		f.Method = fmt.Sprintf("Every change shown is real, and the weight next to it changes nothing. Weights at most %d ppm apart were examined: "+
			"a nearer change that undoes itself in between could be missed.", widest)
	}
	f.Method += solved(f.Solves, int64(sides)*int64(solves))
	return f, nil
}

func solved(solves, limit int64) string {
	return fmt.Sprintf(" The input was allocated again %d times, of at most %d.", solves, limit)
}
