package budgetfile

import "testing"

func TestPatterns(t *testing.T) {
	tests := []struct {
		name     string
		patterns Patterns
		text     string
		want     bool
	}{
		{"whole text", Patterns{"001"}, "001", true},
		{"not a part of it", Patterns{"001"}, "0010", false},
		{"prefix", Patterns{"55*"}, "55040001", true},
		{"in the middle", Patterns{"*debt s*"}, "615 - Aviation Debt Svc", true},
		{"a point is a point", Patterns{"a.c"}, "abc", false},
		{"any of several", Patterns{"a", "b"}, "b", true},
		{"blank", Patterns{""}, "", true},
		{"blank only", Patterns{""}, "x", false},
		{"everything", Patterns{"*"}, "", true},
		{"expression", Patterns{"/^4[0-5]/"}, "4400", true},
		{"expression refuses", Patterns{"/^4[0-5]/"}, "4600", false},
		{"all but", Patterns{"!590000"}, "520000", true},
		{"all but, hit", Patterns{"!590000"}, "590000", false},
		{"some but", Patterns{"2*", "!29*"}, "2940", false},
		{"some but, other", Patterns{"2*", "!29*"}, "2512", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := newMatcher(tt.patterns)
			for range 2 { // the second answer is remembered
				if got := m.match(tt.text); got != tt.want {
					t.Errorf("%q matches %q: %v", tt.patterns, tt.text, got)
				}
			}
		})
	}
}

func TestWhenNeedsEveryPart(t *testing.T) {
	w := When{Dimensions: map[string]Patterns{"fund": {"0*"}}, Columns: map[string]Patterns{"kind": {"x"}}}
	c := w.bind(map[string]int{"kind": 1})
	d := dims{dimFund: "001"}
	if !c.match(&d, []string{"", " x "}) || c.match(&d, []string{"", "y"}) || c.match(&dims{}, []string{"", "x"}) {
		t.Error("a condition holds only where every part matches")
	}
	if w.bind(map[string]int{}).match(&d, []string{"", "x"}) {
		t.Error("a condition on a column that the file lacks never holds")
	}
	if !(When{}).bind(nil).match(&d, nil) {
		t.Error("an empty condition always holds")
	}
}
