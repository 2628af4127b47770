package budgeting_test

import (
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/type/money"
	"google.golang.org/protobuf/proto"

	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
	"github.com/throughline/throughline/services/budgeting"
	"github.com/throughline/throughline/services/platform/fault"
)

func pb(kind, votes string) string {
	return "META\nkey;value\ndescription;Green city\nnum_projects;3\nnum_votes;2\nbudget;100.50\nvote_type;" + kind + "\nrule;greedy\ncurrency;USD\n" +
		"PROJECTS\nproject_id;cost;name;category;target\n12;60;A bench;public space;seniors,youth\nB/7;40.50;;;\nb-7;1;Trees;nature;\nVOTES\n" + votes
}

var target = budgeting.PabulibTarget{Election: budget + "/elections/pb", Fund: fund("general"), Currency: "USD"}

func TestReadPabulib(t *testing.T) {
	read, err := budgeting.ReadPabulib(strings.NewReader(pb("approval", "voter_id;vote\na;12,B/7\nb;b-7\n")), target)
	must(t, err)
	e := read.Election
	if e.GetName() != target.Election || e.GetDisplayName() != "Green city" || cents(e.GetAmount()) != 100_50 || e.GetVoteKind() != budgetingv1.VoteKind_VOTE_KIND_APPROVAL ||
		e.GetCompletion() != 0 || len(e.GetProjects()) != 3 || cents(e.GetProjects()[1].GetCost()) != 40_50 {
		t.Errorf("election %v", e)
	}
	bench, slash, trees := read.Programs[0], read.Programs[1], read.Programs[2]
	if want := (&budgetingv1.Program{
		Name: program("pb--12"), DisplayName: "A bench", Code: "12", Function: "public space", Purpose: "For seniors, youth",
	}); !proto.Equal(bench, want) {
		t.Errorf("program %v, want %v", bench, want)
	}
	if trees.GetName() != program("pb--b-7") || !strings.HasPrefix(slash.GetName(), program("pb--b-7-")) || slash.GetDisplayName() != "Project B/7" || slash.GetCode() != "B/7" {
		t.Errorf("programs %v and %v", slash, trees)
	}
	if b := read.Ballots; len(b) != 2 || b[0].GetVoter() != "a" || len(b[0].GetVotes()) != 2 || b[0].GetVotes()[1].GetProgram() != slash.GetName() || b[1].GetVotes()[0].GetPoints() != 1 {
		t.Errorf("ballots %v", b)
	}

	read, err = budgeting.ReadPabulib(strings.NewReader(pb("ordinal", "voter_id;vote\n;B/7,12\n;12\n")), target)
	must(t, err)
	if b := read.Ballots; b[0].GetVoter() != "1" || b[1].GetVoter() != "2" || b[0].GetVotes()[1].GetPoints() != 2 {
		t.Errorf("ballots without ids %v", b)
	}
	read, err = budgeting.ReadPabulib(strings.NewReader(pb("cumulative", "voter_id;vote;points\n1;12,B/7;3,2\n2;12;5\n")), target)
	must(t, err)
	if b := read.Ballots; b[0].GetVotes()[0].GetPoints() != 3 || b[1].GetVotes()[0].GetPoints() != 5 {
		t.Errorf("points %v", b)
	}
	yen := target
	yen.Currency, yen.Assume = "JPY", true
	read, err = budgeting.ReadPabulib(strings.NewReader(strings.ReplaceAll(pb("approval", "voter_id;vote\na;12\nb;12\n"), ".50", "")), yen)
	must(t, err)
	if want := (&money.Money{CurrencyCode: "JPY", Units: 60}); !proto.Equal(read.Election.GetProjects()[0].GetCost(), want) {
		t.Errorf("cost %v", read.Election.GetProjects()[0])
	}
}

func TestReadPabulibRefusals(t *testing.T) {
	good := pb("approval", "voter_id;vote\na;12\nb;12\n")
	yen := target
	yen.Currency = "JPY"
	elsewhere := target
	elsewhere.Fund = "organizations/other/funds/x"
	for name, c := range map[string]struct {
		file string
		to   budgeting.PabulibTarget
		want string
	}{
		"another currency":   {strings.ReplaceAll(good, ".50", ""), yen, "currency"},
		"cents of yen":       {good, budgeting.PabulibTarget{Election: target.Election, Fund: target.Fund, Currency: "JPY", Assume: true}, "line 10, budget"},
		"a bad cost":         {strings.Replace(good, "12;60;", "12;sixty;", 1), target, "line 12, cost"},
		"an unknown project": {strings.Replace(good, "b;12", "b;99", 1), target, "line 18, vote"},
		"no election":        {good, budgeting.PabulibTarget{Fund: target.Fund, Currency: "USD"}, "election"},
		"a fund elsewhere":   {good, elsewhere, "fund"},
		"nothing":            {"", target, "file"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := budgeting.ReadPabulib(strings.NewReader(c.file), c.to)
			f, ok := fault.As(err)
			if !ok || f.Kind != fault.Invalid || len(f.Violations) == 0 || f.Violations[0].Field != c.want {
				t.Errorf("error %v, want %s", err, c.want)
			}
		})
	}
}
