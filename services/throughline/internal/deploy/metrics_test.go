package deploy_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// vocabulary is what queries may use.
type vocabulary struct {
	metrics map[string]bool // names in Prometheus
	labels  map[string]bool
}

// known reads deploy/prometheus/metrics.txt.
func known(t *testing.T) vocabulary {
	t.Helper()
	v := vocabulary{metrics: map[string]bool{}, labels: map[string]bool{"job": true, "instance": true, "le": true}}
	for line := range strings.Lines(string(read(t, "deploy/prometheus/metrics.txt"))) {
		words := strings.Fields(line)
		if len(words) == 0 || words[0] == "#" || strings.HasPrefix(words[0], "#") {
			continue
		}
		if len(words) < 4 {
			t.Fatalf("%q: want name, kind, unit, attributes", line)
		}
		for _, name := range inPrometheus(words[0], words[1], words[2]) {
			v.metrics[name] = true
		}
		for _, attribute := range words[3:] {
			v.labels[strings.ReplaceAll(attribute, ".", "_")] = true
		}
	}
	return v
}

// inPrometheus are the names that the collector's Prometheus exporter gives a metric.
func inPrometheus(name, kind, unit string) []string {
	base := strings.ReplaceAll(name, ".", "_")
	suffix := map[string]string{"s": "_seconds", "By": "_bytes"}[unit]
	if unit == "1" && kind == "gauge" {
		suffix = "_ratio"
	}
	base += suffix
	switch kind {
	case "counter":
		return []string{base + "_total"}
	case "histogram":
		return []string{base + "_bucket", base + "_sum", base + "_count"}
	default:
		return []string{base}
	}
}

var (
	quoted    = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)
	selector  = regexp.MustCompile(`\{[^}]*\}`)
	window    = regexp.MustCompile(`\[[^\]]*\]`)
	grouping  = regexp.MustCompile(`\b(?:by|without|on|ignoring) ?\(([^)]*)\)`)
	labelName = regexp.MustCompile(`([a-z_]+) ?(?:=~|!~|!=|=)`)
	word      = regexp.MustCompile(`[a-zA-Z_:][a-zA-Z0-9_:]*`)
	functions = strings.Fields(`sum min max count group topk rate increase histogram_quantile absent last_over_time time and or unless offset h d m`)
	variable  = regexp.MustCompile(`^label_values\((.*), ([a-z_]+)\)$`)
)

// check demands that a query uses only metrics, labels and functions that there are; recorded are the metrics that rules make.
func (v vocabulary) check(t *testing.T, where, query string, recorded []string) {
	t.Helper()
	if match := variable.FindStringSubmatch(query); match != nil {
		v.checkLabel(t, where, match[2])
		query = match[1]
	}
	query = quoted.ReplaceAllString(query, "")
	for _, braces := range selector.FindAllString(query, -1) {
		for _, match := range labelName.FindAllStringSubmatch(braces, -1) {
			v.checkLabel(t, where, match[1])
		}
	}
	for _, match := range grouping.FindAllStringSubmatch(query, -1) {
		for _, label := range word.FindAllString(match[1], -1) {
			v.checkLabel(t, where, label)
		}
	}
	for _, pattern := range []*regexp.Regexp{selector, window, grouping} {
		query = pattern.ReplaceAllString(query, " ")
	}
	for _, name := range word.FindAllString(query, -1) {
		if !v.metrics[name] && !slices.Contains(functions, name) && !slices.Contains(recorded, name) {
			t.Errorf("%s uses %s, which is not in deploy/prometheus/metrics.txt", where, name)
		}
	}
}

func (v vocabulary) checkLabel(t *testing.T, where, label string) {
	t.Helper()
	if !v.labels[label] {
		t.Errorf("%s uses label %s, which no metric in deploy/prometheus/metrics.txt has", where, label)
	}
}

type dashboard struct {
	UID, Title string
	Templating struct {
		List []struct {
			Name, Definition string
			Datasource       source
		}
	}
	Panels []struct {
		ID         int
		Title      string
		Datasource source
		GridPos    struct{ X, Y, W, H int }
		Targets    []struct {
			RefID, Expr string
			Datasource  source
		}
	}
}

type source struct{ Type, UID string }

func TestDashboards(t *testing.T) {
	var provisioned struct{ Datasources []source }
	decode(t, "deploy/grafana/provisioning/datasources/prometheus.yaml", &provisioned)
	files, err := filepath.Glob(filepath.Join(root, "deploy", "grafana", "dashboards", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("dashboards %v, error %v", files, err)
	}
	words := known(t)
	uids := map[string]bool{}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var d dashboard
			if err := json.Unmarshal(text, &d); err != nil {
				t.Fatal(err)
			}
			if uids[d.UID] || d.UID == "" {
				t.Errorf("uid %q is not its own", d.UID)
			}
			uids[d.UID] = true
			from := func(where string, s source) {
				if !slices.Contains(provisioned.Datasources, s) {
					t.Errorf("%s reads from %v; provisioned are %v", where, s, provisioned.Datasources)
				}
			}
			for _, v := range d.Templating.List {
				from("variable "+v.Name, v.Datasource)
				words.check(t, "variable "+v.Name, v.Definition, nil)
			}
			ids := map[int]bool{}
			for _, p := range d.Panels {
				if ids[p.ID] || p.ID == 0 {
					t.Errorf("panel %q has id %d, which is not its own", p.Title, p.ID)
				}
				ids[p.ID] = true
				if p.GridPos.X+p.GridPos.W > 24 {
					t.Errorf("panel %q ends at column %d of 24", p.Title, p.GridPos.X+p.GridPos.W)
				}
				if len(p.Targets) == 0 {
					t.Errorf("panel %q shows nothing", p.Title)
				}
				from(p.Title, p.Datasource)
				for _, target := range p.Targets {
					from(p.Title, target.Datasource)
					words.check(t, p.Title, target.Expr, nil)
				}
			}
		})
	}
}

var (
	instrument = regexp.MustCompile(`\.(?:Int64|Float64)(?:Observable)?(Counter|UpDownCounter|Gauge|Histogram)\(\s*"(throughline\.[a-z_.]+)"`)
	listed     = regexp.MustCompile(`(?m)^(throughline\.[a-z_.]+) +([a-z]+) `)
)

// metrics.txt lists what the code makes, of the same kind, and nothing that it does not make.
func TestMetricsAreThoseOfTheCode(t *testing.T) {
	kinds := map[string]string{}
	for _, match := range listed.FindAllStringSubmatch(string(read(t, "deploy/prometheus/metrics.txt")), -1) {
		kinds[match[1]] = match[2]
	}
	made := map[string]bool{}
	for _, folder := range []string{"services", "gateway"} {
		err := filepath.WalkDir(filepath.Join(root, folder), func(path string, entry os.DirEntry, err error) error {
			if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			for _, match := range instrument.FindAllStringSubmatch(string(text), -1) {
				kind := map[string]string{"Counter": "counter", "UpDownCounter": "updown", "Gauge": "gauge", "Histogram": "histogram"}[match[1]]
				if kinds[match[2]] != kind {
					t.Errorf("%s makes %s, a %s; deploy/prometheus/metrics.txt has %q", path, match[2], kind, kinds[match[2]])
				}
				made[match[2]] = true
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range names(kinds) {
		if !made[name] {
			t.Errorf("deploy/prometheus/metrics.txt lists %s, which no program makes", name)
		}
	}
}
