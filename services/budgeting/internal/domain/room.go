package domain

import (
	"sync"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
)

// InputRoom has room for the programs of an input and their longest lists: megabytes where programs are thousands, which are written in less time where
// an input was written before. The zero value has none, and makes it.
type InputRoom struct {
	programs   list[model.Program]
	costLines  list[model.CostLine]
	eligible   list[string]
	alignments list[model.Alignment]
}

var inputRooms = sync.Pool{New: func() any { return &InputRoom{} }}

// NewInputRoom is room that an earlier input had, if there was one.
func NewInputRoom() *InputRoom {
	r, _ := inputRooms.Get().(*InputRoom)
	return r
}

// Close gives the room to a later input; the one that is in it is gone.
func (r *InputRoom) Close() {
	r.clear()
	inputRooms.Put(r)
}

func (r *InputRoom) clear() {
	r.programs.clear()
	r.costLines.clear()
	r.eligible.clear()
	r.alignments.clear()
}

// list is room for items of one kind.
type list[T any] struct{ all, rest []T }

// take cuts n items off the front of the room; there may be something in them.
func (l *list[T]) take(n int) []T {
	if l.rest == nil || len(l.rest) < n {
		l.all = make([]T, max(n, 2*len(l.all), 64))
		l.rest = l.all
	}
	taken := l.rest[:n:n]
	l.rest = l.rest[n:]
	return taken
}

func (l *list[T]) clear() { l.rest = l.all }
