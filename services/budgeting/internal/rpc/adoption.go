package rpc

import (
	"context"

	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/rpc"
	"github.com/throughline/throughline/services/platform/wire"
)

// keyed is a request that must not take effect twice.
type keyed interface {
	GetRequestId() string
	GetValidateOnly() bool
}

// once refuses a request without an idempotency key, whose repeat would be a second act.
func once(r keyed, act string) error {
	if r.GetRequestId() != "" || r.GetValidateOnly() {
		return nil
	}
	f := fault.New(fault.Invalid, "IDEMPOTENCY_KEY_REQUIRED", "%s needs an idempotency key, so that a repeat cannot do it twice", act)
	f.Violations = fault.Violations{{Field: "request_id", Detail: "send an Idempotency-Key header or request_id"}}
	return f
}

// AdjustAllocation implements budgetingv1.BudgetingServiceServer.
func (s *Server) AdjustAllocation(ctx context.Context, r *budgetingv1.AdjustAllocationRequest) (*budgetingv1.Allocation, error) {
	if err := once(r, "adjusting an allocation"); err != nil {
		return nil, err
	}
	k, err := inBudget(allocationName, "name", r.GetName())
	if err != nil {
		return nil, err
	}
	read, err := s.reader(ctx, k.Organization)
	if err != nil {
		return nil, err
	}
	var more []domain.Adjustment
	for i, m := range r.GetAdjustments() {
		field := at("adjustments", i)
		more = append(more, domain.Adjustment{
			Program: read.id(programName, field+".program", m.GetProgram()), Fund: read.id(fundName, field+".fund", m.GetFund()),
			Amount: read.money(field+".amount", m.GetAmount()), Reason: m.GetReason(),
		})
	}
	if err := read.Err(); err != nil {
		return nil, err
	}
	allocation, err := s.app.AdjustAllocation(resource.DryRun(ctx, r.GetValidateOnly()), caller(ctx), k, more, r.GetEtag())
	return rpc.Reply(allocation, err, allocationProto)
}

// AdoptAllocation implements budgetingv1.BudgetingServiceServer.
func (s *Server) AdoptAllocation(ctx context.Context, r *budgetingv1.AdoptAllocationRequest) (*budgetingv1.Allocation, error) {
	if err := once(r, "adopting an allocation"); err != nil {
		return nil, err
	}
	k, err := inBudget(allocationName, "name", r.GetName())
	if err != nil {
		return nil, err
	}
	act := r.GetAdoption()
	allocation, err := s.app.AdoptAllocation(resource.DryRun(ctx, r.GetValidateOnly()), caller(ctx), k, domain.Adoption{
		Body: act.GetBody(), Resolution: act.GetResolutionNumber(), Date: wire.FromDate[domain.Date](act.GetAdoptDate()), StaleReason: act.GetStaleReason(),
	}, r.GetEtag())
	return rpc.Reply(allocation, err, allocationProto)
}

// CancelAllocation implements budgetingv1.BudgetingServiceServer.
func (s *Server) CancelAllocation(ctx context.Context, r *budgetingv1.CancelAllocationRequest) (*budgetingv1.Allocation, error) {
	k, err := inBudget(allocationName, "name", r.GetName())
	if err != nil {
		return nil, err
	}
	allocation, err := s.app.CancelAllocation(resource.DryRun(ctx, r.GetValidateOnly()), k, r.GetEtag())
	return rpc.Reply(allocation, err, allocationProto)
}
