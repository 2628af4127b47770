package listing

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Select reads the page and the token of the next one, "" on the last, out of rows in memory: the same rows in the same
// order as Where, OrderBy and Limit would out of a table that compares text by its bytes. value is a row's value of a column, as it would be stored.
func Select[T any](q Query, rows []T, value func(row *T, column string) any) (page []T, next string, err error) {
	s := selection[T]{q: q, value: value}
	var found []*T
	for i := range rows {
		if row := &rows[i]; s.holds(row) && (q.after == nil || s.order(row, nil) > 0) {
			found = append(found, row)
		}
	}
	if !slices.IsSortedFunc(found, s.order) {
		slices.SortFunc(found, s.order)
	}
	if s.err != nil {
		return nil, "", s.err
	}
	for _, row := range found[:min(len(found), q.Limit)] {
		page = append(page, *row)
	}
	if len(found) > q.Limit {
		last := make([]any, len(q.keys))
		for i, k := range q.keys {
			last[i] = value(found[q.Limit-1], k.column)
		}
		next, err = q.Token(last)
	}
	return page, next, err
}

type selection[T any] struct {
	q     Query
	value func(row *T, column string) any
	err   error // of a value that is of another type than its column
}

func (s *selection[T]) holds(row *T) bool {
	for _, c := range s.q.conds {
		v := s.value(row, c.column)
		if c.op == ":" || c.op == hasName {
			text, ok := asText(v)
			if !ok {
				s.mismatch(c.column, v)
			}
			if c.op == hasName {
				text = "\n" + text
			}
			if !like(text, c.arg.(string)) { //nolint:forcetypeassert // pattern made it
				return false
			}
			continue
		}
		if !holds(s.compare(c.column, v, c.arg), c.op) {
			return false
		}
	}
	return true
}

func holds(order int, op string) bool {
	switch op {
	case "=":
		return order == 0
	case "!=":
		return order != 0
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	default:
		return order >= 0
	}
}

// order compares the sort keys of two rows; nil is the last row of the page before.
func (s *selection[T]) order(a, b *T) int {
	for i, k := range s.q.keys {
		var other any
		if b != nil {
			other = s.value(b, k.column)
		} else {
			other = s.q.after[i]
		}
		order := s.compare(k.column, s.value(a, k.column), other)
		if k.desc {
			order = -order
		}
		if order != 0 {
			return order
		}
	}
	return 0
}

// compare orders texts by their bytes, and everything else as the number that is stored.
func (s *selection[T]) compare(column string, a, b any) int {
	if x, ok := asText(a); ok {
		if y, ok := asText(b); ok {
			return strings.Compare(x, y)
		}
	}
	x, okX := asNumber(a)
	y, okY := asNumber(b)
	if !okX || !okY {
		s.mismatch(column, a)
	}
	return cmp.Compare(x, y)
}

func (s *selection[T]) mismatch(column string, v any) {
	s.err = fmt.Errorf("select: column %s holds %T, which cannot be compared with what is asked", column, v)
}

// like says whether the text matches what pattern made: it contains the needle, or starts with it, whatever the case of
// ASCII letters.
func like(text, pattern string) bool {
	needle, anywhere := strings.CutPrefix(pattern, "%")
	needle = strings.TrimSuffix(needle, "%")
	var b strings.Builder
	for i := 0; i < len(needle); i++ {
		if needle[i] == '!' {
			i++
		}
		b.WriteByte(needle[i])
	}
	text = strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, text)
	if anywhere {
		return strings.Contains(text, b.String())
	}
	return strings.HasPrefix(text, b.String())
}
