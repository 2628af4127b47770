package sqldb

import (
	"context"
	"encoding/binary"
	"fmt"
	"strings"
)

// columnChunk bounds the rows of one statement that takes them by column.
const columnChunk = 1024

// arrays are the types of lists, by those of their elements, whose binary form appendValue writes.
var arrays = map[uint32]struct {
	oid  uint32
	name string
}{
	oidBool: {1000, "bool[]"}, oidBytes: {1001, "bytea[]"}, oidInt2: {1005, "int2[]"}, oidInt4: {1007, "int4[]"}, oidText: {1009, "text[]"},
	oidVarchar: {1015, "varchar[]"}, oidInt8: {1016, "int8[]"}, oidFloat8: {1022, "float8[]"},
}

// elements are the types of lists' elements, by the lists'.
var elements = func() map[uint32]uint32 {
	of := map[uint32]uint32{}
	for element, array := range arrays {
		of[array.oid] = element
	}
	return of
}()

// pgColumn is a column of rows, sent as one list.
type pgColumn struct {
	rows [][]any
	at   int
}

// insertByColumn is InsertRows with an argument for each column, not for each value: the server reads, plans and begins one statement for a
// thousand rows. Not taken: a column is of a type that is not sent so.
func (s *pgSession) insertByColumn(t *tx, table string, columns []string, rows [][]any, suffix string) (changed int64, taken bool, err error) {
	query, err := s.columnSQL(table, columns, suffix)
	if err != nil || query == "" {
		t.failed = err
		return 0, err != nil, err
	}
	args := make([]any, len(columns))
	for len(rows) > 0 {
		n := min(columnChunk, len(rows))
		for i := range args {
			args[i] = pgColumn{rows[:n], i}
		}
		some, err := t.Exec(query, args...)
		if err != nil {
			return changed, true, err
		}
		changed, rows = changed+some, rows[n:]
	}
	return changed, true, nil
}

// columnSQL is the statement, or "" when the columns' types do not allow it.
func (s *pgSession) columnSQL(table string, columns []string, suffix string) (string, error) {
	single := insertSQL(table, columns, 1, suffix)
	if text, ok := s.db.inserts.Load(single); ok {
		return text.(string), nil //nolint:forcetypeassert // nothing else is stored
	}
	if err := s.settle(); err != nil {
		return "", err
	}
	text, _ := numberPlaceholders(single)
	described, err := s.raw.Prepare(context.Background(), "", text, nil) // types not told are the columns'
	if err != nil {
		return "", s.failed(err, single)
	}
	lists := make([]string, len(described.ParamOIDs))
	for i, oid := range described.ParamOIDs {
		array, ok := arrays[oid]
		if !ok {
			s.db.inserts.Store(single, "")
			return "", nil
		}
		lists[i] = "?::" + array.name
	}
	names := strings.Join(columns, ", ")
	text = "INSERT INTO " + table + " (" + names + ") SELECT " + names + " FROM unnest(" + strings.Join(lists, ", ") + ") AS given (" + names + ") " + suffix
	s.db.inserts.Store(single, text)
	return text, nil
}

// encodedSize is no less than the bytes that appendTo appends.
func (c pgColumn) encodedSize() int {
	size := 20
	for _, row := range c.rows {
		size += 4 + encodedSize(row[c.at])
	}
	return size
}

// appendTo appends the list in binary: one dimension from 1, then each value behind its length, -1 for NULL.
func (c pgColumn) appendTo(to []byte, oid uint32) ([]byte, error) {
	element, ok := elements[oid]
	if !ok {
		return to, fmt.Errorf("a list for a column of PostgreSQL's type number %d", oid)
	}
	start := len(to)
	for _, n := range []uint32{1, 0, element, uint32(len(c.rows)), 1} { //nolint:gosec // at most columnChunk
		to = binary.BigEndian.AppendUint32(to, n)
	}
	for i, row := range c.rows {
		at := len(to)
		to = append(to, 0, 0, 0, 0)
		var null bool
		var err error
		if to, _, null, err = appendValue(to, element, row[c.at]); err != nil {
			return to, fmt.Errorf("row %d: %w", i, err)
		}
		length := uint32(len(to) - at - 4) //nolint:gosec // of one value
		if null {
			length = ^uint32(0)
			to[start+7] = 1 // the list has NULLs
		}
		binary.BigEndian.PutUint32(to[at:], length)
	}
	return to, nil
}
