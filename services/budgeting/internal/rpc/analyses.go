package rpc

import (
	"context"

	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
	"github.com/throughline/throughline/services/budgeting/internal/app"
	"github.com/throughline/throughline/services/budgeting/internal/domain/compare"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/platform/rpc"
	"github.com/throughline/throughline/services/platform/wire"
)

// CompareAllocation implements budgetingv1.BudgetingServiceServer.
func (s *Server) CompareAllocation(ctx context.Context, r *budgetingv1.CompareAllocationRequest) (*budgetingv1.CompareAllocationResponse, error) {
	k, err := inBudget(allocationName, "name", r.GetName())
	if err != nil {
		return nil, err
	}
	read := reader{organization: k.Organization}
	baseline := wire.FromEnum[model.Method](r.GetBaseline())
	var other app.BudgetKey
	switch {
	case r.GetOther() == "" && baseline == "":
		read.Add("other", "is empty and so is baseline; name another allocation, or a baseline")
	case r.GetOther() != "" && baseline != "":
		read.Add("baseline", "is set and so is other; compare with one of them")
	case r.GetOther() != "":
		read.id(allocationName, "other", r.GetOther())
		other, err = inBudget(allocationName, "other", r.GetOther())
		read.Check(err != nil || other != k, "other", "is the allocation itself; name another")
	}
	if err := read.Err(); err != nil {
		return nil, err
	}
	comparison, err := s.app.CompareAllocation(ctx, k, other, baseline)
	return rpc.Reply(comparison, err, comparisonProto)
}

// AnalyzeSensitivity implements budgetingv1.BudgetingServiceServer.
func (s *Server) AnalyzeSensitivity(ctx context.Context, r *budgetingv1.AnalyzeSensitivityRequest) (*budgetingv1.AnalyzeSensitivityResponse, error) {
	k, err := inBudget(allocationName, "name", r.GetName())
	if err != nil {
		return nil, err
	}
	read := reader{organization: k.Organization}
	read.id(goalName, "goal", r.GetGoal())
	if err := read.Err(); err != nil {
		return nil, err
	}
	sweep, err := s.app.AnalyzeSensitivity(ctx, k, r.GetGoal(), int64(r.GetFromPpm()), int64(r.GetToPpm()))
	return rpc.Reply(sweep, err, sweepProto)
}

// AnalyzeFragility implements budgetingv1.BudgetingServiceServer.
func (s *Server) AnalyzeFragility(ctx context.Context, r *budgetingv1.AnalyzeFragilityRequest) (*budgetingv1.AnalyzeFragilityResponse, error) {
	k, err := inBudget(allocationName, "name", r.GetName())
	if err != nil {
		return nil, err
	}
	read, err := s.reader(ctx, k.Organization)
	if err != nil {
		return nil, err
	}
	threshold := read.optionalMoney("threshold", r.GetThreshold())
	if err := read.Err(); err != nil {
		return nil, err
	}
	fragility, err := s.app.AnalyzeFragility(ctx, k, threshold)
	return rpc.Reply(fragility, err, fragilityProto)
}

// ReportQuartiles implements budgetingv1.BudgetingServiceServer.
func (s *Server) ReportQuartiles(ctx context.Context, r *budgetingv1.ReportQuartilesRequest) (*budgetingv1.ReportQuartilesResponse, error) {
	k, err := inBudget(allocationName, "name", r.GetName())
	if err != nil {
		return nil, err
	}
	report, err := s.app.ReportQuartiles(ctx, k)
	return rpc.Reply(report, err, quartilesProto)
}

// ReprioritizeAllocation implements budgetingv1.BudgetingServiceServer.
func (s *Server) ReprioritizeAllocation(
	ctx context.Context, r *budgetingv1.ReprioritizeAllocationRequest,
) (*budgetingv1.ReprioritizeAllocationResponse, error) {
	k, err := inBudget(allocationName, "name", r.GetName())
	if err != nil {
		return nil, err
	}
	read, err := s.reader(ctx, k.Organization)
	if err != nil {
		return nil, err
	}
	read.revisions("", r.GetPriorityRevision(), r.GetResultsRevision())
	var encumbered []compare.Encumbrance
	for i, e := range r.GetEncumbrances() {
		field := at("encumbrances", i)
		encumbered = append(encumbered, compare.Encumbrance{
			Program: read.id(programName, field+".program", e.GetProgram()), Fund: read.id(fundName, field+".fund", e.GetFund()),
			Amount: read.money(field+".amount", e.GetAmount()),
		})
	}
	if err := read.Err(); err != nil {
		return nil, err
	}
	shift, err := s.app.ReprioritizeAllocation(ctx, k, r.GetPriorityRevision(), r.GetResultsRevision(), encumbered)
	return rpc.Reply(shift, err, reprioritizationProto)
}

// CompareScenarios implements budgetingv1.BudgetingServiceServer.
func (s *Server) CompareScenarios(ctx context.Context, r *budgetingv1.CompareScenariosRequest) (*budgetingv1.CompareScenariosResponse, error) {
	k, err := inBudget(budgetName, "parent", r.GetParent())
	if err != nil {
		return nil, err
	}
	read := reader{organization: k.Organization}
	ids := make([]string, len(r.GetScenarios()))
	for i, name := range r.GetScenarios() {
		ids[i] = read.ofBudget(scenarioName, k.Budget, at("scenarios", i), name)
		read.Check(name != "", at("scenarios", i), "is empty; name a scenario of the budget")
	}
	if err := read.Err(); err != nil {
		return nil, err
	}
	scenarios, err := s.app.CompareScenarios(ctx, k, ids)
	return rpc.Reply(scenarios, err, scenariosProto)
}
