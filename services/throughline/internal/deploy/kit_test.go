// Package deploy_test holds the files of deploy/ to the programs that they run.
package deploy_test

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// root is the repository's.
var root = filepath.Join("..", "..", "..", "..")

// program is one that has an image.
type program struct {
	module string // its folder
	schema string // its published settings, below the module
}

var programs = map[string]program{
	"goalsd":          {"services/goals", "cmd/goalsd/testdata/goalsd.schema.json"},
	"actionplanningd": {"services/actionplanning", "cmd/actionplanningd/testdata/actionplanningd.schema.json"},
	"budgetingd":      {"services/budgeting", "cmd/budgetingd/testdata/budgetingd.schema.json"},
	"performanced":    {"services/performance", "cmd/performanced/testdata/performanced.schema.json"},
	"gatewayd":        {"gateway", "cmd/gatewayd/testdata/gatewayd.schema.json"},
	"throughline":     {"services/throughline", "internal/cli/testdata/schema.json"},
}

func names[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func read(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(path)))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// decode reads one YAML document into to; "" of fields that are not in it are no error.
func decode(t *testing.T, path string, to any) {
	t.Helper()
	if err := yaml.Unmarshal(read(t, path), to); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// documents reads a stream of YAML documents.
func documents[T any](t *testing.T, path string) []T {
	t.Helper()
	var all []T
	decoder := yaml.NewDecoder(strings.NewReader(string(read(t, path))))
	for {
		var one T
		err := decoder.Decode(&one)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		all = append(all, one)
	}
}

// settings are the environment variables of a program, by its published schema: THROUGHLINE_TLS_CERT for the key tls.cert.
func settings(t *testing.T, name string) map[string]bool {
	t.Helper()
	var schema property
	if err := json.Unmarshal(read(t, programs[name].module+"/"+programs[name].schema), &schema); err != nil {
		t.Fatal(err)
	}
	all := map[string]bool{}
	schema.collect("THROUGHLINE", all)
	return all
}

type property struct {
	Properties map[string]property `json:"properties"`
}

func (p property) collect(name string, into map[string]bool) {
	if p.Properties == nil {
		into[name] = true
	}
	for key, below := range p.Properties {
		below.collect(name+"_"+strings.ToUpper(strings.ReplaceAll(key, "-", "_")), into)
	}
}

// peers are the settings that name the services that a program calls; their defaults are of no use where each has a host of its own.
func peers(settings map[string]bool) []string {
	var all []string
	for name := range settings {
		service, ok := strings.CutPrefix(name, "THROUGHLINE_PEER_")
		if ok && service != "CA" && service != "CERT" && service != "KEY" {
			all = append(all, name)
		}
	}
	slices.Sort(all)
	return all
}
