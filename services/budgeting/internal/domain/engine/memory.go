package engine

import (
	"sync"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/waterfill"
)

// memory is what a solve works on beside its plan. It is used again by a later one: nothing of a plan may lie in it.
type memory struct {
	sums    []sum
	lineIn  []int32
	claims  []claim
	spread  []int64 // scratch of bounds
	odd     []int64
	oddNode []int32
	limit   []int64
	class   []int32
	curves  []waterfill.Curve
	hard    []waterfill.Curve
	own     []int64
}

var memories = sync.Pool{New: func() any { return &memory{} }}

// sheet is what the lines of a plan are written on. It goes with the plan, until Solved.Close.
type sheet struct {
	lines []model.Line
	paid  []model.Payment // most lines have one payment only: its place is here
}

// payments are places for the first payments of n lines.
func (s *sheet) payments(n int) []model.Payment { return emptied(&s.paid, n)[:n] }

var sheets = sync.Pool{New: func() any { return &sheet{} }}

// close gives the memory back; the book is done. A book that is not closed costs its memory, and nothing else.
func (b *book) close() {
	memories.Put(b.memory)
	b.memory = nil
}

// more is a new item of nothing at the end. What has many fields is written there: to make it elsewhere and copy it waits for the copy.
func more[T any](s *[]T) *T {
	var nothing T
	*s = append(*s, nothing)
	return &(*s)[len(*s)-1]
}

// emptied is nothing, with room for n items.
func emptied[T any](s *[]T, n int) []T {
	if cap(*s) < n {
		*s = make([]T, 0, n)
	}
	return (*s)[:0]
}

// zeroed is n items of nothing.
func zeroed[T any](s *[]T, n int) []T {
	out := emptied(s, n)[:n]
	clear(out)
	return out
}
