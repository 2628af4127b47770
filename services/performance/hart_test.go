package performance_test

import (
	"encoding/csv"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	performancev1 "github.com/throughline/throughline/proto/gen/throughline/performance/v1"
)

// lowerIsBetter are the indicators of Hart District Council that its table, which states no direction, counts down.
var lowerIsBetter = []string{"ETS01", "HR11", "HS01", "RB07", "RB08"}

// lights are the council's traffic lights as what is known about a target: green is met; amber and red are missed; indicators
// without a light are "data only" or not known yet.
var lights = map[string]performancev1.ResultStatus{
	"lg": performancev1.ResultStatus_RESULT_STATUS_MET,
	"la": performancev1.ResultStatus_RESULT_STATUS_MISSED, "lr": performancev1.ResultStatus_RESULT_STATUS_MISSED,
	"ld": performancev1.ResultStatus_RESULT_STATUS_UNKNOWN, "lu": performancev1.ResultStatus_RESULT_STATUS_UNKNOWN,
}

// otherLights are the indicators whose light is not what value, target and direction say, and why.
var otherLights = map[string]string{
	"ETS01": "lr, though 0 is below 40: the note says that the figures were not agreed yet, and 0 stands for them",
	"IT06":  "lg, though 0 misses 98: 0 stands for an uptime that was not known yet",
	"PS05":  "lg, though 0 misses 90: 0 stands for a value that the note gives as 100 and 98.2 for two kinds of work",
	"FI06":  "la, though 97 meets 97: officers saw it fall from 97.7",
	"HR11":  "lr, though 2.7 days are below 3.15: officers judged the year's cumulative value",
	"HS16":  "lg, though 28 homes miss 40: the note counts 24 more, which make 52 together",
}

// TestHartDistrictCouncil publishes a real council's quarter, all 45 indicators, and compares with the traffic lights that its
// officers gave. Each is reproduced, the unknown as unknown, or is known to differ, with a reason.
func TestHartDistrictCouncil(t *testing.T) {
	f := start(t)
	ctx := f.as(t)
	kpis := sharedCSV(t, "hart_dc_kpi", "hart_council_kpis_2014q2.csv")
	var values rows
	for _, kpi := range kpis {
		value, err := strconv.ParseFloat(kpi["this_quarter"], 64)
		must(t, err)
		target, err := strconv.ParseFloat(kpi["target"], 64)
		must(t, err)
		m := &performancev1.Measure{
			DisplayName: kpi["measure"], Unit: "as stated", Kind: performancev1.MeasureKind_MEASURE_KIND_OUTPUT,
			Direction: performancev1.Direction_DIRECTION_INCREASE, Frequency: performancev1.Frequency_FREQUENCY_QUARTERLY,
			Links: []*performancev1.MeasureLink{{
				Subject: parent + "/programs/" + kpi["code"], Contribution: performancev1.Contribution_CONTRIBUTION_CONTRIBUTES,
			}},
		}
		if light := kpi["status_code"]; light != "ld" && light != "lu" { // these have 0 in place of a target
			m.Targets = []*performancev1.Target{{StartDate: day(2014, 4, 1), EndDate: day(2015, 3, 31), Value: target}}
		}
		if slices.Contains(lowerIsBetter, kpi["code"]) {
			m.Direction = performancev1.Direction_DIRECTION_DECREASE
		}
		name := f.measure(t, strings.ToLower(kpi["code"]), m)
		values = append(values, &performancev1.ObservationRow{Measure: name, PeriodStart: day(2014, 7, 1), Value: new(value)})
	}
	r, err := f.record(ctx, values)
	must(t, err)
	wantCounts(t, r, 45, 0, 0, 0)
	rev, err := f.client.PublishResults(ctx, &performancev1.PublishResultsRequest{Parent: parent})
	must(t, err)
	said := map[string]*performancev1.Signal{}
	for _, s := range rev.GetSignals() {
		said[strings.TrimPrefix(s.GetSubject(), parent+"/programs/")] = s
	}
	reproduced := map[performancev1.ResultStatus]int{}
	for _, kpi := range kpis {
		code := kpi["code"]
		official, ours := lights[kpi["status_code"]], said[code].GetStatus()
		why, differs := otherLights[code]
		switch {
		case official == 0:
			t.Errorf("%s has a light %q that is none", code, kpi["status_code"])
		case official == ours && !differs:
			reproduced[ours]++
		case official != ours && differs && strings.HasPrefix(why, kpi["status_code"]+","):
		default:
			t.Errorf("%s has light %s, and %s here; known to differ: %q", code, kpi["status_code"], ours, why)
		}
		// One quarter tells nothing of the process.
		if s := said[code]; s.GetVariation() != performancev1.Variation_VARIATION_INSUFFICIENT_DATA || s.GetUsablePpm() != 0 ||
			s.GetStatusWord() != performancev1.StatusWord_STATUS_WORD_UNKNOWN || len(s.GetEvidence()) != 1 {
			t.Errorf("%s from one value: %v", code, s)
		}
	}
	want := map[performancev1.ResultStatus]int{
		performancev1.ResultStatus_RESULT_STATUS_MET: 27, performancev1.ResultStatus_RESULT_STATUS_MISSED: 8,
		performancev1.ResultStatus_RESULT_STATUS_UNKNOWN: 4,
	}
	if len(kpis) != 45 || len(rev.GetSignals()) != 45 || !maps.Equal(reproduced, want) {
		t.Errorf("of %d indicators, with %d signals, %v are reproduced, want %v and %d others", len(kpis), len(rev.GetSignals()), reproduced, want, len(otherLights))
	}
}

// sharedCSV reads a table of the shared data by its header, or skips the test where there is none.
func sharedCSV(t *testing.T, path ...string) []map[string]string {
	t.Helper()
	root := os.Getenv("THROUGHLINE_SHARED_DATA")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared", "data")
	}
	file, err := os.Open(filepath.Join(append([]string{root}, path...)...))
	if os.IsNotExist(err) {
		t.Skipf("no shared data (%v); set THROUGHLINE_SHARED_DATA to its folder", err)
	}
	must(t, err)
	defer file.Close()
	all, err := csv.NewReader(file).ReadAll()
	must(t, err)
	var table []map[string]string
	for _, record := range all[1:] {
		entry := map[string]string{}
		for i, column := range all[0] {
			entry[column] = record[i]
		}
		table = append(table, entry)
	}
	return table
}
