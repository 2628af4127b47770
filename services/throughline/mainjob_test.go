package throughline_test

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

const (
	budget     = riverbend + "/budgets/fy2027"
	allocation = budget + "/allocations/general-fund-95"
	plan       = riverbend + "/plans/strategic-plan-2027"
)

// The main job: from ballots and results to a priority-weighted allocation, proven, explained and replayed, all by REST.
func TestMainJob(t *testing.T) {
	c := start(t, t.TempDir())
	loaded := c.load(t)
	finance := c.as(t, "finance")

	a := c.ok(t, http.MethodGet, "/v1/"+allocation, finance, nil)
	if a.at("outcome") != "ALLOCATION_OUTCOME_OPTIMAL" || a.at("certificate", "valid") != "true" || a.at("stale") != "false" {
		t.Fatalf("allocation %s", a.body)
	}
	general := a.at("parameters", "envelopeScales", 0, "fund")
	for _, f := range a.list("funds") {
		spent := cents(t, f["fixed"]) + cents(t, f["allocated"])
		if available := cents(t, f["available"]); spent+cents(t, f["surplus"]) != available {
			t.Errorf("fund %v: fixed %v, allocated %v and surplus %v are not the %v available", f["fund"], f["fixed"], f["allocated"], f["surplus"], f["available"])
		}
	}

	t.Run("lines add up to the totals", func(t *testing.T) {
		lines := c.lines(t, finance, allocation)
		var allocated, general95 int64
		for _, l := range lines {
			var paid int64
			for _, p := range l["funding"].([]any) {
				fa := p.(map[string]any)
				paid += cents(t, fa["amount"])
				if fa["fund"] == general {
					general95 += cents(t, fa["amount"])
				}
			}
			if paid != cents(t, l["allocated"]) {
				t.Errorf("%v gets %d and is paid %d", l["program"], cents(t, l["allocated"]), paid)
			}
			allocated += cents(t, l["allocated"])
		}
		if want := cents(t, a.json["totalAllocated"]); allocated != want {
			t.Errorf("lines sum to %d, the allocation says %d", allocated, want)
		}
		if got := a.at("programs"); got != itoa(len(lines)) {
			t.Errorf("%s programs and %d lines", got, len(lines))
		}
	})

	t.Run("verify and replay", func(t *testing.T) {
		if v := c.ok(t, http.MethodGet, "/v1/"+allocation+":verify", finance, nil); v.at("valid") != "true" || v.at("contentHash") != a.at("contentHash") {
			t.Errorf("verify %s", v.body)
		}
		if r := c.ok(t, http.MethodGet, "/v1/"+allocation+":replay", finance, nil); r.at("identical") != "true" || r.at("replayedResultHash") != a.at("resultHash") {
			t.Errorf("replay %s", r.body)
		}
	})

	t.Run("a named result moves the program that is shown", func(t *testing.T) {
		why := c.ok(t, http.MethodGet, "/v1/"+allocation+":explain?program="+loaded.City.Example, finance, nil)
		said := string(why.body)
		got, without := cents(t, why.json["line"].(map[string]any)["allocated"]), cents(t, why.json["withoutResults"])
		if why.at("resultsPolicy") != "RESULTS_POLICY_REMEDY" || got <= without || without == 0 {
			t.Errorf("it gets %d, and %d without results: %s", got, without, said)
		}
		if want := `Measure \"Days to repair a reported pothole\" (CONCERNING, HIT_OR_MISS, weight 2 of 3) is worth +2.5 points: it moves the score by +1.67 points under REMEDY`; !strings.Contains(said, want) {
			t.Errorf("nothing says %s in %s", want, said)
		}
		if a.at("moneyWithSignalPpm") == "0" || cents(t, a.json["moneyMovedByResults"]) >= cents(t, a.json["moneyWithSignal"]) {
			t.Errorf("money with a signal and moved: %s", a.body)
		}
		unknown := c.ok(t, http.MethodGet, "/v1/"+allocation+":explain?program="+riverbend+"/programs/p-30090", finance, nil)
		if unknown.at("results", 1, "measure") != riverbend+"/measures/sidewalk-gaps" || unknown.at("results", 1, "certainPpm") != "0" {
			t.Errorf("what nothing is known of: %s", unknown.body)
		}
		if b := c.ok(t, http.MethodGet, "/v1/"+budget, finance, nil); !strings.Contains(b.at("resultsPolicyFreeze", "resolution"), "2026-17") {
			t.Errorf("council has not frozen the policies: %s", b.body)
		}
	})

	t.Run("the same request twice is one allocation", func(t *testing.T) {
		body := `{"displayName": "97 %", "parameters": {"envelopeScales": [{"fund": "` + general + `", "sharePpm": 970000}]}}`
		path := "/v1/" + budget + "/allocations"
		first := c.ok(t, http.MethodPost, path, finance, body, "Idempotency-Key", "k-97")
		second := c.ok(t, http.MethodPost, path, finance, body, "Idempotency-Key", "k-97")
		if first.at("name") != second.at("name") || first.at("resultHash") != second.at("resultHash") {
			t.Errorf("%s and then %s", first.body, second.body)
		}
		other := c.call(t, http.MethodPost, path, finance, strings.Replace(body, "970000", "960000", 1), "Idempotency-Key", "k-97")
		if other.status != http.StatusUnprocessableEntity || other.at("reason") != "IDEMPOTENCY_KEY_REUSED" {
			t.Errorf("another payload: %d %s", other.status, other.body)
		}
		again := c.ok(t, http.MethodPost, path, finance, body, "Idempotency-Key", "k-97-again")
		if again.at("name") == first.at("name") || again.at("resultHash") != first.at("resultHash") || again.at("contentHash") != first.at("contentHash") {
			t.Errorf("two runs differ: %s and %s", first.body, again.body)
		}
		dry := c.ok(t, http.MethodPost, path+"?validateOnly=true", finance, body)
		if dry.at("resultHash") != first.at("resultHash") {
			t.Errorf("the dry run differs: %s", dry.body)
		}
		if all := c.ok(t, http.MethodGet, path, finance, nil).list("allocations"); len(all) != 3 {
			t.Errorf("%d allocations, want 3", len(all))
		}
	})
}

// A new priority revision makes open proposals stale, moves money towards the programs of the goal that gained, and the
// explanation says so.
func TestPrioritiesMoveMoney(t *testing.T) {
	c := start(t, t.TempDir())
	c.load(t)
	finance, manager, council := c.as(t, "finance"), c.as(t, "manager"), c.as(t, "council")
	before := c.ok(t, http.MethodGet, "/v1/"+allocation, finance, nil)
	scale := before.json["parameters"]

	goal := plan + "/goals/economic-growth"
	c.ok(t, http.MethodPost, "/v1/"+plan+"/prioritizations?prioritizationId=growth-first", manager, map[string]any{
		"displayName": "Growth first", "method": "PRIORITIZATION_METHOD_POINTS", "goals": []string{goal, plan + "/goals/quality-of-life"},
		"electorate": map[string]any{"members": []any{map[string]any{"member": "council"}}},
	})
	round := "/v1/" + plan + "/prioritizations/growth-first"
	c.ok(t, http.MethodPost, round+":open", council, "{}")
	c.ok(t, http.MethodPost, round+":castBallot", council, map[string]any{"ballot": map[string]any{
		"points": []any{map[string]any{"goal": goal, "points": 100}},
	}})
	c.ok(t, http.MethodPost, round+":close", council, "{}")
	certified := c.ok(t, http.MethodPost, round+":certify", council, "{}")

	stale := c.eventually(t, func() (answer, bool) {
		a := c.ok(t, http.MethodGet, "/v1/"+allocation, finance, nil)
		return a, a.at("stale") == "true"
	})
	if reason := stale.at("staleReasons", 0); !strings.Contains(reason, "priorit") {
		t.Errorf("stale because %q", reason)
	}
	after := c.ok(t, http.MethodPost, "/v1/"+budget+"/allocations?allocationId=growth-first", finance,
		map[string]any{"displayName": "Growth first", "parameters": scale}, "Idempotency-Key", "growth-first")
	if after.at("priorityRevision") != certified.at("priorityRevision") || after.at("stale") != "false" {
		t.Fatalf("not by the new revision: %s", after.body)
	}
	gained, program := int64(0), ""
	old := map[any]int64{}
	for _, l := range c.lines(t, finance, allocation) {
		old[l["program"]] = cents(t, l["allocated"])
	}
	for _, l := range c.lines(t, finance, after.at("name")) {
		if d := cents(t, l["allocated"]) - old[l["program"]]; d > gained {
			gained, program = d, l["program"].(string)
		}
	}
	if program == "" {
		t.Fatal("no program gained")
	}
	request := c.ok(t, http.MethodGet, "/v1/"+budget+"/fundingRequests/"+program[strings.LastIndex(program, "/")+1:], finance, nil)
	aligned := false
	for _, al := range request.list("alignments") {
		level, _ := al["reviewedScore"].(float64)
		aligned = aligned || al["goal"] == goal && level >= 2
	}
	if !aligned {
		t.Errorf("%s gained %d most and hardly serves %s: %s", program, gained, goal, request.body)
	}
	why := c.ok(t, http.MethodGet, "/v1/"+after.at("name")+":explain?program="+program, finance, nil)
	if !strings.Contains(string(why.body), "Economic growth") && !strings.Contains(string(why.body), "economic growth") {
		t.Errorf("the explanation does not name the goal: %s", why.body)
	}
}

// lines streams all lines of an allocation (NDJSON).
func (c *city) lines(t *testing.T, token, allocation string) []map[string]any {
	t.Helper()
	a := c.ok(t, http.MethodGet, "/v1/"+allocation+"/lines:stream", token, nil)
	if got := a.header.Get("Content-Type"); !strings.HasPrefix(got, "application/x-ndjson") {
		t.Fatalf("content type %q", got)
	}
	var all []map[string]any
	for line := range strings.Lines(string(a.body)) {
		all = append(all, decode(t, line).list("lines")...)
	}
	return all
}

// eventually asks until it is so, for effects of events.
func (c *city) eventually(t *testing.T, ask func() (answer, bool)) answer {
	t.Helper()
	deadline := time.NewTimer(10 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		a, ok := ask()
		if ok {
			return a
		}
		select {
		case <-deadline.C:
			t.Fatalf("still not so: %s", a.body)
		case <-tick.C:
		}
	}
}
