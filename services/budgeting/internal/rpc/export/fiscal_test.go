package export

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/budgeting/internal/domain/engine"
	"github.com/throughline/throughline/services/budgeting/internal/domain/modeltest"
)

func writeFiscal(t *testing.T, b *Book) map[string][]byte {
	t.Helper()
	var out bytes.Buffer
	if err := WriteFiscalPackage(&out, b); err != nil {
		t.Fatal(err)
	}
	var again bytes.Buffer
	if err := WriteFiscalPackage(&again, b); err != nil || !bytes.Equal(out.Bytes(), again.Bytes()) {
		t.Fatalf("the same book gave other bytes, %v", err)
	}
	if to := os.Getenv("FISCAL_PACKAGE_DIR"); to != "" { // for validators of other languages
		if err := os.WriteFile(filepath.Join(to, filepath.Base(t.Name())+".zip"), out.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	archive, err := zip.NewReader(bytes.NewReader(out.Bytes()), int64(out.Len()))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, f := range archive.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if files[f.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// object and list read JSON as any reader would, not through the writer's types.
type object = map[string]any

func objects(v any) []object {
	var out []object
	for _, e := range v.([]any) {
		out = append(out, e.(object))
	}
	return out
}

// columnTypes are those of the budget taxonomy that the package uses: their data type, and whether they are unique.
var columnTypes = map[string]struct {
	dataType string
	unique   bool
}{
	"budget-line-id": {"string", true}, "date:fiscal-year": {"integer", true}, "administrative-classification:generic:code": {"string", true},
	"fin-source:generic:code": {"string", true}, "fin-source:generic:label": {"string", false}, "activity:generic:program:code": {"string", true},
	"activity:generic:program:label": {"string", false}, "value": {"number", false}, "phase:id": {"string", true},
	"value-currency:code": {"string", true}, "direction": {"string", true},
}

func TestFiscalPackageKeepsTheSpecification(t *testing.T) {
	adjusted, _ := solved(t, town())
	adjusted.Allocation.Adjustments = []domain.Adjustment{{Program: "fire", Fund: "general", Amount: 10_00}, {Program: "parks", Fund: "general", Amount: -10_00}}
	adopted, _ := solved(t, town())
	adopted.Allocation.State = domain.AllocationAdopted
	city, _ := solved(t, modeltest.City(5, 200, engine.Version))
	city.Lines[0].Department, city.Lines[1].DisplayName = "", "=1+1"
	for name, c := range map[string]struct {
		book   *Book
		phases []string
	}{
		"city": {city, []string{"base", "proposed"}}, "adjusted": {adjusted, []string{"base", "proposed", "adjusted"}}, "adopted": {adopted, []string{"base", "approved"}},
	} {
		t.Run(name, func(t *testing.T) {
			files := writeFiscal(t, c.book)
			if got := slices.Sorted(maps.Keys(files)); !slices.Equal(got, []string{"data/allocation.csv", "datapackage.json"}) {
				t.Fatalf("files %v", got)
			}
			var p object
			if err := json.Unmarshal(files["datapackage.json"], &p); err != nil {
				t.Fatal(err)
			}
			checkPackage(t, p)
			resources := objects(p["resources"])
			if len(resources) != 1 {
				t.Fatalf("%d resources", len(resources))
			}
			checkResource(t, resources[0], files)
			checkModel(t, p["model"].(object), resources[0])
			checkFacts(t, c.book, resources[0], files["data/allocation.csv"], c.phases)
		})
	}
}

// Data Package: names, profile. Fiscal Data Package: the taxonomy, and granularity out of its two.
func checkPackage(t *testing.T, p object) {
	t.Helper()
	if name := p["name"].(string); !regexp.MustCompile(`^([-a-z0-9._/])+$`).MatchString(name) {
		t.Errorf("name %q", name)
	}
	if p["profile"] != "tabular-data-package" || p["granularity"] != "aggregated" || p["title"] == "" || p["created"] != "2027-03-01T09:30:00Z" {
		t.Errorf("descriptor %v", p)
	}
	if types := p["columnTypes"].([]any); len(types) != 1 || types[0] != "https://specs.frictionlessdata.io/taxonomies/fiscal/budgets.json" {
		t.Errorf("column types %v", types)
	}
}

func checkResource(t *testing.T, r object, files map[string][]byte) {
	t.Helper()
	data, ok := files[r["path"].(string)]
	if !ok {
		t.Fatalf("path %v is not in the package", r["path"])
	}
	sum := sha256.Sum256(data)
	if r["bytes"] != float64(len(data)) || r["hash"] != "sha256:"+hex.EncodeToString(sum[:]) {
		t.Errorf("bytes %v and hash %v are not of the data", r["bytes"], r["hash"])
	}
	if r["profile"] != "tabular-data-resource" || r["name"] == "" || r["format"] != "csv" || r["mediatype"] != "text/csv" || r["encoding"] != "utf-8" {
		t.Errorf("resource %v", r)
	}
	s := r["schema"].(object)
	columns, _ := rows(t, data)
	var names, unique []string
	codes := map[string]bool{}
	for _, f := range objects(s["fields"]) {
		names = append(names, f["name"].(string))
		columnType, typed := f["columnType"].(string)
		if !typed {
			if f["type"] != "number" || f["normalize"] == nil {
				t.Errorf("field %v has no meaning", f)
			}
			continue
		}
		known, ok := columnTypes[columnType]
		if !ok || known.dataType != f["type"] {
			t.Errorf("field %v is not as its ColumnType", f)
		}
		if known.unique {
			unique = append(unique, f["name"].(string))
		}
		codes[columnType] = true
	}
	if !slices.Equal(names, columns) {
		t.Errorf("fields %v, header %v", names, columns)
	}
	var key []string
	for _, k := range s["primaryKey"].([]any) {
		key = append(key, k.(string))
	}
	if !slices.Equal(key, unique) {
		t.Errorf("primary key %v, unique ColumnTypes %v", key, unique)
	}
	targets := 0
	for _, f := range objects(s["extraFields"]) {
		if known, ok := columnTypes[f["columnType"].(string)]; !ok || known.dataType != f["type"] {
			t.Errorf("extra field %v is not as its ColumnType", f)
		}
		if f["normalizationTarget"] == true {
			targets++
		}
	}
	if targets != 1 {
		t.Errorf("%d targets of the measures", targets)
	}
}

// The model of 0.3: measures need source and currency, dimensions attributes and a primary key among them, sources are fields of the resource.
func checkModel(t *testing.T, m, r object) {
	t.Helper()
	fields := map[string]bool{}
	for _, f := range objects(r["schema"].(object)["fields"]) {
		fields[f["name"].(string)] = true
	}
	used := map[string]bool{}
	for name, v := range m["measures"].(object) {
		measure := v.(object)
		if !fields[measure["source"].(string)] || measure["resource"] != r["name"] || !regexp.MustCompile(`^[A-Z]{3}$`).MatchString(measure["currency"].(string)) ||
			measure["direction"] != "expenditure" {
			t.Errorf("measure %s %v", name, measure)
		}
		if phase, said := measure["phase"]; said && !slices.Contains([]any{"proposed", "approved", "adjusted", "executed"}, phase) {
			t.Errorf("measure %s of phase %v", name, phase)
		}
		used[measure["source"].(string)] = true
	}
	kinds := []any{"datetime", "entity", "classification", "activity", "fact", "location", "other"}
	for name, v := range m["dimensions"].(object) {
		d := v.(object)
		attributes := d["attributes"].(object)
		if !slices.Contains(kinds, d["dimensionType"]) || attributes[d["primaryKey"].(string)] == nil {
			t.Errorf("dimension %s %v", name, d)
		}
		for _, a := range attributes {
			source := a.(object)["source"].(string)
			if label, ok := a.(object)["labelfor"].(string); ok && attributes[label] == nil {
				t.Errorf("dimension %s labels %s, which it has not", name, label)
			}
			if !fields[source] {
				t.Errorf("dimension %s from %s, which the data has not", name, source)
			}
			used[source] = true
		}
	}
	if len(used) != len(fields) {
		t.Errorf("the model uses %v of %v", used, fields)
	}
}

func checkFacts(t *testing.T, b *Book, r object, data []byte, phases []string) {
	t.Helper()
	s := r["schema"].(object)
	_, facts := rows(t, data)
	seen := map[string]bool{}
	sums := map[string]int64{}
	var got []string
	for _, f := range objects(s["fields"]) {
		if n, ok := f["normalize"].(object); ok {
			got = append(got, n["phase"].(string))
		}
	}
	if !slices.Equal(got, phases) {
		t.Errorf("phases %v, want %v", got, phases)
	}
	for _, fact := range facts {
		key := ""
		for _, k := range s["primaryKey"].([]any) {
			v := fact[k.(string)]
			if v == "" {
				t.Fatalf("%s of the primary key is missing: %v", k, fact)
			}
			key += v + "\x00"
		}
		if seen[key] {
			t.Fatalf("the primary key is twice: %v", fact)
		}
		seen[key] = true
		if fact["fiscal_year"] != "2028" {
			t.Errorf("year %v", fact["fiscal_year"])
		}
		for _, f := range objects(s["fields"]) {
			if name := f["name"].(string); f["type"] == "number" {
				sums[name] += minor(t, fact[name], domain.Exponent(b.Allocation.Currency))
			}
		}
	}
	var base, allocated int64
	for _, l := range b.Lines {
		base += l.Base
		allocated += l.Allocated
	}
	if sums["base"] != base || sums["allocated"] != allocated || (len(b.Allocation.Adjustments) > 0 && sums["adjusted"] != allocated) {
		t.Errorf("facts come to %v, lines to %d and %d", sums, base, allocated)
	}
}

// A published package of the real world keeps to the part of the model that ours does.
func TestMadridsPackageIsReadAlike(t *testing.T) {
	file, err := os.ReadFile(modeltest.Shared(t, "madrid_budget_fdp", "datapackage.json"))
	if err != nil {
		t.Fatal(err)
	}
	var p object
	if err := json.Unmarshal(file, &p); err != nil {
		t.Fatal(err)
	}
	ours, _ := solved(t, town())
	var q object
	if err := json.Unmarshal(writeFiscal(t, ours)["datapackage.json"], &q); err != nil {
		t.Fatal(err)
	}
	keys := func(o object) []string { return slices.Sorted(maps.Keys(o)) }
	theirs := p["mapping"].(object)["measures"].(object)["amount"].(object) // 0.3.0-alpha calls the model a mapping
	if got := q["model"].(object)["measures"].(object)["allocated"].(object); !slices.Equal(keys(got), keys(theirs)) {
		t.Errorf("our measure has %v, Madrid's %v", keys(got), keys(theirs))
	}
	program := p["mapping"].(object)["dimensions"].(object)["program"].(object)
	if got := q["model"].(object)["dimensions"].(object)["program"].(object); !slices.Equal(keys(got), keys(program)) || got["dimensionType"] != program["dimensionType"] {
		t.Errorf("our programs are %v, Madrid's %v", got, program)
	}
}
