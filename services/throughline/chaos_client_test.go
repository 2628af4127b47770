package throughline_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/throughline/throughline/services/platform/rpc"
)

const (
	attemptTime = 10 * time.Second
	ackTime     = 90 * time.Second // in which a request must be acknowledged, however often it is tried
)

// request is one that changes something, as a gRPC call and as a REST call: each attempt takes either, at either gateway.
type request struct {
	id     string // its request id, "" for what is recognized by what it says
	method string // full gRPC name
	call   proto.Message
	verb   string // of REST; "" has it always be a gRPC call
	path   string
	body   proto.Message
}

// workload is what the clients share.
type workload struct {
	urls []string // of the gateways
	conn *grpc.ClientConn
	http *http.Client

	mu       sync.Mutex
	begun    int // attempts
	waiters  map[chan struct{}]int
	acked    int
	retried  map[string]int // by why
	resent   int            // requests that needed more than one attempt
	failures []error
}

// attempted returns true once n attempts more have begun, false after the time or the end of ctx.
func (w *workload) attempted(ctx context.Context, n int, most time.Duration) bool {
	reached := make(chan struct{})
	w.mu.Lock()
	w.waiters[reached] = w.begun + n
	w.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	select {
	case <-reached:
		return true
	case <-ctx.Done():
		w.mu.Lock()
		delete(w.waiters, reached)
		w.mu.Unlock()
		return false
	}
}

func (w *workload) begin() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.begun++
	maps.DeleteFunc(w.waiters, func(reached chan struct{}, at int) bool {
		if w.begun >= at {
			close(reached)
		}
		return w.begun >= at
	})
}

// passing is a failure that says nothing of whether the request took effect.
type passing struct{ why string }

func (p passing) Error() string { return p.why }

// send tries a request, always with its request id, until it is acknowledged; reply is the answer.
func (w *workload) send(ctx context.Context, random *rand.Rand, token string, r request, reply proto.Message) error {
	return w.sendBy(ctx, random, func(ctx context.Context, reply proto.Message) error { return w.attempt(ctx, random, token, r, reply) }, reply, r.method+" "+r.id)
}

// sendBy is send for what one attempt does.
func (w *workload) sendBy(ctx context.Context, random *rand.Rand, attempt func(context.Context, proto.Message) error, reply proto.Message, what string) error {
	ctx, cancel := context.WithTimeout(ctx, ackTime)
	defer cancel()
	for attempts := 1; ; attempts++ {
		w.begin()
		err := tryOnce(ctx, attempt, reply)
		w.mu.Lock()
		p, again := errors.AsType[passing](err)
		switch {
		case again:
			w.retried[p.why]++
		case err == nil:
			w.acked++
			if attempts > 1 {
				w.resent++
			}
		}
		w.mu.Unlock()
		if !again {
			if err != nil {
				err = fmt.Errorf("%s, attempt %d: %w", what, attempts, err)
			}
			return err
		}
		select {
		case <-time.After(time.Duration(5+random.IntN(100)) * time.Millisecond): // as a client would
		case <-ctx.Done():
			return fmt.Errorf("%s was not acknowledged in %d attempts, the last: %w", what, attempts, err)
		}
	}
}

// tryOnce bounds one attempt.
func tryOnce(ctx context.Context, attempt func(context.Context, proto.Message) error, reply proto.Message) error {
	ctx, cancel := context.WithTimeout(ctx, attemptTime)
	defer cancel()
	return attempt(ctx, reply)
}

func (w *workload) attempt(ctx context.Context, random *rand.Rand, token string, r request, reply proto.Message) error {
	if r.verb == "" || random.IntN(2) == 0 {
		return grpcFailure(w.conn.Invoke(rpc.WithToken(ctx, token), r.method, r.call, reply))
	}
	return w.rest(ctx, w.urls[random.IntN(len(w.urls))], token, r, reply)
}

func grpcFailure(err error) error {
	switch code := status.Code(err); code {
	case codes.OK:
		return nil
	case codes.Unavailable, codes.DeadlineExceeded:
		return passing{"gRPC " + code.String()}
	default:
		return err
	}
}

func (w *workload) rest(ctx context.Context, url, token string, r request, reply proto.Message) error {
	body, err := protojson.Marshal(r.body)
	if err != nil {
		return err
	}
	q, err := http.NewRequestWithContext(ctx, r.verb, url+r.path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	q.Header.Set("Authorization", "Bearer "+token)
	q.Header.Set("Content-Type", "application/json")
	if r.id != "" {
		q.Header.Set("Idempotency-Key", r.id)
	}
	a, err := w.http.Do(q)
	if err != nil {
		return passing{"REST connection"}
	}
	defer a.Body.Close()
	text, err := io.ReadAll(a.Body)
	switch {
	case err != nil:
		return passing{"REST answer cut off"}
	case a.StatusCode == http.StatusOK:
		return protojson.Unmarshal(text, reply)
	case slices.Contains([]int{http.StatusServiceUnavailable, http.StatusGatewayTimeout}, a.StatusCode):
		return passing{fmt.Sprint("REST ", a.StatusCode)}
	}
	return fmt.Errorf("%d %s", a.StatusCode, text)
}

// fail notes what must not happen.
func (w *workload) fail(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failures = append(w.failures, fmt.Errorf(format, args...)) //nolint:err113 // of a test
}
