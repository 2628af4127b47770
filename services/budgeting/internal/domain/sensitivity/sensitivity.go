// Package sensitivity says how an allocation answers to the weight of a goal, by allocating again: what a point of weight moves, where decisions
// change, and how little it takes. Nothing is approximated; what was examined and what was not is part of every answer.
package sensitivity

import (
	"context"
	"fmt"
	"slices"

	"github.com/throughline/throughline/services/budgeting/internal/domain/engine"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/score"
	"github.com/throughline/throughline/services/budgeting/internal/domain/spread"
	"github.com/throughline/throughline/services/platform/fault"
)

// Solver allocates an input. The default is engine.Allocate, with its certificate.
type Solver func(context.Context, model.Input) (model.Plan, error)

// Options bound the work; zero values are the defaults.
type Options struct {
	Solve    Solver
	Solves   int                    // most re-solves: of one Goal (400, at least Points + 4), of each side of each goal in Fragility (64, at least 32)
	Points   int                    // most points on the curve of Goal besides the present one: 41, at least 2
	Progress func(done, most int64) // told after every re-solve
}

// Coverage is what stands behind an answer. Plans depend on the weights through scores in whole basis points, so all weights of a stretch with
// equal scores share one plan.
type Coverage struct {
	Solves  int   // allocations made
	Limit   int   // that could have been made
	Proven  bool  // every weight in question was examined: the answer is exact
	StepPPM int64 // otherwise: the widest gap between weights examined; a change that undoes itself within a gap would be missed
}

// scorings bounds how many programs are scored to look for stretches of equal scores: about half a second.
const scorings = 4 << 20

// prober allocates the input at other weights of one goal, and remembers.
type prober struct {
	in     model.Input // normalized
	goal   int
	opts   Options
	limit  int
	solves int
	done   *int64 // over all probers of one answer
	most   int64
	budget int64             // programs that may still be scored in search of stretches
	known  map[string]*state // by scores; looked up only
}

func newProber(in model.Input, goal, limit int, opts Options, done *int64, most int64) *prober {
	if opts.Solve == nil {
		opts.Solve = certified
	}
	return &prober{in: in, goal: goal, opts: opts, limit: limit, done: done, most: most, budget: scorings, known: map[string]*state{}}
}

func certified(ctx context.Context, in model.Input) (model.Plan, error) {
	plan, _, err := engine.Allocate(ctx, in)
	return plan, err
}

// with is the input at another weight of the goal.
func (p *prober) with(ppm int64) model.Input {
	in := p.in
	in.Goals = reweigh(p.in.Goals, p.goal, ppm)
	return in
}

// scores are the input's scores at a weight, two bytes each: all that a plan depends on.
func (p *prober) scores(ppm int64) string {
	points := score.New(p.with(ppm)).Points()
	key := make([]byte, 0, 2*len(points))
	for _, bp := range points {
		key = append(key, byte(bp>>8), byte(bp)) //nolint:gosec // scores are at most 10,000: both bytes are kept
	}
	return string(key)
}

// at is the state at a weight; nil when that would take more solves than there may be.
func (p *prober) at(ctx context.Context, ppm int64) (*state, error) {
	key := p.scores(ppm)
	if s := p.known[key]; s != nil {
		return s, nil
	}
	if p.solves == p.limit {
		return nil, nil
	}
	plan, err := p.opts.Solve(ctx, p.with(ppm))
	if err != nil {
		return nil, fmt.Errorf("allocate at a weight of %d ppm: %w", ppm, err)
	}
	p.solves++
	*p.done++
	if p.opts.Progress != nil {
		p.opts.Progress(*p.done, p.most)
	}
	s := newState(&p.in, &plan)
	p.known[key] = s
	return s, nil
}

// stretches walks the weights from one to another, upward or downward, and answers where each stretch of equal scores starts. It gives up
// (false) when that would score too many programs, or when the states of the stretches would take too many solves.
func (p *prober) stretches(ctx context.Context, from, to int64) (starts []int64, ok bool, err error) {
	step, count := int64(1), to-from+1
	if to < from {
		step, count = -1, from-to+1
	}
	if size := int64(max(1, len(p.in.Programs))); count > p.budget/size {
		return nil, false, nil
	}
	last, fresh := "", map[string]bool{}
	for ppm := from; count > 0; ppm, count = ppm+step, count-1 {
		if err := ctx.Err(); err != nil {
			return nil, false, fmt.Errorf("look for stretches of equal scores: %w", err)
		}
		p.budget -= int64(len(p.in.Programs))
		key := p.scores(ppm)
		if key == last && len(starts) > 0 {
			continue
		}
		last = key
		starts = append(starts, ppm)
		if p.known[key] == nil {
			fresh[key] = true
		}
		if len(fresh) > p.limit-p.solves {
			return nil, false, nil
		}
	}
	return starts, true, nil
}

func place(goals []model.Goal, goal string) (int, error) {
	var bad fault.Violations
	at := slices.IndexFunc(goals, func(g model.Goal) bool { return g.ID == goal })
	bad.Check(at >= 0, "goal", "%q is not one of the goals; correct the name", goal)
	bad.Check(at < 0 || len(goals) > 1, "goal", "%q is the only goal; its weight can only be the whole", goal)
	return at, bad.Err()
}

// reweigh gives one goal a weight (ppm) and scales the others in proportion, so that all add up to 1,000,000: exactly, by Webster's rule, so
// that a goal never gains weight while another takes more. Where all others weigh nothing they share equally.
func reweigh(goals []model.Goal, at int, ppm int64) []model.Goal {
	out := slices.Clone(goals)
	weights := make([]int64, 0, len(goals))
	for i := range goals {
		if i != at {
			weights = append(weights, goals[i].WeightPPM)
		}
	}
	shares := spread.Shares(weights, model.Whole-ppm)
	out[at].WeightPPM = ppm
	for i := range out {
		if i != at {
			out[i].WeightPPM, shares = shares[0], shares[1:]
		}
	}
	return out
}
