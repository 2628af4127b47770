package rpc

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/platform/wire"
)

func TestMoneyGoesRound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		currency := rapid.SampledFrom([]string{"USD", "JPY", "KWD", "CLF"}).Draw(t, "currency")
		amount := rapid.Int64Range(-domain.MaxAmount, domain.MaxAmount).Draw(t, "amount")
		r := reader{currency: currency}
		m := wire.Money(currency, amount)
		if got := r.money("m", m); got != amount || r.Err() != nil {
			t.Errorf("%d %s became %v and %d (%v)", amount, currency, m, got, r.Err())
		}
	})
}
