package rpc

import (
	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/wire"
)

func requestProto(r domain.FundingRequest) *budgetingv1.FundingRequest {
	out := &budgetingv1.FundingRequest{
		Name: r.Name(), Program: domain.ProgramName(r.Organization, r.Program), Requested: optionalMoneyProto(r.Requested, r.Currency),
		Cap: optionalMoneyProto(r.Cap, r.Currency), MaxDecreasePpm: narrow[int32](r.MaxDecreasePPM),
		EligibleFunds: names(r.Organization, r.EligibleFunds, domain.FundName),
		ResultsPolicy: wire.Enum[budgetingv1.ResultsPolicy](r.ResultsPolicy), EquityPoints: int32(r.EquityPoints), FteMilli: r.FTEMilli,
		Etag: resource.Etag(r), CreateTime: wire.Time(r.CreateTime), UpdateTime: wire.Time(r.UpdateTime),
	}
	for _, l := range r.CostLines {
		out.CostLines = append(out.CostLines, &budgetingv1.CostLine{
			Fund: domain.FundName(r.Organization, l.Fund), CostClass: l.Class, Amount: wire.Money(r.Currency, l.Amount),
			Treatment: wire.Enum[budgetingv1.Treatment](l.Treatment), OneTime: l.OneTime,
		})
	}
	if m := r.Mandate; m != nil {
		out.Mandate = &budgetingv1.Mandate{
			Source: m.Source, Citation: m.Citation, ServiceLevelBody: m.Body, MinimumAmount: optionalMoneyProto(m.Minimum, r.Currency),
		}
	}
	for _, a := range r.Alignments {
		out.Alignments = append(out.Alignments, &budgetingv1.Alignment{
			Goal: a.Goal, SelfScore: narrow[int32](a.Self), ReviewedScore: narrow[int32](a.Reviewed),
		})
	}
	for _, a := range r.Attributes {
		if out.Attributes == nil {
			out.Attributes = map[string]int32{}
		}
		out.Attributes[a.Name] = int32(a.Level)
	}
	for _, g := range r.Grants {
		out.Grants = append(out.Grants, &budgetingv1.GrantAward{
			DisplayName: g.Title, Award: wire.Money(r.Currency, g.Award), MatchPpm: int32(g.MatchPPM),
			MaintenanceOfEffort: optionalMoneyProto(g.Effort, r.Currency),
		})
	}
	for _, p := range r.Positions {
		out.Positions = append(out.Positions, &budgetingv1.PositionGroup{Title: p.Title, Count: int32(p.Count), Cost: wire.Money(r.Currency, p.Cost)})
	}
	for _, a := range r.Attestations {
		out.Attestations = append(out.Attestations, &budgetingv1.Attestation{
			Aspect: wire.Enum[budgetingv1.RequestAspect](a.Aspect), AttestedBy: a.By, Role: a.Role, Evidence: a.Evidence, AttestTime: wire.Time(a.Time),
		})
	}
	return out
}

func (r *reader) request(budget, program, field string, f *budgetingv1.FundingRequest) domain.FundingRequest {
	out := domain.FundingRequest{
		Organization: r.organization, Budget: budget, Program: program, Currency: r.currency,
		Requested: r.optionalMoney(field+".requested", f.GetRequested()), Cap: r.optionalMoney(field+".cap", f.GetCap()),
		MaxDecreasePPM: narrow[int64](f.MaxDecreasePpm), //nolint:protogetter // unset is not zero
		EligibleFunds:  r.ids(fundName, field+".eligible_funds", f.GetEligibleFunds()),
		ResultsPolicy:  wire.FromEnum[model.Policy](f.GetResultsPolicy()), EquityPoints: int(f.GetEquityPoints()), FTEMilli: f.GetFteMilli(),
	}
	for i, l := range f.GetCostLines() {
		line := at(field+".cost_lines", i)
		out.CostLines = append(out.CostLines, domain.CostLine{
			Fund: r.id(fundName, line+".fund", l.GetFund()), Class: l.GetCostClass(), Amount: r.money(line+".amount", l.GetAmount()),
			Treatment: treatment(l.GetTreatment()), OneTime: l.GetOneTime(),
		})
	}
	for i, g := range f.GetGrants() {
		here := at(field+".grants", i)
		out.Grants = append(out.Grants, domain.Grant{
			Title: g.GetDisplayName(), Award: r.money(here+".award", g.GetAward()), MatchPPM: int64(g.GetMatchPpm()),
			Effort: r.optionalMoney(here+".maintenance_of_effort", g.GetMaintenanceOfEffort()),
		})
	}
	for i, p := range f.GetPositions() {
		out.Positions = append(out.Positions, domain.Position{
			Title: p.GetTitle(), Count: int64(p.GetCount()), Cost: r.money(at(field+".positions", i)+".cost", p.GetCost()),
		})
	}
	if m := f.GetMandate(); m != nil {
		out.Mandate = &domain.Mandate{
			Source: m.GetSource(), Citation: m.GetCitation(), Body: m.GetServiceLevelBody(),
			Minimum: r.optionalMoney(field+".mandate.minimum_amount", m.GetMinimumAmount()),
		}
	}
	for i, a := range f.GetAlignments() {
		r.id(goalName, at(field+".alignments", i)+".goal", a.GetGoal())
		out.Alignments = append(out.Alignments, domain.Alignment{
			Goal: a.GetGoal(), Self: narrow[int](a.SelfScore), Reviewed: narrow[int](a.ReviewedScore), //nolint:protogetter // unset is not zero
		})
	}
	for name, level := range f.GetAttributes() { // the domain sorts them
		out.Attributes = append(out.Attributes, domain.Attribute{Name: name, Level: int(level)})
	}
	return out
}

// narrow converts an optional number whose range both sides hold.
func narrow[To, From int | int32 | int64](n *From) *To {
	if n == nil {
		return nil
	}
	v := To(*n)
	return &v
}
