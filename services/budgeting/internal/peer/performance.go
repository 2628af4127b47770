package peer

import (
	"context"

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
		Signals: make(map[string]domain.Signal, len(r.GetSignals())),
	}
	for _, s := range r.GetSignals() {
		status := wire.FromEnum[model.Signal](s.GetStatus())
		if status == "" {
			status = model.Unknown
		}
		out.Signals[s.GetSubject()] = domain.Signal{Status: status, MetPPM: int64(s.GetMetPpm()), KnownPPM: int64(s.GetKnownPpm())}
	}
	return out, nil
}
