package telemetry_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"go.opentelemetry.io/otel/trace"
	metricspb "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	tracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	"go.uber.org/goleak"
	"google.golang.org/grpc"

	"github.com/throughline/throughline/services/platform/config"
	"github.com/throughline/throughline/services/platform/telemetry"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func defaults(t *testing.T) telemetry.Config {
	t.Helper()
	var c struct {
		Telemetry telemetry.Config `embed:"" prefix:"telemetry-"`
	}
	if _, err := config.Parse(&c, config.Program{Name: "budgetd"}); err != nil {
		t.Fatal(err)
	}
	return c.Telemetry
}

func start(t *testing.T, logs io.Writer, c telemetry.Config) *telemetry.Telemetry {
	t.Helper()
	got, err := telemetry.Start(t.Context(), telemetry.Service{Name: "budgetd", Version: "v1.2.3", Logs: logs}, c)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestLogLinesNameTheirTrace(t *testing.T) {
	span := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}})
	ctx := trace.ContextWithSpanContext(t.Context(), span)
	var out bytes.Buffer
	c := defaults(t)
	c.LogFormat = "json"
	start(t, &out, c).Log.With("service", "budgeting").InfoContext(ctx, "adopted", "budget", "fy27")

	var line map[string]any
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatalf("%q is no JSON: %v", &out, err)
	}
	for key, want := range map[string]string{
		"msg": "adopted", "level": "INFO", "service": "budgeting", "budget": "fy27",
		"trace_id": "01000000000000000000000000000000", "span_id": "0200000000000000",
	} {
		if line[key] != want {
			t.Errorf("%s = %v, want %v", key, line[key], want)
		}
	}
}

func TestLogsWithoutTraceAndBelowLevel(t *testing.T) {
	var out bytes.Buffer
	c := defaults(t)
	c.LogLevel = "warn"
	log := start(t, &out, c).Log
	log.Info("hidden")
	log.Warn("seen")
	if text := out.String(); strings.Contains(text, "hidden") || !strings.Contains(text, "level=WARN msg=seen\n") {
		t.Errorf("logged %q, want the warning alone and no trace id", text)
	}
}

func TestWithoutEndpointNothingIsInstalled(t *testing.T) {
	got := start(t, io.Discard, defaults(t))
	if got.ServerStats() != nil || got.ClientStats() != nil {
		t.Error("gRPC is instrumented although nothing is exported")
	}
	_, span := got.Tracer.Tracer("x").Start(t.Context(), "x")
	if span.SpanContext().IsValid() {
		t.Error("spans are recorded although nothing is exported")
	}
	if err := got.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestSpansAndMetricsReachTheCollector(t *testing.T) {
	collector := startCollector(t)
	c := defaults(t)
	c.Endpoint, c.Insecure = collector.address, true
	got := start(t, io.Discard, c)
	if got.ServerStats() == nil || got.ClientStats() == nil {
		t.Error("gRPC is not instrumented")
	}
	_, span := got.Tracer.Tracer("test").Start(t.Context(), "solve")
	span.End()
	counter, err := got.Meter.Meter("test").Int64Counter("ballots")
	if err != nil {
		t.Fatal(err)
	}
	counter.Add(t.Context(), 3)
	if err := got.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := "metric ballots of budgetd, span solve of budgetd"
	if seen := collector.String(); seen != want {
		t.Errorf("collector saw %q, want %q", seen, want)
	}
}

func TestBadSettingsAreAllNamed(t *testing.T) {
	tests := map[string]struct {
		change func(*telemetry.Config)
		want   []string
	}{
		"defaults": {func(*telemetry.Config) {}, nil},
		"both": {
			func(c *telemetry.Config) { c.Endpoint, c.SampleRatio = "collector", 2 },
			[]string{`telemetry.endpoint must be host:port, such as localhost:4317, not "collector"`, "telemetry.sample-ratio must be between 0 and 1, not 2"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c := defaults(t)
			test.change(&c)
			got := ""
			if err := c.Validate(); err != nil {
				got = err.Error()
			}
			if want := strings.Join(test.want, "\n"); got != want {
				t.Errorf("error = %q, want %q", got, want)
			}
		})
	}
}

// collector notes what an OTLP endpoint receives.
type collector struct {
	tracepb.UnimplementedTraceServiceServer
	address string
	mu      sync.Mutex
	spans   []string
	metrics metricService
}

type metricService struct {
	metricspb.UnimplementedMetricsServiceServer
	mu   sync.Mutex
	seen []string
}

func startCollector(t *testing.T) *collector {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &collector{address: listener.Addr().String()}
	server := grpc.NewServer()
	tracepb.RegisterTraceServiceServer(server, c)
	metricspb.RegisterMetricsServiceServer(server, &c.metrics)
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	t.Cleanup(func() {
		server.Stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return c
}

func (c *collector) Export(_ context.Context, r *tracepb.ExportTraceServiceRequest) (*tracepb.ExportTraceServiceResponse, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, origin := range r.GetResourceSpans() {
		for _, scope := range origin.GetScopeSpans() {
			for _, span := range scope.GetSpans() {
				c.spans = append(c.spans, "span "+span.GetName()+" of "+serviceName(origin.GetResource()))
			}
		}
	}
	return &tracepb.ExportTraceServiceResponse{}, nil
}

func (m *metricService) Export(_ context.Context, r *metricspb.ExportMetricsServiceRequest) (*metricspb.ExportMetricsServiceResponse, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, origin := range r.GetResourceMetrics() {
		for _, scope := range origin.GetScopeMetrics() {
			// The SDK reports on itself in scopes of its own.
			if scope.GetScope().GetName() != "test" {
				continue
			}
			for _, point := range scope.GetMetrics() {
				m.seen = append(m.seen, "metric "+point.GetName()+" of "+serviceName(origin.GetResource()))
			}
		}
	}
	return &metricspb.ExportMetricsServiceResponse{}, nil
}

func (c *collector) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.metrics.mu.Lock()
	defer c.metrics.mu.Unlock()
	return strings.Join(append(append([]string{}, c.metrics.seen...), c.spans...), ", ")
}

func serviceName(r *resourcepb.Resource) string {
	for _, attribute := range r.GetAttributes() {
		if attribute.GetKey() == "service.name" {
			return attribute.GetValue().GetStringValue()
		}
	}
	return ""
}
