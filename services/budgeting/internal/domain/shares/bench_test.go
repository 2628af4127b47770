package shares

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"syscall"
	"testing"
	"time"
)

// cityElection has approvals that thin out from project to project, in neighbourhoods that prefer their own, and costs from 5,000 to 500,000.
func cityElection(voters, projects int) Election {
	r := rand.New(rand.NewPCG(uint64(voters), uint64(projects)))
	e := Election{Type: Approval}
	total := int64(0)
	for p := range projects {
		cost := int64(5000*math.Exp(r.Float64()*math.Log(100))) * 100
		total += cost
		e.Projects = append(e.Projects, Project{ID: fmt.Sprintf("P%04d", p), Cost: cost})
	}
	e.Budget = total / 5
	for range voters {
		var ballot []int32
		home := r.IntN(10)
		for range 1 + r.IntN(15) {
			p := int32(math.Pow(r.Float64(), 1.6) * float64(projects))
			if r.IntN(2) == 0 {
				p = int32((int(p)/10*10 + home) % projects)
			}
			if !slices.Contains(ballot, p) {
				ballot = append(ballot, p)
			}
		}
		e.Ballots.Add(ballot, nil)
	}
	return e
}

// plain is the straightforward way, in floats: every supporter of every project sorted in every round, and every step of Add1 from the beginning.
// With prune it has the shortcut of the program on equalshares.net: a project whose former effective votes are too few is not looked at.
type plain struct {
	e       *Election
	support [][]int32
	prune   bool
}

func newPlain(e *Election) *plain {
	p := &plain{e: e, support: make([][]int32, len(e.Projects))}
	for v := range e.Ballots.Voters() {
		for _, c := range e.Ballots.Project[e.Ballots.Start[v]:e.Ballots.Start[v+1]] {
			p.support[c] = append(p.support[c], int32(v))
		}
	}
	return p
}

func (p *plain) fixed(each float64) (cost int64, in []bool) {
	n := p.e.Ballots.Voters()
	left := make([]float64, n)
	for i := range left {
		left[i] = each
	}
	votes := make([]float64, len(p.e.Projects))
	in = make([]bool, len(p.e.Projects))
	var order []int32
	for c := range votes {
		votes[c] = float64(len(p.support[c]))
		if votes[c] > 0 {
			order = append(order, int32(c))
		}
	}
	for {
		best, most := int32(-1), 0.0
		slices.SortFunc(order, func(a, b int32) int { return int(votes[b] - votes[a]) })
		kept := order[:0]
		for _, c := range order {
			price := float64(p.e.Projects[c].Cost)
			if p.prune && votes[c] < most {
				kept = append(kept, c)
				continue
			}
			money := 0.0
			for _, v := range p.support[c] {
				money += left[v]
			}
			if money < price {
				continue
			}
			kept = append(kept, c)
			slices.SortFunc(p.support[c], func(a, b int32) int {
				if left[a] < left[b] {
					return -1
				} else if left[a] > left[b] {
					return 1
				}
				return 0
			})
			paid := 0.0
			for i, v := range p.support[c] {
				due := (price - paid) / float64(len(p.support[c])-i)
				if due <= left[v] {
					votes[c] = price / due
					if votes[c] > most {
						best, most = c, votes[c]
					}
					break
				}
				paid += left[v]
			}
		}
		order = kept
		if best < 0 {
			return cost, in
		}
		due := float64(p.e.Projects[best].Cost) / most
		for _, v := range p.support[best] {
			left[v] = max(0, left[v]-due)
		}
		in[best] = true
		cost += p.e.Projects[best].Cost
		order = slices.DeleteFunc(order, func(c int32) bool { return c == best })
	}
}

func (p *plain) add1(increment int64) (steps int, in []bool) {
	n := int64(p.e.Ballots.Voters())
	cost, in := p.fixed(float64(p.e.Budget) / float64(n))
	each := p.e.Budget / n / increment * increment
	for {
		full := true
		for c := range in {
			full = full && (in[c] || len(p.support[c]) == 0 || cost+p.e.Projects[c].Cost > p.e.Budget)
		}
		if full {
			return steps, in
		}
		each += increment
		next, set := p.fixed(float64(each))
		if next > p.e.Budget {
			return steps, in
		}
		cost, in = next, set
		steps++
	}
}

func cpu() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// timed runs f often enough to be told from noise and returns the CPU time of one run.
func timed(f func()) time.Duration {
	runs, start := 0, cpu()
	for runs == 0 || cpu()-start < 300*time.Millisecond {
		f()
		runs++
	}
	return (cpu() - start) / time.Duration(runs)
}

// BenchmarkRun reports, in CPU time, our exact runs from ballots to result, and the ratio to the straightforward way in floats (without reading
// ballots or reporting) and, where that can be waited for, in rationals.
func BenchmarkRun(b *testing.B) {
	for _, size := range []struct{ voters, projects int }{{2_500, 50}, {20_000, 100}, {90_000, 130}, {90_000, 400}} {
		e := cityElection(size.voters, size.projects)
		for _, completion := range []Completion{NoCompletion, Add1} {
			rule := Rule{Method: EqualShares, Utility: CostUtility, Completion: completion, Ties: EqualSharesTies()}
			if completion == Add1 {
				rule.Increment = 100
			}
			b.Run(fmt.Sprintf("%d_voters_%d_projects_%s", size.voters, size.projects, completion), func(b *testing.B) {
				b.ReportAllocs()
				var res Result
				start := cpu()
				for b.Loop() {
					var err error
					if res, err = Run(context.Background(), e, rule); err != nil {
						b.Fatal(err)
					}
				}
				ours := (cpu() - start) / time.Duration(b.N)
				b.ReportMetric(float64(ours.Microseconds())/1000, "cpu-ms/op")
				b.ReportMetric(float64(res.Shares.Steps), "steps")
				b.StopTimer()
				if completion == Add1 && size.voters > 20_000 && testing.Short() {
					return
				}
				naive := newPlain(&e)
				if completion == NoCompletion {
					b.ReportMetric(float64(timed(func() { naive.fixed(float64(e.Budget) / float64(e.Ballots.Voters())) }))/float64(ours), "x-floats")
				}
				naive.prune = true
				var in []bool
				theirs := timed(func() {
					if completion == Add1 {
						_, in = naive.add1(rule.Increment)
						return
					}
					_, in = naive.fixed(float64(e.Budget) / float64(e.Ballots.Voters()))
				})
				b.ReportMetric(float64(theirs)/float64(ours), "x-pruned-floats")
				if !slices.Equal(in, res.Selected(len(e.Projects))) {
					b.Log("floats select otherwise")
				}
				if size.voters < 5_000 && completion == NoCompletion {
					o := newOracle(&e, &rule)
					b.ReportMetric(float64(timed(func() { o.run() }))/float64(ours), "x-rationals")
				}
			})
		}
	}
}
