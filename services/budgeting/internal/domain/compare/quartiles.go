package compare

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/phrase"
	"github.com/throughline/throughline/services/budgeting/internal/domain/waterfill"
)

// QuartileReport is spending by priority: the competing programs in order of score (ties by id), in four parts as equal in number as can be.
// Amounts are minor units, net of program revenue; shares are parts per million that add up to 1,000,000.
type QuartileReport struct {
	Quartiles [4]Quartile // Q1 is the most aligned
	Unranked  Quartile    // programs without a line in the formula
	Total     Quartile
	Sentences []string
}

// Quartile is one part.
type Quartile struct {
	Programs    []string // highest score first
	HighBP      int64    // scores
	LowBP       int64
	Today       int64 // base of all lines
	Base        int64 // of the lines in the formula
	Allocated   int64
	Change      int64
	Fixed       int64 // off the top, credits, and funds outside the pool, of the same programs
	Mandated    int64 // of the base, by attested mandates
	BasePPM     int64 // share of the total base
	SharePPM    int64 // share of the total allocated
	FixedPPM    int64 // share of the total fixed
	MandatedPPM int64 // mandated part of its own base
}

// Quartiles reports a run's spending by priority quartile.
func Quartiles(run Run) QuartileReport {
	s := newSide(run)
	var q QuartileReport
	points := s.scorer.Points()
	ranked := make([]int, 0, len(points))
	for i := range s.sums {
		if s.sums[i].lines > 0 {
			ranked = append(ranked, i)
		} else {
			q.Unranked.add(s, i, points[i])
		}
	}
	slices.SortStableFunc(ranked, func(i, j int) int { return cmp.Compare(points[j], points[i]) })
	for rank, i := range ranked {
		q.Quartiles[rank*4/len(ranked)].add(s, i, points[i])
		q.Total.add(s, i, points[i])
	}
	all := []*Quartile{&q.Quartiles[0], &q.Quartiles[1], &q.Quartiles[2], &q.Quartiles[3]}
	share(all, func(q *Quartile) (int64, *int64) { return q.Base, &q.BasePPM })
	share(all, func(q *Quartile) (int64, *int64) { return q.Allocated, &q.SharePPM })
	all = append(all, &q.Unranked)
	share(all, func(q *Quartile) (int64, *int64) { return q.Fixed, &q.FixedPPM })
	q.Total.Fixed += q.Unranked.Fixed
	q.Total.BasePPM, q.Total.SharePPM, q.Total.FixedPPM = model.Whole, model.Whole, model.Whole
	for _, of := range append(all, &q.Total) {
		if of.Base > 0 {
			of.MandatedPPM = part(min(of.Mandated, of.Base), model.Whole, of.Base)
		}
	}
	for i := range q.Quartiles {
		q.Sentences = append(q.Sentences, q.Quartiles[i].tell(i+1, s.in.Currency))
	}
	return q
}

func (q *Quartile) add(s *side, i int, bp int64) {
	of := &s.sums[i]
	if len(q.Programs) == 0 {
		q.HighBP = bp
	}
	q.LowBP = bp
	q.Programs = append(q.Programs, s.in.Programs[i].ID)
	q.Today += of.base
	q.Base += of.from
	q.Allocated += of.competing
	q.Change += of.competing - of.from
	q.Fixed += of.fixed
	q.Mandated += of.floor
}

// share apportions 1,000,000 parts by amount (Webster; credits count as nothing). All shares are zero when every amount is.
func share(all []*Quartile, of func(*Quartile) (int64, *int64)) {
	amounts := make([]int64, len(all))
	for i, q := range all {
		amount, _ := of(q)
		amounts[i] = max(0, amount)
	}
	for i, ppm := range apportion(amounts, model.Whole) {
		_, to := of(all[i])
		*to = ppm
	}
}

// apportion divides total in proportion to the weights, exactly, by Webster's rule (ties: the heavier, then the earlier). Nothing is divided
// when every weight is zero.
func apportion(weights []int64, total int64) []int64 {
	curves, idx := make([]waterfill.Curve, len(weights)), make([]int32, len(weights))
	out := make([]int64, len(weights))
	var all int64
	for i, w := range weights {
		idx[i], all = int32(i), all+w
		if w > 0 {
			curves[i] = waterfill.Curve{Hi: total, Grow: w}
		}
	}
	if all > 0 {
		var f waterfill.Filler
		f.Fill(curves, idx, total, out)
	}
	return out
}

func (q *Quartile) tell(number int, currency string) string {
	if len(q.Programs) == 0 {
		return fmt.Sprintf("Quartile %d has no programs.", number)
	}
	n := len(q.Programs)
	return fmt.Sprintf("Quartile %d, %s scoring %s to %s, %s %s, %s of the competing money (%s of the base), %s; %s of its base is mandated.",
		number, phrase.Count(n, "program"), phrase.Percent(q.LowBP), phrase.Percent(q.HighBP), phrase.Verb(n, "gets", "get"), phrase.Money(currency, q.Allocated),
		phrase.Share(q.SharePPM), phrase.Share(q.BasePPM), against(currency, q.Change), phrase.Share(q.MandatedPPM))
}

// against is a change from base in words.
func against(currency string, change int64) string {
	if change == 0 {
		return "as much as its base"
	}
	return moreOrLess(currency, change) + " than its base"
}
