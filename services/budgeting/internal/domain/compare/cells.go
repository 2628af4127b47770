package compare

import (
	"slices"
	"strings"
)

// purse is one kind of money of a fund: money that will not come again pays one-time costs only.
type purse struct {
	fund    string
	oneTime bool
}

func byPurse(a, b purse) int {
	switch c := strings.Compare(a.fund, b.fund); {
	case c != 0:
		return c
	case a.oneTime == b.oneTime:
		return 0
	case b.oneTime:
		return -1
	default:
		return 1
	}
}

// place is one kind of money in one program.
type place struct {
	program string
	purse
}

func byPlace(a, b place) int {
	if c := strings.Compare(a.program, b.program); c != 0 {
		return c
	}
	return byPurse(a.purse, b.purse)
}

// cell is an amount in its place.
type cell struct {
	place
	amount int64
}

// merged sorts cells by place and adds up those of one place.
func merged(cells []cell) []cell {
	slices.SortStableFunc(cells, func(a, b cell) int { return byPlace(a.place, b.place) })
	out := cells[:0]
	for _, c := range cells {
		if n := len(out); n > 0 && out[n-1].place == c.place {
			out[n-1].amount += c.amount
			continue
		}
		out = append(out, c)
	}
	return out
}

// bind places what is bound: nobody says in which kind of a fund's money, so it counts against what will not come again first.
func bind(encumbered []Encumbrance, old []cell) []cell {
	all := make([]cell, 0, len(encumbered))
	for _, e := range encumbered {
		all = append(all, cell{place{e.Program, purse{e.Fund, false}}, e.Amount})
	}
	all = merged(all)
	for i := range all {
		once := place{all[i].program, purse{all[i].fund, true}}
		if amount := min(all[i].amount, find(old, once)); amount > 0 {
			all[i].amount -= amount
			all = append(all, cell{once, amount})
		}
	}
	return merged(all)
}

func find(cells []cell, at place) int64 {
	i, ok := slices.BinarySearchFunc(cells, at, func(c cell, at place) int { return byPlace(c.place, at) })
	if !ok {
		return 0
	}
	return cells[i].amount
}

// over adds up a program's cells.
func over(cells []cell, program string) (sum int64) {
	at, _ := slices.BinarySearchFunc(cells, program, func(c cell, id string) int { return strings.Compare(c.program, id) })
	for ; at < len(cells) && cells[at].program == program; at++ {
		sum += cells[at].amount
	}
	return sum
}
