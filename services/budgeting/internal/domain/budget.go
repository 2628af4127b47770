package domain

import (
	"reflect"
	"slices"
	"time"

	"github.com/throughline/throughline/services/platform/fault"
)

// BudgetRequested is the state of every new budget: departments are asking.
const BudgetRequested = "REQUESTED"

// Envelope is what a fund can spend this year, in minor units.
type Envelope struct {
	Fund      string // id
	Available int64
	OneTime   *int64 `json:",omitempty"` // nil when not said
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
}

// BudgetName is the resource name of a budget.
func BudgetName(organization, id string) string {
	return name("organizations", organization, "budgets", id)
}

// Name is the resource name.
func (b Budget) Name() string { return BudgetName(b.Organization, b.ID) }

// NewBudget is the first version of a budget, its rounding unit filled in.
func NewBudget(b Budget, now time.Time) (Budget, error) {
	b.Meta, b.State = Meta{}.Next(now), BudgetRequested
	return b.checked()
}

// Changed is the next version of b with the fields of next.
func (b Budget) Changed(next Budget, now time.Time) (Budget, error) {
	next.Organization, next.ID, next.Meta, next.State = b.Organization, b.ID, b.Next(now), b.State
	return next.checked()
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
	return b, v.Err()
}
