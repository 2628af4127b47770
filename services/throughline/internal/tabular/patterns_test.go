package tabular

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
			m := NewMatcher(tt.patterns)
			for range 2 { // the second answer is remembered
				if got := m.Match(tt.text); got != tt.want {
					t.Errorf("%q matches %q: %v", tt.patterns, tt.text, got)
				}
			}
		})
	}
}
