package peer

import (
	"context"

	"google.golang.org/grpc"

	performancev1 "github.com/throughline/throughline/proto/gen/throughline/performance/v1"
	"github.com/throughline/throughline/services/actionplanning/internal/app"
	"github.com/throughline/throughline/services/actionplanning/internal/domain"
	"github.com/throughline/throughline/services/platform/wire"
)

// Performance is app.Performance on a connection that carries this service's tokens.
type Performance struct {
	client performancev1.PerformanceServiceClient
}

var _ app.Performance = Performance{}

// NewPerformance reads through conn.
func NewPerformance(conn grpc.ClientConnInterface) Performance {
	return Performance{performancev1.NewPerformanceServiceClient(conn)}
}

// Measure implements app.Performance.
func (p Performance) Measure(ctx context.Context, name string) (domain.MeasureFacts, error) {
	m, err := p.client.GetMeasure(ctx, &performancev1.GetMeasureRequest{Name: name})
	found, err := exists("performance", err)
	if !found {
		return domain.MeasureFacts{}, err
	}
	facts := domain.MeasureFacts{Found: true, Direction: wire.FromEnum[domain.Direction](m.GetDirection()), Baseline: m.Baseline}
	for _, t := range m.GetTargets() {
		facts.Targets = append(facts.Targets, domain.MeasureTarget{
			Start: wire.FromDate[domain.Date](t.GetStartDate()), End: wire.FromDate[domain.Date](t.GetEndDate()), Value: t.GetValue(), Upper: t.GetUpperValue(),
		})
	}
	return facts, nil
}
