package domain

import (
	"cmp"
	"slices"
	"time"

	"github.com/throughline/throughline/services/actionplanning/internal/domain/progress"
	"github.com/throughline/throughline/services/platform/fault"
)

// StrategyState says where a strategy stands.
type StrategyState string

// States of a strategy.
const (
	StrategyProposed  StrategyState = "PROPOSED"
	StrategyActive    StrategyState = "ACTIVE"
	StrategyCompleted StrategyState = "COMPLETED"
	StrategyCancelled StrategyState = "CANCELLED"
)

// Strategy is how a goal is to be reached.
type Strategy struct {
	Meta
	Organization     string
	ID               string
	DisplayName      string
	Goal             string // goal name
	Description      string
	ExecutiveSponsor string
	State            StrategyState  // never "" once stored
	Share                           // in the progress of its goal
	Progress         progress.Value // worked out when read, never stored
}

// StrategyName is the resource name of a strategy.
func StrategyName(organization, id string) string {
	return name("organizations", organization, "strategies", id)
}

// Name is the resource name.
func (s Strategy) Name() string { return StrategyName(s.Organization, s.ID) }

// NewStrategy is the first version of a strategy, PROPOSED unless it says otherwise.
func NewStrategy(s Strategy, now time.Time) (Strategy, error) {
	s.Meta, s.State = Meta{}.Next(now), cmp.Or(s.State, StrategyProposed)
	return s, s.check()
}

// Changed is the next version of s with the fields of next.
func (s Strategy) Changed(next Strategy, now time.Time) (Strategy, error) {
	next.Organization, next.ID, next.Meta, next.State = s.Organization, s.ID, s.Next(now), cmp.Or(next.State, StrategyProposed)
	return next, next.check()
}

// Stands refuses a state that the strategy's objectives do not bear out: ACTIVE and COMPLETED need one that was not cancelled, COMPLETED needs
// every one completed or cancelled.
func (s Strategy) Stands(objectives []Objective) error {
	if s.State != StrategyActive && s.State != StrategyCompleted {
		return nil
	}
	if !slices.ContainsFunc(objectives, func(o Objective) bool { return o.State != ObjectiveCancelled }) {
		return fault.State("STRATEGY_WITHOUT_OBJECTIVE",
			"%s cannot be %s: it has no objective that was not cancelled; add one first, or make the strategy PROPOSED or CANCELLED", s.Name(), s.State)
	}
	for _, o := range objectives {
		if s.State == StrategyCompleted && !o.Closed() {
			return fault.State("STRATEGY_HAS_OPEN_OBJECTIVES", "%s cannot be COMPLETED: %s is %s; complete or cancel its objectives first",
				s.Name(), o.Name(), o.State).With("objective", o.Name())
		}
	}
	return nil
}

// Open refuses new work on a strategy that is over.
func (s Strategy) Open() error {
	if s.State != StrategyCompleted && s.State != StrategyCancelled {
		return nil
	}
	return fault.State("STRATEGY_CLOSED", "%s is %s; make it PROPOSED or ACTIVE again first, or choose another strategy", s.Name(), s.State)
}

// Deletable refuses to lose a strategy that objectives serve; one of them, or "" when there are none.
func (s Strategy) Deletable(objective string) error {
	if objective == "" {
		return nil
	}
	return fault.State("STRATEGY_HAS_OBJECTIVES", "%s has the objective %s; delete its objectives first", s.Name(), objective)
}

func (s Strategy) check() error {
	var v fault.Violations
	required(&v, "strategy.display_name", s.DisplayName)
	required(&v, "strategy.goal", s.Goal)
	s.checkWeight(&v, "strategy.weight")
	return v.Err()
}

// OrganizationName is the resource name of an organization.
func OrganizationName(organization string) string { return name("organizations", organization) }
