package app

import (
	"context"

	"github.com/throughline/throughline/services/actionplanning/internal/domain"
	"github.com/throughline/throughline/services/platform/resource"
)

// GetAssignmentPolicy reads how an organization assigns work: the default until it decided otherwise.
func (a *App) GetAssignmentPolicy(ctx context.Context, organization string) (domain.AssignmentPolicy, error) {
	return resource.Read(ctx, a.Store, func(tx Tx) (domain.AssignmentPolicy, error) { return assignmentPolicy(tx, organization) })
}

// UpdateAssignmentPolicy applies edit to it. Assignments made before stay as they are.
func (a *App) UpdateAssignmentPolicy(
	ctx context.Context, organization, etag string, edit func(domain.AssignmentPolicy) (domain.AssignmentPolicy, error),
) (domain.AssignmentPolicy, error) {
	now := a.Now()
	return resource.Write(ctx, a.Store, func(tx Tx) (domain.AssignmentPolicy, error) {
		policy, err := assignmentPolicy(tx, organization)
		if err != nil {
			return policy, err
		}
		if err := resource.CheckEtag(policy, etag); err != nil {
			return policy, err
		}
		next, err := edit(policy)
		if err != nil {
			return policy, err
		}
		next = policy.Changed(next, now)
		if policy.Version == 0 {
			return next, tx.AssignmentPolicies().Insert(next)
		}
		return next, tx.AssignmentPolicies().Update(next)
	})
}

func assignmentPolicy(tx Tx, organization string) (domain.AssignmentPolicy, error) {
	policy, found, err := tx.AssignmentPolicies().Find(organization)
	if !found {
		policy = domain.DefaultAssignmentPolicy(organization)
	}
	return policy, err
}
