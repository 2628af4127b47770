package throughline_test

import (
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"
)

// Ten thousand steps of an objective, and who works on it, are zoomed in to by a handful of calls, and answered in pages.
func TestZoomOverTenThousandDescendants(t *testing.T) {
	c := start(t, t.TempDir())
	c.load(t)
	manager := c.as(t, "manager")
	strategy := riverbend + "/strategies/one-work-plan"
	objective := strategy + "/objectives/actions-on-schedule"
	const steps, batch = 10_000, 1000
	for first := 0; first < steps; first += batch {
		var rows []string
		for i := first; i < first+batch; i++ {
			rows = append(rows, fmt.Sprintf(`{"name": "%s/milestones/m%05d", "displayName": "Step %d",
				"plannedStartDate": {"year": 2026, "month": 8, "day": 1}, "plannedEndDate": {"year": 2026, "month": 8, "day": 2}}`, objective, i, i))
		}
		c.ok(t, http.MethodPost, "/v1/"+riverbend+"/milestones:batchUpsert", manager, `{"milestones": [`+strings.Join(rows, ",")+`]}`)
	}
	before := c.ok(t, http.MethodGet, "/v1/"+riverbend+"/strategies/answer-in-time:zoom?direction=IN", manager, nil)
	var start, end runtime.MemStats
	runtime.ReadMemStats(&start)
	a := c.ok(t, http.MethodGet, "/v1/"+strategy+":zoom?direction=IN&pageSize=1000", manager, nil)
	runtime.ReadMemStats(&end)
	total, _ := a.json["total"].(map[string]any)
	kinds, _ := total["kinds"].(map[string]any)
	if kinds["milestone"] != float64(steps) || a.at("truncated") != "false" || len(a.list("nodes")) != 1000 || a.at("nextPageToken") == "" || before.at("truncated") != "false" {
		t.Errorf("total %v", total)
	}
	if spent := (end.TotalAlloc - start.TotalAlloc) >> 20; spent > 200 {
		t.Errorf("%d MiB allocated by the whole suite", spent)
	}
	out := c.ok(t, http.MethodGet, "/v1/"+objective+"/milestones/m09999:zoom", manager, nil)
	if story := texts(out, "story"); len(story) != 6 || !strings.HasPrefix(story[0], `Milestone "Step 9999" is part of objective`) {
		t.Errorf("story %q", story)
	}
}
