package domain

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/throughline/throughline/services/platform/fault"
)

// Bounds of a milestone. A step of a century is a goal; the bound keeps every sum of days small.
const (
	maxDependencies  = 200
	maxMilestoneDays = 36_525
	maxWeight        = 1000
)

// Milestone is a step of an objective.
type Milestone struct {
	Meta
	Organization string
	Strategy     string
	Objective    string
	ID           string
	DisplayName  string
	PlannedStart Date
	PlannedEnd   Date // the last day
	ActualStart  Date // "" before it started
	ActualEnd    Date // "" before it was done
	DependsOn    []string
	Percent      int // done, 0 to 100
	Weight       int // among the milestones of its objective; 0 means 1
	Description  string
}

// MilestoneName is the resource name of a milestone.
func MilestoneName(organization, strategy, objective, id string) string {
	return name("organizations", organization, "strategies", strategy, "objectives", objective, "milestones", id)
}

// Name is the resource name.
func (m Milestone) Name() string {
	return MilestoneName(m.Organization, m.Strategy, m.Objective, m.ID)
}

// ObjectiveName is that of the objective it is a step of.
func (m Milestone) ObjectiveName() string {
	return ObjectiveName(m.Organization, m.Strategy, m.Objective)
}

// NewMilestone is the first version of a milestone; at is where it stands in the request, such as "milestone".
func NewMilestone(m Milestone, at string, now time.Time) (Milestone, error) {
	m.Meta = Meta{}.Next(now)
	return m, m.check(at)
}

// Changed is the next version of m with the fields of next.
func (m Milestone) Changed(next Milestone, at string, now time.Time) (Milestone, error) {
	next.Organization, next.Strategy, next.Objective, next.ID, next.Meta = m.Organization, m.Strategy, m.Objective, m.ID, m.Next(now)
	return next, next.check(at)
}

// Same says whether both tell the same, whatever their versions.
func (m Milestone) Same(o Milestone) bool {
	m.Meta, o.Meta = Meta{}, Meta{}
	dependencies := slices.Equal(m.DependsOn, o.DependsOn)
	m.DependsOn, o.DependsOn = nil, nil
	return dependencies && reflect.DeepEqual(m, o)
}

// Deletable refuses to lose a milestone that another waits for, or that somebody is assigned to; dependent is the name of one that waits, or
// "", and assignments are those of its objective.
func (m Milestone) Deletable(dependent string, assignments []Assignment) error {
	if dependent != "" {
		return fault.State("MILESTONE_HAS_DEPENDENTS", "%s depends on %s; take that dependency out, or delete that milestone, first", dependent, m.Name()).
			With("dependent", dependent)
	}
	for _, a := range assignments {
		if a.Milestone == m.ID {
			return fault.State("MILESTONE_HAS_ASSIGNMENTS", "%s is work on %s; delete it, or move it to the objective or another milestone, first", a.Name(), m.Name()).
				With("assignment", a.Name())
		}
	}
	return nil
}

func (m Milestone) check(at string) error {
	var v fault.Violations
	required(&v, at+".display_name", m.DisplayName)
	planned := ordered(&v, at+".planned_start_date", m.PlannedStart, at+".planned_end_date", m.PlannedEnd)
	if planned && m.PlannedStart.Add(0, maxMilestoneDays-1) < m.PlannedEnd {
		v.Add(at+".planned_end_date", "lies more than %d days after planned_start_date; split the milestone", maxMilestoneDays)
	}
	switch {
	case m.ActualEnd != "" && m.ActualStart == "":
		v.Add(at+".actual_start_date", "is required once actual_end_date is set; say on which day it started")
	case m.ActualEnd != "":
		ordered(&v, at+".actual_start_date", m.ActualStart, at+".actual_end_date", m.ActualEnd)
	case m.ActualStart != "":
		v.Check(m.ActualStart.valid(), at+".actual_start_date", "must be a calendar day")
	}
	switch {
	case m.Percent < 0 || m.Percent > 100:
		v.Add(at+".percent", "must lie between 0 and 100")
	case m.ActualEnd != "" && m.Percent != 100:
		v.Add(at+".percent", "must be 100 once actual_end_date is set; send 100, or clear actual_end_date")
	case m.ActualEnd == "" && m.Percent == 100:
		v.Add(at+".percent", "may be 100 only when actual_end_date says on which day it was done; set it, or send less")
	}
	v.Check(m.Weight >= 0 && m.Weight <= maxWeight, at+".weight", "must lie between 0 and %d", maxWeight)
	m.checkDependencies(&v, at)
	return v.Err()
}

func (m Milestone) checkDependencies(v *fault.Violations, at string) {
	v.Check(len(m.DependsOn) <= maxDependencies, at+".depends_on", "may name %d milestones at most; depend on the last of a chain instead of on all of it", maxDependencies)
	seen := make(map[string]bool, len(m.DependsOn))
	self := m.Name()
	for i, d := range m.DependsOn {
		field := fmt.Sprintf("%s.depends_on[%d]", at, i)
		switch {
		case d == self:
			v.Add(field, "is the milestone itself; leave it out")
		case seen[d]:
			v.Add(field, "%s is named before; name each milestone once", d)
		}
		seen[d] = true
	}
}

// ordered records what is wrong with two days of which the first must not come after the last.
func ordered(v *fault.Violations, firstField string, first Date, lastField string, last Date) bool {
	v.Check(first.valid(), firstField, "must be a calendar day")
	v.Check(last.valid(), lastField, "must be a calendar day")
	if !first.valid() || !last.valid() {
		return false
	}
	v.Check(first <= last, lastField, "lies before %s (%s); choose that day or a later one", firstField[strings.LastIndexByte(firstField, '.')+1:], first)
	return first <= last
}
