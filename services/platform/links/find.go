package links

import (
	"slices"
	"strings"

	"github.com/throughline/throughline/services/platform/sqldb"
)

// chunkSizes are how many keys one statement looks up; fewer are padded, so that few texts are prepared.
var chunkSizes = []int{1, 16, 256}

// Find visits the rows of an organization whose columns have one of the keys, many keys a statement.
func Find[T any](tx sqldb.Tx, table *sqldb.Table[T], organization string, columns []string, keys [][]string, visit func(T)) error {
	text := "SELECT " + strings.Join(table.Columns, ", ") + " FROM " + table.Name + " WHERE organization_id = ?"
	return Each(tx, text, []any{organization}, columns, keys, func(r sqldb.Row) error {
		v, err := table.Scan(r)
		if err == nil {
			visit(v)
		}
		return err
	})
}

// Each runs a query, which has a WHERE, for the rows whose columns have one of the keys, many keys a statement.
func Each(tx sqldb.Tx, query string, args []any, columns []string, keys [][]string, visit func(sqldb.Row) error) error {
	mark := "?" + strings.Repeat(", ?", len(columns)-1)
	if len(columns) > 1 {
		mark = "(" + mark + ")"
	}
	for part := range slices.Chunk(keys, chunkSizes[len(chunkSizes)-1]) {
		n := chunkSizes[slices.IndexFunc(chunkSizes, func(n int) bool { return n >= len(part) })]
		text, all := query+" AND ", slices.Clone(args)
		if len(columns) > 1 {
			text += "(" + strings.Join(columns, ", ") + ") IN (VALUES " + mark + strings.Repeat(", "+mark, n-1) + ")"
		} else {
			text += columns[0] + " IN (" + mark + strings.Repeat(", "+mark, n-1) + ")"
		}
		for i := range n {
			for _, id := range part[min(i, len(part)-1)] {
				all = append(all, id)
			}
		}
		if err := tx.Query(text, all, visit); err != nil {
			return err
		}
	}
	return nil
}

// Column are names or ids as keys of one column.
func Column(values ...string) [][]string {
	keys := make([][]string, len(values))
	for i, v := range values {
		keys[i] = []string{v}
	}
	return keys
}
