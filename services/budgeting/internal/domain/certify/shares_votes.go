package certify

import (
	"fmt"
	"sort"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
)

// byVotes takes the projects by score again, and compares the whole account of those that are not chosen.
func (a *audit) byVotes() error {
	t, s := a.poll, a.plan.Shares
	left, in := t.Budget, make([]bool, len(t.Projects))
	for _, r := range s.Rounds[:t.bought] {
		in[t.place[r.Program]] = true
		left -= r.Cost
	}
	rest := make([]model.SharesRest, len(t.Projects))
	for p := range rest {
		rest[p] = model.SharesRest{Program: t.Projects[p].Program, Supporters: int64(len(t.votes[p])), Score: t.score[p], Money: t.money[p]}
	}
	next := t.bought
	completed := a.in.Method == model.GreedyVotes || t.Rule.Completion == model.Utilitarian || t.Rule.Completion == model.AddOneUtilitarian
	for _, p := range t.ranking() {
		switch cost := t.Projects[p].Cost; {
		case in[p] || !completed:
		case cost > left:
			rest[p].Remaining = left
		case next == len(s.Rounds) || s.Rounds[next].Program != t.Projects[p].Program:
			return fmt.Errorf("it is the turn of %q by votes, which fits into what is left, %d", t.Projects[p].Program, left)
		default:
			next++
			in[p] = true
			left -= cost
		}
	}
	if next < len(s.Rounds) {
		return fmt.Errorf("%q is taken by votes out of turn", s.Rounds[next].Program)
	}
	told := 0
	for p := range rest {
		if in[p] {
			continue
		}
		if told == len(s.Rest) || s.Rest[told] != rest[p] {
			return fmt.Errorf("of %q, which is not chosen, there is to say %+v", rest[p].Program, rest[p])
		}
		told++
	}
	if told < len(s.Rest) {
		return fmt.Errorf("%q is told as not chosen", s.Rest[told].Program)
	}
	return nil
}

// ranking lists the projects with support, the highest score first.
func (t *poll) ranking() []int {
	var order []int
	for p := range t.votes {
		if len(t.votes[p]) > 0 {
			order = append(order, p)
		}
	}
	sort.Slice(order, func(i, j int) bool {
		p, q := order[i], order[j]
		if t.score[p] != t.score[q] {
			return t.score[p] > t.score[q]
		}
		return t.wins(p, q)
	})
	return order
}
