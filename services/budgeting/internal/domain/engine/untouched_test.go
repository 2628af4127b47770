package engine_test

import (
	"context"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/throughline/throughline/services/budgeting/internal/domain/engine"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/modeltest"
)

// The solver works on the input itself where that is in order, and leaves it as it was; what is answered keeps nothing that a later solve works on.
func TestSolvesLeaveInputsAndEarlierAnswersAlone(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 22))
	var before engine.Solved
	var plan, input []byte
	for i := range 700 {
		in := modeltest.RandomOf(r, engine.Version, model.Methods()[i%len(model.Methods())])
		if r.IntN(4) > 0 {
			in = in.Normalize()
		}
		was := in.Normalize()
		solved, err := engine.Solve(context.Background(), in)
		if err != nil {
			t.Fatal(err)
		}
		if is := in.Normalize(); !reflect.DeepEqual(is, was) {
			t.Fatalf("%s: the input is %+v, was %+v", in.Method, is, was)
		}
		if again, _ := before.Plan.Encode(); plan != nil && (string(again) != string(plan) || string(before.Encoded) != string(plan) || string(before.Input) != string(input)) {
			t.Fatalf("after %s an earlier answer is\n%s, was\n%s", in.Method, again, plan)
		}
		before, plan, input = solved, append([]byte{}, solved.Encoded...), append([]byte{}, solved.Input...)
		if i%2 == 0 {
			continue
		}
		// One that is closed gives its memory to the next, which is as it would be in fresh memory.
		closed, err := engine.Solve(context.Background(), in)
		if err != nil || string(closed.Encoded) != string(plan) || string(closed.Input) != string(input) {
			t.Fatalf("%s: solved again as\n%s (%v), was\n%s", in.Method, closed.Encoded, err, plan)
		}
		closed.Close()
	}
}
