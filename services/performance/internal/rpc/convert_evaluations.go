package rpc

import (
	"google.golang.org/genproto/googleapis/type/money"

	performancev1 "github.com/throughline/throughline/proto/gen/throughline/performance/v1"
	"github.com/throughline/throughline/services/performance/internal/domain"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/wire"
)

func evaluationProto(e domain.Evaluation) *performancev1.Evaluation {
	out := &performancev1.Evaluation{
		Name: e.Name(), DisplayName: e.DisplayName, Subject: e.Subject,
		FirstFiscalYear: int32(e.FirstFiscalYear), LastFiscalYear: int32(e.LastFiscalYear),
		PeriodStart: wire.Date(e.PeriodStart), PeriodEnd: wire.Date(e.PeriodEnd), Finding: e.Finding,
		Recommendation: wire.Enum[performancev1.Recommendation](e.Recommendation), Evaluator: e.Evaluator,
		Money: moneyProto(e.Money), AsOf: wire.Time(e.AsOf),
		Etag: resource.Etag(e), CreateTime: wire.Time(e.CreateTime), UpdateTime: wire.Time(e.UpdateTime),
	}
	for _, o := range e.Outcomes {
		out.Outcomes = append(out.Outcomes, &performancev1.Outcome{Measure: o.Measure, Basis: wire.Enum[performancev1.OutcomeBasis](o.Basis)})
	}
	for _, in := range e.MoneyIn {
		out.MoneyIn = append(out.MoneyIn, &performancev1.MoneyIn{
			Allocation: in.Allocation, FiscalYear: int32(in.FiscalYear), Program: in.Program, Amount: moneyProto(&in.Money), AdoptTime: wire.Time(in.Time),
		})
	}
	for _, r := range e.ResultsOut {
		out.ResultsOut = append(out.ResultsOut, &performancev1.ResultOut{
			Evidence: evidenceProto(e.Organization, r.Evidence), Basis: wire.Enum[performancev1.OutcomeBasis](r.Basis), Values: int32(r.Values),
			From: r.From, To: r.To, Units: r.Units, CostPerUnit: moneyProto(r.CostPerUnit), Note: r.Note,
		})
	}
	return out
}

// evaluationDomain reads the fields that callers may set.
func evaluationDomain(organization, id string, e *performancev1.Evaluation) domain.Evaluation {
	out := domain.Evaluation{
		Organization: organization, ID: id, DisplayName: e.GetDisplayName(), Subject: e.GetSubject(),
		FirstFiscalYear: int(e.GetFirstFiscalYear()), LastFiscalYear: int(e.GetLastFiscalYear()),
		PeriodStart: wire.FromDate[domain.Date](e.GetPeriodStart()), PeriodEnd: wire.FromDate[domain.Date](e.GetPeriodEnd()),
		Finding: e.GetFinding(), Recommendation: wire.FromEnum[domain.Recommendation](e.GetRecommendation()), Evaluator: e.GetEvaluator(),
	}
	for _, o := range e.GetOutcomes() {
		out.Outcomes = append(out.Outcomes, domain.Outcome{Measure: o.GetMeasure(), Basis: wire.FromEnum[domain.OutcomeBasis](o.GetBasis())})
	}
	return out
}

func moneyProto(m *domain.Money) *money.Money {
	if m == nil {
		return nil
	}
	return wire.Money(m.Currency, m.Minor)
}

func moneyShareProto(s *domain.MoneyShare) *performancev1.MoneyShare {
	if s == nil {
		return nil
	}
	return &performancev1.MoneyShare{
		FiscalYear: int32(s.FiscalYear), Total: moneyProto(&s.Total), WithSignal: moneyProto(&s.WithSignal), SharePpm: int32(s.PPM),
	}
}
