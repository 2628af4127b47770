package throughline_test

import (
	"encoding/csv"
	"errors"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	performancev1 "github.com/throughline/throughline/proto/gen/throughline/performance/v1"
	"github.com/throughline/throughline/services/throughline/internal/client"
	"github.com/throughline/throughline/services/throughline/internal/importer"
	"github.com/throughline/throughline/services/throughline/internal/measurefile"
	"github.com/throughline/throughline/services/throughline/internal/tabular"
)

// sheet is a CSV file as it stands, read here without the mapping's reader.
func sheet(t *testing.T, file string) []map[string]string {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	r := csv.NewReader(f)
	header, err := r.Read()
	if err != nil {
		t.Fatal(err)
	}
	var rows []map[string]string
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			return rows
		}
		if err != nil {
			t.Fatal(err)
		}
		row := map[string]string{}
		for i, c := range cells {
			row[header[i]] = c
		}
		rows = append(rows, row)
	}
}

// measureMapping is one of the sample mappings.
func measureMapping(t *testing.T, name string) measurefile.Mapping {
	t.Helper()
	m, err := measurefile.OpenMapping(filepath.Join(root(t), "deploy", "samples", "mappings", "measures", name+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func parseMeasures(t *testing.T, m measurefile.Mapping, file string) *measurefile.Parsed {
	t.Helper()
	parsed, err := measurefile.ReadFile(t.Context(), m, file, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range parsed.RowErrors {
		t.Errorf("%s:%d: %s %q: %s", parsed.File, e.Line, e.Column, e.Value, e.Remedy)
	}
	return parsed
}

// importMeasures imports a parsed file into its mapping's organization.
func (c *city) importMeasures(t *testing.T, parsed *measurefile.Parsed) importer.MeasuresReport {
	t.Helper()
	organization := parsed.Mapping.Organization
	ctx := client.As(t.Context(), c.token(t, organization, "import", "manager"))
	report, err := importer.RunMeasures(ctx, c.client(t), parsed, importer.MeasuresTarget{Organization: "organizations/" + organization})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range report.Errors {
		t.Errorf("%s:%d: %s %q: %s", parsed.File, e.Line, e.Column, e.Value, e.Remedy)
	}
	return report
}

func (c *city) found(t *testing.T, organization string) {
	t.Helper()
	c.ok(t, http.MethodPost, "/v1/organizations?organizationId="+organization, c.as(t, "operator"), map[string]any{
		"displayName": organization, "currencyCode": "USD",
	})
}

// publish publishes results and answers the evidence by measure id.
func (c *city) publish(t *testing.T, organization string) (map[string]*performancev1.Evidence, *performancev1.ResultsRevision) {
	t.Helper()
	ctx := client.As(t.Context(), c.token(t, organization, "m", "manager"))
	revision, err := c.client(t).Performance.PublishResults(ctx, &performancev1.PublishResultsRequest{Parent: "organizations/" + organization})
	if err != nil {
		t.Fatal(err)
	}
	evidence := map[string]*performancev1.Evidence{}
	for _, s := range revision.GetSignals() {
		for _, e := range s.GetEvidence() {
			evidence[strings.TrimPrefix(e.GetMeasure(), "organizations/"+organization+"/measures/")] = e
		}
	}
	return evidence, revision
}

func number(t *testing.T, text string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// verdict is MET, MISSED or UNKNOWN as the file's own numbers say.
func verdict(t *testing.T, direction performancev1.Direction, result, goal string) performancev1.ResultStatus {
	t.Helper()
	if result == "" || goal == "" {
		return performancev1.ResultStatus_RESULT_STATUS_UNKNOWN
	}
	r, g := number(t, result), number(t, goal)
	if r == g || r > g == (direction == performancev1.Direction_DIRECTION_INCREASE) {
		return performancev1.ResultStatus_RESULT_STATUS_MET
	}
	return performancev1.ResultStatus_RESULT_STATUS_MISSED
}

// downInAustin are the measures of which less is better, by what they count.
var downInAustin = []string{
	"7022", "6501", "7225", "7226", "2353", // days
	"1400", "6691", // seconds and minutes
	"7986", "1067", "1556", "8148", "2848", // injuries and deaths
	"7003", "2815", "2816", // crime
	"3861", "3862", "8128", "7066", // water
	"7412", "7602", "7438", "8038", "3339", "8415", // power, costs, trash, animals taken in
}

// TestAustin lets a city's six years pass: each year's results are imported and published, and every published verdict is compared with
// the file's own numbers.
func TestAustin(t *testing.T) {
	file := filepath.Join(shared(t, "austin_kpi"), "austin_key_indicators_2010-2015.csv")
	rows, mapping := sheet(t, file), measureMapping(t, "austin-key-indicators")
	var clock calendar
	clock.set(2010)
	c := startAt(t, t.TempDir(), clock.now)
	c.found(t, "austin")
	met, missed, unknown := 0, 0, 0
	for year := 2010; year <= 2015; year++ {
		clock.set(year + 1)
		parsed := parseMeasures(t, until(mapping, year), file)
		report := c.importMeasures(t, parsed)
		ofYear := 0
		for _, r := range rows {
			if r["Fiscal Year"] == itoa(year) {
				ofYear++
			}
		}
		if v := report.Values; v.Accepted != ofYear || v.Duplicate != v.Total()-ofYear || v.Total() != parsed.Totals.Values {
			t.Fatalf("%d has %d results; imported %+v", year, ofYear, v)
		}
		evidence, _ := c.publish(t, "austin")
		for _, r := range rows {
			if r["Fiscal Year"] != itoa(year) {
				continue
			}
			e := evidence["m-"+r["Measure ID"]]
			direction := performancev1.Direction_DIRECTION_INCREASE
			if slices.Contains(downInAustin, r["Measure ID"]) {
				direction = performancev1.Direction_DIRECTION_DECREASE
			}
			want := verdict(t, direction, r["Result"], r["Goal"])
			switch want {
			case performancev1.ResultStatus_RESULT_STATUS_MET:
				met++
			case performancev1.ResultStatus_RESULT_STATUS_MISSED:
				missed++
			default:
				unknown++
			}
			if e.GetDirection() != direction || e.GetStatus() != want || e.GetValue() != number(t, r["Result"]) || e.GetPeriodStart().GetYear() != int32(year) {
				t.Errorf("%d, %s: want %v %v; published %v", year, r["Measure Name"], direction, want, e)
			}
		}
	}
	if met != 414 || missed != 267 || unknown != 49 {
		t.Errorf("%d met, %d missed, %d without a goal", met, missed, unknown)
	}
	t.Run("no series has twelve points", func(t *testing.T) {
		evidence, revision := c.publish(t, "austin")
		provisional, usable, short := 0, 0, 0
		for id, e := range evidence {
			if e.GetProvisional() && e.GetPoints() <= 6 {
				provisional++
			}
			if e.GetUsable() {
				usable++
			} else if e.GetPoints() < 3 && e.GetVariation() == performancev1.Variation_VARIATION_INSUFFICIENT_DATA {
				short++
			}
			if want := yearOverYear(t, rows, strings.TrimPrefix(id, "m-"), e.GetDirection()); e.GetUsable() && e.GetVariation() != want {
				t.Errorf("%s: %v, want %v", id, e.GetVariation(), want)
			}
		}
		if len(evidence) != 135 || provisional != 135 || usable != 128 || short != 7 || len(revision.GetSignals()) != 22 {
			t.Errorf("%d measures of %d departments: %d provisional, %d usable, %d too short", len(evidence), len(revision.GetSignals()), provisional, usable, short)
		}
	})
	t.Run("the whole file again changes nothing", func(t *testing.T) {
		r := c.importMeasures(t, parseMeasures(t, mapping, file))
		if r.Measures != (importer.Counts{Unchanged: 135}) || r.Values != (importer.Recorded{Duplicate: 730}) {
			t.Errorf("%+v", r)
		}
	})
	t.Run("flags of the file that are no verdicts", func(t *testing.T) { austinFlags(t, rows) })
}

// yearOverYear is the variation of a short yearly series: its last value against that of the year before.
func yearOverYear(t *testing.T, rows []map[string]string, id string, direction performancev1.Direction) performancev1.Variation {
	t.Helper()
	byYear := map[string]float64{}
	last := ""
	for _, r := range rows {
		if r["Measure ID"] == id {
			byYear[r["Fiscal Year"]] = number(t, r["Result"])
			last = max(last, r["Fiscal Year"])
		}
	}
	before, known := byYear[itoa(int(number(t, last))-1)]
	switch better := byYear[last] > before == (direction == performancev1.Direction_DIRECTION_INCREASE); {
	case !known || byYear[last] == before:
		return performancev1.Variation_VARIATION_COMMON_CAUSE
	case better:
		return performancev1.Variation_VARIATION_IMPROVING
	default:
		return performancev1.Variation_VARIATION_CONCERNING
	}
}

// austinFlags shows why "Supports Goal" and "Dashboard Indicator" are not compared with verdicts: results that equal their goal are met
// whichever way is better, and most of them have "No" under both. They say what a measure is kept for.
func austinFlags(t *testing.T, rows []map[string]string) {
	t.Helper()
	onGoal, no, disagree := 0, map[string]int{}, map[string]int{}
	for _, r := range rows {
		if r["Goal"] == "" {
			continue
		}
		direction := performancev1.Direction_DIRECTION_INCREASE
		if slices.Contains(downInAustin, r["Measure ID"]) {
			direction = performancev1.Direction_DIRECTION_DECREASE
		}
		met := verdict(t, direction, r["Result"], r["Goal"]) == performancev1.ResultStatus_RESULT_STATUS_MET
		equal := number(t, r["Result"]) == number(t, r["Goal"])
		if equal {
			onGoal++
		}
		for _, flag := range []string{"Supports Goal", "Dashboard Indicator"} {
			if equal && r[flag] == "No" {
				no[flag]++
			}
			if met != (r[flag] == "Yes") {
				disagree[flag]++
			}
		}
	}
	want := map[string]int{"Supports Goal": 62, "Dashboard Indicator": 42}
	if onGoal != 75 || !maps.Equal(no, want) || !maps.Equal(disagree, map[string]int{"Supports Goal": 397, "Dashboard Indicator": 376}) {
		t.Errorf("%d results equal their goal, of which %v have No; %v disagree with our verdicts", onGoal, no, disagree)
	}
}

// calendar is a clock that a test turns forward.
type calendar struct{ nanos atomic.Int64 }

func (c *calendar) set(year int) {
	c.nanos.Store(time.Date(year, time.January, 15, 12, 0, 0, 0, time.UTC).UnixNano())
}

// now never answers the same moment twice, as a clock does.
func (c *calendar) now() time.Time { return time.Unix(0, c.nanos.Add(int64(time.Microsecond))).UTC() }

// until leaves out the rows of later years.
func until(m measurefile.Mapping, year int) measurefile.Mapping {
	if year < 2015 {
		later := tabular.SkipRule{Name: "later"}
		later.When = tabular.Columns{"Fiscal Year": {}}
		for y := year + 1; y <= 2015; y++ {
			later.When["Fiscal Year"] = append(later.When["Fiscal Year"], itoa(y))
		}
		m.Skip = append(slices.Clone(m.Skip), later)
	}
	return m
}
