package throughline_test

import (
	"cmp"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	goalsv1 "github.com/throughline/throughline/proto/gen/throughline/goals/v1"
	"github.com/throughline/throughline/services/throughline/internal/client"
	"github.com/throughline/throughline/services/throughline/internal/importer"
	"github.com/throughline/throughline/services/throughline/internal/planfile"
	"github.com/throughline/throughline/services/throughline/internal/tabular"
)

// importPlan imports a file by one of the sample mappings, twice: the second time changes nothing. It answers the goals by name.
func (c *city) importPlan(t *testing.T, mapping, file, plan string) map[string]*goalsv1.Goal {
	t.Helper()
	m, err := planfile.OpenMapping(filepath.Join(root(t), "deploy", "samples", "mappings", "plans", mapping+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := planfile.ReadFile(m, file)
	if err != nil {
		t.Fatal(err)
	}
	if len(parsed.Problems)+len(parsed.Unread) > 0 {
		t.Fatalf("problems %v, unread %v", parsed.Problems, parsed.Unread)
	}
	organization, _, _ := strings.Cut(strings.TrimPrefix(plan, "organizations/"), "/")
	ctx := client.As(t.Context(), c.token(t, organization, "import", "manager"))
	for run, want := range []importer.PlanReport{
		{Made: true, Goals: importer.Counts{Created: len(parsed.Goals)}}, {Goals: importer.Counts{Unchanged: len(parsed.Goals)}},
	} {
		got, err := importer.RunPlan(ctx, c.client(t), m, parsed, importer.PlanTarget{Plan: plan})
		if err != nil || got != want {
			t.Fatalf("run %d: %+v, %v; want %+v", run, got, err, want)
		}
	}
	goals := map[string]*goalsv1.Goal{}
	q := &goalsv1.ListGoalsRequest{Parent: plan, PageSize: 1000}
	for {
		r, err := c.client(t).Goals.ListGoals(ctx, q)
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range r.GetGoals() {
			goals[g.GetName()] = g
		}
		if q.PageToken = r.GetNextPageToken(); q.GetPageToken() == "" {
			return goals
		}
	}
}

// above are the titles from the top down to a goal, whole where they were cut.
func above(goals map[string]*goalsv1.Goal, name string) []string {
	var path []string
	for g := goals[name]; g != nil; g = goals[g.GetParentGoal()] {
		title := g.GetDisplayName()
		if text, cut := strings.CutSuffix(title, "…"); cut && strings.HasPrefix(g.GetDescription(), text) {
			title = g.GetDescription()
		}
		path = append(path, title)
	}
	slices.Reverse(path)
	return path
}

// TestAlbuquerquesPlan imports a comprehensive plan of six levels and finds every word of it again, each below what it stands below.
func TestAlbuquerquesPlan(t *testing.T) {
	file := filepath.Join(shared(t, "albuquerque_plan_budget"), "comprehensive_plan_hierarchy.json")
	c := start(t, t.TempDir())
	c.found(t, "albuquerque")
	goals := c.importPlan(t, "albuquerque-comprehensive-plan", file, "organizations/albuquerque/plans/comprehensive")
	depths := map[int]int{}
	paths := map[string]bool{} // titles from the top down
	for name := range goals {
		path := above(goals, name)
		depths[len(path)]++
		paths[strings.Join(path, "\n")] = true
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var plan struct {
		Chapters []struct {
			ChapterNumber json.Number
			ChapterTitle  string
			Goals         []struct {
				GoalNumber, GoalDescription string
				GoalDetails                 []struct {
					Detail   string
					Policies []struct {
						PolicyNumber, PolicyDescription string
						SubPolicies                     []subPolicy
					}
				}
			}
		}
	}
	if err := json.Unmarshal(text, &plan); err != nil {
		t.Fatal(err)
	}
	said, lost := 0, 0
	find := func(path ...string) {
		said++
		if !paths[strings.Join(path, "\n")] {
			if lost++; lost < 10 {
				t.Errorf("lost: %q", path)
			}
		}
	}
	for _, ch := range plan.Chapters {
		chapter := ch.ChapterNumber.String() + " " + ch.ChapterTitle
		find(chapter)
		for _, g := range ch.Goals {
			goal := trimmed(g.GoalNumber, g.GoalDescription)
			find(chapter, goal)
			for _, d := range g.GoalDetails {
				detail := strings.TrimSpace(d.Detail)
				find(chapter, goal, detail)
				for _, p := range d.Policies {
					policy := trimmed(p.PolicyNumber, p.PolicyDescription)
					find(chapter, goal, detail, policy)
					for i, s := range p.SubPolicies {
						at := s.find(i, find, chapter, goal, detail, policy)
						for n, l := range s.SubLevels {
							find(append(slices.Clone(at), trimmed(cmp.Or(l.Roman, itoa(n+1)), l.Description))...)
						}
					}
				}
			}
		}
	}
	if said != len(goals) || lost > 0 {
		t.Errorf("%d goals are in the file and %d in the plan, by depth %v; %d are lost", said, len(goals), depths, lost)
	}
}

type subPolicy struct {
	Letter, Text, Description string
	SubLevels                 []struct{ Roman, Description string }
}

// find looks a sub-policy up and answers its path; one without words has none, and what is below it belongs to the policy.
func (s subPolicy) find(position int, find func(...string), above ...string) []string {
	switch {
	case s.Text != "":
		above = append(slices.Clone(above), trimmed(s.Letter, s.Text))
	case s.Description != "":
		above = append(slices.Clone(above), trimmed(itoa(position+1), s.Description))
	default:
		return above
	}
	find(above...)
	return above
}

func trimmed(number, text string) string {
	return strings.TrimSpace(strings.TrimSpace(number) + " " + strings.TrimSpace(text))
}

// TestBostonsChain follows measures of Boston's budget book to strategy, program, department and cabinet: the link of each of them
// leads to the goal that its strategy was imported as.
func TestBostonsChain(t *testing.T) {
	folder := shared(t, "boston_plan_budget_kpi")
	c := start(t, t.TempDir())
	c.found(t, "boston")
	plan := "organizations/boston/plans/fy19"
	goals := c.importPlan(t, "boston-fy19", filepath.Join(folder, "strategies.csv"), plan)
	parsed := parseMeasures(t, measureMapping(t, "boston-fy19"), filepath.Join(folder, "measures.csv"))
	linked := 0
	for _, m := range parsed.Measures {
		for _, l := range m.Links {
			if goal, ok := strings.CutPrefix(l.Name, "plans/fy19/goals/"); ok {
				linked++
				if path := above(goals, plan+"/goals/"+goal); len(path) != 4 {
					t.Errorf("measure %s of line %d is linked to %q", m.ID, m.Line, path)
				}
			}
		}
	}
	if linked != len(parsed.Measures) || linked == 0 {
		t.Errorf("%d of %d measures lead to a strategy", linked, len(parsed.Measures))
	}
	chains := map[string]bool{} // three are in the file twice
	for _, row := range sheet(t, filepath.Join(folder, "strategies.csv")) {
		if row["version"] != "fy19_adopted" {
			continue
		}
		want := []string{row["cabinet"], row["department"], row["program"], row["strategy"]}
		chains[strings.Join(want, "/")] = true
		if got := above(goals, plan+"/goals/"+tabular.ResourceID("g", strings.Join(want, "/"))); !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
	strategies := 0
	for name := range goals {
		if len(above(goals, name)) == 4 {
			strategies++
		}
	}
	if len(chains) != 174 || strategies != 174 {
		t.Errorf("%d strategies in the file and %d in the plan, want 174", len(chains), strategies)
	}
}
