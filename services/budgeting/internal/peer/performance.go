package peer

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"google.golang.org/grpc"

	performancev1 "github.com/throughline/throughline/proto/gen/throughline/performance/v1"
	"github.com/throughline/throughline/services/budgeting/internal/app"
	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/platform/rpc"
	"github.com/throughline/throughline/services/platform/wire"
)

// Performance is app.Performance on a connection that carries this service's tokens.
type Performance struct {
	client performancev1.PerformanceServiceClient
}

var _ app.Performance = (*Performance)(nil)

// NewPerformance reads through conn.
func NewPerformance(conn grpc.ClientConnInterface) *Performance {
	return &Performance{client: performancev1.NewPerformanceServiceClient(conn)}
}

// Results implements app.Performance.
func (p *Performance) Results(ctx context.Context, name string) (domain.Results, error) {
	r, err := p.client.GetResultsRevision(ctx, &performancev1.GetResultsRevisionRequest{Name: name})
	if err != nil {
		return domain.Results{}, rpc.FromStatus(err)
	}
	out := domain.Results{
		Name: r.GetName(), Hash: r.GetContentHash(), Time: r.GetEffectiveTime().AsTime(),
		Signals: make(map[string][]model.ResultsFactor, len(r.GetSignals())),
	}
	for _, s := range r.GetSignals() {
		if collection(s.GetSubject()) != "programs" { // goals and objectives have signals too
			continue
		}
		factors := make([]model.ResultsFactor, 0, len(s.GetEvidence()))
		for _, e := range s.GetEvidence() {
			factors = append(factors, factor(e))
		}
		slices.SortFunc(factors, func(x, y model.ResultsFactor) int { return strings.Compare(x.Measure, y.Measure) })
		out.Signals[s.GetSubject()] = factors
	}
	return out, nil
}

// Measure implements app.Performance.
func (p *Performance) Measure(ctx context.Context, name string) (string, error) {
	m, err := p.client.GetMeasure(ctx, &performancev1.GetMeasureRequest{Name: name})
	return m.GetDisplayName(), rpc.FromStatus(err)
}

// factor is a verdict as the engine weighs it. What cannot be used is certain of nothing, and keeps its weight; revisions that were published before
// there were verdicts have none.
func factor(e *performancev1.Evidence) model.ResultsFactor {
	f := model.ResultsFactor{
		Measure: e.GetMeasure()[strings.LastIndex(e.GetMeasure(), "/")+1:], Weight: int64(max(1, e.GetWeight())),
		Variation: cmp.Or(wire.FromEnum[model.Variation](e.GetVariation()), model.InsufficientData),
		Assurance: cmp.Or(wire.FromEnum[model.Assurance](e.GetAssurance()), model.NoTarget),
		Reason:    cmp.Or(firstSentence(e.GetReason()), "No verdict was published."),
	}
	switch {
	case !e.GetUsable() || f.Variation == model.InsufficientData:
	case e.GetProvisional():
		f.CertainPPM = model.Whole / 2
	default:
		f.CertainPPM = model.Whole
	}
	return f
}

// firstSentence says why the variation is what it is, or why it cannot be used; the input is kept for good, and the revision has the rest.
func firstSentence(reason string) string {
	if first, _, found := strings.Cut(reason, ". "); found {
		return first + "."
	}
	return reason
}

// collection is that of a resource name of an organization: its third part.
func collection(name string) string {
	if parts := strings.SplitN(name, "/", 5); len(parts) == 4 {
		return parts[2]
	}
	return ""
}
