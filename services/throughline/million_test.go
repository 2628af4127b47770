package throughline_test

import (
	"bufio"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	performancev1 "github.com/throughline/throughline/proto/gen/throughline/performance/v1"
	"github.com/throughline/throughline/services/platform/authn"
	"github.com/throughline/throughline/services/throughline/internal/client"
	"github.com/throughline/throughline/services/throughline/internal/importer"
	"github.com/throughline/throughline/services/throughline/internal/measurefile"
)

// rowsEnv says how many rows the long import has; `make check` takes a million.
const rowsEnv = "THROUGHLINE_ROWS"

const (
	longMeasures = 20
	longMonths   = 100
	fewRows      = 40_000
)

const longMapping = `name: long
organization: riverbend
measure:
  id: measure
  display_name: measure
  unit: {const: calls}
  kind: {otherwise: OUTPUT}
  direction: {otherwise: DECREASE}
  frequency: {otherwise: MONTHLY}
dimension: {value: district}
cells:
  - {column: calls, is: VALUE, period: month, format: "{YYYY}-{MM}"}
`

// longFile writes a file of n rows and answers the sum of its values; each row is of a measure, month and district of its own.
func longFile(t *testing.T, file string, n int) (sum float64) {
	t.Helper()
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriter(f)
	fmt.Fprintln(w, "measure,month,district,calls")
	for i := range n {
		measure, month, district := i%longMeasures, i/longMeasures%longMonths, i/longMeasures/longMonths
		value := i * 7919 % 100_003
		sum += float64(value)
		fmt.Fprintf(w, "calls-%d,%d-%02d,district %d,%d\n", measure, 2010+month/12, month%12+1, district, value)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return sum
}

// An import whose suite is killed half-way and that is run again ends with every row recorded once.
func TestKilledImportRunAgainRecordsEveryRowOnce(t *testing.T) {
	embedded(t, "it is about a data directory")
	n := fewRows
	if text := os.Getenv(rowsEnv); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil || n < 2*longMeasures*longMonths {
			t.Fatalf("%s is %q; want a number of rows of at least %d", rowsEnv, text, 2*longMeasures*longMonths)
		}
	}
	file := filepath.Join(t.TempDir(), "calls.csv")
	sum := longFile(t, file, n)
	mapping, err := measurefile.LoadMapping(strings.NewReader(longMapping))
	if err != nil {
		t.Fatal(err)
	}
	parsed := parseMeasures(t, mapping, file)
	if len(parsed.Rows) != n || len(parsed.Measures) != longMeasures {
		t.Fatalf("read %d rows of %d measures", len(parsed.Rows), len(parsed.Measures))
	}
	dir := t.TempDir()
	c, kill := startProcess(t, dir)
	c.ok(t, http.MethodPost, "/v1/organizations?organizationId=riverbend", c.mint(t, authn.NoOrganization, "operator"), map[string]any{
		"displayName": "Riverbend", "currencyCode": "USD",
	})
	var sent int
	report, err := importer.RunMeasures(client.As(t.Context(), c.mint(t, "riverbend", "manager")), c.client(t), parsed, importer.MeasuresTarget{
		Organization: riverbend, Progress: func(what string, done, _ int) {
			if what == "values" {
				if sent = done; done >= n/2 {
					kill()
				}
			}
		},
	})
	if err == nil || sent >= n {
		t.Fatalf("the import ended before the suite was killed: %d sent, %+v", sent, report)
	}
	again := start(t, dir)
	done := again.importMeasures(t, parsed)
	if v := done.Values; v.Accepted == 0 || v.Duplicate < report.Values.Accepted || v.Accepted+v.Duplicate != n {
		t.Errorf("before %+v; again %+v", report.Values, v)
	}
	t.Logf("%d rows: %d sent when killed, %d of them recorded, %d recorded by the second run", n, sent, done.Values.Duplicate, done.Values.Accepted)
	again.checkLong(t, n, sum)
}

// checkLong reads every revision of every measure.
func (c *city) checkLong(t *testing.T, n int, sum float64) {
	t.Helper()
	ctx := client.As(t.Context(), c.token(t, "riverbend", "m", "manager"))
	suite := c.client(t).Performance
	type row struct{ month, dimension string }
	var count int
	var total float64
	for m := range longMeasures {
		seen := map[row]bool{}
		r := &performancev1.ListObservationsRequest{Parent: fmt.Sprintf("%s/measures/calls-%d", riverbend, m), PageSize: 1000, AllRevisions: true}
		for {
			page, err := suite.ListObservations(ctx, r)
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range page.GetObservations() {
				at := row{o.GetPeriodStart().String(), o.GetDimension()}
				if seen[at] || o.GetRevision() != 1 {
					t.Fatalf("%s is there more than once: %v", r.GetParent(), o)
				}
				seen[at] = true
				total += o.GetValue()
			}
			if r.PageToken = page.GetNextPageToken(); r.GetPageToken() == "" {
				break
			}
		}
		count += len(seen)
	}
	if count != n || total != sum {
		t.Errorf("%d rows with a sum of %v are there, want %d with %v", count, total, n, sum)
	}
}
