package money_test

import (
	"math"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"github.com/throughline/throughline/services/budgeting/internal/domain/money"
)

// appended is how Append writes v behind other bytes, with little room and with plenty, or "" where the two differ.
func appended(v int64) string {
	little, plenty := money.Append(append(make([]byte, 0, 4), "is "...), v), money.Append(append(make([]byte, 0, 40), "is "...), v)
	if string(little) != string(plenty) {
		return ""
	}
	return string(plenty)
}

func TestAppendWritesWhatStrconvWrites(t *testing.T) {
	amounts := []int64{math.MaxInt64, math.MinInt64}
	for power := int64(1); power <= math.MaxInt64/10; power *= 10 {
		amounts = append(amounts, power-1, power, power+1, -power, 1-power, 10*power)
	}
	for _, v := range amounts {
		if got, want := appended(v), "is "+strconv.FormatInt(v, 10); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.Int64().Draw(t, "v")
		if got, want := appended(v), "is "+strconv.FormatInt(v, 10); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	})
}
