package sqlstore

import (
	"fmt"
	"slices"
	"strings"

	"github.com/throughline/throughline/services/budgeting/internal/app"
	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/platform/links"
	"github.com/throughline/throughline/services/platform/sqldb"
)

// trace implements links.Source.
type trace struct{ txn }

func (t txn) Links() links.Source { return trace{t} }

// Forms of the names of what is linked, below the organization.
const (
	programForm = "programs/{program}"
	requestForm = "budgets/{budget}/fundingRequests/{program}"
	packageForm = "budgets/{budget}/fundingRequests/{program}/decisionPackages/{package}"
	lineForm    = "budgets/{budget}/allocations/{allocation}/lines/{program}"

	goalForm = "plans/{plan}/goals/{goal}"
)

var byProgram = []string{"program_id"}

// Out implements links.Source.
func (t trace) Out(q links.Query, add func(links.Link)) error {
	if keys := q.Keys(q.Names, programForm); len(keys) > 0 {
		if err := t.newest(q, keys, func(r domain.FundingRequest) { app.AlignmentLinks(r, add) }); err != nil {
			return err
		}
	}
	err := t.asked(q, []string{"q.budget_id", "q.program_id"}, q.Keys(q.Names, requestForm), func(r domain.FundingRequest, _ links.Node) {
		add(app.RequestLink(r))
	})
	if err == nil {
		err = t.packages(q, q.Names, func(p domain.DecisionPackage) { add(app.PackageLink(p)) })
	}
	if err == nil {
		err = t.lines(q, q.Names, func(l domain.AllocationLine, _ domain.Allocation) { add(app.LineLink(l)) })
	}
	return err
}

// In implements links.Source.
func (t trace) In(q links.Query, add func(links.Link)) error {
	goals := map[string]bool{}
	for _, name := range q.Named(q.Names, goalForm) {
		goals[name] = true
	}
	if len(goals) > 0 {
		err := t.newest(q, nil, func(r domain.FundingRequest) {
			app.AlignmentLinks(r, func(l links.Link) {
				if goals[l.To] {
					add(l)
				}
			})
		})
		if err != nil {
			return err
		}
	}
	programs := q.Keys(q.Names, programForm)
	err := t.asked(q, []string{"q.program_id"}, programs, func(r domain.FundingRequest, _ links.Node) { add(app.RequestLink(r)) })
	if err != nil {
		return err
	}
	err = links.Find(t.tx, packages.Table, q.Organization, []string{"budget_id", "program_id"}, q.Keys(q.Names, requestForm), func(p domain.DecisionPackage) {
		add(app.PackageLink(p))
	})
	if err != nil {
		return fmt.Errorf("read packages of requests: %w", err)
	}
	current, err := t.current(q, programs)
	for _, l := range current {
		add(app.LineLink(l))
	}
	return err
}

// Nodes implements links.Source.
func (t trace) Nodes(q links.Query, names []string) (nodes []links.Node, err error) {
	add := func(n links.Node) { nodes = append(nodes, n) }
	if keys := q.Keys(names, programForm); len(keys) > 0 {
		if err := t.programNodes(q, keys, add); err != nil {
			return nil, err
		}
	}
	err = t.asked(q, []string{"q.budget_id", "q.program_id"}, q.Keys(names, requestForm), func(_ domain.FundingRequest, n links.Node) { add(n) })
	if err == nil {
		err = t.packages(q, names, func(p domain.DecisionPackage) { add(app.PackageNode(p)) })
	}
	if err == nil {
		err = t.lines(q, names, func(l domain.AllocationLine, a domain.Allocation) { add(app.LineNode(l, a)) })
	}
	return nodes, err
}

func (t trace) programNodes(q links.Query, keys [][]string, add func(links.Node)) error {
	current, err := t.current(q, keys)
	if err != nil {
		return err
	}
	asks := map[string]domain.FundingRequest{}
	if err := t.newest(q, keys, func(r domain.FundingRequest) { asks[r.Program] = r }); err != nil {
		return err
	}
	err = links.Find(t.tx, programs.Table, q.Organization, byProgram, keys, func(p domain.Program) {
		var line *domain.AllocationLine
		if l, paid := current[p.ID]; paid {
			line = &l
		}
		add(app.ProgramNode(p, line, asks[p.ID]))
	})
	if err != nil {
		return fmt.Errorf("read linked programs: %w", err)
	}
	return nil
}

// newest visits each program's request in the latest budget that has one, of the programs with these keys; nil means all.
func (t trace) newest(q links.Query, keys [][]string, visit func(domain.FundingRequest)) error {
	text := "SELECT q.budget_id, q.program_id, q.body FROM funding_requests q " +
		"JOIN budgets b ON b.organization_id = q.organization_id AND b.budget_id = q.budget_id " +
		"WHERE q.organization_id = ? AND NOT EXISTS (SELECT 1 FROM funding_requests o " +
		"JOIN budgets c ON c.organization_id = o.organization_id AND c.budget_id = o.budget_id " +
		"WHERE o.organization_id = q.organization_id AND o.program_id = q.program_id AND " +
		"(c.fiscal_year > b.fiscal_year OR (c.fiscal_year = b.fiscal_year AND c.budget_id > b.budget_id)))"
	args := []any{q.Organization}
	scan := func(r sqldb.Row) error {
		f := domain.FundingRequest{Organization: q.Organization, Budget: r.Text(0), Program: r.Text(1)}
		err := parseAsk(r.Text(2), &f)
		visit(f)
		return err
	}
	var err error
	if keys == nil {
		err = t.tx.Query(text, args, scan)
	} else {
		err = links.Each(t.tx, text, args, []string{"q.program_id"}, keys, scan)
	}
	if err != nil {
		return fmt.Errorf("read alignments: %w", err)
	}
	return nil
}

// asked visits requests by columns, without what they ask for.
func (t trace) asked(q links.Query, columns []string, keys [][]string, visit func(domain.FundingRequest, links.Node)) error {
	err := links.Each(t.tx, "SELECT q.budget_id, q.program_id, p.display_name, b.display_name, b.state FROM funding_requests q "+
		"JOIN budgets b ON b.organization_id = q.organization_id AND b.budget_id = q.budget_id "+
		"JOIN programs p ON p.organization_id = q.organization_id AND p.program_id = q.program_id WHERE q.organization_id = ?",
		[]any{q.Organization}, columns, keys, func(r sqldb.Row) error {
			f := domain.FundingRequest{Organization: q.Organization, Budget: r.Text(0), Program: r.Text(1)}
			visit(f, app.RequestNode(f, r.Text(2), r.Text(3), r.Text(4)))
			return nil
		})
	if err != nil {
		return fmt.Errorf("read linked requests: %w", err)
	}
	return nil
}

func (t trace) packages(q links.Query, names []string, visit func(domain.DecisionPackage)) error {
	columns := []string{"budget_id", "program_id", "decision_package_id"}
	if err := links.Find(t.tx, packages.Table, q.Organization, columns, q.Keys(names, packageForm), visit); err != nil {
		return fmt.Errorf("read linked packages: %w", err)
	}
	return nil
}

// lines visits the allocation lines with these names; each allocation's lines are read once.
func (t trace) lines(q links.Query, names []string, visit func(domain.AllocationLine, domain.Allocation)) error {
	programs := map[[2]string][]string{} // by budget and allocation
	var keys [][]string
	for _, key := range q.Keys(names, lineForm) {
		of := [2]string{key[0], key[1]}
		if programs[of] == nil {
			keys = append(keys, key[:2])
		}
		programs[of] = append(programs[of], key[2])
	}
	var found []domain.Allocation
	err := links.Find(t.tx, allocations.Table, q.Organization, []string{"budget_id", "allocation_id"}, keys, func(a domain.Allocation) { found = append(found, a) })
	if err != nil {
		return fmt.Errorf("read linked allocations: %w", err)
	}
	for _, a := range found {
		lines, err := t.linesOf(a, programs[[2]string{a.Budget, a.ID}])
		if err != nil {
			return err
		}
		for _, l := range lines {
			visit(l, a)
		}
	}
	return nil
}

// linesOf are an allocation's lines of these programs.
func (t trace) linesOf(a domain.Allocation, programs []string) (lines []domain.AllocationLine, err error) {
	all, err := allocationTx{txn: t.txn}.lines([]string{a.Organization, a.Budget, a.ID})
	if err != nil {
		return nil, fmt.Errorf("read allocation lines: %w", err)
	}
	for _, id := range programs {
		at, found := slices.BinarySearchFunc(all, id, func(l domain.AllocationLine, id string) int { return strings.Compare(l.Program, id) })
		if found {
			a.Complete(&all[at])
			lines = append(lines, all[at])
		}
	}
	return lines, nil
}

// current are the lines of these programs in the current allocation, by program id; none when there is no such allocation.
func (t trace) current(q links.Query, keys [][]string) (map[string]domain.AllocationLine, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	var key []string
	found := func(r sqldb.Row) error {
		key = []string{r.Text(0), r.Text(1)}
		return nil
	}
	_, err := sqldb.QueryOne(t.tx, "SELECT budget_id, adopted_allocation FROM budgets WHERE organization_id = ? AND adopted_allocation <> '' "+
		"ORDER BY fiscal_year DESC, budget_id DESC LIMIT 1", []any{q.Organization}, found)
	if err == nil && key == nil {
		_, err = sqldb.QueryOne(t.tx, "SELECT a.budget_id, a.allocation_id FROM allocations a "+
			"JOIN budgets b ON b.organization_id = a.organization_id AND b.budget_id = a.budget_id "+
			"WHERE a.organization_id = ? AND a.state = ? AND a.outcome <> ? AND a.method NOT IN (?, ?) "+ // what residents' ballots divide is a part of one fund
			"ORDER BY b.fiscal_year DESC, b.budget_id DESC, a.sequence DESC LIMIT 1",
			[]any{q.Organization, domain.AllocationProposed, model.Infeasible, model.EqualShares, model.GreedyVotes}, found)
	}
	if err != nil || key == nil {
		return nil, err
	}
	all := map[string]domain.AllocationLine{}
	names := make([]string, len(keys))
	of := domain.AllocationName(q.Organization, key[0], key[1])
	for i, k := range keys {
		names[i] = of + "/lines/" + k[0]
	}
	return all, t.lines(q, names, func(l domain.AllocationLine, _ domain.Allocation) { all[l.Program] = l })
}
