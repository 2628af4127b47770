package throughline_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
)

const vision = `whose vision is: "A river city where people of every age and background are safe, belong and can build a good life."`

// How does this detail connect to quality of life? Whoever holds one, whatever it is, can ask, and is answered in sentences.
func TestEveryDetailConnectsToTheVision(t *testing.T) {
	c := start(t, t.TempDir())
	c.load(t)
	resident, manager := c.as(t, "staff"), c.as(t, "manager")
	for id, of := range map[string]map[string]any{
		"dark-corner":  {"program": riverbend + "/programs/p-20020"},
		"quiet-park":   {"goals": []string{plan + "/goals/quality-of-life"}},
		"into-the-air": {},
	} {
		said := map[string]any{
			"source": "FEEDBACK_SOURCE_REQUEST", "text": "Nobody walks at the corner of 4th and Elm after dark.", "date": map[string]any{"year": 2026, "month": 7, "day": 1},
		}
		maps.Copy(said, of)
		c.ok(t, http.MethodPost, "/v1/"+riverbend+"/feedback?feedbackId="+id, manager, said)
	}
	const life = `is part of plan "Riverbend Strategic Plan 2027 to 2031".`
	for name, d := range map[string]struct {
		detail string
		story  []string // parts of the sentences
		gaps   []string
	}{
		"a request about a program": {riverbend + "/feedback/dark-corner", []string{
			`Feedback "Nobody walks at the corner of 4th and Elm after dark." is about program "Patrol Response".`,
			`Program "Patrol Response" is aligned with goal "Improved quality of life".`, life, vision,
		}, nil},
		"a request about a goal": {riverbend + "/feedback/quiet-park", []string{`is about goal "Improved quality of life".`, life, vision}, nil},
		"an observation": {riverbend + "/measures/patrol-response-time/observations/2026-06-01", []string{
			`minutes from 2026-06-01" is about measure "Police response to emergency calls".`,
			`Measure "Police response to emergency calls" counts for goal "Improved quality of life".`, life, vision,
		}, []string{`Measure "Police response to emergency calls" has no value since 2026-06-01.`}}, // the sample city's year is over

		"an assignment": {riverbend + "/assignments/a-1005-actions-on-schedule", []string{
			`Assignment "Talia Brandvold, lead" works on objective "Keep three of four actions on schedule".`,
			`is part of strategy "One work plan for the city".`, `serves goal "One purpose with schools, county and region".`,
			`is part of goal "Aligned leadership and unified community".`, life, vision,
		}, nil},
		"an employee": {riverbend + "/staff/e-1005", []string{
			`Employee "Talia Brandvold" holds assignment "Talia Brandvold, lead".`, `works on objective`, `is part of strategy`, `serves goal`, `is part of goal`, life, vision,
		}, nil},
		"a dollar": {allocation + "/lines/p-20020", []string{
			`Allocation line "Patrol Response in General Fund at 95 % of its envelope" pays for program "Patrol Response".`,
			`is aligned with goal "Improved quality of life".`, life, vision,
		}, nil},
		"what nobody deals with": {riverbend + "/feedback/into-the-air", nil, []string{
			`Feedback "Nobody walks at the corner of 4th and Elm after dark." is about no goal and no program, and nobody deals with it.`,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			a := c.ok(t, http.MethodGet, "/v1/"+d.detail+":zoom", resident, nil)
			story, gaps := texts(a, "story"), texts(a, "gaps")
			if len(story) != len(d.story) || !slices.Equal(gaps, d.gaps) {
				t.Fatalf("story %q\ngaps %q", story, gaps)
			}
			for i, part := range d.story {
				if !strings.Contains(story[i], part) {
					t.Errorf("%q does not hold %q", story[i], part)
				}
			}
			if reached := a.at("vision") != ""; reached != (d.story != nil) {
				t.Errorf("vision %q", a.at("vision"))
			}
		})
	}

	t.Run("who may not read it is told", func(t *testing.T) {
		path := "/v1/" + riverbend + "/assignments/a-1005-actions-on-schedule:zoom"
		if a := c.call(t, http.MethodGet, path, "", nil); a.status != http.StatusUnauthorized {
			t.Errorf("without a token %d %s", a.status, a.body)
		}
		if a := c.call(t, http.MethodGet, path, c.token(t, "elsewhere", "eve", "manager"), nil); a.status != http.StatusForbidden || a.at("reason") != "FOREIGN_ORGANIZATION" {
			t.Errorf("from elsewhere %d %s", a.status, a.body)
		}
		hr := c.ok(t, http.MethodGet, path, c.as(t, "hr"), nil) // reads goals and people, not money and measures
		if gaps := texts(hr, "gaps"); len(texts(hr, "story")) != 6 || !slices.Equal(gaps, []string{
			"What budgeting knows is missing here: the caller may not read it.", "What performance knows is missing here: the caller may not read it.",
		}) {
			t.Errorf("for HR: %s", hr.body)
		}
		if a := c.call(t, http.MethodGet, "/v1/"+riverbend+"/strategies/none:zoom", manager, nil); a.status != http.StatusNotFound {
			t.Errorf("what is not there: %d %s", a.status, a.body)
		}
	})

	t.Run("a missing link is a gap", func(t *testing.T) {
		c.ok(t, http.MethodPost, "/v1/"+riverbend+"/strategies?strategyId=someday", manager, map[string]any{"displayName": "Someday", "goal": plan + "/goals/safe-neighborhoods"})
		in := c.ok(t, http.MethodGet, "/v1/"+plan+"/goals/safe-neighborhoods:zoom?direction=IN", resident, nil)
		if gap := `Strategy "Someday" has no objective.`; !slices.Contains(texts(in, "gaps"), gap) {
			t.Errorf("nothing says %s in %q", gap, texts(in, "gaps"))
		}
		council := c.ok(t, http.MethodGet, "/v1/"+riverbend+"/programs/p-10010:zoom?direction=IN", resident, nil)
		if gap := `No measure counts for program "Mayor and Council".`; !slices.Contains(texts(council, "gaps"), gap) {
			t.Errorf("nothing says %s in %q", gap, texts(council, "gaps"))
		}
	})
}

func texts(a answer, key string) (out []string) {
	items, _ := a.json[key].([]any)
	for _, i := range items {
		out = append(out, fmt.Sprint(i))
	}
	return out
}

// behind is what stands behind resources as a test works it out from the lists of the services: details by what they are for.
type behind struct {
	details map[string][]string
	kind    map[string]string
	cents   map[string]int64
	effort  map[string]float64
}

func (b *behind) link(kind, detail, of string) {
	if of != "" && !slices.Contains(b.details[of], detail) {
		b.details[of] = append(b.details[of], detail)
	}
	b.kind[detail] = kind
}

// behind reads every list there is, a page of a thousand each.
func (c *city) behind(t *testing.T, token string) *behind {
	t.Helper()
	b := &behind{details: map[string][]string{}, kind: map[string]string{}, cents: map[string]int64{}, effort: map[string]float64{}}
	all := func(path, key string) []map[string]any {
		a := c.ok(t, http.MethodGet, "/v1/"+path+"?pageSize=1000", token, nil)
		if a.at("nextPageToken") != "" {
			t.Fatalf("%s is longer than a page", path)
		}
		return a.list(key)
	}
	text := func(v any) string {
		s, _ := v.(string)
		return s
	}
	for _, g := range all(plan+"/goals", "goals") {
		up := text(g["parentGoal"])
		if up == "" {
			up = plan
		}
		b.link("goal", text(g["name"]), up)
	}
	for _, f := range all(riverbend+"/feedback", "feedback") {
		goals, _ := f["goals"].([]any)
		for _, g := range goals {
			b.link("feedback", text(f["name"]), text(g))
		}
		b.link("feedback", text(f["name"]), text(f["program"]))
	}
	for _, s := range all(riverbend+"/strategies", "strategies") {
		b.link("strategy", text(s["name"]), text(s["goal"]))
		for _, o := range all(text(s["name"])+"/objectives", "objectives") {
			b.link("objective", text(o["name"]), text(s["name"]))
			b.link("measure", text(o["measure"]), text(o["name"]))
			if required, _ := o["required"].(map[string]any); required != nil {
				b.link("program", text(required["program"]), text(o["name"]))
			}
		}
	}
	for _, a := range all(riverbend+"/assignments", "assignments") {
		b.link("assignment", text(a["name"]), text(a["objective"]))
		b.link("employee", text(a["employee"]), text(a["name"]))
		b.effort[text(a["name"])], _ = a["effortPpm"].(float64)
	}
	for _, m := range all(riverbend+"/measures", "measures") {
		links, _ := m["links"].([]any)
		for _, l := range links {
			link, _ := l.(map[string]any)
			b.link("measure", text(m["name"]), text(link["subject"]))
		}
		newest := c.ok(t, http.MethodGet, "/v1/"+text(m["name"])+"/observations?pageSize=1&filter=dimension%20%3D%20%22%22&orderBy=period_start%20desc", token, nil)
		if name := newest.at("observations", 0, "name"); name != "" {
			b.link("observation", name, text(m["name"]))
		}
	}
	for _, r := range all(budget+"/fundingRequests", "fundingRequests") {
		_, id, _ := strings.Cut(text(r["name"]), "/fundingRequests/")
		program := riverbend + "/programs/" + id
		b.link("fundingRequest", text(r["name"]), program)
		alignments, _ := r["alignments"].([]any)
		for _, of := range alignments {
			level, _ := of.(map[string]any)
			score, reviewed := level["reviewedScore"].(float64)
			if !reviewed {
				score, _ = level["selfScore"].(float64)
			}
			if score > 0 {
				b.link("program", program, text(level["goal"]))
			}
		}
	}
	for _, p := range all(budget+"/fundingRequests/-/decisionPackages", "decisionPackages") {
		of, _, _ := strings.Cut(text(p["name"]), "/decisionPackages/")
		b.link("decisionPackage", text(p["name"]), of)
	}
	for _, l := range all(allocation+"/lines", "lines") {
		program := text(l["program"])
		b.link("allocationLine", allocation+"/lines/"+program[strings.LastIndexByte(program, '/')+1:], program)
		b.cents[program] = cents(t, l["allocated"])
	}
	return b
}

// A goal zooms in to its programs, dollars, people and measures, and every level's totals are what the services' own lists come to.
func TestAGoalZoomsInToAllBehindIt(t *testing.T) {
	c := start(t, t.TempDir())
	c.load(t)
	staff := c.as(t, "staff")
	b := c.behind(t, staff)
	for _, start := range []string{plan + "/goals/quality-of-life", plan + "/goals/safe-neighborhoods", riverbend + "/strategies/answer-in-time", plan} {
		t.Run(start[len(riverbend):], func(t *testing.T) {
			a := c.ok(t, http.MethodGet, "/v1/"+start+":zoom?direction=IN&pageSize=1000", staff, nil)
			levels := a.list("levels")
			seen, level := map[string]bool{start: true}, []string{start}
			var total, nodes int64
			var effort float64
			for depth := 0; len(level) > 0; depth++ {
				kinds, money, work := map[string]int{}, int64(0), float64(0)
				var next []string
				for _, name := range level {
					kinds[b.kind[name]]++
					money, work = money+b.cents[name], work+b.effort[name]
					for _, detail := range b.details[name] {
						if !seen[detail] {
							seen[detail] = true
							next = append(next, detail)
						}
					}
				}
				if depth >= len(levels) {
					t.Fatalf("no level %d, on which %v are", depth, kinds)
				}
				got := levels[depth]
				if depth > 0 && (fmt.Sprint(got["kinds"]) != fmt.Sprint(kinds) || fmt.Sprint(got["nodes"]) != itoa(len(level))) {
					t.Errorf("level %d has %v, want %v", depth, got["kinds"], kinds)
				}
				if cents(t, got["money"]) != money || got["effortPpm"] != fmt.Sprintf("%.0f", work) {
					t.Errorf("level %d carries %v and %v, want %d and %f", depth, got["money"], got["effortPpm"], money, work)
				}
				total, effort, nodes, level = total+money, effort+work, nodes+int64(len(level)), next
			}
			whole, _ := a.json["total"].(map[string]any)
			if cents(t, whole["money"]) != total || whole["effortPpm"] != fmt.Sprintf("%.0f", effort) || fmt.Sprint(whole["nodes"]) != fmt.Sprint(nodes) || total == 0 || effort == 0 {
				t.Errorf("all together %v, want %d nodes, %d and %f", whole, nodes, total, effort)
			}
			if a.at("truncated") != "false" || a.at("vision") != "" || len(texts(a, "story")) > 0 {
				t.Errorf("answer %.300s", a.body)
			}
		})
	}

	t.Run("pages add up", func(t *testing.T) {
		path := "/v1/" + plan + "/goals/quality-of-life:zoom?direction=IN"
		whole := c.ok(t, http.MethodGet, path+"&pageSize=1000", staff, nil)
		var names []string
		for next, pages := "", 0; ; pages++ {
			a := c.ok(t, http.MethodGet, path+"&pageToken="+next, staff, nil)
			for _, n := range a.list("nodes") {
				node, _ := n["node"].(map[string]any)
				names = append(names, fmt.Sprint(node["name"]))
			}
			if next = a.at("nextPageToken"); next == "" || pages > 10 {
				break
			}
		}
		all := whole.list("nodes")
		if len(names) != len(all) || len(names) < 400 || len(slices.Compact(slices.Sorted(slices.Values(names)))) != len(names) {
			t.Errorf("%d names on pages of 200, %d on one", len(names), len(all))
		}
	})
}
