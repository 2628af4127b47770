package main

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/throughline/throughline/services/budgeting/internal/bench/benchtest"
	"github.com/throughline/throughline/services/budgeting/internal/domain/earmark"
	"github.com/throughline/throughline/services/budgeting/internal/domain/engine"
)

// divide compares the division of restricted funds with Ipopt and HiGHS.
func (b *bench) divide(ctx context.Context) error {
	for _, j := range []struct {
		funds, programs int
		random          bool
		pieces          []int // of HiGHS, per square
		own, peers      string
	}{
		{20, 3000, false, []int{20, 50}, "", "300x"},
		{20, 3000, true, []int{20, 50}, "", "300x"},
		{100, 100_000, false, []int{20}, "< 250", ""},
	} {
		kind := "few classes"
		if j.random {
			kind = "many classes"
		}
		name := fmt.Sprintf("divide %d funds × %s programs, %s", j.funds, grouped(int64(j.programs)), kind)
		if !b.asked(name) {
			continue
		}
		c, err := benchtest.NewCity(ctx, j.funds, j.programs, j.random)
		if err != nil {
			return err
		}
		if err := b.divideOne(ctx, name, c, j.pieces, j.own, j.peers); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) divideOne(ctx context.Context, name string, c benchtest.City, pieces []int, wantedOwn, wanted string) error {
	var s earmark.Solution
	ours, err := cost(func() (err error) {
		s, err = earmark.Solve(ctx, c.Core)
		return err
	})
	if err != nil {
		return err
	}
	b.own(name, ours, wantedOwn, verdict{text: fmt.Sprintf("exact to the cent, certified; %d classes, %d blocks", len(c.Core.Eligible), len(s.Blocks))})
	whole, err := cost(func() error {
		_, _, err := engine.Allocate(ctx, c.Input)
		return err
	})
	if err != nil {
		return err
	}
	b.own(name+": whole engine", whole, "", verdict{text: "validated, scored, divided, explained, certified, hashed"})

	if b.ipopt.missing != "" {
		b.skipped(name, b.ipopt.name, b.ipopt.missing)
	} else if err := b.compare(ctx, name, b.ipopt, ours, c.Core, s.Units, 0, wanted); err != nil {
		return err
	}
	for _, n := range pieces {
		p := b.highs
		p.name = fmt.Sprintf("HiGHS, %d pieces", n)
		if p.missing != "" {
			b.skipped(name, p.name, p.missing)
		} else if err := b.compare(ctx, name, p, ours, c.Core, s.Units, n, wanted); err != nil {
			return err
		}
	}
	return nil
}

// compare has a peer divide the same money and holds its lines and its objective against ours.
func (b *bench) compare(ctx context.Context, name string, p peer, ours time.Duration, core earmark.Problem, units []int64, pieces int, wanted string) error {
	fmt.Fprintln(b.progress, "  "+p.name)
	var spend int64
	for _, u := range units {
		spend += u
	}
	m := newContinuous(core, spend, pieces)
	a, ok, err := b.ask(ctx, name, &p, &m.linear)
	if err != nil || !ok {
		return err
	}
	if a.status != proven {
		b.against(name, ours, p.name, a.cpu, true, wanted, b.noAnswer())
		return nil
	}
	b.against(name, ours, p.name, a.cpu, false, wanted, m.judge(units, m.amounts(a.x)))
	return nil
}

// tolerance is the relative difference of objectives that rounding to cents and a peer's own tolerance explain.
const tolerance = 1e-6

// judge holds a peer's amounts against ours. Squares stated exactly must be answered within a dollar on every line. Pieces of straight line may
// only cost more than ours, by as much as they overstate the squares.
func (c *continuous) judge(units []int64, theirs []float64) verdict {
	mine := make([]float64, len(units))
	worst := 0.0 // dollars
	for i, u := range units {
		mine[i] = thousands(u)
		worst = max(worst, math.Abs(mine[i]-theirs[i])*thousand/100)
	}
	best, got := c.value(mine), c.value(theirs)
	text := "worst line $" + grouped(int64(math.Round(worst))) + " off"
	if worst < 1 {
		text = fmt.Sprintf("worst line $%.4f off", worst)
	}
	switch slack := best * tolerance; {
	case got < best-slack:
		return verdict{true, fmt.Sprintf("%s; objective %.9g below ours, %.9g", text, got, best)}
	case got > best+slack+c.slack:
		return verdict{true, fmt.Sprintf("%s; objective %.9g above ours, %.9g", text, got, best)}
	case c.slack == 0 && worst > 1:
		return verdict{true, text}
	case c.slack == 0:
		return verdict{text: "equal; " + text}
	default:
		return verdict{text: fmt.Sprintf("within its pieces (%.2g %% above); %s", 100*(got-best)/best, text)}
	}
}

// growth shows that the time of a division grows no faster than n log n.
func (b *bench) growth(ctx context.Context) error {
	for _, funds := range []int{1, 20} {
		var first float64
		for _, n := range []int{3000, 30_000, 300_000, 1_000_000} {
			name := fmt.Sprintf("grow %d funds × %s programs", funds, grouped(int64(n)))
			if !b.asked(name) {
				continue
			}
			p := benchtest.Plain(funds, n)
			ours, err := cost(func() error {
				_, err := earmark.Solve(ctx, p)
				return err
			})
			if err != nil {
				return err
			}
			per := float64(ours.Nanoseconds()) / (float64(n) * math.Log2(float64(n)))
			if first == 0 {
				first = per
			}
			b.own(name, ours, "≤ n log n", verdict{text: fmt.Sprintf("%.2f ns per n log n: %.2f of the first", per, per/first)})
		}
	}
	return nil
}
