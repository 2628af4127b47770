package certify

import (
	"errors"
	"fmt"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
)

// key is what makes a line one line.
type key struct {
	program, fund string
	treatment     model.Treatment
}

// shortfalls checks each proof of infeasibility: all that the funds must pay off the top and the floors that only they may pay exceed them.
func (a *audit) shortfalls() error {
	index := make(map[key]int, len(a.plan.Lines))
	for i := range a.plan.Lines {
		l := &a.plan.Lines[i]
		index[key{l.Program, l.Fund, l.Treatment}] = i
	}
	for n := range a.plan.Shortfalls {
		if err := a.shortfall(&a.plan.Shortfalls[n], index); err != nil {
			return fmt.Errorf("shortfall %d: %w", n, err)
		}
	}
	return nil
}

func (a *audit) shortfall(s *model.Shortfall, index map[key]int) error {
	inside := make([]bool, len(a.in.Funds))
	var have, need, fixed int64
	for _, f := range s.Funds {
		k, known := a.fund[f]
		if !known || inside[k] {
			return fmt.Errorf("lists fund %q, which is unknown or repeated", f)
		}
		inside[k] = true
		have += a.in.Funds[k].Available - a.income[k]
		fixed += a.fixed[k]
	}
	seen := map[int]bool{}
	for _, r := range s.Lines {
		i, known := index[key{r.Program, r.Fund, r.Treatment}]
		if !known || seen[i] {
			return fmt.Errorf("lists %v, which is unknown or repeated", r)
		}
		seen[i] = true
		w := &a.work[i]
		want, citation := a.plan.Lines[i].Base, ""
		if w.competes {
			want = w.floor
			if w.program.Mandate != nil {
				citation = w.program.Mandate.Citation
			}
			for _, k := range w.funds {
				if !inside[k] {
					return a.at(i, "may also be paid by fund %q", a.in.Funds[k].ID)
				}
			}
		} else if !inside[w.fund] {
			return a.at(i, "is not payable by these funds")
		}
		if r.Amount != want || r.Citation != citation {
			return a.at(i, "is said to require %d (%q), want %d (%q)", r.Amount, r.Citation, want, citation)
		}
		need += r.Amount
		if !w.competes {
			fixed -= r.Amount
		}
	}
	switch {
	case fixed != 0:
		return fmt.Errorf("leaves out lines off the top of %d", fixed)
	case s.Required != need || s.Available != have || s.Short != need-have:
		return fmt.Errorf("says %d required, %d available, %d short; want %d, %d, %d", s.Required, s.Available, s.Short, need, have, need-have)
	case need <= have:
		return fmt.Errorf("%d required is covered by %d available", need, have)
	}
	return nil
}

// nothingPaid checks that an infeasible plan gives nothing away.
func (a *audit) nothingPaid() error {
	for i := range a.plan.Lines {
		l, w := &a.plan.Lines[i], &a.work[i]
		want, reason := l.Base, model.OffTheTop
		switch {
		case w.competes:
			want, reason = w.floor, model.Unpayable
		case l.Treatment == model.Competes:
			reason = model.IsCredit
		}
		if len(l.Paid) > 0 || l.Amount != want || l.Min != want || l.Max != want || l.Block != -1 || l.RevenueLost != 0 || l.Odd != 0 {
			return a.at(i, "is paid in a plan that cannot be")
		}
		if l.Reason != reason || (!w.competes && (l.Floor != 0 || l.Movable != 0 || l.ScoreBP != 0)) {
			return a.at(i, "is described wrong in a plan that cannot be")
		}
	}
	if len(a.plan.Funds) != len(a.in.Funds) {
		return errors.New("funds are missing")
	}
	for k, r := range a.plan.Funds {
		if (r != model.FundResult{Fund: a.in.Funds[k].ID, Available: a.in.Funds[k].Available, Block: -1}) {
			return fmt.Errorf("fund %q pays in a plan that cannot be", r.Fund)
		}
	}
	return nil
}

// hardMinimum proves that law can be obeyed. A plan that is paid whole shows it; in one that is short, floors are paid by augmenting paths.
func (a *audit) hardMinimum() error {
	if a.plan.Outcome != model.ReductionShort {
		return nil // every amount is at least its floor and every amount is paid
	}
	room := a.afterTop()
	for k := range room {
		if room[k] < 0 {
			return fmt.Errorf("fund %q cannot pay its lines off the top", a.in.Funds[k].ID)
		}
	}
	sets, example := a.floorSets()
	for c := range sets {
		for open := sets[c].floor; open > 0; {
			got := augment(sets, c, open, room)
			if got == 0 {
				return a.at(example[c], "has a floor that cannot be paid: the plan is infeasible")
			}
			open -= got
		}
	}
	return nil
}

// floorSet is the floors that one set of funds may pay, and what each fund pays of them.
type floorSet struct {
	funds []int
	floor int64
	pays  map[int]int64
}

func (a *audit) floorSets() (sets []floorSet, example []int) {
	known := map[string]int{}
	for _, i := range a.claims {
		w := &a.work[i]
		if w.floor == 0 {
			continue
		}
		name := fmt.Sprint(w.funds)
		c, ok := known[name]
		if !ok {
			c = len(sets)
			known[name] = c
			sets = append(sets, floorSet{funds: w.funds, pays: map[int]int64{}})
			example = append(example, i)
		}
		sets[c].floor += w.floor
	}
	return sets, example
}

// augment pays at most open of a set's floors along one shortest path: to a fund with room, or one whose other floors can move elsewhere.
func augment(sets []floorSet, c int, open int64, room []int64) int64 {
	type hop struct{ from, set int } // reached from fund `from` by moving what it pays to the set
	came := make([]hop, len(room))
	seen := make([]bool, len(room))
	queue := []int{}
	for _, k := range sets[c].funds {
		seen[k], came[k] = true, hop{-1, c}
		queue = append(queue, k)
	}
	for at := 0; at < len(queue); at++ {
		k := queue[at]
		if room[k] > 0 {
			amount := min(open, room[k])
			for f := k; came[f].from >= 0; f = came[f].from {
				amount = min(amount, sets[came[f].set].pays[came[f].from])
			}
			room[k] -= amount
			for f := k; ; f = came[f].from {
				sets[came[f].set].pays[f] += amount
				if came[f].from < 0 {
					return amount
				}
				sets[came[f].set].pays[came[f].from] -= amount
			}
		}
		for j := range sets {
			if sets[j].pays[k] == 0 {
				continue
			}
			for _, f := range sets[j].funds {
				if !seen[f] {
					seen[f], came[f] = true, hop{k, j}
					queue = append(queue, f)
				}
			}
		}
	}
	return 0
}
