// Package limit counts what each caller asks for against an allowance.
package limit

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/throughline/throughline/services/platform/fault"
)

// Reasons of the faults of this package.
const (
	ReasonLimited   = "RATE_LIMITED"
	ReasonUncounted = "RATE_LIMIT_UNAVAILABLE"
)

// Config is the allowance of each caller: a bucket of Burst that fills by Rate a second, in the costs that methods declare (a plain
// read costs 1).
type Config struct {
	Rate  int `default:"5000" help:"Allowance of each caller per second; a plain read takes 1, heavy calls more. 0 sets no limit."`
	Burst int `default:"100000" help:"What a caller that was idle may take at once of its allowance."`
}

// Validate names every bad setting.
func (c *Config) Validate() error {
	var problems []error
	if c.Rate < 0 || c.Rate > math.MaxInt32 {
		problems = append(problems, fmt.Errorf("limit.rate must be from 0 (no limit) to %d, not %d", math.MaxInt32, c.Rate))
	}
	if c.Rate > 0 && (c.Burst < c.Rate || c.Burst > math.MaxInt32) {
		problems = append(problems, fmt.Errorf("limit.burst must be from limit.rate (%d) to %d, not %d", c.Rate, math.MaxInt32, c.Burst))
	}
	return errors.Join(problems...)
}

// Limiter takes the cost of a call out of a caller's bucket. It answers 0 when the call may go on, or how long the caller must wait for
// that much; a cost above the burst is taken as the whole burst.
//
// While buckets cannot be counted together, a strict call is refused with an Unavailable fault; for any other each process counts by itself.
type Limiter interface {
	Take(ctx context.Context, caller string, cost int, strict bool) (wait time.Duration, err error)
}

// Refusal is the fault of a caller that must wait; it tells the wait in whole milliseconds.
func Refusal(wait time.Duration) *fault.Error {
	wait = max(time.Millisecond, (wait + time.Millisecond - 1).Truncate(time.Millisecond))
	f := fault.New(fault.Exhausted, ReasonLimited,
		"the caller has used up its allowance of calls; wait %s and call again, or ask for more at a time with lists and batches", wait)
	f.Retry = wait
	return f
}

func uncounted(err error) *fault.Error {
	f := fault.New(fault.Unavailable, ReasonUncounted,
		"calls of this kind are counted, and the counter cannot be reached; try again in a few seconds").Because(err)
	f.Retry = time.Second
	return f
}
