package throughline_test

import (
	"net/http"
	"reflect"
	"testing"
)

// What a write answers is what is read afterwards, to the last digit of its times; the clock is a real one here.
func TestAnswersAreWhatIsRead(t *testing.T) {
	c := start(t, t.TempDir())
	month := func(m int) map[string]any { return map[string]any{"year": 2027, "month": m, "day": 1} }
	members := []any{map[string]any{"member": "ann"}}
	for _, made := range []struct {
		role, path string
		body       map[string]any
	}{
		{"operator", "/v1/organizations?organizationId=riverbend", map[string]any{"displayName": "Riverbend", "currencyCode": "USD"}},
		{"manager", "/v1/" + riverbend + "/plans?planId=p", map[string]any{
			"displayName": "Plan", "kind": "PLAN_KIND_STRATEGIC", "startDate": month(1), "endDate": month(2),
		}},
		{"manager", "/v1/" + riverbend + "/plans/p/goals?goalId=g", map[string]any{"displayName": "Goal"}},
		{"manager", "/v1/" + riverbend + "/plans/p/prioritizations?prioritizationId=r", map[string]any{
			"displayName": "Round", "method": "PRIORITIZATION_METHOD_POINTS", "electorate": map[string]any{"members": members},
		}},
		{"manager", "/v1/" + riverbend + "/strategies?strategyId=s", map[string]any{"displayName": "Strategy", "goal": riverbend + "/plans/p/goals/g"}},
		{"finance", "/v1/" + riverbend + "/funds?fundId=general", map[string]any{"displayName": "General", "code": "001", "kind": "FUND_KIND_GENERAL"}},
		{"finance", "/v1/" + riverbend + "/programs?programId=streets", map[string]any{"displayName": "Streets", "code": "S"}},
		{"finance", "/v1/" + riverbend + "/budgets?budgetId=fy2027", map[string]any{
			"displayName": "FY 2027", "fiscalYear": 2027, "plan": riverbend + "/plans/p",
		}},
	} {
		t.Run(made.path, func(t *testing.T) {
			created := c.ok(t, http.MethodPost, made.path, c.as(t, made.role), made.body)
			reader := c.as(t, "manager")
			read := c.ok(t, http.MethodGet, "/v1/"+created.at("name"), reader, nil)
			if created.at("createTime") == "" || !reflect.DeepEqual(created.json, read.json) {
				t.Errorf("created %s\nread    %s", created.body, read.body)
			}
		})
	}
}
