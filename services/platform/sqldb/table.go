package sqldb

import (
	"fmt"
	"slices"
	"strings"
	"sync"
)

// versionColumn counts the changes of a row from 1; it is the resource's etag.
const versionColumn = "version"

// Table maps a struct to a table's rows and writes the statements that every store would otherwise spell out. Declare it as a
// variable (it caches its SQL, so it must not be copied).
type Table[T any] struct {
	Name    string
	Key     []string             // the primary key, parents first: organization_id, plan_id, goal_id
	Columns []string             // all columns, Key and "version" included
	Values  func(T) []any        // in the order of Columns
	Scan    func(Row) (T, error) // from a row of Columns

	once sync.Once
	sql  tableSQL
}

// tableSQL is the text made once of a table's names.
type tableSQL struct {
	sel, selKey, insert   string
	put                   string // how InsertRows ends to replace
	update, updateVersion string
	del, delVersion       string
	rest                  []int // indexes in Columns of those not in Key
	key                   []int // indexes in Columns of Key
}

func (t *Table[T]) texts() *tableSQL {
	t.once.Do(func() {
		s := &t.sql
		var sets, excluded []string
		for i, c := range t.Columns {
			if slices.Contains(t.Key, c) {
				continue
			}
			s.rest = append(s.rest, i)
			sets = append(sets, c+" = ?")
			excluded = append(excluded, c+" = excluded."+c)
		}
		for _, c := range t.Key {
			s.key = append(s.key, slices.Index(t.Columns, c))
		}
		byKey := " WHERE " + strings.Join(t.Key, " = ? AND ") + " = ?"
		byVersion := byKey + " AND " + versionColumn + " = ?"
		s.sel = "SELECT " + strings.Join(t.Columns, ", ") + " FROM " + t.Name
		s.selKey = s.sel + byKey
		s.insert = insertSQL(t.Name, t.Columns, 1, "")
		s.put = "ON CONFLICT (" + strings.Join(t.Key, ", ") + ") DO UPDATE SET " + strings.Join(excluded, ", ")
		s.update = "UPDATE " + t.Name + " SET " + strings.Join(sets, ", ") + byKey
		s.updateVersion = "UPDATE " + t.Name + " SET " + strings.Join(sets, ", ") + byVersion
		s.del = "DELETE FROM " + t.Name + byKey
		s.delVersion = "DELETE FROM " + t.Name + byVersion
	})
	return &t.sql
}

// Insert adds a row, or answers ErrDuplicate.
func (t *Table[T]) Insert(tx Tx, v T) error {
	_, err := tx.Exec(t.texts().insert, t.Values(v)...)
	return err
}

// InsertMany adds rows, many a statement.
func (t *Table[T]) InsertMany(tx Tx, vs []T) error {
	return t.insertRows(tx, vs, "")
}

// PutMany adds rows, many a statement; one that exists takes all that is not its key.
func (t *Table[T]) PutMany(tx Tx, vs []T) error {
	return t.insertRows(tx, vs, t.texts().put)
}

func (t *Table[T]) insertRows(tx Tx, vs []T, suffix string) error {
	rows := make([][]any, len(vs))
	for i, v := range vs {
		rows[i] = t.Values(v)
	}
	_, err := InsertRows(tx, t.Name, t.Columns, rows, suffix)
	return err
}

// Update replaces the row with v's key if its version is expectedVersion; 0 means whatever it is. Not ok: no such row, or
// another version; Get tells which.
func (t *Table[T]) Update(tx Tx, v T, expectedVersion int64) (ok bool, err error) {
	s, values := t.texts(), t.Values(v)
	args := make([]any, 0, len(values)+1)
	for _, i := range s.rest {
		args = append(args, values[i])
	}
	for _, i := range s.key {
		args = append(args, values[i])
	}
	return t.change(tx, s.update, s.updateVersion, args, expectedVersion)
}

// Delete removes the row with this whole key if its version is expectedVersion; 0 means whatever it is.
func (t *Table[T]) Delete(tx Tx, expectedVersion int64, key ...any) (ok bool, err error) {
	if err := t.wholeKey(key); err != nil {
		return false, err
	}
	s := t.texts()
	return t.change(tx, s.del, s.delVersion, slices.Clone(key), expectedVersion)
}

func (t *Table[T]) change(tx Tx, anyVersion, oneVersion string, args []any, version int64) (bool, error) {
	query := anyVersion
	if version != 0 {
		query, args = oneVersion, append(args, version)
	}
	n, err := tx.Exec(query, args...)
	return n > 0, err
}

// Get reads the row with this whole key.
func (t *Table[T]) Get(tx Tx, key ...any) (v T, found bool, err error) {
	if err := t.wholeKey(key); err != nil {
		return v, false, err
	}
	found, err = QueryOne(tx, t.texts().selKey, key, func(r Row) (err error) {
		v, err = t.Scan(r)
		return err
	})
	return v, found, err
}

func (t *Table[T]) wholeKey(key []any) error {
	if len(key) != len(t.Key) {
		return fmt.Errorf("table %s: %d values for the key (%s)", t.Name, len(key), strings.Join(t.Key, ", "))
	}
	return nil
}
