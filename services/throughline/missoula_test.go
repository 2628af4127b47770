package throughline_test

import (
	"cmp"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

const missoula = "organizations/missoula"

// Missoula's own questionnaire scores its programs; its General Fund, 1000, is cut to 95 %.
func TestMissoula(t *testing.T) {
	shared(t, "missoula_pbb")
	c := start(t, t.TempDir())
	c.importCity(t, "missoula", "missoula-fy2024.yaml", "missoula_pbb")
	m := &missoulaTest{city: c, finance: c.token(t, "missoula", "f", "finance")}
	m.read(t)
	m.bind(t)
	a := m.allocate(t, "PRIORITY_ADJUSTMENT")
	lines := m.lines(t, a)

	t.Run("patrol, detectives and the court lose at most 20 %", func(t *testing.T) {
		found := 0
		for _, l := range lines {
			title, _ := l["displayName"].(string)
			if !strings.Contains(title, "PATROL") && !strings.Contains(title, "DETECTIVE") && !strings.Contains(title, "MUNICIPAL COURT") {
				continue
			}
			found++
			base, fixed, allocated := cents(t, l["base"]), cents(t, l["fixed"]), cents(t, l["allocated"])
			if lost := base - allocated; lost*5 > base-fixed || base == fixed {
				t.Errorf("%s loses %d of %d", title, lost, base-fixed)
			}
		}
		if found < 3 {
			t.Errorf("%d such programs, want at least 3", found)
		}
	})

	t.Run("what does not compete stays whole", func(t *testing.T) {
		whole := map[string]int{} // programs by a treatment that stays whole
		for program, r := range m.requests {
			var fixed, other int64
			for _, line := range r["costLines"].([]any) {
				l := line.(map[string]any)
				if l["treatment"] == "TREATMENT_COMPETES" {
					other += cents(t, l["amount"])
					continue
				}
				whole[l["treatment"].(string)]++
				fixed += cents(t, l["amount"])
			}
			l := lines[program]
			if got := cents(t, l["fixed"]); got < fixed {
				t.Errorf("%s keeps %d of the %d that does not compete", program, got, fixed)
			}
			if other == 0 && cents(t, l["allocated"]) != cents(t, l["base"]) {
				t.Errorf("%s gets %v of %v and nothing of it competes", program, l["allocated"], l["base"])
			}
		}
		for _, treatment := range []string{"MUST_PAY", "GRANT", "CAPITAL_PROJECT", "INTERFUND"} {
			if whole["TREATMENT_"+treatment] == 0 {
				t.Errorf("no line is %s", treatment)
			}
		}
	})

	t.Run("an unanswered questionnaire counts as the median, and is flagged", func(t *testing.T) {
		told := false
		for program, r := range m.requests {
			attributes, _ := r["attributes"].(map[string]any)
			unanswered := len(attributes) == 0
			if l := lines[program]; unanswered && competes(r) && l["flagged"] != true {
				t.Errorf("%s answered nothing and is not flagged", program)
			}
			if !unanswered || !competes(r) || told {
				continue
			}
			told = true
			for _, part := range m.explain(t, a, program).list("score") {
				source, _ := part["source"].(string)
				reason, _ := part["reason"].(string)
				if strings.HasPrefix(source, "attributes/") && (!strings.Contains(reason, "median") || part["value"] != nil) {
					t.Errorf("%s: %v", program, part)
				}
			}
		}
		if !told {
			t.Error("every program answered something")
		}
	})

	t.Run("three programs, in words", func(t *testing.T) {
		for _, want := range []struct {
			program, reason string
			says            []string
		}{
			{m.mandated, "FLOOR", []string{"protected by an attested mandate (Montana Code Annotated", "competing base", "must-pay"}},
			{m.capped, "CAP", []string{"cap"}},
			{m.cut, "RATE", []string{"can move", "share a cut at one rate", "multiplier", "rounded"}},
		} {
			e := m.explain(t, a, want.program)
			line := e.json["line"].(map[string]any)
			if line["reasonCode"] != want.reason {
				t.Errorf("%v: %v, want %s", line["displayName"], line["reasonCode"], want.reason)
			}
			var steps []string
			for _, s := range e.json["steps"].([]any) {
				steps = append(steps, s.(string))
			}
			text := strings.Join(steps, "\n")
			for _, words := range want.says {
				if !strings.Contains(text, words) && (words != "must-pay" || cents(t, line["fixed"]) != 0) {
					t.Errorf("%v: %q is missing in\n%s", line["displayName"], words, text)
				}
			}
		}
	})

	t.Run("the baselines, in money and in priority value", func(t *testing.T) {
		spent := cents(t, a.json["totalAllocated"])
		for _, baseline := range []string{"CUT_LINE", "ACROSS_THE_BOARD"} {
			b := m.allocate(t, baseline)
			if got := cents(t, b.json["totalAllocated"]); got > spent || b.at("certificate", "valid") != "true" {
				t.Errorf("%s spends %d, the adjustment %d: %s", baseline, got, spent, b.at("outcome"))
			}
			r := c.ok(t, http.MethodGet, "/v1/"+a.at("name")+":compare?baseline=BASELINE_"+baseline, m.finance, nil)
			if ours, theirs := cents(t, r.json["priorityValue"]), cents(t, r.json["otherPriorityValue"]); ours != cents(t, a.json["priorityValue"]) ||
				theirs != cents(t, b.json["priorityValue"]) {
				t.Errorf("%s: compared %d and %d, allocated %v and %v", baseline, ours, theirs, a.json["priorityValue"], b.json["priorityValue"])
			}
			if baseline == "ACROSS_THE_BOARD" && cents(t, r.json["priorityValue"]) <= cents(t, r.json["otherPriorityValue"]) {
				t.Errorf("following priorities is worth no more than an equal cut: %v and %v", r.json["priorityValue"], r.json["otherPriorityValue"])
			}
			if len(r.list("rows")) == 0 || len(r.json["summary"].([]any)) == 0 {
				t.Errorf("%s: nothing differs: %s", baseline, r.body)
			}
		}
	})
}

type missoulaTest struct {
	*city
	finance               string
	requests              map[string]map[string]any // by program
	mandated, capped, cut string                    // programs
}

func competes(request map[string]any) bool {
	for _, line := range request["costLines"].([]any) {
		if l := line.(map[string]any); l["treatment"] == "TREATMENT_COMPETES" && strings.HasSuffix(l["fund"].(string), "/funds/f-1000") {
			return true
		}
	}
	return false
}

func (m *missoulaTest) read(t *testing.T) {
	t.Helper()
	m.requests = map[string]map[string]any{}
	for page := ""; ; {
		a := m.ok(t, http.MethodGet, "/v1/"+missoula+"/budgets/fy2016/fundingRequests?pageSize=1000&pageToken="+url.QueryEscape(page), m.finance, nil)
		for _, r := range a.list("fundingRequests") {
			m.requests[r["program"].(string)] = r
		}
		if page = a.at("nextPageToken"); page == "" {
			return
		}
	}
}

// bind gives the dearest mandated program of the General Fund a floor at its base, and the dearest other one a cap at half of its base.
func (m *missoulaTest) bind(t *testing.T) {
	t.Helper()
	bases := map[string]int64{} // programs all of whose cost competes in the General Fund
	for program, r := range m.requests {
		for _, line := range r["costLines"].([]any) {
			l := line.(map[string]any)
			if l["treatment"] != "TREATMENT_COMPETES" || !strings.HasSuffix(l["fund"].(string), "/funds/f-1000") {
				bases[program] = -1 << 60
			}
			bases[program] += cents(t, l["amount"])
		}
	}
	programs := slices.SortedFunc(maps.Keys(bases), func(x, y string) int {
		return cmp.Or(cmp.Compare(bases[y], bases[x]), cmp.Compare(x, y))
	})
	for _, program := range programs {
		_, mandated := m.requests[program]["mandate"].(map[string]any)
		switch {
		case mandated && m.mandated == "":
			m.mandated = program
		case !mandated && m.capped == "":
			m.capped = program
		case !mandated && m.cut == "":
			m.cut = program
		}
	}
	m.patch(t, m.mandated, "mandate", map[string]any{"mandate": map[string]any{
		"source": "Montana Code Annotated", "citation": "as the program's own answer says", "minimumAmount": dollars(bases[m.mandated] / 100),
	}})
	m.patch(t, m.capped, "cap", map[string]any{"cap": dollars(bases[m.capped] / 200)})
	m.ok(t, http.MethodPost, "/v1/"+missoula+"/budgets/fy2016/fundingRequests:attest", m.finance, map[string]any{
		"names": []any{m.requests[m.mandated]["name"]}, "aspects": []any{"REQUEST_ASPECT_MANDATE"}, "evidence": "city attorney's opinion",
	})
}

func dollars(units int64) map[string]any {
	return map[string]any{"currencyCode": "USD", "units": units}
}

func (m *missoulaTest) patch(t *testing.T, program, field string, body map[string]any) {
	t.Helper()
	name := m.requests[program]["name"].(string)
	m.ok(t, http.MethodPatch, "/v1/"+name+"?updateMask="+field, m.finance, body)
}

func (m *missoulaTest) allocate(t *testing.T, method string) answer {
	t.Helper()
	weights := make([]any, 0, 4)
	for i, attribute := range []string{"mandate", "reliance", "cost_recovery", "demand_change"} {
		weights = append(weights, map[string]any{"attribute": attribute, "weightPpm": []int{400_000, 400_000, 100_000, 100_000}[i]})
	}
	a := m.ok(t, http.MethodPost, "/v1/"+missoula+"/budgets/fy2016/allocations", m.finance, map[string]any{
		"displayName": method, "method": "ALLOCATION_METHOD_" + method, "parameters": map[string]any{
			"attributeWeights": weights, "envelopeScales": []any{map[string]any{"fund": missoula + "/funds/f-1000", "sharePpm": 950_000}},
		},
	}, "Idempotency-Key", method)
	if a.at("outcome") != "ALLOCATION_OUTCOME_OPTIMAL" {
		t.Fatalf("%s: %s", method, a.body)
	}
	return a
}

func (m *missoulaTest) lines(t *testing.T, a answer) map[string]map[string]any {
	t.Helper()
	all := map[string]map[string]any{}
	for _, l := range m.city.lines(t, m.finance, a.at("name")) {
		all[l["program"].(string)] = l
	}
	return all
}

func (m *missoulaTest) explain(t *testing.T, a answer, program string) answer {
	t.Helper()
	return m.ok(t, http.MethodGet, "/v1/"+a.at("name")+":explain?program="+url.QueryEscape(program), m.finance, nil)
}
