package sqldb_test

import (
	"slices"
	"testing"

	"github.com/throughline/throughline/services/platform/sqldb"
)

func TestBatches(t *testing.T) {
	for n, want := range map[int][]int{0: nil, 1: {1}, 2: {8}, 17: {64}, 65: {256}, 256: {256}, 257: {256, 1}, 600: {256, 256, 256}} {
		items := make([]int, n)
		for i := range items {
			items[i] = i
		}
		var sizes, all []int
		for part := range sqldb.Batches(items) {
			sizes = append(sizes, len(part))
			all = append(all, part...)
		}
		if !slices.Equal(sizes, want) {
			t.Errorf("%d items make batches of %v, want %v", n, sizes, want)
		}
		if got := slices.Compact(all); n > 0 && !slices.Equal(got, items) { // the last stands again and again
			t.Errorf("%d items became %v", n, got)
		}
	}
}
