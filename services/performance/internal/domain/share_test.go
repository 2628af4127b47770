package domain

import (
	"math"
	"reflect"
	"testing"

	"pgregory.net/rapid"
)

func TestShareOfMoney(t *testing.T) {
	signals := []Signal{
		{Subject: "organizations/o/plans/p/goals/g", UsablePPM: PPM},
		{Subject: outreach, UsablePPM: 0},
		{Subject: shelter, UsablePPM: 1},
	}
	euros := dollars(outreach, 1)
	euros.Currency = "EUR"
	usd := func(minor int64) Money { return Money{"USD", minor} }
	for name, c := range map[string]struct {
		adopted []MoneyIn
		want    *MoneyShare
	}{
		"nothing adopted":       {nil, nil},
		"nothing given":         {[]MoneyIn{dollars(shelter, 0)}, nil},
		"money taken":           {[]MoneyIn{dollars(shelter, 2), dollars(outreach, -1)}, nil},
		"two currencies":        {[]MoneyIn{dollars(shelter, 1), euros}, nil},
		"more than 64 bits":     {[]MoneyIn{dollars(shelter, math.MaxInt64), dollars(outreach, 1)}, nil},
		"no usable signal":      {[]MoneyIn{dollars(outreach, 7)}, &MoneyShare{2027, usd(7), usd(0), 0}},
		"all of it":             {[]MoneyIn{dollars(shelter, math.MaxInt64)}, &MoneyShare{2027, usd(math.MaxInt64), usd(math.MaxInt64), PPM}},
		"two thirds, down":      {[]MoneyIn{dollars(outreach, 1), dollars(shelter, 1), dollars(shelter, 1)}, &MoneyShare{2027, usd(3), usd(2), 666_666}},
		"without a measure too": {[]MoneyIn{dollars("organizations/o/programs/debt", 3), dollars(shelter, 1)}, &MoneyShare{2027, usd(4), usd(1), 250_000}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := ShareOf(c.adopted, signals); !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

func TestShareProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var adopted []MoneyIn
		for _, cents := range rapid.SliceOfN(rapid.Int64Range(0, 1<<40), 1, 20).Draw(t, "cents") {
			adopted = append(adopted, dollars(rapid.SampledFrom([]string{shelter, outreach, fire}).Draw(t, "program"), cents))
		}
		none, some, all := ShareOf(adopted, nil), ShareOf(adopted, []Signal{{Subject: shelter, UsablePPM: 5}}),
			ShareOf(adopted, []Signal{{Subject: shelter, UsablePPM: 5}, {Subject: outreach, UsablePPM: 5}, {Subject: fire, UsablePPM: 5}})
		if none == nil {
			return // nothing given
		}
		if none.PPM != 0 || all.PPM != PPM || some.PPM < 0 || some.PPM > PPM || some.Total != all.Total || all.WithSignal != all.Total {
			t.Fatalf("shares %+v, %+v, %+v", none, some, all)
		}
	})
}
