package sensitivity

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/phrase"
	"github.com/throughline/throughline/services/platform/fault"
)

// Sweep is what an allocation does while the weight of one goal moves and the others keep their proportion. Weights are parts per million, amounts
// minor units of the lines in the formula.
type Sweep struct {
	Goal, Title    string
	WeightPPM      int64 // present
	FromPPM, ToPPM int64
	Prices         []Price  // programs that a point of weight moves, the most first
	UpPPM, DownPPM int64    // the points of Prices: 10,000 each, less at the ends of the scale
	Programs       []string // columns of the curve: with a line in the formula or a choice to be made, by id
	Curve          []Point  // by weight, the present one among them where it lies in the range
	Breakpoints    []Breakpoint
	Coverage       Coverage // of Breakpoints
	Sentences      []string
}

// Price is what the present weight is worth to a program: the exact change for a point more and for a point less.
type Price struct {
	Program  string
	Amount   int64
	Up, Down int64
}

// Point is one weight of the curve.
type Point struct {
	PPM     int64
	Outcome model.Outcome
	Amounts []int64 // of Programs
}

// Breakpoint is where decisions change: the outcome, the blocks, a limit that binds, a package, or whether a program is cut, kept, raised or
// funded. They differ between the weights BelowPPM and PPM; these are neighbours (PPM is exact) unless the re-solves ran out.
type Breakpoint struct {
	BelowPPM, PPM int64
	Changes       []Change
	Sentences     []string
}

// point is one percentage point of weight.
const point = model.Whole / 100

// Goal moves the weight of one goal between two weights.
//
// Where the stretches of equal scores in the range can all be allocated within the limit, every breakpoint is found (Coverage.Proven). Otherwise
// the points of the curve are allocated, and every difference between neighbours is halved down to its exact weight: changes that undo themselves
// between two points of the curve stay unseen.
//
// Errors: Invalid for a goal or range that cannot be, and those of the solver.
func Goal(ctx context.Context, in model.Input, goal string, fromPPM, toPPM int64, opts Options) (Sweep, error) {
	opts.Points = max(2, cmp.Or(opts.Points, 41))
	limit := max(opts.Points+4, cmp.Or(opts.Solves, 400))
	if err := in.Validate(); err != nil {
		return Sweep{}, err
	}
	in = in.Normalize()
	at, err := place(in.Goals, goal)
	if err != nil {
		return Sweep{}, err
	}
	var bad fault.Violations
	bad.Check(fromPPM >= 0 && toPPM <= model.Whole && fromPPM < toPPM, "range", "is %d to %d ppm; it must rise, from 0 to %d", fromPPM, toPPM, model.Whole)
	if err := bad.Err(); err != nil {
		return Sweep{}, err
	}
	var done int64
	p := newProber(in, at, limit, opts, &done, int64(limit))
	w := in.Goals[at].WeightPPM
	s := Sweep{Goal: goal, Title: in.Goals[at].Title, WeightPPM: w, FromPPM: fromPPM, ToPPM: toPPM, UpPPM: min(point, model.Whole-w), DownPPM: min(point, w)}
	if err := s.price(ctx, p); err != nil {
		return Sweep{}, err
	}
	grid := s.grid(opts.Points)
	samples, proven, err := p.stretches(ctx, fromPPM, toPPM)
	if err != nil {
		return Sweep{}, err
	}
	if !proven {
		samples = grid
	}
	if err := s.breaks(ctx, p, samples); err != nil {
		return Sweep{}, err
	}
	if err := s.draw(ctx, p, grid); err != nil {
		return Sweep{}, err
	}
	s.Coverage = Coverage{Solves: p.solves, Limit: limit, Proven: proven, StepPPM: 1}
	if !proven {
		s.Coverage.StepPPM = widest(grid)
	}
	s.Sentences = s.tell(in.Currency)
	return s, nil
}

// grid spreads the points evenly over the range, and adds the present weight.
func (s *Sweep) grid(points int) []int64 {
	width := s.ToPPM - s.FromPPM
	n := min(int64(points), width+1)
	out := []int64{}
	for i := range n {
		out = append(out, s.FromPPM+width*i/(n-1))
	}
	if s.WeightPPM >= s.FromPPM && s.WeightPPM <= s.ToPPM {
		out = append(out, s.WeightPPM)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func widest(grid []int64) (gap int64) {
	for i := 1; i < len(grid); i++ {
		gap = max(gap, grid[i]-grid[i-1])
	}
	return gap
}

// price allocates a point above and below the present weight.
func (s *Sweep) price(ctx context.Context, p *prober) error {
	now, err := p.at(ctx, s.WeightPPM)
	if err != nil {
		return err
	}
	up, err := p.at(ctx, s.WeightPPM+s.UpPPM)
	if err != nil {
		return err
	}
	down, err := p.at(ctx, s.WeightPPM-s.DownPPM)
	if err != nil {
		return err
	}
	s.Prices = []Price{}
	for i, of := range now.programs {
		price := Price{of.id, of.amount, up.programs[i].amount - of.amount, down.programs[i].amount - of.amount}
		if price.Up != 0 || price.Down != 0 {
			s.Prices = append(s.Prices, price)
		}
	}
	slices.SortStableFunc(s.Prices, func(a, b Price) int { return cmp.Compare(b.size(), a.size()) })
	return nil
}

func (p Price) size() int64 { return max(p.Up, -p.Up) + max(p.Down, -p.Down) }

// breaks finds where decisions change between neighbouring samples.
func (s *Sweep) breaks(ctx context.Context, p *prober, samples []int64) error {
	s.Breakpoints = []Breakpoint{}
	for _, ppm := range samples { // first, so that what is left of the limit goes into halving
		if _, err := p.at(ctx, ppm); err != nil {
			return err
		}
	}
	for i := 1; i < len(samples); i++ {
		low, high := samples[i-1], samples[i]
		for low < high {
			b, found, err := p.first(ctx, low, high)
			if err != nil {
				return err
			}
			if !found {
				break
			}
			s.Breakpoints = append(s.Breakpoints, b)
			low = b.PPM
		}
	}
	return nil
}

// first halves its way to a breakpoint above low, where low and high differ. Stretches are flat, so in a proven sweep the halving is of stretches
// that are known to be without a change but at their start.
func (p *prober) first(ctx context.Context, low, high int64) (Breakpoint, bool, error) {
	from, err := p.at(ctx, low)
	if err != nil {
		return Breakpoint{}, false, err
	}
	to, err := p.at(ctx, high)
	if err != nil || from == nil || to == nil || same(from, to) {
		return Breakpoint{}, false, err
	}
	for high-low > 1 {
		middle := low + (high-low)/2
		s, err := p.at(ctx, middle)
		if err != nil {
			return Breakpoint{}, false, err
		}
		if s == nil {
			break
		}
		if same(from, s) {
			low = middle
		} else {
			high, to = middle, s
		}
	}
	b := Breakpoint{BelowPPM: low, PPM: high, Changes: changes(from, to)}
	where := fmt.Sprintf("From a weight of %s on:", phrase.Share(high))
	if high-low > 1 {
		where = fmt.Sprintf("Somewhere between %s and %s:", phrase.Share(low), phrase.Share(high))
	}
	b.Sentences = append([]string{where}, sentences(p.in.Currency, b.Changes)...)
	return b, true, nil
}

// draw fills the curve. Its points were allocated already, or share a stretch with a weight that was.
func (s *Sweep) draw(ctx context.Context, p *prober, grid []int64) error {
	s.Programs, s.Curve = []string{}, []Point{}
	now, err := p.at(ctx, s.WeightPPM)
	if err != nil {
		return err
	}
	choice := map[string]bool{} // looked up only
	for _, k := range now.packages {
		choice[k.program] = true
	}
	var columns []int
	for i, of := range now.programs {
		if of.lines > 0 || choice[of.id] {
			columns = append(columns, i)
			s.Programs = append(s.Programs, of.id)
		}
	}
	for _, ppm := range grid {
		st, err := p.at(ctx, ppm)
		if err != nil {
			return err
		}
		if st == nil {
			continue
		}
		at := Point{PPM: ppm, Outcome: st.outcome, Amounts: make([]int64, len(columns))}
		for n, i := range columns {
			at.Amounts[n] = st.programs[i].amount
		}
		s.Curve = append(s.Curve, at)
	}
	return nil
}
