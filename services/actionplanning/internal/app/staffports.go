package app

import (
	"github.com/throughline/throughline/services/actionplanning/internal/domain"
	"github.com/throughline/throughline/services/platform/resource"
)

// StaffTx is what a transaction does with staff and their work besides keeping each.
type StaffTx interface {
	Staff() resource.Collection[domain.Employee]
	// Employees reads those of these ids that exist, in few statements.
	Employees(organization string, ids []string) ([]domain.Employee, error)
	// SaveStaff writes the next versions of many employees, each once, with few statements, and one event for each.
	SaveStaff(changed []domain.Employee) error
	// DueStaff are those of an organization about whom something else holds by that day than what is stored, by id.
	DueStaff(organization string, day domain.Date) ([]domain.Employee, error)
	// OrganizationsDue are the ids of the organizations that have such staff.
	OrganizationsDue(day domain.Date) ([]string, error)

	// FindSync reads the record of a sync, or says that it was never done.
	FindSync(organization, id string) (domain.SyncRecord, bool, error)
	// RecordSync keeps the record of a sync for good.
	RecordSync(r domain.SyncRecord) error

	// AssignmentsWithIDs reads those that exist, in few statements.
	AssignmentsWithIDs(organization string, ids []string) ([]domain.Assignment, error)
	// WorkOf are all assignments of these employees, by id, in few statements.
	WorkOf(organization string, employees []string) ([]domain.Assignment, error)
	// WorkOn are all assignments on these objectives, by id, in few statements; objectives are names.
	WorkOn(organization string, objectives []string) ([]domain.Assignment, error)
	// KnownObjectives are those of the names that exist, and where each stands.
	KnownObjectives(organization string, names []string) (map[string]domain.ObjectiveState, error)
	// SaveAssignments is SaveStaff of assignments.
	SaveAssignments(changed []domain.Assignment) error

	Successions() resource.Collection[domain.Succession]
	// SaveSuccessions is SaveStaff of proposals.
	SaveSuccessions(changed []domain.Succession) error
	// OpenSuccessions are the proposals of an organization that nobody has decided, by id.
	OpenSuccessions(organization string) ([]domain.Succession, error)
	// SuccessionsHolding are the open ones whose interim assignment is one of these ids.
	SuccessionsHolding(organization string, assignments []string) ([]domain.Succession, error)

	AssignmentPolicies() resource.Collection[domain.AssignmentPolicy]

	// AssignmentChanges are the last changes of an organization's assignments after a position in its history, each assignment once, oldest
	// first, at most limit; deletions only after the position deleted.
	AssignmentChanges(organization string, after, deleted int64, limit int) ([]AssignmentChange, error)
	// LastPosition is that of the last change of anything in the organization, 0 if there is none.
	LastPosition(organization string) (int64, error)
}

// AssignmentChange is the last thing that happened to an assignment.
type AssignmentChange struct {
	Position   int64
	ID         string
	Assignment domain.Assignment // as it is now; only its ids when it was deleted
	Deleted    bool
}
