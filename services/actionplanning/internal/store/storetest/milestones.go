package storetest

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/throughline/throughline/services/actionplanning/internal/app"
	"github.com/throughline/throughline/services/actionplanning/internal/domain"
	"github.com/throughline/throughline/services/platform/resource/resourcetest"
)

func milestones(t *testing.T, seeded func(*testing.T) Harness) {
	t.Run("milestones", func(t *testing.T) {
		resourcetest.Run(t, func(t *testing.T) Harness {
			h := seeded(t)
			write(t, h, func(tx app.Tx) error {
				return tx.SaveMilestones([]domain.Milestone{milestone("a", "first"), milestone("a", "second")})
			})
			write(t, h, func(tx app.Tx) error {
				return tx.SaveMilestones([]domain.Milestone{milestone("b", "first"), milestone("b", "second")})
			})
			return h
		}, resourcetest.Case[app.Tx, domain.Milestone]{
			In: app.Tx.Milestones, List: app.MilestoneList, Same: same[domain.Milestone],
			New: func(organization, id string) domain.Milestone { return milestone(organization, id, "second", "first") },
			Key: func(m domain.Milestone) []string {
				return []string{m.Organization, m.Strategy, m.Objective, m.ID}
			},
			Next: func(m domain.Milestone) domain.Milestone {
				m.DependsOn, m.ActualEnd, m.Percent, m.Meta = m.DependsOn[:1], "", 60, m.Next(noon.Add(time.Hour))
				return m
			},
		})
	})
	for name, check := range map[string]func(*testing.T, Harness){
		"what milestones depend on": dependencies, "many milestones at once": manyMilestones, "milestones of strategies": milestonesOf,
	} {
		t.Run(name, func(t *testing.T) { check(t, seeded(t)) })
	}
}

// milestone is the first version of one that depends on others of the same objective.
func milestone(organization, id string, dependsOn ...string) domain.Milestone {
	m := domain.Milestone{
		Meta: domain.Meta{}.Next(noon), Organization: organization, Strategy: "parent", Objective: "parent", ID: id, DisplayName: "Hire",
		PlannedStart: "2027-03-01", PlannedEnd: "2027-03-31", ActualStart: "2027-03-02", ActualEnd: "2027-04-01", Percent: 100, Weight: 3,
		Description: "All of them",
	}
	for _, d := range dependsOn {
		m.DependsOn = append(m.DependsOn, domain.MilestoneName(organization, "parent", "parent", d))
	}
	return m
}

func named(ids ...string) (names []string) {
	for _, id := range ids {
		names = append(names, domain.MilestoneName("a", "parent", "parent", id))
	}
	return names
}

func dependencies(t *testing.T, h Harness) {
	write(t, h, func(tx app.Tx) error {
		return tx.SaveMilestones([]domain.Milestone{
			milestone("a", "d", "c", "b"), milestone("a", "c", "a"), milestone("a", "b", "a"), milestone("a", "a"), milestone("a", "e", "d"),
		})
	})
	write(t, h, func(tx app.Tx) error { return tx.SaveMilestones([]domain.Milestone{milestone("b", "a")}) })
	graph := func(from ...string) (all map[string][]string) {
		read(t, h, func(tx app.Tx) (err error) {
			all, err = tx.DependsOn("a", named(from...))
			return err
		})
		return all
	}
	if got, want := graph("d", "unknown"), (map[string][]string{
		named("d")[0]: named("b", "c"), named("c")[0]: named("a"), named("b")[0]: named("a"),
	}); !reflect.DeepEqual(got, want) {
		t.Errorf("d depends on %v, want %v", got, want)
	}
	if got := graph("a"); len(got) != 0 {
		t.Errorf("a depends on %v", got)
	}
	read(t, h, func(tx app.Tx) error {
		for id, want := range map[string]string{"a": named("b")[0], "e": ""} {
			got, err := tx.DependentOf("a", named(id)[0])
			if err != nil || got != want {
				t.Errorf("%s holds up %q, want %q (%v)", id, got, want, err)
			}
		}
		known, err := tx.KnownMilestones("b", append(named("a", "d"), domain.MilestoneName("b", "parent", "parent", "a")))
		if want := map[string]bool{domain.MilestoneName("b", "parent", "parent", "a"): true}; !reflect.DeepEqual(known, want) {
			t.Errorf("b knows %v", known)
		}
		return err
	})
	next := milestone("a", "d", "a")
	next.Meta = next.Next(noon.Add(time.Hour))
	write(t, h, func(tx app.Tx) error { return tx.Milestones().Update(next) })
	if got, want := graph("d"), (map[string][]string{named("d")[0]: named("a")}); !reflect.DeepEqual(got, want) {
		t.Errorf("changed, d depends on %v, want %v", got, want)
	}
	err := h.Store.Write(t.Context(), func(tx app.Tx) (any, error) { return nil, tx.Milestones().Delete(next) })
	if err == nil {
		t.Error("a milestone that another depends on is gone")
	}
}

func manyMilestones(t *testing.T, h Harness) {
	first := make([]domain.Milestone, crowd)
	for i := range first {
		first[i] = milestone("a", fmt.Sprintf("n%03d", i))
		if i > 0 {
			first[i].DependsOn = []string{first[i-1].Name()}
		}
	}
	first[0].DependsOn = nil
	slices.Reverse(first) // each before what it depends on
	write(t, h, func(tx app.Tx) error { return tx.SaveMilestones(first) })
	changed := first[7]
	changed.DependsOn, changed.Percent, changed.ActualEnd, changed.Meta = nil, 5, "", changed.Next(noon.Add(time.Hour))
	second := []domain.Milestone{changed, milestone("a", "new", "n003")}
	write(t, h, func(tx app.Tx) error { return tx.SaveMilestones(second) })
	want := map[string]domain.Milestone{}
	var names []string
	for _, m := range slices.Concat(first, second) {
		want[m.Name()] = m
		names = append(names, m.Name())
	}
	got := map[string]domain.Milestone{}
	read(t, h, func(tx app.Tx) error {
		found, err := tx.MilestonesNamed("a", append(names, "unknown"))
		for _, m := range found {
			got[m.Name()] = m
		}
		return err
	})
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%d milestones stored, %d wanted, or they differ", len(got), len(want))
	}
	for at, etag := range map[time.Time]string{noon: "1", noon.Add(time.Hour): "2"} {
		if e, _ := asOf(t, h, changed.Name(), at); e.EtagAfter != etag {
			t.Errorf("at %v the history has version %q, want %q", at, e.EtagAfter, etag)
		}
	}
}

func milestonesOf(t *testing.T, h Harness) {
	other := milestone("a", "other")
	other.Objective, other.Weight, other.Percent, other.ActualEnd = "other", 0, 30, ""
	half := milestone("a", "half")
	half.Percent, half.Weight, half.ActualEnd = 50, 1, ""
	write(t, h, func(tx app.Tx) error {
		if err := tx.Strategies().Insert(strategy("a", "empty")); err != nil {
			return err
		}
		if err := tx.Objectives().Insert(objective("a", "other")); err != nil {
			return err
		}
		return tx.SaveMilestones([]domain.Milestone{milestone("a", "done"), other, half})
	})
	write(t, h, func(tx app.Tx) error { return tx.SaveMilestones([]domain.Milestone{milestone("b", "done")}) })
	read(t, h, func(tx app.Tx) error {
		all, err := tx.MilestonesOf("a", []string{"parent", "empty"})
		if want := []domain.Milestone{other, milestone("a", "done"), half}; err != nil || !reflect.DeepEqual(all, want) {
			t.Errorf("milestones %+v, want %+v (%v)", all, want, err)
		}
		objectives, err := tx.ObjectivesOf("a", []string{"empty", "parent"})
		if err != nil || len(objectives) != 2 || objectives[0].ID != "other" || objectives[1].ID != "parent" {
			t.Errorf("objectives %+v (%v)", objectives, err)
		}
		sums, err := tx.MilestoneSums("a", []string{"empty", "parent"})
		if want := []app.MilestoneSum{
			{Strategy: "parent", Objective: "other", Weights: 1, Percents: 30}, {Strategy: "parent", Objective: "parent", Weights: 4, Percents: 350},
		}; !reflect.DeepEqual(sums, want) {
			t.Errorf("sums %+v, want %+v", sums, want)
		}
		return err
	})
}
