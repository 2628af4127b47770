package phrase

import "testing"

func TestPhrases(t *testing.T) {
	tests := []struct{ name, got, want string }{
		{"dollars", Money("USD", 123_456_789), "1,234,567.89 USD"},
		{"cents", Money("USD", -5), "−0.05 USD"},
		{"yen", Money("JPY", -1000), "−1,000 JPY"},
		{"dinars", Money("KWD", 12), "0.012 KWD"},
		{"units of account", Money("CLF", 12), "0.0012 CLF"},
		{"basis points", Percent(6250), "62.5 %"},
		{"nothing", Percent(0), "0 %"},
		{"ten", Share(100_000), "10 %"},
		{"the smallest share", Share(1), "0.0001 %"},
		{"a point", Points(10_000), "1 point"},
		{"less a quarter point", Points(-2500), "−0.25 points"},
		{"one", Count(1, "program"), "1 program"},
		{"none", Count(0, "program"), "0 programs"},
		{"is", Verb(1, "is", "are"), "is"},
		{"are", Verb(2, "is", "are"), "are"},
		{"no list", List(nil), ""},
		{"a list of one", List([]string{"a"}), `"a"`},
		{"a list", List([]string{"a", "b", "c"}), `"a", "b" and "c"`},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			if tc.got != tc.want {
				t.Fatalf("got %s, want %s", tc.got, tc.want)
			}
		})
	}
}
