package rpc

import (
	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/rpc"
	"github.com/throughline/throughline/services/platform/wire"
)

func (r *reader) allocation(budget, id string, a *budgetingv1.Allocation) domain.Allocation {
	r.revisions("allocation.", a.GetPriorityRevision(), a.GetResultsRevision())
	return domain.Allocation{
		Organization: r.organization, Budget: budget, ID: id, DisplayName: a.GetDisplayName(), Method: wire.FromEnum[model.Method](a.GetMethod()),
		Purpose: wire.FromEnum[string](a.GetPurpose()), PriorityRevision: a.GetPriorityRevision(), ResultsRevision: a.GetResultsRevision(),
		Scenario: r.ofBudget(scenarioName, budget, "allocation.scenario", a.GetScenario()),
		Params:   r.params(budget, "allocation.parameters.", a.GetParameters()),
	}
}

// revisions wants names of this organization, or none.
func (r *reader) revisions(at, priority, results string) {
	r.id(priorityRevisionName, at+"priority_revision", priority)
	r.id(resultsRevisionName, at+"results_revision", results)
}

// ofBudget is the id of a resource of this budget; "" stays "".
func (r *reader) ofBudget(pattern rpc.Pattern, budget, field, name string) string {
	if name == "" {
		return ""
	}
	ids, err := pattern.Parse(field, name)
	if err != nil {
		r.add(err)
		return ""
	}
	r.Check(ids[0] == r.organization && ids[1] == budget, field, "is of another budget; name one of %s", domain.BudgetName(r.organization, budget))
	return ids[2]
}

func (r *reader) params(budget, field string, p *budgetingv1.AllocationParameters) domain.Params {
	out := domain.Params{
		SpreadMilli: int64(p.GetSpreadMilli()), CompetingFund: r.ids(fundName, field+"competing_funds", p.GetCompetingFunds()),
		PackageValue: wire.FromEnum[model.PackageValue](p.GetPackageValue()), CarryForward: p.GetCarryForward(), WorkLimit: p.GetWorkLimit(),
		Election: r.ofBudget(electionName, budget, field+"election", p.GetElection()),
	}
	if p != nil {
		out.MaxCutPPM, out.ResultsCap = narrow[int64](p.MaxCutPpm), narrow[int64](p.ResultsCapPoints) //nolint:protogetter // unset is not zero
	}
	for _, w := range p.GetAttributeWeights() {
		out.Attributes = append(out.Attributes, domain.AttributeWeight{Attribute: w.GetAttribute(), WeightPPM: int64(w.GetWeightPpm())})
	}
	for i, s := range p.GetEnvelopeScales() {
		out.Scales = append(out.Scales, domain.EnvelopeScale{
			Fund: r.id(fundName, at(field+"envelope_scales", i)+".fund", s.GetFund()), SharePPM: int64(s.GetSharePpm()),
		})
	}
	if e := p.GetEquityFloor(); e != nil {
		out.EquityFloor = &domain.EquityFloor{MinPoints: int64(e.GetMinPoints()), MaxCutPPM: int64(e.GetMaxCutPpm())}
	}
	for i, e := range p.GetLaterEnvelopes() {
		here := at(field+"later_envelopes", i)
		out.Later = append(out.Later, domain.LaterEnvelope{
			Fund: r.id(fundName, here+".fund", e.GetFund()), Year: int(e.GetYearOffset()), Available: r.money(here+".available", e.GetAvailable()),
		})
	}
	return out
}

func allocationProto(a domain.Allocation) *budgetingv1.Allocation {
	out := &budgetingv1.Allocation{
		Name: a.Name(), DisplayName: a.DisplayName, Method: wire.Enum[budgetingv1.AllocationMethod](a.Method),
		Purpose: wire.Enum[budgetingv1.AllocationPurpose](a.Purpose), Parameters: paramsProto(a.Organization, a.Budget, a.Currency, a.Params),
		PriorityRevision: a.PriorityRevision, ResultsRevision: a.ResultsRevision, ContentHash: a.ContentHash, ResultHash: a.ResultHash,
		EngineVersion: a.EngineVersion, State: wire.Enum[budgetingv1.AllocationState](a.State),
		Outcome:     wire.Enum[budgetingv1.AllocationOutcome](a.Outcome),
		Certificate: &budgetingv1.Certificate{Valid: a.Settled() == nil, Checks: a.Checks}, // no result is stored without one
		TotalBase:   wire.Money(a.Currency, a.TotalBase), TotalAllocated: wire.Money(a.Currency, a.TotalAllocated),
		TotalAllocatedNet: wire.Money(a.Currency, a.TotalAllocatedNet), Programs: int32(a.Programs), ProgramsFlagged: int32(a.ProgramsFlagged),
		Stale: len(a.StaleReasons) > 0, StaleReasons: a.StaleReasons, Creator: a.Creator,
		Scenario: scenarioOf(a), PriorityValue: wire.Money(a.Currency, a.PriorityValue), AdjustedPriorityValue: wire.Money(a.Currency, a.AdjustedPriorityValue()),
		EquityCost: wire.Money(a.Currency, a.EquityCost), RevenueLost: wire.Money(a.Currency, a.RevenueLost),
		GrantsLost: wire.Money(a.Currency, a.GrantsLost), PositionsShort: a.PositionsShort, Failure: a.Failure,
		MoneyWithSignal: wire.Money(a.Currency, a.WithSignal), MoneyWithSignalPpm: int32(a.WithSignalPPM),
		MoneyMovedByResults: wire.Money(a.Currency, a.MovedByResults),
		Etag:                resource.Etag(a), CreateTime: wire.Time(a.CreateTime), UpdateTime: wire.Time(a.UpdateTime),
	}
	choicesProto(a, out)
	for _, w := range a.Waterfall {
		out.Waterfall = append(out.Waterfall, &budgetingv1.WaterfallRow{
			Fund: nameOf(a.Organization, w.Fund, domain.FundName), Treatment: wire.Enum[budgetingv1.Treatment](w.Treatment),
			Lines: w.Lines, Amount: wire.Money(a.Currency, w.Amount),
		})
	}
	for _, f := range a.Funds {
		out.Funds = append(out.Funds, &budgetingv1.FundResult{
			Fund: domain.FundName(a.Organization, f.Fund), Available: wire.Money(a.Currency, f.Available), Fixed: wire.Money(a.Currency, f.Fixed),
			Allocated: wire.Money(a.Currency, f.Allocated), Surplus: wire.Money(a.Currency, f.Surplus), Short: wire.Money(a.Currency, f.Short),
			OneTime: wire.Money(a.Currency, f.OneTime), OneTimeUsed: wire.Money(a.Currency, f.OneTimeUsed),
		})
	}
	for i, b := range a.Blocks {
		out.Blocks = append(out.Blocks, &budgetingv1.Block{
			Block: int32(i + 1), Direction: wire.Enum[budgetingv1.BlockDirection](b.Direction), Funds: names(a.Organization, b.Funds, domain.FundName),
			Rate: b.Rate, Programs: int32(b.Programs), Base: wire.Money(a.Currency, b.Base), Allocated: wire.Money(a.Currency, b.Allocated), Reason: b.Reason,
		})
	}
	for _, s := range a.Shortfalls {
		out.Shortfalls = append(out.Shortfalls, &budgetingv1.Shortfall{
			Funds: names(a.Organization, s.Funds, domain.FundName), Programs: names(a.Organization, s.Programs, domain.ProgramName),
			Required: wire.Money(a.Currency, s.Required), Available: wire.Money(a.Currency, s.Available), Short: wire.Money(a.Currency, s.Short),
			Message: s.Message,
		})
	}
	return out
}

func paramsProto(organization, budget, currency string, p domain.Params) *budgetingv1.AllocationParameters {
	out := &budgetingv1.AllocationParameters{
		SpreadMilli: int32(p.SpreadMilli), MaxCutPpm: narrow[int32](p.MaxCutPPM), ResultsCapPoints: narrow[int32](p.ResultsCap),
		CompetingFunds: names(organization, p.CompetingFund, domain.FundName), PackageValue: wire.Enum[budgetingv1.PackageValue](p.PackageValue),
		CarryForward: p.CarryForward, WorkLimit: p.WorkLimit,
	}
	if p.Election != "" {
		out.Election = domain.ElectionName(organization, budget, p.Election)
	}
	if p.ResultsCap != nil {
		for _, r := range p.ResultsTable() {
			out.ResultsTable = append(out.ResultsTable, &budgetingv1.ResultsRule{
				Policy: wire.Enum[budgetingv1.ResultsPolicy](r.Policy), Variation: string(r.Variation), Assurance: string(r.Assurance), PointsBp: int32(r.PointsBP),
			})
		}
	}
	for _, w := range p.Attributes {
		out.AttributeWeights = append(out.AttributeWeights, &budgetingv1.AttributeWeight{Attribute: w.Attribute, WeightPpm: int32(w.WeightPPM)})
	}
	for _, s := range p.Scales {
		out.EnvelopeScales = append(out.EnvelopeScales, &budgetingv1.EnvelopeScale{Fund: domain.FundName(organization, s.Fund), SharePpm: int32(s.SharePPM)})
	}
	if e := p.EquityFloor; e != nil {
		out.EquityFloor = &budgetingv1.EquityFloor{MinPoints: int32(e.MinPoints), MaxCutPpm: int32(e.MaxCutPPM)}
	}
	for _, e := range p.Later {
		out.LaterEnvelopes = append(out.LaterEnvelopes, &budgetingv1.LaterEnvelope{
			Fund: domain.FundName(organization, e.Fund), YearOffset: int32(e.Year), Available: wire.Money(currency, e.Available),
		})
	}
	return out
}

func lineProto(l domain.AllocationLine) *budgetingv1.AllocationLine {
	out := &budgetingv1.AllocationLine{
		Program: domain.ProgramName(l.Organization, l.Program), DisplayName: l.DisplayName, Department: l.Department,
		Base: wire.Money(l.Currency, l.Base), Fixed: wire.Money(l.Currency, l.Fixed), Floor: wire.Money(l.Currency, l.Floor),
		Allocated: wire.Money(l.Currency, l.Allocated), Change: wire.Money(l.Currency, l.Change()), ScoreBp: int32(l.ScoreBP),
		Flagged: l.Flagged, ReasonCode: l.ReasonCode, Reason: l.Reason(), Adjustment: wire.Money(l.Currency, l.Adjusted),
		Adjusted: wire.Money(l.Currency, l.Allocated+l.Adjusted), PriorityValue: wire.Money(l.Currency, l.Value),
		RevenueLost: wire.Money(l.Currency, l.RevenueLost), PositionsShort: l.Positions, GrantsLost: l.GrantsLost,
	}
	for _, f := range l.Funding {
		out.Funding = append(out.Funding, &budgetingv1.FundAmount{Fund: domain.FundName(l.Organization, f.Fund), Amount: wire.Money(l.Currency, f.Amount)})
	}
	return out
}

func adoptedMoneyProto(m domain.AdoptedMoney) *budgetingv1.AdoptedMoney {
	out := &budgetingv1.AdoptedMoney{
		Allocation: m.Allocation, Budget: domain.BudgetName(m.Organization, m.Budget), FiscalYear: int32(m.FiscalYear), AdoptTime: wire.Time(m.Time),
		Programs: make([]*budgetingv1.ProgramMoney, len(m.Programs)),
	}
	if m.Election != "" {
		out.Election = domain.ElectionName(m.Organization, m.Budget, m.Election)
	}
	for i, p := range m.Programs {
		out.Programs[i] = &budgetingv1.ProgramMoney{Program: domain.ProgramName(m.Organization, p.Program), Amount: wire.Money(m.Currency, p.Amount)}
	}
	return out
}

func explanationProto(e domain.Explanation) *budgetingv1.ExplainAllocationResponse {
	out := &budgetingv1.ExplainAllocationResponse{
		Line: lineProto(e.Line), Steps: e.Steps, NextInLine: nameOf(e.Line.Organization, e.Next, domain.ProgramName),
	}
	out.ResultsPolicy = wire.Enum[budgetingv1.ResultsPolicy](e.Policy)
	for _, f := range e.Results {
		out.Results = append(out.Results, &budgetingv1.ResultsFactor{
			Measure: domain.MeasureName(e.Line.Organization, f.Measure), Variation: string(f.Variation), Assurance: string(f.Assurance),
			Weight: int32(f.Weight), CertainPpm: int32(f.CertainPPM), PointsBp: int32(f.PointsBP), ScoreMilliBp: f.MilliBP, Reason: f.Reason,
		})
	}
	if e.Without != nil {
		out.WithoutResults = wire.Money(e.Line.Currency, *e.Without)
	}
	for _, p := range e.Score {
		out.Score = append(out.Score, &budgetingv1.ScorePart{
			Source: p.Source, DisplayName: p.Title, WeightPpm: int32(p.WeightPPM), Value: narrow[int32](p.Value), ScoreBp: int32(p.ScoreBP), Reason: p.Reason,
		})
	}
	return out
}
