package certify

import (
	"errors"
	"fmt"
	"math/big"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/money"
)

// equalShares replays the purchases that count with the voters' money.
func (a *audit) equalShares() error {
	t, s := a.poll, a.plan.Shares
	if a.in.Method != model.EqualShares {
		if t.bought > 0 || s.Divided != 0 || s.Steps != 0 || s.Stop != "" || s.Refused != nil {
			return fmt.Errorf("%s divides nothing among voters", a.in.Method)
		}
		return nil
	}
	if want, ok := a.divided(s.Steps); !ok || s.Divided != want {
		return fmt.Errorf("voters share %d after %d steps, not %d", want, s.Steps, s.Divided)
	}
	m, err := t.replay(s.Divided, s.Rounds[:t.bought])
	if err != nil {
		return err
	}
	for p := range t.Projects {
		if m.gone[p] || len(t.votes[p]) == 0 {
			continue
		}
		sum := new(big.Int)
		for _, v := range t.votes[p] {
			sum.Add(sum, m.left[v.voter])
		}
		if sum.Quo(sum, m.den).Cmp(big.NewInt(t.Projects[p].Cost)) >= 0 {
			return fmt.Errorf("the supporters of %q can still pay its cost of %d", t.Projects[p].Program, t.Projects[p].Cost)
		}
		t.money[p] = sum.Int64()
	}
	return nil
}

// divided is what voters have together after so many steps: the budget, then whole units of the currency for each.
func (a *audit) divided(steps int64) (all int64, ok bool) {
	n, unit := int64(len(a.poll.Ballots)), model.CurrencyUnit(a.in.Currency)
	if steps <= 0 {
		return a.poll.Budget, steps == 0
	}
	whole, ok := money.Add(a.poll.Budget/n/unit, steps)
	if ok {
		whole, ok = money.Mul(whole, unit)
	}
	if ok {
		all, ok = money.Mul(whole, n)
	}
	return all, ok
}

// parts checks why ADD_ONE stopped where it did.
func (a *audit) parts() error {
	if a.in.Method != model.EqualShares {
		return nil
	}
	t, s := a.poll, a.plan.Shares
	adds := t.Rule.Completion == model.AddOne || t.Rule.Completion == model.AddOneUtilitarian
	left, in := t.Budget, make([]bool, len(t.Projects))
	for _, r := range s.Rounds[:t.bought] {
		in[t.place[r.Program]] = true
		left -= r.Cost
	}
	exhausted := true
	for p := range in {
		exhausted = exhausted && (in[p] || len(t.votes[p]) == 0 || t.Projects[p].Cost > left)
	}
	stop := model.StopOverspends
	switch {
	case !adds:
		stop = model.StopFixed
	case exhausted:
		stop = model.StopExhausted
	}
	switch {
	case s.Stop != stop:
		return fmt.Errorf("the stop is %q, want %s", s.Stop, stop)
	case left < 0:
		return errors.New("the projects bought cost more than the budget")
	case s.Steps != 0 && !adds:
		return errors.New("steps are taken that the rule does not have")
	case (s.Refused != nil) != (stop == model.StopOverspends):
		return fmt.Errorf("a refused step belongs to the stop %s, and to no other", model.StopOverspends)
	case s.Refused == nil:
		return nil
	}
	return a.refusedStep()
}

// refusedStep proves that the step after the last buys too much.
func (a *audit) refusedStep() error {
	s, r := a.plan.Shares, a.plan.Shares.Refused
	if want, ok := a.divided(s.Steps + 1); !ok || r.Divided != want {
		return fmt.Errorf("voters would share %d after another step, not %d", want, r.Divided)
	}
	var cost int64
	for i := range r.Rounds {
		cost += r.Rounds[i].Cost
	}
	if cost != r.Cost || cost <= a.poll.Budget {
		return fmt.Errorf("another step is said to cost %d, and costs %d of %d", r.Cost, cost, a.poll.Budget)
	}
	if _, err := a.poll.replay(r.Divided, r.Rounds); err != nil {
		return fmt.Errorf("another step: %w", err)
	}
	return nil
}

// utility is what a project is worth to a supporter for each unit of weight.
func (t *poll) utility(p int) int64 {
	if t.Rule.Utility == model.CostUtility {
		return t.Projects[p].Cost
	}
	return 1
}

// replay lets voters pay round by round, and checks in each that no other project asked less.
func (t *poll) replay(divided int64, rounds []model.SharesRound) (*purses, error) {
	rates := make([]*big.Rat, len(rounds))
	prices := make([]*big.Rat, len(rounds)) // for a unit of weight
	for i := range rounds {
		r := rounds[i].Rate
		num, okNum := new(big.Int).SetString(r.Num, 10)
		den, okDen := new(big.Int).SetString(r.Den, 10)
		if !okNum || !okDen || num.Sign() <= 0 || den.Sign() <= 0 {
			return nil, fmt.Errorf("%q is bought at the rate %s/%s", rounds[i].Program, r.Num, r.Den)
		}
		rates[i] = new(big.Rat).SetFrac(num, den)
		if rates[i].Num().String() != r.Num || rates[i].Denom().String() != r.Den {
			return nil, fmt.Errorf("%q is bought at the rate %s/%s, not in lowest terms", rounds[i].Program, r.Num, r.Den)
		}
		prices[i] = new(big.Rat).Mul(rates[i], new(big.Rat).SetInt64(t.utility(t.place[rounds[i].Program])))
	}
	m := newPurses(t, divided, prices)
	for i := range rounds {
		p := t.place[rounds[i].Program]
		m.gone[p] = true
		for q := range t.Projects {
			if !m.gone[q] {
				if err := m.compare(p, q, rates[i]); err != nil {
					return nil, err
				}
			}
		}
		if err := m.pay(p, prices[i], &rounds[i]); err != nil {
			return nil, err
		}
	}
	return m, nil
}
