package service

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/propagation"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"github.com/throughline/throughline/services/platform/inbox"
	"github.com/throughline/throughline/services/platform/limit"
	"github.com/throughline/throughline/services/platform/outbox"
	"github.com/throughline/throughline/services/platform/sqldb"
)

const scope = "github.com/throughline/throughline/services/platform/service"

// watch is what others may see of a service from outside.
type watch struct {
	meter    metric.Meter
	tracer   trace.Tracer // nil: no spans
	handled  metric.Int64Counter
	readings []metric.Registration
}

// watched completes d's meter and tracer, has its database and limiter measured, and begins the watch. Without exporters nothing stands between the
// service and either.
func watched(d Deps) (Deps, watch, error) {
	if d.Meter == nil {
		d.Meter = metricnoop.NewMeterProvider()
	}
	var errs [3]error
	if _, off := d.Meter.(metricnoop.MeterProvider); !off {
		d.DB, errs[0] = sqldb.Observe(d.DB, d.Meter, d.Now)
		if d.Limiter != nil {
			d.Limiter, errs[1] = limit.Count(d.Limiter, d.Meter)
		}
	}
	w := watch{meter: d.Meter.Meter(scope)}
	if _, off := d.Tracer.(tracenoop.TracerProvider); !off && d.Tracer != nil {
		w.tracer = d.Tracer.Tracer(scope)
	}
	w.handled, errs[2] = w.meter.Int64Counter("throughline.events.handled",
		metric.WithDescription("Deliveries of events to consumers, by whether they were taken in."), metric.WithUnit("{event}"))
	return d, w, errors.Join(errs[:]...)
}

// Meter makes instruments; what they measure is dropped when nothing is exported.
func (s *Service) Meter() metric.Meter { return s.watch.meter }

// Observe has read called before each export, in the background, until Close.
func (s *Service) Observe(read metric.Callback, of ...metric.Observable) error {
	r, err := s.watch.meter.RegisterCallback(read, of...)
	if err == nil {
		s.watch.readings = append(s.watch.readings, r)
	}
	return err
}

// observeEvents tells what is not published and what could not be taken in.
func (s *Service) observeEvents() error {
	lag, e1 := s.watch.meter.Int64ObservableGauge("throughline.outbox.lag",
		metric.WithDescription("Events recorded and not yet published, 100,000 at most; told by the process that publishes."), metric.WithUnit("{event}"))
	oldest, e2 := s.watch.meter.Float64ObservableGauge("throughline.outbox.oldest",
		metric.WithDescription("Age of the oldest event not yet published, 0 for none; told by the process that publishes."), metric.WithUnit("s"))
	letters, e3 := s.watch.meter.Int64ObservableGauge("throughline.inbox.dead_letters",
		metric.WithDescription("Events that a consumer refused for good and that wait for an operator."), metric.WithUnit("{event}"))
	if err := errors.Join(e1, e2, e3); err != nil {
		return err
	}
	return s.Observe(func(ctx context.Context, o metric.Observer) error {
		var backlog outbox.Backlog
		var here bool
		var counts map[string]int64
		err := s.deps.DB.Read(ctx, func(tx sqldb.Tx) (err error) {
			if backlog, here, err = s.relay.Backlog(tx); err == nil {
				counts, err = inbox.Count(tx)
			}
			return err
		})
		if err != nil {
			return err
		}
		if here {
			age := time.Duration(0)
			if backlog.Events > 0 {
				age = max(0, s.deps.Now().Sub(backlog.Oldest))
			}
			o.ObserveInt64(lag, backlog.Events)
			o.ObserveFloat64(oldest, age.Seconds())
		}
		for _, in := range s.intakes {
			o.ObserveInt64(letters, counts[in.consumer], metric.WithAttributes(attribute.String("consumer", in.consumer)))
		}
		return nil
	}, lag, oldest, letters)
}

// unwatch ends the readings: the database is about to be closed.
func (w *watch) unwatch() (err error) {
	for _, r := range w.readings {
		err = errors.Join(err, r.Unregister())
	}
	return err
}

// deliveries label what is counted of a consumer.
func deliveries(consumer, outcome string) metric.AddOption {
	return metric.WithAttributeSet(attribute.NewSet(attribute.String("consumer", consumer), attribute.String("outcome", outcome)))
}

// deliver has do take in an event, counts how that went, and tells it as a span in the trace of the call that made the event.
func (w *watch) deliver(ctx context.Context, in intake, e outbox.Event, do func(context.Context) error) error {
	if w.tracer == nil {
		return w.count(ctx, in, do(ctx))
	}
	if e.TraceParent != "" {
		ctx = propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{"traceparent": e.TraceParent})
	}
	ctx, span := w.tracer.Start(ctx, "handle "+e.Type, trace.WithSpanKind(trace.SpanKindConsumer), trace.WithAttributes(
		semconv.MessagingSystemKey.String("throughline"), semconv.MessagingOperationTypeProcess, semconv.MessagingOperationName("handle"),
		semconv.MessagingDestinationName(e.Source), semconv.MessagingConsumerGroupName(in.consumer), semconv.MessagingMessageID(e.ID),
		semconv.CloudEventsEventType(e.Type), semconv.CloudEventsEventSource(e.Source), semconv.CloudEventsEventID(e.ID), semconv.CloudEventsEventSubject(e.Subject),
	))
	defer span.End()
	err := w.count(ctx, in, do(ctx))
	if err != nil {
		span.RecordError(err)
		span.SetStatus(codes.Error, err.Error())
	}
	return err
}

// count counts a delivery and answers its error; what was broken off is neither.
func (w *watch) count(ctx context.Context, in intake, err error) error {
	switch {
	case err == nil:
		w.handled.Add(ctx, 1, in.taken)
	case ctx.Err() == nil:
		w.handled.Add(ctx, 1, in.failed)
	}
	return err
}
