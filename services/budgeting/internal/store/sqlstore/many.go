package sqlstore

import (
	"slices"
	"strconv"

	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/sqldb"
)

// many adds bulk work to a collection.
type many[T resource.Resource] struct {
	resource.Collection[T]
	kind *resource.Kind[T]
	txn
	under func(T) (organization, budget string) // where its writes are counted
}

func (t txn) programs() many[domain.Program] {
	return many[domain.Program]{programs.In(t.tx, t.journal), programs, t, func(p domain.Program) (string, string) { return p.Organization, ofPrograms }}
}

func (t txn) requests() many[domain.FundingRequest] {
	return many[domain.FundingRequest]{requests.In(t.tx, t.journal), requests, t, func(r domain.FundingRequest) (string, string) { return r.Organization, r.Budget }}
}

// Insert implements resource.Collection.
func (m many[T]) Insert(v T) error { return m.counted(v, m.Collection.Insert) }

// Update implements resource.Collection.
func (m many[T]) Update(v T) error { return m.counted(v, m.Collection.Update) }

// Delete implements resource.Collection.
func (m many[T]) Delete(v T) error { return m.counted(v, m.Collection.Delete) }

func (m many[T]) counted(v T, write func(T) error) error {
	if err := write(v); err != nil {
		return err
	}
	organization, budget := m.under(v)
	return wrote(m.tx, organization, budget)
}

// FindMany implements app.Many.
func (m many[T]) FindMany(parent, ids []string) (map[string]T, error) {
	return findMany(m.tx, m.kind.Table, parent, ids)
}

// Put implements app.Many. Each row keeps a journal entry of its own: programs and requests promise a history each, and an
// entry costs a few microseconds beside the row's own.
func (m many[T]) Put(all []T) error {
	if err := m.kind.Table.PutMany(m.tx, all); err != nil {
		return err
	}
	type place struct{ organization, budget string }
	var last place
	for _, v := range all {
		if organization, budget := m.under(v); last != (place{organization, budget}) {
			last = place{organization, budget}
			if err := wrote(m.tx, organization, budget); err != nil {
				return err
			}
		}
		c := resource.Change{Type: m.kind.Type + ".created", Subject: v.Name(), EtagAfter: resource.Etag(v), Resource: v}
		if before := v.Revision() - 1; before > 0 {
			c.Type, c.EtagBefore = m.kind.Type+".updated", strconv.FormatInt(before, 10)
		}
		if err := m.journal.Append(c); err != nil {
			return err
		}
	}
	return nil
}

func findMany[T any](tx sqldb.Tx, table *sqldb.Table[T], parent, ids []string) (map[string]T, error) {
	under := make([]any, len(parent))
	for i, id := range parent {
		under[i] = id
	}
	wanted := slices.Compact(slices.Sorted(slices.Values(ids)))
	wanted = slices.DeleteFunc(wanted, func(id string) bool { return id == "" })
	found, missing, err := table.GetMany(tx, under, wanted)
	if err != nil {
		return nil, err
	}
	out := make(map[string]T, len(found)) // found and missing share the order of wanted
	for _, id := range wanted {
		if len(missing) > 0 && missing[0] == id {
			missing = missing[1:]
			continue
		}
		out[id], found = found[0], found[1:]
	}
	return out, nil
}
