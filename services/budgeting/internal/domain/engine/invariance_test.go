package engine_test

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/throughline/throughline/services/budgeting/internal/domain/engine"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/modeltest"
)

// With a spread of 1 and no limit on cuts that binds, a shortage is shared as it is across the board.
func TestASpreadOfOneIsAcrossTheBoard(t *testing.T) {
	r := rand.New(rand.NewPCG(14, 9))
	compared := 0
	for range 1500 {
		in := modeltest.RandomOf(r, engine.Version, model.PriorityAdjustment)
		in.Params.SpreadMilli, in.Params.MaxCutPPM = 1000, model.Whole
		for i := range in.Programs {
			in.Programs[i].Requested = 0
		}
		plan := mustAllocate(t, in)
		in.Method = model.AcrossTheBoard
		other := mustAllocate(t, in)
		for i := range plan.Lines {
			if a, b := &plan.Lines[i], &other.Lines[i]; a.Amount != b.Amount || a.Reason != b.Reason {
				t.Fatalf("%s gets %d (%s), across the board %d (%s)", a.Program, a.Amount, a.Reason, b.Amount, b.Reason)
			}
		}
		if plan.Outcome == model.Optimal && plan.Totals.Change < 0 {
			compared++
		}
	}
	if compared < 300 {
		t.Fatalf("only %d shortages were compared", compared)
	}
}

// Scores are of no account across the board.
func TestAcrossTheBoardKnowsNoPriority(t *testing.T) {
	r := rand.New(rand.NewPCG(15, 9))
	for range 500 {
		in := modeltest.RandomOf(r, engine.Version, model.AcrossTheBoard)
		plan := mustAllocate(t, in)
		for i := range in.Programs {
			in.Programs[i].Alignment = nil
		}
		other := mustAllocate(t, in)
		for i := range plan.Lines {
			if plan.Lines[i].Amount != other.Lines[i].Amount {
				t.Fatalf("%s gets %d, without its alignment %d", plan.Lines[i].Program, plan.Lines[i].Amount, other.Lines[i].Amount)
			}
		}
	}
}

func TestTheOrderOfTheInputDoesNotMatter(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 9))
	for i := range 600 {
		in := modeltest.RandomOf(r, engine.Version, formulas[i%len(formulas)])
		other := in.Normalize()
		shuffle(r, other.Programs)
		shuffle(r, other.Funds)
		shuffle(r, other.Goals)
		shuffle(r, other.Params.Results)
		for i := range other.Programs {
			shuffle(r, other.Programs[i].CostLines)
			shuffle(r, other.Programs[i].EligibleFunds)
			shuffle(r, other.Programs[i].Alignment)
			shuffle(r, other.Programs[i].Grants)
			shuffle(r, other.Programs[i].Positions)
		}
		a, errA := mustAllocate(t, in).Encode()
		b, errB := mustAllocate(t, other).Encode()
		if errA != nil || errB != nil || string(a) != string(b) {
			t.Fatalf("plans differ:\n%s\n%s", a, b)
		}
	}
}

func shuffle[T any](r *rand.Rand, s []T) {
	r.Shuffle(len(s), func(i, j int) { s[i], s[j] = s[j], s[i] })
}

// Names decide ties only: with every name turned round, no program moves by more than a unit, and none at all in a rename that keeps order.
func TestNamesDecideTiesOnly(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 9))
	for range 400 {
		in := plain(r)
		in.Method = rates[r.IntN(len(rates))]
		before := amounts(mustAllocate(t, in))
		kept, turned := in.Normalize(), in.Normalize()
		for i := range in.Programs {
			kept.Programs[i].ID = "service-" + kept.Programs[i].ID
			turned.Programs[i].ID = string(rune('z'-i)) + turned.Programs[i].ID
		}
		after := amounts(mustAllocate(t, kept))
		for id, x := range before {
			if after["service-"+id] != x {
				t.Fatalf("a rename that keeps order moves %s from %d to %d", id, x, after["service-"+id])
			}
		}
		reversed := mustAllocate(t, turned)
		for id, y := range amounts(reversed) {
			if d := before[id[1:]] - y; d < -1 || d > 1 {
				t.Fatalf("a rename moves %s from %d to %d", id[1:], before[id[1:]], y)
			}
		}
	}
}

func TestAStoredInputReplaysToTheByte(t *testing.T) {
	r := rand.New(rand.NewPCG(10, 9))
	for i := range 400 {
		in := modeltest.RandomOf(r, engine.Version, formulas[i%len(formulas)])
		plan, cert, err := engine.Allocate(context.Background(), in)
		if err != nil {
			t.Fatal(err)
		}
		stored, err := in.Canonical()
		if err != nil {
			t.Fatal(err)
		}
		again, certAgain, err := engine.Replay(context.Background(), stored)
		if err != nil {
			t.Fatal(err)
		}
		a, _ := plan.Encode()
		b, _ := again.Encode()
		if string(a) != string(b) || cert.PlanHash != certAgain.PlanHash || cert.InputHash != certAgain.InputHash {
			t.Fatalf("replay differs:\n%s\n%s", a, b)
		}
		read, err := model.DecodePlan(a)
		if err != nil {
			t.Fatal(err)
		}
		if hash, _ := read.Hash(); hash != cert.PlanHash {
			t.Fatalf("the stored plan hashes to %s, want %s", hash, cert.PlanHash)
		}
	}
}
