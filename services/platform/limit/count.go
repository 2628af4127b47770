package limit

import (
	"context"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"google.golang.org/grpc"
)

// counted counts the calls that a limiter turns away.
type counted struct {
	Limiter
	refused metric.Int64Counter
}

// Count is l with the calls that it turns away counted by method, as gRPC has it in the contexts of servers.
func Count(l Limiter, meters metric.MeterProvider) (Limiter, error) {
	refused, err := meters.Meter("github.com/throughline/throughline/services/platform/limit").Int64Counter("throughline.limit.refused",
		metric.WithDescription("Calls turned away because their callers had used up their allowance, or because it could not be told."), metric.WithUnit("{call}"))
	if err != nil {
		return l, err
	}
	return counted{l, refused}, nil
}

// Take is Limiter's.
func (c counted) Take(ctx context.Context, caller string, cost int, strict bool) (time.Duration, error) {
	wait, err := c.Limiter.Take(ctx, caller, cost, strict)
	if (wait > 0 || err != nil) && ctx.Err() == nil {
		method, _ := grpc.Method(ctx)
		c.refused.Add(ctx, 1, metric.WithAttributes(attribute.String("method", strings.TrimPrefix(method, "/"))))
	}
	return wait, err
}
