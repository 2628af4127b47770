package rpc

import (
	"context"
	"fmt"
	"runtime"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"
)

// direct calls one unary method of the same process. It does what inprocgrpc does for a call without telemetry, in a
// fraction of the time: no frames, and no goroutine to watch each context.
type direct struct {
	name    string
	handler grpc.MethodHandler
	service any
}

// invoke returns when the handler has answered or ctx ends, whichever is first.
func (d *direct) invoke(ctx context.Context, copies copier, request, reply any, take received) error {
	s := &served{direct: d, transport: transportStream{method: d.name}, copies: copies, request: request, done: make(chan struct{})}
	values := grpc.NewContextWithServerTransportStream(inProcessValues, &s.transport)
	if md, ok := metadata.FromOutgoingContext(ctx); ok {
		values = metadata.NewIncomingContext(values, md)
	}
	s.ctx = detached{ctx, values}
	go s.run()
	select {
	case <-s.done:
		take.metadata(&s.transport)
		if s.err != nil {
			return s.err
		}
		return copies.handOver(reply, s.response)
	case <-ctx.Done():
		s.leave()
		return status.FromContextError(ctx.Err()).Err()
	}
}

// served is a call on the called side.
type served struct {
	*direct
	ctx       detached
	transport transportStream
	copies    copier

	done     chan struct{} // closed when there is an answer
	response any
	err      error

	mu      sync.Mutex
	left    bool // the caller did, and the request is the caller's again
	request any
}

func (s *served) run() {
	roomy()
	s.response, s.err = s.handler(s.service, &s.ctx, s.decode, nil)
	close(s.done)
}

func (s *served) decode(out any) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.left {
		return status.FromContextError(s.ctx.Err()).Err()
	}
	return s.copies.Copy(out, s.request)
}

func (s *served) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.left = true
}

// roomy grows this goroutine's stack at once, while there is nothing on it to copy. A guard and a handler need more than
// a new goroutine has; growing under them step by step costs as much as the rest of a small call.
//
//go:noinline
func roomy() {
	var room [8 << 10]byte
	runtime.KeepAlive(&room)
}

// received is where a caller wants the response's metadata.
type received struct{ header, trailer *metadata.MD }

// plainly reads the options that a direct call knows; false if there is any other.
func plainly(opts []grpc.CallOption) (take received, ok bool) {
	for _, opt := range opts {
		switch opt := opt.(type) {
		case grpc.StaticMethodCallOption, grpc.EmptyCallOption, grpc.FailFastCallOption:
		case grpc.HeaderCallOption:
			take.header = opt.HeaderAddr
		case grpc.TrailerCallOption:
			take.trailer = opt.TrailerAddr
		default:
			return received{}, false
		}
	}
	return take, true
}

func (r received) metadata(from *transportStream) {
	from.mu.Lock()
	defer from.mu.Unlock()
	if r.header != nil {
		*r.header = from.header
	}
	if r.trailer != nil {
		*r.trailer = from.trailer
	}
}

// detached is the caller's context with the called side's values: the caller's deadline and cancellation cross, its
// values do not. AfterFunc spares the goroutine that package context starts for contexts it does not know.
type detached struct {
	context.Context                 //nolint:containedctx // it is one, with the rest from another
	values          context.Context //nolint:containedctx // it is part of a context
}

func (d detached) Value(key any) any { return d.values.Value(key) }

func (d detached) AfterFunc(f func()) (stop func() bool) { return context.AfterFunc(d.Context, f) }

type inProcessAddr struct{}

func (inProcessAddr) Network() string { return "inproc" }
func (inProcessAddr) String() string  { return "inproc" }

var inProcessValues = peer.NewContext(context.Background(), &peer.Peer{Addr: inProcessAddr{}})

// transportStream takes the metadata that a handler sets with grpc.SetHeader and its like.
type transportStream struct {
	method          string
	mu              sync.Mutex
	sent            bool
	header, trailer metadata.MD
}

var _ grpc.ServerTransportStream = (*transportStream)(nil)

func (t *transportStream) Method() string { return t.method }

func (t *transportStream) SetHeader(md metadata.MD) error { return t.add(md, false) }

func (t *transportStream) SendHeader(md metadata.MD) error { return t.add(md, true) }

func (t *transportStream) add(md metadata.MD, send bool) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.sent {
		return fmt.Errorf("headers of %s were sent already", t.method)
	}
	t.header, t.sent = metadata.Join(t.header, md), send
	return nil
}

func (t *transportStream) SetTrailer(md metadata.MD) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.trailer = metadata.Join(t.trailer, md)
	return nil
}
