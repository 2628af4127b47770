package sqlstore

import (
	"strings"

	"github.com/throughline/throughline/services/actionplanning/internal/app"
	"github.com/throughline/throughline/services/actionplanning/internal/domain"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/sqldb"
)

var successions = &resource.Kind[domain.Succession]{
	Type: "successionProposal",
	Name: func(key ...string) string { return domain.SuccessionName(key[0], key[1]) },
	Table: &sqldb.Table[domain.Succession]{
		Name: "successions", Key: []string{"organization_id", "succession_id"},
		Columns: []string{
			"organization_id", "succession_id", "leaver_id", "leaver", "department", "title", "ended_id", "interim_id", "objective",
			"work", "candidates", "state", "successor_id", "decided_by", "reason", "version", "create_time", "update_time",
		},
		Values: func(s domain.Succession) []any {
			return []any{
				s.Organization, s.ID, s.Leaver, domain.EmployeeName(s.Organization, s.Leaver), s.Department, s.Title, s.Ended, s.Interim, s.ObjectiveName(),
				resource.JSON(s.Work), resource.JSON(s.Candidates), s.State, s.Successor, s.DecidedBy, s.Reason, s.Version, s.CreateTime, s.UpdateTime,
			}
		},
		Scan: scanSuccession,
	},
}

func scanSuccession(r sqldb.Row) (domain.Succession, error) {
	s := domain.Succession{
		Meta: meta(r, 15), Organization: r.Text(0), ID: r.Text(1), Leaver: r.Text(2), Department: r.Text(4), Title: r.Text(5),
		Ended: r.Text(6), Interim: r.Text(7), State: domain.SuccessionState(r.Text(11)), Successor: r.Text(12), DecidedBy: r.Text(13), Reason: r.Text(14),
	}
	if err := resource.FromJSON(r.Text(9), &s.Work); err != nil {
		return s, err
	}
	return s, resource.FromJSON(r.Text(10), &s.Candidates)
}

var policies = &resource.Kind[domain.AssignmentPolicy]{
	Type: "assignmentPolicy",
	Name: func(key ...string) string { return domain.AssignmentPolicyName(key[0]) },
	Table: &sqldb.Table[domain.AssignmentPolicy]{
		Name: "assignment_policies", Key: []string{"organization_id"},
		Columns: []string{"organization_id", "over_allocation", "version", "create_time", "update_time"},
		Values: func(p domain.AssignmentPolicy) []any {
			return []any{p.Organization, p.OverAllocation, p.Version, p.CreateTime, p.UpdateTime}
		},
		Scan: func(r sqldb.Row) (domain.AssignmentPolicy, error) {
			return domain.AssignmentPolicy{Meta: meta(r, 2), Organization: r.Text(0), OverAllocation: domain.OverAllocation(r.Text(1))}, nil
		},
	},
}

func (t txn) Successions() resource.Collection[domain.Succession] {
	return successions.In(t.tx, t.journal)
}

func (t txn) AssignmentPolicies() resource.Collection[domain.AssignmentPolicy] {
	return policies.In(t.tx, t.journal)
}

var (
	selectAssignments = "SELECT " + strings.Join(assignments.Table.Columns, ", ") + " FROM assignments WHERE organization_id = ? AND "
	selectSuccessions = "SELECT " + strings.Join(successions.Table.Columns, ", ") + " FROM successions WHERE organization_id = ? AND "
)

func (t txn) SaveAssignments(changed []domain.Assignment) error {
	return save(t, assignments, changed)
}

func (t txn) SaveSuccessions(changed []domain.Succession) error {
	return save(t, successions, changed)
}

func (t txn) AssignmentsWithIDs(organization string, ids []string) ([]domain.Assignment, error) {
	found, _, err := assignments.Table.GetMany(t.tx, []any{organization}, ids)
	return found, err
}

func (t txn) WorkOf(organization string, employees []string) ([]domain.Assignment, error) {
	return t.work("employee_id", organization, employees)
}

func (t txn) WorkOn(organization string, objectives []string) ([]domain.Assignment, error) {
	return t.work("objective", organization, objectives)
}

func (t txn) work(column, organization string, values []string) (found []domain.Assignment, err error) {
	err = byNames(organization, values, func(in string, args []any) error {
		return t.tx.Query(selectAssignments+column+" IN ("+in+") ORDER BY assignment_id", args, func(r sqldb.Row) error {
			a, err := scanAssignment(r)
			found = append(found, a)
			return err
		})
	})
	return found, err
}

// KnownObjectives looks through the strategies named, for objectives are kept by their ids.
func (t txn) KnownObjectives(organization string, names []string) (map[string]domain.ObjectiveState, error) {
	wanted, seen, strategies := make(map[string]bool, len(names)), map[string]bool{}, []string{}
	for _, n := range names {
		wanted[n] = true
		if parts := strings.Split(n, "/"); len(parts) == 6 && !seen[parts[3]] {
			seen[parts[3]] = true
			strategies = append(strategies, parts[3])
		}
	}
	known := make(map[string]domain.ObjectiveState, len(names))
	err := byNames(organization, strategies, func(in string, args []any) error {
		return t.tx.Query("SELECT strategy_id, objective_id, state FROM objectives WHERE organization_id = ? AND strategy_id IN ("+in+")", args, func(r sqldb.Row) error {
			if n := domain.ObjectiveName(organization, r.Text(0), r.Text(1)); wanted[n] {
				known[n] = domain.ObjectiveState(r.Text(2))
			}
			return nil
		})
	})
	return known, err
}

func (t txn) OpenSuccessions(organization string) ([]domain.Succession, error) {
	return t.successions(selectSuccessions+"state = ? ORDER BY succession_id", []any{organization, domain.SuccessionOpen})
}

func (t txn) SuccessionsHolding(organization string, assignments []string) (found []domain.Succession, err error) {
	err = byNames(organization, assignments, func(in string, args []any) error {
		some, err := t.successions(selectSuccessions+"interim_id IN ("+in+") AND state = ? ORDER BY succession_id", append(args, domain.SuccessionOpen))
		found = append(found, some...)
		return err
	})
	return found, err
}

func (t txn) successions(query string, args []any) (found []domain.Succession, err error) {
	err = t.tx.Query(query, args, func(r sqldb.Row) error {
		s, err := scanSuccession(r)
		found = append(found, s)
		return err
	})
	return found, err
}

// AssignmentChanges reads the settled events: of each assignment's only the last has none after it.
func (t txn) AssignmentChanges(organization string, after, deleted int64, limit int) ([]app.AssignmentChange, error) {
	var changes []app.AssignmentChange
	var ids []string
	prefix := domain.AssignmentName(organization, "")
	err := t.tx.Query(`SELECT e.position, e.subject, e.etag_after FROM settled_outbox e
		WHERE e.organization = ? AND e.position > ? AND e.subject >= ? AND e.subject < ? AND (e.etag_after <> '' OR e.position > ?)
		AND NOT EXISTS (SELECT 1 FROM settled_outbox later WHERE later.subject = e.subject AND later.sequence > e.sequence)
		ORDER BY e.position LIMIT ?`,
		[]any{organization, after, prefix, strings.TrimSuffix(prefix, "/") + "0", deleted, limit}, func(r sqldb.Row) error {
			c := app.AssignmentChange{Position: r.Int(0), ID: strings.TrimPrefix(r.Text(1), prefix), Deleted: r.Text(2) == ""}
			c.Assignment = domain.Assignment{Organization: organization, ID: c.ID}
			changes = append(changes, c)
			if !c.Deleted {
				ids = append(ids, c.ID)
			}
			return nil
		})
	if err != nil {
		return nil, err
	}
	found, err := t.AssignmentsWithIDs(organization, ids)
	byID := make(map[string]domain.Assignment, len(found))
	for _, a := range found {
		byID[a.ID] = a
	}
	for i, c := range changes {
		if a, ok := byID[c.ID]; ok {
			changes[i].Assignment = a
		}
	}
	return changes, err
}

func (t txn) LastPosition(organization string) (last int64, err error) {
	_, err = sqldb.QueryOne(t.tx, "SELECT position FROM settled_outbox WHERE organization = ? ORDER BY position DESC LIMIT 1", []any{organization}, func(r sqldb.Row) error {
		last = r.Int(0)
		return nil
	})
	return last, err
}
