package limit

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"golang.org/x/time/rate"
)

// maxCallers bounds the buckets that a process keeps. A caller that has been away longest is forgotten, and starts anew with a full one.
const maxCallers = 65_536

// InProcess keeps the buckets of one process.
type InProcess struct {
	config  Config
	now     func() time.Time
	mu      sync.Mutex
	callers *simplelru.LRU[string, *rate.Limiter]
}

var _ Limiter = (*InProcess)(nil)

// NewInProcess makes a limiter whose callers all start with full buckets.
func NewInProcess(config Config, now func() time.Time) (*InProcess, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	callers, err := simplelru.NewLRU[string, *rate.Limiter](maxCallers, nil)
	if err != nil {
		return nil, fmt.Errorf("make room for the buckets of callers: %w", err)
	}
	return &InProcess{config: config, now: now, callers: callers}, nil
}

// Take always counts.
func (l *InProcess) Take(_ context.Context, caller string, cost int, _ bool) (time.Duration, error) {
	if l.config.Rate == 0 {
		return 0, nil
	}
	now := l.now()
	taken := l.bucket(caller).ReserveN(now, min(cost, l.config.Burst))
	wait := taken.DelayFrom(now)
	if wait > 0 {
		taken.CancelAt(now)
	}
	return wait, nil
}

func (l *InProcess) bucket(caller string) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	bucket, ok := l.callers.Get(caller)
	if !ok {
		bucket = rate.NewLimiter(rate.Limit(l.config.Rate), l.config.Burst)
		l.callers.Add(caller, bucket)
	}
	return bucket
}
