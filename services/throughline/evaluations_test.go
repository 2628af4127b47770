package throughline_test

import (
	"net/http"
	"testing"
)

// Council adopts, and the money of the very lines that it adopted is held against what the programs brought about.
func TestAdoptedMoneyIsEvaluated(t *testing.T) {
	c := start(t, t.TempDir())
	c.load(t)
	finance, council, manager := c.as(t, "finance"), c.as(t, "council"), c.as(t, "manager")
	proposal := c.ok(t, http.MethodPost, "/v1/"+budget+"/allocations?allocationId=recommended", finance, map[string]any{
		"displayName": "Recommended", "purpose": "ALLOCATION_PURPOSE_RECOMMENDATION",
		"parameters": c.ok(t, http.MethodGet, "/v1/"+allocation, finance, nil).json["parameters"],
	}, "Idempotency-Key", "recommended")
	lines := map[string]int64{}
	for _, l := range c.lines(t, finance, proposal.at("name")) {
		lines[l["program"].(string)] = cents(t, l["adjusted"])
	}

	day := func(year, month, day int) map[string]any {
		return map[string]any{"year": year, "month": month, "day": day}
	}
	evaluation := func(subject string, outcomes ...any) map[string]any {
		return map[string]any{
			"displayName": "Worth it?", "subject": riverbend + subject, "firstFiscalYear": 2027, "lastFiscalYear": 2027,
			"periodStart": day(2025, 7, 1), "periodEnd": day(2026, 6, 30), "outcomes": outcomes,
		}
	}
	outcome := func(measure, basis string) map[string]any {
		return map[string]any{"measure": riverbend + "/measures/" + measure, "basis": "OUTCOME_BASIS_" + basis}
	}
	library := evaluation("/programs/p-40170", outcome("library-visits", "TOTAL"), outcome("library-visits", "CHANGE"))
	path := "/v1/" + riverbend + "/evaluations"
	if before := c.ok(t, http.MethodPost, path+"?validateOnly=true", manager, library); before.json["money"] != nil {
		t.Fatalf("money before anything was adopted: %s", before.body)
	}
	adopted := c.ok(t, http.MethodPost, "/v1/"+proposal.at("name")+":adopt", council, map[string]any{"adoption": map[string]any{
		"body": "City Council", "resolutionNumber": "2026-61", "adoptDate": day(2026, 6, 18),
	}}, "Idempotency-Key", "adopt")
	c.eventually(t, func() (answer, bool) {
		a := c.ok(t, http.MethodPost, path+"?validateOnly=true", manager, library)
		return a, a.json["money"] != nil
	})

	e := c.ok(t, http.MethodPost, path+"?evaluationId=library", manager, library)
	want := lines[riverbend+"/programs/p-40170"]
	if got := cents(t, e.json["money"]); got != want || want == 0 {
		t.Errorf("%d cents, the adopted line has %d", got, want)
	}
	in := e.list("moneyIn")
	if len(in) != 1 || in[0]["allocation"] != adopted.at("name") || cents(t, in[0]["amount"]) != want || in[0]["adoptTime"] != adopted.json["updateTime"] {
		t.Errorf("money in %v, adopted %v", in, adopted.json["updateTime"])
	}
	out := e.list("resultsOut")
	// The twelve months from July 2025 add up to 475.0 thousand visits; a tie is impossible, since 475 is odd.
	if cost := cents(t, out[0]["costPerUnit"]); out[0]["units"] != 475.0 || cost != (2*want+475)/950 {
		t.Errorf("%v thousand visits at %d cents each, for %d", out[0]["units"], cost, want)
	}
	// June 2025 had 41.5, June 2026 42.0: half a thousand more a month.
	if cost := cents(t, out[1]["costPerUnit"]); out[1]["units"] != 0.5 || cost != 2*want || out[1]["values"] != 13.0 {
		t.Errorf("%v thousand more visits at %d cents each, for %d: %v", out[1]["units"], cost, want, out[1]["note"])
	}

	// The strategy's objectives require patrol, dispatch and the crisis team.
	strategy := evaluation("/strategies/answer-in-time", outcome("patrol-response-time", "CHANGE"))
	want = lines[riverbend+"/programs/p-20020"] + lines[riverbend+"/programs/p-20070"] + lines[riverbend+"/programs/p-20080"]
	a := c.eventually(t, func() (answer, bool) {
		a := c.ok(t, http.MethodPost, path+"?validateOnly=true", manager, strategy)
		return a, len(a.list("moneyIn")) == 3
	})
	if got := cents(t, a.json["money"]); got != want {
		t.Errorf("the strategy has %d cents, its programs' lines %d", got, want)
	}

	// Results published from now on say how much of all that money they can be used for; another rule set makes another revision.
	var total, usable int64
	published := c.ok(t, http.MethodPost, "/v1/"+riverbend+"/resultsRevisions:publish", manager, `{"ruleSet": "RULE_SET_WHEELER"}`)
	for _, s := range published.list("signals") {
		if ppm, _ := s["usablePpm"].(float64); ppm > 0 {
			usable += lines[s["subject"].(string)]
		}
	}
	for _, l := range lines {
		total += l
	}
	share, _ := published.json["money"].(map[string]any)
	if cents(t, share["total"]) != total || cents(t, share["withSignal"]) != usable || usable == 0 || share["sharePpm"] != float64(usable*1_000_000/total) {
		t.Errorf("share %v; the lines add up to %d, those with a usable signal to %d", share, total, usable)
	}
}
