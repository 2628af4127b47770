package rpc

import (
	"context"
	"runtime/debug"

	"google.golang.org/grpc"

	"github.com/throughline/throughline/services/platform/authn"
)

// stream is the whole guard of a streaming call: the caller is admitted and charged once, each message is checked as it arrives.
// Streams carry no request id; their rows are idempotent by their own keys.
func (g *Guard) stream(server any, ss grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) (err error) {
	c := call{method: info.FullMethod, start: g.options.Now()}
	ctx, cancel := g.bounded(ss.Context(), g.options.MaxDeadline)
	defer cancel()
	guarded := &guardedStream{ServerStream: ss, ctx: ctx, guard: g, fullMethod: info.FullMethod}
	defer func() {
		if p := recover(); p != nil {
			err = &panicked{value: p, stack: debug.Stack()}
		}
		c.id = guarded.id
		err = g.finish(ctx, c, err, false)
	}()
	m, ok := g.methods[info.FullMethod]
	if !ok {
		return unknown(info.FullMethod)
	}
	if guarded.id, err = g.admit(ctx, m); err != nil {
		return err
	}
	if err := g.charge(ctx, m, guarded.id); err != nil {
		return err
	}
	guarded.ctx = authn.NewContext(ctx, guarded.id)
	return handler(server, guarded)
}

// guardedStream checks every message received.
type guardedStream struct {
	grpc.ServerStream
	ctx        context.Context //nolint:containedctx // a stream is a call: grpc.ServerStream is asked for its context
	guard      *Guard
	fullMethod string
	id         authn.Identity
}

// Context carries the caller's identity and the deadline.
func (s *guardedStream) Context() context.Context { return s.ctx }

// RecvMsg receives, then holds the message to the caller's organization and to the rules beside its fields.
func (s *guardedStream) RecvMsg(request any) error {
	if err := s.interruptible(func() error { return s.ServerStream.RecvMsg(request) }); err != nil {
		return err // io.EOF included
	}
	m, message, err := s.guard.method(s.fullMethod, request)
	if err != nil {
		return err
	}
	id, err := m.names.Check(m.access.Permission, s.id, message.ProtoReflect())
	if err != nil {
		return err
	}
	if id.Organization != s.id.Organization { // an anonymous caller is bound by its first message
		s.id, s.ctx = id, authn.NewContext(s.ctx, id)
	}
	return m.validate(message)
}

// SendMsg sends; a caller that does not read holds it up no longer than the deadline.
func (s *guardedStream) SendMsg(response any) error {
	return s.interruptible(func() error { return s.ServerStream.SendMsg(response) })
}

// interruptible ends a wait for the caller when the guard's own deadline passes: a stream's transport knows only the
// caller's. What is left behind ends when the handler returns, for that ends the stream.
func (s *guardedStream) interruptible(wait func() error) error {
	ended := make(chan error, 1)
	go func() { ended <- wait() }()
	select {
	case err := <-ended:
		return err
	case <-s.ctx.Done():
		return s.ctx.Err()
	}
}
