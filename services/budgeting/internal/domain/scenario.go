package domain

import (
	"reflect"
	"slices"
	"time"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/platform/fault"
)

// RequestOverride is what else a request would say; nil leaves it as it is.
type RequestOverride struct {
	Program        string // id
	Requested      *int64 `json:",omitempty"`
	Cap            *int64 `json:",omitempty"`
	MaxDecreasePPM *int64 `json:",omitempty"`
}

// WeightOverride is another weight of a goal.
type WeightOverride struct {
	Goal string // name
	PPM  int64
}

// Scenario is overrides on a budget, tried without touching it.
type Scenario struct {
	Meta
	Organization string
	Budget       string
	ID           string
	DisplayName  string
	Description  string
	Method       model.Method
	Params       Params
	Weights      []WeightOverride
	Requests     []RequestOverride
	Currency     string
}

// ScenarioName is the resource name of a scenario.
func ScenarioName(organization, budget, id string) string {
	return name("organizations", organization, "budgets", budget, "scenarios", id)
}

// Name is the resource name.
func (s Scenario) Name() string { return ScenarioName(s.Organization, s.Budget, s.ID) }

// NewScenario is the first version of a scenario, its defaults filled in.
func NewScenario(s Scenario, now time.Time) (Scenario, error) {
	s.Meta = Meta{}.Next(now)
	return s.checked()
}

// Changed is the next version of s with the fields of next.
func (s Scenario) Changed(next Scenario, now time.Time) (Scenario, error) {
	next.Organization, next.Budget, next.ID, next.Meta = s.Organization, s.Budget, s.ID, s.Next(now)
	return next.checked()
}

// Same says whether next says what s says already.
func (s Scenario) Same(next Scenario) bool {
	next.Meta = s.Meta
	return reflect.DeepEqual(s, next)
}

func (s Scenario) checked() (Scenario, error) {
	const at = "scenario"
	if s.Method == "" {
		s.Method = model.PriorityAdjustment
	}
	var v fault.Violations
	checkID(&v, at+".name", s.ID)
	required(&v, at+".display_name", s.DisplayName)
	var err error
	s.Params, err = s.Params.filledAt(at + ".parameters.")
	if f, ok := fault.As(err); ok {
		v = append(v, f.Violations...)
	}
	s.Params = s.Params.fit(&v, at+".parameters.", s.Method)
	var sum int64
	for i, w := range s.Weights {
		sum += w.PPM
		v.Check(!slices.ContainsFunc(s.Weights[:i], func(o WeightOverride) bool { return o.Goal == w.Goal }),
			fieldAt(at+".goal_weights", i)+".goal", "has a weight already; keep one")
	}
	v.Check(sum <= model.Whole, at+".goal_weights", "add up to %d; weights are parts of %d", sum, model.Whole)
	for i, r := range s.Requests {
		field := fieldAt(at+".request_overrides", i)
		v.Check(!slices.ContainsFunc(s.Requests[:i], func(o RequestOverride) bool { return o.Program == r.Program }),
			field+".program", "is overridden already; keep one")
		v.Check(r.Requested == nil || *r.Requested >= 0, field+".requested", "must not be negative")
		v.Check(r.Cap == nil || *r.Cap >= 0, field+".cap", "must not be negative")
	}
	return s, v.Err()
}

// Overrides says whether the scenario sets weights that the council did not certify.
func (s Scenario) Overrides() bool { return len(s.Weights) > 0 }

// Apply is the books as the scenario would have them. Weights that it leaves out share the rest in proportion to their certified ones, exactly
// in parts per million: the goals with the largest remainders, the first by name among equals, take what rounding leaves.
//
// Errors: Invalid for goals and programs that the books do not know.
func (s Scenario) Apply(b Books) (Books, error) {
	var v fault.Violations
	for i, w := range s.Weights {
		v.Check(slices.ContainsFunc(b.Priorities.Weights, func(g GoalWeight) bool { return g.Goal == w.Goal }),
			fieldAt("scenario.goal_weights", i)+".goal", "%s has no weight in %s; name one of its goals", w.Goal, b.Priorities.Name)
	}
	b.Priorities.Weights = reweighed(b.Priorities.Weights, s.Weights)
	var sum int64
	for _, w := range b.Priorities.Weights {
		sum += w.PPM
	}
	v.Check(sum == model.Whole, "scenario.goal_weights", "set every goal and come to %d; make them %d, or leave a goal out to take the rest", sum, model.Whole)
	b.Asks = slices.Clone(b.Asks)
	for i, r := range s.Requests {
		at := slices.IndexFunc(b.Asks, func(a Ask) bool { return a.Request.Program == r.Program })
		if at < 0 {
			v.Add(fieldAt("scenario.request_overrides", i)+".program", "%s asks for nothing in this budget; name a program that does",
				ProgramName(s.Organization, r.Program))
			continue
		}
		ask := &b.Asks[at].Request
		ask.Currency = s.Currency
		if r.Requested != nil {
			ask.Requested = r.Requested
		}
		if r.Cap != nil {
			ask.Cap = r.Cap
		}
		if r.MaxDecreasePPM != nil {
			ask.MaxDecreasePPM = r.MaxDecreasePPM
		}
		ask.bounds(&v, fieldAt("scenario.request_overrides", i))
	}
	return b, v.Err()
}

// reweighed sets some weights and scales the others so that all come to the whole.
func reweighed(certified []GoalWeight, overrides []WeightOverride) []GoalWeight {
	if len(overrides) == 0 {
		return certified
	}
	out := slices.Clone(certified)
	rest, others := int64(model.Whole), int64(0)
	set := make([]bool, len(out))
	for i := range out {
		if j := slices.IndexFunc(overrides, func(w WeightOverride) bool { return w.Goal == out[i].Goal }); j >= 0 {
			out[i].PPM, set[i] = overrides[j].PPM, true
			rest -= out[i].PPM
		} else {
			others += out[i].PPM
		}
	}
	open := make([]int, 0, len(out))
	left := rest
	for i := range out {
		if set[i] {
			continue
		}
		open = append(open, i)
		if others > 0 {
			out[i].PPM = certified[i].PPM * rest / others // at most 10^12
		} else {
			out[i].PPM = 0
		}
		left -= out[i].PPM
	}
	slices.SortStableFunc(open, func(a, b int) int {
		return int(remainder(certified[b].PPM, rest, others) - remainder(certified[a].PPM, rest, others))
	})
	for _, i := range open {
		if left <= 0 {
			break
		}
		share := int64(1)
		if others == 0 { // nothing to be in proportion to: the first goal takes the rest
			share = left
		}
		out[i].PPM += share
		left -= share
	}
	return out
}

// remainder is what rounding weight × rest ÷ others down drops, in parts of others.
func remainder(weight, rest, others int64) int64 {
	if others == 0 {
		return 0
	}
	return weight * rest % others
}
