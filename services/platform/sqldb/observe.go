package sqldb

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// repeating is an engine that repeats closures; it tells how often it has.
type repeating interface{ repetitions() int64 }

// observed measures how long closures take, waiting and repetitions included.
type observed struct {
	DB
	now      func() time.Time
	took     metric.Float64Histogram
	of       [2][2][]metric.RecordOption // by kind and outcome
	repeated metric.Registration         // nil: the engine repeats nothing
}

// Observe is db with its transactions measured. What a closure answers, a refusal of the domain above all, is no failure of a transaction: that is
// storage that is away or closed, and a caller who ran out of time.
func Observe(db DB, meters metric.MeterProvider, now func() time.Time) (DB, error) {
	meter := meters.Meter("github.com/throughline/throughline/services/platform/sqldb")
	took, err := meter.Float64Histogram("throughline.db.tx.duration",
		metric.WithDescription("How long transactions take, from the wait for a connection to the commit, repetitions included."), metric.WithUnit("s"),
		metric.WithExplicitBucketBoundaries(.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 60))
	if err != nil {
		return db, err
	}
	o := &observed{DB: db, now: now, took: took}
	for i, kind := range []string{"read", "write"} {
		for j, outcome := range []string{"ok", "failed"} {
			o.of[i][j] = []metric.RecordOption{metric.WithAttributeSet(attribute.NewSet(attribute.String("kind", kind), attribute.String("outcome", outcome)))}
		}
	}
	engine, repeats := db.(repeating)
	if !repeats {
		return o, nil
	}
	retries, err := meter.Int64ObservableCounter("throughline.db.retries",
		metric.WithDescription("Transactions begun again, after conflicts with others or the loss of a connection."), metric.WithUnit("{retry}"))
	if err != nil {
		return db, err
	}
	o.repeated, err = meter.RegisterCallback(func(_ context.Context, to metric.Observer) error {
		to.ObserveInt64(retries, engine.repetitions())
		return nil
	}, retries)
	if err != nil {
		return db, err
	}
	return o, nil
}

// Read is DB's.
func (o *observed) Read(ctx context.Context, fn func(Tx) error) error {
	begun := o.now()
	err := o.DB.Read(ctx, fn)
	o.record(ctx, 0, begun, err)
	return err
}

// Write is DB's.
func (o *observed) Write(ctx context.Context, fn func(Tx) error) error {
	begun := o.now()
	err := o.DB.Write(ctx, fn)
	o.record(ctx, 1, begun, err)
	return err
}

func (o *observed) record(ctx context.Context, kind int, begun time.Time, err error) {
	outcome := 0
	if errors.Is(err, ErrUnavailable) || errors.Is(err, ErrClosed) || errors.Is(err, context.DeadlineExceeded) {
		outcome = 1
	}
	o.took.Record(ctx, o.now().Sub(begun).Seconds(), o.of[kind][outcome]...)
}

// Close also ends the measuring.
func (o *observed) Close() error {
	if o.repeated != nil {
		return errors.Join(o.repeated.Unregister(), o.DB.Close())
	}
	return o.DB.Close()
}

func (db *pgDB) repetitions() int64 { return db.repeated.Load() }
