package app

import (
	"context"

	"github.com/throughline/throughline/services/goals/internal/domain"
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
	return resource.Read(ctx, a.Store, func(tx Tx) (links.Page, error) { return links.Read(tx.Links(), q) })
}

// OrganizationNode is an organization in short.
func OrganizationNode(o domain.Organization) links.Node {
	n := links.Node{Name: o.Name(), Kind: "organization", DisplayName: o.DisplayName}
	n.Gap(o.Vision == "", "has no vision")
	return n
}

// PlanNode is a plan in short.
func PlanNode(p domain.Plan) links.Node {
	n := links.Node{Name: p.Name(), Kind: "plan", DisplayName: p.DisplayName, State: string(p.State)}
	n.Gap(p.State == domain.PlanDraft || p.State == domain.PlanSubmitted, "is not adopted")
	n.Gap(p.State == domain.PlanSuperseded, "is superseded by "+p.Successor)
	return n
}

// PlanLinks leads from a plan to its organization.
func PlanLinks(p domain.Plan, add func(links.Link)) {
	add(links.Link{From: p.Name(), To: domain.OrganizationName(p.Organization), Relation: links.PartOf})
}

// GoalNode is a goal in short.
func GoalNode(g domain.Goal) links.Node {
	n := links.Node{Name: g.Name(), Kind: "goal", DisplayName: g.DisplayName}
	n.Gap(g.OwnerRole == "", "has no owner role")
	return n
}

// GoalLinks leads from a goal to the goal above it, or from a top goal to its plan.
func GoalLinks(g domain.Goal, add func(links.Link)) {
	above := domain.PlanName(g.Organization, g.Plan)
	if g.ParentGoal != "" {
		above = domain.GoalName(g.Organization, g.Plan, g.ParentGoal)
	}
	add(links.Link{From: g.Name(), To: above, Relation: links.PartOf})
}

// FeedbackNode is feedback in short: its text, as far as a name goes.
func FeedbackNode(f domain.Feedback) links.Node {
	const longest = 120
	text := []rune(f.Text)
	if len(text) > longest {
		text = append(text[:longest-1], '…')
	}
	n := links.Node{Name: f.Name(), Kind: "feedback", DisplayName: string(text), State: f.Status}
	n.Gap(len(f.Goals) == 0 && f.Program == "" && f.Assignment == "", "is about no goal and no program, and nobody deals with it")
	return n
}

// FeedbackLinks leads from feedback to what it is about and to the work that deals with it.
func FeedbackLinks(f domain.Feedback, add func(links.Link)) {
	for _, goal := range f.Goals {
		add(links.Link{From: f.Name(), To: goal, Relation: links.About})
	}
	if f.Program != "" {
		add(links.Link{From: f.Name(), To: f.Program, Relation: links.About})
	}
	if f.Assignment != "" {
		add(links.Link{From: f.Name(), To: f.Assignment, Relation: links.DealtWithBy})
	}
}
