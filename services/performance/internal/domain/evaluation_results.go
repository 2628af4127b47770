package domain

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/throughline/throughline/services/performance/internal/domain/analysis"
)

// ResultOut is what came of one outcome.
type ResultOut struct {
	Evidence    Evidence // at the end of the period; its weight is 0
	Basis       OutcomeBasis
	Values      int      // of the period, and the one before it that a change starts from
	From        *float64 // of a change; nil when unknown
	To          *float64 // last value of the period; nil when unknown
	Units       *float64 // nil when unknown
	CostPerUnit *Money   // nil when there is no money or no positive number of units
	Note        string   // sentences
}

// result says what a measure's values came to in the period: in those that begin from its first to its last day. Numbers
// are added and subtracted as the shortest decimals that read back the same, which is how they are written down:
// 0.1 and 0.2 are 0.3.
func (e Evaluation) result(of Measured, basis OutcomeBasis) (ResultOut, error) {
	until := slices.IndexFunc(of.Series, func(o Observation) bool { return o.Period > e.PeriodEnd })
	if until < 0 {
		until = len(of.Series)
	}
	series := of.Series[:until]
	since := slices.IndexFunc(series, func(o Observation) bool { return o.Period >= e.PeriodStart })
	if since < 0 {
		since = until
	}
	out := ResultOut{Basis: basis, Values: until - since}
	var err error
	if out.Evidence, err = Judge(of.Measure, series, analysis.NHS1, e.end()); err != nil {
		return out, err
	}
	out.note(e.gaps(of.Measure.Frequency, series[since:]))
	if since == until {
		return out, nil
	}
	out.To = &series[until-1].Value
	if basis == TotalBasis {
		sum := new(big.Rat)
		for _, o := range series[since:] {
			sum.Add(sum, decimal(o.Value))
		}
		out.units(sum)
		if of.Measure.Direction == Decrease {
			out.note("Less is better: fewer units are the better result, at a higher cost of one.")
		}
		return out, nil
	}
	out.change(of.Measure, series, since)
	return out, nil
}

// end is when the verdicts are made: when the period is over, or now if it is not.
func (e Evaluation) end() time.Time {
	if over, ok := e.PeriodEnd.next().time(); ok && over.Before(e.AsOf) {
		return over
	}
	return e.AsOf
}

// gaps tells what is missing of the period, and what of the values is beyond it.
func (e Evaluation) gaps(f Frequency, known []Observation) string {
	first, _ := f.Ordinal(e.PeriodStart)
	last, _ := f.Ordinal(e.PeriodEnd)
	if f.Start(first) < e.PeriodStart {
		first++
	}
	expected := last - first + 1
	if len(known) == 0 {
		return fmt.Sprintf("No value is known from %s to %s.", e.PeriodStart, e.PeriodEnd)
	}
	var notes []string
	if len(known) < expected {
		notes = append(notes, fmt.Sprintf("%d of %d %ss are known.", len(known), expected, f.Period()))
	}
	to := known[len(known)-1].Period
	over, _ := f.Ordinal(e.PeriodEnd.next())
	if at, _ := f.Ordinal(to); at == over {
		notes = append(notes, fmt.Sprintf("The %s from %s ends after the period.", f.Period(), to))
	}
	return strings.Join(notes, " ")
}

// change is for the better, from the last value before series[since], the period's first, or else from that, to the last.
func (r *ResultOut) change(m Measure, series []Observation, since int) {
	from, to := series[since], series[len(series)-1]
	switch {
	case since > 0:
		from = series[since-1]
		r.Values++
		if was, _ := m.Frequency.Ordinal(from.Period); m.Frequency.Start(was+1) < series[since].Period {
			r.note(fmt.Sprintf("The change starts from the value of %s, the last before the period.", from.Period))
		}
	case len(series) == 1:
		r.note("One value makes no change.")
		return
	default:
		r.note(fmt.Sprintf("No value is known before the period: the change starts from %s.", from.Period))
	}
	r.From = &from.Value
	was, is := decimal(from.Value), decimal(to.Value)
	switch m.Direction {
	case MaintainRange:
		t, found := m.TargetAt(to.Period)
		if !found {
			r.note(fmt.Sprintf("%s has no target range, so it is unknown what is better.", to.Period))
			return
		}
		r.units(new(big.Rat).Sub(t.outside(was), t.outside(is)))
	case Decrease:
		r.units(was.Sub(was, is))
	default:
		r.units(is.Sub(is, was))
	}
	if v := r.Evidence.Variation; v == analysis.CommonCause {
		r.note("The measure varies no more than it always does: the change may be chance.")
	} else if v == analysis.InsufficientData {
		r.note("There are too few values to tell the change from chance.")
	}
}

// outside is how far a value lies outside the range; 0 inside.
func (t Target) outside(value *big.Rat) *big.Rat {
	lower, upper := decimal(t.Value), decimal(t.Upper)
	switch {
	case value.Cmp(lower) < 0:
		return lower.Sub(lower, value)
	case value.Cmp(upper) > 0:
		return upper.Sub(value, upper)
	}
	return new(big.Rat)
}

// units keeps a number as the nearest that a float64 can be.
func (r *ResultOut) units(n *big.Rat) {
	f, _ := n.Float64()
	if math.IsInf(f, 0) {
		r.note("The units are more than can be written down.")
		return
	}
	r.Units = &f
}

// cost is the money for each unit, rounded half to even to the minor unit: of Units as it is written down, so that anyone
// can check it. why says what is the matter with the money, if anything.
func (r *ResultOut) cost(money *Money, why string) *Money {
	r.note(why)
	switch {
	case r.Units == nil:
		r.note("Without a number of units there is no cost of one.")
	case *r.Units <= 0:
		r.note("The units are not above zero, so there is no cost of one.")
	case why == "":
		minor := roundHalfEven(new(big.Rat).Quo(new(big.Rat).SetInt64(money.Minor), decimal(*r.Units)))
		if minor.IsInt64() {
			return &Money{Currency: money.Currency, Minor: minor.Int64()}
		}
		r.note("The cost of one is more than can be written down.")
	}
	return nil
}

func (r *ResultOut) note(sentence string) {
	r.Note = strings.TrimSpace(r.Note + " " + sentence)
}

// decimal is the shortest decimal that reads back as f, which is finite.
func decimal(f float64) *big.Rat {
	if r, ok := new(big.Rat).SetString(strconv.FormatFloat(f, 'g', -1, 64)); ok {
		return r
	}
	return new(big.Rat)
}

// roundHalfEven is the nearest integer; of two that are as near, the even one.
func roundHalfEven(q *big.Rat) *big.Int {
	whole, rest := new(big.Int).DivMod(q.Num(), q.Denom(), new(big.Int)) // rest is from 0 to below Denom
	half := rest.Lsh(rest, 1).Cmp(q.Denom())
	if half > 0 || half == 0 && whole.Bit(0) == 1 {
		whole.Add(whole, big.NewInt(1))
	}
	return whole
}
