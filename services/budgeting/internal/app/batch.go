package app

import (
	"fmt"

	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/platform/fault"
)

// batch works out what a batch of rows changes; nothing is written before every row has passed.
type batch[T interface{ Same(other T) bool }] struct {
	field   string // of the request, such as "programs"
	id      func(T) string
	made    func(row T, at string) (T, error)
	changed func(old, row T, at string) (T, error)
	allowed func(T) error // asked of what is written and of what it replaces
}

func at(field string, i int) string { return fmt.Sprintf("%s[%d]", field, i) }

func (b batch[T]) ids(rows []T) []string {
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = b.id(r)
	}
	return ids
}

// run answers the rows to be written, or every violation of every row.
func (b batch[T]) run(old map[string]T, rows []T) (written []T, n domain.Upserted[T], err error) {
	var bad fault.Violations
	seen := make(map[string]int, len(rows))
	for i, row := range rows {
		id := b.id(row)
		if first, ok := seen[id]; ok {
			bad.Add(at(b.field, i), "is the same resource as %s; send each once", at(b.field, first))
			continue
		}
		seen[id] = i
		before, found := old[id]
		var next T
		if found {
			if err := b.allowed(before); err != nil {
				return nil, n, err
			}
			next, err = b.changed(before, row, at(b.field, i))
		} else {
			next, err = b.made(row, at(b.field, i))
		}
		if err := gather(&bad, err); err != nil {
			return nil, n, err
		}
		if err := b.allowed(next); err != nil {
			return nil, n, err
		}
		switch {
		case !found:
			n.Created++
			written = append(written, next)
		case before.Same(next):
			n.Unchanged++
		default:
			n.Updated++
			written = append(written, next)
		}
	}
	return written, n, bad.Err()
}

// gather takes the violations of one row; any other error ends the batch.
func gather(bad *fault.Violations, err error) error {
	if f, ok := fault.As(err); ok && f.Kind == fault.Invalid && len(f.Violations) > 0 {
		*bad = append(*bad, f.Violations...)
		return nil
	}
	return err
}
