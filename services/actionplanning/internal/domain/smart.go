package domain

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// SmartRules is the version of the rules that Smart applies.
const SmartRules = "SMART/1"

// statementWords is how many words a statement has at least: who, does, what, where, when.
const statementWords = 5

// Smart reviews an objective letter by letter. It looks at nothing but the facts, so that the same facts always give the same review:
//
//   - SPECIFIC: an owner or a LEAD assignment during the work, a statement of five words that says more than the title, a location.
//   - MEASURABLE: a measure with a baseline and a target (the objective's own, or else those of the measure) where the target is the better of the
//     two; for MAINTAIN_RANGE the measure's range on due_date, and the objective's target, if given, within it.
//   - ACHIEVABLE: the effort assigned, averaged over the days of the work, is at least the FTE required, and the adopted allocation of the latest
//     budget of the work's fiscal years gives the program at least the cost. What falls short is CONDITIONAL on a funding request of the
//     program that is still open, belongs to one of these years and asks for as much.
//   - RELEVANT: the strategy's goal is in an ADOPTED plan that is not over; DRAFT and SUBMITTED plans are CONDITIONAL.
//   - TIME_BOUND: the work starts and ends within the plan's period, ends after it starts, and not before today.
//
// The work's days are those from start_date (unset: the plan's first day) to due_date.
func Smart(f Facts, now time.Time) Review {
	r := Review{
		Objective: f.Objective.Name(), Verdict: Pass, Rules: SmartRules, Time: now,
		Findings: []Finding{f.specific(), f.measurable(), f.achievable(), f.relevant(), f.timeBound()},
	}
	for _, finding := range r.Findings {
		r.Verdict = r.Verdict.worse(finding.Verdict)
	}
	return r
}

// finding gathers what speaks for a letter and what against it.
type finding struct {
	verdict  Verdict
	good     []string
	bad      []string
	remedies []Remedy
}

func (g *finding) holds(format string, args ...any) {
	g.good = append(g.good, fmt.Sprintf(format, args...))
}

// lacks records why the letter does not hold, and what would mend it.
func (g *finding) lacks(v Verdict, reason, field, remedy string) {
	g.verdict = g.verdict.worse(v)
	g.bad = append(g.bad, reason)
	g.remedies = append(g.remedies, Remedy{field, remedy})
}

func (g *finding) on(l Letter) Finding {
	if g.verdict == Pass {
		return Finding{Letter: l, Verdict: Pass, Reasons: g.good}
	}
	return Finding{Letter: l, Verdict: g.verdict, Reasons: g.bad, Remedies: g.remedies}
}

// work are the days of the work, at least the last one.
func (f Facts) work() days {
	start := f.Objective.StartDate
	if start == "" {
		start = f.Purpose.Start
	}
	if start == "" || start > f.Objective.DueDate {
		start = f.Objective.DueDate
	}
	return days{start, f.Objective.DueDate}
}

// FiscalYears are those that have one of the work's days; a fiscal year starts with month, 1 to 12.
func (f Facts) FiscalYears(month int) FiscalYears {
	work := f.work()
	return FiscalYearsOf(work.Start, work.End, month)
}

func (f Facts) specific() Finding {
	g := finding{verdict: Pass}
	o, work := f.Objective, f.work()
	lead := slices.IndexFunc(f.Assignments, func(a Assignment) bool { return a.Role == RoleLead && work.overlap(days{a.StartDate, a.EndDate}) })
	switch {
	case strings.TrimSpace(o.Owner) != "":
		g.holds("%s answers for it.", strings.TrimSpace(o.Owner))
	case lead >= 0:
		g.holds("%s leads it.", f.Assignments[lead].EmployeeName())
	default:
		g.lacks(Fail, "Nobody answers for it: it has neither an owner nor a lead during the work.", "objective.owner",
			"name who answers for it, a role or a person, or assign an employee as LEAD")
	}
	said := words(o.Statement)
	switch {
	case len(said) < statementWords:
		g.lacks(Fail, fmt.Sprintf("The statement has %d words, and who does what to what end takes %d at least.", len(said), statementWords),
			"objective.statement", fmt.Sprintf("say in %d words or more who does what, and to what end", statementWords))
	case slices.Equal(said, words(o.DisplayName)):
		g.lacks(Fail, "The statement only repeats the title.", "objective.statement", "say who does what, and to what end, beyond the title")
	default:
		g.holds("The statement says what is done.")
	}
	if where := strings.TrimSpace(o.Location); where != "" {
		g.holds("It happens here: %s.", where)
	} else {
		g.lacks(Fail, "It is not said where it happens.", "objective.location", "name the place, the district, or the whole city")
	}
	return g.on(Specific)
}

// words are the runs of letters and digits of a text, in lower case.
func words(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) })
}

func (f Facts) measurable() Finding {
	g := finding{verdict: Pass}
	o, m := f.Objective, f.Measure
	switch {
	case o.Measure == "":
		g.lacks(Fail, "No measure shows its success.", "objective.measure", "link the measure that shows its success")
	case !m.Found:
		g.lacks(Fail, o.Measure+" does not exist.", "objective.measure", "link a measure that exists, or create this one")
	}
	baseline := o.Baseline
	if baseline == nil {
		baseline = m.Baseline
	}
	if baseline == nil {
		g.lacks(Fail, "It is not said where the measure stood.", "objective.baseline", "give the value from which the work starts, here or on the measure")
	}
	held, covered := m.on(o.DueDate)
	if m.Direction == MaintainRange {
		f.inRange(&g, held, covered)
		return g.on(Measurable)
	}
	target := o.Target
	if target == nil && covered {
		target = &held.Value
	}
	switch {
	case target == nil:
		g.lacks(Fail, fmt.Sprintf("No target is set, and the measure has none for %s.", o.DueDate), "objective.target",
			fmt.Sprintf("give the value to reach by due_date, here or as a target of the measure that covers %s", o.DueDate))
	case baseline == nil:
	case m.Direction == Decrease && *target >= *baseline:
		g.lacks(Fail, fmt.Sprintf("Less is better, and the target %s is not below the baseline %s.", number(*target), number(*baseline)),
			"objective.target", "choose a target below the baseline, or correct the baseline")
	case m.Direction != Decrease && *target <= *baseline:
		g.lacks(Fail, fmt.Sprintf("More is better, and the target %s is not above the baseline %s.", number(*target), number(*baseline)),
			"objective.target", "choose a target above the baseline, or correct the baseline")
	default:
		g.holds("%s goes from %s to %s by %s.", o.Measure, number(*baseline), number(*target), o.DueDate)
	}
	return g.on(Measurable)
}

// inRange judges the target of a measure that is to stay within a range.
func (f Facts) inRange(g *finding, held MeasureTarget, covered bool) {
	o := f.Objective
	switch {
	case !covered:
		g.lacks(Fail, fmt.Sprintf("The measure is to stay within a range, and has none for %s.", o.DueDate), "measure.targets",
			fmt.Sprintf("give the measure a range that covers %s", o.DueDate))
	case o.Target != nil && (*o.Target < held.Value || *o.Target > held.Upper):
		g.lacks(Fail, fmt.Sprintf("The target %s lies outside the measure's range of %s to %s.", number(*o.Target), number(held.Value), number(held.Upper)),
			"objective.target", "choose a target within the measure's range, or leave it unset")
	default:
		g.holds("%s stays within %s to %s on %s.", o.Measure, number(held.Value), number(held.Upper), o.DueDate)
	}
}

func number(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }

func (f Facts) relevant() Finding {
	g := finding{verdict: Pass}
	p := f.Purpose
	switch {
	case !p.Found:
		g.lacks(Fail, p.Goal+", the goal of its strategy, does not exist.", "strategy.goal", "name a goal of the current plan")
	case p.State == PlanAdopted && p.End < f.Today:
		g.lacks(Fail, fmt.Sprintf("%s ended on %s.", p.Plan, p.End), "strategy.goal", "name a goal of the current plan")
	case p.State == PlanAdopted:
		g.holds("Its goal is in the adopted plan %s.", p.Plan)
	case p.State == PlanDraft || p.State == PlanSubmitted:
		g.lacks(Conditional, fmt.Sprintf("Its goal is in %s, which is %s and not yet adopted.", p.Plan, p.State), "plan.state",
			"have the governing body adopt the plan, or let the strategy serve a goal of the adopted one")
	default:
		g.lacks(Fail, fmt.Sprintf("Its goal is in %s, which is %s.", p.Plan, p.State), "strategy.goal", "name the goal of the current plan that took its place")
	}
	return g.on(Relevant)
}

func (f Facts) timeBound() Finding {
	g := finding{verdict: Pass}
	o, p := f.Objective, f.Purpose
	if !p.Found {
		g.lacks(Fail, "Without a plan there is no period to lie within.", "strategy.goal", "name a goal of the current plan")
	} else {
		within := fmt.Sprintf("choose a day from %s to %s", p.Start, p.End)
		if o.StartDate != "" && (o.StartDate < p.Start || o.StartDate > p.End) {
			g.lacks(Fail, fmt.Sprintf("It starts on %s, outside the plan's period.", o.StartDate), "objective.start_date", within+", or leave it unset")
		}
		if o.DueDate < p.Start || o.DueDate > p.End {
			g.lacks(Fail, fmt.Sprintf("It is due on %s, outside the plan's period.", o.DueDate), "objective.due_date", within)
		}
	}
	start := o.StartDate
	if start == "" {
		start = p.Start
	}
	if start != "" && o.DueDate <= start {
		g.lacks(Fail, fmt.Sprintf("It is due on %s, not after it starts on %s.", o.DueDate, start), "objective.due_date", "choose a day after the start, or an earlier start_date")
	}
	if o.DueDate < f.Today {
		g.lacks(Fail, fmt.Sprintf("It was due on %s, before today.", o.DueDate), "objective.due_date", fmt.Sprintf("choose %s or a later day", f.Today))
	}
	if g.verdict == Pass {
		g.holds("Its work from %s to %s lies within the plan's period of %s to %s.", start, o.DueDate, p.Start, p.End)
	}
	return g.on(TimeBound)
}
