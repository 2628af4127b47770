package domain

import (
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/spread"
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

// CheckBudget tells of funds and goals that the budget and its plan do not have.
func (s Scenario) CheckBudget(v *fault.Violations, b Budget) {
	if f, ok := fault.As(s.Params.checkFundsAt(b, "scenario.parameters.")); ok {
		*v = append(*v, f.Violations...)
	}
	for i, w := range s.Weights {
		v.Check(strings.HasPrefix(w.Goal, b.Plan+"/goals/"), fieldAt("scenario.goal_weights", i)+".goal", "is of another plan than the budget's; name a goal of %s", b.Plan)
	}
}

// Overrides says whether the scenario sets weights that the council did not certify.
func (s Scenario) Overrides() bool { return len(s.Weights) > 0 }

// Apply is the books as the scenario would have them. Weights that it leaves out share the rest in proportion to their certified ones, exactly
// in parts per million by Webster's rule, the first by name among equals; equally where all of them weigh nothing.
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
	rest := int64(model.Whole)
	var open []int // places of the others
	var weights []int64
	for i := range out {
		if j := slices.IndexFunc(overrides, func(w WeightOverride) bool { return w.Goal == out[i].Goal }); j >= 0 {
			out[i].PPM = overrides[j].PPM
			rest -= out[i].PPM
		} else {
			open, weights = append(open, i), append(weights, out[i].PPM)
		}
	}
	if len(open) == 0 || rest < 0 {
		return out // Apply tells that they do not come to the whole
	}
	for i, share := range spread.Shares(weights, rest) {
		out[open[i]].PPM = share
	}
	return out
}
