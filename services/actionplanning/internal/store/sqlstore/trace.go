package sqlstore

import (
	"fmt"

	"github.com/throughline/throughline/services/actionplanning/internal/app"
	"github.com/throughline/throughline/services/actionplanning/internal/domain"
	"github.com/throughline/throughline/services/platform/links"
	"github.com/throughline/throughline/services/platform/sqldb"
)

// trace implements links.Source.
type trace txn

func (t txn) Links() links.Source { return trace(t) }

// Forms of the names of what is linked, below the organization.
const (
	strategyForm   = "strategies/{strategy}"
	objectiveForm  = "strategies/{strategy}/objectives/{objective}"
	milestoneForm  = "strategies/{strategy}/objectives/{objective}/milestones/{milestone}"
	assignmentForm = "assignments/{assignment}"
	employeeForm   = "staff/{employee}"

	goalForm    = "plans/{plan}/goals/{goal}"
	programForm = "programs/{program}"
	measureForm = "measures/{measure}"
)

var (
	byObjective = []string{"strategy_id", "objective_id"}
	byMilestone = []string{"strategy_id", "objective_id", "milestone_id"}
)

// finder looks up rows until the first error.
type finder struct {
	trace
	q   links.Query
	err error
}

func find[T any](f *finder, table *sqldb.Table[T], columns []string, keys [][]string, visit func(T)) {
	if f.err == nil {
		f.err = links.Find(f.tx, table, f.q.Organization, columns, keys, visit)
	}
}

// Out implements links.Source.
func (t trace) Out(q links.Query, add func(links.Link)) error {
	f, add := &finder{trace: t, q: q}, from(q, add)
	objective := func(o domain.Objective) { app.ObjectiveLinks(o, add) }
	assignment := func(a domain.Assignment) { app.AssignmentLinks(a, add) }
	find(f, strategies.Table, []string{"strategy_id"}, q.Keys(q.Names, strategyForm), func(s domain.Strategy) { app.StrategyLinks(s, add) })
	find(f, objectives.Table, byObjective, q.Keys(q.Names, objectiveForm), objective)
	find(f, objectives.Table, []string{"measure"}, links.Column(q.Named(q.Names, measureForm)...), objective)
	find(f, objectives.Table, []string{"program"}, links.Column(q.Named(q.Names, programForm)...), objective)
	find(f, milestones.Table, byMilestone, q.Keys(q.Names, milestoneForm), func(m domain.Milestone) { app.MilestoneLinks(m, add) })
	find(f, assignments.Table, []string{"assignment_id"}, q.Keys(q.Names, assignmentForm), assignment)
	find(f, assignments.Table, []string{"employee_id"}, q.Keys(q.Names, employeeForm), assignment)
	if f.err != nil {
		return fmt.Errorf("read links outwards: %w", f.err)
	}
	return nil
}

// In implements links.Source.
func (t trace) In(q links.Query, add func(links.Link)) error {
	f, add := &finder{trace: t, q: q}, to(q, add)
	objective := func(o domain.Objective) { app.ObjectiveLinks(o, add) }
	assignment := func(a domain.Assignment) { app.AssignmentLinks(a, add) }
	find(f, strategies.Table, []string{"goal"}, links.Column(q.Named(q.Names, goalForm)...), func(s domain.Strategy) { app.StrategyLinks(s, add) })
	find(f, objectives.Table, []string{"strategy_id"}, q.Keys(q.Names, strategyForm), objective)
	find(f, objectives.Table, byObjective, q.Keys(q.Names, objectiveForm), objective)
	find(f, milestones.Table, byObjective, q.Keys(q.Names, objectiveForm), func(m domain.Milestone) { app.MilestoneLinks(m, add) })
	find(f, assignments.Table, byObjective, worked(q), assignment)
	find(f, assignments.Table, []string{"assignment_id"}, q.Keys(q.Names, assignmentForm), assignment)
	if f.err != nil {
		return fmt.Errorf("read links inwards: %w", f.err)
	}
	return nil
}

// from passes on the links that lead from the names.
func from(q links.Query, add func(links.Link)) func(links.Link) {
	wanted := set(q.Names)
	return func(l links.Link) {
		if wanted[l.From] {
			add(l)
		}
	}
}

// to passes on the links that lead to the names.
func to(q links.Query, add func(links.Link)) func(links.Link) {
	wanted := set(q.Names)
	return func(l links.Link) {
		if wanted[l.To] {
			add(l)
		}
	}
}

func set(names []string) map[string]bool {
	all := make(map[string]bool, len(names))
	for _, name := range names {
		all[name] = true
	}
	return all
}

// worked are the objectives among the names, and those of the milestones among them, each once.
func worked(q links.Query) (keys [][]string) {
	seen := map[[2]string]bool{}
	for _, key := range append(q.Keys(q.Names, objectiveForm), q.Keys(q.Names, milestoneForm)...) {
		if k := [2]string{key[0], key[1]}; !seen[k] {
			seen[k] = true
			keys = append(keys, key[:2])
		}
	}
	return keys
}

// Nodes implements links.Source.
func (t trace) Nodes(q links.Query, names []string) (nodes []links.Node, err error) {
	f, today := &finder{trace: t, q: q}, domain.Date(q.Today)
	add := func(n links.Node) { nodes = append(nodes, n) }
	pursued, led := t.pursued(f, names), t.led(f, names, today)
	find(f, strategies.Table, []string{"strategy_id"}, q.Keys(names, strategyForm), func(s domain.Strategy) { add(app.StrategyNode(s, pursued[s.ID])) })
	find(f, objectives.Table, byObjective, q.Keys(names, objectiveForm), func(o domain.Objective) { add(app.ObjectiveNode(o, led[o.Name()])) })
	find(f, milestones.Table, byMilestone, q.Keys(names, milestoneForm), func(m domain.Milestone) { add(app.MilestoneNode(m)) })
	find(f, staff.Table, []string{"employee_id"}, q.Keys(names, employeeForm), func(e domain.Employee) { add(app.EmployeeNode(e)) })

	var held []domain.Assignment
	find(f, assignments.Table, []string{"assignment_id"}, q.Keys(names, assignmentForm), func(a domain.Assignment) { held = append(held, a) })
	holders := t.holders(f, held)
	for _, a := range held {
		add(app.AssignmentNode(a, holders[a.Employee], today))
	}
	if f.err != nil {
		return nil, fmt.Errorf("read linked resources: %w", f.err)
	}
	return nodes, nil
}

// pursued are the ids of strategies among the names that have an objective which was not cancelled.
func (t trace) pursued(f *finder, names []string) map[string]bool {
	all := map[string]bool{}
	if f.err == nil {
		f.err = links.Each(f.tx, "SELECT DISTINCT strategy_id FROM objectives WHERE organization_id = ? AND state <> ?",
			[]any{f.q.Organization, domain.ObjectiveCancelled}, []string{"strategy_id"}, f.q.Keys(names, strategyForm), func(r sqldb.Row) error {
				all[r.Text(0)] = true
				return nil
			})
	}
	return all
}

// led are the objectives among the names that somebody leads today or later.
func (t trace) led(f *finder, names []string, today domain.Date) map[string]bool {
	all := map[string]bool{}
	find(f, assignments.Table, byObjective, f.q.Keys(names, objectiveForm), func(a domain.Assignment) {
		if a.Role == domain.RoleLead && a.Milestone == "" && (a.EndDate == "" || a.EndDate >= today) {
			all[a.ObjectiveName()] = true
		}
	})
	return all
}

// holders are what the employees of assignments are called, by id.
func (t trace) holders(f *finder, held []domain.Assignment) map[string]string {
	all := map[string]string{}
	var keys [][]string
	for _, a := range held {
		if _, seen := all[a.Employee]; !seen {
			all[a.Employee] = ""
			keys = append(keys, []string{a.Employee})
		}
	}
	if f.err == nil {
		f.err = links.Each(f.tx, "SELECT employee_id, display_name FROM staff WHERE organization_id = ?", []any{f.q.Organization},
			[]string{"employee_id"}, keys, func(r sqldb.Row) error {
				all[r.Text(0)] = r.Text(1)
				return nil
			})
	}
	return all
}
