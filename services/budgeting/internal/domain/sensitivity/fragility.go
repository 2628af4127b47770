package sensitivity

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/money"
	"github.com/throughline/throughline/services/budgeting/internal/domain/phrase"
	"github.com/throughline/throughline/services/platform/fault"
)

// Fragile says how little of each goal's weight changes a decision.
type Fragile struct {
	Threshold int64           // minor units
	Goals     []GoalFragility // the most fragile first, those that flip nothing last
	Solves    int64
	Sentences []string
}

// GoalFragility is one goal.
type GoalFragility struct {
	Goal, Title string
	WeightPPM   int64
	LeastPPM    int64 // the smaller change of the two sides; 0 when neither flips anything
	Up, Down    Side
	Sentences   []string
}

// Side is one direction of a goal's weight.
//
// Weights at doubling distances from the present one are allocated until one flips something; the distance is then halved down to the exact weight
// that flips while its neighbour does not. Flips need not be monotone, so a nearer weight might flip and flip back: where the stretches of equal
// scores up to there (or to the end of the scale) can all be allocated within the limit, they are, and the answer is exact (Coverage.Proven).
type Side struct {
	ReachPPM  int64    // how far the weight can go
	ChangePPM int64    // by how much it must, at least, to flip something; 0 when nothing was found to flip
	WeightPPM int64    // the weight there
	Flips     []Change // what it flips: the outcome, standings, moves beyond the threshold, packages, the division of the funds
	Coverage  Coverage
}

const (
	firstRung  = 1000 // ppm: a tenth of a point
	leastSide  = 32   // solves: ten doublings, the end of the scale, and nineteen halvings
	solvesSide = 64
)

// Fragility finds, for every goal, the smallest rise and fall of its weight that flips a funding decision of the plan (a program starts or stops
// being cut, raised or funded, another package is chosen, a block splits or merges, the outcome changes) or moves some program by more than the
// threshold. The plan must be the input's own.
//
// It allocates at most Options.Solves times for each side of each goal. Errors: Invalid for a threshold below zero or a plan of another input, and
// those of the solver.
func Fragility(ctx context.Context, in model.Input, plan model.Plan, threshold int64, opts Options) (Fragile, error) {
	if err := in.Validate(); err != nil {
		return Fragile{}, err
	}
	in = in.Normalize()
	hash, err := in.Hash()
	if err != nil {
		return Fragile{}, fmt.Errorf("hash the input: %w", err)
	}
	var bad fault.Violations
	bad.Check(threshold >= 0 && threshold <= money.Limit, "threshold", "is %d; it must be from 0 to %d", threshold, money.Limit)
	bad.Check(plan.InputHash == hash, "plan", "answers another input; pass the plan of this one")
	if err := bad.Err(); err != nil {
		return Fragile{}, err
	}
	limit := max(leastSide, cmp.Or(opts.Solves, solvesSide))
	f := Fragile{Threshold: threshold, Goals: []GoalFragility{}}
	now := newState(&in, &plan)
	most := 2 * int64(len(in.Goals)) * int64(limit)
	for at, g := range in.Goals {
		of := GoalFragility{Goal: g.ID, Title: g.Title, WeightPPM: g.WeightPPM}
		for _, side := range []struct {
			to    *Side
			sign  int64
			reach int64
		}{{&of.Up, 1, model.Whole - g.WeightPPM}, {&of.Down, -1, g.WeightPPM}} {
			if len(in.Goals) == 1 {
				side.reach = 0 // it can only weigh the whole
			}
			p := newProber(in, at, limit, opts, &f.Solves, most)
			p.budget /= 4
			p.known[p.scores(g.WeightPPM)] = now
			search := search{prober: p, now: now, threshold: threshold, from: g.WeightPPM, sign: side.sign}
			if *side.to, err = search.side(ctx, side.reach); err != nil {
				return Fragile{}, err
			}
		}
		of.LeastPPM = least(of.Up.ChangePPM, of.Down.ChangePPM)
		of.Sentences = of.tell(in.Currency)
		f.Goals = append(f.Goals, of)
	}
	slices.SortStableFunc(f.Goals, func(a, b GoalFragility) int {
		return cmp.Or(cmp.Compare(rank(a.LeastPPM), rank(b.LeastPPM)), strings.Compare(a.Goal, b.Goal))
	})
	f.Sentences = f.tell(in.Currency)
	return f, nil
}

// least is the smaller of two changes, of which 0 is none.
func least(a, b int64) int64 {
	if a == 0 || (b != 0 && b < a) {
		return b
	}
	return a
}

// rank puts goals that flip nothing last.
func rank(leastPPM int64) int64 {
	if leastPPM == 0 {
		return model.Whole + 1
	}
	return leastPPM
}

// search looks in one direction from the present weight.
type search struct {
	*prober
	now       *state
	threshold int64
	from      int64
	sign      int64
}

func (s *search) side(ctx context.Context, reach int64) (Side, error) {
	out := Side{ReachPPM: reach, WeightPPM: s.from, Coverage: Coverage{Limit: s.limit, StepPPM: 1}}
	low, high, hit, err := s.climb(ctx, reach)
	if err != nil {
		return Side{}, err
	}
	gap := max(high-low, low/2) // distances double: the last gap is the widest, unless the end of the scale cut it off
	for hit != nil && high-low > 1 {
		middle := low + (high-low)/2
		st, err := s.at(ctx, s.from+s.sign*middle)
		if err != nil {
			return Side{}, err
		}
		if flipped(s.now, st, s.threshold) {
			high, hit = middle, st
		} else {
			low = middle
		}
	}
	inside := high // nothing at this distance or beyond needs a look
	if hit == nil {
		inside = reach + 1
	}
	nearer, at, proven, err := s.prove(ctx, inside)
	if err != nil {
		return Side{}, err
	}
	if nearer != nil {
		hit, high = nearer, at
	}
	if out.Coverage.Proven = proven; !proven {
		out.Coverage.StepPPM = gap
	}
	out.Coverage.Solves = s.solves
	if hit != nil {
		out.ChangePPM, out.WeightPPM, out.Flips = high, s.from+s.sign*high, flips(s.now, hit, s.threshold)
	}
	return out, nil
}

// climb allocates at doubling distances. It answers the last distance that flips nothing and the first that flips, with its state; nil when even
// the end of the scale flips nothing.
func (s *search) climb(ctx context.Context, reach int64) (low, high int64, hit *state, err error) {
	for rung := int64(firstRung); high < reach; rung *= 2 {
		low, high = high, min(rung, reach)
		st, err := s.at(ctx, s.from+s.sign*high)
		if err != nil {
			return 0, 0, nil, err
		}
		if flipped(s.now, st, s.threshold) {
			return low, high, st, nil
		}
	}
	return low, high, nil, nil
}

// prove allocates every stretch of equal scores nearer than a distance, if it may, and answers the nearest that flips.
func (s *search) prove(ctx context.Context, inside int64) (hit *state, at int64, proven bool, err error) {
	if inside <= 1 {
		return nil, 0, true, nil
	}
	starts, ok, err := s.stretches(ctx, s.from, s.from+s.sign*(inside-1))
	if err != nil || !ok {
		return nil, 0, false, err
	}
	for _, ppm := range starts {
		st, err := s.at(ctx, ppm)
		if err != nil {
			return nil, 0, false, err
		}
		if flipped(s.now, st, s.threshold) {
			return st, s.sign * (ppm - s.from), true, nil
		}
	}
	return nil, 0, true, nil
}

func (g *GoalFragility) tell(currency string) []string {
	name := cmp.Or(g.Title, g.Goal)
	var out []string
	for _, s := range []struct {
		verb, noun string
		Side
	}{{"rise", "more", g.Up}, {"fall", "less", g.Down}} {
		switch {
		case s.ReachPPM == 0:
			out = append(out, fmt.Sprintf("The weight of goal %q, %s, cannot %s.", name, phrase.Share(g.WeightPPM), s.verb))
			continue
		case s.ChangePPM == 0:
			out = append(out, fmt.Sprintf("The weight of goal %q, %s, can %s by all of %s without a decision that changes.",
				name, phrase.Share(g.WeightPPM), s.verb, phrase.Points(s.ReachPPM)))
		default:
			out = append(out, fmt.Sprintf("The weight of goal %q, %s, needs %s %s to change a decision.", name, phrase.Share(g.WeightPPM), phrase.Points(s.ChangePPM), s.noun))
			out = append(out, sentences(currency, s.Flips)...)
		}
		if s.Coverage.Proven {
			out = append(out, "Every weight nearer than that was examined.")
		} else {
			out = append(out, fmt.Sprintf("Weights up to %s apart were examined: a nearer change that undoes itself in between could be missed.", phrase.Points(s.Coverage.StepPPM)))
		}
	}
	return out
}

func (f *Fragile) tell(currency string) []string {
	if len(f.Goals) == 0 || f.Goals[0].LeastPPM == 0 {
		return []string{fmt.Sprintf("No weight of a single goal was found to change a decision or to move a program by more than %s.", phrase.Money(currency, f.Threshold))}
	}
	g := &f.Goals[0]
	out := []string{fmt.Sprintf("The most fragile goal is %q: %s of its weight change a decision, or move a program by more than %s.",
		cmp.Or(g.Title, g.Goal), phrase.Points(g.LeastPPM), phrase.Money(currency, f.Threshold))}
	side := &g.Up
	if side.ChangePPM != g.LeastPPM {
		side = &g.Down
	}
	return append(out, sentences(currency, side.Flips)...)
}
