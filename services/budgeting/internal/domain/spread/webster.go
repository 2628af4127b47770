package spread

import (
	"container/heap"
	"math/bits"
)

// webster replaces every amount above zero by its part of total; all is what they add up to.
//
// Unit k of an account with base b stands at (2k − 1) ÷ b; the total goes to the units that stand first, ties to the earlier account. All units up
// to the even rate total ÷ all are the rounded quotas; they miss the total by at most half a unit per account, which a heap settles. What is taken
// is always a prefix of one order of units, so a larger total never takes from anybody.
func webster(out []int64, all, total int64) {
	q := queue{units: out}
	missing := total
	for i, b := range out {
		if b <= 0 {
			continue
		}
		hi, lo := bits.Mul64(uint64(total), uint64(b)) //nolint:gosec // both ≥ 0
		quota, rest := bits.Div64(hi, lo, uint64(all)) //nolint:gosec // b ≤ all, so the quota is at most total
		if whole := uint64(all); rest >= whole-rest {  //nolint:gosec // all > 0
			quota++
		}
		out[i] = int64(quota) //nolint:gosec // at most total + 1
		missing -= out[i]
		q.seats = append(q.seats, seat{place: i, base: uint64(b)})
	}
	if missing == 0 {
		return
	}
	q.taking = missing < 0
	heap.Init(&q)
	for ; missing != 0; heap.Fix(&q, 0) {
		if q.taking {
			out[q.seats[0].place]--
			missing++
		} else {
			out[q.seats[0].place]++
			missing--
		}
	}
}

type seat struct {
	place int
	base  uint64
}

// queue has the account on top that gives back its last unit first, or gets its next one first.
type queue struct {
	units  []int64 // of every account
	seats  []seat
	taking bool
}

func (q *queue) Len() int      { return len(q.seats) }
func (q *queue) Swap(i, j int) { q.seats[i], q.seats[j] = q.seats[j], q.seats[i] }
func (q *queue) Push(any)      {}             // seats neither come
func (q *queue) Pop() any      { return nil } // nor go

func (q *queue) Less(i, j int) bool {
	if q.taking {
		i, j = j, i
	}
	a, b := q.seats[i], q.seats[j]
	aHi, aLo := bits.Mul64(q.stands(a), b.base)
	bHi, bLo := bits.Mul64(q.stands(b), a.base)
	switch {
	case aHi != bHi:
		return aHi < bHi
	case aLo != bLo:
		return aLo < bLo
	default:
		return a.place < b.place
	}
}

// stands is the numerator of where the unit in question stands. An account without units has none to give: it stands before all others.
func (q *queue) stands(s seat) uint64 {
	units := uint64(q.units[s.place]) //nolint:gosec // never below zero
	switch {
	case !q.taking:
		return 2*units + 1
	case units == 0:
		return 0
	default:
		return 2*units - 1
	}
}
