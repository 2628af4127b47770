package telemetry

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// exports are the connections to the collector, which all services of the process share.
type exports struct {
	version, instance string
	sampler           sdktrace.Sampler
	spans             sdktrace.SpanProcessor
	points            sdkmetric.Exporter

	mu    sync.Mutex
	stops []func(context.Context) error
}

func connect(ctx context.Context, service Service, c Config) (*exports, error) {
	traceOptions := []otlptracegrpc.Option{otlptracegrpc.WithEndpoint(c.Endpoint)}
	metricOptions := []otlpmetricgrpc.Option{otlpmetricgrpc.WithEndpoint(c.Endpoint)}
	if c.Insecure {
		traceOptions = append(traceOptions, otlptracegrpc.WithInsecure())
		metricOptions = append(metricOptions, otlpmetricgrpc.WithInsecure())
	}
	host, err := os.Hostname()
	if err != nil {
		return nil, fmt.Errorf("name this process: %w", err)
	}
	spans, err := otlptracegrpc.New(ctx, traceOptions...)
	if err != nil {
		return nil, fmt.Errorf("start the trace exporter: %w", err)
	}
	points, err := otlpmetricgrpc.New(ctx, metricOptions...)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start the metric exporter: %w", err), spans.Shutdown(ctx))
	}
	return &exports{
		version: service.Version, instance: fmt.Sprintf("%s:%d", host, os.Getpid()),
		sampler: sdktrace.ParentBased(sdktrace.TraceIDRatioBased(c.SampleRatio)),
		spans:   sdktrace.NewBatchSpanProcessor(spans), points: points,
	}, nil
}

// providers export under the name of a service.
func (e *exports) providers(service string) (trace.TracerProvider, metric.MeterProvider) {
	origin := resource.NewSchemaless(
		attribute.String("service.name", service),
		attribute.String("service.version", e.version),
		attribute.String("service.instance.id", e.instance),
	)
	tracer := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(e.spans), sdktrace.WithResource(origin), sdktrace.WithSampler(e.sampler))
	meter := sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewPeriodicReader(kept{e.points})), sdkmetric.WithResource(origin))
	e.mu.Lock()
	defer e.mu.Unlock()
	e.stops = append(e.stops, tracer.Shutdown, meter.Shutdown)
	return tracer, meter
}

// shutdown exports what is still held. A second call does nothing.
func (e *exports) shutdown(ctx context.Context) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.stops == nil {
		return nil
	}
	var errs []error
	for _, stop := range append(e.stops, e.points.Shutdown) {
		errs = append(errs, stop(ctx))
	}
	e.stops = nil
	return errors.Join(errs...)
}

// kept is an exporter that outlives each of its readers.
type kept struct{ sdkmetric.Exporter }

// Shutdown is left to exports.
func (kept) Shutdown(context.Context) error { return nil }
