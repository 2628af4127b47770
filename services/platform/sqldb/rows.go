package sqldb

import (
	"fmt"
	"strings"
)

// insertChunk bounds the rows of one statement: 50 rows a statement cost half of one row a statement, more gain little.
const insertChunk = 64

// byColumn is a session that takes rows by their columns.
type byColumn interface {
	insertByColumn(t *tx, table string, columns []string, rows [][]any, suffix string) (changed int64, taken bool, err error)
}

// InsertRows inserts rows with few statements. Suffix ends each statement (for example ON CONFLICT DO NOTHING) and may be "". It tells how
// many rows were inserted. Chunks are powers of two, so that any number of rows shares seven prepared statements.
func InsertRows(to Tx, table string, columns []string, rows [][]any, suffix string) (int64, error) {
	for i, row := range rows {
		if len(row) != len(columns) {
			return 0, fmt.Errorf("insert into %s: row %d has %d values for %d columns", table, i, len(row), len(columns))
		}
	}
	if t, ok := to.(*tx); ok && len(rows) > 1 {
		if s, ok := t.conn.(byColumn); ok {
			if err := t.usable(table); err != nil {
				return 0, err
			}
			if changed, taken, err := s.insertByColumn(t, table, columns, rows, suffix); taken {
				return changed, err
			}
		}
	}
	var total int64
	for n := insertChunk; len(rows) > 0; {
		for n > len(rows) {
			n /= 2
		}
		args := make([]any, 0, n*len(columns))
		for _, row := range rows[:n] {
			args = append(args, row...)
		}
		changed, err := to.Exec(insertSQL(table, columns, n, suffix), args...)
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
