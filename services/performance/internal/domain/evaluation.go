package domain

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/throughline/throughline/services/platform/fault"
)

// OutcomeBasis says what a unit of an outcome is.
type OutcomeBasis string

// Bases of outcomes.
const (
	TotalBasis  OutcomeBasis = "TOTAL"  // the sum of the period's values
	ChangeBasis OutcomeBasis = "CHANGE" // the change for the better over the period
)

// Outcome is a result to hold the money against.
type Outcome struct {
	Measure string // name
	Basis   OutcomeBasis
}

// Recommendation says what to do next: CONTINUE, EXPAND, CHANGE, REDUCE or END; empty when not said.
type Recommendation string

// Evaluation says whether the money that went into a program or strategy brought results. Money and results are copied when
// it is written, and say what was known then.
type Evaluation struct {
	Meta
	Organization    string
	ID              string
	DisplayName     string
	Subject         string // name of a program or of a strategy
	FirstFiscalYear int
	LastFiscalYear  int
	PeriodStart     Date // first day of the results
	PeriodEnd       Date // last day of the results
	Outcomes        []Outcome
	Finding         string
	Recommendation  Recommendation
	Evaluator       string

	Money      *Money      // nil when nothing adopted gives any, or it cannot be added
	MoneyIn    []MoneyIn   // by fiscal year and program
	ResultsOut []ResultOut // in the order of Outcomes
	AsOf       time.Time   // of the money and the values
}

// EvaluationName is the resource name of an evaluation.
func EvaluationName(organization, id string) string {
	return name("organizations", organization, "evaluations", id)
}

// Name is the resource name.
func (e Evaluation) Name() string { return EvaluationName(e.Organization, e.ID) }

// Sources are what an evaluation is made of, as known when it is written.
type Sources struct {
	Programs []string            // names of the programs whose money counts: of the subject itself, or of the strategy's objectives
	Money    []MoneyIn           // of these programs in these years, by fiscal year and program
	Measures map[string]Measured // those of the outcomes that exist, by name
}

// Measured is a measure with its values for the whole city, by period, each in its latest revision.
type Measured struct {
	Measure Measure
	Series  []Observation
}

// NewEvaluation is the first version of an evaluation.
func NewEvaluation(e Evaluation, s Sources, now time.Time) (Evaluation, error) {
	e.Meta = Meta{}.Next(now)
	return e.of(s, now)
}

// Changed is the next version of e with the fields of next, and money and results copied anew, also when no field has changed.
func (e Evaluation) Changed(next Evaluation, s Sources, now time.Time) (Evaluation, error) {
	next.Organization, next.ID, next.Meta = e.Organization, e.ID, e.Next(now)
	return next.of(s, now)
}

// of checks the fields and fills in the rest. As of is now, or later if the clock has fallen behind the values.
func (e Evaluation) of(s Sources, now time.Time) (Evaluation, error) {
	if err := e.check(s); err != nil {
		return e, err
	}
	var why string
	e.MoneyIn, e.AsOf = s.Money, now
	e.Money, why = total(s.Money)
	switch {
	case why != "":
	case len(s.Programs) == 0:
		why = "No objective of the strategy is known to require a program, so there is no money to hold against it."
	case e.Money == nil || e.Money.Minor <= 0:
		why = "No adopted allocation of these fiscal years gives the subject money."
	}
	e.ResultsOut = make([]ResultOut, len(e.Outcomes))
	for i, o := range e.Outcomes {
		of := s.Measures[o.Measure]
		out, err := e.result(of, o.Basis)
		if err != nil {
			return e, fmt.Errorf("result of %s: %w", o.Measure, err)
		}
		out.CostPerUnit = out.cost(e.Money, why)
		e.ResultsOut[i] = out
		for _, v := range of.Series {
			if v.RecordTime.After(e.AsOf) {
				e.AsOf = v.RecordTime
			}
		}
	}
	return e, nil
}

// Fiscal years that can be evaluated.
const (
	firstYear = 1900
	lastYear  = 2200
)

// maxOutcomes bounds what one evaluation copies.
const maxOutcomes = 100

// check lists everything that is wrong with an evaluation.
func (e Evaluation) check(s Sources) error {
	var v fault.Violations
	required(&v, "evaluation.display_name", e.DisplayName)
	collection, _ := e.subject()
	v.Check(collection != "", "evaluation.subject", "%q names no program or strategy of %s; use a name such as %[2]s/programs/{program}",
		e.Subject, OrganizationName(e.Organization))
	inRange := func(year int) bool { return firstYear <= year && year <= lastYear }
	v.Check(inRange(e.FirstFiscalYear), "evaluation.first_fiscal_year", "must be from %d to %d", firstYear, lastYear)
	v.Check(inRange(e.LastFiscalYear), "evaluation.last_fiscal_year", "must be from %d to %d", firstYear, lastYear)
	v.Check(e.FirstFiscalYear <= e.LastFiscalYear, "evaluation.last_fiscal_year", "is before first_fiscal_year (%d); move one of them", e.FirstFiscalYear)
	_, startOK := e.PeriodStart.time()
	_, endOK := e.PeriodEnd.time()
	v.Check(startOK, "evaluation.period_start", "must be a calendar day")
	v.Check(endOK, "evaluation.period_end", "must be a calendar day")
	v.Check(!startOK || !endOK || e.PeriodStart <= e.PeriodEnd, "evaluation.period_end", "is before period_start (%s); move one of them", e.PeriodStart)
	v.Check(len(e.Outcomes) > 0, "evaluation.outcomes", "is empty; name at least one measure to hold the money against")
	v.Check(len(e.Outcomes) <= maxOutcomes, "evaluation.outcomes", "has %d items; give at most %d", len(e.Outcomes), maxOutcomes)
	e.checkOutcomes(&v, s.Measures)
	return v.Err()
}

func (e Evaluation) checkOutcomes(v *fault.Violations, measures map[string]Measured) {
	for i, o := range e.Outcomes {
		field := fmt.Sprintf("evaluation.outcomes[%d].", i)
		of, found := measures[o.Measure]
		v.Check(found, field+"measure", "%q is no measure of %s; create it first, or name another", o.Measure, OrganizationName(e.Organization))
		v.Check(o.Basis == TotalBasis || o.Basis == ChangeBasis, field+"basis", "is required; use TOTAL for counts and CHANGE for levels and rates")
		if first := slices.Index(e.Outcomes[:i], o); first >= 0 {
			v.Add(field+"measure", "%q is held against already by outcomes[%d] with the same basis; name each once", o.Measure, first)
		}
		v.Check(o.Basis != TotalBasis || !isShare(of.Measure.Unit), field+"basis",
			"adds up values in %q, and shares of a whole have no sum; use CHANGE", of.Measure.Unit)
	}
}

// isShare says whether a unit is that of a share or rate, such as "%" or "percent of calls".
func isShare(unit string) bool {
	unit = strings.ReplaceAll(strings.ToLower(unit), "per cent", "percent")
	words := strings.FieldsFunc(unit, func(r rune) bool { return r < 'a' || r > 'z' })
	return strings.Contains(unit, "%") || slices.ContainsFunc(words, func(word string) bool {
		return slices.Contains([]string{"percent", "percentage", "pct", "rate", "ratio", "share"}, word)
	})
}

// subject is the collection and the id of the subject; empty when it names no program or strategy of the organization.
func (e Evaluation) subject() (collection, id string) {
	rest, _ := strings.CutPrefix(e.Subject, OrganizationName(e.Organization)+"/")
	collection, id, _ = strings.Cut(rest, "/")
	if (collection == "programs" || collection == "strategies") && isID(id) {
		return collection, id
	}
	return "", ""
}

// Strategy is the id of the strategy that is the subject; empty when the subject is no strategy.
func (e Evaluation) Strategy() string {
	if collection, id := e.subject(); collection == "strategies" {
		return id
	}
	return ""
}

// next is the day after; d is a calendar day.
func (d Date) next() Date {
	t, _ := d.time()
	return Date(t.AddDate(0, 0, 1).Format(time.DateOnly))
}
