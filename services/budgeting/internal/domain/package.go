package domain

import (
	"reflect"
	"slices"
	"time"

	"github.com/throughline/throughline/services/platform/fault"
)

// PackageCost is what a level costs a fund in a year; year 0 is the budget's.
type PackageCost struct {
	Fund    string // id
	Year    int
	Amount  int64
	OneTime bool `json:",omitempty"`
}

// ServiceLevel is one level of a decision package.
type ServiceLevel struct {
	ID             string
	DisplayName    string
	Costs          []PackageCost
	FTEMilli       int64  `json:",omitempty"`
	ExpectedResult string `json:",omitempty"`
	Benefit        int    `json:",omitempty"` // as reviewed, 0 to 1,000,000
}

// PackageRef is another package of the same budget, at a level or higher.
type PackageRef struct {
	Program string // id
	Package string // id
	Level   string `json:",omitempty"` // id; "" for any
}

// DecisionPackage is what more, or what level of service, a program could give. Levels are in the order of service.
type DecisionPackage struct {
	Meta
	Organization  string
	Budget        string
	Program       string // id
	ID            string
	DisplayName   string
	Description   string
	ReplacesBase  bool // the levels are the program's whole competing cost, and exactly one is picked
	Levels        []ServiceLevel
	Prerequisites []PackageRef
	Exclusions    []PackageRef
	Currency      string
}

// DecisionPackageName is the resource name of a package.
func DecisionPackageName(organization, budget, program, id string) string {
	return name("organizations", organization, "budgets", budget, "fundingRequests", program, "decisionPackages", id)
}

// Name is the resource name.
func (p DecisionPackage) Name() string {
	return DecisionPackageName(p.Organization, p.Budget, p.Program, p.ID)
}

// NewDecisionPackage is the first version of a package.
func NewDecisionPackage(p DecisionPackage, now time.Time) (DecisionPackage, error) {
	p.Meta = Meta{}.Next(now)
	return p.checked()
}

// Changed is the next version of p with the fields of next.
func (p DecisionPackage) Changed(next DecisionPackage, now time.Time) (DecisionPackage, error) {
	next.Organization, next.Budget, next.Program, next.ID, next.Meta = p.Organization, p.Budget, p.Program, p.ID, p.Next(now)
	return next.checked()
}

// Same says whether next says what p says already.
func (p DecisionPackage) Same(next DecisionPackage) bool {
	next.Meta = p.Meta
	return reflect.DeepEqual(p, next)
}

// Benefits says whether next rates its levels as p does; reviewers rate, departments do not.
func (p DecisionPackage) Benefits(next DecisionPackage) bool {
	for _, l := range next.Levels {
		rated := 0
		if i := p.level(l.ID); i >= 0 {
			rated = p.Levels[i].Benefit
		}
		if l.Benefit != rated {
			return false
		}
	}
	return true
}

// level is the place of a level, or -1.
func (p DecisionPackage) level(id string) int {
	return slices.IndexFunc(p.Levels, func(l ServiceLevel) bool { return l.ID == id })
}

// RefersTo says whether p needs or excludes the package.
func (p DecisionPackage) RefersTo(program, id string) bool {
	named := func(r PackageRef) bool { return r.Program == program && r.Package == id }
	return slices.ContainsFunc(p.Prerequisites, named) || slices.ContainsFunc(p.Exclusions, named)
}

// Has says whether a reference to a level of p finds one.
func (p DecisionPackage) Has(level string) bool { return level == "" || p.level(level) >= 0 }

func (p DecisionPackage) checked() (DecisionPackage, error) {
	const at = "decision_package"
	var v fault.Violations
	checkID(&v, at+".name", p.ID)
	required(&v, at+".display_name", p.DisplayName)
	v.Check(len(p.Levels) > 0, at+".levels", "is empty; give at least one level with its cost")
	for i, l := range p.Levels {
		field := fieldAt(at+".levels", i)
		checkID(&v, field+".level_id", l.ID)
		v.Check(p.level(l.ID) == i, field+".level_id", "repeats %q; ids are unique in the package", l.ID)
		required(&v, field+".display_name", l.DisplayName)
		for j, c := range l.Costs {
			here := fieldAt(field+".costs", j)
			required(&v, here+".fund", c.Fund)
			v.Check(c.Amount >= 0, here+".amount", "must not be negative; a lower level of service is a level that costs less")
			v.Check(c.Year >= 0 && c.Year <= 9, here+".year_offset", "is %d; use 0 for the budget's year, up to 9", c.Year)
			v.Check(!slices.ContainsFunc(l.Costs[:j], func(o PackageCost) bool {
				return o.Fund == c.Fund && o.Year == c.Year && o.OneTime == c.OneTime
			}), here, "repeats a fund, year and kind of money; add the amounts up")
		}
	}
	p.refs(&v, at+".prerequisites", p.Prerequisites)
	p.refs(&v, at+".exclusions", p.Exclusions)
	for i, x := range p.Exclusions {
		v.Check(!slices.ContainsFunc(p.Prerequisites, func(r PackageRef) bool {
			return r.Program == x.Program && r.Package == x.Package && (x.Level == "" || x.Level == r.Level)
		}), fieldAt(at+".exclusions", i)+".decision_package", "is a prerequisite too, so that the package could never be chosen; drop one of them")
	}
	return p, v.Err()
}

func (p DecisionPackage) refs(v *fault.Violations, at string, refs []PackageRef) {
	for i, r := range refs {
		field := fieldAt(at, i) + ".decision_package"
		v.Check(r.Program != p.Program || r.Package != p.ID, field, "names the package itself; levels of one package already exclude each other")
		v.Check(!slices.Contains(refs[:i], r), field, "repeats a package and level; name it once")
	}
}

// CheckFunds refuses costs of unknown funds, and of funds whose restriction does not admit the program.
func (p DecisionPackage) CheckFunds(v *fault.Violations, program *Program, funds map[string]*Fund) {
	for i, l := range p.Levels {
		for j, c := range l.Costs {
			field := fieldAt(fieldAt("decision_package.levels", i)+".costs", j) + ".fund"
			f, ok := funds[c.Fund]
			switch {
			case !ok:
				v.Add(field, "%s does not exist; create the fund first", FundName(p.Organization, c.Fund))
			case !f.Admits(program):
				v.Add(field, "%s", f.Refusal(program))
			}
		}
	}
}

// CheckMandate refuses service levels none of which keeps what an attested mandate protects.
func (p DecisionPackage) CheckMandate(v *fault.Violations, r FundingRequest) {
	if r.Mandate == nil || r.Mandate.Minimum == nil || !r.Vouched(MandateAspect) {
		return
	}
	keeps := slices.ContainsFunc(p.Levels, func(l ServiceLevel) bool {
		var cost int64
		for _, c := range l.Costs {
			if c.Year == 0 {
				cost += c.Amount
			}
		}
		return cost >= *r.Mandate.Minimum
	})
	v.Check(keeps, "decision_package.levels", "all cost less than the %s that the attested mandate asks for; add a level that fulfils it",
		Money(*r.Mandate.Minimum, p.Currency))
}
