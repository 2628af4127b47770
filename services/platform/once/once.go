// Package once gives a repeated request the answer of the first (AIP-155).
package once

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/sqldb"
)

// Keep is how long an answer is kept at least.
const Keep = 7 * 24 * time.Hour

// Reused is the reason of the fault for a request id that came with another payload before; HTTP answers 422.
const Reused = "IDEMPOTENCY_KEY_REUSED"

// Key identifies a request for good: the same id from another principal, or for another method, is another request.
type Key struct {
	Organization string
	Principal    string
	Method       string // full gRPC method name
	RequestID    string
}

// Pending is a request that carries a request id, on its way to the Write that has its effect.
type Pending struct {
	Key         Key
	PayloadHash [32]byte                         // of the request without its request id
	Encode      func(result any) ([]byte, error) // the response bytes to be kept, from what the closure of Do returns
}

// Replayed reports that the request was done before; Response is the answer it got. It is an error so that the repeated Write leaves no
// trace; the transport answers with Response.
type Replayed struct{ Response []byte } //nolint:errname // not a failure: an outcome that travels as an error

func (*Replayed) Error() string { return "the request was done before; its first answer applies" }

type contextKey struct{}

// NewContext carries the pending request to Do.
func NewContext(ctx context.Context, p *Pending) context.Context {
	return context.WithValue(ctx, contextKey{}, p)
}

// FromContext is the pending request, or nil.
func FromContext(ctx context.Context) *Pending {
	p, _ := ctx.Value(contextKey{}).(*Pending)
	return p
}

// Do runs do inside a Write, once per request id: without a pending request it just runs it; if the request was done before, it answers
// *Replayed, or a fault of reason Reused if the payload differs; else it runs do and keeps its encoded result in the same transaction. A
// concurrent twin waits for the first one's commit, because Writes are serializable. An error of do keeps nothing.
func Do(ctx context.Context, tx sqldb.Tx, now time.Time, do func() (any, error)) error {
	p := FromContext(ctx)
	if p == nil {
		_, err := do()
		return err
	}
	response, found, err := Lookup(tx, p.Key, p.PayloadHash)
	if err != nil {
		return err
	}
	if found {
		return &Replayed{Response: response}
	}
	result, err := do()
	if err != nil {
		return err
	}
	if p.Encode == nil {
		return errors.New("idempotent request: the pending request has no Encode")
	}
	if response, err = p.Encode(result); err != nil {
		return fmt.Errorf("idempotent request: encode the response: %w", err)
	}
	if response == nil {
		response = []byte{} // an empty message is an answer too
	}
	k := p.Key
	_, err = tx.Exec("INSERT INTO idempotency (organization, principal, method, request_id, payload_hash, response, expires) VALUES (?, ?, ?, ?, ?, ?, ?)",
		k.Organization, k.Principal, k.Method, k.RequestID, p.PayloadHash[:], response, now.Add(Keep))
	return err
}

// Lookup is the kept answer of a request. It also serves as the fast path before the handler, in a Read.
func Lookup(tx sqldb.Tx, k Key, hash [32]byte) (response []byte, found bool, err error) {
	var kept []byte
	found, err = sqldb.QueryOne(tx, "SELECT payload_hash, response FROM idempotency WHERE organization = ? AND principal = ? AND method = ? AND request_id = ?",
		[]any{k.Organization, k.Principal, k.Method, k.RequestID}, func(r sqldb.Row) error {
			kept, response = r.Bytes(0), r.Bytes(1)
			return nil
		})
	if err != nil || !found {
		return nil, false, err
	}
	if !bytes.Equal(kept, hash[:]) {
		e := fault.New(fault.Invalid, Reused, "the request id was used before with another payload; choose a new request id")
		e.Violations = fault.Violations{{Field: "request_id", Detail: "belongs to an earlier, different request; choose a new one"}}
		return nil, false, e
	}
	return response, true, nil
}

// Sweep deletes the answers whose time is over and tells how many.
func Sweep(tx sqldb.Tx, now time.Time) (deleted int64, err error) {
	return tx.Exec("DELETE FROM idempotency WHERE expires <= ?", now)
}
