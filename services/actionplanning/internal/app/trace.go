package app

import (
	"context"
	"strings"

	"github.com/throughline/throughline/services/actionplanning/internal/domain"
	"github.com/throughline/throughline/services/platform/links"
	"github.com/throughline/throughline/services/platform/resource"
)

// LinkTx reads links.
type LinkTx interface {
	// Links are what of this leads to what.
	Links() links.Source
}

// TraceLinks reads a page of the links from names, or to them.
func (a *App) TraceLinks(ctx context.Context, q links.Query) (links.Page, error) {
	q.Today = string(domain.Today(a.Now()))
	return resource.Read(ctx, a.Store, func(tx Tx) (links.Page, error) { return links.Read(tx.Links(), q) })
}

// StrategyNode is a strategy in short; objectives says whether it has any that was not cancelled.
func StrategyNode(s domain.Strategy, objectives bool) links.Node {
	n := links.Node{Name: s.Name(), Kind: "strategy", DisplayName: s.DisplayName, State: string(s.State)}
	n.Gap(!objectives && s.State != domain.StrategyCancelled, "has no objective")
	return n
}

// StrategyLinks leads from a strategy to its goal.
func StrategyLinks(s domain.Strategy, add func(links.Link)) {
	if s.Goal != "" {
		add(links.Link{From: s.Name(), To: s.Goal, Relation: links.Serves, Weight: weight(s.Share)})
	}
}

// ObjectiveNode is an objective in short; led says whether somebody leads it today or later.
func ObjectiveNode(o domain.Objective, led bool) links.Node {
	n := links.Node{Name: o.Name(), Kind: "objective", DisplayName: o.DisplayName, State: string(o.State)}
	if o.State != domain.ObjectiveCompleted && o.State != domain.ObjectiveCancelled {
		n.Gap(!led, "has no lead")
		n.Gap(o.Measure == "", "has no measure")
	}
	return n
}

// ObjectiveLinks leads from an objective to its strategy, and from what shows its success and pays for it to the objective.
func ObjectiveLinks(o domain.Objective, add func(links.Link)) {
	add(links.Link{From: o.Name(), To: domain.StrategyName(o.Organization, o.Strategy), Relation: links.PartOf, Weight: weight(o.Share)})
	if o.Measure != "" {
		add(links.Link{From: o.Measure, To: o.Name(), Relation: links.Informs})
	}
	if program := o.Program(); program != "" {
		add(links.Link{From: program, To: o.Name(), Relation: links.PaysFor})
	}
}

// MilestoneNode is a milestone in short.
func MilestoneNode(m domain.Milestone) links.Node {
	n := links.Node{Name: m.Name(), Kind: "milestone", DisplayName: m.DisplayName, State: "PLANNED"}
	switch {
	case m.ActualEnd != "":
		n.State = "DONE"
	case m.ActualStart != "":
		n.State = "STARTED"
	}
	return n
}

// MilestoneLinks leads from a milestone to its objective.
func MilestoneLinks(m domain.Milestone, add func(links.Link)) {
	add(links.Link{From: m.Name(), To: m.ObjectiveName(), Relation: links.PartOf, Weight: max(1, m.Weight)})
}

// AssignmentNode is an assignment in short, of an employee with this display name. One that has ended takes no effort any more.
func AssignmentNode(a domain.Assignment, employee string, today domain.Date) links.Node {
	n := links.Node{Name: a.Name(), Kind: "assignment", DisplayName: employee + ", " + strings.ToLower(string(a.Role)), EffortPPM: a.EffortPPM}
	switch {
	case a.EndDate != "" && a.EndDate < today:
		n.State, n.EffortPPM = "ENDED", 0
	case a.Interim:
		n.State = "INTERIM"
	}
	n.Gap(a.Interim, "is held for somebody who left")
	return n
}

// AssignmentLinks leads from an assignment to the work, and from who does it to the assignment.
func AssignmentLinks(a domain.Assignment, add func(links.Link)) {
	add(links.Link{From: a.Name(), To: a.WorkName(), Relation: links.WorksOn})
	add(links.Link{From: a.EmployeeName(), To: a.Name(), Relation: links.Holds})
}

// EmployeeNode is an employee in short.
func EmployeeNode(e domain.Employee) links.Node {
	return links.Node{Name: e.Name(), Kind: "employee", DisplayName: e.DisplayName, State: string(e.Status)}
}

// weight is 0 for what does not count in the progress of what it is for.
func weight(s domain.Share) int {
	if !s.Counts() {
		return 0
	}
	return int(s.Parts())
}
