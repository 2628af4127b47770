package domain

import (
	"reflect"
	"slices"
	"time"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/platform/fault"
)

// Nonspendable is the one GASB 54 class that allocations do not know: its money cannot be spent.
const Nonspendable = "NONSPENDABLE"

var gasb54Classes = []string{Nonspendable, string(model.Restricted), string(model.Committed), string(model.Assigned), string(model.Unassigned)}

// Condition is one way to be eligible: every list that is not empty must name the program.
type Condition struct {
	Departments []string `json:",omitempty"`
	Functions   []string `json:",omitempty"`
	Programs    []string `json:",omitempty"` // ids
}

// Fund is a self-balancing set of accounts, with what its money may be spent on.
type Fund struct {
	Meta
	Organization     string
	ID               string
	DisplayName      string
	Code             string
	Kind             model.FundKind
	Gasb54Class      string
	ParentFund       string      // id, or ""
	Restriction      []Condition // none means all programs
	RestrictionBasis string
}

// FundName is the resource name of a fund.
func FundName(organization, id string) string {
	return name("organizations", organization, "funds", id)
}

// Name is the resource name.
func (f Fund) Name() string { return FundName(f.Organization, f.ID) }

// NewFund is the first version of a fund, its class filled in.
func NewFund(f Fund, now time.Time) (Fund, error) {
	f.Meta = Meta{}.Next(now)
	return f.checked()
}

// Changed is the next version of f with the fields of next.
func (f Fund) Changed(next Fund, now time.Time) (Fund, error) {
	next.Organization, next.ID, next.Meta = f.Organization, f.ID, f.Next(now)
	return next.checked()
}

// Same says whether next says what f says already.
func (f Fund) Same(next Fund) bool {
	next.Meta = f.Meta
	return reflect.DeepEqual(f, next)
}

func (f Fund) checked() (Fund, error) {
	if f.Gasb54Class == "" {
		f.Gasb54Class = string(model.Restricted)
		if f.Kind == model.General {
			f.Gasb54Class = string(model.Unassigned)
		}
	}
	var v fault.Violations
	checkID(&v, "fund.name", f.ID)
	required(&v, "fund.display_name", f.DisplayName)
	required(&v, "fund.code", f.Code)
	knownOr(&v, "fund.kind", f.Kind, model.FundKinds())
	knownOr(&v, "fund.gasb54_class", f.Gasb54Class, gasb54Classes)
	v.Check(f.ParentFund != f.ID, "fund.parent_fund", "names the fund itself; name the fund it reports into")
	for i, c := range f.Restriction {
		v.Check(len(c.Departments)+len(c.Functions)+len(c.Programs) > 0, fieldAt("fund.restriction", i),
			"is empty and would admit every program; name departments, functions or programs, or leave it out")
	}
	return f, v.Err()
}

// Admits says whether the fund's money may be spent on the program.
func (f *Fund) Admits(p *Program) bool {
	if len(f.Restriction) == 0 {
		return true
	}
	return slices.ContainsFunc(f.Restriction, func(c Condition) bool {
		return names(c.Departments, p.Department) && names(c.Functions, p.Function) && names(c.Programs, p.ID)
	})
}

func names(list []string, value string) bool { return len(list) == 0 || slices.Contains(list, value) }

// Refusal says why a program may not have the fund's money, and what to do.
func (f *Fund) Refusal(p *Program) string {
	basis := "its restriction"
	if f.RestrictionBasis != "" {
		basis = f.RestrictionBasis
	}
	return f.DisplayName + " may not be spent on " + p.DisplayName + " (" + basis + "); use a fund that admits the program, or change the restriction"
}

// class is the fund's place in the order of use; what cannot be spent is bound tightest.
func (f Fund) class() model.FundClass {
	if f.Gasb54Class == Nonspendable {
		return model.Restricted
	}
	return model.FundClass(f.Gasb54Class)
}
