package throughline_test

import (
	"context"
	"encoding/hex"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	metricpb "go.opentelemetry.io/proto/otlp/metrics/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"github.com/throughline/throughline/services/platform/telemetry"
	"github.com/throughline/throughline/services/throughline"
)

const (
	callerTrace = "0af7651916cd43dd8448eb211c80319c"
	callerSpan  = "b7ad6b7169203331"
)

// A city that is loaded and publishes results by REST: the request, the calls that it caused and the event that they made are one trace, and the
// collector gets every metric of deploy/prometheus/metrics.txt that embedded mode has, in its shape.
func TestOneTraceFromARequestToTheEventsItCaused(t *testing.T) {
	embedded(t, "it looks at spans of its own process")
	t.Setenv("OTEL_BSP_SCHEDULE_DELAY", "20") // ms: spans are waited for
	sink := startCollector(t)
	c, told := startTold(t, sink.address)
	c.load(t)
	sent := c.ok(t, http.MethodPost, "/v1/"+riverbend+"/resultsRevisions:publish", c.as(t, "manager"), `{"ruleSet": "RULE_SET_WHEELER"}`,
		"Traceparent", "00-"+callerTrace+"-"+callerSpan+"-01")
	if sent.at("name") == "" {
		t.Fatalf("published %s", sent.body)
	}
	const published = "handle throughline.performance.v1.results_revision.created"
	consumed := sink.await(t, func(s span) bool {
		return s.service == "budgeting" && s.GetName() == published && hex.EncodeToString(s.GetTraceId()) == callerTrace
	})
	if err := told.Shutdown(context.Background()); err != nil { // before the suite ends, so that gauges are read once more
		t.Fatal(err)
	}
	spans, points := sink.all()
	t.Run("one trace", func(t *testing.T) { checkTrace(t, spans, consumed) })
	t.Run("metrics", func(t *testing.T) { checkMetrics(t, points) })
}

// startTold runs the suite in this process with its telemetry going to address.
func startTold(t *testing.T, address string) (*city, *telemetry.Telemetry) {
	t.Helper()
	told, err := telemetry.Start(t.Context(), telemetry.Service{Name: "throughline", Logs: &testLog{t: t}}, telemetry.Config{
		LogFormat: "text", LogLevel: "error", SampleRatio: 1, Endpoint: address, Insecure: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	c := throughline.Config{DataDir: t.TempDir(), HTTP: listen(t), GRPC: listen(t), Telemetry: told, Now: time.Now}
	s, err := throughline.Start(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("stop: %v", err)
		}
	})
	return &city{url: "http://" + c.HTTP.Addr().String(), grpc: c.GRPC.Addr().String(), dir: c.DataDir, keys: s.Keys}, told
}

// checkTrace follows the consumer's span up to the caller's.
func checkTrace(t *testing.T, spans []span, consumed span) {
	t.Helper()
	byID := map[string]span{}
	for _, s := range spans {
		if hex.EncodeToString(s.GetTraceId()) == callerTrace {
			byID[string(s.GetSpanId())] = s
		}
	}
	var path []string
	parent := ""
	for s, ok := consumed, true; ok; s, ok = byID[parent] {
		kind := strings.TrimPrefix(s.GetKind().String(), "SPAN_KIND_")
		path = append(path, s.service+" "+kind+" "+s.GetName())
		if s.GetStatus().GetCode() == tracepb.Status_STATUS_CODE_ERROR {
			t.Errorf("%s failed: %s", s.GetName(), s.GetStatus().GetMessage())
		}
		parent = string(s.GetParentSpanId())
	}
	const method = "throughline.performance.v1.PerformanceService/PublishResults"
	want := []string{
		"budgeting CONSUMER handle throughline.performance.v1.results_revision.created",
		"performance SERVER " + method,
		"gateway CLIENT " + method,
		"gateway SERVER POST /v1/{parent=organizations/*}/resultsRevisions:publish",
	}
	if !slices.Equal(path, want) || hex.EncodeToString([]byte(parent)) != callerSpan {
		t.Errorf("from the consumer up:\n%s\nbelow span %x; want below %s\n%s", strings.Join(path, "\n"), parent, callerSpan, strings.Join(want, "\n"))
	}
	attributes := map[string]string{}
	for _, a := range consumed.GetAttributes() {
		attributes[a.GetKey()] = a.GetValue().GetStringValue()
	}
	for key, want := range map[string]string{
		"messaging.operation.type": "process", "messaging.destination.name": "throughline.performance.v1",
		"messaging.consumer.group.name": "throughline.budgeting.v1<throughline.performance.v1",
	} {
		if attributes[key] != want {
			t.Errorf("the consumer's span has %s %q, want %q", key, attributes[key], want)
		}
	}
}

// notEmbedded are the metrics that this run has none of: of Redis, TLS and PostgreSQL, and of what did not go wrong.
var notEmbedded = []string{
	"throughline.events.missing", "throughline.events.waiting", "throughline.tls.expires", "throughline.db.retries",
	"throughline.limit.refused", "throughline.events.dead_letters",
}

// checkMetrics holds each metric that came to its line of metrics.txt, and the lines to what came.
func checkMetrics(t *testing.T, points []point) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root(t), "deploy", "prometheus", "metrics.txt"))
	if err != nil {
		t.Fatal(err)
	}
	from := map[string][]string{} // services by metric
	shapes := map[string][]string{}
	for _, p := range points {
		if p.instance == "" {
			t.Errorf("%s of %s has no instance", p.GetName(), p.service)
		}
		if !slices.Contains(from[p.GetName()], p.service) {
			from[p.GetName()] = append(from[p.GetName()], p.service)
		}
		shapes[p.GetName()] = shape(p.Metric, shapes[p.GetName()])
	}
	for line := range strings.Lines(string(text)) {
		words := strings.Fields(line)
		if len(words) < 4 || !strings.HasPrefix(words[0], "throughline.") && !strings.HasPrefix(words[0], "rpc.") || slices.Contains(notEmbedded, words[0]) {
			continue
		}
		name, attributes := words[0], words[3:]
		got := shapes[name]
		if len(got) == 0 {
			t.Errorf("%s did not come", name)
			continue
		}
		if got[0] != words[1] || got[1] != words[2] {
			t.Errorf("%s is a %s in %s; listed as a %s in %s", name, got[0], got[1], words[1], words[2])
		}
		for _, key := range got[2:] {
			if !slices.Contains(attributes, key) && !strings.HasPrefix(name, "rpc.") { // whose conventions have more
				t.Errorf("%s has attribute %s, which is not listed", name, key)
			}
		}
		for _, key := range attributes {
			if key != "-" && key != "error.type" && !slices.Contains(got, key) {
				t.Errorf("%s has no attribute %s, which is listed", name, key)
			}
		}
	}
	for name, services := range map[string][]string{
		"rpc.server.call.duration": {"actionplanning", "budgeting", "goals", "performance"}, "rpc.client.call.duration": {"budgeting", "gateway"},
		"throughline.outbox.lag": {"actionplanning", "budgeting", "goals", "performance"}, "throughline.proposals.stale": {"budgeting"},
	} {
		for _, s := range services {
			if !slices.Contains(from[name], s) {
				t.Errorf("%s came from %q, not from %s", name, from[name], s)
			}
		}
	}
}

// shape is kind, unit and attribute keys of a metric; more keys are added to known.
func shape(m *metricpb.Metric, known []string) []string {
	var kind string
	var sets [][]*commonpb.KeyValue
	switch data := m.GetData().(type) {
	case *metricpb.Metric_Histogram:
		kind = "histogram"
		for _, p := range data.Histogram.GetDataPoints() {
			sets = append(sets, p.GetAttributes())
		}
	case *metricpb.Metric_Gauge:
		kind = "gauge"
		for _, p := range data.Gauge.GetDataPoints() {
			sets = append(sets, p.GetAttributes())
		}
	case *metricpb.Metric_Sum:
		kind = "updown"
		if data.Sum.GetIsMonotonic() {
			kind = "counter"
		}
		for _, p := range data.Sum.GetDataPoints() {
			sets = append(sets, p.GetAttributes())
		}
	}
	if known == nil {
		known = []string{kind, m.GetUnit()}
	}
	for _, set := range sets {
		for _, a := range set {
			if !slices.Contains(known[2:], a.GetKey()) {
				known = append(known, a.GetKey())
			}
		}
	}
	return known
}
