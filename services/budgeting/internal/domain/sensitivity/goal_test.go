package sensitivity

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/throughline/throughline/services/budgeting/internal/domain/engine"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/platform/fault"
)

const dollar = 100

// town has two goals of equal weight; fire serves one, parks the other. Each has $1,000 and together they are short by $200.
func town() model.Input {
	program := func(id string, safety, green int64) model.Program {
		return model.Program{
			ID: id, Alignment: []model.Alignment{{Goal: "safety", Level: safety}, {Goal: "green", Level: green}},
			CostLines: []model.CostLine{{ID: "all", Fund: "general", Treatment: model.Competes, Amount: 1000 * dollar}},
		}
	}
	return model.Input{
		EngineVersion: engine.Version, Method: model.PriorityAdjustment, Currency: "USD", RoundingUnit: dollar, Params: model.DefaultParams(),
		Goals:     []model.Goal{{ID: "green", WeightPPM: 500_000}, {ID: "safety", Title: "Safe streets", WeightPPM: 500_000}},
		Funds:     []model.Fund{{ID: "general", Available: 1800 * dollar, Class: model.Unassigned, Kind: model.General}},
		Programs:  []model.Program{program("fire", 4, 0), program("parks", 0, 4)},
		Revisions: model.Revisions{Priority: model.Revision{Name: "r1", Hash: "aa"}},
	}
}

func TestReweigh(t *testing.T) {
	goals := []model.Goal{{ID: "a", WeightPPM: 500_000}, {ID: "b", WeightPPM: 300_000}, {ID: "c", WeightPPM: 200_000}}
	tests := []struct {
		name string
		goal string
		ppm  int64
		want []int64
	}{
		{"as it is", "a", 500_000, []int64{500_000, 300_000, 200_000}},
		{"half of the rest", "a", 750_000, []int64{750_000, 150_000, 100_000}},
		{"everything", "a", 1_000_000, []int64{1_000_000, 0, 0}},
		{"nothing", "a", 0, []int64{0, 600_000, 400_000}},
		{"a part goes to the nearest", "a", 500_001, []int64{500_001, 299_999, 200_000}}, // 299,999.4 and 199,999.6
		{"the middle one", "b", 0, []int64{714_286, 0, 285_714}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			at, err := place(goals, tc.goal)
			if err != nil {
				t.Fatal(err)
			}
			if got := weights(reweigh(goals, at, tc.ppm)); !slices.Equal(got, tc.want) {
				t.Fatalf("weights %v, want %v", got, tc.want)
			}
		})
	}
	alone := []model.Goal{{ID: "a", WeightPPM: 1_000_000}, {ID: "b"}, {ID: "c"}}
	if got := weights(reweigh(alone, 0, 999_999)); !slices.Equal(got, []int64{999_999, 1, 0}) {
		t.Fatalf("weights %v", got)
	}
	for _, bad := range []struct {
		goals []model.Goal
		goal  string
	}{{goals, "x"}, {goals[:1], "a"}} {
		if _, err := place(bad.goals, bad.goal); !fault.Is(err, fault.Invalid) {
			t.Errorf("%+v gives %v", bad, err)
		}
	}
}

func weights(goals []model.Goal) []int64 {
	var out []int64
	for _, g := range goals {
		out = append(out, g.WeightPPM)
	}
	return out
}

func TestNoGoalGainsWhileAnotherTakesMore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var goals []model.Goal
		left := int64(model.Whole)
		for i := range rapid.IntRange(2, 6).Draw(t, "goals") {
			w := rapid.Int64Range(0, left).Draw(t, "weight")
			goals = append(goals, model.Goal{ID: string(rune('a' + i)), WeightPPM: w})
			left -= w
		}
		goals[0].WeightPPM += left
		at := rapid.IntRange(0, len(goals)-1).Draw(t, "which")
		ppm := rapid.Int64Range(0, model.Whole-1).Draw(t, "ppm")
		a, b := reweigh(goals, at, ppm), reweigh(goals, at, ppm+1)
		var sum int64
		for i := range a {
			sum += a[i].WeightPPM
			if i != at && b[i].WeightPPM > a[i].WeightPPM {
				t.Fatalf("goal %d gains: %v, then %v", i, weights(a), weights(b))
			}
		}
		if sum != model.Whole || a[at].WeightPPM != ppm || !slices.Equal(weights(reweigh(goals, at, goals[at].WeightPPM)), weights(goals)) {
			t.Fatalf("%v at %d of %v", weights(a), ppm, weights(goals))
		}
	})
}

func TestThePriceByHand(t *testing.T) {
	s, err := Goal(context.Background(), town(), "safety", 480_000, 520_000, Options{Points: 5, Solves: 500})
	if err != nil {
		t.Fatal(err)
	}
	// At 51 % fire's multiplier is 1.98 and parks' 2.02: 99 and 101 of the 200.
	want := []Price{{"fire", 900_00, 1_00, -1_00}, {"parks", 900_00, -1_00, 1_00}}
	if !slices.Equal(s.Prices, want) || s.UpPPM != 10_000 || s.DownPPM != 10_000 {
		t.Fatalf("prices %+v", s.Prices)
	}
	if len(s.Curve) != 5 || s.Curve[0].PPM != 480_000 || !slices.Equal(s.Curve[0].Amounts, []int64{898_00, 902_00}) || !slices.Equal(s.Curve[4].Amounts, []int64{902_00, 898_00}) {
		t.Fatalf("curve %+v", s.Curve)
	}
	if !slices.Equal(s.Programs, []string{"fire", "parks"}) || len(s.Breakpoints) != 0 || !s.Coverage.Proven || s.Coverage.StepPPM != 1 {
		t.Fatalf("%v, breakpoints %+v, coverage %+v", s.Programs, s.Breakpoints, s.Coverage)
	}
	says := strings.Join(s.Sentences, "\n")
	for _, text := range []string{
		`Goal "Safe streets" weighs 50 %. A point more moves 2 programs, a point less 2 programs.`,
		`Program "fire" changes by 1.00 USD for 1 point more of weight, and by −1.00 USD for 1 point less.`,
		"Between 48 % and 52 % there are 0 weights where decisions change.",
		"every weight in the range was examined",
	} {
		if !strings.Contains(says, text) {
			t.Errorf("%q is missing in\n%s", text, says)
		}
	}
}

// Parks' cut is 50 × (1 + 2 × (1 − score)) dollars. A limit of 11 % binds once that rounds to 110: at a score of 40.5 %. Scores round to the even
// basis point at a half, so fire's 59.5 % starts at a weight of 59.495 %, where parks' score is the 40.505 % that rounds to 40.5 % too.
func TestABreakpointByHand(t *testing.T) {
	in := town()
	in.Params.MaxCutPPM = 110_000
	for _, tc := range []struct {
		name   string
		solves int
		proven bool
	}{{"every weight", 1000, true}, {"by halving", 1, false}} {
		t.Run(tc.name, func(t *testing.T) {
			s, err := Goal(context.Background(), in, "safety", 590_000, 599_999, Options{Points: 10, Solves: tc.solves})
			if err != nil {
				t.Fatal(err)
			}
			if s.Coverage.Proven != tc.proven || s.Coverage.Solves > s.Coverage.Limit {
				t.Fatalf("coverage %+v", s.Coverage)
			}
			if tc.proven && (len(s.Breakpoints) != 1 || s.Breakpoints[0].PPM != 594_950 || s.Breakpoints[0].BelowPPM != 594_949) {
				t.Fatalf("breakpoints %+v", s.Breakpoints)
			}
			b := s.Breakpoints[0]
			if b.BelowPPM >= 594_950 || b.PPM < 594_950 || b.PPM-b.BelowPPM > s.Coverage.StepPPM {
				t.Fatalf("breakpoint %+v", b)
			}
			if c := b.Changes[0]; len(b.Changes) != 1 || c.Kind != LimitChange || c.Program != "parks" || c.Before != "AT_RATE" || c.After != "MAX_CUT" {
				t.Fatalf("changes %+v", b.Changes)
			}
			if want := `In fund "general" program "parks" is decided by MAX_CUT instead of AT_RATE.`; b.Sentences[1] != want || (tc.proven && b.Sentences[0] != "From a weight of 59.495 % on:") {
				t.Fatalf("says %v", b.Sentences)
			}
		})
	}
}

// Fire is at the limit below 40.505 %, parks is from 59.495 % on: two breakpoints between the only two points of a curve.
func TestHalvingFindsEveryRegimeInAGap(t *testing.T) {
	in := town()
	in.Params.MaxCutPPM = 110_000
	in.Goals[0].WeightPPM, in.Goals[1].WeightPPM = 380_000, 620_000 // outside of the range
	s, err := Goal(context.Background(), in, "safety", 390_000, 610_000, Options{Points: 2, Solves: 60})
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Breakpoints) != 2 || s.Coverage.Proven || s.Coverage.StepPPM != 220_000 || s.Coverage.Solves > 60 {
		t.Fatalf("breakpoints %+v, coverage %+v", s.Breakpoints, s.Coverage)
	}
	for i, want := range []struct {
		ppm           int64
		program, says string
	}{{405_051, "fire", "MAX_CUT"}, {594_950, "parks", "AT_RATE"}} {
		b := s.Breakpoints[i]
		if b.PPM != want.ppm || b.BelowPPM != want.ppm-1 || len(b.Changes) != 1 || b.Changes[0].Program != want.program || b.Changes[0].Before != want.says {
			t.Errorf("breakpoint %+v", b)
		}
	}
	if n := len(s.Sentences); !strings.Contains(s.Sentences[n-1], "Weights up to 22 points apart were examined") {
		t.Errorf("says %v", s.Sentences[n-1])
	}
}

func TestGoalRefuses(t *testing.T) {
	in := town()
	for _, tc := range []struct {
		name     string
		goal     string
		from, to int64
	}{{"unknown goal", "x", 0, 1}, {"empty range", "safety", 5, 5}, {"beyond the scale", "safety", 0, 1_000_001}, {"below it", "safety", -1, 5}} {
		if _, err := Goal(context.Background(), in, tc.goal, tc.from, tc.to, Options{}); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s gives %v", tc.name, err)
		}
	}
	broken := in
	broken.Currency = ""
	if _, err := Goal(context.Background(), broken, "safety", 0, 5, Options{}); !fault.Is(err, fault.Invalid) {
		t.Errorf("an invalid input gives %v", err)
	}
	refused := errors.New("no")
	solve := func(context.Context, model.Input) (model.Plan, error) { return model.Plan{}, refused }
	if _, err := Goal(context.Background(), in, "safety", 0, 5, Options{Solve: solve}); !errors.Is(err, refused) {
		t.Errorf("a solver's error becomes %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Goal(ctx, in, "safety", 0, 5, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled context gives %v", err)
	}
}
