package quantity

import (
	"encoding/csv"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// read is what became of a file's values.
type read struct{ numbers, missing, refused int }

// readColumns parses some columns of a CSV file of real values; refused maps each text that was refused to why.
func readColumns(t *testing.T, r Rules, columns []string, path ...string) (got read, refused map[string]string) {
	t.Helper()
	dir := os.Getenv("THROUGHLINE_SHARED_DATA")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "..", "..", "..", "shared", "data")
	}
	file, err := os.Open(filepath.Join(append([]string{dir}, path...)...))
	if err != nil {
		t.Skipf("the real city files are not here (%v); set THROUGHLINE_SHARED_DATA to their folder to run this test", err)
	}
	defer func() { _ = file.Close() }()
	lines := csv.NewReader(file)
	head, err := lines.Read()
	if err != nil {
		t.Fatal(err)
	}
	refused = map[string]string{}
	for {
		line, err := lines.Read()
		if err == io.EOF {
			return got, refused
		}
		if err != nil {
			t.Fatal(err)
		}
		for i, text := range line {
			if !slices.Contains(columns, head[i]) {
				continue
			}
			switch _, known, err := Parse(text, r); {
			case err != nil:
				got.refused++
				refused[text] = err.Error()
			case known:
				got.numbers++
			default:
				got.missing++
			}
		}
	}
}

// Every value that Boston's budget of two years states, in four editions, is read, known to be missing, or refused with
// what would mend it; then the rules are mended.
func TestBoston(t *testing.T) {
	columns := []string{"fy_minus2", "fy_minus1", "fy_0", "fy_plus1"}
	got, refused := readColumns(t, Rules{}, columns, "boston_plan_budget_kpi", "measures.csv")
	if want := (read{numbers: 4218, missing: 1660, refused: 10}); got != want {
		t.Errorf("by default rules %+v, want %+v", got, want)
	}
	want := map[string]string{
		"1 Hour%": "value_rules.units", "8 Weeks": "value_rules.units", "354 (calendar year)": "value_rules.units",
		"495 (calendar year)": "value_rules.units", "20 encounters per 1,000 residents": "value_rules.units", "N/A%": "value_rules.missing",
	}
	if have := slices.Sorted(maps.Keys(refused)); fmt.Sprint(have) != fmt.Sprint(slices.Sorted(maps.Keys(want))) {
		t.Errorf("refused %q", have)
	}
	for text, remedy := range want {
		if !strings.Contains(refused[text], remedy) {
			t.Errorf("%q: %s", text, refused[text])
		}
	}

	mended := Rules{
		Units:   []string{"hour%", "weeks", "(calendar year)", "encounters per 1,000 residents"},
		Missing: append(slices.Clone(DefaultMissing), "n/a%"),
	}
	got, refused = readColumns(t, mended, columns, "boston_plan_budget_kpi", "measures.csv")
	if want := (read{numbers: 4226, missing: 1662}); got != want {
		t.Errorf("by mended rules %+v, want %+v; refused %v", got, want, refused)
	}
}

// Austin publishes plain numbers.
func TestAustin(t *testing.T) {
	for _, tt := range []struct {
		file    string
		columns []string
		want    read
	}{
		{"austin_key_indicators_2010-2015.csv", []string{"Result", "Goal", "Long Term Goal"}, read{numbers: 1422, missing: 768}},
		{"imagine_austin_indicators_2007-2017.csv", []string{
			"2007", "2008", "2009", "2010", "2011", "2012", "2013", "2014", "2015", "2016", "2017",
		}, read{numbers: 303, missing: 170}},
	} {
		if got, refused := readColumns(t, Rules{}, tt.columns, "austin_kpi", tt.file); got != tt.want {
			t.Errorf("%s: %+v, want %+v; refused %v", tt.file, got, tt.want, refused)
		}
	}
}
