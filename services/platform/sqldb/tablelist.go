package sqldb

import (
	"fmt"
	"slices"
	"strings"

	"github.com/throughline/throughline/services/platform/listing"
)

// Eq is the condition that a column has a value.
type Eq struct {
	Column string
	Value  any
}

// fewRows is room for most pages. One that has more is given room for all at once, so that a long page need not grow by copying, nor a short one cost
// what it might have held.
const fewRows = 32

// List reads one page of the rows that match where and the query, with the next page's token, "" after the last page.
func (t *Table[T]) List(tx Tx, where []Eq, q listing.Query) (page []T, next string, err error) {
	var b strings.Builder
	b.WriteString(t.texts().sel)
	args := t.where(&b, where)
	if cond, condArgs := q.Where(); cond != "" {
		if len(where) == 0 {
			b.WriteString(" WHERE ")
		} else {
			b.WriteString(" AND ")
		}
		b.WriteString(cond)
		args = append(args, condArgs...)
	}
	if order := q.OrderBy(); order != "" {
		b.WriteString(" ORDER BY " + order)
	}
	b.WriteString(" LIMIT ?")
	args = append(args, q.Limit+1) // one more tells whether a next page exists
	err = tx.Query(b.String(), args, func(r Row) error {
		if len(page) == q.Limit {
			next, err = t.token(q, page[len(page)-1])
			return err
		}
		switch len(page) {
		case 0:
			page = make([]T, 0, min(q.Limit, fewRows))
		case fewRows:
			page = slices.Grow(page, q.Limit-fewRows)
		}
		v, err := t.Scan(r)
		if err == nil {
			page = append(page, v)
		}
		return err
	})
	if err != nil {
		return nil, "", err
	}
	return page, next, nil
}

func (t *Table[T]) token(q listing.Query, last T) (string, error) {
	values, columns := t.Values(last), q.Columns()
	keys := make([]any, len(columns))
	for i, c := range columns {
		at := slices.Index(t.Columns, c)
		if at < 0 {
			return "", fmt.Errorf("table %s: sort column %s is not among its columns", t.Name, c)
		}
		keys[i] = values[at]
	}
	return q.Token(keys)
}

// Each streams the rows that match where, in the order of the key. No other statement can run inside fn.
func (t *Table[T]) Each(tx Tx, where []Eq, fn func(T) error) error {
	var b strings.Builder
	b.WriteString(t.texts().sel)
	args := t.where(&b, where)
	b.WriteString(" ORDER BY " + strings.Join(t.Key, ", "))
	return tx.Query(b.String(), args, func(r Row) error {
		v, err := t.Scan(r)
		if err != nil {
			return err
		}
		return fn(v)
	})
}

func (t *Table[T]) where(b *strings.Builder, where []Eq) []any {
	args := make([]any, 0, len(where)+4)
	for i, e := range where {
		if i == 0 {
			b.WriteString(" WHERE ")
		} else {
			b.WriteString(" AND ")
		}
		b.WriteString(e.Column + " = ?")
		args = append(args, e.Value)
	}
	return args
}

// GetMany reads the rows whose key is parent followed by each of ids. Found rows come in the order of ids, each once; missing lists the ids without a row.
func (t *Table[T]) GetMany(tx Tx, parent []any, ids []string) (found []T, missing []string, err error) {
	if err := t.wholeKey(append(slices.Clone(parent), "")); err != nil {
		return nil, nil, err
	}
	s := t.texts()
	idAt := s.key[len(s.key)-1]
	byID := make(map[string]T, len(ids))
	for batch := range Batches(ids) {
		var b strings.Builder
		b.WriteString(s.sel + " WHERE ")
		for _, c := range t.Key[:len(parent)] {
			b.WriteString(c + " = ? AND ")
		}
		b.WriteString(t.Key[len(parent)] + " IN (" + Marks(len(batch)) + ")")
		err := tx.Query(b.String(), Args(parent, batch), func(r Row) error {
			v, err := t.Scan(r)
			if err == nil {
				byID[r.Text(idAt)] = v
			}
			return err
		})
		if err != nil {
			return nil, nil, err
		}
	}
	seen := make(map[string]bool, len(ids))
	for _, id := range ids {
		if seen[id] {
			continue
		}
		seen[id] = true
		if v, ok := byID[id]; ok {
			found = append(found, v)
		} else {
			missing = append(missing, id)
		}
	}
	return found, missing, nil
}
