package domain

import (
	"reflect"
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
	Template          Template
	Steps             []Step  // of its process, in order
	Groups            []Group // people it concerns
	Successor         string  // name of the plan that replaced it, or ""
}

// PlanName is the resource name of a plan.
func PlanName(organization, id string) string {
	return name("organizations", organization, "plans", id)
}

// Name is the resource name.
func (p Plan) Name() string { return PlanName(p.Organization, p.ID) }

// NewPlan is a draft, with the steps of its template.
func NewPlan(p Plan, now time.Time) (Plan, error) {
	p.Meta, p.State, p.Adoption, p.Successor = Meta{}.Next(now), PlanDraft, nil, ""
	p.Steps = withTemplate(p.Template, p.Steps)
	return p, p.check()
}

// Changed is the next version of p with the fields of next. Drafts and submitted plans change; of an adopted plan only the
// steps of its process do, which tell how it goes.
func (p Plan) Changed(next Plan, now time.Time) (Plan, error) {
	next.Organization, next.ID, next.Meta = p.Organization, p.ID, p.Meta
	next.State, next.Adoption, next.Successor = p.State, p.Adoption, p.Successor
	next.Steps = started(next.Steps)
	if err := p.Editable(); err != nil {
		same := next
		same.Steps = p.Steps
		if p.State != PlanAdopted || !reflect.DeepEqual(same, p) {
			return p, err
		}
	}
	next.Meta = p.Next(now)
	return next, next.check()
}

// Superseded is an adopted plan after another took its place.
func (p Plan) Superseded(by Plan, now time.Time) (Plan, error) {
	if p.State != PlanAdopted {
		return p, fault.State("PLAN_NOT_ADOPTED", "%s is %s; only an ADOPTED plan can be superseded", p.Name(), p.State)
	}
	var v fault.Violations
	v.Check(by.Name() != p.Name(), "successor", "names the plan itself; name the plan that replaces it")
	v.Check(by.Kind == p.Kind, "successor", "%s is a %s plan, and this one is %s; name a plan of the same kind", by.Name(), by.Kind, p.Kind)
	if err := v.Err(); err != nil {
		return p, err
	}
	if by.State != PlanAdopted {
		return p, fault.State("SUCCESSOR_NOT_ADOPTED", "%s is %s; adopt it before it supersedes another", by.Name(), by.State)
	}
	p.State, p.Successor, p.Meta = PlanSuperseded, by.Name(), p.Next(now)
	return p, nil
}

// Living refuses what would change a superseded plan's priorities and roles.
func (p Plan) Living() error {
	if p.State != PlanSuperseded {
		return nil
	}
	return fault.State("PLAN_READ_ONLY", "%s is SUPERSEDED and read-only; do it in %s", p.Name(), p.Successor)
}

// Editable refuses plans that are read-only.
func (p Plan) Editable() error {
	if p.State == PlanDraft || p.State == PlanSubmitted {
		return nil
	}
	return fault.State("PLAN_READ_ONLY", "%s is %s and read-only, but for the steps of its process while it is ADOPTED; make a new plan that names it as predecessor", p.Name(), p.State)
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
	checkSteps(&v, p.Steps)
	checkGroups(&v, p.Groups)
	v.Check(p.Predecessor != p.Name(), "plan.predecessor", "names the plan itself; name the plan that it replaces")
	v.Check(len(p.AlignedPlans) <= maxAligned, "plan.aligned_plans", "has %d plans; name at most %d", len(p.AlignedPlans), maxAligned)
	for i, aligned := range p.AlignedPlans {
		v.Check(aligned != p.Name(), fieldAt("plan.aligned_plans", i), "names the plan itself; name other plans")
	}
	checkOnce(&v, "plan.aligned_plans", "plan", len(p.AlignedPlans), func(i int) string { return p.AlignedPlans[i] })
	return v.Err()
}

// maxAligned is how many plans a plan can be aligned with.
const maxAligned = 100
