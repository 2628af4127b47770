// Package telemetry gives a program its logs, traces and metrics.
package telemetry

import (
	"context"
	"io"
	"log/slog"

	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc/filters"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"
	"google.golang.org/grpc/stats"
)

// Service names the program in everything that it emits.
type Service struct {
	Name    string // service.name, such as budgetd.
	Version string // service.version.
	Logs    io.Writer
}

// Telemetry is handed to whatever logs, traces or measures; nothing is registered globally but the error handler.
type Telemetry struct {
	Log    *slog.Logger
	Tracer trace.TracerProvider
	Meter  metric.MeterProvider

	exports *exports // nil: nothing is exported
}

// Start makes the logger, and connects the exporters when c names an endpoint. An endpoint that is down is no error:
// exports are retried, and their failures logged.
func Start(ctx context.Context, service Service, c Config) (*Telemetry, error) {
	log, err := newLogger(service.Logs, c)
	if err != nil {
		return nil, err
	}
	if c.Endpoint == "" {
		return &Telemetry{Log: log, Tracer: tracenoop.NewTracerProvider(), Meter: metricnoop.NewMeterProvider()}, nil
	}
	e, err := connect(ctx, service, c)
	if err != nil {
		return nil, err
	}
	// The exporters have no other way to tell that the collector is away.
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { log.Warn("telemetry is not exported", "error", err) }))
	t := &Telemetry{Log: log, exports: e}
	t.Tracer, t.Meter = e.providers(service.Name)
	return t, nil
}

// For is the telemetry of one of several services in the process, under its own service.name. It ends with t.
func (t *Telemetry) For(service string) *Telemetry {
	of := *t
	of.Log = t.Log.With("service", service)
	if t.exports != nil {
		of.Tracer, of.Meter = t.exports.providers(service)
	}
	return &of
}

// ServerStats instruments the called side of gRPC, health checks aside; nil when nothing is exported.
func (t *Telemetry) ServerStats() stats.Handler {
	if t.exports == nil {
		return nil
	}
	return otelgrpc.NewServerHandler(t.instrumentation()...)
}

// ClientStats instruments the calling side of gRPC, health checks aside; nil when nothing is exported.
func (t *Telemetry) ClientStats() stats.Handler {
	if t.exports == nil {
		return nil
	}
	return otelgrpc.NewClientHandler(t.instrumentation()...)
}

func (t *Telemetry) instrumentation() []otelgrpc.Option {
	return []otelgrpc.Option{
		otelgrpc.WithTracerProvider(t.Tracer),
		otelgrpc.WithMeterProvider(t.Meter),
		otelgrpc.WithPropagators(propagation.TraceContext{}),
		otelgrpc.WithFilter(filters.Not(filters.HealthCheck())),
	}
}

// Shutdown exports what is still held, within ctx, and stops the exporters.
func (t *Telemetry) Shutdown(ctx context.Context) error {
	if t.exports == nil {
		return nil
	}
	return t.exports.shutdown(ctx)
}
