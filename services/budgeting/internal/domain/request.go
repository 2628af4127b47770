package domain

import (
	"cmp"
	"reflect"
	"slices"
	"time"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/platform/fault"
)

// CostLine is a cost of a program in a fund, net of program revenue that follows the service.
type CostLine struct {
	Fund      string // id
	Class     string
	Amount    int64
	Treatment model.Treatment
	OneTime   bool // of this year only
}

// Grant stands or falls with the program's own money.
type Grant struct {
	Title    string
	Award    int64
	MatchPPM int64  // own money that must stand against it, of the award
	Effort   *int64 // maintenance of effort: least of competing money that keeps it
}

// Position is authorised positions of one kind in the competing cost.
type Position struct {
	Title string
	Count int64
	Cost  int64 // of one, a year
}

// Mandate is a legal duty.
type Mandate struct {
	Source   string
	Citation string
	Body     string // who sets the level of service
	Minimum  *int64 // nil: a claim, never a floor
}

// cites is where the duty is written.
func (m Mandate) cites() string {
	if m.Citation == "" {
		return m.Source
	}
	return m.Source + ", " + m.Citation
}

// Alignment is how a program serves a goal, 0 to 4; nil is unknown.
type Alignment struct {
	Goal     string // name
	Self     *int
	Reviewed *int
}

// Attribute is a rated property of a program.
type Attribute struct {
	Name  string
	Level int
}

// FundingRequest is what a program asks for in a budget. Its id is the program's.
type FundingRequest struct {
	Meta
	Organization   string
	Budget         string
	Program        string // id
	CostLines      []CostLine
	Requested      *int64 // of competing money; nil means base
	Mandate        *Mandate
	Cap            *int64
	MaxDecreasePPM *int64
	EligibleFunds  []string    // ids, sorted
	Alignments     []Alignment // by goal
	Attributes     []Attribute // by name
	ResultsPolicy  model.Policy
	EquityPoints   int
	FTEMilli       int64
	Grants         []Grant
	Positions      []Position
	Attestations   []Attestation // by aspect
	Currency       string
}

// FundingRequestName is the resource name of a request.
func FundingRequestName(organization, budget, program string) string {
	return name("organizations", organization, "budgets", budget, "fundingRequests", program)
}

// Name is the resource name.
func (r FundingRequest) Name() string { return FundingRequestName(r.Organization, r.Budget, r.Program) }

// NewFundingRequest is the first version of a request; nobody has attested any of it.
func NewFundingRequest(r FundingRequest, at string, now time.Time) (FundingRequest, error) {
	r.Meta, r.Attestations = Meta{}.Next(now), nil
	return r.checked(at)
}

// Changed is the next version of r with the fields of next. A part that differs loses its attestation; the others keep theirs.
func (r FundingRequest) Changed(next FundingRequest, at string, now time.Time) (FundingRequest, error) {
	next.Organization, next.Budget, next.Program, next.Meta = r.Organization, r.Budget, r.Program, r.Next(now)
	next, err := next.checked(at)
	next.Attestations = nil
	for _, a := range r.Attestations {
		if r.part(a.Aspect, next) {
			next.Attestations = append(next.Attestations, a)
		}
	}
	return next, err
}

// Same says whether next says what r says already.
func (r FundingRequest) Same(next FundingRequest) bool {
	next.Meta = r.Meta
	return reflect.DeepEqual(r, next)
}

func (r FundingRequest) checked(at string) (FundingRequest, error) {
	if r.ResultsPolicy == "" {
		r.ResultsPolicy = model.Neutral
	}
	slices.Sort(r.EligibleFunds)
	slices.SortFunc(r.Alignments, func(a, b Alignment) int { return cmp.Compare(a.Goal, b.Goal) })
	slices.SortFunc(r.Attributes, func(a, b Attribute) int { return cmp.Compare(a.Name, b.Name) })
	var v fault.Violations
	checkID(&v, at+".name", r.Program)
	for i, l := range r.CostLines {
		knownOr(&v, fieldAt(at+".cost_lines", i)+".treatment", l.Treatment, model.Treatments())
	}
	knownOr(&v, at+".results_policy", r.ResultsPolicy, model.Policies())
	once(&v, at+".eligible_funds", r.EligibleFunds, func(f string) string { return f })
	once(&v, at+".alignments", r.Alignments, func(a Alignment) string { return a.Goal })
	for _, a := range r.Attributes {
		v.Check(a.Name != "", at+".attributes", "has an empty key; name the attribute")
		v.Check(a.Level >= 0 || a.Name == "demand_change", at+".attributes",
			"%s is %d; only demand_change may be below zero", a.Name, a.Level)
	}
	r.bounds(&v, at)
	r.effects(&v, at)
	return r, v.Err()
}

// effects holds what a reduction would be told in: grants and positions.
func (r FundingRequest) effects(v *fault.Violations, at string) {
	for i, g := range r.Grants {
		field := fieldAt(at+".grants", i)
		required(v, field+".display_name", g.Title)
		v.Check(!slices.ContainsFunc(r.Grants[:i], func(o Grant) bool { return o.Title == g.Title }), field+".display_name", "repeats %q; name each grant once", g.Title)
		v.Check(g.Award >= 0, field+".award", "must not be negative")
		v.Check(g.MatchPPM >= 0, field+".match_ppm", "must not be negative")
		v.Check(g.Effort == nil || *g.Effort >= 0, field+".maintenance_of_effort", "must not be negative")
	}
	for i, p := range r.Positions {
		field := fieldAt(at+".positions", i)
		required(v, field+".title", p.Title)
		v.Check(!slices.ContainsFunc(r.Positions[:i], func(o Position) bool { return o.Title == p.Title }), field+".title", "repeats %q; add the counts up", p.Title)
		v.Check(p.Count >= 1, field+".count", "must be at least one whole position")
		v.Check(p.Cost >= 0, field+".cost", "must not be negative")
	}
}

// once wants sorted values to differ.
func once[T any](v *fault.Violations, field string, sorted []T, key func(T) string) {
	for i := 1; i < len(sorted); i++ {
		v.Check(key(sorted[i]) != key(sorted[i-1]), field, "names %s twice; name it once", key(sorted[i]))
	}
}

// bounds holds floor, hold-harmless and cap against each other, as the engine will.
func (r FundingRequest) bounds(v *fault.Violations, at string) {
	base := r.Base()
	least, why := int64(0), ""
	if r.Requested != nil {
		v.Check(*r.Requested >= 0, at+".requested", "must not be negative")
	}
	if r.MaxDecreasePPM != nil && base > 0 {
		least, _ = model.Hold{Prior: base, MaxDecreasePPM: *r.MaxDecreasePPM}.Range()
		why = "max_decrease_ppm"
	}
	if m := r.Mandate; m != nil {
		required(v, at+".mandate.source", m.Source)
		if m.Minimum != nil {
			v.Check(*m.Minimum >= 0, at+".mandate.minimum_amount", "must not be negative")
			v.Check(*m.Minimum == 0 || r.competes(), at+".mandate.minimum_amount",
				"has no competing cost to protect; give the duty's cost line the treatment COMPETES, or make it MUST_PAY and leave the minimum out")
			if *m.Minimum > least {
				least, why = *m.Minimum, "mandate.minimum_amount"
			}
		}
	}
	if r.Cap != nil {
		v.Check(*r.Cap >= 0, at+".cap", "must not be negative")
		v.Check(why == "" || *r.Cap >= least, at+".cap", "is below the %s that %s asks for; raise it", Money(least, r.Currency), why)
	}
}

// Base is today's competing cost: of each fund what its lines net to, credits left out.
func (r FundingRequest) Base() int64 {
	var base int64
	for _, amount := range r.competing() {
		base += max(0, amount)
	}
	return base
}

// competes says whether a fund's competing lines net to a cost, so that a floor has something to protect.
func (r FundingRequest) competes() bool {
	return slices.ContainsFunc(r.competing(), func(amount int64) bool { return amount >= 0 })
}

// competing is the net competing cost of each fund, in the order in which the lines first name it.
func (r FundingRequest) competing() []int64 {
	var funds []string
	var amounts []int64
	for _, l := range r.CostLines {
		if l.Treatment != model.Competes {
			continue
		}
		at := slices.Index(funds, l.Fund)
		if at < 0 {
			at, funds, amounts = len(funds), append(funds, l.Fund), append(amounts, 0)
		}
		amounts[at] += l.Amount
	}
	return amounts
}

// CheckFunds refuses a request that names unknown funds, or funds whose restriction does not admit the program. at is the
// field that holds the request.
func (r *FundingRequest) CheckFunds(v *fault.Violations, at string, p *Program, funds map[string]*Fund) {
	wrong := func(id string) string {
		f, ok := funds[id]
		switch {
		case !ok:
			return FundName(r.Organization, id) + " does not exist; create the fund first"
		case !f.Admits(p):
			return f.Refusal(p)
		}
		return ""
	}
	for i := range r.CostLines { // an allocation passes thousands of good lines here: paths are written only for bad ones
		if detail := wrong(r.CostLines[i].Fund); detail != "" {
			v.Add(fieldAt(at+"cost_lines", i)+".fund", "%s", detail)
		}
	}
	for i, id := range r.EligibleFunds {
		if detail := wrong(id); detail != "" {
			v.Add(fieldAt(at+"eligible_funds", i), "%s", detail)
		}
	}
}
