package tabular

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestResourceID(t *testing.T) {
	tests := []struct{ name, code, want string }{
		{"leading zeros", "001", "p-001"},
		{"hyphens", "1000-210-410100", "p-1000-210-410100"},
		{"capitals get a hash", "29PR205", "p-29pr205-fa046236a8"},
		{"words get a hash", "Parks & Recreation", "p-parks-recreation-8cde007738"},
		{"nothing readable", "&&", "p-73e7b6f862"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := ResourceID("p", tt.code); got != tt.want {
				t.Errorf("ResourceID(%q) = %s, want %s", tt.code, got, tt.want)
			}
		})
	}
}

// Codes that differ have ids that differ, every id is a resource id, and an id never depends on other codes.
func TestResourceIDIsInjective(t *testing.T) {
	pattern := regexp.MustCompile(`^[a-z][a-z0-9-]{0,62}$`)
	code := rapid.OneOf(rapid.StringMatching(`[aA1][-_ .]{0,2}[bB2]{0,3}`), rapid.StringN(0, 100, 200))
	rapid.Check(t, func(t *rapid.T) {
		a, b := code.Draw(t, "a"), code.Draw(t, "b")
		x, y := ResourceID("p", a), ResourceID("p", b)
		if !pattern.MatchString(x) || strings.HasSuffix(x, "-") {
			t.Fatalf("%q gives %q, which is no resource id", a, x)
		}
		if (a == b) != (x == y) {
			t.Fatalf("%q gives %s and %q gives %s", a, x, b, y)
		}
	})
}
