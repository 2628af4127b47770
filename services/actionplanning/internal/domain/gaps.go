package domain

import "fmt"

// GapKind is why work has nobody, or too little of somebody.
type GapKind string

// Kinds of gaps.
const (
	GapNoLead        GapKind = "NO_LEAD"
	GapInterim       GapKind = "INTERIM"
	GapOverAllocated GapKind = "OVER_ALLOCATED"
	GapOnLeave       GapKind = "ON_LEAVE"
)

// Gap is work that nobody, or not enough of somebody, owns.
type Gap struct {
	Kind      GapKind
	Objective string // name; "" for OVER_ALLOCATED
	Employee  string // name, or ""
	Proposal  string // name of the one that would close it, or ""
	Detail    string // what is missing and what would mend it

	assignment string // id of the one concerned, or ""
}

// Key tells apart all gaps of an organization.
func (g Gap) Key() string {
	return string(g.Kind) + " " + g.Objective + " " + g.Employee + " " + g.assignment
}

// Gaps looks for work without owners: among the objectives that are not over, and the staff that work is assigned to. work are all
// assignments, open all open proposals.
func Gaps(objectives []Objective, work []Assignment, staff map[string]Employee, open []Succession, today Date) (gaps []Gap) {
	proposals := map[string]string{} // by objective, of its lead
	interims := map[string]string{}  // by interim assignment
	for _, s := range open {
		if s.Work.Role == RoleLead && s.Work.Milestone == "" {
			proposals[s.ObjectiveName()] = s.Name()
		}
		if s.Interim != "" {
			interims[s.Interim] = s.Name()
		}
	}
	leads, byEmployee, order := map[string][]Assignment{}, map[string][]Assignment{}, []string{}
	for _, a := range work {
		if a.EndDate != "" && a.EndDate < today {
			continue
		}
		if a.Role == RoleLead && a.Milestone == "" {
			leads[a.ObjectiveName()] = append(leads[a.ObjectiveName()], a)
		}
		if byEmployee[a.Employee] == nil {
			order = append(order, a.Employee)
		}
		byEmployee[a.Employee] = append(byEmployee[a.Employee], a)
	}
	for _, o := range objectives {
		if o.Closed() {
			continue
		}
		if len(leads[o.Name()]) == 0 {
			gaps = append(gaps, Gap{
				Kind: GapNoLead, Objective: o.Name(), Proposal: proposals[o.Name()],
				Detail: fmt.Sprintf("nobody leads %s today or later; assign a LEAD, or accept a successor if one is proposed", o.DisplayName),
			})
		}
		for _, a := range leads[o.Name()] {
			gaps = append(gaps, leadGaps(o, a, staff[a.Employee], interims[a.ID], today)...)
		}
	}
	for _, id := range order {
		e := staff[id]
		if over := Overload(e, byEmployee[id], today); len(over) > 0 {
			gaps = append(gaps, Gap{
				Kind: GapOverAllocated, Employee: EmployeeName(e.Organization, id),
				Detail: fmt.Sprintf("%s is asked for %s; lower an effort, move its days, or give work to somebody else", e.DisplayName, Excesses(over)),
			})
		}
	}
	return gaps
}

func leadGaps(o Objective, a Assignment, e Employee, proposal string, today Date) (gaps []Gap) {
	if a.Interim {
		gaps = append(gaps, Gap{
			Kind: GapInterim, Objective: o.Name(), Employee: a.EmployeeName(), Proposal: proposal, assignment: a.ID,
			Detail: fmt.Sprintf("%s leads %s for the time being; accept a successor, or decline to leave it with them", e.DisplayName, o.DisplayName),
		})
	}
	if a.days().hold(today) && !e.GoneOn(today) && e.AwayOn(today) {
		gaps = append(gaps, Gap{
			Kind: GapOnLeave, Objective: o.Name(), Employee: a.EmployeeName(), assignment: a.ID,
			Detail: fmt.Sprintf("%s, who leads %s, is on leave today; assign a LEAD for these days, after ending the assignment before them", e.DisplayName, o.DisplayName),
		})
	}
	return gaps
}
