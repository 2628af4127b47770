package sqlstore

import (
	"slices"

	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/sqldb"
)

// ProgramUser implements app.Uses. Packages need the request of their program, which needs the program.
func (t txn) ProgramUser(organization, program string) (user string, err error) {
	found, err := sqldb.QueryOne(t.tx, "SELECT budget_id FROM funding_requests WHERE organization_id = ? AND program_id = ? LIMIT 1",
		[]any{organization, program}, func(r sqldb.Row) error {
			user = domain.FundingRequestName(organization, r.Text(0), program)
			return nil
		})
	if found || err != nil {
		return user, err
	}
	user, err = userOf(t.tx, elections, organization, func(e domain.Election) bool {
		return slices.ContainsFunc(e.Projects, func(p domain.ElectionProject) bool { return p.Program == program })
	})
	if user != "" || err != nil {
		return user, err
	}
	return t.lineOf(organization, "program", domain.ProgramName(organization, program))
}

// FundUser implements app.Uses. Funds are named inside envelopes, requests and packages, which are read through: a fund is seldom deleted.
func (t txn) FundUser(organization, fund string) (user string, err error) {
	for _, find := range []func() (string, error){
		func() (string, error) {
			return userOf(t.tx, funds, organization, func(f domain.Fund) bool { return f.ParentFund == fund })
		},
		func() (string, error) {
			return userOf(t.tx, budgets, organization, func(b domain.Budget) bool {
				return slices.ContainsFunc(b.Envelopes, func(e domain.Envelope) bool { return e.Fund == fund })
			})
		},
		func() (string, error) {
			return userOf(t.tx, requests, organization, func(r domain.FundingRequest) bool {
				return slices.ContainsFunc(r.CostLines, func(l domain.CostLine) bool { return l.Fund == fund }) || slices.Contains(r.EligibleFunds, fund)
			})
		},
		func() (string, error) {
			return userOf(t.tx, packages, organization, func(p domain.DecisionPackage) bool {
				return slices.ContainsFunc(p.Levels, func(l domain.ServiceLevel) bool {
					return slices.ContainsFunc(l.Costs, func(c domain.PackageCost) bool { return c.Fund == fund })
				})
			})
		},
		func() (string, error) {
			return userOf(t.tx, elections, organization, func(e domain.Election) bool { return e.Fund == fund })
		},
	} {
		if user, err = find(); user != "" || err != nil {
			return user, err
		}
	}
	return t.lineOf(organization, "fund", domain.FundName(organization, fund))
}

// userOf is the last of a kind that uses something, or "".
func userOf[T resource.Resource](tx sqldb.Tx, kind *resource.Kind[T], organization string, uses func(T) bool) (user string, err error) {
	err = kind.Table.Each(tx, []sqldb.Eq{{Column: "organization_id", Value: organization}}, func(v T) error {
		if uses(v) {
			user = v.Name()
		}
		return nil
	})
	return user, err
}

// lineOf is a line item whose column has the value.
func (t txn) lineOf(organization, column, value string) (user string, err error) {
	_, err = sqldb.QueryOne(t.tx, "SELECT budget_id, line_item_id FROM line_items WHERE organization_id = ? AND "+column+" = ? LIMIT 1",
		[]any{organization, value}, func(r sqldb.Row) error {
			user = domain.LineItemName(organization, r.Text(0), r.Text(1))
			return nil
		})
	return user, err
}
