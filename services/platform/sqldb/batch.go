package sqldb

import (
	"iter"
	"slices"
	"strings"
)

// batchSizes of lists in one statement.
var batchSizes = []int{1, 8, 64, 256}

// Batches cuts a list into parts, one for each statement that looks many keys up. A shorter part is filled up with its last item, so that
// few texts are prepared: use it where asking twice answers once.
func Batches[T any](items []T) iter.Seq[[]T] {
	return func(yield func([]T) bool) {
		for part := range slices.Chunk(items, batchSizes[len(batchSizes)-1]) {
			size := batchSizes[slices.IndexFunc(batchSizes, func(n int) bool { return n >= len(part) })]
			part = slices.Clone(part)
			for len(part) < size {
				part = append(part, part[len(part)-1])
			}
			if !yield(part) {
				return
			}
		}
	}
}

// Args is first with the items of a batch behind it.
func Args[T any](first []any, batch []T) []any {
	args := slices.Grow(slices.Clone(first), len(batch))
	for _, item := range batch {
		args = append(args, item)
	}
	return args
}

// Marks is n placeholders with commas.
func Marks(n int) string {
	if n == 0 {
		return ""
	}
	return strings.Repeat("?, ", n-1) + "?"
}
