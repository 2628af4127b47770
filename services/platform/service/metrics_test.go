package service

import (
	"errors"
	"log/slog"
	"maps"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/throughline/throughline/services/platform/bus"
	"github.com/throughline/throughline/services/platform/outbox"
	"github.com/throughline/throughline/services/platform/sqldb"
	"github.com/throughline/throughline/services/platform/sqldb/sqldbtest"
	"github.com/throughline/throughline/services/platform/telemetry/telemetrytest"
)

// A consumer's deliveries are counted, and are spans in the traces of what made the events; what it refused for good is counted until a retry succeeds.
func TestDeliveriesAreToldOf(t *testing.T) {
	meters, read := telemetrytest.Meter(t)
	spans := tracetest.NewSpanRecorder()
	noon := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	b := bus.NewInProcess(bus.Config{Tries: 1, Logger: slog.New(slog.DiscardHandler)})
	s := New(Deps{
		DB: sqldbtest.SQLite(t, nil), Bus: b, Logger: slog.New(slog.DiscardHandler), Now: func() time.Time { return noon },
		Meter: meters, Tracer: sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans)),
	}, "consumer", nil)
	var refusal error
	if err := s.Consume("goals", nil, func(sqldb.Tx, outbox.Event) error { return refusal }); err != nil {
		t.Fatal(err)
	}
	if err := s.observeEvents(); err != nil {
		t.Fatal(err)
	}
	const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	for i, e := range []error{nil, errors.New("no such plan")} {
		refusal = e
		event := outbox.Event{ID: "e", Source: "goals", Type: "goals.plan.created", Subject: "p", Sequence: int64(i + 1), TraceParent: parent}
		if _, err := b.Publish(t.Context(), []outbox.Event{event}); err != nil {
			t.Fatal(err)
		}
	}
	const handled, letters = "throughline.events.handled{consumer=consumer<goals,outcome=", "throughline.inbox.dead_letters{consumer=consumer<goals}"
	got := read()
	maps.DeleteFunc(got, func(name string, _ float64) bool { return strings.HasPrefix(name, "throughline.db.") })
	if want := map[string]float64{handled + "ok}": 1, handled + "failed}": 1, letters: 1}; !maps.Equal(got, want) {
		t.Errorf("measured %v, want %v; the outbox is told of where the relay runs", got, want)
	}
	ended := spans.Ended()
	if len(ended) != 2 {
		t.Fatalf("%d spans, want 2", len(ended))
	}
	for i, span := range ended {
		from := span.Parent()
		if span.Name() != "handle goals.plan.created" || span.SpanKind() != trace.SpanKindConsumer || from.TraceID().String() != parent[3:35] || from.SpanID().String() != parent[36:52] {
			t.Errorf("span %q of kind %v below %v", span.Name(), span.SpanKind(), from)
		}
		if failed := span.Status().Code == codes.Error; failed != (i == 1) {
			t.Errorf("span %d failed: %v", i, failed)
		}
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// Without exporters the service uses its database and limiter as they are.
func TestNothingStandsBetweenWhenNothingIsExported(t *testing.T) {
	db := sqldbtest.SQLite(t, nil)
	d, w, err := watched(Deps{DB: db})
	if err != nil || d.DB != db || d.Limiter != nil || w.tracer != nil {
		t.Errorf("uses %T, traces with %v, error %v", d.DB, w.tracer, err)
	}
}
