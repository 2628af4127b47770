package resource

import (
	"context"

	"github.com/throughline/throughline/services/platform/sqldb"
)

// Store is the port through which an application reaches what it owns; Tx is the application's own view of a transaction.
type Store[Tx any] interface {
	// Read runs fn on one consistent snapshot; fn changes nothing.
	Read(ctx context.Context, fn func(Tx) error) error
	// Write runs fn in one serializable transaction, durable when nil is answered. What fn returns is the response
	// remembered for the request id in ctx. fn may run more than once, so it assigns and never appends to what it captures.
	Write(ctx context.Context, fn func(Tx) (any, error)) error
}

// Bind makes the store of a service: open turns a database transaction into the application's view. The journal is nil in a Read.
func Bind[Tx any](k *Keeper, open func(sqldb.Tx, *Journal) Tx) Store[Tx] { return bound[Tx]{k, open} }

type bound[Tx any] struct {
	keeper *Keeper
	open   func(sqldb.Tx, *Journal) Tx
}

func (b bound[Tx]) Read(ctx context.Context, fn func(Tx) error) error {
	return b.keeper.Read(ctx, func(tx sqldb.Tx) error { return fn(b.open(tx, nil)) })
}

func (b bound[Tx]) Write(ctx context.Context, fn func(Tx) (any, error)) error {
	return b.keeper.Write(ctx, func(tx sqldb.Tx, j *Journal) (any, error) { return fn(b.open(tx, j)) })
}

// Write runs do in one transaction and returns what it made.
func Write[T, Tx any](ctx context.Context, s Store[Tx], do func(Tx) (T, error)) (T, error) {
	var out T
	err := s.Write(ctx, func(tx Tx) (any, error) {
		v, err := do(tx)
		out = v
		return v, err
	})
	return out, err
}

// Read runs do on one snapshot and returns what it found.
func Read[T, Tx any](ctx context.Context, s Store[Tx], do func(Tx) (T, error)) (T, error) {
	var out T
	err := s.Read(ctx, func(tx Tx) error {
		v, err := do(tx)
		out = v
		return err
	})
	return out, err
}

// Page is one page of a list.
type Page[T any] struct {
	Items []T
	Next  string // token of the next page, "" on the last
}
