package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/throughline/throughline/services/budgeting/internal/domain/packages"
	"github.com/throughline/throughline/services/budgeting/internal/domain/packages/packagestest"
)

// choose compares the choice of decision packages with CBC, GLPK and HiGHS on generated instances.
func (b *bench) choose(ctx context.Context, full bool) error {
	const seeds = 20
	for _, j := range []struct {
		name         string
		make         func(seed uint64) packages.Problem
		own, fastest string
	}{
		{"choose 3,000 × 4, 1 fund, random", func(s uint64) packages.Problem { return packagestest.Random(s, 3000, 4, 1) }, "20 of 20", "20x"},
		{"choose 3,000 × 4, 5 funds, random", func(s uint64) packages.Problem { return packagestest.Random(s, 3000, 4, 5) }, "20 of 20", "20x"},
		{"choose 3,000 × 4, 5 funds, tied", func(s uint64) packages.Problem { return packagestest.Tied(s, 3000, 4, 5) }, "≥ 18 of 20", ""},
		{"choose 300 × 1, 5 funds, correlated", func(s uint64) packages.Problem { return packagestest.Correlated(s, 300, 1, 5) }, "≥ 15 of 20", "≥ 0.33x"},
		{"choose 300 × 4, 5 funds, correlated", func(s uint64) packages.Problem { return packagestest.Correlated(s, 300, 4, 5) }, "≥ 15 of 20", "≥ 0.33x"},
	} {
		if !b.asked(j.name) {
			continue
		}
		set := make([]problem, seeds)
		for i := range set {
			set[i].Problem = j.make(uint64(i + 1))
		}
		compared := b.seeds
		if full {
			compared = seeds
		}
		if err := b.set(ctx, j.name, set, compared, j.own, j.fastest); err != nil {
			return err
		}
	}
	return nil
}

// problem is an instance with our answer to it.
type problem struct {
	packages.Problem
	solution packages.Solution
	ours     time.Duration
}

// set solves all instances, then has peers solve the first few: CBC as many as asked for, GLPK and HiGHS one.
func (b *bench) set(ctx context.Context, name string, set []problem, compared int, wantedOwn, wanted string) error {
	var each []time.Duration
	var states []int64
	optima := 0
	v := verdict{}
	for i := range set {
		p := &set[i]
		var err error
		if p.ours, err = cost(func() (err error) {
			p.solution, err = packages.Solve(ctx, p.Problem, packages.Options{})
			return err
		}); err != nil {
			return err
		}
		if bad := wrong(&p.Problem, &p.solution); bad != "" {
			v = verdict{true, fmt.Sprintf("instance %d: %s", i+1, bad)}
		}
		if p.solution.Proven {
			optima++
		}
		each, states = append(each, p.ours), append(states, p.solution.States)
	}
	slices.Sort(states)
	if !v.wrong {
		v.text = fmt.Sprintf("%d of %d proven; slowest %s ms; states median %s, most %s", optima, len(set), millis(slices.Max(each)),
			grouped(states[(len(states)-1)/2]), grouped(states[len(states)-1]))
	}
	b.own(name, median(each), wantedOwn, v)
	for _, q := range []struct {
		peer   *peer
		count  int
		wanted string
	}{{&b.cbc, compared, wanted}, {&b.highs, 1, ""}, {&b.glpk, 1, ""}} {
		if q.peer.missing != "" {
			b.skipped(name, q.peer.name, q.peer.missing)
		} else if err := b.rivals(ctx, name, q.peer, set[:min(q.count, len(set))], q.wanted); err != nil {
			return err
		}
	}
	return nil
}

// rivals has one peer solve the instances: medians of the times and of the ratios, and what the answers say of each other.
func (b *bench) rivals(ctx context.Context, name string, p *peer, set []problem, wanted string) error {
	fmt.Fprintln(b.progress, "  "+p.name)
	var ours []time.Duration
	var theirs, ratios []atLeast
	sum := tally{limit: b.limit}
	for i := range set {
		m := newChoice(&set[i].Problem)
		a, ok, err := b.ask(ctx, name, p, &m.linear)
		if err != nil || !ok {
			return err
		}
		open := a.status != proven
		r := ratio(a.cpu, set[i].ours)
		ours, theirs, ratios = append(ours, set[i].ours), append(theirs, atLeast{float64(a.cpu), open}), append(ratios, atLeast{r, open})
		sum.add(i+1, r, m.judge(&set[i].solution, a))
	}
	label := p.name
	if len(set) > 1 {
		label = fmt.Sprintf("%s, %d instances", p.name, len(set))
	}
	cpu, cpuMore := middle(theirs)
	times64, timesMore := middle(ratios)
	v := sum.verdict()
	b.add(v, name, millis(median(ours)), label, cpuMore+millis(time.Duration(cpu)), timesMore+times(times64), wanted, v.text)
	return nil
}

// atLeast is a figure, or a lower limit of one when the peer did not finish.
type atLeast struct {
	value float64
	open  bool
}

// middle is the median, and "> " when it is only known to be more: when an unfinished figure might belong above it.
func middle(values []atLeast) (median float64, more string) {
	slices.SortFunc(values, func(a, b atLeast) int { return cmp.Compare(a.value, b.value) })
	at := (len(values) - 1) / 2
	if slices.ContainsFunc(values[:at+1], func(v atLeast) bool { return v.open }) {
		more = "> "
	}
	return values[at].value, more
}
