package domain

import (
	"time"

	"github.com/throughline/throughline/services/actionplanning/internal/domain/progress"
	"github.com/throughline/throughline/services/platform/fault"
)

// Money is an amount: units whole ones and nanos billionths of the currency's main unit (google.type.Money).
type Money struct {
	CurrencyCode string // ISO 4217
	Units        int64
	Nanos        int32
}

// Required is what an objective needs to be achievable.
type Required struct {
	FTEMilli int64  // thousandths of a full-time equivalent
	Cost     *Money // nil: not said
	Program  string // program name, or ""
}

// ObjectiveState says where an objective stands.
type ObjectiveState string

// States of an objective.
const (
	ObjectiveDraft     ObjectiveState = "DRAFT"
	ObjectiveActive    ObjectiveState = "ACTIVE"
	ObjectiveUnfunded  ObjectiveState = "ACTIVE_UNFUNDED" // under way, though what it needs is only requested
	ObjectiveCompleted ObjectiveState = "COMPLETED"
	ObjectiveCancelled ObjectiveState = "CANCELLED"
)

// Over says whether it is done or given up.
func (s ObjectiveState) Over() bool { return s == ObjectiveCompleted || s == ObjectiveCancelled }

// ProgressRule says what an objective's progress is made of; "" is like MILESTONES.
type ProgressRule string

// Progress rules.
const (
	ByMilestones ProgressRule = "MILESTONES"
	ByMeasure    ProgressRule = "MEASURE"
)

// Objective is a SMART objective of a strategy.
type Objective struct {
	Meta
	Organization string
	Strategy     string
	ID           string
	DisplayName  string
	Statement    string
	Measure      string   // measure name, or ""
	Baseline     *float64 // nil: not said
	Target       *float64 // nil: not said
	DueDate      Date
	Required     *Required // nil: not said

	Location       string
	Owner          string // who answers for it, or ""
	StartDate      Date   // "" is the plan's first day
	FundingRequest string // name of the request whose money it waits for, or ""
	ProgressRule   ProgressRule
	Share                         // in the progress of its strategy
	Progress       progress.Value // worked out when read, never stored

	State        ObjectiveState // never "" once stored
	Review       *Review        // the review it was activated with; nil before
	Override     *Override      // nil unless it was activated against its review
	CancelReason string
}

// ObjectiveName is the resource name of an objective.
func ObjectiveName(organization, strategy, id string) string {
	return name("organizations", organization, "strategies", strategy, "objectives", id)
}

// Name is the resource name.
func (o Objective) Name() string { return ObjectiveName(o.Organization, o.Strategy, o.ID) }

// Program is the program that pays, or "".
func (o Objective) Program() string {
	if o.Required == nil {
		return ""
	}
	return o.Required.Program
}

// NeedsFunding says whether a review has to ask for the money and people of its program or request.
func (o Objective) NeedsFunding() bool {
	return o.Required != nil && (o.Required.Cost.positive() || o.Required.FTEMilli > 0 && o.FundingRequest != "")
}

// NewObjective is the first version of an objective, a draft.
func NewObjective(o Objective, now time.Time) (Objective, error) {
	o.Meta, o.State, o.Review, o.Override, o.CancelReason = Meta{}.Next(now), ObjectiveDraft, nil, nil, ""
	return o, o.check()
}

// Changed is the next version of o with the fields of next. Where it stands changes by Activated, Completed and Cancelled alone.
//
// Errors: FailedPrecondition OBJECTIVE_CLOSED.
func (o Objective) Changed(next Objective, now time.Time) (Objective, error) {
	if err := o.Open(); err != nil {
		return o, err
	}
	next.Organization, next.Strategy, next.ID, next.Meta = o.Organization, o.Strategy, o.ID, o.Next(now)
	next.State, next.Review, next.Override, next.CancelReason = o.State, o.Review, o.Override, o.CancelReason
	return next, next.check()
}

// Closed says whether it is done or given up.
func (o Objective) Closed() bool { return o.State.Over() }

// Open refuses to touch an objective that is over.
func (o Objective) Open() error {
	if !o.Closed() {
		return nil
	}
	return fault.State("OBJECTIVE_CLOSED", "%s is %s and read-only; create a new objective to go on from it", o.Name(), o.State)
}

// Activatable refuses what is over or under way with its money.
func (o Objective) Activatable() error {
	if o.State == ObjectiveActive {
		return fault.State("OBJECTIVE_ACTIVE", "%s is ACTIVE already; nothing has to be done", o.Name())
	}
	return o.Open()
}

// Activated is o under way with this review. A review that fails needs an override; one is kept only when it was needed. An objective that waits
// for its money can be activated again, and is ACTIVE once the review says that the money is there.
//
// Errors: FailedPrecondition OBJECTIVE_CLOSED, OBJECTIVE_ACTIVE, SMART_REVIEW_FAILED.
func (o Objective) Activated(r Review, over *Override, now time.Time) (Objective, error) {
	if err := o.Activatable(); err != nil {
		return o, err
	}
	if r.Verdict != Fail {
		over = nil
	}
	if err := r.Err(); err != nil && over == nil {
		return o, err
	}
	o.State, o.Review, o.Override, o.Meta = ObjectiveActive, &r, over, o.Next(now)
	if r.On(Achievable) == Conditional {
		o.State = ObjectiveUnfunded
	}
	return o, nil
}

// Completed is o done, which needs all its milestones to be done; unfinished is one that is not, or "".
//
// Errors: FailedPrecondition OBJECTIVE_CLOSED, OBJECTIVE_NOT_ACTIVE, OBJECTIVE_HAS_OPEN_MILESTONES.
func (o Objective) Completed(unfinished string, now time.Time) (Objective, error) {
	if err := o.Open(); err != nil {
		return o, err
	}
	if o.State == ObjectiveDraft {
		return o, fault.State("OBJECTIVE_NOT_ACTIVE", "%s is a DRAFT; activate it first, or cancel it", o.Name())
	}
	if unfinished != "" {
		return o, fault.State("OBJECTIVE_HAS_OPEN_MILESTONES",
			"%s is not done; say on which day it was (actual_end_date), delete it if it was dropped, or cancel the objective", unfinished).With("milestone", unfinished)
	}
	o.State, o.Meta = ObjectiveCompleted, o.Next(now)
	return o, nil
}

// Cancelled is o given up.
//
// Errors: Invalid without a reason, FailedPrecondition OBJECTIVE_CLOSED.
func (o Objective) Cancelled(reason string, now time.Time) (Objective, error) {
	if err := o.Open(); err != nil {
		return o, err
	}
	var v fault.Violations
	required(&v, "reason", reason)
	o.State, o.CancelReason, o.Meta = ObjectiveCancelled, reason, o.Next(now)
	return o, v.Err()
}

// Deletable refuses to lose an objective that somebody is assigned to, or that has milestones; milestone is the name of one of them, or "".
func (o Objective) Deletable(assignments []Assignment, milestone string) error {
	if len(assignments) > 0 {
		return fault.State("OBJECTIVE_HAS_ASSIGNMENTS", "%s has %d assignments, %s among them; delete them or move them to another objective first",
			o.Name(), len(assignments), assignments[0].Name())
	}
	if milestone != "" {
		return fault.State("OBJECTIVE_HAS_MILESTONES", "%s has the milestone %s; delete its milestones first", o.Name(), milestone).With("milestone", milestone)
	}
	return nil
}

func (o Objective) check() error {
	var v fault.Violations
	required(&v, "objective.display_name", o.DisplayName)
	v.Check(o.DueDate.valid(), "objective.due_date", "must be a calendar day")
	v.Check(o.StartDate == "" || o.StartDate.valid(), "objective.start_date", "must be a calendar day, or unset")
	o.checkWeight(&v, "objective.weight")
	if r := o.Required; r != nil {
		v.Check(r.FTEMilli >= 0, "objective.required.fte_milli", "must not be negative")
		r.Cost.check(&v, "objective.required.cost")
	}
	return v.Err()
}

// check refuses what is no amount that something can cost.
func (m *Money) check(v *fault.Violations, field string) {
	if m == nil {
		return
	}
	v.Check(currency(m.CurrencyCode), field+".currency_code", "must be an ISO 4217 code of three capital letters, such as USD")
	whole := m.Nanos > -1e9 && m.Nanos < 1e9
	v.Check(whole, field+".nanos", "must lie between -999,999,999 and 999,999,999; carry whole ones over to units")
	if (m.Units > 0 && m.Nanos < 0) || (m.Units < 0 && m.Nanos > 0) {
		v.Add(field+".nanos", "must have the sign of units (%d)", m.Units)
	} else {
		v.Check(m.Units >= 0 && m.Nanos >= 0, field, "must not be negative; say what is needed")
	}
}

func currency(code string) bool {
	if len(code) != 3 {
		return false
	}
	for _, c := range []byte(code) {
		if c < 'A' || c > 'Z' {
			return false
		}
	}
	return true
}
