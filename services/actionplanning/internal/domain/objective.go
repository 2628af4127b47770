package domain

import (
	"time"

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

// NewObjective is the first version of an objective.
func NewObjective(o Objective, now time.Time) (Objective, error) {
	o.Meta = Meta{}.Next(now)
	return o, o.check()
}

// Changed is the next version of o with the fields of next.
func (o Objective) Changed(next Objective, now time.Time) (Objective, error) {
	next.Organization, next.Strategy, next.ID, next.Meta = o.Organization, o.Strategy, o.ID, o.Next(now)
	return next, next.check()
}

// Deletable refuses to lose an objective that somebody is assigned to.
func (o Objective) Deletable(assignments []Assignment) error {
	if len(assignments) == 0 {
		return nil
	}
	return fault.State("OBJECTIVE_HAS_ASSIGNMENTS", "%s has %d assignments, %s among them; delete them or move them to another objective first",
		o.Name(), len(assignments), assignments[0].Name())
}

func (o Objective) check() error {
	var v fault.Violations
	required(&v, "objective.display_name", o.DisplayName)
	v.Check(o.DueDate.valid(), "objective.due_date", "must be a calendar day")
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
