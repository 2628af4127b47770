package domain

import "time"

// OverAllocation is what to do when an assignment asks more than an employee can give.
type OverAllocation string

// What can be done about it.
const (
	OverAllocationRefuse OverAllocation = "REFUSE"
	OverAllocationFlag   OverAllocation = "FLAG"
)

// AssignmentPolicy is how an organization assigns work; of version 0 while it is the default.
type AssignmentPolicy struct {
	Meta
	Organization   string
	OverAllocation OverAllocation
}

// AssignmentPolicyName is the resource name of an organization's policy.
func AssignmentPolicyName(organization string) string {
	return name("organizations", organization, "assignmentPolicy")
}

// Name is the resource name.
func (p AssignmentPolicy) Name() string { return AssignmentPolicyName(p.Organization) }

// DefaultAssignmentPolicy holds until an organization decides otherwise.
func DefaultAssignmentPolicy(organization string) AssignmentPolicy {
	return AssignmentPolicy{Organization: organization, OverAllocation: OverAllocationRefuse}
}

// Changed is the next version of p with the fields of next.
func (p AssignmentPolicy) Changed(next AssignmentPolicy, now time.Time) AssignmentPolicy {
	next.Organization, next.Meta = p.Organization, p.Next(now)
	if next.OverAllocation == "" {
		next.OverAllocation = OverAllocationRefuse
	}
	return next
}
