package domain

import (
	"strings"
	"time"

	"github.com/throughline/throughline/services/platform/fault"
)

// Letter is one of SMART.
type Letter string

// Letters, in their order.
const (
	Specific   Letter = "SPECIFIC"
	Measurable Letter = "MEASURABLE"
	Achievable Letter = "ACHIEVABLE"
	Relevant   Letter = "RELEVANT"
	TimeBound  Letter = "TIME_BOUND"
)

// Verdict on a letter.
type Verdict string

// Verdicts, the best first.
const (
	Pass        Verdict = "PASS"
	Conditional Verdict = "CONDITIONAL" // it holds if something else comes
	Fail        Verdict = "FAIL"
)

// rank is greater for a worse verdict.
func (v Verdict) rank() int {
	switch v {
	case Pass:
		return 0
	case Conditional:
		return 1
	default:
		return 2
	}
}

// worse is the worse of the two.
func (v Verdict) worse(o Verdict) Verdict {
	if o.rank() > v.rank() {
		return o
	}
	return v
}

// Remedy is what would mend a letter: a field, and what to do with it.
type Remedy struct {
	Field  string // such as "objective.location"; of a strategy or assignment where these have to change
	Detail string
}

// String names the field first.
func (r Remedy) String() string { return r.Field + ": " + r.Detail }

// Finding is the verdict on one letter.
type Finding struct {
	Letter   Letter
	Verdict  Verdict
	Reasons  []string // at least one
	Remedies []Remedy // none when it passes
}

// Review is what the rules say of an objective.
type Review struct {
	Objective string // name
	Findings  []Finding
	Verdict   Verdict // the worst of all letters
	Rules     string  // version of the rules
	Time      time.Time
}

// On is the verdict on a letter.
func (r Review) On(l Letter) Verdict {
	for _, f := range r.Findings {
		if f.Letter == l {
			return f.Verdict
		}
	}
	return Fail
}

// Err refuses a review that fails, with every remedy of the letters that fail; nil otherwise.
func (r Review) Err() error {
	if r.Verdict != Fail {
		return nil
	}
	var letters []string
	var v fault.Violations
	for _, f := range r.Findings {
		if f.Verdict != Fail {
			continue
		}
		letters = append(letters, string(f.Letter))
		for _, m := range f.Remedies {
			v.Add(m.Field, "%s: %s", f.Letter, m.Detail)
		}
	}
	refused := fault.State("SMART_REVIEW_FAILED", "%s fails its review on %s; mend what is listed, or have a manager override it with a reason",
		r.Objective, strings.Join(letters, ", "))
	refused.Violations = v
	return refused.With("letters", strings.Join(letters, ","))
}

// Override is a decision to go on with an objective that fails its review.
type Override struct {
	By     string
	Reason string
	Time   time.Time
}
