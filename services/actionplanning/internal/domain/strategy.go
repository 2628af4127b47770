package domain

import (
	"time"

	"github.com/throughline/throughline/services/platform/fault"
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
}

// StrategyName is the resource name of a strategy.
func StrategyName(organization, id string) string {
	return name("organizations", organization, "strategies", id)
}

// Name is the resource name.
func (s Strategy) Name() string { return StrategyName(s.Organization, s.ID) }

// NewStrategy is the first version of a strategy.
func NewStrategy(s Strategy, now time.Time) (Strategy, error) {
	s.Meta = Meta{}.Next(now)
	return s, s.check()
}

// Changed is the next version of s with the fields of next.
func (s Strategy) Changed(next Strategy, now time.Time) (Strategy, error) {
	next.Organization, next.ID, next.Meta = s.Organization, s.ID, s.Next(now)
	return next, next.check()
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
	return v.Err()
}
