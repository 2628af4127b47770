package wire_test

import (
	"math"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/type/money"
	"pgregory.net/rapid"

	"github.com/throughline/throughline/services/platform/wire"
)

func TestMoneyThereAndBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		currency := rapid.SampledFrom([]string{"USD", "JPY", "KWD"}).Draw(t, "currency")
		minor := rapid.Int64Range(-1<<52, 1<<52).Draw(t, "minor")
		m := wire.Money(currency, minor)
		back, err := wire.FromMoney(currency, m)
		if err != nil || back != minor {
			t.Fatalf("%d %s became %v, then %d (%v)", minor, currency, m, back, err)
		}
	})
}

func TestMoneyRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		m    *money.Money
		want string
	}{
		"another currency":  {&money.Money{CurrencyCode: "EUR", Units: 1}, "only currency is USD"},
		"no currency":       {&money.Money{Units: 1}, "only currency is USD"},
		"half a cent":       {&money.Money{CurrencyCode: "USD", Nanos: 5_000_000}, "not a whole number of minor units"},
		"signs that differ": {&money.Money{CurrencyCode: "USD", Units: 1, Nanos: -10_000_000}, "different signs"},
		"nanos too large":   {&money.Money{CurrencyCode: "USD", Nanos: 1_000_000_000}, "carry whole units"},
		"too large":         {&money.Money{CurrencyCode: "USD", Units: math.MaxInt64}, "too large"},
		"too small":         {&money.Money{CurrencyCode: "USD", Units: math.MinInt64}, "too large"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := wire.FromMoney("USD", c.m); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one that says %q", err, c.want)
			}
		})
	}
	if got, err := wire.FromMoney("USD", nil); got != 0 || err != nil {
		t.Errorf("unset became %d, %v", got, err)
	}
	if got, err := wire.FromMoney("USD", &money.Money{CurrencyCode: "USD", Units: -3, Nanos: -420_000_000}); got != -342 || err != nil {
		t.Errorf("-3.42 became %d, %v", got, err)
	}
}
