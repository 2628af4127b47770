// Package telemetrytest tells tests what was measured.
package telemetrytest

import (
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// Meter measures; read answers what was measured so far: values of gauges and counters, counts of histograms, under the names of the metrics and
// their attributes, as in "throughline.db.tx.duration{kind=read,outcome=ok}".
func Meter(t testing.TB) (meters metric.MeterProvider, read func() map[string]float64) {
	t.Helper()
	reader := sdkmetric.NewManualReader()
	return sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)), func() map[string]float64 {
		t.Helper()
		var all metricdata.ResourceMetrics
		if err := reader.Collect(t.Context(), &all); err != nil {
			t.Errorf("collect: %v", err)
		}
		seen := map[string]float64{}
		for _, scope := range all.ScopeMetrics {
			for _, m := range scope.Metrics {
				add(seen, m)
			}
		}
		return seen
	}
}

func add(to map[string]float64, m metricdata.Metrics) {
	key := func(of attribute.Set) string {
		if of.Len() == 0 {
			return m.Name
		}
		return m.Name + "{" + of.Encoded(attribute.DefaultEncoder()) + "}"
	}
	switch data := m.Data.(type) {
	case metricdata.Sum[int64]:
		for _, p := range data.DataPoints {
			to[key(p.Attributes)] = float64(p.Value)
		}
	case metricdata.Gauge[int64]:
		for _, p := range data.DataPoints {
			to[key(p.Attributes)] = float64(p.Value)
		}
	case metricdata.Gauge[float64]:
		for _, p := range data.DataPoints {
			to[key(p.Attributes)] = p.Value
		}
	case metricdata.Histogram[float64]:
		for _, p := range data.DataPoints {
			to[key(p.Attributes)] = float64(p.Count)
		}
	}
}
