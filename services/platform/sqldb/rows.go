package sqldb

import (
	"fmt"
	"strings"
)

// insertChunk bounds the rows of one statement: 50 rows a statement cost half of one row a statement, more gain little.
const insertChunk = 64

// InsertRows inserts rows with few statements. Suffix ends each statement (for example ON CONFLICT DO NOTHING) and may be "". It tells how
// many rows were inserted. Chunks are powers of two, so that any number of rows shares seven prepared statements.
func InsertRows(tx Tx, table string, columns []string, rows [][]any, suffix string) (int64, error) {
	var total int64
	for n := insertChunk; len(rows) > 0; {
		for n > len(rows) {
			n /= 2
		}
		args := make([]any, 0, n*len(columns))
		for i, row := range rows[:n] {
			if len(row) != len(columns) {
				return total, fmt.Errorf("insert into %s: row %d has %d values for %d columns", table, i, len(row), len(columns))
			}
			args = append(args, row...)
		}
		changed, err := tx.Exec(insertSQL(table, columns, n, suffix), args...)
		if err != nil {
			return total, err
		}
		total += changed
		rows = rows[n:]
	}
	return total, nil
}

func insertSQL(table string, columns []string, n int, suffix string) string {
	row := "(" + Marks(len(columns)) + ")"
	var b strings.Builder
	b.Grow(len(table) + len(suffix) + n*(len(row)+2) + 32 + 16*len(columns))
	b.WriteString("INSERT INTO " + table + " (" + strings.Join(columns, ", ") + ") VALUES " + row)
	for range n - 1 {
		b.WriteString(", ")
		b.WriteString(row)
	}
	if suffix != "" {
		b.WriteString(" " + suffix)
	}
	return b.String()
}
