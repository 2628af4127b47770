package budgetfile

import (
	"testing"

	"github.com/throughline/throughline/services/throughline/internal/tabular"
)

func TestWhenNeedsEveryPart(t *testing.T) {
	w := When{Dimensions: map[string]tabular.Patterns{"fund": {"0*"}}, Columns: map[string]tabular.Patterns{"kind": {"x"}}}
	c := w.bind(map[string]int{"kind": 1})
	d := dims{dimFund: "001"}
	if !c.match(&d, []string{"", " x "}) || c.match(&d, []string{"", "y"}) || c.match(&dims{}, []string{"", "x"}) {
		t.Error("a condition holds only where every part matches")
	}
	if w.bind(map[string]int{}).match(&d, []string{"", "x"}) {
		t.Error("a condition on a column that the file lacks never holds")
	}
	if !(When{}).bind(nil).match(&d, nil) {
		t.Error("an empty condition always holds")
	}
}
