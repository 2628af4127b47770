package performance_test

import (
	"testing"

	performancev1 "github.com/throughline/throughline/proto/gen/throughline/performance/v1"
	"github.com/throughline/throughline/services/performance"
	"github.com/throughline/throughline/services/platform/fault"
)

func TestValueReader(t *testing.T) {
	read, err := performance.ValueReader(&performancev1.ValueRules{
		DecimalComma: true, Percent: performancev1.ValueRules_PERCENT_FRACTION, Units: []string{"weeks"}, Missing: []string{"?"},
	})
	must(t, err)
	for text, want := range map[string]float64{"1.234,5": 1234.5, "85%": 0.85, "3 Weeks": 3} {
		if v, known, err := read(text); v != want || !known || err != nil {
			t.Errorf("%q: %v, %v, %v", text, v, known, err)
		}
	}
	if _, known, err := read("?"); known || err != nil {
		t.Errorf("a missing text is known (%v) or refused: %v", known, err)
	}
	if _, _, err := read("n/a"); err == nil {
		t.Error("a text that no rule declares was read")
	}
	_, err = performance.ValueReader(&performancev1.ValueRules{Units: []string{"%"}})
	if f, ok := fault.As(err); !ok || f.Kind != fault.Invalid || f.Violations[0].Field != "value_rules.units[0]" {
		t.Errorf("rules that contradict themselves: %v", err)
	}
	plain, err := performance.ValueReader(nil)
	must(t, err)
	if v, known, err := plain("85%"); v != 85 || !known || err != nil {
		t.Errorf("without rules: %v, %v, %v", v, known, err)
	}
}
