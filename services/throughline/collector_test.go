package throughline_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	metricsv1 "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	tracev1 "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	metricpb "go.opentelemetry.io/proto/otlp/metrics/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc"
)

// span is one that the collector was sent, and by whom.
type span struct {
	*tracepb.Span
	service string
}

// point is a metric that the collector was sent, and by whom.
type point struct {
	*metricpb.Metric
	service, instance string
}

// collector keeps what it is sent over OTLP.
type collector struct {
	tracev1.UnimplementedTraceServiceServer
	address string

	mu     sync.Mutex
	spans  []span
	points []point
	more   chan struct{} // closed when there are more spans
}

// measures is the collector's other service: both have a method Export.
type measures struct {
	metricsv1.UnimplementedMetricsServiceServer
	*collector
}

func startCollector(t *testing.T) *collector {
	t.Helper()
	l := listen(t)
	c := &collector{address: l.Addr().String(), more: make(chan struct{})}
	server := grpc.NewServer()
	tracev1.RegisterTraceServiceServer(server, c)
	metricsv1.RegisterMetricsServiceServer(server, measures{collector: c})
	done := make(chan error, 1)
	go func() { done <- server.Serve(l) }()
	t.Cleanup(func() {
		server.Stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return c
}

func (c *collector) Export(_ context.Context, r *tracev1.ExportTraceServiceRequest) (*tracev1.ExportTraceServiceResponse, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, origin := range r.GetResourceSpans() {
		for _, scope := range origin.GetScopeSpans() {
			for _, s := range scope.GetSpans() {
				c.spans = append(c.spans, span{s, resourceOf(origin.GetResource(), "service.name")})
			}
		}
	}
	close(c.more)
	c.more = make(chan struct{})
	return &tracev1.ExportTraceServiceResponse{}, nil
}

func (m measures) Export(_ context.Context, r *metricsv1.ExportMetricsServiceRequest) (*metricsv1.ExportMetricsServiceResponse, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, origin := range r.GetResourceMetrics() {
		for _, scope := range origin.GetScopeMetrics() {
			for _, p := range scope.GetMetrics() {
				m.points = append(m.points, point{p, resourceOf(origin.GetResource(), "service.name"), resourceOf(origin.GetResource(), "service.instance.id")})
			}
		}
	}
	return &metricsv1.ExportMetricsServiceResponse{}, nil
}

func resourceOf(r *resourcepb.Resource, key string) string {
	for _, a := range r.GetAttributes() {
		if a.GetKey() == key {
			return a.GetValue().GetStringValue()
		}
	}
	return ""
}

// await waits for the first span that is as wanted.
func (c *collector) await(t *testing.T, wanted func(span) bool) span {
	t.Helper()
	late := time.After(20 * time.Second)
	for {
		c.mu.Lock()
		at, more := slices.IndexFunc(c.spans, wanted), c.more
		if at >= 0 {
			defer c.mu.Unlock()
			return c.spans[at]
		}
		c.mu.Unlock()
		select {
		case <-more:
		case <-late:
			t.Fatal("the span did not come")
		}
	}
}

// all that it was sent, once its clients have shut down.
func (c *collector) all() ([]span, []point) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.spans, c.points
}
