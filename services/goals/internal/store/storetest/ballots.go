package storetest

import (
	"testing"

	"github.com/throughline/throughline/services/goals/internal/app"
	"github.com/throughline/throughline/services/goals/internal/domain"
	"github.com/throughline/throughline/services/platform/resource/resourcetest"
)

func answer(respondent string, points int64) domain.CommunityBallot {
	return domain.CommunityBallot{
		Respondent: respondent, Weight: 2, District: "north", Vote: domain.Vote{Points: []domain.ItemPoints{{Item: "g", Points: points}}},
	}
}

// community holds that answers come back by respondent, that a later one replaces, and that other rounds see none of them.
func community(t *testing.T, h resourcetest.Harness[app.Tx]) {
	t.Helper()
	record := func(b ...domain.CommunityBallot) {
		t.Helper()
		err := h.Store.Write(t.Context(), func(tx app.Tx) (any, error) {
			return nil, tx.CommunityBallots().Record(domain.CommunityBatch{Round: round("a", "r"), Ballots: b})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	read := func(org string) (all []domain.CommunityBallot) {
		t.Helper()
		err := h.Store.Read(t.Context(), func(tx app.Tx) error {
			return tx.CommunityBallots().Each(round(org, "r"), func(b domain.CommunityBallot) error { all = append(all, b); return nil })
		})
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	record(answer("b", 1), answer("a", 2))
	record(answer("b", 3))
	if got, want := read("a"), []domain.CommunityBallot{answer("a", 2), answer("b", 3)}; !same(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	for org, want := range map[string]int{"a": 2, "b": 0} {
		err := h.Store.Read(t.Context(), func(tx app.Tx) error {
			known, err := tx.CommunityBallots().Known(round(org, "r"), append(make([]string, 300), "a", "b", "c"))
			if err == nil && known != want {
				t.Errorf("%d are known in %s, want %d", known, org, want)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if got := read("b"); len(got) != 0 {
		t.Errorf("b sees %v", got)
	}
}

// versions holds that the journal keeps every version of a ballot, oldest first, and no other round's.
func versions(t *testing.T, h resourcetest.Harness[app.Tx]) {
	t.Helper()
	ballot := domain.Ballot{Meta: first(), Organization: "a", Plan: "p", Prioritization: "r", ID: "m-1", Member: "ann"}
	elsewhere := ballot
	elsewhere.Organization = "b"
	next := ballot
	next.Meta = ballot.Next(at)
	err := h.Store.Write(t.Context(), func(tx app.Tx) (any, error) {
		for _, write := range []func() error{
			func() error { return tx.Ballots().Insert(ballot) },
			func() error { return tx.Ballots().Insert(elsewhere) },
			func() error { return tx.Ballots().Update(next) },
		} {
			if err := write(); err != nil {
				return nil, err
			}
		}
		return nil, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for org, want := range map[string]int{"a": 2, "b": 1} {
		n := 0
		err := h.Store.Read(t.Context(), func(tx app.Tx) error {
			return tx.BallotVersions(round(org, "r"), func([]byte) error { n++; return nil })
		})
		if err != nil || n != want {
			t.Errorf("%s has %d versions, %v; want %d", org, n, err, want)
		}
	}
}
