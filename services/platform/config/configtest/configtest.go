// Package configtest checks that a program's published settings schema is true to its code.
package configtest

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/throughline/throughline/services/platform/config"
)

// Schema compares the schema of cli, a fresh pointer to a kong struct, with the golden file, which it writes when the
// environment variable UPDATE_GOLDEN is set; it also demands that the defaults parse with args, and satisfy the schema.
func Schema(t *testing.T, cli any, program config.Program, golden string) {
	t.Helper()
	made, err := config.Schema(cli, program.Name)
	if err != nil {
		t.Fatal(err)
	}
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(golden, made, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	published, err := os.ReadFile(golden)
	if err != nil {
		t.Fatalf("read the published schema (set UPDATE_GOLDEN=1 to write it): %v", err)
	}
	if !bytes.Equal(made, published) {
		t.Errorf("%s is out of date: run the test with UPDATE_GOLDEN=1 and review the difference", golden)
	}
	if _, err := config.Parse(cli, program); err != nil {
		t.Errorf("the defaults are refused: %v", err)
	}
	if err := Satisfies(made, defaults(t, made)); err != nil {
		t.Errorf("the defaults do not satisfy the schema: %v", err)
	}
}

// Satisfies validates a decoded JSON document against a schema.
func Satisfies(schema []byte, document any) error {
	parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema))
	if err != nil {
		return err
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("settings.json", parsed); err != nil {
		return err
	}
	compiled, err := compiler.Compile("settings.json")
	if err != nil {
		return err
	}
	return compiled.Validate(document)
}

// defaults builds the document that spells out every default in the schema.
func defaults(t *testing.T, schema []byte) any {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(schema))
	decoder.UseNumber()
	var root map[string]any
	if err := decoder.Decode(&root); err != nil {
		t.Fatal(err)
	}
	return filled(root)
}

func filled(schema map[string]any) map[string]any {
	document := map[string]any{}
	properties, _ := schema["properties"].(map[string]any)
	for name, value := range properties {
		property, _ := value.(map[string]any)
		if _, nested := property["properties"]; nested {
			document[name] = filled(property)
		} else if fallback, ok := property["default"]; ok {
			document[name] = fallback
		}
	}
	return document
}
