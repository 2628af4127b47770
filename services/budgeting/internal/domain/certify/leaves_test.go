package certify_test

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/throughline/throughline/services/budgeting/internal/domain/certify"
	"github.com/throughline/throughline/services/budgeting/internal/domain/engine"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/modeltest"
)

// leaves lists a setter for every number, text and flag of a decoded JSON value, with its path.
func leaves(v any, path string, set func(any), out map[string][]func()) {
	switch x := v.(type) {
	case map[string]any:
		for name, child := range x {
			leaves(child, path+"."+name, func(c any) { x[name] = c }, out)
		}
	case []any:
		for i, child := range x {
			leaves(child, path, func(c any) { x[i] = c }, out)
		}
	case json.Number:
		n, _ := x.Int64()
		out[path] = append(out[path], func() { set(n + 1) })
	case string:
		out[path] = append(out[path], func() { set(x + "1") })
	case bool:
		out[path] = append(out[path], func() { set(!x) })
	}
}

// Whatever single figure of a plan is changed, the plan is refused. Only the history of a cut, which no amount depends on, is told on trust.
func TestNoFigureOfAPlanCanBeChanged(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	changed := map[string]int{}
	for i := range modeltest.Cases(80) {
		in := modeltest.RandomOf(r, engine.Version, formulas[i%len(formulas)])
		plan, _, err := engine.Allocate(context.Background(), in)
		if err != nil {
			t.Fatal(err)
		}
		original, err := json.Marshal(plan) // every field, also those that Encode leaves out
		if err != nil {
			t.Fatal(err)
		}
		paths := map[string][]func(){}
		leaves(tree(t, original), "", nil, paths)
		for _, path := range slices.Sorted(maps.Keys(paths)) {
			if strings.HasSuffix(path, ".blocks.cut.demand") || strings.HasSuffix(path, ".blocks.cut.supply") || (changed[path] > 12 && r.IntN(16) > 0) {
				continue
			}
			copied := tree(t, original)
			setters := map[string][]func(){}
			leaves(copied, "", nil, setters)
			setters[path][r.IntN(len(setters[path]))]()
			b, err := json.Marshal(copied)
			if err != nil {
				t.Fatal(err)
			}
			var bad model.Plan
			if err := json.Unmarshal(b, &bad); err != nil {
				t.Fatal(err)
			}
			changed[path]++
			if _, err := certify.Check(in, bad); err == nil {
				t.Fatalf("%s is changed and the plan still certified:\n%s\n%s", path, original, b)
			}
		}
	}
	if len(changed) < 150 {
		t.Fatalf("only %d kinds of figures were changed", len(changed))
	}
}

func tree(t *testing.T, b []byte) any {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}
