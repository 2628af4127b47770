package throughline_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
)

// spring is a day of 2027.
func spring(month, day int) map[string]any {
	return map[string]any{"year": 2027, "month": month, "day": day}
}

// A department plans two steps of which one waits for the other. The first ends late: the second is expected later, the goal has come further, and
// the calendar that staff have subscribed to shows both.
func TestLateWorkMovesTheTimelineAndTheGoal(t *testing.T) {
	c := start(t, t.TempDir())
	c.load(t)
	department := c.as(t, "department")
	strategy := "/v1/" + riverbend + "/strategies/answer-in-time"
	steps := riverbend + "/strategies/answer-in-time/objectives/answer-911/milestones/"
	goal := "/v1/" + riverbend + "/plans/strategic-plan-2027/goals/safe-neighborhoods"

	hire := map[string]any{"displayName": "Hire six call takers", "plannedStartDate": spring(3, 1), "plannedEndDate": spring(3, 31), "weight": 3}
	train := map[string]any{
		"displayName": "Train them", "plannedStartDate": spring(4, 1), "plannedEndDate": spring(4, 30), "dependsOn": []string{steps + "hire"},
	}
	hire["name"], train["name"] = steps+"hire", steps+"train"
	written := c.ok(t, http.MethodPost, "/v1/"+riverbend+"/milestones:batchUpsert", department, map[string]any{"milestones": []any{train, hire}})
	if written.at("created") != "2" {
		t.Fatalf("written %s", written.body)
	}
	const today = "?today.year=2027&today.month=3&today.day=1"
	before := c.ok(t, http.MethodGet, strategy+":timeline"+today, department, nil)
	if before.at("expectedEndDate", "month") != "4" || before.at("expectedEndDate", "day") != "30" || before.at("late") != "0" || before.at("progressPpm") != "0" ||
		before.at("criticalPath", 0) != steps+"hire" || before.at("criticalPath", 1) != steps+"train" {
		t.Errorf("before: %s", before.body)
	}
	if p := c.ok(t, http.MethodGet, goal+":progress", department, nil); p.at("nodes", 0, "progressPpm") != "0" {
		t.Errorf("progress before: %s", p.body)
	}
	refused := c.call(t, http.MethodPatch, "/v1/"+steps+"hire", department, map[string]any{"dependsOn": []string{steps + "train"}})
	if cycle := steps + "hire > " + steps + "train > " + steps + "hire"; refused.status != http.StatusBadRequest || !strings.Contains(refused.at("violations", 0, "detail"), cycle) {
		t.Errorf("a cycle: %d %s", refused.status, refused.body)
	}

	done := c.ok(t, http.MethodPatch, "/v1/"+steps+"hire", department, map[string]any{
		"actualStartDate": spring(3, 1), "actualEndDate": spring(4, 12), "percent": 100,
	})
	if done.at("etag") != "2" {
		t.Errorf("done: %s", done.body)
	}
	after := c.ok(t, http.MethodGet, strategy+":timeline"+today, department, nil)
	if after.at("expectedEndDate", "month") != "5" || after.at("expectedEndDate", "day") != "12" || after.at("late") != "2" || after.at("done") != "1" ||
		after.at("entries", 1, "milestone") != steps+"train" || after.at("entries", 1, "latenessDays") != "12" || after.at("progressPpm") != "750000" {
		t.Errorf("after: %s", after.body)
	}
	// Of the strategy's three objectives one has milestones, so a third of its weight is known.
	p := c.ok(t, http.MethodGet, goal+":progress", department, nil)
	if p.at("nodes", 0, "progressPpm") != "750000" || p.at("nodes", 0, "parent") != "" || p.at("nodes", 1, "name") != riverbend+"/strategies/answer-in-time" || p.at("nodes", 1, "knownPpm") != "333333" {
		t.Errorf("progress after: %s", p.body)
	}
	if s := c.ok(t, http.MethodGet, strategy, department, nil); s.at("progressPpm") != "750000" {
		t.Errorf("strategy %s", s.body)
	}

	for path, file := range map[string]string{strategy: "answer-in-time.ics", "/v1/" + riverbend + "/plans/strategic-plan-2027": "strategic-plan-2027.ics"} {
		calendar := c.ok(t, http.MethodGet, path+":calendar"+today, department, nil)
		if calendar.header.Get("Content-Type") != "text/calendar; charset=utf-8" || calendar.header.Get("Content-Disposition") != "attachment; filename="+file {
			t.Errorf("%s: %v", path, calendar.header)
		}
		for _, line := range []string{"BEGIN:VCALENDAR\r\n", "DTSTART;VALUE=DATE:20270413\r\n", "DTEND;VALUE=DATE:20270513\r\n", "SUMMARY:Hire six call takers\r\n", "END:VCALENDAR\r\n"} {
			if !bytes.Contains(calendar.body, []byte(line)) {
				t.Errorf("%s lacks %q: %s", path, line, calendar.body)
			}
		}
	}
	if plan := c.ok(t, http.MethodGet, "/v1/"+riverbend+"/plans/strategic-plan-2027:timeline"+today, department, nil); plan.at("milestones") != "2" {
		t.Errorf("plan: %s", plan.body)
	}
	if all := c.ok(t, http.MethodGet, "/v1/"+riverbend+"/strategies/-/objectives/-/milestones?filter="+"percent%20%3C%20100", department, nil); len(all.list("milestones")) != 1 {
		t.Errorf("unfinished: %s", all.body)
	}
}
