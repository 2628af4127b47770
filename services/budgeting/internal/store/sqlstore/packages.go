package sqlstore

import (
	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/sqldb"
)

// packageBody is what is never searched by.
type packageBody struct {
	Levels        []domain.ServiceLevel
	Prerequisites []domain.PackageRef `json:",omitempty"`
	Exclusions    []domain.PackageRef `json:",omitempty"`
}

var packages = &resource.Kind[domain.DecisionPackage]{
	Type: "decision_package",
	Name: func(key ...string) string { return domain.DecisionPackageName(key[0], key[1], key[2], key[3]) },
	Table: &sqldb.Table[domain.DecisionPackage]{
		Name: "decision_packages", Key: []string{"organization_id", "budget_id", "program_id", "decision_package_id"},
		Columns: []string{
			"organization_id", "budget_id", "program_id", "decision_package_id", "display_name", "description", "replaces_base", "body",
			"currency", "version", "create_time", "update_time",
		},
		Values: func(p domain.DecisionPackage) []any {
			return []any{
				p.Organization, p.Budget, p.Program, p.ID, p.DisplayName, p.Description, p.ReplacesBase,
				resource.JSON(packageBody{p.Levels, p.Prerequisites, p.Exclusions}), p.Currency, p.Version, p.CreateTime, p.UpdateTime,
			}
		},
		Scan: func(r sqldb.Row) (domain.DecisionPackage, error) {
			p := domain.DecisionPackage{
				Meta: meta(r, 9), Organization: r.Text(0), Budget: r.Text(1), Program: r.Text(2), ID: r.Text(3), DisplayName: r.Text(4),
				Description: r.Text(5), ReplacesBase: r.Bool(6), Currency: r.Text(8),
			}
			var body packageBody
			err := resource.FromJSON(r.Text(7), &body)
			p.Levels, p.Prerequisites, p.Exclusions = body.Levels, body.Prerequisites, body.Exclusions
			return p, err
		},
	},
}

// scenarioBody is what is never searched by.
type scenarioBody struct {
	Params   domain.Params
	Weights  []domain.WeightOverride  `json:",omitempty"`
	Requests []domain.RequestOverride `json:",omitempty"`
}

var scenarios = &resource.Kind[domain.Scenario]{
	Type: "scenario",
	Name: func(key ...string) string { return domain.ScenarioName(key[0], key[1], key[2]) },
	Table: &sqldb.Table[domain.Scenario]{
		Name: "scenarios", Key: []string{"organization_id", "budget_id", "scenario_id"},
		Columns: []string{
			"organization_id", "budget_id", "scenario_id", "display_name", "description", "method", "body", "currency", "version",
			"create_time", "update_time",
		},
		Values: func(s domain.Scenario) []any {
			return []any{
				s.Organization, s.Budget, s.ID, s.DisplayName, s.Description, s.Method, resource.JSON(scenarioBody{s.Params, s.Weights, s.Requests}),
				s.Currency, s.Version, s.CreateTime, s.UpdateTime,
			}
		},
		Scan: func(r sqldb.Row) (domain.Scenario, error) {
			s := domain.Scenario{
				Meta: meta(r, 8), Organization: r.Text(0), Budget: r.Text(1), ID: r.Text(2), DisplayName: r.Text(3), Description: r.Text(4),
				Method: model.Method(r.Text(5)), Currency: r.Text(7),
			}
			var body scenarioBody
			err := resource.FromJSON(r.Text(6), &body)
			s.Params, s.Weights, s.Requests = body.Params, body.Weights, body.Requests
			return s, err
		},
	},
}
