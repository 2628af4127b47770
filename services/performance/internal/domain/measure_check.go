package domain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/throughline/throughline/services/platform/fault"
)

// subjects are the shapes of names that a measure can be linked to, below the organization.
var subjects = [][]string{{"plans", "goals"}, {"strategies", "objectives"}, {"programs"}}

// check lists everything that is wrong with a measure.
func (m Measure) check() error {
	var v fault.Violations
	required(&v, "measure.display_name", m.DisplayName)
	required(&v, "measure.unit", m.Unit)
	required(&v, "measure.kind", m.Kind)
	required(&v, "measure.direction", m.Direction)
	required(&v, "measure.frequency", m.Frequency)
	m.checkTargets(&v)
	m.checkLinks(&v)
	m.checkDimensions(&v)
	sources := map[string]bool{}
	for i, b := range m.Benchmarks {
		at := fmt.Sprintf("measure.benchmarks[%d].source", i)
		required(&v, at, b.Source)
		v.Check(!sources[b.Source], at, "%q is given twice; give each source one value", b.Source)
		sources[b.Source] = true
	}
	return v.Err()
}

func (m Measure) checkTargets(v *fault.Violations) {
	order := make([]int, len(m.Targets))
	for i, t := range m.Targets {
		order[i] = i
		field := fmt.Sprintf("measure.targets[%d].", i)
		_, startOK := t.Start.time()
		_, endOK := t.End.time()
		v.Check(startOK, field+"start_date", "must be a calendar day")
		v.Check(endOK, field+"end_date", "must be a calendar day")
		v.Check(!startOK || !endOK || t.End >= t.Start, field+"end_date", "is before start_date (%s); move one of them", t.Start)
		v.Check(m.Direction != MaintainRange || t.Upper >= t.Value, field+"upper_value",
			"is below value (%v); for MAINTAIN_RANGE give the upper end of the range", t.Value)
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(m.Targets[a].Start, m.Targets[b].Start) })
	for at, last := 1, 0; at < len(order); at++ { // order[last] ends last of those before at
		before, this := order[last], order[at]
		v.Check(m.Targets[this].Start > m.Targets[before].End, fmt.Sprintf("measure.targets[%d].start_date", this),
			"overlaps targets[%d], which ends on %s; targets of one measure must not overlap", before, m.Targets[before].End)
		if m.Targets[this].End > m.Targets[before].End {
			last = at
		}
	}
}

func (m Measure) checkLinks(v *fault.Violations) {
	seen := map[string]int{}
	for i, l := range m.Links {
		field := fmt.Sprintf("measure.links[%d].", i)
		v.Check(isSubject(m.Organization, l.Subject), field+"subject",
			"%q names no goal, objective or program of %s; use a name such as %[2]s/programs/{program}", l.Subject, OrganizationName(m.Organization))
		first, twice := seen[l.Subject]
		v.Check(!twice, field+"subject", "%q is linked already by links[%d]; link each subject once", l.Subject, first)
		if !twice {
			seen[l.Subject] = i
		}
		required(v, field+"contribution", l.Contribution)
	}
}

// isSubject says whether name is well formed; whether it exists is not asked, because objectives and programs live in
// services that call this one.
func isSubject(organization, name string) bool {
	rest, ok := strings.CutPrefix(name, OrganizationName(organization)+"/")
	if !ok {
		return false
	}
	parts := strings.Split(rest, "/")
	return slices.ContainsFunc(subjects, func(collections []string) bool {
		if len(parts) != 2*len(collections) {
			return false
		}
		for i, collection := range collections {
			if parts[2*i] != collection || !isID(parts[2*i+1]) {
				return false
			}
		}
		return true
	})
}

// isID takes what any service's resource names may hold.
func isID(id string) bool {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~"
	return id != "" && id != "-" && len(id) <= 128 && strings.Trim(id, letters) == ""
}
