package explain_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/throughline/throughline/services/budgeting/internal/domain/explain"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
)

// square has 1,000 voters with $10 each: 500 want the park, 400 the bikes, of whom 200 want both; 300 want the hall; nobody the statue.
func square(completion model.Completion) model.Input {
	in := town()
	in.Method, in.Params.EquityFloor = model.EqualShares, nil
	in.Funds = []model.Fund{{ID: "general", Available: 12_000_00, Class: model.Unassigned, Kind: model.General}}
	in.Programs = nil
	in.Election = &model.Election{
		Fund: "general", Budget: 10_000_00, Kind: model.Approval, Rule: model.ElectionRule{Completion: completion, Utility: model.CostUtility},
	}
	for _, p := range []model.Project{{Program: "bikes", Cost: 3_000_00}, {Program: "hall", Cost: 5_000_00}, {Program: "park", Cost: 4_000_00}, {Program: "statue", Cost: 1}} {
		in.Election.Projects = append(in.Election.Projects, p)
		in.Programs = append(in.Programs, model.Program{ID: p.Program, Version: "v3"})
	}
	for i := range 1000 {
		b := model.Ballot{Voter: fmt.Sprintf("%04d", i)}
		if i < 500 {
			b.Votes = append(b.Votes, model.Vote{Project: "park", Points: 1})
		}
		if i >= 300 && i < 700 {
			b.Votes = append(b.Votes, model.Vote{Project: "bikes", Points: 1})
		}
		if i >= 700 {
			b.Votes = append(b.Votes, model.Vote{Project: "hall", Points: 1})
		}
		in.Election.Ballots = append(in.Election.Ballots, b)
	}
	return in
}

func TestProjectsCanBeReadOut(t *testing.T) {
	tests := []struct {
		name    string
		in      model.Input
		program string
		want    []string
	}{
		{"bought at one price", square(model.NoCompletion), "park", []string{
			`Program "park" is a project of 4,000.00 USD: it is paid whole.`,
			"500 of 1,000 voters support it.",
			"Every voter had 10.00 USD to spend: an equal part of 10,000.00 USD.",
			"It was bought in round 1: no other project that could be bought asked less of its supporters for every 1,000.00 USD of project.",
			"They paid 8.00 USD each, that is 2.00 USD for every 1,000.00 USD of project.",
			`This follows the ballots of 1,000 voters, request version "v3" and engine version 3.`,
		}},
		{"too little left", square(model.NoCompletion), "bikes", []string{
			"400 of 1,000 voters support it.",
			"When nothing more could be bought, its supporters had 2,400.00 USD left together and it costs 3,000.00 USD: 600.00 USD too little.",
		}},
		{"nobody", square(model.NoCompletion), "statue", []string{"it gets nothing.", "None of 1,000 voters supports it."}},
		{"parts are raised", square(model.AddOne), "bikes", []string{
			"Every voter had 12.00 USD to spend: an equal part of 10,000.00 USD, raised in 2 steps of 1.00 USD because it left money over.",
			"Parts were raised no further because no other project with support fits into what is left of the budget.",
			"They paid 11.00 USD each",
			"200 supporters had less than that left, and gave all of it.",
		}},
		{"added by votes", square(model.Utilitarian), "bikes", []string{
			"it was added by votes with money that the equal shares left.",
			"When its turn came by votes, 6,000.00 USD of the budget was left, and it was taken as project 2.",
		}},
		{"no room by votes", square(model.Utilitarian), "hall", []string{
			"its supporters had 3,000.00 USD left together and it costs 5,000.00 USD: 2,000.00 USD too little.",
			"When its turn came by votes, 3,000.00 USD of the budget was left: 2,000.00 USD too little.",
		}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			r, err := explain.Program(tc.in, allocate(t, tc.in), tc.program)
			if err != nil {
				t.Fatal(err)
			}
			wants(t, r.Sentences, tc.want...)
		})
	}
}

func TestGreedyAndPointsCanBeReadOut(t *testing.T) {
	in := square(model.NoCompletion)
	in.Method = model.GreedyVotes
	r, err := explain.Program(in, allocate(t, in), "hall")
	if err != nil {
		t.Fatal(err)
	}
	wants(t, r.Sentences, "300 of 1,000 voters support it.", "When its turn came by votes, 3,000.00 USD of the budget was left: 2,000.00 USD too little.")
	if strings.Contains(strings.Join(r.Sentences, " "), "Every voter") {
		t.Error("voters share nothing here")
	}

	in = square(model.NoCompletion)
	in.Election.Kind, in.Election.Rule.Utility = model.Cumulative, model.PointsUtility
	for i := range in.Election.Ballots {
		for j := range in.Election.Ballots[i].Votes {
			in.Election.Ballots[i].Votes[j].Points = 2
		}
	}
	if r, err = explain.Program(in, allocate(t, in), "bikes"); err != nil {
		t.Fatal(err)
	}
	wants(t, r.Sentences, "400 of 1,000 voters support it, with 800 points together.", "for every point", "They paid 3.75 USD for every point that they gave it.")
}

func TestTheDifferenceOfElectionsIsInAmounts(t *testing.T) {
	before, after := square(model.NoCompletion), square(model.Utilitarian)
	d := explain.Diff(explain.Run{Input: before, Plan: allocate(t, before)}, explain.Run{Input: after, Plan: allocate(t, after)})
	if len(d.Moves) != 1 || d.Moves[0].Program != "bikes" || d.Moves[0].After != 3_000_00 || len(d.Moves[0].Causes) > 0 {
		t.Fatalf("moves %+v", d.Moves)
	}
}
