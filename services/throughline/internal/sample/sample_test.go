package sample

import (
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
	performancev1 "github.com/throughline/throughline/proto/gen/throughline/performance/v1"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/rpc"
	"github.com/throughline/throughline/services/throughline/internal/budgetfile"
)

// riverbend is the folder of the sample city.
const riverbend = "../../../../deploy/samples/riverbend"

const (
	organizationName = "organizations/riverbend"
	planName         = organizationName + "/plans/strategic-plan-2027"
	budgetName       = organizationName + "/budgets/fy2027"
)

func city(t *testing.T) City {
	t.Helper()
	c, err := readCity(riverbend)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func budget(t *testing.T) *budgetfile.Parsed {
	t.Helper()
	dir := filepath.Join(riverbend, "budget")
	p, err := budgetfile.ReadDir(t.Context(), filepath.Join(dir, "mapping.yaml"), dir)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// rows reads a CSV file of the sample.
func rows(t *testing.T, name string) []map[string]string {
	t.Helper()
	var out []map[string]string
	err := readCSV(filepath.Join(riverbend, name), func(row map[string]string) error {
		out = append(out, row)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestNames(t *testing.T) {
	c := city(t)
	for what, pair := range map[string][2]string{
		"organization": {c.Organization.GetName(), organizationName},
		"plan":         {c.Plan.GetName(), planName},
		"allocation":   {c.Allocation.GetName(), budgetName + "/allocations/general-fund-95"},
		"parent":       {parent(c.Allocation.GetName()), budgetName},
		"resolution":   {c.Adoption.GetResolutionNumber(), "2026-41"},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s is %q, want %q", what, pair[0], pair[1])
		}
	}
	if id, err := Organization(riverbend); err != nil || id != "riverbend" {
		t.Errorf("organization id is %q (%v)", id, err)
	}
}

func TestSizes(t *testing.T) {
	c, p := city(t), budget(t)
	tops := 0
	for _, g := range c.Goals {
		if g.GetParentGoal() == "" {
			tops++
		}
	}
	for what, n := range map[string][3]int{ // got, at least, at most
		"programs": {len(p.Programs), 115, 130}, "funds": {len(p.Funds), 8, 8}, "departments": {len(p.Departments), 11, 14},
		"lines": {len(p.LineItems), 600, 1000}, "top goals": {tops, 4, 4}, "sub-goals": {len(c.Goals) - tops, 8, 14},
		"ballots": {len(c.Ballots), 7, 7}, "measures": {len(c.Measures), 41, 41}, "staff": {len(rows(t, "staff.csv")), 60, 60},
		"strategies": {len(c.Strategies), 12, 12}, "objectives": {len(c.Objectives), 24, 24}, "assignments": {len(c.Work), 34, 40},
	} {
		if n[0] < n[1] || n[0] > n[2] {
			t.Errorf("%d %s, want %d to %d", n[0], what, n[1], n[2])
		}
	}
}

// TestFieldRules holds every resource against the rules beside its fields, as the services will.
func TestFieldRules(t *testing.T) {
	c := city(t)
	all := []proto.Message{c.Organization, c.Plan, c.Adoption, c.Prioritization, c.Allocation}
	for _, g := range c.Goals {
		all = append(all, g)
	}
	for _, b := range c.Ballots {
		all = append(all, b)
	}
	for _, r := range c.Requests {
		all = append(all, r)
	}
	for _, m := range c.Measures {
		all = append(all, m)
	}
	for _, s := range c.Strategies {
		all = append(all, s)
	}
	for _, o := range c.Objectives {
		all = append(all, o)
	}
	for _, a := range c.Work {
		all = append(all, a)
	}
	for _, m := range all {
		if err := rpc.Validate(m); err != nil {
			t.Errorf("%v: %v", m, err)
		}
	}
	if c.Evidence == "" {
		t.Error("nothing vouches for the requests")
	}
}

func TestBallots(t *testing.T) {
	c := city(t)
	round := c.Prioritization
	members := map[string]bool{}
	for _, m := range round.GetElectorate().GetMembers() {
		members[m.GetMember()] = true
	}
	if len(members) != 7 || round.GetElectorate().GetQuorum() != 4 || round.GetElectorate().GetMembers()[0].GetMember() != "mayor" {
		t.Errorf("council of %d with quorum %d, want the mayor and six with 4", len(members), round.GetElectorate().GetQuorum())
	}
	sums := map[string]int32{}
	for _, b := range c.Ballots {
		if !members[b.GetMember()] {
			t.Errorf("ballot of %q, who is no member or voted before", b.GetMember())
		}
		delete(members, b.GetMember())
		var spent int32
		for _, p := range b.GetPoints() {
			if !slices.Contains(round.GetGoals(), p.GetGoal()) {
				t.Errorf("%s gives points to %s, which is not ranked", b.GetMember(), p.GetGoal())
			}
			spent += p.GetPoints()
			sums[p.GetGoal()] += p.GetPoints()
		}
		if spent != round.GetPointsPerMember() {
			t.Errorf("%s spends %d points of %d", b.GetMember(), spent, round.GetPointsPerMember())
		}
	}
	if len(sums) != 4 {
		t.Errorf("points for %d goals, want all 4", len(sums))
	}
}

// TestReferences finds every name that a resource gives.
func TestReferences(t *testing.T) {
	c, p := city(t), budget(t)
	known := map[string]bool{planName: true}
	unique := func(name string) {
		if known[name] {
			t.Errorf("%s is there twice", name)
		}
		known[name] = true
	}
	refer := func(from, to string) {
		if to != "" && !known[to] {
			t.Errorf("%s names %s, which does not exist", from, to)
		}
	}
	for _, f := range p.Funds {
		unique(organizationName + "/funds/" + f.ID)
	}
	for _, f := range p.Programs {
		unique(organizationName + "/programs/" + f.ID)
	}
	for _, g := range c.Goals { // in the order in which they are created: parents first
		refer(g.GetName(), g.GetParentGoal())
		unique(g.GetName())
	}
	for _, g := range c.Prioritization.GetGoals() {
		refer("the round", g)
	}
	for _, s := range c.Allocation.GetParameters().GetEnvelopeScales() {
		refer("the allocation", s.GetFund())
	}
	for _, f := range c.Funds {
		refer("funds.yaml", f.GetName())
		for _, r := range f.GetRestriction() {
			for _, name := range r.GetPrograms() {
				refer(f.GetName(), name)
			}
		}
	}
	for _, m := range c.Measures {
		unique(m.GetName())
	}
	for _, s := range c.Strategies {
		refer(s.GetName(), s.GetGoal())
		unique(s.GetName())
	}
	for _, o := range c.Objectives {
		refer(o.GetName(), parent(o.GetName()))
		refer(o.GetName(), o.GetMeasure())
		refer(o.GetName(), o.GetRequired().GetProgram())
		unique(o.GetName())
	}
	for _, m := range c.Measures { // after objectives, which a link may name
		for _, l := range m.GetLinks() {
			refer(m.GetName(), l.GetSubject())
		}
	}
	for _, s := range rows(t, "staff.csv") { // managers first
		if s["manager_external_id"] != "" {
			refer(s["display_name"], organizationName+"/staff/e-"+s["manager_external_id"])
		}
		unique(organizationName + "/staff/e-" + s["external_id"])
	}
	for _, a := range c.Work {
		refer(a.GetName(), a.GetObjective())
		refer(a.GetName(), a.GetEmployee())
		unique(a.GetName())
	}
	for _, r := range c.Requests {
		unique(r.GetName())
		for _, f := range r.GetEligibleFunds() {
			refer(r.GetName(), f)
		}
		for _, a := range r.GetAlignments() {
			refer(r.GetName(), a.GetGoal())
			if !slices.Contains(c.Prioritization.GetGoals(), a.GetGoal()) {
				t.Errorf("%s is aligned to %s, which the council did not rank", r.GetName(), a.GetGoal())
			}
		}
	}
	for name := range known {
		if resource.Organization(name) != "riverbend" {
			t.Errorf("%s is of another organization", name)
		}
	}
}

func TestObservations(t *testing.T) {
	want := map[performancev1.Frequency]struct {
		measures, points, months int
		last                     string
	}{
		performancev1.Frequency_FREQUENCY_MONTHLY:   {22, 36, 1, "2026-06-01"},
		performancev1.Frequency_FREQUENCY_QUARTERLY: {8, 12, 3, "2026-04-01"},
		performancev1.Frequency_FREQUENCY_YEARLY:    {11, 5, 12, "2025-01-01"},
	}
	series := map[string][]string{}
	for _, r := range rows(t, "observations.csv") {
		if _, err := strconv.ParseFloat(r["value"], 64); err != nil {
			t.Errorf("%s of %s: %v", r["measure"], r["period_start"], err)
		}
		series[r["measure"]] = append(series[r["measure"]], r["period_start"])
	}
	count := map[performancev1.Frequency]int{}
	for _, m := range city(t).Measures {
		w := want[m.GetFrequency()]
		count[m.GetFrequency()]++
		days := series[last(m.GetName())]
		delete(series, last(m.GetName()))
		if last(m.GetName()) == "sidewalk-gaps" && len(days) == 0 { // nothing is known of it yet
			continue
		}
		if len(days) != w.points || days[len(days)-1] != w.last {
			t.Errorf("%s has %d points, want %d to %s", m.GetName(), len(days), w.points, w.last)
			continue
		}
		end, _ := time.Parse(time.DateOnly, w.last)
		for i, day := range days {
			if due := end.AddDate(0, -w.months*(w.points-1-i), 0).Format(time.DateOnly); day != due {
				t.Errorf("%s: point %d is of %s, want %s", m.GetName(), i, day, due)
			}
		}
		if !slices.ContainsFunc(m.GetTargets(), func(target *performancev1.Target) bool { return covers(target, end) }) {
			t.Errorf("%s has no target for %s", m.GetName(), w.last)
		}
	}
	for f, w := range want {
		if count[f] != w.measures {
			t.Errorf("%d measures are %s, want %d", count[f], f, w.measures)
		}
	}
	if len(series) > 0 {
		t.Errorf("%d series are of no measure", len(series))
	}
}

func covers(target *performancev1.Target, day time.Time) bool {
	s, e := target.GetStartDate(), target.GetEndDate()
	start := time.Date(int(s.GetYear()), time.Month(s.GetMonth()), int(s.GetDay()), 0, 0, 0, 0, time.UTC)
	end := time.Date(int(e.GetYear()), time.Month(e.GetMonth()), int(e.GetDay()), 0, 0, 0, 0, time.UTC)
	return !day.Before(start) && !day.After(end)
}

func TestStaffWorkNoMoreThanTheyCan(t *testing.T) {
	fte := map[string]int{} // parts per million
	for _, r := range rows(t, "staff.csv") {
		v, err := strconv.ParseFloat(r["fte"], 64)
		if err != nil || v <= 0 || v > 1 {
			t.Errorf("fte of %s is %q", r["display_name"], r["fte"])
		}
		fte["e-"+r["external_id"]] = int(v*1_000_000 + 0.5)
	}
	effort, led := map[string]int{}, map[string]bool{}
	for _, a := range city(t).Work {
		effort[last(a.GetEmployee())] += int(a.GetEffortPpm())
		led[a.GetObjective()] = led[a.GetObjective()] || strings.HasSuffix(a.GetRole().String(), "_LEAD")
	}
	for id, share := range effort {
		if share > fte[id] {
			t.Errorf("%s works %d ppm of a year and is employed for %d", id, share, fte[id])
		}
	}
	for objective, yes := range led {
		if !yes {
			t.Errorf("nobody leads %s", objective)
		}
	}
	if len(led) != 24 {
		t.Errorf("%d objectives have somebody, want all 24", len(led))
	}
}

func admits(f *budgetingv1.Fund, program, department, function string) bool {
	allows := func(list []string, value string) bool { return len(list) == 0 || slices.Contains(list, value) }
	return len(f.GetRestriction()) == 0 || slices.ContainsFunc(f.GetRestriction(), func(c *budgetingv1.RestrictionCondition) bool {
		return allows(c.GetDepartments(), department) && allows(c.GetFunctions(), function) && allows(c.GetPrograms(), program)
	})
}
