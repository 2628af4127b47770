package sqlstore

import (
	"fmt"

	"github.com/throughline/throughline/services/goals/internal/app"
	"github.com/throughline/throughline/services/goals/internal/domain"
	"github.com/throughline/throughline/services/platform/links"
	"github.com/throughline/throughline/services/platform/sqldb"
)

// trace implements links.Source.
type trace txn

func (t txn) Links() links.Source { return trace(t) }

// Forms of the names of what is linked, below the organization.
const (
	planForm     = "plans/{plan}"
	goalForm     = "plans/{plan}/goals/{goal}"
	feedbackForm = "feedback/{feedback}"
)

func (t trace) plans(q links.Query, names []string, visit func(domain.Plan)) error {
	return links.Find(t.tx, plans.Table, q.Organization, []string{"plan_id"}, q.Keys(names, planForm), visit)
}

func (t trace) goals(q links.Query, names []string, visit func(domain.Goal)) error {
	return links.Find(t.tx, goals.Table, q.Organization, []string{"plan_id", "goal_id"}, q.Keys(names, goalForm), visit)
}

func (t trace) feedback(q links.Query, names []string, visit func(domain.Feedback)) error {
	return links.Find(t.tx, feedback.Table, q.Organization, []string{"feedback_id"}, q.Keys(names, feedbackForm), visit)
}

// Out implements links.Source.
func (t trace) Out(q links.Query, add func(links.Link)) error {
	err := t.plans(q, q.Names, func(p domain.Plan) { app.PlanLinks(p, add) })
	if err == nil {
		err = t.goals(q, q.Names, func(g domain.Goal) { app.GoalLinks(g, add) })
	}
	if err == nil {
		err = t.feedback(q, q.Names, func(f domain.Feedback) { app.FeedbackLinks(f, add) })
	}
	if err != nil {
		return fmt.Errorf("read links outwards: %w", err)
	}
	return nil
}

// In implements links.Source.
func (t trace) In(q links.Query, add func(links.Link)) error {
	wanted := map[string]bool{}
	for _, name := range q.Names {
		wanted[name] = true
	}
	err := t.goalsBelow(q, func(g domain.Goal) { app.GoalLinks(g, add) })
	if err == nil && wanted[domain.OrganizationName(q.Organization)] {
		err = plans.Table.Each(t.tx, []sqldb.Eq{{Column: "organization_id", Value: q.Organization}}, func(p domain.Plan) error {
			app.PlanLinks(p, add)
			return nil
		})
	}
	if err == nil {
		err = t.feedbackAbout(q, func(f domain.Feedback) {
			app.FeedbackLinks(f, func(l links.Link) {
				if wanted[l.To] {
					add(l)
				}
			})
		})
	}
	if err != nil {
		return fmt.Errorf("read links inwards: %w", err)
	}
	return nil
}

// goalsBelow visits the goals right below the goals and plans among the names.
func (t trace) goalsBelow(q links.Query, visit func(domain.Goal)) error {
	err := links.Find(t.tx, goals.Table, q.Organization, []string{"parent_goal"}, links.Column(q.Named(q.Names, goalForm)...), visit)
	if err != nil {
		return err
	}
	return links.Find(t.tx, goals.Table, q.Organization, []string{"plan_id"}, q.Keys(q.Names, planForm), func(g domain.Goal) {
		if g.ParentGoal == "" {
			visit(g)
		}
	})
}

// feedbackAbout visits the feedback of an organization in one scan, without its text, if the names have anything that feedback
// can be about: goals are lists inside its rows, which no index reaches.
func (t trace) feedbackAbout(q links.Query, visit func(domain.Feedback)) error {
	able := len(q.Named(q.Names, goalForm)) + len(q.Named(q.Names, "programs/{program}")) + len(q.Named(q.Names, "assignments/{assignment}"))
	if able == 0 {
		return nil
	}
	return t.tx.Query("SELECT feedback_id, goals, program, assignment FROM feedback WHERE organization_id = ? AND (goals <> '' OR program <> '' OR assignment <> '')",
		[]any{q.Organization}, func(r sqldb.Row) error {
			visit(domain.Feedback{Organization: q.Organization, ID: r.Text(0), Goals: splitLines(r.Text(1)), Program: r.Text(2), Assignment: r.Text(3)})
			return nil
		})
}

// Nodes implements links.Source.
func (t trace) Nodes(q links.Query, names []string) (nodes []links.Node, err error) {
	for _, name := range names {
		if name != domain.OrganizationName(q.Organization) {
			continue
		}
		o, found, err := organizations.Table.Get(t.tx, q.Organization)
		if err != nil {
			return nil, fmt.Errorf("read the organization: %w", err)
		}
		if found {
			nodes = append(nodes, app.OrganizationNode(o))
		}
	}
	err = t.plans(q, names, func(p domain.Plan) { nodes = append(nodes, app.PlanNode(p)) })
	if err == nil {
		err = t.goals(q, names, func(g domain.Goal) { nodes = append(nodes, app.GoalNode(g)) })
	}
	if err == nil {
		err = t.feedback(q, names, func(f domain.Feedback) { nodes = append(nodes, app.FeedbackNode(f)) })
	}
	if err != nil {
		return nil, fmt.Errorf("read linked resources: %w", err)
	}
	return nodes, nil
}
