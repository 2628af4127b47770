package service

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel/metric"

	"github.com/throughline/throughline/services/platform/bus"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/inbox"
	"github.com/throughline/throughline/services/platform/outbox"
	"github.com/throughline/throughline/services/platform/sqldb"
)

const (
	retryEvery = 3 * time.Second // how soon dead letters that are to be tried again are
	retryBatch = 100             // letters read at once
)

// intake is what the service takes in of another's events.
type intake struct {
	consumer string
	handle   func(sqldb.Tx, outbox.Event) error

	taken, failed metric.AddOption // labels of deliveries
}

// take has the event's effect unless it was had, or that of a later event of the subject.
func (in intake) take(tx sqldb.Tx, e outbox.Event) (fresh bool, err error) {
	fresh, err = inbox.Once(tx, in.consumer, e)
	if err != nil || !fresh {
		return fresh, err
	}
	return true, in.handle(tx, e)
}

// Consume subscribes to another service's events. handle has its effect once per event, in the transaction it is given. Call it before Run.
func (s *Service) Consume(source string, types []string, handle func(sqldb.Tx, outbox.Event) error) error {
	consumer := s.source + "<" + source
	in := intake{consumer: consumer, handle: handle, taken: deliveries(consumer, "ok"), failed: deliveries(consumer, "failed")}
	s.intakes = append(s.intakes, in)
	return s.deps.Bus.Subscribe(bus.Subscription{
		Consumer: in.consumer, Source: source, Types: types,
		Handle: func(ctx context.Context, e outbox.Event) error {
			return s.watch.deliver(ctx, in, e, func(ctx context.Context) error {
				return s.deps.DB.Write(ctx, func(tx sqldb.Tx) error { _, err := in.take(tx, e); return err })
			})
		},
		DeadLetter: func(ctx context.Context, e outbox.Event, cause error) error {
			return s.deps.DB.Write(ctx, func(tx sqldb.Tx) error { return inbox.Bury(tx, in.consumer, e, cause) })
		},
	})
}

// retry tries the dead letters again of which an operator asked it.
func (s *Service) retry(ctx context.Context) error {
	for _, in := range s.intakes {
		var letters []inbox.Letter
		err := s.deps.DB.Read(ctx, func(tx sqldb.Tx) (err error) { letters, err = inbox.ToRetry(tx, in.consumer, retryBatch); return err })
		if err != nil {
			return err
		}
		for _, l := range letters {
			if err := s.retryLetter(ctx, in, l); err != nil {
				return err
			}
		}
	}
	return nil
}

// retryLetter takes in a buried event, or drops it when a later one of its subject was taken in, or buries it again. It answers an error when
// nothing can be told about the event now.
func (s *Service) retryLetter(ctx context.Context, in intake, l inbox.Letter) error {
	log := s.deps.Logger.With("consumer", in.consumer, "event", l.Event.ID, "type", l.Event.Type)
	var fresh bool
	err := s.watch.deliver(ctx, in, l.Event, func(ctx context.Context) error {
		return s.deps.DB.Write(ctx, func(tx sqldb.Tx) (err error) {
			if fresh, err = in.take(tx, l.Event); err != nil {
				return err
			}
			return inbox.Unbury(tx, l)
		})
	})
	switch {
	case err == nil && fresh:
		log.InfoContext(ctx, "a dead letter was taken in")
	case err == nil:
		log.WarnContext(ctx, "a dead letter was dropped: it, or a later event of its subject, was taken in before", "subject", l.Event.Subject, "sequence", l.Event.Sequence)
	case ctx.Err() != nil, fault.Is(err, fault.Unavailable), errors.Is(err, sqldb.ErrClosed):
		return err
	default:
		log.ErrorContext(ctx, "a dead letter was refused again", "error", err)
		return s.deps.DB.Write(ctx, func(tx sqldb.Tx) error { return inbox.Bury(tx, in.consumer, l.Event, err) })
	}
	return nil
}
