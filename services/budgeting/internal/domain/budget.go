package domain

import (
	"cmp"
	"reflect"
	"slices"
	"time"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/platform/fault"
)

// States of a budget: every new one is REQUESTED, departments are asking; adopting an allocation makes it ADOPTED.
const (
	BudgetRequested = "REQUESTED"
	BudgetAdopted   = "ADOPTED"
)

// Scopes of a transfer authority.
const (
	TransferDepartment = "DEPARTMENT" // between programs of one department in one fund
	TransferFund       = "FUND"       // between programs of one fund
)

// TransferAuthority is who may approve transfers between programs.
type TransferAuthority struct {
	Body  string
	Scope string
	Limit *int64 `json:",omitempty"` // of one transfer; nil for none
}

// PolicyFreeze is council's act after which what results do to each program no longer changes.
type PolicyFreeze struct {
	Time       time.Time
	By         string // subject
	Resolution string
}

// Envelope is what a fund can spend this year, in minor units.
type Envelope struct {
	Fund      string // id
	Available int64
	OneTime   *int64 `json:",omitempty"` // nil when not said
}

// oneTime is the part that will not come again.
func (e Envelope) oneTime() int64 {
	if e.OneTime == nil {
		return 0
	}
	return *e.OneTime
}

// Budget is a fiscal year's.
type Budget struct {
	Meta
	Organization string
	ID           string
	DisplayName  string
	FiscalYear   int
	Plan         string // name
	Envelopes    []Envelope
	RoundingUnit int64  // minor units
	Currency     string // the organization's
	State        string
	Authorities  []TransferAuthority // the nearest first
	Adopted      string              // id of the allocation, or ""
	Freeze       *PolicyFreeze       // of the results policies; nil until council acts
}

// BudgetName is the resource name of a budget.
func BudgetName(organization, id string) string {
	return name("organizations", organization, "budgets", id)
}

// Name is the resource name.
func (b Budget) Name() string { return BudgetName(b.Organization, b.ID) }

// NewBudget is the first version of a budget, its rounding unit filled in.
func NewBudget(b Budget, now time.Time) (Budget, error) {
	b.Meta, b.State, b.Adopted, b.Freeze = Meta{}.Next(now), BudgetRequested, "", nil
	return b.checked()
}

// Changed is the next version of b with the fields of next.
func (b Budget) Changed(next Budget, now time.Time) (Budget, error) {
	next.Organization, next.ID, next.Meta, next.State, next.Adopted, next.Freeze = b.Organization, b.ID, b.Next(now), b.State, b.Adopted, b.Freeze
	if b.State == BudgetAdopted && (next.Plan != b.Plan || next.RoundingUnit != b.RoundingUnit || !reflect.DeepEqual(next.Envelopes, b.Envelopes)) {
		return next, fault.State("BUDGET_ADOPTED", "%s is adopted: its plan, envelopes and rounding unit no longer change; budget what is new in another budget", b.Name())
	}
	return next.checked()
}

// Adopt is the next version of b with an allocation adopted.
func (b Budget) Adopt(allocation string, now time.Time) Budget {
	b.Meta, b.State, b.Adopted = b.Next(now), BudgetAdopted, allocation
	return b
}

// FreezePolicies is the next version of b with the results policies of its requests frozen.
//
// Errors: FailedPrecondition BUDGET_ADOPTED, or RESULTS_POLICIES_FROZEN when they are frozen already; Invalid without a resolution.
func (b Budget) FreezePolicies(by, resolution string, now time.Time) (Budget, error) {
	if err := b.Writable(); err != nil {
		return b, err
	}
	if f := b.Freeze; f != nil {
		return b, fault.State(reasonFrozen, "the results policies of %s are frozen since %s by %s; they cannot be frozen again", b.Name(), moment(f.Time), f.Resolution)
	}
	var v fault.Violations
	required(&v, "resolution", resolution)
	b.Freeze, b.Meta = &PolicyFreeze{Time: now, By: by, Resolution: resolution}, b.Next(now)
	return b, v.Err()
}

const reasonFrozen = "RESULTS_POLICIES_FROZEN"

// Keeps refuses to change a results policy that council has frozen; "" is NEUTRAL, and so is that of a request that is not there.
//
// Errors: FailedPrecondition RESULTS_POLICIES_FROZEN.
func (b Budget) Keeps(request string, was, next model.Policy) error {
	was, next = cmp.Or(was, model.Neutral), cmp.Or(next, model.Neutral)
	if b.Freeze == nil || was == next {
		return nil
	}
	return fault.State(reasonFrozen, "council froze the results policies of %s on %s by %s: that of %s stays %s", b.Name(), moment(b.Freeze.Time), b.Freeze.Resolution,
		request, was)
}

// Writable refuses requests and packages of a budget that is adopted.
func (b Budget) Writable() error {
	if b.State != BudgetAdopted {
		return nil
	}
	return fault.State("BUDGET_ADOPTED", "%s is adopted: what programs ask for no longer changes; ask in another budget", b.Name())
}

// Same says whether next says what b says already.
func (b Budget) Same(next Budget) bool {
	next.Meta = b.Meta
	return reflect.DeepEqual(b, next)
}

func (b Budget) checked() (Budget, error) {
	scale := Scale(b.Currency)
	if b.RoundingUnit == 0 {
		b.RoundingUnit = scale
	}
	var v fault.Violations
	checkID(&v, "budget.name", b.ID)
	required(&v, "budget.display_name", b.DisplayName)
	v.Check(b.FiscalYear >= 1900 && b.FiscalYear <= 2200, "budget.fiscal_year", "must be a year such as 2027")
	required(&v, "budget.plan", b.Plan)
	v.Check(slices.Contains([]int64{1, scale, 100 * scale, 1000 * scale}, b.RoundingUnit), "budget.rounding_unit",
		"must be %s, %s, %s or %s", Money(1, b.Currency), Money(scale, b.Currency), Money(100*scale, b.Currency), Money(1000*scale, b.Currency))
	seen := map[string]bool{}
	for i, e := range b.Envelopes {
		at := fieldAt("budget.envelopes", i)
		v.Check(!seen[e.Fund], at+".fund", "has an envelope already; keep one per fund")
		seen[e.Fund] = true
		v.Check(e.Available >= 0, at+".available", "must not be negative")
		if e.OneTime != nil {
			v.Check(*e.OneTime >= 0, at+".one_time", "must not be negative")
			v.Check(*e.OneTime <= e.Available, at+".one_time", "is above available; it is a part of it")
		}
	}
	for i, a := range b.Authorities {
		at := fieldAt("budget.transfer_authorities", i)
		required(&v, at+".body", a.Body)
		v.Check(a.Scope == TransferDepartment || a.Scope == TransferFund, at+".scope", "must be %s or %s", TransferDepartment, TransferFund)
		v.Check(a.Limit == nil || *a.Limit >= 0, at+".limit", "must not be negative")
	}
	return b, v.Err()
}

// Available is the envelope of a fund, 0 for none.
func (b Budget) Available(fund string) int64 { return b.envelope(fund).Available }

// envelope is that of a fund; empty for none.
func (b Budget) envelope(fund string) Envelope {
	for _, e := range b.Envelopes {
		if e.Fund == fund {
			return e
		}
	}
	return Envelope{Fund: fund}
}
