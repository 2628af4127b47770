package sqlstore

import (
	"errors"

	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/sqldb"
)

var funds = &resource.Kind[domain.Fund]{
	Type: "fund",
	Name: func(key ...string) string { return domain.FundName(key[0], key[1]) },
	Table: &sqldb.Table[domain.Fund]{
		Name: "funds", Key: []string{"organization_id", "fund_id"},
		Columns: []string{
			"organization_id", "fund_id", "display_name", "code", "kind", "gasb54_class", "parent_fund", "restriction",
			"restriction_basis", "version", "create_time", "update_time",
		},
		Values: func(f domain.Fund) []any {
			return []any{
				f.Organization, f.ID, f.DisplayName, f.Code, f.Kind, f.Gasb54Class, f.ParentFund, resource.JSON(f.Restriction),
				f.RestrictionBasis, f.Version, f.CreateTime, f.UpdateTime,
			}
		},
		Scan: func(r sqldb.Row) (domain.Fund, error) {
			f := domain.Fund{
				Meta: meta(r, 9), Organization: r.Text(0), ID: r.Text(1), DisplayName: r.Text(2), Code: r.Text(3),
				Kind: model.FundKind(r.Text(4)), Gasb54Class: r.Text(5), ParentFund: r.Text(6), RestrictionBasis: r.Text(8),
			}
			return f, resource.FromJSON(r.Text(7), &f.Restriction)
		},
	},
}

var budgets = &resource.Kind[domain.Budget]{
	Type: "budget",
	Name: func(key ...string) string { return domain.BudgetName(key[0], key[1]) },
	Table: &sqldb.Table[domain.Budget]{
		Name: "budgets", Key: []string{"organization_id", "budget_id"},
		Columns: []string{
			"organization_id", "budget_id", "display_name", "fiscal_year", "plan", "envelopes", "rounding_unit", "currency", "state",
			"version", "create_time", "update_time", "transfer_authorities", "adopted_allocation", "results_policy_freeze",
		},
		Values: func(b domain.Budget) []any {
			return []any{
				b.Organization, b.ID, b.DisplayName, b.FiscalYear, b.Plan, resource.JSON(b.Envelopes), b.RoundingUnit, b.Currency, b.State,
				b.Version, b.CreateTime, b.UpdateTime, resource.JSON(b.Authorities), b.Adopted, resource.JSON(b.Freeze),
			}
		},
		Scan: func(r sqldb.Row) (domain.Budget, error) {
			b := domain.Budget{
				Meta: meta(r, 9), Organization: r.Text(0), ID: r.Text(1), DisplayName: r.Text(2), FiscalYear: int(r.Int(3)),
				Plan: r.Text(4), RoundingUnit: r.Int(6), Currency: r.Text(7), State: r.Text(8), Adopted: r.Text(13),
			}
			return b, errors.Join(resource.FromJSON(r.Text(5), &b.Envelopes), resource.FromJSON(r.Text(12), &b.Authorities), resource.FromJSON(r.Text(14), &b.Freeze))
		},
	},
}

var programs = &resource.Kind[domain.Program]{
	Type: "program",
	Name: func(key ...string) string { return domain.ProgramName(key[0], key[1]) },
	Table: &sqldb.Table[domain.Program]{
		Name: "programs", Key: []string{"organization_id", "program_id"},
		Columns: []string{
			"organization_id", "program_id", "display_name", "code", "purpose", "department", "function_name", "predecessor",
			"sunset_date", "version", "create_time", "update_time",
		},
		Values: func(p domain.Program) []any {
			return []any{
				p.Organization, p.ID, p.DisplayName, p.Code, p.Purpose, p.Department, p.Function, p.Predecessor, p.SunsetDate,
				p.Version, p.CreateTime, p.UpdateTime,
			}
		},
		Scan: func(r sqldb.Row) (domain.Program, error) {
			return domain.Program{
				Meta: meta(r, 9), Organization: r.Text(0), ID: r.Text(1), DisplayName: r.Text(2), Code: r.Text(3), Purpose: r.Text(4),
				Department: r.Text(5), Function: r.Text(6), Predecessor: r.Text(7), SunsetDate: domain.Date(r.Text(8)),
			}, nil
		},
	},
}
