package rpc_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/rpc"
)

var goalName = rpc.Name("organizations/{organization}/plans/{plan}/goals/{goal}")

func TestNames(t *testing.T) {
	for _, c := range []struct {
		name string
		ids  []string // nil: refused
	}{
		{"organizations/okc/plans/p-1/goals/g_2.x~", []string{"okc", "p-1", "g_2.x~"}},
		{"organizations/okc/plans/-/goals/g", nil},
		{"", nil},
		{"organizations/okc/plans/p", nil},
		{"organizations/okc/plans/p/goals/", nil},
		{"organizations/okc/plans/p/goals/g/h", nil},
		{"organizations/okc/plan/p/goals/g", nil},
		{"organizations/okc/plans/p q/goals/g", nil},
		{"organizations/okc/plans/é/goals/g", nil},
		{"organizations/okc/plans/p/goals/" + strings.Repeat("g", 129), nil},
	} {
		ids, err := goalName.Parse("goal.name", c.name)
		if !slices.Equal(ids, c.ids) {
			t.Errorf("%q: got %q, want %q", c.name, ids, c.ids)
		}
		f, refused := fault.As(err)
		if refused != (c.ids == nil) {
			t.Errorf("%q: %v", c.name, err)
		}
		if refused && (f.Kind != fault.Invalid || f.Violations[0].Field != "goal.name" || !strings.Contains(f.Violations[0].Detail, goalName.String())) {
			t.Errorf("%q: %v", c.name, err)
		}
	}
	if _, err := goalName.Parse("name", strings.Repeat("x", 1<<20)); err == nil || len(err.Error()) > 1000 {
		t.Error("the refusal repeats the nonsense")
	}
}

// Whatever Format makes of ids, Parse takes apart again.
func TestNamesRoundTrip(t *testing.T) {
	id := rapid.StringMatching(`[a-zA-Z0-9][a-zA-Z0-9._~-]{0,62}`)
	rapid.Check(t, func(t *rapid.T) {
		want := []string{id.Draw(t, "organization"), id.Draw(t, "plan"), id.Draw(t, "goal")}
		got, err := goalName.Parse("name", goalName.Format(want...))
		if err != nil || !slices.Equal(got, want) {
			t.Fatalf("got %q, %v; want %q", got, err, want)
		}
	})
}
