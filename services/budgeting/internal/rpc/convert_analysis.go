package rpc

import (
	"google.golang.org/genproto/googleapis/type/money"

	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
	"github.com/throughline/throughline/services/budgeting/internal/app"
	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/budgeting/internal/domain/compare"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/platform/wire"
)

// What an analysis lists at most.
const (
	mostRows  = 1000
	mostNotes = 100
)

// comparisonProto has the allocation as A.
func comparisonProto(c app.Comparison) *budgetingv1.CompareAllocationResponse {
	a := &c.Allocation
	out := &budgetingv1.CompareAllocationResponse{
		Total: wire.Money(a.Currency, c.A.Allocated), OtherTotal: wire.Money(a.Currency, c.B.Allocated),
		PriorityValue: wire.Money(a.Currency, c.Value.A), OtherPriorityValue: wire.Money(a.Currency, c.Value.B),
		Gainers: int32(c.Losers), Losers: int32(c.Gainers), // its differences are what B does otherwise
		Summary: c.Summary,
	}
	for i := range c.Programs {
		p := &c.Programs[i]
		if p.Amount.Difference == 0 || len(out.GetRows()) == mostRows {
			break
		}
		out.Rows = append(out.Rows, &budgetingv1.ComparisonRow{
			Program: domain.ProgramName(a.Organization, p.Program), DisplayName: c.Titles.Program(p.Program), ScoreBp: int32(p.ScoreA),
			Allocated: wire.Money(a.Currency, p.Amount.A), Other: wire.Money(a.Currency, p.Amount.B), Difference: wire.Money(a.Currency, -p.Amount.Difference),
			ReasonCode: reasonCode(p.ReasonsA), OtherReasonCode: reasonCode(p.ReasonsB),
		})
	}
	for _, g := range c.Goals {
		out.Goals = append(out.Goals, &budgetingv1.GoalComparison{
			Goal: g.Goal, DisplayName: g.Title, Allocated: wire.Money(a.Currency, g.Value.A), Other: wire.Money(a.Currency, g.Value.B),
		})
	}
	return out
}

// reasonCode is the first of a program's reasons; one without a line in the formula has none.
func reasonCode(reasons []model.Reason) string {
	if len(reasons) == 0 {
		return ""
	}
	return domain.ReasonCode(reasons[0])
}

func sweepProto(s app.Sweep) *budgetingv1.AnalyzeSensitivityResponse {
	a := &s.Allocation
	out := &budgetingv1.AnalyzeSensitivityResponse{
		WeightPpm: int32(s.WeightPPM), FromPpm: int32(s.FromPPM), ToPpm: int32(s.ToPPM), Method: s.Method,
	}
	for i, b := range s.Breakpoints {
		out.Breakpoints = append(out.Breakpoints, &budgetingv1.SensitivityBreakpoint{WeightPpm: int32(b.PPM), Changes: s.Changes[i]})
	}
	for _, p := range s.Prices[:min(len(s.Prices), mostRows)] {
		out.Prices = append(out.Prices, &budgetingv1.PriorityPrice{
			Program: domain.ProgramName(a.Organization, p.Program), DisplayName: s.Titles.Program(p.Program),
			Up: wire.Money(a.Currency, p.Up), Down: wire.Money(a.Currency, p.Down),
		})
	}
	return out
}

func fragilityProto(f app.Fragility) *budgetingv1.AnalyzeFragilityResponse {
	out := &budgetingv1.AnalyzeFragilityResponse{Method: f.Method}
	for i := range f.Goals {
		g := &f.Goals[i]
		out.Goals = append(out.Goals, &budgetingv1.GoalFragility{
			Goal: g.Goal, DisplayName: g.Title, WeightPpm: int32(g.WeightPPM), UpPpm: found(g.Up.ChangePPM), DownPpm: found(g.Down.ChangePPM), Flips: f.Flips[i],
		})
	}
	return out
}

// found is a change of weight; 0 is none.
func found(ppm int64) *int32 {
	if ppm == 0 {
		return nil
	}
	return narrow[int32](&ppm)
}

func quartilesProto(q app.Quartiles) *budgetingv1.ReportQuartilesResponse {
	out := &budgetingv1.ReportQuartilesResponse{}
	for i, of := range q.Quartiles {
		out.Quartiles = append(out.Quartiles, &budgetingv1.Quartile{
			Quartile: int32(i + 1), Programs: int32(of.Programs), ScoreFromBp: int32(of.HighBP), ScoreToBp: int32(of.LowBP), //nolint:gosec // of four
			Base: wire.Money(q.Currency, of.Base), Allocated: wire.Money(q.Currency, of.Allocated), Change: wire.Money(q.Currency, of.Allocated-of.Base),
			SharePpm: int32(of.SharePPM), Bound: wire.Money(q.Currency, of.Bound),
		})
	}
	return out
}

func reprioritizationProto(r app.Reprioritization) *budgetingv1.ReprioritizeAllocationResponse {
	a := &r.Allocation
	amount := func(minor int64) *money.Money { return wire.Money(a.Currency, minor) }
	out := &budgetingv1.ReprioritizeAllocationResponse{
		PriorityRevision: r.PriorityRevision, ResultsRevision: r.ResultsRevision, Total: amount(r.Moved), Blocked: amount(r.Blocked),
		PriorityValueGain: amount(r.Gained), Notes: r.Notes[:min(len(r.Notes), mostNotes)],
	}
	for _, g := range r.Groups {
		group := &budgetingv1.TransferGroup{Fund: domain.FundName(a.Organization, g.Fund), Body: g.Body, Total: amount(g.Total)}
		for _, t := range g.Transfers {
			group.Transfers = append(group.Transfers, transferProto(a, r.Titles, t))
		}
		out.Groups = append(out.Groups, group)
	}
	return out
}

func transferProto(a *domain.Allocation, titles domain.Titles, t compare.Transfer) *budgetingv1.Transfer {
	return &budgetingv1.Transfer{
		FromProgram: domain.ProgramName(a.Organization, t.From), FromDisplayName: titles.Program(t.From),
		ToProgram: domain.ProgramName(a.Organization, t.To), ToDisplayName: titles.Program(t.To), Amount: wire.Money(a.Currency, t.Amount),
	}
}

func scenariosProto(s app.Scenarios) *budgetingv1.CompareScenariosResponse {
	amount := func(minor int64) *money.Money { return wire.Money(s.Currency, minor) }
	out := &budgetingv1.CompareScenariosResponse{Differing: int32(len(s.Rows))}
	for i := range s.Results {
		r := &s.Results[i]
		result := &budgetingv1.ScenarioResult{
			DisplayName: r.Title, Outcome: wire.Enum[budgetingv1.AllocationOutcome](r.Outcome), TotalAllocated: amount(r.Allocated),
			PriorityValue: amount(r.PriorityValue), Surplus: amount(r.Surplus), Short: amount(r.Short), Reduced: int32(r.Reduced), Raised: int32(r.Raised),
			ContentHash: r.ContentHash,
		}
		if r.Scenario != "" {
			result.Scenario = domain.ScenarioName(s.Organization, s.Budget, r.Scenario)
		}
		out.Results = append(out.Results, result)
	}
	for i := range s.Rows[:min(len(s.Rows), mostRows)] {
		r := &s.Rows[i]
		row := &budgetingv1.ScenarioRow{Program: domain.ProgramName(s.Organization, r.Program), DisplayName: r.Title, Base: amount(r.Base)}
		for _, a := range r.Allocated {
			row.Allocated = append(row.Allocated, amount(a))
		}
		out.Rows = append(out.Rows, row)
	}
	return out
}
