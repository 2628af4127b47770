// Package spread divides whole units in proportion, exactly: a line of an allocation among the account strings that carry it, and weights among goals.
package spread

import (
	"slices"

	"github.com/throughline/throughline/services/budgeting/internal/domain/money"
	"github.com/throughline/throughline/services/platform/fault"
)

// Rule says how a line is divided among its accounts. Under every rule the amounts add up to the line exactly, no account that starts at or above
// zero ends below it, credits (accounts below zero) stay as they are while any other account can take the change, and one more minor unit in the
// line never takes one from an account.
type Rule string

const (
	// ProRataBase gives accounts in proportion to their base, rounded by Webster's method (Balinski & Young, Fair Representation, 1982). A line
	// that stays at base leaves every account at its own.
	ProRataBase Rule = "PRO_RATA_BASE"
	// FirstAccount changes the first account. A cut that empties it goes on to the next.
	FirstAccount Rule = "FIRST_ACCOUNT"
)

// Rules lists every rule.
func Rules() []Rule { return []Rule{ProRataBase, FirstAccount} }

// Line divides a line that goes from base to amount, in minor units, among accounts that carry bases now, in their order.
//
// What the accounts do not explain of the base is difference = base − Σ bases. When it is not zero, or when there are no accounts, out has one
// more element than bases: what the balancing (suspense) account gets, whose own base is the difference. It is an account like the others: above
// zero it shares in the change, below zero it stays.
//
// Errors: Invalid for an unknown rule; FailedPrecondition SPREAD_BELOW_ZERO when the credits alone exceed the line, SPREAD_OVERFLOW when amounts
// or their sums pass 2^60.
func (r Rule) Line(bases []int64, base, amount int64) (out []int64, difference int64, err error) {
	carried, ok := money.Sum(bases...)
	if ok {
		difference, ok = money.Add(base, -carried)
	}
	if !ok || beyond(base) || beyond(amount) || beyond(carried) || beyond(difference) {
		return nil, 0, overflow()
	}
	if difference != 0 || len(bases) == 0 {
		bases = append(slices.Clip(bases), difference)
	}
	out, err = r.Over(bases, amount)
	return out, difference, err
}

// Over divides total among accounts that carry bases; there must be one. Errors as for Line.
func (r Rule) Over(bases []int64, total int64) ([]int64, error) {
	if r != ProRataBase && r != FirstAccount {
		return nil, fault.New(fault.Invalid, "SPREAD_RULE", "the rule %q is not known; use %s or %s", string(r), ProRataBase, FirstAccount)
	}
	if len(bases) == 0 {
		return nil, fault.New(fault.Invalid, "SPREAD_NOWHERE", "there is no account to spread over; name at least one")
	}
	var credits, positive int64
	ok := !beyond(total)
	for _, b := range bases {
		fine := !beyond(b)
		if b < 0 {
			credits, fine = add(credits, b, fine)
		} else {
			positive, fine = add(positive, b, fine)
		}
		ok = ok && fine
	}
	share := total - credits // two amounts within ±2^60
	switch {
	case !ok || beyond(share):
		return nil, overflow()
	case share < 0:
		return nil, fault.State("SPREAD_BELOW_ZERO", "the line of %d minor units is below its credits of %d, and no account may go below zero; "+
			"change the credits first", total, credits)
	}
	out := make([]int64, len(bases))
	copy(out, bases)
	switch {
	case positive == 0:
		out[taker(bases)] += share
	case r == FirstAccount:
		first(out, share-positive)
	default:
		webster(out, positive, share)
	}
	return out, nil
}

// Shares divides total in proportion to weights by Webster's method, ties to the earlier; equally where no weight is above zero. Weights, their sum and
// total are from 0 to 2^60.
func Shares(weights []int64, total int64) []int64 {
	out := slices.Clone(weights)
	var all int64
	for _, w := range weights {
		all += w
	}
	if all == 0 {
		for i := range out {
			out[i] = 1
		}
		all = int64(len(out))
	}
	webster(out, all, total)
	return out
}

// taker is the first account that is no credit, or the first when all are.
func taker(bases []int64) int {
	for i, b := range bases {
		if b >= 0 {
			return i
		}
	}
	return 0
}

// first moves the first accounts that are no credits by change, none below zero; they hold enough for a cut.
func first(out []int64, change int64) {
	for i := range out {
		if out[i] < 0 {
			continue
		}
		step := max(change, -out[i])
		out[i] += step
		if change -= step; change == 0 {
			return
		}
	}
}

func add(a, b int64, fine bool) (int64, bool) {
	sum, ok := money.Add(a, b)
	return sum, ok && fine && !beyond(sum)
}

func beyond(a int64) bool { return a > money.Limit || a < -money.Limit }

func overflow() error {
	return fault.State("SPREAD_OVERFLOW", "amounts of the line or of its accounts add up to more than 2^60 minor units; correct the line items")
}
