package domain

import (
	"time"

	"github.com/throughline/throughline/services/platform/fault"
)

// PlanKind says what a plan governs.
type PlanKind string

// PlanState says where a plan stands.
type PlanState string

// States of a plan, in their only order.
const (
	PlanDraft      PlanState = "DRAFT"
	PlanSubmitted  PlanState = "SUBMITTED"
	PlanAdopted    PlanState = "ADOPTED"
	PlanSuperseded PlanState = "SUPERSEDED"
)

// ScanEntry is one finding of the environmental scan.
type ScanEntry struct {
	Kind string
	Text string
}

// Adoption is the act that adopted a plan.
type Adoption struct {
	Body             string
	Date             Date
	ResolutionNumber string
}

// Plan is a period, its goals, and the act that adopted it.
type Plan struct {
	Meta
	Organization      string
	ID                string
	DisplayName       string
	Kind              PlanKind
	Narrative         string
	Predecessor       string   // plan name, or ""
	AlignedPlans      []string // plan names
	StartDate         Date
	EndDate           Date
	EnvironmentalScan []ScanEntry
	State             PlanState
	Adoption          *Adoption // nil before adoption
}

// PlanName is the resource name of a plan.
func PlanName(organization, id string) string {
	return name("organizations", organization, "plans", id)
}

// Name is the resource name.
func (p Plan) Name() string { return PlanName(p.Organization, p.ID) }

// NewPlan is a draft.
func NewPlan(p Plan, now time.Time) (Plan, error) {
	p.Meta, p.State, p.Adoption = Meta{}.Next(now), PlanDraft, nil
	return p, p.check()
}

// Changed is the next version of p with the fields of next; only drafts and submitted plans change.
func (p Plan) Changed(next Plan, now time.Time) (Plan, error) {
	if err := p.Editable(); err != nil {
		return p, err
	}
	next.Organization, next.ID, next.Meta = p.Organization, p.ID, p.Next(now)
	next.State, next.Adoption = p.State, p.Adoption
	return next, next.check()
}

// Editable refuses plans that are read-only.
func (p Plan) Editable() error {
	if p.State == PlanDraft || p.State == PlanSubmitted {
		return nil
	}
	return fault.State("PLAN_READ_ONLY", "%s is %s and read-only; make a new plan that names it as predecessor", p.Name(), p.State)
}

// GoalsEditable refuses to change the goals of a plan that is no draft.
func (p Plan) GoalsEditable() error {
	if p.State == PlanDraft {
		return nil
	}
	return fault.State("PLAN_NOT_DRAFT", "goals of %s cannot change: the plan is %s, and only a DRAFT's goals may", p.Name(), p.State)
}

// Submitted puts a draft with goals before the governing body.
func (p Plan) Submitted(goals int, now time.Time) (Plan, error) {
	if p.State != PlanDraft {
		return p, fault.State("PLAN_NOT_DRAFT", "%s is %s; only a DRAFT can be submitted", p.Name(), p.State)
	}
	if goals == 0 {
		return p, fault.State("PLAN_WITHOUT_GOALS", "%s has no goals; create at least one before submitting it", p.Name())
	}
	p.State, p.Meta = PlanSubmitted, p.Next(now)
	return p, nil
}

// Adopted records the act of adoption.
func (p Plan) Adopted(act Adoption, now time.Time) (Plan, error) {
	if p.State != PlanSubmitted {
		return p, fault.State("PLAN_NOT_SUBMITTED", "%s is %s; only a SUBMITTED plan can be adopted", p.Name(), p.State)
	}
	var v fault.Violations
	required(&v, "adoption.body", act.Body)
	required(&v, "adoption.resolution_number", act.ResolutionNumber)
	v.Check(act.Date != "" && act.Date.valid(), "adoption.date", "must be a calendar day")
	if err := v.Err(); err != nil {
		return p, err
	}
	p.State, p.Adoption, p.Meta = PlanAdopted, &act, p.Next(now)
	return p, nil
}

func (p Plan) check() error {
	var v fault.Violations
	required(&v, "plan.display_name", p.DisplayName)
	v.Check(p.StartDate.valid() && p.StartDate != "", "plan.start_date", "must be a calendar day")
	v.Check(p.EndDate.valid() && p.EndDate != "", "plan.end_date", "must be a calendar day")
	v.Check(p.EndDate >= p.StartDate, "plan.end_date", "is before start_date (%s); move one of them", p.StartDate)
	v.Check(p.Predecessor != p.Name(), "plan.predecessor", "names the plan itself; name the plan that it replaces")
	return v.Err()
}
