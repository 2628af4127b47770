package sensitivity

import (
	"context"
	"strings"
	"testing"

	"github.com/throughline/throughline/services/budgeting/internal/domain/engine"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/platform/fault"
)

func allocate(t *testing.T, in model.Input) model.Plan {
	t.Helper()
	plan, _, err := engine.Allocate(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// A point of weight moves $1. Fire moves by more than $2 once its cut of 100 × (2 − score) rounds to 97, at a score of 52.5 %: 97.5 and 102.5 leave
// one unit to the tie, which goes to the heavier, and it is parks that gives it. The score of 52.5 % starts at a weight of 52.495 %.
func TestFragilityByHand(t *testing.T) {
	in := town()
	f, err := Fragility(context.Background(), in, allocate(t, in), 2_00, Options{Solves: 2000})
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Goals) != 2 || f.Goals[0].Goal != "green" || f.Goals[1].Goal != "safety" || f.Solves == 0 {
		t.Fatalf("goals %+v", f.Goals)
	}
	g := f.Goals[1]
	if g.LeastPPM != 24_950 || g.Up.ChangePPM != 24_950 || g.Up.WeightPPM != 524_950 || !g.Up.Coverage.Proven || !g.Down.Coverage.Proven || g.Down.WeightPPM != 500_000-g.Down.ChangePPM {
		t.Fatalf("safety %+v", g)
	}
	if c := g.Up.Flips; len(c) != 2 || c[0] != (Change{MoveChange, "fire", "", "CUT", "CUT", 900_00, 903_00}) || c[1].AmountAfter != 897_00 {
		t.Fatalf("flips %+v", c)
	}
	says := strings.Join(append(f.Sentences, g.Sentences...), "\n")
	for _, text := range []string{
		"points of its weight change a decision, or move a program by more than 2.00 USD.",
		`The weight of goal "Safe streets", 50 %, needs 2.495 points more to change a decision.`,
		`Program "fire" gets 903.00 USD instead of 900.00 USD.`, "Every weight nearer than that was examined.",
	} {
		if !strings.Contains(says, text) {
			t.Errorf("%q is missing in\n%s", text, says)
		}
	}
}

func TestAFlipOfADecisionNeedsNoThreshold(t *testing.T) {
	in := town()
	in.Funds[0].Available = 2010_00 // growth of 10 by q: parks stays at its base once fire takes all, at a score below 5 %
	in.Programs[0].Requested, in.Programs[1].Requested = 10_00, 10_00
	f, err := Fragility(context.Background(), in, allocate(t, in), 1<<50, Options{})
	if err != nil {
		t.Fatal(err)
	}
	g := f.Goals[1]
	// Of 10 units fire has 9.5 or more, and the tie, from a score of 95 % on: a weight of 94.995 %.
	if g.Goal != "safety" || g.Up.WeightPPM != 949_950 || len(g.Up.Flips) != 1 || g.Up.Flips[0] != (Change{StandingChange, "parks", "", "RAISED", "KEPT", 1005_00, 1000_00}) {
		t.Fatalf("safety %+v", g)
	}
	if want := `Program "parks" is at its base, not raised: it gets 1,000.00 USD instead of 1,005.00 USD.`; !strings.Contains(strings.Join(g.Sentences, "\n"), want) {
		t.Fatalf("says %v", g.Sentences)
	}
}

func TestNothingIsFragile(t *testing.T) {
	in := town()
	in.Funds[0].Available = 2000_00
	in.Goals[0].WeightPPM, in.Goals[1].WeightPPM = 0, 1_000_000
	calls := int64(0)
	f, err := Fragility(context.Background(), in, allocate(t, in), 0, Options{Progress: func(done, most int64) {
		if calls++; done != calls || most != 256 {
			t.Errorf("progress %d of %d after %d calls", done, most, calls)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	g := f.Goals[1]
	if g.LeastPPM != 0 || g.Up.ReachPPM != 0 || !g.Up.Coverage.Proven || g.Down.ReachPPM != 1_000_000 || g.Down.Coverage.Solves > 64 || calls != f.Solves {
		t.Fatalf("safety %+v", g)
	}
	says := strings.Join(append(f.Sentences, g.Sentences...), "\n")
	for _, text := range []string{"No weight of a single goal was found", "cannot rise.", "can fall by all of 100 points without"} {
		if !strings.Contains(says, text) {
			t.Errorf("%q is missing in\n%s", text, says)
		}
	}
}

func TestFragilityRefuses(t *testing.T) {
	in := town()
	plan := allocate(t, in)
	if _, err := Fragility(context.Background(), in, plan, -1, Options{}); !fault.Is(err, fault.Invalid) {
		t.Errorf("a threshold below zero gives %v", err)
	}
	in.Goals[0].WeightPPM, in.Goals[1].WeightPPM = 400_000, 600_000
	if _, err := Fragility(context.Background(), in, plan, 0, Options{}); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "another input") {
		t.Errorf("a plan of another input gives %v", err)
	}
	broken := in
	broken.Currency = ""
	if _, err := Fragility(context.Background(), broken, plan, 0, Options{}); !fault.Is(err, fault.Invalid) {
		t.Errorf("an invalid input gives %v", err)
	}
}
