package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"testing/fstest"
)

const merged = `{"openapi":"3.1.0","paths":{
 "/v1/organizations/{name}/staff/{name_1}":{"get":{"parameters":[{"name":"name","in":"path"},{"name":"name_1","in":"path"},{"name":"name","in":"query"}],"responses":{"default":{}}}},
 "/v1/organizations/{employee.name}/staff/{employee.name_1}":{"patch":{"responses":{"default":{"x":1}}}}}}`

var protos = fstest.MapFS{"a/staff.proto": {Data: []byte(`pattern: "organizations/{organization}/staff/{employee}"`)}}

func TestPathsTakeTheNamesOfResourcePatterns(t *testing.T) {
	var out bytes.Buffer
	if err := run(protos, strings.NewReader(merged), &out); err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Paths map[string]map[string]struct {
			Parameters []struct{ Name, In string }
			Responses  map[string]map[string]string
		}
	}
	if err := json.Unmarshal(out.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	item := doc.Paths["/v1/organizations/{organization}/staff/{employee}"]
	if len(doc.Paths) != 1 || len(item) != 2 {
		t.Fatalf("paths = %v, want get and patch under one template", doc.Paths)
	}
	var names []string
	for _, p := range item["get"].Parameters {
		names = append(names, p.In+":"+p.Name)
	}
	if got, want := strings.Join(names, " "), "path:organization path:employee query:name"; got != want {
		t.Errorf("parameters = %q, want %q", got, want)
	}
	if got := item["patch"].Responses["default"]["$ref"]; got != "#/components/responses/Problem" {
		t.Errorf("default response = %q, want the problem document", got)
	}
}

func TestTheSameOperationTwiceIsRefused(t *testing.T) {
	twice := strings.ReplaceAll(merged, `"patch"`, `"get"`)
	if err := run(protos, strings.NewReader(twice), &bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), "declared twice") {
		t.Fatalf("error = %v, want a declaration refused", err)
	}
}
