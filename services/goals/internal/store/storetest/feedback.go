package storetest

import (
	"testing"

	"github.com/throughline/throughline/services/goals/internal/app"
	"github.com/throughline/throughline/services/goals/internal/domain"
	"github.com/throughline/throughline/services/platform/listing"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/resource/resourcetest"
)

func roles(t *testing.T, open func(*testing.T) resourcetest.Harness[app.Tx]) {
	resourcetest.Run(t, open, resourcetest.Case[app.Tx, domain.RoleAssignment]{
		In: func(tx app.Tx) resource.Collection[domain.RoleAssignment] { return tx.RoleAssignments() },
		New: func(org, id string) domain.RoleAssignment {
			return domain.RoleAssignment{
				Meta: first(), Organization: org, Plan: "p", ID: id, Role: "Mayor", Letter: "INFORMED", Phase: "Measure", Goal: "g", Holder: "Ann",
			}
		},
		Key: func(r domain.RoleAssignment) []string { return []string{r.Organization, r.Plan, r.ID} },
		Next: func(r domain.RoleAssignment) domain.RoleAssignment {
			r.Meta, r.Holder = r.Meta.Next(at), "Bob"
			return r
		},
		List: app.RoleAssignmentList, Same: same[domain.RoleAssignment],
	})
}

func piece(org, id string) domain.Feedback {
	return domain.Feedback{
		Meta: first(), Organization: org, ID: id, Source: "MEETING", Text: "More trees", Goals: []string{"g", "h"}, District: "north",
		Group: "Youth", Date: "2027-03-04", Status: "CLOSED", CloseTime: at, Program: "p", Assignment: "a", ExternalID: "x-" + id,
	}
}

func feedback(t *testing.T, open func(*testing.T) resourcetest.Harness[app.Tx]) {
	resourcetest.Run(t, open, resourcetest.Case[app.Tx, domain.Feedback]{
		In:   func(tx app.Tx) resource.Collection[domain.Feedback] { return tx.Feedback() },
		New:  piece,
		Key:  func(f domain.Feedback) []string { return []string{f.Organization, f.ID} },
		Next: func(f domain.Feedback) domain.Feedback { f.Meta, f.Goals = f.Meta.Next(at), nil; return f },
		List: app.FeedbackList, Same: same[domain.Feedback],
	})
}

// numbers holds that counts are of one organization's feedback, as filtered, and that numbers lead to it.
func numbers(t *testing.T, h resourcetest.Harness[app.Tx]) {
	t.Helper()
	err := h.Store.Write(t.Context(), func(tx app.Tx) (any, error) {
		south := piece("a", "2")
		south.District, south.Goals = "south", []string{"h"}
		for _, f := range []domain.Feedback{piece("a", "1"), south, piece("b", "3")} {
			if err := tx.Feedback().Insert(f); err != nil {
				return nil, err
			}
		}
		known, err := tx.FeedbackNumbers().Known("a", []string{"x-1", "x-3", ""})
		if err != nil || len(known) != 1 || known["x-1"] != "1" {
			t.Errorf("known: %v, %v", known, err)
		}
		all, err := listing.Parse(listing.Request{}, app.FeedbackList)
		if err != nil {
			return nil, err
		}
		sum, err := tx.FeedbackNumbers().Summary("a", all)
		if err != nil || sum.Count != 2 || !same(sum.Goals, []domain.FeedbackCount{{Key: "g", Count: 1}, {Key: "h", Count: 2}}) {
			t.Errorf("summary: %+v, %v", sum, err)
		}
		north, err := listing.Parse(listing.Request{Filter: `district = "north"`}, app.FeedbackList)
		if err != nil {
			return nil, err
		}
		if sum, err = tx.FeedbackNumbers().Summary("a", north); err != nil || sum.Count != 1 {
			t.Errorf("the north: %+v, %v", sum, err)
		}
		return nil, nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
