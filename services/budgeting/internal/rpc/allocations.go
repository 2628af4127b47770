package rpc

import (
	"context"
	"slices"

	"google.golang.org/grpc"

	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
	"github.com/throughline/throughline/services/budgeting/internal/app"
	"github.com/throughline/throughline/services/platform/listing"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/rpc"
)

// linesPerMessage bounds one message of a stream.
const linesPerMessage = 1000

// CreateAllocation implements budgetingv1.BudgetingServiceServer.
func (s *Server) CreateAllocation(ctx context.Context, r *budgetingv1.CreateAllocationRequest) (*budgetingv1.Allocation, error) {
	if err := once(r, "creating an allocation"); err != nil {
		return nil, err
	}
	k, err := inBudget(budgetName, "parent", r.GetParent())
	if err != nil {
		return nil, err
	}
	read, err := s.reader(ctx, k.Organization)
	if err != nil {
		return nil, err
	}
	draft := read.allocation(k.Budget, r.GetAllocationId(), r.GetAllocation())
	if err := read.Err(); err != nil {
		return nil, err
	}
	draft.Creator = caller(ctx).Subject
	allocation, err := s.app.CreateAllocation(resource.DryRun(ctx, r.GetValidateOnly()), draft)
	return rpc.Reply(allocation, err, allocationProto)
}

// GetAllocation implements budgetingv1.BudgetingServiceServer.
func (s *Server) GetAllocation(ctx context.Context, r *budgetingv1.GetAllocationRequest) (*budgetingv1.Allocation, error) {
	k, err := inBudget(allocationName, "name", r.GetName())
	if err != nil {
		return nil, err
	}
	allocation, err := s.app.GetAllocation(ctx, k)
	return rpc.Reply(allocation, err, allocationProto)
}

// ListAllocations implements budgetingv1.BudgetingServiceServer.
func (s *Server) ListAllocations(ctx context.Context, r *budgetingv1.ListAllocationsRequest) (*budgetingv1.ListAllocationsResponse, error) {
	k, err := inBudget(budgetName, "parent", r.GetParent())
	if err != nil {
		return nil, err
	}
	q, err := listing.Of(r, r.GetParent(), app.AllocationList)
	if err != nil {
		return nil, err
	}
	page, err := s.app.ListAllocations(ctx, k, q)
	return &budgetingv1.ListAllocationsResponse{Allocations: rpc.Each(page.Items, allocationProto), NextPageToken: page.Next}, err
}

// ListAllocationLines implements budgetingv1.BudgetingServiceServer.
func (s *Server) ListAllocationLines(ctx context.Context, r *budgetingv1.ListAllocationLinesRequest) (*budgetingv1.ListAllocationLinesResponse, error) {
	k, err := inBudget(allocationName, "parent", r.GetParent())
	if err != nil {
		return nil, err
	}
	q, err := listing.Of(r, r.GetParent(), app.AllocationLineList)
	if err != nil {
		return nil, err
	}
	page, err := s.app.ListAllocationLines(ctx, k, q)
	return &budgetingv1.ListAllocationLinesResponse{Lines: rpc.Each(page.Items, lineProto), NextPageToken: page.Next}, err
}

// StreamAllocationLines implements budgetingv1.BudgetingServiceServer.
func (s *Server) StreamAllocationLines(
	r *budgetingv1.StreamAllocationLinesRequest, stream grpc.ServerStreamingServer[budgetingv1.StreamAllocationLinesResponse],
) error {
	k, err := inBudget(allocationName, "parent", r.GetParent())
	if err != nil {
		return err
	}
	lines, err := s.app.AllocationLines(stream.Context(), k) // read before sending, so that a slow reader holds no snapshot open
	if err != nil {
		return err
	}
	for some := range slices.Chunk(lines, linesPerMessage) {
		if err := stream.Send(&budgetingv1.StreamAllocationLinesResponse{Lines: rpc.Each(some, lineProto)}); err != nil {
			return err
		}
	}
	return nil
}

// ExplainAllocation implements budgetingv1.BudgetingServiceServer.
func (s *Server) ExplainAllocation(ctx context.Context, r *budgetingv1.ExplainAllocationRequest) (*budgetingv1.ExplainAllocationResponse, error) {
	k, err := inBudget(allocationName, "name", r.GetName())
	if err != nil {
		return nil, err
	}
	read := reader{organization: k.Organization}
	program := read.id(programName, "program", r.GetProgram())
	if err := read.Err(); err != nil {
		return nil, err
	}
	explanation, err := s.app.ExplainAllocation(ctx, k, program)
	return rpc.Reply(explanation, err, explanationProto)
}

// VerifyAllocation implements budgetingv1.BudgetingServiceServer.
func (s *Server) VerifyAllocation(ctx context.Context, r *budgetingv1.VerifyAllocationRequest) (*budgetingv1.VerifyAllocationResponse, error) {
	k, err := inBudget(allocationName, "name", r.GetName())
	if err != nil {
		return nil, err
	}
	v, err := s.app.VerifyAllocation(ctx, k)
	if err != nil {
		return nil, err
	}
	return &budgetingv1.VerifyAllocationResponse{Valid: v.Valid, ContentHash: v.ContentHash, ResultHash: v.ResultHash, Checks: v.Checks}, nil
}

// ReplayAllocation implements budgetingv1.BudgetingServiceServer.
func (s *Server) ReplayAllocation(ctx context.Context, r *budgetingv1.ReplayAllocationRequest) (*budgetingv1.ReplayAllocationResponse, error) {
	k, err := inBudget(allocationName, "name", r.GetName())
	if err != nil {
		return nil, err
	}
	again, err := s.app.ReplayAllocation(ctx, k)
	if err != nil {
		return nil, err
	}
	return &budgetingv1.ReplayAllocationResponse{Identical: again.Identical, ResultHash: again.ResultHash, ReplayedResultHash: again.ReplayedHash}, nil
}
