package throughline_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// reportCity is a city with a plan of three levels, measures of its goals and of an objective, and half a year of values.
type reportCity struct {
	*city
	org, manager string
}

func (c *reportCity) create(t *testing.T, collection, id string, body map[string]any) string {
	t.Helper()
	kind := strings.TrimSuffix(collection[strings.LastIndexByte(collection, '/')+1:], "s")
	kind = strings.Replace(kind, "strategie", "strategy", 1)
	return c.ok(t, http.MethodPost, "/v1/"+c.org+"/"+collection+"?"+kind+"Id="+id, c.manager, body).at("name")
}

// measure counts for one subject, is to stay at 8 or below, and had the same value in each month to June.
func (c *reportCity) measure(t *testing.T, id, subject string, value float64) {
	t.Helper()
	name := c.create(t, "measures", id, map[string]any{
		"displayName": id, "kind": "MEASURE_KIND_OUTCOME", "unit": "minutes", "direction": "DIRECTION_DECREASE", "frequency": "FREQUENCY_MONTHLY",
		"targets": []any{map[string]any{"startDate": date(1, 1), "endDate": date(12, 31), "value": 8}},
		"links":   []any{map[string]any{"subject": subject, "contribution": "CONTRIBUTION_CONTRIBUTES"}},
	})
	var lines strings.Builder
	for month := 1; month <= 6; month++ {
		fmt.Fprintf(&lines, `{"parent":%q,"rows":[{"measure":%q,"periodStart":{"year":2026,"month":%d,"day":1},"value":%v}]}`+"\n",
			c.org, name, month, value)
	}
	a := c.ok(t, http.MethodPost, "/v1/observations:record", c.manager, lines.String(), "Content-Type", "application/x-ndjson")
	if a.at("accepted") != "6" {
		t.Fatalf("recorded %s", a.body)
	}
}

func date(month, day int) map[string]any {
	return map[string]any{"year": 2026, "month": month, "day": day}
}

func newReportCity(t *testing.T) *reportCity {
	t.Helper()
	c := &reportCity{city: start(t, t.TempDir()), org: "organizations/lakeside"}
	c.manager = c.token(t, "lakeside", "mia", "manager")
	c.ok(t, http.MethodPost, "/v1/organizations?organizationId=lakeside", c.as(t, "operator"), map[string]any{
		"displayName": "Lakeside", "currencyCode": "USD",
	})
	plan := c.create(t, "plans", "p", map[string]any{
		"displayName": "Plan", "kind": "PLAN_KIND_STRATEGIC", "startDate": date(1, 1), "endDate": date(12, 31),
	})
	for _, g := range [][2]string{{"safety", ""}, {"fire", "safety"}, {"stations", "fire"}, {"police", "safety"}} {
		goal := map[string]any{"displayName": strings.ToUpper(g[0])}
		if g[1] != "" {
			goal["parentGoal"] = plan + "/goals/" + g[1]
		}
		c.create(t, "plans/p/goals", g[0], goal)
	}
	strategy := c.create(t, "strategies", "s", map[string]any{"displayName": "S", "goal": plan + "/goals/stations"})
	objective := c.create(t, "strategies/s/objectives", "o", map[string]any{"displayName": "O", "dueDate": date(12, 31)})
	if !strings.HasPrefix(objective, strategy) {
		t.Fatalf("objective %q of %q", objective, strategy)
	}
	c.measure(t, "turnout", objective, 7)
	c.measure(t, "response", plan+"/goals/police", 9)
	return c
}

func TestReportFromMeasuresToThePublic(t *testing.T) {
	c := newReportCity(t)
	name := c.create(t, "progressReports", "h1", map[string]any{
		"displayName": "First half", "plan": c.org + "/plans/p", "periodStart": date(1, 1), "periodEnd": date(6, 30),
		"weights":        []any{map[string]any{"goal": c.org + "/plans/p/goals/fire", "weight": 3}},
		"goalNarratives": []any{map[string]any{"goal": c.org + "/plans/p/goals/fire", "text": "A new station."}},
	})
	// The objective's event is on its way; the draft shows it once it has come.
	draft := c.eventually(t, func() (answer, bool) {
		a := c.ok(t, http.MethodGet, "/v1/"+name, c.manager, nil)
		return a, a.at("goals", 0, "liveMeasures") == "2"
	})
	for i, want := range []struct{ goal, parent, status, share, live string }{
		{"safety", "", "ON_TRACK", "750000", "2"}, // fire weighs 3 of 4
		{"fire", "safety", "ON_TRACK", "1e+06", "1"},
		{"stations", "fire", "ON_TRACK", "1e+06", "1"},
		{"police", "safety", "OFF_TRACK", "1e+06", "1"},
	} {
		parent := strings.TrimPrefix(draft.at("goals", i, "parentGoal"), c.org+"/plans/p/goals/")
		if draft.at("goals", i, "goal") != c.org+"/plans/p/goals/"+want.goal || parent != want.parent || draft.at("goals", i, "liveMeasures") != want.live ||
			draft.at("goals", i, "status") != "STATUS_WORD_"+want.status || draft.at("goals", i, "shares", 0, "sharePpm") != want.share {
			t.Errorf("goal %d is not %+v: %v", i, want, draft.json["goals"].([]any)[i])
		}
	}
	if draft.at("goals", 1, "narrative") != "A new station." || draft.at("goals", 2, "measures", 0, "measure") != c.org+"/measures/turnout" {
		t.Errorf("draft %s", draft.body)
	}

	view, list := "/v1/"+name+":view", "/v1/"+c.org+"/progressReports:view"
	c.hidden(t, view)
	department := c.token(t, "lakeside", "dan", "department")
	if a := c.call(t, http.MethodPost, "/v1/"+name+":publish", department, map[string]any{}); a.status != http.StatusForbidden {
		t.Errorf("a department publishes: %d %s", a.status, a.body)
	}
	published := c.ok(t, http.MethodPost, "/v1/"+name+":publish", c.manager, map[string]any{"etag": draft.at("etag")})
	if published.at("state") != "PROGRESS_REPORT_STATE_PUBLISHED" || published.at("publishedBy") != "mia" || published.at("ruleSet") != "NHS/1" {
		t.Errorf("published %s", published.body)
	}
	c.hidden(t, view)
	c.hidden(t, list)

	c.allow(t, true)
	seen := c.ok(t, http.MethodGet, view, "", nil)
	if seen.at("goals", 0, "status") != "STATUS_WORD_ON_TRACK" || seen.at("asOf") != published.at("asOf") || seen.at("publishedBy") != "" ||
		seen.at("etag") != "" || seen.header.Get("ETag") != "" {
		t.Errorf("anyone reads %s", seen.body)
	}
	if a := c.ok(t, http.MethodGet, list, "", nil); len(a.list("progressReports")) != 1 || a.at("progressReports", 0, "goals") != "[]" {
		t.Errorf("anyone lists %s", a.body)
	}
	c.hidden(t, "/v1/"+c.org+"/progressReports/none:view")
	for _, path := range []string{"/v1/" + name, "/v1/" + c.org + "/progressReports", "/v1/" + c.org} { // the rest stays closed
		if a := c.call(t, http.MethodGet, path, "", nil); a.status != http.StatusUnauthorized {
			t.Errorf("anyone reads %s: %d %s", path, a.status, a.body)
		}
	}
	if a := c.call(t, http.MethodPatch, "/v1/"+name+"?updateMask=narrative", c.manager, map[string]any{"narrative": "x"}); a.at("reason") != "REPORT_PUBLISHED" {
		t.Errorf("a published report is changed: %d %s", a.status, a.body)
	}

	c.allow(t, false)
	c.hidden(t, view)
	c.hidden(t, list)
}

// hidden checks that nobody without a token finds anything there, in the words for what does not exist.
func (c *reportCity) hidden(t *testing.T, path string) {
	t.Helper()
	a := c.call(t, http.MethodGet, path, "", nil)
	want := strings.TrimSuffix(strings.TrimPrefix(path, "/v1/"), ":view") + " was not found"
	if a.status != http.StatusNotFound || a.at("reason") != "RESOURCE_NOT_FOUND" || a.at("detail") != want {
		t.Errorf("%s: %d %s, want %q", path, a.status, a.body, want)
	}
}

func (c *reportCity) allow(t *testing.T, public bool) {
	t.Helper()
	a := c.ok(t, http.MethodPatch, "/v1/"+c.org+"?updateMask=publicReports", c.manager, map[string]any{"publicReports": public})
	if a.at("publicReports") != fmt.Sprint(public) && public {
		t.Fatalf("organization %s", a.body)
	}
}
