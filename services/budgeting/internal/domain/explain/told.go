package explain

import (
	"fmt"
	"slices"
	"strings"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/phrase"
)

func tell(currency string, m *Move) []string {
	out := []string{fmt.Sprintf("Program %q moves from %s to %s.", m.Program, phrase.Money(currency, m.Before), phrase.Money(currency, m.After))}
	if m.ScoreBefore != m.ScoreAfter {
		out = append(out, fmt.Sprintf("Its priority score goes from %s to %s.", phrase.Percent(m.ScoreBefore), phrase.Percent(m.ScoreAfter)))
	}
	for _, c := range m.Causes {
		switch c.Kind {
		case GoalWeight:
			out = append(out, fmt.Sprintf("The weight of goal %q goes from %s to %s, which moves the score by %s points.", c.Subject, c.Before, c.After, points(c.Effect)))
		case Aligned:
			out = append(out, fmt.Sprintf("Its alignment with goal %q goes from %s to %s, which moves the score by %s points.", c.Subject, c.Before, c.After, points(c.Effect)))
		case Attributes:
			out = append(out, fmt.Sprintf("Attribute %s goes from %s to %s, which moves the score by %s points.", c.Subject, c.Before, c.After, points(c.Effect)))
		case Results:
			out = append(out, fmt.Sprintf("Its results go from %s to %s, which moves the score by %s points.", c.Before, c.After, points(c.Effect)))
		case Equity:
			out = append(out, fmt.Sprintf("Equity goes from %s to %s points.", c.Before, c.After))
		case Base:
			out = append(out, fmt.Sprintf("Its base in %q goes from %s to %s.", c.Subject, c.Before, c.After))
		case Mandate:
			out = append(out, fmt.Sprintf("Its protected minimum in fund %q goes from %s to %s.", c.Subject, c.Before, c.After))
		case Limits:
			out = append(out, fmt.Sprintf("Its limits go from %s to %s.", c.Before, c.After))
		case Request:
			out = append(out, fmt.Sprintf("Its request above base goes from %s to %s.", c.Before, c.After))
		case Pool:
			out = append(out, fmt.Sprintf("In fund %q the pool goes from %s to %s.", c.Subject, c.Before, c.After))
		}
	}
	return out
}

// policy lists the figures that differ for everybody.
func policy(a, b model.Input) []string {
	out := []string{}
	note := func(name, before, after string) {
		if before != after {
			out = append(out, fmt.Sprintf("%s goes from %s to %s.", name, before, after))
		}
	}
	note("The method", method(a.Method), method(b.Method))
	note("The priority revision", a.Revisions.Priority.Name, b.Revisions.Priority.Name)
	note("The results revision", a.Revisions.Results.Name, b.Revisions.Results.Name)
	note("The spread", thousandths(a.Params.SpreadMilli), thousandths(b.Params.SpreadMilli))
	note("The limit on cuts", phrase.Share(a.Params.MaxCutPPM), phrase.Share(b.Params.MaxCutPPM))
	note("Council's equity floor", equity(a.Params.EquityFloor), equity(b.Params.EquityFloor))
	note("The rounding unit", phrase.Money(a.Currency, a.RoundingUnit), phrase.Money(b.Currency, b.RoundingUnit))
	for _, g := range b.Goals {
		if i := slices.IndexFunc(a.Goals, func(o model.Goal) bool { return o.ID == g.ID }); i >= 0 {
			note(fmt.Sprintf("The weight of goal %q", g.ID), phrase.Share(a.Goals[i].WeightPPM), phrase.Share(g.WeightPPM))
		}
	}
	for _, f := range b.Funds {
		if i := slices.IndexFunc(a.Funds, func(o model.Fund) bool { return o.ID == f.ID }); i >= 0 {
			note(fmt.Sprintf("The envelope of fund %q", f.ID), phrase.Money(a.Currency, a.Funds[i].Available), phrase.Money(b.Currency, f.Available))
			note(fmt.Sprintf("The one-time money of fund %q", f.ID), phrase.Money(a.Currency, a.Funds[i].OneTime), phrase.Money(b.Currency, f.OneTime))
		}
	}
	return out
}

// method is a method as people say it: priority adjustment.
func method(m model.Method) string { return strings.ToLower(strings.ReplaceAll(string(m), "_", " ")) }

func equity(f *model.EquityFloor) string {
	if f == nil {
		return "none"
	}
	return fmt.Sprintf("a loss of at most %s from %s points on", phrase.Share(f.MaxCutPPM), points(1000*f.MinBP))
}
