package performance_test

import (
	"encoding/csv"
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

// TestHartDistrictCouncil publishes a real council's quarter and compares with the traffic lights that its officers gave:
// green is met; amber and red are missed. They agree except where officers judged by something else than the target.
func TestHartDistrictCouncil(t *testing.T) {
	f := start(t)
	ctx := f.as(t)
	lights := map[string]performancev1.ResultStatus{
		"lg": performancev1.ResultStatus_RESULT_STATUS_MET,
		"la": performancev1.ResultStatus_RESULT_STATUS_MISSED, "lr": performancev1.ResultStatus_RESULT_STATUS_MISSED,
	}
	official := map[string]performancev1.ResultStatus{}
	var values rows
	for _, kpi := range sharedCSV(t, "hart_dc_kpi", "hart_council_kpis_2014q2.csv") {
		light, judged := lights[kpi["status_code"]]
		value, err := strconv.ParseFloat(kpi["this_quarter"], 64)
		must(t, err)
		target, err := strconv.ParseFloat(kpi["target"], 64)
		must(t, err)
		if !judged { // data only
			continue
		}
		m := &performancev1.Measure{
			DisplayName: kpi["measure"], Unit: "as stated", Kind: performancev1.MeasureKind_MEASURE_KIND_OUTPUT,
			Direction: performancev1.Direction_DIRECTION_INCREASE, Frequency: performancev1.Frequency_FREQUENCY_QUARTERLY,
			Targets: []*performancev1.Target{{StartDate: day(2014, 4, 1), EndDate: day(2015, 3, 31), Value: target}},
			Links: []*performancev1.MeasureLink{{
				Subject: parent + "/programs/" + kpi["code"], Contribution: performancev1.Contribution_CONTRIBUTION_CONTRIBUTES,
			}},
		}
		if slices.Contains(lowerIsBetter, kpi["code"]) {
			m.Direction = performancev1.Direction_DIRECTION_DECREASE
		}
		name := f.measure(t, strings.ToLower(kpi["code"]), m)
		values = append(values, &performancev1.ObservationRow{Measure: name, PeriodStart: day(2014, 7, 1), Value: new(value)})
		official[parent+"/programs/"+kpi["code"]] = light
	}
	r, err := f.record(ctx, values)
	must(t, err)
	wantCounts(t, r, int64(len(values)), 0, 0, 0)
	rev, err := f.client.PublishResults(ctx, &performancev1.PublishResultsRequest{Parent: parent})
	must(t, err)
	var differ []string
	for _, s := range rev.GetSignals() {
		if s.GetStatus() != official[s.GetSubject()] {
			differ = append(differ, strings.TrimPrefix(s.GetSubject(), parent+"/programs/"))
		}
	}
	want := []string{
		"ETS01", "IT06", "PS05", // 0 stands for a value that was not known yet
		"FI06", // amber for falling, though it meets its target
		"HR11", // red, though below its limit
		"HS16", // green for the homes expected over the year
	}
	slices.Sort(want)
	if len(rev.GetSignals()) != len(values) || !slices.Equal(differ, want) {
		t.Errorf("%d of %d signals differ: %v, want %v", len(differ), len(rev.GetSignals()), differ, want)
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
