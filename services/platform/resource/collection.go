package resource

import (
	"errors"

	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/listing"
	"github.com/throughline/throughline/services/platform/outbox"
	"github.com/throughline/throughline/services/platform/sqldb"
)

// Kind ties a type of resource to its table.
type Kind[T Resource] struct {
	Type  string                     // in event types, such as "plan"
	Name  func(key ...string) string // resource name of a key, for NotFound
	Table *sqldb.Table[T]            // its rows; the key columns lead, "version" is among the rest
}

// In opens the collection inside one transaction; j is nil in a Read.
func (k *Kind[T]) In(tx sqldb.Tx, j *Journal) Collection[T] { return collection[T]{k, tx, j} }

type collection[T Resource] struct {
	kind    *Kind[T]
	tx      sqldb.Tx
	journal *Journal
}

func (c collection[T]) Get(key ...string) (T, error) {
	v, found, err := c.Find(key...)
	if err == nil && !found {
		err = fault.Missing(c.kind.Name(key...))
	}
	return v, err
}

func (c collection[T]) Find(key ...string) (T, bool, error) {
	args := make([]any, len(key))
	for i, k := range key {
		args[i] = k
	}
	return c.kind.Table.Get(c.tx, args...)
}

func (c collection[T]) Insert(v T) error {
	err := c.kind.Table.Insert(c.tx, v)
	if errors.Is(err, sqldb.ErrDuplicate) {
		return fault.Exists(v.Name()).Because(err)
	}
	if err != nil {
		return err
	}
	return c.journal.Append(Change{Type: c.kind.Type + ".created", Subject: v.Name(), EtagAfter: Etag(v), Resource: v})
}

func (c collection[T]) Update(v T) error {
	ok, err := c.kind.Table.Update(c.tx, v, v.Revision()-1)
	if err == nil && !ok {
		return fault.EtagMismatch(v.Name())
	}
	if err != nil {
		return err
	}
	return c.journal.Append(Change{
		Type: c.kind.Type + ".updated", Subject: v.Name(), EtagBefore: etag(v.Revision() - 1), EtagAfter: Etag(v), Resource: v,
	})
}

func (c collection[T]) Delete(v T) error {
	ok, err := c.kind.Table.Delete(c.tx, v.Revision(), c.kind.Table.Values(v)[:len(c.kind.Table.Key)]...)
	if err == nil && !ok {
		return fault.EtagMismatch(v.Name())
	}
	if err != nil {
		return err
	}
	return c.journal.Append(Change{Type: c.kind.Type + outbox.Removal, Subject: v.Name(), EtagBefore: Etag(v), Resource: v})
}

func (c collection[T]) List(parent []string, q listing.Query) ([]T, string, error) {
	return c.kind.Table.List(c.tx, c.under(parent), q)
}

func (c collection[T]) Each(parent []string, do func(T) error) error {
	return c.kind.Table.Each(c.tx, c.under(parent), do)
}

func (c collection[T]) under(parent []string) []sqldb.Eq {
	eqs := make([]sqldb.Eq, len(parent))
	for i, id := range parent {
		eqs[i] = sqldb.Eq{Column: c.kind.Table.Key[i], Value: id}
	}
	return eqs
}
