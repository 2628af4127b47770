package spread

import (
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/throughline/throughline/services/budgeting/internal/domain/money"
	"github.com/throughline/throughline/services/platform/fault"
)

func TestLine(t *testing.T) {
	tests := map[string]struct {
		rule         Rule
		bases        []int64
		base, amount int64
		want         []int64
		difference   int64
	}{
		"stays at base":                                   {ProRataBase, []int64{333, 333, 334}, 1000, 1000, []int64{333, 333, 334}, 0},
		"cut in proportion":                               {ProRataBase, []int64{600, 300, 100}, 1000, 900, []int64{540, 270, 90}, 0},
		"growth in proportion":                            {ProRataBase, []int64{600, 300, 100}, 1000, 1101, []int64{661, 330, 110}, 0},
		"ties go to the earlier account":                  {ProRataBase, []int64{1, 1, 1}, 3, 4, []int64{2, 1, 1}, 0},
		"cut to nothing":                                  {ProRataBase, []int64{5, 7}, 12, 0, []int64{0, 0}, 0},
		"a credit stays":                                  {ProRataBase, []int64{1000, -200}, 800, 700, []int64{900, -200}, 0},
		"a net credit stays":                              {ProRataBase, []int64{100, -300}, -200, -200, []int64{100, -300}, 0},
		"an empty account stays empty":                    {ProRataBase, []int64{0, 10}, 10, 15, []int64{0, 15}, 0},
		"only empty accounts: the first takes":            {ProRataBase, []int64{-3, 0, 0}, -3, 4, []int64{-3, 7, 0}, 0},
		"only credits: the first takes":                   {ProRataBase, []int64{-3, -4}, -7, -5, []int64{-1, -4}, 0},
		"no account: all to suspense":                     {ProRataBase, nil, 500, 450, []int64{450}, 500},
		"no account and no base":                          {ProRataBase, nil, 0, 20, []int64{20}, 0},
		"accounts explain less: suspense shares the cut":  {ProRataBase, []int64{600, 200}, 1000, 900, []int64{540, 180, 180}, 200},
		"accounts explain more: suspense is a credit":     {ProRataBase, []int64{800, 400}, 1000, 880, []int64{720, 360, -200}, -200},
		"first account takes growth":                      {FirstAccount, []int64{600, 300}, 900, 1000, []int64{700, 300}, 0},
		"first account takes a cut":                       {FirstAccount, []int64{600, 300}, 900, 700, []int64{400, 300}, 0},
		"a cut that empties the first goes on":            {FirstAccount, []int64{100, -50, 300}, 350, 200, []int64{0, -50, 250}, 0},
		"first account with a difference leaves suspense": {FirstAccount, []int64{600}, 1000, 900, []int64{500, 400}, 400},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			before := slices.Clone(tt.bases)
			got, difference, err := tt.rule.Line(tt.bases, tt.base, tt.amount)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, tt.want) || difference != tt.difference {
				t.Errorf("got %v, difference %d; want %v, %d", got, difference, tt.want, tt.difference)
			}
			if !slices.Equal(before, tt.bases) {
				t.Errorf("bases became %v", tt.bases)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	tests := map[string]struct {
		rule         Rule
		bases        []int64
		base, amount int64
		want         string
	}{
		"unknown rule":            {"BY_FEELING", []int64{1}, 1, 1, "SPREAD_RULE"},
		"below the credits":       {ProRataBase, []int64{10, -5}, 5, -6, "SPREAD_BELOW_ZERO"},
		"negative line":           {FirstAccount, []int64{10}, 10, -1, "SPREAD_BELOW_ZERO"},
		"amount beyond the limit": {ProRataBase, []int64{10}, 10, money.Limit + 1, "SPREAD_OVERFLOW"},
		"bases beyond the limit":  {ProRataBase, []int64{money.Limit, money.Limit}, 10, 10, "SPREAD_OVERFLOW"},
		"bases wrap around":       {ProRataBase, []int64{1 << 62, 1 << 62, 1 << 62}, 10, 10, "SPREAD_OVERFLOW"},
		"credits hide overflow":   {ProRataBase, []int64{money.Limit, money.Limit, -money.Limit}, money.Limit, 10, "SPREAD_OVERFLOW"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if _, _, err := tt.rule.Line(tt.bases, tt.base, tt.amount); fault.Reason(err) != tt.want {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
	if _, err := ProRataBase.Over(nil, 1); fault.Reason(err) != "SPREAD_NOWHERE" {
		t.Errorf("got %v for no account", err)
	}
}

func drawBases(t *rapid.T) []int64 {
	largest := rapid.SampledFrom([]int64{3, 100, 1_000_000, money.Limit / 64}).Draw(t, "largest")
	return rapid.SliceOfN(rapid.Int64Range(-largest/8, largest), 1, 30).Draw(t, "bases")
}

func TestSpreadsExactlyAndMonotonely(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rule := rapid.SampledFrom(Rules()).Draw(t, "rule")
		bases := drawBases(t)
		var carried, credits int64
		for _, b := range bases {
			carried += b
			credits += min(b, 0)
		}
		base := carried + rapid.Int64Range(-50, 50).Draw(t, "unexplained")
		if base-carried < 0 {
			credits += base - carried
		}
		amount := credits + rapid.Int64Range(0, 2*(carried-credits)+100).Draw(t, "above credits")
		out, difference, err := rule.Line(bases, base, amount)
		if err != nil {
			t.Fatal(err)
		}
		starts := slices.Clone(bases)
		if difference != 0 {
			starts = append(starts, difference)
		}
		if sum, ok := money.Sum(out...); !ok || sum != amount || len(out) != len(starts) {
			t.Fatalf("%v adds up to %d over %d accounts, want %d over %d", out, sum, len(out), amount, len(starts))
		}
		for i, b := range starts {
			switch {
			case b >= 0 && out[i] < 0:
				t.Fatalf("account %d goes from %d below zero to %d", i, b, out[i])
			case amount == base && out[i] != b:
				t.Fatalf("account %d moves from %d to %d in a line that does not", i, b, out[i])
			case amount < base && out[i] > b, amount > base && out[i] < b:
				t.Fatalf("account %d goes from %d to %d against the line, %d to %d", i, b, out[i], base, amount)
			}
		}
		more, _, err := rule.Line(bases, base, amount+rapid.Int64Range(1, 5).Draw(t, "more"))
		if err != nil {
			t.Fatal(err)
		}
		for i := range out {
			if more[i] < out[i] {
				t.Fatalf("account %d falls from %d to %d when the line gets more", i, out[i], more[i])
			}
		}
	})
}

// Webster one unit at a time: the next goes to the account with the least (2k + 1) ÷ base.
func TestWebsterIsUnitByUnit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bases := rapid.SliceOfN(rapid.Int64Range(1, rapid.SampledFrom([]int64{4, 50, 2000}).Draw(t, "largest")), 1, 12).Draw(t, "bases")
		total := rapid.Int64Range(0, 300).Draw(t, "total")
		want := make([]int64, len(bases))
		for range total {
			best := 0
			for i := range bases {
				a := new(big.Int).Mul(big.NewInt(2*want[i]+1), big.NewInt(bases[best]))
				b := new(big.Int).Mul(big.NewInt(2*want[best]+1), big.NewInt(bases[i]))
				if a.Cmp(b) < 0 {
					best = i
				}
			}
			want[best]++
		}
		got, err := ProRataBase.Over(bases, total)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("got %v, want %v", got, want)
		}
	})
}

func BenchmarkLineOf20Accounts(b *testing.B) {
	bases := make([]int64, 20)
	var base int64
	for i := range bases {
		bases[i] = int64(10_000 + 7919*i)
		base += bases[i]
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := ProRataBase.Line(bases, base, base-base/9); err != nil {
			b.Fatal(err)
		}
	}
}

func TestSharesByHand(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		weights []int64
		total   int64
		want    []int64
	}{
		"exact":                         {[]int64{3, 2}, 10, []int64{6, 4}},
		"the nearest":                   {[]int64{300_000, 200_000}, 499_999, []int64{299_999, 200_000}},
		"no weight, no share":           {[]int64{0, 5, 0}, 7, []int64{0, 7, 0}},
		"equally, a tie to the earlier": {[]int64{0, 0, 0}, 7, []int64{3, 2, 2}},
		"nothing":                       {[]int64{4, 4}, 0, []int64{0, 0}},
		"more than weights":             {[]int64{1, 1, 1}, 100, []int64{34, 33, 33}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := Shares(c.weights, c.total); !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}
