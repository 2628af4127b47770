package engine_test

import (
	"context"
	"os"
	"slices"
	"strconv"
	"syscall"
	"testing"

	"github.com/throughline/throughline/services/budgeting/internal/domain/engine"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/modeltest"
	"github.com/throughline/throughline/services/budgeting/internal/domain/pabulib"
	"github.com/throughline/throughline/services/budgeting/internal/domain/shares"
)

// cpu is the processor time of this process in nanoseconds.
func cpu() int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return u.Utime.Nano() + u.Stime.Nano()
}

// city reads a real election, from outside the project.
func city(t *testing.T, name string) *pabulib.File {
	t.Helper()
	in, err := os.Open(modeltest.Shared(t, "pabulib", name))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = in.Close() }()
	f, err := pabulib.Read(in, model.Decimals)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// allocation asks the engine what the file asks.
func allocation(f *pabulib.File, method model.Method, rule model.ElectionRule) model.Input {
	kinds := map[shares.VoteType]model.VoteKind{
		shares.Approval: model.Approval, shares.ChooseOne: model.ChooseOne, shares.Cumulative: model.Cumulative, shares.Scoring: model.Scoring, shares.Ordinal: model.Ordinal,
	}
	in := town(0)
	in.Method, in.Currency, in.Programs = method, f.Currency, nil
	in.Funds[0].Available = f.Election.Budget
	v := &model.Election{Fund: in.Funds[0].ID, Budget: f.Election.Budget, Kind: kinds[f.Election.Type], Rule: rule}
	for _, p := range f.Election.Projects {
		in.Programs = append(in.Programs, model.Program{ID: p.ID})
		v.Projects = append(v.Projects, model.Project{Program: p.ID, Cost: p.Cost})
	}
	for i := range f.Election.Ballots.Voters() {
		b := model.Ballot{Voter: strconv.Itoa(i)}
		from, to := f.Election.Ballots.Start[i], f.Election.Ballots.Start[i+1]
		for j := from; j < to; j++ {
			vote := model.Vote{Project: f.Election.Projects[f.Election.Ballots.Project[j]].ID, Points: 1}
			switch {
			case v.Kind == model.Ordinal:
				vote.Points = int64(j-from) + 1
			case f.Election.Type.HasPoints():
				vote.Points = f.Election.Ballots.Points[j]
			}
			b.Votes = append(b.Votes, vote)
		}
		v.Ballots = append(v.Ballots, b)
	}
	in.Election = v
	return in
}

// Official results, end to end: Assen 2024 used equal shares with cost utilities and ADD_ONE, the others votes or points with skipping.
func TestOfficialResultsAreReproduced(t *testing.T) {
	tests := []struct {
		file   string
		method model.Method
		rule   model.ElectionRule
		steps  int64
	}{
		{"Netherlands_Assen_2024.pb", model.EqualShares, model.ElectionRule{Completion: model.AddOne, Utility: model.CostUtility}, 843},
		{"Poland_Warszawa_2024_Praga-Polnoc.pb", model.GreedyVotes, model.ElectionRule{Completion: model.NoCompletion, Utility: model.CardinalityUtility}, 0},
		{"Poland_Katowice_2023_Bogucice.pb", model.GreedyVotes, model.ElectionRule{Completion: model.NoCompletion, Utility: model.PointsUtility}, 0},
	}
	for _, tc := range tests {
		t.Run(tc.file, func(t *testing.T) {
			f := city(t, tc.file)
			plan, _, err := engine.Allocate(context.Background(), allocation(f, tc.method, tc.rule))
			if err != nil {
				t.Fatal(err)
			}
			var want, got []string
			for i := range f.Rows {
				if s := f.Rows[i].Selected; s != nil && *s {
					want = append(want, f.Election.Projects[i].ID)
				}
			}
			for _, l := range plan.Lines {
				if l.Amount > 0 {
					got = append(got, l.Program)
				}
			}
			slices.Sort(want)
			if len(want) == 0 || !slices.Equal(got, want) || plan.Shares.Steps != tc.steps {
				t.Errorf("selected %v in %d steps, officially %v", got, plan.Shares.Steps, want)
			}
		})
	}
}
