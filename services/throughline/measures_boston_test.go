package throughline_test

import (
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	performancev1 "github.com/throughline/throughline/proto/gen/throughline/performance/v1"
	"github.com/throughline/throughline/services/throughline/internal/client"
	"github.com/throughline/throughline/services/throughline/internal/importer"
	"github.com/throughline/throughline/services/throughline/internal/tabular"
)

var figure = regexp.MustCompile(`^(-?)([\d,]*\.?\d+)(M?)`)

// figureOf reads a figure of Boston's budget book, without the suite's rules: a number, then anything.
func figureOf(t *testing.T, text string) (float64, bool) {
	t.Helper()
	m := figure.FindStringSubmatch(text)
	if m == nil {
		if text != "" && !strings.HasPrefix(text, "N/A") {
			t.Fatalf("%q is no figure", text)
		}
		return 0, false
	}
	exponent := ""
	if m[3] == "M" {
		exponent = "e6"
	}
	return number(t, m[1]+strings.ReplaceAll(m[2], ",", "")+exponent), true
}

// edition is what one edition of the budget book says, by measure and then fiscal year.
type edition struct{ actual, target map[string]map[string]float64 }

func editionOf(t *testing.T, rows []map[string]string, version string) (e edition, notKnown int) {
	t.Helper()
	e = edition{map[string]map[string]float64{}, map[string]map[string]float64{}}
	for _, r := range rows {
		if r["version"] != version {
			continue
		}
		id := tabular.ResourceID("m", r["department"]+" / "+r["program"]+" / "+r["measure"])
		e.actual[id], e.target[id] = map[string]float64{}, map[string]float64{}
		for _, column := range []string{"fy_minus2", "fy_minus1", "fy_0", "fy_plus1"} {
			year, kind, _ := strings.Cut(r["hdr_"+column], " ")
			v, known := figureOf(t, r[column])
			switch {
			case kind == "Actual" && known:
				e.actual[id][year] = v
			case kind == "Actual":
				notKnown++
			case known:
				e.target[id][year] = v
			}
		}
	}
	return e, notKnown
}

// changes counts what a later edition does to an earlier one.
type changes struct{ added, changed, same int }

// over is what is known after a later edition.
func over(earlier, later map[string]map[string]float64) (all map[string]map[string]float64, c changes) {
	all = map[string]map[string]float64{}
	for id, years := range earlier {
		all[id] = maps.Clone(years)
	}
	for id, years := range later {
		if all[id] == nil {
			all[id] = map[string]float64{}
		}
		for year, v := range years {
			switch old, known := all[id][year]; {
			case !known:
				c.added++
			case old != v:
				c.changed++
			default:
				c.same++
			}
			all[id][year] = v
		}
	}
	return all, c
}

// TestBoston imports two years' adopted budgets one after the other: the second revises actuals that the first knew only early, fills in
// the actuals of the year that was still a target, and moves targets.
func TestBoston(t *testing.T) {
	file := filepath.Join(shared(t, "boston_plan_budget_kpi"), "measures.csv")
	rows := sheet(t, file)
	first, notKnown18 := editionOf(t, rows, "fy18_adopted")
	second, notKnown19 := editionOf(t, rows, "fy19_adopted")
	c := start(t, t.TempDir())
	c.found(t, "boston")

	accepted := 0
	for _, years := range first.actual {
		accepted += len(years)
	}
	r := c.importMeasures(t, parseMeasures(t, measureMapping(t, "boston-fy18"), file))
	if want := (importer.Recorded{Accepted: accepted, Missing: notKnown18}); r.Values != want || r.Measures.Created != len(first.actual) {
		t.Errorf("fiscal year 2018: %+v, want %+v of %d measures", r, want, len(first.actual))
	}
	actual, news := over(first.actual, second.actual)
	r = c.importMeasures(t, parseMeasures(t, measureMapping(t, "boston-fy19"), file))
	if want := (importer.Recorded{Accepted: news.added, Revised: news.changed, Duplicate: news.same, Missing: notKnown19}); r.Values != want {
		t.Errorf("fiscal year 2019: %+v, want %+v", r.Values, want)
	}
	if r.Values != (importer.Recorded{Accepted: 355, Revised: 11, Duplicate: 113, Missing: 247}) || r.Measures != (importer.Counts{Created: 63, Updated: 300}) {
		t.Errorf("fiscal year 2019: %+v of %+v", r.Values, r.Measures)
	}
	target, _ := over(first.target, second.target)
	c.checkBoston(t, actual, target)
	again := c.importMeasures(t, parseMeasures(t, measureMapping(t, "boston-fy19"), file))
	if v := again.Values; v.Accepted+v.Revised != 0 || again.Measures.Created+again.Measures.Updated != 0 {
		t.Errorf("again: %+v", again)
	}
}

// checkBoston compares every measure's targets and values with the editions, and every published verdict.
func (c *city) checkBoston(t *testing.T, actual, target map[string]map[string]float64) {
	t.Helper()
	ctx := client.As(t.Context(), c.token(t, "boston", "m", "manager"))
	suite := c.client(t).Performance
	page, err := suite.ListMeasures(ctx, &performancev1.ListMeasuresRequest{Parent: "organizations/boston", PageSize: 1000})
	if err != nil || page.GetNextPageToken() != "" || len(page.GetMeasures()) != len(actual) {
		t.Fatalf("%d measures and %v, want %d", len(page.GetMeasures()), err, len(actual))
	}
	evidence, _ := c.publish(t, "boston")
	verdicts := map[performancev1.ResultStatus]int{}
	for _, m := range page.GetMeasures() {
		id := strings.TrimPrefix(m.GetName(), "organizations/boston/measures/")
		targets := map[string]float64{}
		for _, tt := range m.GetTargets() {
			if s, e := tt.GetStartDate(), tt.GetEndDate(); s.GetMonth() != 1 || s.GetDay() != 1 || e.GetYear() != s.GetYear() || e.GetMonth() != 12 || e.GetDay() != 31 {
				t.Errorf("%s: target %v is not of a year", id, tt)
			}
			targets["FY"+itoa(int(tt.GetStartDate().GetYear()%100))] = tt.GetValue()
		}
		if !maps.Equal(targets, target[id]) {
			t.Errorf("%s: targets %v, want %v", id, targets, target[id])
		}
		observations, err := suite.ListObservations(ctx, &performancev1.ListObservationsRequest{Parent: m.GetName(), PageSize: 1000})
		if err != nil {
			t.Fatal(err)
		}
		values := map[string]float64{}
		for _, o := range observations.GetObservations() {
			values["FY"+itoa(int(o.GetPeriodStart().GetYear()%100))] = o.GetValue()
		}
		if !maps.Equal(values, actual[id]) {
			t.Errorf("%s: values %v, want %v", id, values, actual[id])
		}
		want := performancev1.ResultStatus_RESULT_STATUS_UNKNOWN
		if years := slices.Sorted(maps.Keys(values)); len(years) > 0 {
			last := years[len(years)-1]
			goal, known := targets[last]
			text := ""
			if known {
				text = strconv.FormatFloat(goal, 'g', -1, 64)
			}
			want = verdict(t, m.GetDirection(), strconv.FormatFloat(values[last], 'g', -1, 64), text)
		}
		if e := evidence[id]; e.GetStatus() != want {
			t.Errorf("%s: published %v, want %v", id, e, want)
		}
		verdicts[want]++
	}
	if !maps.Equal(verdicts, map[performancev1.ResultStatus]int{
		performancev1.ResultStatus_RESULT_STATUS_MET: 212, performancev1.ResultStatus_RESULT_STATUS_MISSED: 27, performancev1.ResultStatus_RESULT_STATUS_UNKNOWN: 188,
	}) {
		t.Errorf("verdicts %v", verdicts)
	}
}

// TestHart imports a council's quarter. Its officers' traffic lights are met (green) or missed (amber, red), except where they judged by
// something else than the target; a light of data only is unknown.
func TestHart(t *testing.T) {
	file := filepath.Join(shared(t, "hart_dc_kpi"), "hart_council_kpis_2014q2.csv")
	rows := sheet(t, file)
	c := start(t, t.TempDir())
	c.found(t, "hart")
	r := c.importMeasures(t, parseMeasures(t, measureMapping(t, "hart-2014-q2"), file))
	if r.Measures.Created != len(rows) || r.Values != (importer.Recorded{Accepted: 2 * len(rows)}) {
		t.Errorf("%+v of %d rows", r, len(rows))
	}
	evidence, _ := c.publish(t, "hart")
	lights := map[string]performancev1.ResultStatus{
		"lg": performancev1.ResultStatus_RESULT_STATUS_MET,
		"la": performancev1.ResultStatus_RESULT_STATUS_MISSED, "lr": performancev1.ResultStatus_RESULT_STATUS_MISSED,
		"lu": performancev1.ResultStatus_RESULT_STATUS_UNKNOWN, "ld": performancev1.ResultStatus_RESULT_STATUS_UNKNOWN,
	}
	differ := map[string]string{}
	for _, row := range rows {
		e := evidence[tabular.ResourceID("m", row["code"])]
		if e.GetStatus() != lights[row["status_code"]] {
			differ[row["code"]] = row["status_code"] + " " + e.GetStatus().String()
		}
		if y, m := e.GetPeriodStart().GetYear(), e.GetPeriodStart().GetMonth(); y != 2014 || m != 7 || e.GetValue() != number(t, row["this_quarter"]) {
			t.Errorf("%s: published %v", row["code"], e)
		}
	}
	want := map[string]string{
		"ETS01": "lr RESULT_STATUS_MET",    // 0 stands for a figure that was not known yet
		"IT06":  "lg RESULT_STATUS_MISSED", // as ETS01
		"PS05":  "lg RESULT_STATUS_MISSED", // as ETS01
		"FI06":  "la RESULT_STATUS_MET",    // amber because it fell, though it meets its target
		"HR11":  "lr RESULT_STATUS_MET",    // red, though below its limit
		"HS16":  "lg RESULT_STATUS_MISSED", // green for what was expected by the end of the year
	}
	if !maps.Equal(differ, want) {
		t.Errorf("differ: %v, want %v", differ, want)
	}
}
