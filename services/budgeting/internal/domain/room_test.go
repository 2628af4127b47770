package domain

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
)

// asking are the books of a budget of two funds, whose n requests say the more the higher their number.
func asking(n int) Books {
	b := Books{
		Budget:     Budget{Organization: "o", ID: "fy", Currency: "USD", RoundingUnit: 100, Envelopes: []Envelope{{Fund: "a", Available: 1_000_000}, {Fund: "b", Available: 1_000_000}}},
		Funds:      map[string]*Fund{"a": {ID: "a", Kind: model.General}, "b": {ID: "b", Kind: model.General}},
		Priorities: Priorities{Name: "r", Hash: "h", Weights: []GoalWeight{{Goal: "g", PPM: model.Whole}}},
	}
	level := 3
	for i := range n {
		id := fmt.Sprintf("p%03d", i)
		r := FundingRequest{Organization: "o", Budget: "fy", Program: id, Meta: Meta{Version: int64(1 + i%2)}}
		for j := range i % 5 {
			r.CostLines = append(r.CostLines, CostLine{Fund: []string{"a", "b"}[j%2], Treatment: model.Competes, Amount: int64(100 + j), OneTime: i%7 == 0})
		}
		if i%3 == 0 {
			r.EligibleFunds = []string{"b"}
			r.Alignments = []Alignment{{Goal: "g", Reviewed: &level}}
			r.Attestations = []Attestation{{Aspect: AlignmentAspect}}
		}
		b.Asks = append(b.Asks, Ask{Program: Program{Organization: "o", ID: id}, Request: r})
	}
	return b
}

func TestInputsInRoomThatWasUsedAreAsInFreshRoom(t *testing.T) {
	params, err := Params{}.Filled()
	if err != nil {
		t.Fatal(err)
	}
	used := &InputRoom{}
	for _, n := range []int{1, 40, 3, 200, 39, 200} {
		want, err := asking(n).Input("1", model.PriorityAdjustment, params, &InputRoom{})
		if err != nil {
			t.Fatal(err)
		}
		got, err := asking(n).Input("1", model.PriorityAdjustment, params, used)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("%d requests: %+v (%v), want %+v", n, got, err, want)
		}
		used.clear() // as Close does, which may give another room next time
	}
}
