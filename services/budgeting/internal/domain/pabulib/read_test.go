package pabulib

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/throughline/throughline/services/budgeting/internal/domain/shares"
	"github.com/throughline/throughline/services/platform/fault"
)

// small elections of every vote type, with what the format allows: quotes, both line ends, a byte order mark, decimals, columns without meaning.
var small = map[string]string{
	"approval": "META\nkey;value\ndescription;A \"small\" town\nnum_projects;2\nnum_votes;3\nbudget;1000.50\nvote_type;approval\nrule;greedy\ncurrency;EUR\n" +
		"PROJECTS\nproject_id;cost;votes;name;category;target;selected;latitude\n" +
		"1;700;2;\"Trees; and \"\"benches\"\"\";green,public space;children;1;52.1\nB/2;300.5;2;Lamps;;;0;\n" +
		"VOTES\nvoter_id;vote;age;sex\na;1;33;F\nb;\"1,B/2\";;M\nc;B/2\n",
	"choose-1": "\xef\xbb\xbfMETA\r\nkey;value\r\nbudget;5\r\nvote_type;choose-1\r\nPROJECTS\r\nproject_id;cost\r\np;5\r\nq;4\r\nVOTES\r\nvoter_id;vote\r\n1;p\r\n2;\r\n3;q\r\n",
	"ordinal":  "META;\nkey;value\nbudget;9\nvote_type;ordinal\ncurrency;JPY\nPROJECTS\nproject_id;cost\np;5.00\nq;4\nVOTES\nvoter_id;vote\n1;q,p\n\n2;p\n",
	"cumulative": "META\nkey;value\nbudget;9\nvote_type;cumulative\nPROJECTS\nproject_id;cost;score\np;5;3\nq;4;1\n" +
		"VOTES\nvoter_id;points;vote\n1;2,1;p,q\n2;1.0;p\n3;;\n",
	"scoring": "META\nkey;value\nbudget;9\nvote_type;scoring\nPROJECTS\nproject_id;cost\np;5\nVOTES\nvoter_id;vote;points\n1;p;0\n2;p;5\n",
}

// decimals of the currencies in these tests.
func decimals(currency string) int {
	if currency == "JPY" {
		return 0
	}
	return 2
}

func mustRead(t *testing.T, text string) *File {
	t.Helper()
	f, err := Read(strings.NewReader(text), decimals)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestReadSmall(t *testing.T) {
	f := mustRead(t, small["approval"])
	e := &f.Election
	if e.Budget != 100_050 || e.Type != shares.Approval || f.Rule != "greedy" || f.Currency != "EUR" {
		t.Errorf("budget %d, %s, rule %q in %q", e.Budget, e.Type, f.Rule, f.Currency)
	}
	if !slices.Equal(e.Projects, []shares.Project{{ID: "1", Cost: 70_000, Category: "green"}, {ID: "B/2", Cost: 30_050}}) {
		t.Errorf("projects %+v", e.Projects)
	}
	if r := f.Rows[0]; r.Name != `Trees; and "benches"` || r.Line != 12 || !slices.Equal(r.Categories, []string{"green", "public space"}) ||
		!slices.Equal(r.Targets, []string{"children"}) || *r.Votes != 2 || !*r.Selected || r.Score != nil {
		t.Errorf("row %+v", r)
	}
	if !slices.Equal(e.Ballots.Start, []int32{0, 1, 3, 4}) || !slices.Equal(e.Ballots.Project, []int32{0, 0, 1, 1}) {
		t.Errorf("ballots %+v", e.Ballots)
	}
	if !slices.Equal(f.Fields, []Count{{"PROJECTS", "latitude", 1}, {"VOTES", "age", 1}, {"VOTES", "sex", 2}}) {
		t.Errorf("fields %+v", f.Fields)
	}
	if !slices.Equal(f.Voters, []string{"a", "b", "c"}) {
		t.Errorf("voters %v", f.Voters)
	}
	if v, ok := f.Value("description"); !ok || v != `A "small" town` {
		t.Errorf("description %q", v)
	}
	if f = mustRead(t, small["choose-1"]); f.Election.Ballots.Voters() != 3 || f.Election.Projects[0].ID != "p" || f.Election.Budget != 500 {
		t.Errorf("choose-1: %+v", f)
	}
	if f = mustRead(t, small["ordinal"]); f.Election.Budget != 9 || !slices.Equal(f.Election.Ballots.Project, []int32{1, 0, 0}) {
		t.Errorf("ordinal: %+v", f)
	}
	if f = mustRead(t, small["cumulative"]); !slices.Equal(f.Election.Ballots.Points, []int64{2, 1, 1}) || f.Election.Ballots.Voters() != 3 {
		t.Errorf("cumulative: %+v", f)
	}
	if f = mustRead(t, small["scoring"]); !slices.Equal(f.Election.Ballots.Points, []int64{0, 5}) {
		t.Errorf("scoring: %+v", f)
	}
}

func TestReadRefuses(t *testing.T) {
	approval, cumulative := small["approval"], small["cumulative"]
	for _, c := range []struct{ name, text, old, replacement, want string }{
		{"empty", "", "", "", "file: ends before the ballots"},
		{"not a .pb file", "hello\n", "", "", "line 1: comes before META"},
		{"sections out of turn", "META\nkey;value\nVOTES\n", "", "", "line 3: opens VOTES out of turn"},
		{"section twice", approval, "VOTES", "PROJECTS", "line 14: opens PROJECTS out of turn"},
		{"no budget", approval, "budget;", "money;", "budget: is missing from META"},
		{"budget in words", approval, "1000.50", "1 000,50", `budget: in META: "1 000,50" is not a number`},
		{"unknown vote type", approval, "type;approval", "type;shouting", `vote_type: is "shouting"`},
		{"key twice", approval, "rule;greedy", "budget;1", "line 8, budget: is twice in META"},
		{"no cost column", approval, "project_id;cost", "project_id;price", "line 11, cost: is missing from the header of PROJECTS"},
		{"column twice", approval, "votes;name", "cost;name", "line 11, cost: is twice"},
		{"cost with too many decimals", approval, "300.5", "300.555", `line 13, cost: "300.555" has 3 decimals; at most 2`},
		{"cost of nothing", approval, "300.5", "0", "line 13, cost: is 0"},
		{"negative cost", approval, "300.5", "-3", `line 13, cost: "-3" is not a number`},
		{"huge cost", approval, "300.5", "99999999999999999999", "line 13, cost: \"99999999999999999999\" is too large"},
		{"id twice", approval, "B/2;300.5", "1;300.5", `line 13, project_id: "1" is used twice`},
		{"id empty", approval, "B/2;300.5", ";300.5", `line 13, project_id: is ""`},
		{"selected in words", approval, ";1;52.1", ";yes;52.1", `line 12, selected: is "yes"`},
		{"votes in words", approval, "700;2", "700;two", `line 12, votes: "two" is not a number`},
		{"too many fields", approval, "a;1;33;F", "a;1;33;F;x", "line 16: has 5 fields, but VOTES has 4 columns"},
		{"unknown project", approval, "c;B/2", "c;B/3", `line 18, vote: names project "B/3", which PROJECTS does not have`},
		{"named twice", approval, "\"1,B/2\"", "\"1,1\"", `line 17, vote: names project "1" twice`},
		{"lost ballots", approval, "num_votes;3", "num_votes;4", `META, num_votes: is "4", but the file has 3`},
		{"lost projects", approval, "num_projects;2", "num_projects;3", `META, num_projects: is "3", but the file has 2`},
		{"two choices", small["choose-1"], "3;q", "3;q,p", "line 13, vote: names 2 projects; a choose-1"},
		{"no points", cumulative, "points;vote", "marks;vote", "line 10, points: is missing from the header of VOTES"},
		{"fewer points", cumulative, "2,1;p", "2;p", "line 11, points: has 1 numbers for 2 projects"},
		{"negative points", cumulative, "2,1;p", "2,-1;p", `line 11, points: "-1" is negative`},
		{"part of a point", cumulative, "2,1;p", "2,1.5;p", `line 11, points: "1.5" has 1 decimals; at most 0`},
		{"too many points", cumulative, "2,1;p", "2,9999999;p", "line 11, points: 9999999 are too many"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if !strings.Contains(c.text, c.old) {
				t.Fatalf("the text has no %q", c.old)
			}
			_, err := Read(strings.NewReader(strings.Replace(c.text, c.old, c.replacement, 1)), decimals)
			if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got %v, want %q", err, c.want)
			}
		})
	}
	t.Run("many faults end", func(t *testing.T) {
		_, err := Read(strings.NewReader(strings.Replace(approval, "voter_id;vote;age;sex\n", "voter_id;vote;age;sex\n"+strings.Repeat("x;9\n", 1000), 1)), decimals)
		f, ok := fault.As(err)
		if !ok || len(f.Violations) != told {
			t.Fatalf("got %v", err)
		}
	})
	t.Run("too large", func(t *testing.T) {
		if _, err := read(strings.NewReader(approval), decimals, int64(len(approval))-1); fault.Reason(err) != "FILE_TOO_LARGE" {
			t.Fatalf("got %v", err)
		}
		if _, err := read(strings.NewReader(approval), decimals, int64(len(approval))); err != nil {
			t.Fatalf("got %v", err)
		}
	})
	t.Run("reader fails", func(t *testing.T) {
		broken := errors.New("the disk is gone")
		if _, err := Read(io.MultiReader(strings.NewReader(approval), iotest.ErrReader(broken)), decimals); !errors.Is(err, broken) {
			t.Fatalf("got %v", err)
		}
	})
}

// FuzzRead: whatever the bytes, the reader answers with a fault or with an election whose ballots hold together; a rule then decides it or says
// what is wrong.
func FuzzRead(f *testing.F) {
	for _, kind := range []string{"approval", "choose-1", "ordinal", "cumulative", "scoring"} {
		f.Add(small[kind])
	}
	f.Fuzz(func(t *testing.T, text string) {
		file, err := Read(strings.NewReader(text), decimals)
		if err != nil {
			if !fault.Is(err, fault.Invalid) || len(err.Error()) == 0 {
				t.Fatalf("not a fault of the file: %v", err)
			}
			return
		}
		e := &file.Election
		if len(file.Rows) != len(e.Projects) || len(file.Voters) != e.Ballots.Voters() {
			t.Fatalf("%d rows for %d projects, %d voters for %d ballots", len(file.Rows), len(e.Projects), len(file.Voters), e.Ballots.Voters())
		}
		res, err := shares.Run(t.Context(), *e, shares.Rule{Method: shares.EqualShares, Utility: shares.CountUtility, Completion: shares.Utilitarian})
		switch {
		case err != nil && !fault.Is(err, fault.Invalid):
			t.Fatal(err)
		case err == nil && res.Cost > e.Budget:
			t.Fatalf("spends %d of %d", res.Cost, e.Budget)
		}
	})
}
