package compare

import (
	"fmt"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/phrase"
)

// largest is how many moves are told in words.
const largest = 5

// tell says the comparison in sentences: money first, then priority value, then who moves most.
func tell(currency string, c *Comparison) []string {
	var out []string
	say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	amount := func(v int64) string { return phrase.Money(currency, v) }
	for _, t := range []struct {
		name string
		Totals
	}{{"first", c.A}, {"second", c.B}} {
		switch t.Outcome {
		case model.Infeasible:
			say("The %s plan is infeasible: its amounts are what law asks, and nothing is paid.", t.name)
		case model.ReductionShort:
			say("The %s plan is short by %s that packages must find.", t.name, amount(t.Short))
		default:
		}
	}
	say("The second plan gives competing programs %s, the first %s: %s.", amount(c.B.Competing), amount(c.A.Competing), moreOrLess(currency, c.B.Competing-c.A.Competing))
	say("%s %s more, %s %s less, %s the same.", phrase.Count(c.Gainers, "program"), phrase.Verb(c.Gainers, "gets", "get"),
		phrase.Count(c.Losers, "program"), phrase.Verb(c.Losers, "gets", "get"), phrase.Count(c.Unchanged, "program"))
	of := ""
	if c.ValueByB != nil {
		of = " by the scores of the first plan"
		say("%s another score in the second plan.", phrase.Count(c.Rescored, "program")+" "+phrase.Verb(c.Rescored, "has", "have"))
	}
	say("The priority value, money times score, is %s in the second plan and %s in the first%s: %s.",
		amount(c.Value.B), amount(c.Value.A), of, moreOrLess(currency, c.Value.Difference))
	if v := c.ValueByB; v != nil {
		say("By the scores of the second plan it is %s and %s: %s.", amount(v.B), amount(v.A), moreOrLess(currency, v.Difference))
	}
	for i := range c.Programs {
		r := &c.Programs[i]
		if i == largest || r.Amount.Difference == 0 {
			break
		}
		say("Program %q (score %s) gets %s instead of %s: %s.", r.Program, phrase.Percent(r.ScoreA), amount(r.Amount.B), amount(r.Amount.A), moreOrLess(currency, r.Amount.Difference))
	}
	return out
}

func moreOrLess(currency string, v int64) string {
	switch {
	case v > 0:
		return phrase.Money(currency, v) + " more"
	case v < 0:
		return phrase.Money(currency, -v) + " less"
	default:
		return "the same"
	}
}
