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
	oneTime       bool
}

// shortfalls checks each proof of infeasibility: all that the funds must pay off the top and the floors that only they may pay exceed them.
func (a *audit) shortfalls() error {
	index := make(map[key]int, len(a.plan.Lines))
	for i := range a.plan.Lines {
		l := &a.plan.Lines[i]
		index[key{l.Program, l.Fund, l.Treatment, l.OneTime}] = i
	}
	for n := range a.plan.Shortfalls {
		if err := a.shortfall(&a.plan.Shortfalls[n], index); err != nil {
			return fmt.Errorf("shortfall %d: %w", n, err)
		}
	}
	return nil
}

func (a *audit) shortfall(s *model.Shortfall, index map[key]int) error {
	inside, have, fixed, err := a.proofMoney(s)
	if err != nil {
		return err
	}
	var need int64
	seen := map[int]bool{}
	for _, r := range s.Lines {
		i, known := index[key{r.Program, r.Fund, r.Treatment, r.OneTime}]
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
			for _, k := range w.nodes {
				if !inside[k] {
					return a.at(i, "may also be paid by fund %q", a.name(k))
				}
			}
		} else if !inside[w.fund] || (w.oneTime && a.once[w.fund].node >= 0 && !inside[a.once[w.fund].node]) {
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

// proofMoney reads the money of a proof: the nodes, what they have, and the lines off the top that they must pay. The one-time money of a fund
// is out of it where the proof says so; then so are the one-time lines off the top, which it pays whole.
func (a *audit) proofMoney(s *model.Shortfall) (inside []bool, have, fixed int64, err error) {
	inside = make([]bool, len(a.nodes))
	funds, bad := a.nodesOf(s.Funds, nil)
	if bad != "" {
		return nil, 0, 0, fmt.Errorf("lists fund %q, which is unknown, out of order or repeated", bad)
	}
	for _, k := range funds {
		inside[k] = true
		have += a.in.Funds[k].Available - a.income[k]
		fixed += a.fixed[k]
		if n := a.once[k].node; n >= 0 {
			inside[n] = true
		}
	}
	apart, bad := a.nodesOf(nil, s.Ongoing)
	if bad != "" {
		return nil, 0, 0, fmt.Errorf("leaves out the one-time money of fund %q, which has none, is out of order or repeated", bad)
	}
	for _, n := range apart {
		k := a.nodes[n].fund
		if !inside[k] {
			return nil, 0, 0, fmt.Errorf("leaves out the one-time money of fund %q, which is not in it", a.in.Funds[k].ID)
		}
		inside[n] = false
		have -= a.in.Funds[k].OneTime
		fixed -= a.once[k].due - a.once[k].credit
	}
	return inside, have, fixed, nil
}

// nothingPaid checks that an infeasible plan gives nothing away.
func (a *audit) nothingPaid() error {
	for i := range a.plan.Lines {
		l, w := &a.plan.Lines[i], &a.work[i]
		want, reason := l.Base, model.OffTheTop
		switch {
		case w.project:
			want, reason = 0, model.Unpayable
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
	if len(a.plan.Programs)+len(a.plan.CutLines)+len(a.plan.Packages) > 0 || a.plan.WithoutEquity != nil {
		return errors.New("the plan tells what its amounts come to, but cannot be paid")
	}
	for k, r := range a.plan.Funds {
		f := &a.in.Funds[k]
		if (r != model.FundResult{Fund: f.ID, Available: f.Available, Block: -1, OneTime: f.OneTime}) {
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
			return fmt.Errorf("fund %q cannot pay its lines off the top", a.name(k))
		}
	}
	r := newRoute(room)
	known := map[string]int{}
	var example []int
	var name []byte
	for _, i := range a.claims {
		w := &a.work[i]
		if w.floor == 0 {
			continue
		}
		name = setName(name[:0], w.nodes)
		d, ok := known[string(name)]
		if !ok {
			d = r.add(w.nodes)
			known[string(name)] = d
			example = append(example, i)
		}
		r.demands[d].open += w.floor
	}
	if open := r.settle(); len(open) > 0 {
		return a.at(example[open[0]], "has a floor that cannot be paid: the plan is infeasible")
	}
	return nil
}
