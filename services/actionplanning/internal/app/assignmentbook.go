package app

import (
	"slices"
	"time"

	"github.com/throughline/throughline/services/actionplanning/internal/domain"
	"github.com/throughline/throughline/services/platform/fault"
)

// assignmentBook is all that decides whether assignments fit, read at once for many of them.
type assignmentBook struct {
	policy      domain.AssignmentPolicy
	today       domain.Date
	objectives  map[string]domain.ObjectiveState // by name, of those that exist
	milestones  map[string]bool                  // names that exist
	staff       map[string]domain.Employee
	byEmployee  map[string][]domain.Assignment
	byObjective map[string][]domain.Assignment // by name
}

// openAssignmentBook reads what concerns these assignments of an organization, in a bounded number of queries for each thousand of them.
func openAssignmentBook(tx Tx, organization string, drafts []domain.Assignment, now time.Time) (*assignmentBook, error) {
	b := &assignmentBook{
		today: domain.Today(now), staff: map[string]domain.Employee{}, byEmployee: map[string][]domain.Assignment{}, byObjective: map[string][]domain.Assignment{},
	}
	var employees, objectives, milestones []string
	for _, d := range drafts {
		employees, objectives = append(employees, d.Employee), append(objectives, d.ObjectiveName())
		if m := d.MilestoneName(); m != "" {
			milestones = append(milestones, m)
		}
	}
	employees, objectives, milestones = distinct(employees), distinct(objectives), distinct(milestones)
	var err error
	if b.policy, err = assignmentPolicy(tx, organization); err != nil {
		return nil, err
	}
	if b.objectives, err = tx.KnownObjectives(organization, objectives); err != nil {
		return nil, err
	}
	if b.milestones, err = tx.KnownMilestones(organization, milestones); err != nil {
		return nil, err
	}
	staff, err := tx.Employees(organization, employees)
	if err != nil {
		return nil, err
	}
	for _, e := range staff {
		b.staff[e.ID] = e.On(b.today)
	}
	work, err := tx.WorkOf(organization, employees)
	if err != nil {
		return nil, err
	}
	for _, w := range work {
		b.byEmployee[w.Employee] = append(b.byEmployee[w.Employee], w)
	}
	if work, err = tx.WorkOn(organization, objectives); err != nil {
		return nil, err
	}
	for _, w := range work {
		b.byObjective[w.ObjectiveName()] = append(b.byObjective[w.ObjectiveName()], w)
	}
	return b, nil
}

// fit refuses an assignment to what does not exist or is over, to somebody who is gone, as a second lead, or that asks too much of somebody, if the
// policy says so; else it answers the assignment, flagged if the policy says that. before is the stored version, nil if there is none.
func (b *assignmentBook) fit(a domain.Assignment, before *domain.Assignment) (domain.Assignment, error) {
	var v fault.Violations
	state, found := b.objectives[a.ObjectiveName()]
	v.Check(found, "assignment.objective", "%s does not exist; name an objective of this organization", a.ObjectiveName())
	if m := a.MilestoneName(); m != "" {
		v.Check(b.milestones[m], "assignment.milestone", "%s does not exist; name a milestone of the objective, or leave it empty", m)
	}
	employee, found := b.staff[a.Employee]
	v.Check(found, "assignment.employee", "%s does not exist; name an employee of this organization, or sync them first", a.EmployeeName())
	if err := v.Err(); err != nil {
		return a, err
	}
	if err := a.CheckObjective(state, b.today); err != nil {
		return a, err
	}
	if err := a.CheckHolder(employee, before, b.today); err != nil {
		return a, err
	}
	if err := a.CheckLead(b.byObjective[a.ObjectiveName()]); err != nil {
		return a, err
	}
	work := b.byEmployee[a.Employee]
	if b.policy.OverAllocation == domain.OverAllocationFlag {
		a.OverAllocated = domain.Flagged(employee, append(without(work, a.ID), a))[a.ID]
		return a, nil
	}
	return a, a.CheckLoad(employee, work)
}

// put takes an assignment as written; before is the version it replaces, nil if there is none.
func (b *assignmentBook) put(a domain.Assignment, before *domain.Assignment) {
	if before != nil {
		b.drop(*before)
	}
	b.byEmployee[a.Employee] = append(b.byEmployee[a.Employee], a)
	b.byObjective[a.ObjectiveName()] = append(b.byObjective[a.ObjectiveName()], a)
}

func (b *assignmentBook) drop(a domain.Assignment) {
	b.byEmployee[a.Employee] = without(b.byEmployee[a.Employee], a.ID)
	b.byObjective[a.ObjectiveName()] = without(b.byObjective[a.ObjectiveName()], a.ID)
}

func without(work []domain.Assignment, id string) []domain.Assignment {
	return slices.DeleteFunc(slices.Clone(work), func(w domain.Assignment) bool { return w.ID == id })
}

// distinct is each of them once, in order.
func distinct(names []string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}

// fits is fit of one assignment alone.
func fits(tx Tx, a domain.Assignment, before *domain.Assignment, now time.Time) (domain.Assignment, error) {
	book, err := openAssignmentBook(tx, a.Organization, []domain.Assignment{a}, now)
	if err != nil {
		return a, err
	}
	return book.fit(a, before)
}

// flagged marks those of some assignments of an organization of whose employees too much is asked, if the policy is to flag them.
func flagged(tx Tx, organization string, some []domain.Assignment) error {
	policy, err := assignmentPolicy(tx, organization)
	if err != nil || policy.OverAllocation != domain.OverAllocationFlag || len(some) == 0 {
		return err
	}
	employees := make([]string, len(some))
	for i, a := range some {
		employees[i] = a.Employee
	}
	employees = distinct(employees)
	work, err := tx.WorkOf(organization, employees)
	if err != nil {
		return err
	}
	byEmployee := map[string][]domain.Assignment{}
	for _, w := range work {
		byEmployee[w.Employee] = append(byEmployee[w.Employee], w)
	}
	staff, err := tx.Employees(organization, employees)
	flags := map[string]bool{}
	for _, e := range staff {
		for id := range domain.Flagged(e, byEmployee[e.ID]) {
			flags[id] = true
		}
	}
	for i, a := range some {
		some[i].OverAllocated = flags[a.ID]
	}
	return err
}
