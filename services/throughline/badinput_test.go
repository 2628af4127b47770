package throughline_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/throughline/throughline/services/platform/authn"
	"github.com/throughline/throughline/services/throughline"
)

// badCase is one bad request and what it must be answered.
type badCase struct {
	name         string
	method, path string
	token        string // a role, or a token
	body         any
	headers      []string

	status int
	reason string
	fields []string // the fields named, in any order
	detail string   // what the detail or a violation must say, so that a person can act on it
}

// What can be wrong with a request, and the status, the reason and the words it is answered with.
func TestBadInput(t *testing.T) {
	c := start(t, t.TempDir())
	c.twoCities(t)
	yesterday, err := authn.LoadLocalKeys(throughline.KeyFile(c.dir), func() time.Time { return time.Now().Add(-24 * time.Hour) })
	if err != nil {
		t.Fatal(err)
	}
	expired, err := yesterday.Mint(authn.Identity{Subject: "x", Organization: "riverbend", Roles: []string{"manager"}}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	goodPlan := map[string]any{
		"displayName": "Plan", "kind": "PLAN_KIND_STRATEGIC",
		"startDate": map[string]any{"year": 2027, "month": 1, "day": 1}, "endDate": map[string]any{"year": 2030, "month": 1, "day": 1},
	}
	with := func(changes ...any) map[string]any {
		p := maps.Clone(goodPlan)
		for i := 0; i < len(changes); i += 2 {
			p[changes[i].(string)] = changes[i+1]
		}
		return p
	}
	plans := "/v1/" + riverbend + "/plans"
	fund := map[string]any{"displayName": "General Fund", "code": "001", "kind": "FUND_KIND_GENERAL"}
	c.ok(t, http.MethodPost, plans+"?planId=first", c.as(t, "manager"), goodPlan, "Idempotency-Key", "used")

	for _, b := range []badCase{
		{name: "no token", method: "GET", path: plans, status: 401, reason: "TOKEN_MISSING", detail: "Authorization: Bearer"},
		{name: "a token that is none", method: "GET", path: plans, token: "nonsense.nonsense.nonsense", status: 401, reason: "TOKEN_INVALID", detail: "get a new one"},
		{name: "an expired token", method: "GET", path: plans, token: expired, status: 401, reason: "TOKEN_EXPIRED", detail: "get a new one"},
		{name: "another organization's resource", method: "GET", path: "/v1/organizations/other/plans/first", token: "manager", status: 403, reason: "FOREIGN_ORGANIZATION"},
		{
			name: "another organization in a link", method: "POST", path: plans, token: "manager",
			body: with("predecessor", "organizations/other/plans/first"), status: 403, reason: "FOREIGN_ORGANIZATION",
		},
		{
			name: "a role without the permission", method: "POST", path: plans, token: "auditor", body: goodPlan,
			status: 403, reason: "ROLE_LACKS_PERMISSION", detail: "goals.plans.create",
		},
		{name: "an unknown field", method: "POST", path: plans, token: "manager", body: with("colour", "blue"), status: 400, fields: []string{"colour"}},
		{name: "a wrong type", method: "POST", path: plans, token: "manager", body: with("displayName", 7), status: 400, fields: []string{"displayName"}},
		{name: "an unknown enum value", method: "POST", path: plans, token: "manager", body: with("kind", "WISH"), status: 400, fields: []string{"kind"}},
		{name: "no JSON", method: "POST", path: plans, token: "manager", body: "{", status: 400},
		{
			name: "missing fields, all told at once", method: "POST", path: plans, token: "manager", body: map[string]any{},
			status: 400, fields: []string{"displayName", "kind", "startDate", "endDate"},
		},
		{
			name: "a period that ends before it starts", method: "POST", path: plans, token: "manager",
			body: with("endDate", map[string]any{"year": 2020, "month": 1, "day": 1}), status: 400, reason: "INVALID_FIELDS",
			fields: []string{"endDate"}, detail: "is before start_date (2027-01-01)",
		},
		{
			name: "rules of fields and of the whole, all told at once", method: "POST", path: plans, token: "manager",
			body:   with("displayName", "", "endDate", map[string]any{"year": 2020, "month": 1, "day": 1}),
			status: 400, fields: []string{"displayName", "endDate"},
		},
		{
			name: "a day that does not exist", method: "POST", path: plans, token: "manager",
			body: with("startDate", map[string]any{"year": 2027, "month": 2, "day": 30}), status: 400, fields: []string{"startDate"},
		},
		{name: "a bad id", method: "POST", path: plans + "?planId=Not+An+Id", token: "manager", body: goodPlan, status: 400, fields: []string{"planId"}},
		{name: "an unknown query parameter", method: "GET", path: plans + "?colour=blue", token: "manager", status: 400, fields: []string{"colour"}},
		{name: "a bad filter", method: "GET", path: plans + "?filter=colour%3D%22blue%22", token: "manager", status: 400, fields: []string{"filter"}},
		{name: "a bad order", method: "GET", path: plans + "?orderBy=colour", token: "manager", status: 400, fields: []string{"orderBy"}},
		{name: "a bad page token", method: "GET", path: plans + "?pageToken=xyz", token: "manager", status: 400, fields: []string{"pageToken"}},
		{name: "a negative page size", method: "GET", path: plans + "?pageSize=-1", token: "manager", status: 400, fields: []string{"pageSize"}},
		{name: "not there", method: "GET", path: plans + "/nowhere", token: "manager", status: 404, reason: "RESOURCE_NOT_FOUND", detail: "plans/nowhere was not found"},
		{name: "a list below what is not there", method: "GET", path: plans + "/nowhere/goals", token: "manager", status: 404, reason: "RESOURCE_NOT_FOUND", detail: "plans/nowhere was not found"},
		{name: "there already", method: "POST", path: plans + "?planId=first", token: "manager", body: goodPlan, status: 409, reason: "RESOURCE_ALREADY_EXISTS", detail: "choose another id"},
		{
			name: "a stale etag", method: "PATCH", path: plans + "/first", token: "manager", body: map[string]any{"displayName": "New"},
			headers: []string{"If-Match", `"99"`}, status: 412, reason: "ETAG_MISMATCH", detail: "read it again",
		},
		{
			name: "a reused idempotency key", method: "POST", path: plans + "?planId=first", token: "manager", body: with("displayName", "Other"),
			headers: []string{"Idempotency-Key", "used"}, status: 422, reason: "IDEMPOTENCY_KEY_REUSED",
		},
		{
			name: "no idempotency key where one is required", method: "POST", path: "/v1/" + riverbend + "/budgets/b/allocations", token: "finance", body: map[string]any{},
			status: 400, reason: "IDEMPOTENCY_KEY_REQUIRED", detail: "Idempotency-Key",
		},
		{name: "a body that is too large", method: "POST", path: plans, token: "manager", body: `{"narrative": "` + strings.Repeat("x", 9<<20) + `"}`, status: 413},
		{
			name: "another content type", method: "POST", path: plans, token: "manager", body: "a=b",
			headers: []string{"Content-Type", "application/x-www-form-urlencoded"}, status: 415, detail: "application/json",
		},
		{name: "an unknown path", method: "GET", path: "/v1/nothing/here", token: "manager", status: 404},
		{name: "a method the path does not take", method: "PUT", path: plans, token: "manager", body: goodPlan, status: 405},
		{name: "an action the state forbids", method: "POST", path: plans + "/first:submit", token: "manager", body: "{}", status: 409, reason: "PLAN_WITHOUT_GOALS", detail: "create at least one"},
		{
			name: "a value that an enum does not have in a filter", method: "GET", path: plans + "?filter=state%3DWISHED", token: "manager",
			status: 400, fields: []string{"filter"}, detail: "ADOPTED",
		},
		{
			name: "money in another currency, and half a cent", method: "POST", path: "/v1/" + riverbend + "/budgets", token: "finance",
			body: map[string]any{
				"displayName": "FY 2027", "fiscalYear": 1, "plan": riverbend + "/plans/first",
				"roundingUnit": map[string]any{"currencyCode": "USD", "units": "7"}, "envelopes": []any{
					map[string]any{"fund": riverbend + "/funds/general", "available": map[string]any{"currencyCode": "EUR", "units": "1"}},
					map[string]any{"fund": riverbend + "/funds/general", "available": map[string]any{"currencyCode": "USD", "nanos": 5_000_000}},
				},
			},
			status: 400, fields: []string{"envelopes[0].available.currencyCode", "envelopes[1].available.nanos", "fiscalYear", "roundingUnit", "envelopes[1].fund"}, detail: "USD",
		},
	} {
		t.Run(b.name, func(t *testing.T) {
			if b.name == "money in another currency, and half a cent" {
				c.ok(t, http.MethodPost, "/v1/"+riverbend+"/funds?fundId=general", c.as(t, "finance"), fund)
			}
			token := b.token
			if token != "" && !strings.Contains(token, ".") {
				token = c.as(t, token)
			}
			a := c.call(t, b.method, b.path, token, b.body, b.headers...)
			if a.status != b.status || b.reason != "" && a.at("reason") != b.reason {
				t.Errorf("%d %s, want %d %s: %s", a.status, a.at("reason"), b.status, b.reason, a.body)
			}
			if got := a.header.Get("Content-Type"); !strings.HasPrefix(got, "application/problem+json") {
				t.Errorf("content type %q", got)
			}
			if a.at("title") == "" || a.at("detail") == "" || a.at("status") != itoa(b.status) {
				t.Errorf("the problem document is incomplete: %s", a.body)
			}
			var fields []string
			for _, v := range a.list("violations") {
				field, _ := v["field"].(string)
				fields = append(fields, field)
				if v["detail"] == "" || v["detail"] == nil {
					t.Errorf("violation of %s says nothing", field)
				}
			}
			for _, want := range b.fields {
				if !slices.Contains(fields, want) {
					t.Errorf("fields %v, want %s among them: %s", fields, want, a.body)
				}
			}
			if !strings.Contains(strings.ReplaceAll(string(a.body), `\"`, `"`), b.detail) {
				t.Errorf("%s does not say %q", a.body, b.detail)
			}
		})
	}
}

// twoCities creates organizations riverbend and other, without anything in them.
func (c *city) twoCities(t *testing.T) {
	t.Helper()
	for _, id := range []string{"riverbend", "other"} {
		c.ok(t, http.MethodPost, "/v1/organizations?organizationId="+id, c.as(t, "operator"), map[string]any{
			"displayName": id, "currencyCode": "USD",
		})
	}
}
