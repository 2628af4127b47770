package rpc

import (
	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/platform/wire"
)

func scenarioOf(a domain.Allocation) string {
	if a.Scenario == "" {
		return ""
	}
	return domain.ScenarioName(a.Organization, a.Budget, a.Scenario)
}

// choicesProto fills in what was chosen, and what council did with it.
func choicesProto(a domain.Allocation, out *budgetingv1.Allocation) {
	if s := searchProto(a.Search, a.Params.WorkLimit); a.State == domain.AllocationRunning {
		out.Progress = s
	} else {
		out.Search = s
	}
	for _, p := range a.Packages {
		choice := &budgetingv1.PackageChoice{
			Program: domain.ProgramName(a.Organization, p.Program), Level: p.Level, Amount: wire.Money(a.Currency, p.Amount), Value: p.Value, Reason: p.Reason,
		}
		if p.Package != "" {
			choice.DecisionPackage = domain.DecisionPackageName(a.Organization, a.Budget, p.Program, p.Package)
		}
		out.Packages = append(out.Packages, choice)
	}
	for _, m := range a.Adjustments {
		out.Adjustments = append(out.Adjustments, &budgetingv1.Adjustment{
			Program: domain.ProgramName(a.Organization, m.Program), Fund: domain.FundName(a.Organization, m.Fund), Amount: wire.Money(a.Currency, m.Amount),
			Reason: m.Reason, AdjustedBy: m.By, AdjustTime: wire.Time(m.Time), PriorityValue: wire.Money(a.Currency, m.PriorityValue),
		})
	}
	if act := a.Adoption; act != nil {
		out.Adoption = &budgetingv1.AllocationAdoption{
			Body: act.Body, ResolutionNumber: act.Resolution, AdoptDate: wire.Date(act.Date), StaleReason: act.StaleReason,
			AdoptedBy: act.By, AdoptTime: wire.Time(act.Time),
		}
	}
}

func searchProto(s *domain.Search, limit int64) *budgetingv1.Search {
	if s == nil {
		return nil
	}
	return &budgetingv1.Search{
		Value: s.Value, Bound: s.Bound, GapPpm: s.GapPPM, PriceBound: s.PriceBound, States: s.States,
		WorkLimit: limit,
	}
}
