// Package telemetry gives a program its logs, traces and metrics.
package telemetry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc/filters"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/propagation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
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

	exporting bool
	stops     []func(context.Context) error
}

// Start makes the logger, and connects the exporters when c names an endpoint. An endpoint that is down is no error:
// exports are retried, and their failures logged.
func Start(ctx context.Context, service Service, c Config) (*Telemetry, error) {
	log, err := newLogger(service.Logs, c)
	if err != nil {
		return nil, err
	}
	t := &Telemetry{Log: log, Tracer: tracenoop.NewTracerProvider(), Meter: metricnoop.NewMeterProvider()}
	if c.Endpoint == "" {
		return t, nil
	}
	if err := t.export(ctx, service, c); err != nil {
		return nil, errors.Join(err, t.Shutdown(ctx))
	}
	return t, nil
}

func (t *Telemetry) export(ctx context.Context, service Service, c Config) error {
	traceOptions := []otlptracegrpc.Option{otlptracegrpc.WithEndpoint(c.Endpoint)}
	metricOptions := []otlpmetricgrpc.Option{otlpmetricgrpc.WithEndpoint(c.Endpoint)}
	if c.Insecure {
		traceOptions = append(traceOptions, otlptracegrpc.WithInsecure())
		metricOptions = append(metricOptions, otlpmetricgrpc.WithInsecure())
	}
	origin := resource.NewSchemaless(
		attribute.String("service.name", service.Name),
		attribute.String("service.version", service.Version),
	)
	spans, err := otlptracegrpc.New(ctx, traceOptions...)
	if err != nil {
		return fmt.Errorf("start the trace exporter: %w", err)
	}
	tracer := sdktrace.NewTracerProvider(
		sdktrace.WithBatcher(spans),
		sdktrace.WithResource(origin),
		sdktrace.WithSampler(sdktrace.ParentBased(sdktrace.TraceIDRatioBased(c.SampleRatio))),
	)
	t.Tracer = tracer
	t.stops = append(t.stops, tracer.Shutdown)

	points, err := otlpmetricgrpc.New(ctx, metricOptions...)
	if err != nil {
		return fmt.Errorf("start the metric exporter: %w", err)
	}
	meter := sdkmetric.NewMeterProvider(
		sdkmetric.WithReader(sdkmetric.NewPeriodicReader(points)),
		sdkmetric.WithResource(origin),
	)
	t.Meter = meter
	t.stops = append(t.stops, meter.Shutdown)

	// The exporters have no other way to tell that the collector is away.
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { t.Log.Warn("telemetry is not exported", "error", err) }))
	t.exporting = true
	return nil
}

// ServerStats instruments the called side of gRPC, health checks aside; nil when nothing is exported.
func (t *Telemetry) ServerStats() stats.Handler {
	if !t.exporting {
		return nil
	}
	return otelgrpc.NewServerHandler(t.instrumentation()...)
}

// ClientStats instruments the calling side of gRPC, health checks aside; nil when nothing is exported.
func (t *Telemetry) ClientStats() stats.Handler {
	if !t.exporting {
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
	errs := make([]error, len(t.stops))
	for i, stop := range t.stops {
		errs[i] = stop(ctx)
	}
	t.stops = nil
	return errors.Join(errs...)
}
