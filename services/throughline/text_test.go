package throughline_test

import (
	"net/http"
	"strings"
	"testing"
)

// No database takes the character NUL, so that no part of a request may hold it.
func TestNULIsRefused(t *testing.T) {
	c := start(t, t.TempDir())
	operator := c.as(t, "operator")
	c.ok(t, http.MethodPost, "/v1/organizations?organizationId=riverbend", operator, `{"displayName": "Riverbend", "currencyCode": "USD"}`)
	manager := c.as(t, "manager")
	const good = `{"displayName": "P", "kind": "PLAN_KIND_STRATEGIC", "startDate": {"year": 2027, "month": 1, "day": 1}, "endDate": {"year": 2030, "month": 1, "day": 1}`
	for _, request := range []struct{ name, method, path, body, field string }{
		{"in a body", http.MethodPost, "/v1/" + riverbend + "/plans", strings.Replace(good, "P", `P\u0000`, 1) + "}", "displayName"},
		{"deep in a body", http.MethodPost, "/v1/" + riverbend + "/plans", good + `, "stakeholderGroups": [{"displayName": "A"}, {"displayName": "\u0000"}]}`, "stakeholderGroups[1].displayName"},
		{"in a query", http.MethodGet, "/v1/" + riverbend + "/plans?filter=%00", "", "filter"},
		{"in a path", http.MethodGet, "/v1/" + riverbend + "/plans/a%00b", "", "name"},
		{"in a line of a stream", http.MethodPost, "/v1/observations:record", `{"parent": "` + riverbend + `", "rows": [{"measure": "m", "source": "\u0000"}]}`, "rows[0].source"},
	} {
		t.Run(request.name, func(t *testing.T) {
			var body any
			var headers []string
			if request.body != "" {
				body = request.body
			}
			if strings.Contains(request.path, "record") {
				headers = []string{"Content-Type", "application/x-ndjson"}
			}
			a := c.call(t, request.method, request.path, manager, body, headers...)
			if a.status != http.StatusBadRequest || a.at("violations", 0, "field") != request.field ||
				!strings.Contains(a.at("violations", 0, "detail"), "without the character NUL") {
				t.Errorf("%d %s", a.status, a.body)
			}
		})
	}
}
