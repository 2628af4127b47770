package earmark

import (
	"math"
	"slices"
	"testing"
)

// checkPaid proves that every claim is paid whole, no fund pays more than it has, and restricted funds are used as far as possible.
func checkPaid(t *testing.T, p Problem, s Solution) {
	t.Helper()
	used := make([]int64, len(p.Capacity))
	needs := make([]int64, len(p.Eligible))
	for c, set := range p.Eligible {
		for i, k := range set {
			if s.Paid[c][i] < 0 {
				t.Fatalf("fund %d pays class %d a negative amount", k, c)
			}
			used[k] += s.Paid[c][i]
			needs[c] += s.Paid[c][i]
		}
	}
	for i, c := range p.Class {
		needs[c] -= s.Units[i]
	}
	for c, n := range needs {
		if n != 0 {
			t.Fatalf("class %d is paid %d too much", c, n)
		}
	}
	for k := range used {
		if used[k] > p.Capacity[k] {
			t.Fatalf("fund %d pays %d of %d", k, used[k], p.Capacity[k])
		}
	}
	checkRestrictedFirst(t, p, s, used)
}

// checkRestrictedFirst compares the use of funds with the greatest that is possible: for each prefix of the order, the most that those funds
// together can pay is the least, over sets of them left out, of what remains.
func checkRestrictedFirst(t *testing.T, p Problem, s Solution, used []int64) {
	t.Helper()
	demand := make([]int64, len(p.Eligible))
	for i, c := range p.Class {
		demand[c] += s.Units[i]
	}
	var prefix uint
	var sum int64
	for _, k := range p.Order {
		prefix |= 1 << k
		sum += used[k]
		most := int64(math.MaxInt64)
		for set := range uint(1) << len(p.Capacity) {
			if set&^prefix != 0 {
				continue
			}
			var bound int64 // capacity of the set, and the demand that funds of the prefix outside it may pay
			for f := range p.Capacity {
				if set>>f&1 == 1 {
					bound += p.Capacity[f]
				}
			}
			for c, eligible := range p.Eligible {
				if slices.ContainsFunc(eligible, func(f int32) bool { return prefix&^set>>f&1 == 1 }) {
					bound += demand[c]
				}
			}
			most = min(most, bound)
		}
		if sum != most {
			t.Fatalf("the most restricted funds, %b, pay %d and could pay %d", prefix, sum, most)
		}
	}
}
