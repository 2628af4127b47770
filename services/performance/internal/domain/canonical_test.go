package domain

import (
	"reflect"
	"testing"

	"pgregory.net/rapid"
)

func TestCanonicalReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var all []Judged
		for _, id := range rapid.SliceOfDistinct(rapid.StringMatching(`[a-z][a-z0-9-]{0,8}`), rapid.ID[string]).Draw(t, "ids") {
			var value []float64
			if rapid.Bool().Draw(t, "known") {
				value = append(value, rapid.Float64().Draw(t, "value"))
			}
			j := judged(id, rapid.IntRange(1, 1000).Draw(t, "weight"), value...)
			j.Target.Value = rapid.Float64().Draw(t, "target")
			j.Measure.Direction = rapid.SampledFrom([]Direction{Increase, Decrease, MaintainRange}).Draw(t, "direction")
			j.Measure.Links[0].Subject = OrganizationName("o") + "/programs/" + rapid.SampledFrom([]string{"fire", "parks"}).Draw(t, "program")
			all = append(all, j)
		}
		r := Results("o", "r", Published{}, all, noon)
		got, err := ParseSignals("o", r.Canonical())
		if err != nil || !reflect.DeepEqual(got, r.Signals) {
			t.Errorf("%+v, %v; want %+v", got, err, r.Signals)
		}
	})
}

func TestSpoiltCanonicalIsRefused(t *testing.T) {
	good := Results("o", "r", Published{}, []Judged{judged("a", 1, 12.5)}, noon).Canonical()
	for _, text := range []string{
		"\n", "signal\tx\n", good[1:], good[:len(good)-9], "evidence\tm\t\t0\t0\t0\t0\tINCREASE\tUNKNOWN\t1\t0\n", "signal\tx\tMET\tmany\t0\n",
	} {
		if got, err := ParseSignals("o", text); err == nil {
			t.Errorf("%q was read as %+v", text, got)
		}
	}
}
