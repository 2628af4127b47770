package money_test

import (
	"math"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"github.com/throughline/throughline/services/budgeting/internal/domain/money"
)

func TestAppendWritesWhatStrconvWrites(t *testing.T) {
	same := func(t interface{ Errorf(format string, args ...any) }, v int64) {
		for _, room := range []int{0, 3, 40} {
			before := append(make([]byte, 0, room), "is "...)
			if got, want := string(money.Append(before, v)), string(strconv.AppendInt([]byte("is "), v, 10)); got != want {
				t.Errorf("%q, want %q", got, want)
			}
		}
	}
	for power := int64(1); ; power *= 10 {
		for _, v := range []int64{power - 1, power, power + 1, -power, 1 - power} {
			same(t, v)
		}
		if power > math.MaxInt64/10 {
			break
		}
	}
	same(t, math.MaxInt64)
	same(t, math.MinInt64)
	rapid.Check(t, func(t *rapid.T) { same(t, rapid.Int64().Draw(t, "v")) })
}
