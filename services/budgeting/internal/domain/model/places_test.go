package model_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
)

func TestPlacesFindEveryFundAndNoOther(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		var funds []model.Fund
		want := map[string]int{}
		for range r.IntN(60) {
			id := fmt.Sprint([]string{"", "f", "a-fund-with-a-long-name-"}[r.IntN(3)], r.IntN(80), []string{"", "-general-operations"}[r.IntN(2)])
			if _, known := want[id]; !known {
				want[id] = len(funds)
				funds = append(funds, model.Fund{ID: id})
			}
		}
		places := model.PlacesOfFunds(funds)
		for id, k := range want {
			if got := places.Find(id); got != k {
				t.Fatalf("%q is at %d, want %d", id, got, k)
			}
		}
		for _, id := range []string{"", "x", "f80", "a-fund-with-a-long-name-80-general-operations"} {
			if _, known := want[id]; !known && places.Find(id) != -1 {
				t.Fatalf("%q is found", id)
			}
		}
	}
}
