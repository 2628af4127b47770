package limit_test

import (
	"context"
	"errors"
	"maps"
	"testing"
	"time"

	"google.golang.org/grpc"

	"github.com/throughline/throughline/services/platform/limit"
	"github.com/throughline/throughline/services/platform/telemetry/telemetrytest"
)

// answering is a limiter that always answers the same.
type answering struct {
	wait time.Duration
	err  error
}

func (a answering) Take(context.Context, string, int, bool) (time.Duration, error) {
	return a.wait, a.err
}

// called is a stream of a method, as servers have it in their contexts.
type called struct {
	grpc.ServerTransportStream
	method string
}

func (c called) Method() string { return c.method }

func TestCountTellsWhatWasTurnedAway(t *testing.T) {
	meters, read := telemetrytest.Meter(t)
	ctx := grpc.NewContextWithServerTransportStream(t.Context(), called{method: "/throughline.goals.v1.GoalsService/GetGoal"})
	for _, a := range []answering{{}, {wait: time.Second}, {err: errors.New("uncounted")}} {
		l, err := limit.Count(a, meters)
		if err != nil {
			t.Fatal(err)
		}
		if wait, err := l.Take(ctx, "o/ann", 1, true); wait != a.wait || !errors.Is(err, a.err) {
			t.Errorf("answered %v and %v, want those of %+v", wait, err, a)
		}
	}
	if got, want := read(), map[string]float64{"throughline.limit.refused{method=throughline.goals.v1.GoalsService/GetGoal}": 2}; !maps.Equal(got, want) {
		t.Errorf("counted %v, want %v", got, want)
	}
}
