package rpc

import (
	"context"

	actionplanningv1 "github.com/throughline/throughline/proto/gen/throughline/actionplanning/v1"
	"github.com/throughline/throughline/services/actionplanning/internal/app"
	"github.com/throughline/throughline/services/actionplanning/internal/domain"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/rpc"
	"github.com/throughline/throughline/services/platform/wire"
)

var policyName = rpc.Name("organizations/{organization}/assignmentPolicy")

// sameOrganization refuses a name of another organization.
func sameOrganization(field, name, organization, wanted string) error {
	var bad fault.Violations
	bad.Check(organization == wanted, field, "%s belongs to another organization; name one of organizations/%s", name, wanted)
	return bad.Err()
}

// BatchUpsertAssignments implements actionplanningv1.ActionPlanningServiceServer.
func (s *Server) BatchUpsertAssignments(
	ctx context.Context, r *actionplanningv1.BatchUpsertAssignmentsRequest,
) (*actionplanningv1.BatchUpsertAssignmentsResponse, error) {
	ids, err := organizationName.Parse("parent", r.GetParent())
	if err != nil {
		return nil, err
	}
	var refused app.AssignmentsUpserted
	rows := make([]app.AssignmentDraft, 0, len(r.GetAssignments()))
	for i, a := range r.GetAssignments() {
		draft, err := assignmentDraft(ids[0], a)
		if err == nil {
			rows = append(rows, app.AssignmentDraft{Assignment: draft, Row: i, Etag: a.GetEtag()})
		} else if err := refused.Refuse(i, err); err != nil {
			return nil, err
		}
	}
	done, err := s.app.UpsertAssignments(resource.DryRun(ctx, r.GetValidateOnly()), ids[0], rows, refused)
	return rpc.Reply(done, err, upsertedProto)
}

// assignmentDraft reads one assignment of a batch; an error lists all that is wrong with it.
func assignmentDraft(organization string, a *actionplanningv1.Assignment) (domain.Assignment, error) {
	var bad fault.Violations
	merge := func(err error) {
		if f, ok := fault.As(err); ok {
			bad = append(bad, f.Violations...)
		}
	}
	merge(rpc.Validate(a))
	id := ""
	if ids, ok := refer(&bad, assignmentName, organization, "name", a.GetName()); ok {
		id = ids[1]
	}
	if len(bad) > 0 {
		return domain.Assignment{}, bad.Err()
	}
	draft, err := assignmentDomain(organization, id, a)
	merge(err)
	return draft, bad.Err()
}

// ListAssignmentChanges implements actionplanningv1.ActionPlanningServiceServer.
func (s *Server) ListAssignmentChanges(
	ctx context.Context, r *actionplanningv1.ListAssignmentChangesRequest,
) (*actionplanningv1.ListAssignmentChangesResponse, error) {
	ids, err := organizationName.Parse("parent", r.GetParent())
	if err != nil {
		return nil, err
	}
	page, err := s.app.ListAssignmentChanges(ctx, ids[0], r.GetSyncToken(), int(r.GetPageSize()))
	if err != nil {
		return nil, err
	}
	return &actionplanningv1.ListAssignmentChangesResponse{
		Changes: rpc.Each(page.Changes, changeProto), NextSyncToken: page.Next, HasMore: page.More,
	}, nil
}

func changeProto(c app.AssignmentChange) *actionplanningv1.AssignmentChange {
	if c.Deleted {
		return &actionplanningv1.AssignmentChange{Deleted: true, Assignment: &actionplanningv1.Assignment{Name: c.Assignment.Name()}}
	}
	return &actionplanningv1.AssignmentChange{Assignment: assignmentProto(c.Assignment)}
}

// GetAssignmentPolicy implements actionplanningv1.ActionPlanningServiceServer.
func (s *Server) GetAssignmentPolicy(ctx context.Context, r *actionplanningv1.GetAssignmentPolicyRequest) (*actionplanningv1.AssignmentPolicy, error) {
	ids, err := policyName.Parse("name", r.GetName())
	if err != nil {
		return nil, err
	}
	policy, err := s.app.GetAssignmentPolicy(ctx, ids[0])
	return rpc.Reply(policy, err, policyProto)
}

// UpdateAssignmentPolicy implements actionplanningv1.ActionPlanningServiceServer.
func (s *Server) UpdateAssignmentPolicy(ctx context.Context, r *actionplanningv1.UpdateAssignmentPolicyRequest) (*actionplanningv1.AssignmentPolicy, error) {
	ids, err := policyName.Parse("assignment_policy.name", r.GetAssignmentPolicy().GetName())
	if err != nil {
		return nil, err
	}
	ctx = resource.DryRun(ctx, r.GetValidateOnly())
	policy, err := s.app.UpdateAssignmentPolicy(ctx, ids[0], r.GetAssignmentPolicy().GetEtag(), func(old domain.AssignmentPolicy) (domain.AssignmentPolicy, error) {
		merged := policyProto(old)
		if err := rpc.ApplyMask(merged, r.GetAssignmentPolicy(), r.GetUpdateMask()); err != nil {
			return old, err
		}
		return domain.AssignmentPolicy{OverAllocation: wire.FromEnum[domain.OverAllocation](merged.GetOverAllocation())}, nil
	})
	return rpc.Reply(policy, err, policyProto)
}
