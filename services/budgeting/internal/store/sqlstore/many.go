package sqlstore

import (
	"slices"
	"strconv"
	"strings"

	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/sqldb"
)

// many adds bulk work to a collection.
type many[T resource.Resource] struct {
	resource.Collection[T]
	kind *resource.Kind[T]
	txn
}

func manyOf[T resource.Resource](k *resource.Kind[T], t txn) many[T] {
	return many[T]{k.In(t.tx, t.journal), k, t}
}

// FindMany implements app.Many.
func (m many[T]) FindMany(parent, ids []string) (map[string]T, error) {
	return findMany(m.tx, m.kind.Table, parent, ids)
}

// Put implements app.Many. Each row keeps a journal entry of its own: programs and requests promise a history each, and an
// entry costs a few microseconds beside the row's own.
func (m many[T]) Put(all []T) error {
	if err := put(m.tx, m.kind.Table, all); err != nil {
		return err
	}
	for _, v := range all {
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

// put inserts or replaces rows, many a statement.
func put[T any](tx sqldb.Tx, table *sqldb.Table[T], all []T) error {
	rows := make([][]any, len(all))
	for i, v := range all {
		rows[i] = table.Values(v)
	}
	var sets []string
	for _, c := range table.Columns {
		if !slices.Contains(table.Key, c) {
			sets = append(sets, c+" = excluded."+c)
		}
	}
	_, err := sqldb.InsertRows(tx, table.Name, table.Columns, rows,
		"ON CONFLICT ("+strings.Join(table.Key, ", ")+") DO UPDATE SET "+strings.Join(sets, ", "))
	return err
}
