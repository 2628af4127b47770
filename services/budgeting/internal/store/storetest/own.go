package storetest

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/throughline/throughline/services/budgeting/internal/app"
	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/platform/listing"
	"github.com/throughline/throughline/services/platform/outbox"
	"github.com/throughline/throughline/services/platform/sqldb"
)

func write(t *testing.T, h harness, fn func(app.Tx) error) {
	t.Helper()
	if err := h.Store.Write(t.Context(), func(tx app.Tx) (any, error) { return nil, fn(tx) }); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, h harness, fn func(app.Tx) error) {
	t.Helper()
	if err := h.Store.Read(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

// told are the changes of a's resources of a kind, as "verb subject".
func told(t *testing.T, h harness, kind string) (changes []string) {
	t.Helper()
	err := h.DB.Read(t.Context(), func(tx sqldb.Tx) error {
		all, err := outbox.Changes(tx, "a", 0, 1000)
		changes = nil
		for _, e := range all {
			if i := strings.LastIndexByte(e.Type, '.'); strings.HasSuffix(e.Type[:i], "."+kind) {
				changes = append(changes, e.Type[i+1:]+" "+e.Subject+" "+e.EtagBefore+">"+e.EtagAfter)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return changes
}

func many(t *testing.T, h harness) {
	r, s := request("a", "one"), request("a", "n1")
	write(t, h, func(tx app.Tx) error { return tx.Requests().Put([]domain.FundingRequest{r, s}) })
	next := r
	next.Meta, next.EquityPoints = r.Meta.Next(at), 9
	write(t, h, func(tx app.Tx) error { return tx.Requests().Put([]domain.FundingRequest{next}) })
	read(t, h, func(tx app.Tx) error {
		got, err := tx.Requests().FindMany([]string{"a", "fy"}, []string{"zz", "one", "n1", "one", ""})
		if len(got) != 2 || !same(got["one"], next) || !same(got["n1"], s) {
			t.Errorf("found %+v", got)
		}
		if foreign, err := tx.Requests().FindMany([]string{"b", "fy"}, []string{"one"}); len(foreign) != 0 || err != nil {
			t.Errorf("b finds %v, %v", foreign, err)
		}
		return err
	})
	want := []string{"created " + r.Name() + " >1", "created " + s.Name() + " >1", "updated " + r.Name() + " 1>2"}
	if got := told(t, h, "funding_request"); !slices.Equal(got, want) {
		t.Errorf("told %q, want %q", got, want)
	}
}

func asks(t *testing.T, h harness) {
	write(t, h, func(tx app.Tx) error {
		return tx.Requests().Put([]domain.FundingRequest{request("a", "one"), request("a", "n3"), request("b", "n1")})
	})
	read(t, h, func(tx app.Tx) error {
		got, err := tx.Requests().Asks("a", "fy")
		if err != nil || len(got) != 2 {
			t.Fatalf("%d asks, %v", len(got), err)
		}
		for i, id := range []string{"n3", "one"} {
			p, r := got[i].Program, got[i].Request
			if p.ID != id || p.DisplayName != "Program "+id || p.Department != "D" || p.Function != "F" || p.Version != 1 || r.Program != id ||
				!same(r.CostLines, request("a", id).CostLines) || !same(r.Alignments, request("a", id).Alignments) || r.Version != 1 {
				t.Errorf("ask %d is %+v", i, got[i])
			}
		}
		return nil
	})
}

func line(org, ref string, amount int64) domain.LineItem {
	return domain.LineItem{
		Meta: first(), Organization: org, Budget: "fy", ID: domain.LineItemID(ref), Kind: "EXPENDITURE", Fund: "general", Department: "D",
		AccountSegments: []string{"010", "001"}, AccountDescription: "x", Figure: "ADOPTED", Amount: amount, Currency: "USD", Program: "one",
		Treatment: model.Grant, OneTime: true, ExternalRef: ref, SourceFile: "f.csv", SourceRow: 4,
	}
}

func lineItems(t *testing.T, h harness) {
	one, two := line("a", "1", 5), line("a", "2", -7)
	two.Program, two.AccountSegments = "", nil
	write(t, h, func(tx app.Tx) error { return tx.LineItems().Put("a", "fy", []domain.LineItem{one, two}) })
	one.Meta, one.Amount = one.Meta.Next(at), 6
	write(t, h, func(tx app.Tx) error { return tx.LineItems().Put("a", "fy", []domain.LineItem{one}) })
	write(t, h, func(tx app.Tx) error { return tx.LineItems().Put("a", "fy", nil) })
	read(t, h, func(tx app.Tx) error {
		got, err := tx.LineItems().Get("a", "fy", two.ID)
		if err == nil && !same(got, two) {
			t.Errorf("%+v, want %+v", got, two)
		}
		if err != nil {
			return err
		}
		found, err := tx.LineItems().FindMany([]string{"a", "fy"}, []string{one.ID, "none"})
		if err != nil || len(found) != 1 || !same(found[one.ID], one) {
			t.Errorf("found %+v, %v", found, err)
		}
		totals, err := tx.LineItems().Totals("a", "fy")
		want := domain.LineItemTotal{Fund: "general", Kind: "EXPENDITURE", Figure: "ADOPTED", Treatment: model.Grant, Lines: 2, Amount: -1}
		if len(totals) != 1 || totals[0] != want {
			t.Errorf("totals %+v, want %+v", totals, want)
		}
		if foreign, err := tx.LineItems().Totals("b", "fy"); len(foreign) != 0 || err != nil {
			t.Errorf("b totals %v, %v", foreign, err)
		}
		return err
	})
	subject := domain.BudgetName("a", "fy") + "/lineItems"
	if got, want := told(t, h, "line_items"), []string{"upserted " + subject + " >", "upserted " + subject + " >"}; !slices.Equal(got, want) {
		t.Errorf("told %q, want %q", got, want)
	}
}

func proofs(t *testing.T, h harness) {
	a, b := allocation("a", "x", 1), allocation("a", "y", 3)
	a.State = domain.AllocationAdopted
	failed := allocation("a", "failed", 2)
	failed.State, failed.ResultHash, failed.Outcome = domain.AllocationFailed, "", ""
	lines := []domain.AllocationLine{
		{
			Organization: "a", Budget: "fy", Allocation: "x", Program: "n1", DisplayName: "N", Department: "D", Base: 9, Fixed: 1, Floor: 2, Allocated: 8,
			ScoreBP: 5000, Flagged: true, ReasonCode: "RATE", Funding: []domain.FundAmount{{Fund: "general", Amount: 10}, {Fund: "debt", Amount: -2}},
		},
		{Organization: "a", Budget: "fy", Allocation: "x", Program: "one", DisplayName: "O"},
	}
	write(t, h, func(tx app.Tx) error {
		if err := tx.Allocations().Insert(a); err != nil {
			return err
		}
		if err := tx.Allocations().Keep(a, packed(t, h, "in", "plan", lines...)); err != nil {
			return err
		}
		b.Outcome = model.Infeasible
		return errors.Join(tx.Allocations().Insert(failed), tx.Allocations().Insert(b))
	})
	money := domain.AdoptedMoney{Organization: "a", Budget: "fy", Allocation: a.Name(), Time: at, Currency: "USD", Programs: []domain.ProgramMoney{{Program: "one", Amount: 9}}}
	write(t, h, func(tx app.Tx) error { return tx.Allocations().Announce(money) })
	if got, want := told(t, h, "allocation"), "adopted "+a.Name()+" >"; len(got) != 4 || got[3] != want {
		t.Errorf("told %q, the last should be %q", got, want)
	}
	vote := func(id string, sequence int64, election string) domain.Allocation {
		v := allocation("a", id, sequence)
		v.Method, v.Params.Election = model.GreedyVotes, election
		return v
	}
	v := vote("vote", 4, "parks")
	write(t, h, func(tx app.Tx) error { return tx.Allocations().Insert(v) })
	q, err := listing.Parse(listing.Request{PageSize: 1, Filter: "flagged = true AND score_bp > 4999"}, app.AllocationLineList)
	if err != nil {
		t.Fatal(err)
	}
	read(t, h, func(tx app.Tx) error {
		p, err := tx.Allocations().Proof("a", "fy", "x")
		if string(p.Input) != "in" || string(p.Plan) != "plan" {
			t.Errorf("proof %q %q", p.Input, p.Plan)
		}
		page, next, _ := tx.Allocations().Lines([]string{"a", "fy", "x"}, q)
		if len(page) != 1 || next != "" || !same(page[0], lines[0]) {
			t.Errorf("page %+v", page)
		}
		var all []domain.AllocationLine
		_ = tx.Allocations().EachLine([]string{"a", "fy", "x"}, func(l domain.AllocationLine) error { all = append(all, l); return nil })
		if !same(all, lines) {
			t.Errorf("lines %+v", all)
		}
		if _, err := tx.Allocations().Line("b", "fy", "x", "one"); err == nil {
			t.Error("b reads a's line")
		}
		last, _ := tx.Allocations().Last("a", "fy")
		before, found, _ := tx.Allocations().Before(b)
		_, none, _ := tx.Allocations().Before(a)
		if last != 4 || !found || before.ID != "x" || none {
			t.Errorf("last %d, before y %q, before x %v", last, before.ID, none)
		}
		budget, _, _ := tx.Allocations().Before(allocation("a", "z", 5))
		elected, _, _ := tx.Allocations().Before(vote("again", 5, "parks"))
		_, first, _ := tx.Allocations().Before(v)
		_, other, _ := tx.Allocations().Before(vote("other", 5, "streets"))
		if budget.ID != "x" || elected.ID != "vote" || first || other {
			t.Errorf("before another of the budget %q, of the election %q, before the first of an election %v, of another %v", budget.ID, elected.ID, first, other)
		}
		return err
	})
}

func users(t *testing.T, h harness) {
	write(t, h, func(tx app.Tx) error { return tx.Requests().Put([]domain.FundingRequest{request("a", "one")}) })
	write(t, h, func(tx app.Tx) error {
		l := line("a", "1", 5)
		l.Fund = "water"
		return tx.LineItems().Put("a", "fy", []domain.LineItem{l})
	})
	more := domain.DecisionPackage{
		Meta: first(), Organization: "a", Budget: "fy", Program: "one", ID: "more",
		Levels: []domain.ServiceLevel{{ID: "all", Costs: []domain.PackageCost{{Fund: "general"}, {Fund: "fire"}}}},
	}
	vote := election("a", "vote")
	vote.Fund = "lottery"
	write(t, h, func(tx app.Tx) error { return errors.Join(tx.Packages().Insert(more), tx.Elections().Insert(vote)) })
	read(t, h, func(tx app.Tx) error {
		for fund, want := range map[string]string{
			"general": "organizations/a/budgets/fy", "parks": request("a", "one").Name(), "water": line("a", "1", 5).Name(), "free": "",
			"fire": more.Name(), "lottery": vote.Name(),
		} {
			if got, err := tx.FundUser("a", fund); got != want || err != nil {
				t.Errorf("%s is used by %q (%v), want %q", fund, got, err, want)
			}
		}
		for program, want := range map[string]string{"one": request("a", "one").Name(), "n0": vote.Name(), "n1": ""} {
			if got, err := tx.ProgramUser("a", program); got != want || err != nil {
				t.Errorf("%s is used by %q (%v), want %q", program, got, err, want)
			}
		}
		got, err := tx.FundUser("b", "water")
		if got != "" {
			t.Errorf("b's fund is used by %q", got)
		}
		return err
	})
}

// ballots are kept by voter, replaced by a later one, and gone when the election forgets them.
func ballots(t *testing.T, h harness) {
	e := election("a", "vote")
	write := func(do func(app.Tx) error) {
		t.Helper()
		if err := h.Store.Write(t.Context(), func(tx app.Tx) (any, error) { return nil, do(tx) }); err != nil {
			t.Fatal(err)
		}
	}
	all := func() (got []domain.Ballot) {
		t.Helper()
		if err := h.Store.Read(t.Context(), func(tx app.Tx) error {
			got = nil
			return tx.Elections().EachBallot(e, func(b domain.Ballot) error { got = append(got, b); return nil })
		}); err != nil {
			t.Fatal(err)
		}
		return got
	}
	one, two := domain.Ballot{Voter: "1", Votes: []domain.Vote{{Program: "n0", Points: 3}, {Program: "one"}}}, domain.Ballot{Voter: "2"}
	write(func(tx app.Tx) error {
		if err := tx.Elections().Insert(e); err != nil {
			return err
		}
		if err := tx.Elections().Insert(election("b", "vote")); err != nil {
			return err
		}
		if err := tx.Elections().Put(election("b", "vote"), []domain.Ballot{{Voter: "9"}}); err != nil {
			return err
		}
		return tx.Elections().Put(e, []domain.Ballot{two, {Voter: "1"}})
	})
	write(func(tx app.Tx) error {
		found, err := tx.Elections().Ballots(e, []string{"2", "3"})
		if want := map[string]domain.Ballot{"2": two}; err == nil && !reflect.DeepEqual(found, want) {
			t.Errorf("Ballots = %v, want %v", found, want)
		}
		if err != nil {
			return err
		}
		return tx.Elections().Put(e, []domain.Ballot{one})
	})
	if got, want := all(), []domain.Ballot{one, two}; !reflect.DeepEqual(got, want) {
		t.Errorf("EachBallot = %v, want %v", got, want)
	}
	write(func(tx app.Tx) error { return tx.Elections().Forget(e) })
	if got := all(); len(got) != 0 {
		t.Errorf("after Forget: %v", got)
	}
}

// packed is a proof as the store keeps it.
func packed(t *testing.T, h harness, input, plan string, lines ...domain.AllocationLine) app.Packed {
	t.Helper()
	store, ok := h.Store.(app.Store)
	if !ok {
		t.Fatal("the harness has another store than was opened")
	}
	return store.Pack(app.Proof{Input: []byte(input), Plan: []byte(plan), Lines: func(yield func(*domain.AllocationLine) bool) {
		for i := range lines {
			if !yield(&lines[i]) {
				return
			}
		}
	}})
}
