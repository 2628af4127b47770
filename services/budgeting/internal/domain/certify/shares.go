package certify

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
)

// ballotChecks are proven of plans that voters decide. The one claim that is taken on trust is that no step of ADD_ONE before the last would
// already have ended it: that needs every step anew.
func ballotChecks() []check {
	return []check{
		{"every project has one line, paid whole by the fund of the election or not at all, and the others keep their money", (*audit).projectLines},
		{"priority scores follow from the pinned alignment, attributes, results and equity", (*audit).scores},
		{"supporters and scores are counted from the ballots", (*audit).counted},
		{"every project bought asked the least of its supporters, who paid one price or all that they had left, and nothing else could be bought", (*audit).equalShares},
		{"the voters' parts were raised as far as they may be", (*audit).parts},
		{"by votes every project had its turn, and was taken if it fitted", (*audit).byVotes},
		{"the projects cost no more than the budget of the election", (*audit).spending},
		{"grants lost and whole positions short follow from the amounts", (*audit).stakes},
		{"the waterfall and the totals add up", (*audit).totals},
	}
}

// poll is what was voted: projects are the programs, in the same order.
type poll struct {
	*model.Election
	place    map[string]int // of each project
	votes    [][]vote       // by project: its supporters
	score    []int64        // by project
	selected []bool
	bought   int     // rounds of equal shares, which come first
	money    []int64 // by project: what its supporters have left after them, if it is not bought; rounded down
}

// vote is a supporter and the weight of what they gave, above 0.
type vote struct {
	voter  int
	weight int64
}

// projectLines checks lines and funds, and reads the ballots.
func (a *audit) projectLines() error {
	a.poll = newPoll(a.in.Election)
	if a.plan.Outcome != model.Optimal || len(a.plan.Blocks) > 0 || a.plan.WithoutEquity != nil || len(a.plan.Flags) > 0 {
		return errors.New("where voters decide, a plan is optimal and knows no blocks, no equity floor and no unknown alignment")
	}
	for i := range a.plan.Shares.Rounds {
		p, known := a.poll.place[a.plan.Shares.Rounds[i].Program]
		if !known || a.poll.selected[p] {
			return fmt.Errorf("round %d chooses %q, which is no project or was chosen before", i+1, a.plan.Shares.Rounds[i].Program)
		}
		a.poll.selected[p] = true
	}
	if len(a.plan.Lines) != len(a.in.Programs) {
		return fmt.Errorf("there are %d lines, want one for each of %d projects", len(a.plan.Lines), len(a.in.Programs))
	}
	a.work = make([]working, len(a.plan.Lines))
	v, spent := a.in.Election, int64(0)
	for i, p := range v.Projects {
		l := &a.plan.Lines[i]
		want := model.Line{Program: p.Program, Fund: v.Fund, Treatment: model.Competes, ScoreBP: l.ScoreBP, Max: p.Cost, Reason: model.NotSelected, Block: -1}
		if a.poll.selected[i] {
			want.Amount, want.Reason, want.Paid = p.Cost, model.Selected, []model.Payment{{Fund: v.Fund, Amount: p.Cost}}
			spent += p.Cost
		}
		if !reflect.DeepEqual(*l, want) {
			return a.at(i, "is %+v, want %+v", *l, want)
		}
		a.work[i] = working{terms: &a.free, program: &a.in.Programs[i], fund: a.fund[v.Fund], competes: true}
		a.claims = append(a.claims, i)
	}
	return a.projectFunds(spent)
}

// projectFunds checks that the fund of the election pays, and no other.
func (a *audit) projectFunds(spent int64) error {
	if len(a.plan.Funds) != len(a.in.Funds) {
		return fmt.Errorf("the plan has %d funds, want %d", len(a.plan.Funds), len(a.in.Funds))
	}
	for k := range a.in.Funds {
		f := &a.in.Funds[k]
		want := model.FundResult{Fund: f.ID, Available: f.Available, Surplus: f.Available, Block: -1}
		if f.ID == a.in.Election.Fund {
			want.Competing, want.Surplus = spent, f.Available-spent
		}
		if a.plan.Funds[k] != want || want.Surplus < 0 {
			return fmt.Errorf("fund %q is told as %+v, want %+v", f.ID, a.plan.Funds[k], want)
		}
	}
	return nil
}

func newPoll(v *model.Election) *poll {
	n := len(v.Projects)
	t := &poll{Election: v, place: make(map[string]int, n), votes: make([][]vote, n), score: make([]int64, n), selected: make([]bool, n), money: make([]int64, n)}
	for p := range v.Projects {
		t.place[v.Projects[p].Program] = p
	}
	for b := range v.Ballots {
		ballot := v.Ballots[b].Votes
		for i := range ballot {
			if w := t.weight(ballot, i); w > 0 {
				p := t.place[ballot[i].Project]
				t.votes[p] = append(t.votes[p], vote{b, w})
				t.score[p] += w
			}
		}
	}
	return t
}

// weight is what a vote counts: its points, or 1; for a ranking the place from the end of the ballot.
func (t *poll) weight(ballot []model.Vote, i int) int64 {
	switch {
	case ballot[i].Points == 0:
		return 0
	case t.Rule.Utility != model.PointsUtility:
		return 1
	case t.Kind != model.Ordinal:
		return ballot[i].Points
	}
	w := int64(1)
	for j := range ballot {
		if ballot[j].Points > ballot[i].Points {
			w++
		}
	}
	return w
}

// wins says whether project p is preferred to q where they are equal otherwise.
func (t *poll) wins(p, q int) bool {
	switch {
	case t.Projects[p].Cost != t.Projects[q].Cost:
		return t.Projects[p].Cost < t.Projects[q].Cost
	case len(t.votes[p]) != len(t.votes[q]):
		return len(t.votes[p]) > len(t.votes[q])
	default:
		return p < q // projects are in the order of ids
	}
}

// counted compares what rounds say of support, and that the phases come one after the other.
func (a *audit) counted() error {
	t, s := a.poll, a.plan.Shares
	if s.Voters != int64(len(t.Ballots)) || s.Budget != t.Budget {
		return fmt.Errorf("there are %d voters and a budget of %d, not %d and %d", len(t.Ballots), t.Budget, s.Voters, s.Budget)
	}
	for t.bought < len(s.Rounds) && s.Rounds[t.bought].Phase == model.PhaseEqualShares {
		t.bought++
	}
	if err := t.tallied(s.Rounds[:t.bought], model.PhaseEqualShares); err != nil {
		return err
	}
	if err := t.tallied(s.Rounds[t.bought:], model.PhaseVotes); err != nil {
		return err
	}
	if s.Refused == nil {
		return nil
	}
	return t.tallied(s.Refused.Rounds, model.PhaseEqualShares)
}

// tallied checks the rounds of a phase, each of another project with support.
func (t *poll) tallied(rounds []model.SharesRound, phase model.SharesPhase) error {
	seen := make([]bool, len(t.Projects))
	for i := range rounds {
		r := &rounds[i]
		p, known := t.place[r.Program]
		switch {
		case !known || seen[p] || len(t.votes[p]) == 0:
			return fmt.Errorf("%q is chosen, which is no project, was chosen before or has no support", r.Program)
		case r.Phase != phase || (r.Rate != nil) != (phase == model.PhaseEqualShares):
			return fmt.Errorf("%q is chosen in phase %s, with or without a rate, which does not belong there", r.Program, r.Phase)
		case r.Cost != t.Projects[p].Cost || r.Supporters != int64(len(t.votes[p])) || r.Score != t.score[p]:
			return fmt.Errorf("%q costs %d and has %d supporters and a score of %d, not %d, %d and %d",
				r.Program, t.Projects[p].Cost, len(t.votes[p]), t.score[p], r.Cost, r.Supporters, r.Score)
		case phase == model.PhaseVotes && (r.Full != 0 || r.Emptied != 0):
			return fmt.Errorf("nobody pays for %q, which is chosen by votes", r.Program)
		}
		seen[p] = true
	}
	return nil
}

// spending adds up what is chosen.
func (a *audit) spending() error {
	var spent int64
	for i := range a.plan.Shares.Rounds {
		spent += a.plan.Shares.Rounds[i].Cost
	}
	if spent != a.plan.Shares.Spent || spent > a.poll.Budget {
		return fmt.Errorf("the projects cost %d of %d, and are said to cost %d", spent, a.poll.Budget, a.plan.Shares.Spent)
	}
	return nil
}
