package resource

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"go.opentelemetry.io/otel/propagation"
	"google.golang.org/protobuf/proto"

	"github.com/throughline/throughline/services/platform/authn"
	"github.com/throughline/throughline/services/platform/once"
	"github.com/throughline/throughline/services/platform/outbox"
	"github.com/throughline/throughline/services/platform/sqldb"
)

// Keeper runs a service's transactions: every Write is idempotent by request id, journaled, and wakes the relay.
type Keeper struct {
	DB     sqldb.DB
	Source string // CloudEvents source, such as "throughline.goals.v1"
	// Message is what fn of a Write returned, or a changed resource, as the publisher's proto message; nil is Empty.
	Message func(v any) (proto.Message, error)
	Now     func() time.Time
	NewID   func() string
	Wake    func() // called after each commit; may be nil
}

// errDryRun undoes a Write whose result alone was wanted.
var errDryRun = errors.New("dry run")

type dryRunKey struct{}

// DryRun marks ctx: Writes under it check everything, answer their result and store nothing (AIP-163).
func DryRun(ctx context.Context, on bool) context.Context {
	if !on {
		return ctx
	}
	return context.WithValue(ctx, dryRunKey{}, true)
}

// IsDryRun says whether ctx is marked.
func IsDryRun(ctx context.Context) bool { return ctx.Value(dryRunKey{}) != nil }

// Read runs fn on a snapshot.
func (k *Keeper) Read(ctx context.Context, fn func(sqldb.Tx) error) error { return k.DB.Read(ctx, fn) }

// Write runs fn in one transaction. What fn returns is the response remembered for the request id in ctx, if there is one.
// fn may run more than once.
func (k *Keeper) Write(ctx context.Context, fn func(sqldb.Tx, *Journal) (any, error)) error {
	now := k.Now()
	dry := IsDryRun(ctx)
	err := k.DB.Write(ctx, func(tx sqldb.Tx) error {
		j := k.journal(ctx, tx, now)
		err := once.Do(ctx, tx, now, func() (any, error) {
			v, err := fn(tx, j)
			if err != nil || once.FromContext(ctx) == nil {
				return nil, err
			}
			return k.Message(v)
		})
		if err == nil && dry {
			return errDryRun
		}
		return err
	})
	if dry && errors.Is(err, errDryRun) {
		return nil
	}
	if err == nil && k.Wake != nil {
		k.Wake()
	}
	return err
}

// Change is one thing that happened to one resource.
type Change struct {
	Type                  string // kind and verb, such as "plan.created"
	Subject               string // resource name
	EtagBefore, EtagAfter string
	Resource              any // its state afterwards; for a deletion, before
}

// Journal appends changes to the outbox of one transaction.
type Journal struct {
	tx       sqldb.Tx
	keeper   *Keeper
	template outbox.Event
}

func (k *Keeper) journal(ctx context.Context, tx sqldb.Tx, now time.Time) *Journal {
	t := outbox.Event{Source: k.Source, Time: now, TraceParent: traceParent(ctx)}
	if id, ok := authn.FromContext(ctx); ok {
		t.Actor = id.Principal()
	}
	if p := once.FromContext(ctx); p != nil {
		t.RequestID = p.Key.RequestID
	}
	return &Journal{tx: tx, keeper: k, template: t}
}

// Append writes the change to the outbox.
func (j *Journal) Append(c Change) error {
	e, err := j.event(c)
	if err == nil {
		_, err = outbox.Append(j.tx, e)
	}
	return err
}

// AppendAll is Append for many changes of different subjects, in few statements.
func (j *Journal) AppendAll(changes []Change) error {
	if len(changes) == 0 {
		return nil
	}
	events := make([]outbox.Event, len(changes))
	for i, c := range changes {
		e, err := j.event(c)
		if err != nil {
			return err
		}
		events[i] = e
	}
	return outbox.AppendAll(j.tx, events)
}

func (j *Journal) event(c Change) (outbox.Event, error) {
	if j == nil {
		return outbox.Event{}, errors.New("a change was made inside a Read")
	}
	var data []byte
	message, err := j.keeper.Message(c.Resource)
	if err == nil {
		data, err = proto.MarshalOptions{Deterministic: true}.Marshal(message)
	}
	if err != nil {
		return outbox.Event{}, fmt.Errorf("encode %s of %s: %w", c.Type, c.Subject, err)
	}
	e := j.template
	e.ID, e.Type, e.Subject, e.Organization = j.keeper.NewID(), j.keeper.Source+"."+c.Type, c.Subject, Organization(c.Subject)
	e.EtagBefore, e.EtagAfter, e.Data = c.EtagBefore, c.EtagAfter, data
	if changed, ok := c.Resource.(timed); ok && !e.Removed() {
		e.Time = changed.ChangeTime()
	}
	return e, nil
}

// timed tells when it last changed, as the answer to the change does: a read as of that moment then shows it, though the
// transaction began later. Others take the time of the transaction.
type timed interface{ ChangeTime() time.Time }

// traceParent is the W3C trace context of ctx, or "".
func traceParent(ctx context.Context) string {
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, carrier)
	return carrier["traceparent"]
}

func etag(revision int64) string { return strconv.FormatInt(revision, 10) }
