package domain

import (
	"cmp"
	"time"

	"github.com/throughline/throughline/services/platform/fault"
)

// Role is the part an employee plays.
type Role string

// RoleLead answers for the objective; it has one lead at a time.
const RoleLead Role = "LEAD"

// Assignment is the work of an employee on an objective.
type Assignment struct {
	Meta
	Organization string
	ID           string
	Strategy     string // id, of the objective
	Objective    string // id
	Employee     string // id
	Role         Role
	EffortPPM    int // share of a full-time year
	StartDate    Date
	EndDate      Date // the last day; "" is open-ended

	Milestone     string // id, of the objective; "" means the objective as a whole
	Interim       bool   // held for somebody who left
	OverAllocated bool   // too much is asked of the employee meanwhile; worked out when it is read, never stored
}

// AssignmentName is the resource name of an assignment.
func AssignmentName(organization, id string) string {
	return name("organizations", organization, "assignments", id)
}

// Name is the resource name.
func (a Assignment) Name() string { return AssignmentName(a.Organization, a.ID) }

// ObjectiveName is the name of what is worked on.
func (a Assignment) ObjectiveName() string {
	return ObjectiveName(a.Organization, a.Strategy, a.Objective)
}

// EmployeeName is the name of who works.
func (a Assignment) EmployeeName() string { return EmployeeName(a.Organization, a.Employee) }

// NewAssignment is the first version of an assignment.
func NewAssignment(a Assignment, now time.Time) (Assignment, error) {
	a.Meta, a.Interim, a.OverAllocated = Meta{}.Next(now), false, false
	return a, a.check()
}

// Changed is the next version of a with the fields of next.
func (a Assignment) Changed(next Assignment, now time.Time) (Assignment, error) {
	next.Organization, next.ID, next.Meta, next.Interim, next.OverAllocated = a.Organization, a.ID, a.Next(now), a.Interim, false
	return next, next.check()
}

// Same says whether b tells the same as a, whatever its version.
func (a Assignment) Same(b Assignment) bool {
	b.Meta, b.OverAllocated = a.Meta, a.OverAllocated
	return a == b
}

// CheckLead refuses a second lead of the objective, or of the milestone, on any day. others are the objective's assignments, a itself perhaps among them.
func (a Assignment) CheckLead(others []Assignment) error {
	if a.Role != RoleLead {
		return nil
	}
	for _, o := range others {
		if o.ID != a.ID && o.Role == RoleLead && o.Milestone == a.Milestone && a.days().overlap(o.days()) {
			return fault.State("LEAD_TAKEN", "%s is led by %s from %s to %s (%s); end that assignment first, or choose other days or another role",
				a.WorkName(), o.EmployeeName(), o.StartDate, o.until(), o.Name()).With("assignment", o.Name())
		}
	}
	return nil
}

// CheckObjective refuses work that goes on after today on an objective that is over.
func (a Assignment) CheckObjective(state ObjectiveState, today Date) error {
	if !state.Over() || a.EndDate != "" && a.EndDate <= today {
		return nil
	}
	return fault.State("OBJECTIVE_CLOSED", "%s is %s, and no work on it goes on; choose another objective, or a last day (end_date) of %s or before",
		a.ObjectiveName(), state, today)
}

// Over is what becomes of the work on an objective on the day on which it is over: what goes on ends with that day, and what has not begun is
// dropped, so that nobody is loaded with it any longer.
func Over(work []Assignment, now time.Time) (ended, dropped []Assignment) {
	today := Today(now)
	for _, a := range work {
		switch {
		case a.EndDate != "" && a.EndDate <= today:
		case a.StartDate > today:
			dropped = append(dropped, a)
		default:
			a.EndDate, a.Meta = today, a.Next(now)
			ended = append(ended, a)
		}
	}
	return ended, dropped
}

// CheckHolder refuses work for somebody who has left: an assignment of theirs can end sooner, and not go on for longer. before is the
// stored version, if there is one.
func (a Assignment) CheckHolder(e Employee, before *Assignment, today Date) error {
	if !e.GoneOn(today) {
		return nil
	}
	if before != nil && before.Employee == e.ID && a.EndDate != "" && (before.EndDate == "" || a.EndDate <= max(before.EndDate, e.EndDate)) {
		return nil
	}
	return e.Assignable()
}

func (a Assignment) days() days { return days{a.StartDate, a.EndDate} }

// MilestoneName is the name of the milestone worked on, "" for the objective as a whole.
func (a Assignment) MilestoneName() string {
	if a.Milestone == "" {
		return ""
	}
	return name(a.ObjectiveName(), "milestones", a.Milestone)
}

// WorkName is the name of what is worked on: the milestone, or else the objective.
func (a Assignment) WorkName() string { return cmp.Or(a.MilestoneName(), a.ObjectiveName()) }

func (a Assignment) until() string {
	if a.EndDate == "" {
		return "an open end"
	}
	return string(a.EndDate)
}

func (a Assignment) check() error {
	var v fault.Violations
	v.Check(a.Role != "", "assignment.role", "is required; give it a value")
	v.Check(a.EffortPPM >= 0 && a.EffortPPM <= PPM, "assignment.effort_ppm", "must lie between 0 and 1,000,000 (full time)")
	start := a.StartDate.valid()
	v.Check(start, "assignment.start_date", "must be a calendar day")
	if a.EndDate != "" {
		v.Check(a.EndDate.valid(), "assignment.end_date", "must be a calendar day, or unset")
		v.Check(!start || a.EndDate >= a.StartDate, "assignment.end_date", "is before start_date (%s); move one of them", a.StartDate)
	}
	return v.Err()
}
