package throughline_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// review is what the rules say of an objective: the verdicts letter by letter, such as "FPFPP", and the fields of the remedies, once each.
func (c *city) review(t *testing.T, token, objective string) (verdicts string, fields []string) {
	t.Helper()
	r := c.ok(t, http.MethodGet, "/v1/"+objective+":review", token, nil)
	for _, f := range r.list("findings") {
		verdict, _ := f["verdict"].(string)
		verdicts += strings.TrimPrefix(verdict, "SMART_VERDICT_")[:1]
		remedies, _ := f["remedies"].([]any)
		for _, m := range remedies {
			text, _ := m.(string)
			field, _, _ := strings.Cut(text, ": ")
			if !slices.Contains(fields, field) {
				fields = append(fields, field)
			}
		}
	}
	return verdicts, fields
}

// A department writes an objective, learns letter by letter what it lacks, mends that, and starts it; the rest is for those who decide on money.
func TestAnObjectiveFromDraftToFundedByREST(t *testing.T) {
	november := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	c := startAt(t, t.TempDir(), func() time.Time { return november })
	c.load(t)
	police, manager, hr := c.as(t, "department"), c.as(t, "manager"), c.as(t, "hr")
	day := func(year, month, day int) map[string]any {
		return map[string]any{"year": year, "month": month, "day": day}
	}
	const (
		strategy  = riverbend + "/strategies/answer-in-time"
		objective = strategy + "/objectives/text-to-911"
		program   = riverbend + "/programs/p-20080"
		request   = budget + "/fundingRequests/p-20080"
	)
	usd := func(units string) map[string]any { return map[string]any{"currencyCode": "USD", "units": units} }
	c.ok(t, http.MethodPost, "/v1/"+strategy+"/objectives?objectiveId=text-to-911", police, map[string]any{
		"displayName": "Take 911 calls by text", "statement": "Text to 911", "dueDate": day(2026, 6, 30),
		"required": map[string]any{"fteMilli": "500", "cost": usd("120000")},
	})
	activate := func(token string, body map[string]any) answer {
		return c.call(t, http.MethodPost, "/v1/"+objective+":activate", token, body)
	}
	patch := func(body map[string]any) {
		t.Helper()
		paths := make([]string, 0, len(body))
		for path := range body {
			paths = append(paths, path)
		}
		slices.Sort(paths)
		c.ok(t, http.MethodPatch, "/v1/"+objective+"?updateMask="+strings.Join(paths, ","), police, body)
	}

	refused := activate(police, map[string]any{})
	if refused.status != http.StatusConflict || !strings.Contains(string(refused.body), "SMART_REVIEW_FAILED") {
		t.Fatalf("activated a bare title: %d %s", refused.status, refused.body)
	}
	// Each step follows remedies of the review before it.
	for _, step := range []struct {
		before string   // verdicts
		fields []string // of the remedies
		mend   func()
	}{
		{
			"FFFPF",
			[]string{
				"objective.owner", "objective.statement", "objective.location", "objective.measure", "objective.baseline", "objective.target",
				"objective.funding_request", "objective.required.fte_milli", "objective.required.program", "objective.due_date",
			},
			func() {
				patch(map[string]any{
					"owner": "Emergency Communications Manager", "location": "Communications center, for the whole city",
					"statement": "The Emergency Communications Manager opens 911 to text messages, so that those who cannot speak are heard.",
				})
			},
		},
		{
			"PFFPF",
			[]string{
				"objective.measure", "objective.baseline", "objective.target", "objective.funding_request", "objective.required.fte_milli",
				"objective.required.program", "objective.due_date",
			},
			func() { patch(map[string]any{"dueDate": day(2027, 6, 30), "startDate": day(2027, 1, 1)}) },
		},
		{
			"PFFPP",
			[]string{
				"objective.measure", "objective.baseline", "objective.target", "objective.funding_request", "objective.required.fte_milli",
				"objective.required.program",
			},
			func() {
				patch(map[string]any{"measure": riverbend + "/measures/calls-answered-15s", "baseline": 93, "target": 90.4})
			},
		},
		{
			"PFFPP", // more is better
			[]string{"objective.target", "objective.funding_request", "objective.required.fte_milli", "objective.required.program"},
			func() { patch(map[string]any{"baseline": 90.4, "target": 93}) },
		},
		{
			"PPFPP",
			[]string{"objective.funding_request", "objective.required.fte_milli", "objective.required.program"},
			func() {
				c.ok(t, http.MethodPost, "/v1/"+riverbend+"/assignments?assignmentId=text-lead", hr, map[string]any{
					"objective": objective, "employee": riverbend + "/staff/e-1032", "role": "ASSIGNMENT_ROLE_LEAD", "effortPpm": 500_000, "startDate": day(2027, 1, 1),
				})
				patch(map[string]any{"required": map[string]any{"fteMilli": "500", "cost": usd("120000"), "program": program}})
			},
		},
		{
			"PPFPP",
			[]string{"objective.funding_request", "objective.required.cost"},
			func() { patch(map[string]any{"fundingRequest": request}) },
		},
		{"PPCPP", []string{"objective.funding_request"}, func() {}},
	} {
		if verdicts, fields := c.review(t, police, objective); verdicts != step.before || !slices.Equal(fields, step.fields) {
			t.Fatalf("the review says %s and names %q, want %s and %q", verdicts, fields, step.before, step.fields)
		}
		step.mend()
	}
	started := activate(police, map[string]any{})
	if started.status != http.StatusOK || started.at("state") != "OBJECTIVE_STATE_ACTIVE_UNFUNDED" || started.at("smartReview", "verdict") != "SMART_VERDICT_CONDITIONAL" {
		t.Fatalf("started %d %s", started.status, started.body)
	}

	// The council adopts the budget; the money is there, and the objective is active.
	recommended := c.ok(t, http.MethodPost, "/v1/"+budget+"/allocations?allocationId=recommended", c.as(t, "finance"), map[string]any{
		"displayName": "Recommended", "purpose": "ALLOCATION_PURPOSE_RECOMMENDATION",
		"parameters": c.ok(t, http.MethodGet, "/v1/"+allocation, manager, nil).json["parameters"],
	}, "Idempotency-Key", "recommended")
	c.ok(t, http.MethodPost, "/v1/"+recommended.at("name")+":adopt", c.as(t, "council"), map[string]any{"adoption": map[string]any{
		"body": "City Council", "resolutionNumber": "2026-61", "adoptDate": day(2026, 11, 18),
	}}, "Idempotency-Key", "adopt")
	if verdicts, fields := c.review(t, police, objective); verdicts != "PPPPP" || fields != nil {
		t.Errorf("with the money adopted the review says %s and names %q", verdicts, fields)
	}
	if a := activate(police, map[string]any{}); a.at("state") != "OBJECTIVE_STATE_ACTIVE" || a.at("smartReview", "verdict") != "SMART_VERDICT_PASS" {
		t.Errorf("activated again %d %s", a.status, a.body)
	}

	t.Run("override", func(t *testing.T) {
		const bare = strategy + "/objectives/drones"
		c.ok(t, http.MethodPost, "/v1/"+strategy+"/objectives?objectiveId=drones", police, map[string]any{"displayName": "Fly drones", "dueDate": day(2027, 6, 30)})
		body := map[string]any{"overrideReason": "The flood season starts before a measure can."}
		if a := c.call(t, http.MethodPost, "/v1/"+bare+":activate", police, body); a.status != http.StatusForbidden {
			t.Errorf("a department overrides: %d %s", a.status, a.body)
		}
		a := c.ok(t, http.MethodPost, "/v1/"+bare+":activate", manager, body)
		if a.at("state") != "OBJECTIVE_STATE_ACTIVE" || a.at("smartReview", "verdict") != "SMART_VERDICT_FAIL" || a.at("smartOverride", "by") != "manager" ||
			a.at("smartOverride", "reason") != body["overrideReason"] {
			t.Errorf("overridden %s", a.body)
		}
		done := c.ok(t, http.MethodPost, "/v1/"+bare+":complete", police, map[string]any{})
		if closed := c.call(t, http.MethodPost, "/v1/"+bare+":cancel", police, map[string]any{"reason": "late"}); done.at("state") != "OBJECTIVE_STATE_COMPLETED" ||
			closed.status != http.StatusConflict || !strings.Contains(string(closed.body), "OBJECTIVE_CLOSED") {
			t.Errorf("completed %s, then %d %s", done.body, closed.status, closed.body)
		}
	})
	t.Run("a strategy needs an objective", func(t *testing.T) {
		const empty = riverbend + "/strategies/hire-a-fleet"
		c.ok(t, http.MethodPost, "/v1/"+riverbend+"/strategies?strategyId=hire-a-fleet", manager, map[string]any{
			"displayName": "Hire a fleet", "goal": plan + "/goals/safe-neighborhoods",
		})
		if a := c.call(t, http.MethodPatch, "/v1/"+empty+"?updateMask=state", manager, map[string]any{"state": "STRATEGY_STATE_ACTIVE"}); a.status != http.StatusConflict ||
			!strings.Contains(string(a.body), "STRATEGY_WITHOUT_OBJECTIVE") {
			t.Errorf("an empty strategy became active: %d %s", a.status, a.body)
		}
		if a := c.ok(t, http.MethodPatch, "/v1/"+strategy+"?updateMask=state", manager, map[string]any{"state": "STRATEGY_STATE_ACTIVE"}); a.at("state") != "STRATEGY_STATE_ACTIVE" {
			t.Errorf("a strategy at work is %s", a.body)
		}
	})
}
