package storetest

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/throughline/throughline/services/actionplanning/internal/app"
	"github.com/throughline/throughline/services/actionplanning/internal/domain"
)

func succession(organization, id string) domain.Succession {
	work := assignment(organization, "")
	work.Meta, work.Employee = domain.Meta{}, ""
	return domain.Succession{
		Meta: domain.Meta{}.Next(noon), Organization: organization, ID: id, Leaver: "e-1", Department: "Police", Title: "Dispatcher",
		Ended: "ended-" + id, Interim: "interim-" + id, Work: work, State: domain.SuccessionOpen,
	}
}

func dueStaff(t *testing.T, h Harness) {
	on := func(organization, key string, change domain.Date) domain.Employee {
		e := Employee(organization, key)
		e.Change = change
		return e
	}
	due := []domain.Employee{on("a", "1", "2027-01-01"), on("a", "2", "2027-01-02")}
	write(t, h, func(tx app.Tx) error {
		return tx.SaveStaff(slices.Concat(due, []domain.Employee{on("a", "3", "2027-01-03"), on("a", "4", ""), on("b", "1", "2027-01-03")}))
	})
	read(t, h, func(tx app.Tx) error {
		got, err := tx.DueStaff("a", "2027-01-02")
		if err != nil || !reflect.DeepEqual(got, due) {
			t.Errorf("%+v, want %+v", got, due)
		}
		for day, want := range map[domain.Date][]string{"2026-12-31": nil, "2027-01-02": {"a"}, "2027-01-03": {"a", "b"}} {
			if got, err := tx.OrganizationsDue(day); err != nil || !slices.Equal(got, want) {
				t.Errorf("%s: %v, want %v; %v", day, got, want, err)
			}
		}
		return err
	})
}

// workOfMany asks for more than one statement holds.
func workOfMany(t *testing.T, h Harness) {
	var staff []domain.Employee
	var work []domain.Assignment
	var employees, ids []string
	for i := range 2 * crowd {
		e := Employee("a", fmt.Sprintf("n%03d", i))
		a := assignment("a", fmt.Sprintf("w%03d", i))
		a.Employee = e.ID
		staff, work, employees, ids = append(staff, e), append(work, a), append(employees, e.ID), append(ids, a.ID)
	}
	elsewhere := assignment("b", "w000")
	write(t, h, func(tx app.Tx) error {
		if err := tx.SaveStaff(staff); err != nil {
			return err
		}
		return tx.SaveAssignments(append(slices.Clone(work), elsewhere))
	})
	changed := work[7]
	changed.EffortPPM, changed.Meta = 1, changed.Next(noon.Add(time.Hour))
	write(t, h, func(tx app.Tx) error { return tx.SaveAssignments([]domain.Assignment{changed}) })
	work[7] = changed
	read(t, h, func(tx app.Tx) error {
		for what, find := range map[string]func() ([]domain.Assignment, error){
			"by id":        func() ([]domain.Assignment, error) { return tx.AssignmentsWithIDs("a", append(ids, "none")) },
			"by employee":  func() ([]domain.Assignment, error) { return tx.WorkOf("a", append(employees, "e-none")) },
			"by objective": func() ([]domain.Assignment, error) { return tx.WorkOn("a", []string{work[0].ObjectiveName(), "none"}) },
		} {
			if got, err := find(); err != nil || !reflect.DeepEqual(got, work) {
				t.Errorf("%s: %d found, want %d; %v", what, len(got), len(work), err)
			}
		}
		if got, err := tx.Employees("a", employees); err != nil || !reflect.DeepEqual(got, staff) {
			t.Errorf("%d employees, want %d; %v", len(got), len(staff), err)
		}
		known, err := tx.KnownObjectives("a", []string{work[0].ObjectiveName(), elsewhere.ObjectiveName(), "organizations/a/strategies/parent/objectives/none", "nonsense"})
		if err != nil || !reflect.DeepEqual(known, map[string]domain.ObjectiveState{work[0].ObjectiveName(): domain.ObjectiveUnfunded}) {
			t.Errorf("objectives %v, %v", known, err)
		}
		return err
	})
	if e, _ := asOf(t, h, changed.Name(), noon.Add(48*time.Hour)); e.EtagBefore != "1" || e.EtagAfter != "2" {
		t.Errorf("the change left the event %+v", e)
	}
}

func openSuccessions(t *testing.T, h Harness) {
	one, two, decided := succession("a", "one"), succession("a", "two"), succession("a", "decided")
	decided.State = domain.SuccessionDeclined
	write(t, h, func(tx app.Tx) error {
		return tx.SaveSuccessions([]domain.Succession{two, one, decided, succession("b", "one")})
	})
	read(t, h, func(tx app.Tx) error {
		got, err := tx.OpenSuccessions("a")
		if err != nil || !reflect.DeepEqual(got, []domain.Succession{one, two}) {
			t.Errorf("open %+v, %v", got, err)
		}
		got, err = tx.SuccessionsHolding("a", []string{two.Interim, decided.Interim, "none"})
		if err != nil || !reflect.DeepEqual(got, []domain.Succession{two}) {
			t.Errorf("holding %+v, %v", got, err)
		}
		return err
	})
}

func assignmentPolicy(t *testing.T, h Harness) {
	policy := domain.DefaultAssignmentPolicy("a")
	policy.Meta = policy.Next(noon)
	write(t, h, func(tx app.Tx) error { return tx.AssignmentPolicies().Insert(policy) })
	read(t, h, func(tx app.Tx) error {
		if got, err := tx.AssignmentPolicies().Get("a"); err != nil || !reflect.DeepEqual(got, policy) {
			t.Errorf("%+v, %v, want %+v", got, err, policy)
		}
		_, found, err := tx.AssignmentPolicies().Find("b")
		if found {
			t.Error("b sees a's policy")
		}
		return err
	})
}

func assignmentChanges(t *testing.T, h Harness) {
	one, two, three := assignment("a", "one"), assignment("a", "two"), assignment("a", "three")
	for _, a := range []domain.Assignment{one, two, three, assignment("b", "one")} {
		write(t, h, func(tx app.Tx) error { return tx.Assignments().Insert(a) })
	}
	write(t, h, func(tx app.Tx) error { return tx.Assignments().Delete(two) })
	next := one
	next.EffortPPM, next.Meta = 1, next.Next(noon.Add(time.Hour))
	write(t, h, func(tx app.Tx) error { return tx.Assignments().Update(next) })
	gone := domain.Assignment{Organization: "a", ID: "two"}
	read(t, h, func(tx app.Tx) error {
		all, err := tx.AssignmentChanges("a", 0, 0, 10)
		if err != nil || len(all) != 3 {
			t.Fatalf("%+v, %v", all, err)
		}
		last, err := tx.LastPosition("a")
		if err != nil || last != all[2].Position {
			t.Errorf("the last position is %d, %v", last, err)
		}
		for i, want := range []app.AssignmentChange{{ID: "three", Assignment: three}, {ID: "two", Assignment: gone, Deleted: true}, {ID: "one", Assignment: next}} {
			if want.Position = all[i].Position; !reflect.DeepEqual(all[i], want) {
				t.Errorf("change %d is %+v, want %+v", i, all[i], want)
			}
		}
		for what, c := range map[string]struct {
			after, deleted int64
			limit, want    int
		}{
			"after the first": {all[0].Position, 0, 10, 2}, "one": {0, 0, 1, 1}, "none": {last, 0, 10, 0}, "without deletions": {0, last, 10, 2},
		} {
			if got, err := tx.AssignmentChanges("a", c.after, c.deleted, c.limit); err != nil || len(got) != c.want {
				t.Errorf("%s: %+v, %v", what, got, err)
			}
		}
		if none, err := tx.LastPosition("nobody"); err != nil || none != 0 {
			t.Errorf("nobody's last position is %d, %v", none, err)
		}
		return err
	})
}
