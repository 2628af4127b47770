package domain

import (
	"fmt"
	"slices"
	"time"

	"github.com/throughline/throughline/services/performance/internal/domain/analysis"
)

// Plan is a plan with its goals.
type Plan struct {
	Found bool // there is one
	Goals []PlanGoal
}

// PlanGoal is a goal of a plan.
type PlanGoal struct {
	Name        string // resource name
	DisplayName string
	Parent      string // name of the goal above it; empty at the top
}

// PlanLink is what an objective serves.
type PlanLink struct {
	Objective string // name
	Strategy  string // name
	Goal      string // name of the strategy's goal; empty while the strategy is not known
	Program   string // name of the program whose money pays for it; empty when it names none
}

// PlanPart is a strategy or an objective, as far as reports need it.
type PlanPart struct {
	Organization string
	Name         string
	Strategy     string // of an objective
	Goal         string // of a strategy
	Program      string // of an objective
}

// Serving is what one measure is for one goal.
type Serving struct {
	Goal   string // name
	Weight int    // of its links together
	Counts bool   // it contributes; else it informs alone
}

// Servings finds the goals of a plan that a measure serves.
type Servings struct {
	goalOf map[string]string // goal of each goal and objective
}

// NewServings knows the goals of a plan and the objectives of strategies for them.
func NewServings(goals []PlanGoal, links []PlanLink) Servings {
	s := Servings{make(map[string]string, len(goals)+len(links))}
	for _, g := range goals {
		s.goalOf[g.Name] = g.Name
	}
	for _, l := range links {
		if s.goalOf[l.Goal] == l.Goal && l.Goal != "" {
			s.goalOf[l.Objective] = l.Goal
		}
	}
	return s
}

// Of are the goals that the measure serves, by its links to them and to their objectives, each once: links that contribute
// to one goal weigh together, and where there are any, those that inform it say nothing more. Links to programs lead to no goal.
func (s Servings) Of(m Measure) []Serving {
	var out []Serving
	for _, l := range m.Links {
		goal, ok := s.goalOf[l.Subject]
		if !ok {
			continue
		}
		this := Serving{goal, l.Weight, l.Contribution == Contributes}
		i := slices.IndexFunc(out, func(o Serving) bool { return o.Goal == goal })
		switch {
		case i < 0:
			out = append(out, this)
		case out[i].Counts == this.Counts:
			out[i].Weight += this.Weight
		case this.Counts:
			out[i] = this
		}
	}
	return out
}

// Judge is what a measure's values say of the report's period, the last day of which the series does not go beyond. When a
// later value than the last is overdue, what the chart says is not about the period: the status is UNKNOWN, and not live.
func (r ProgressReport) Judge(m Measure, series []Observation, now time.Time) (e Evidence, live bool, err error) {
	until := r.until(now)
	if e, err = Judge(m, series, ReportRules, until); err != nil || len(series) == 0 {
		return e, false, err
	}
	latest := series[len(series)-1].Period
	last, _ := m.Frequency.Ordinal(latest)
	if last >= m.period(until)-2 { // the period under way and the one before owe nothing yet
		return e, true, nil
	}
	e.StatusWord, e.Usable = analysis.StatusUnknown, false
	e.Reason = fmt.Sprintf("Not in time: the latest value is that of the %s from %s, and a later one is overdue.", m.Frequency.Period(), latest)
	return e, false, nil
}
