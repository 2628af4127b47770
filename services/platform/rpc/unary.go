package rpc

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"github.com/throughline/throughline/services/platform/authn"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/limit"
)

// call is what the log line of a call says about it.
type call struct {
	method string
	start  time.Time
	id     authn.Identity
}

// unary is the whole guard of a unary call.
func (g *Guard) unary(ctx context.Context, request any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (response any, err error) {
	c := call{method: info.FullMethod, start: g.options.Now()}
	ctx, cancel := g.bounded(ctx, g.options.DefaultDeadline)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			response, err = nil, &panicked{value: p, stack: debug.Stack()}
		}
		err = g.finish(ctx, c, err, true)
	}()
	m, message, err := g.method(info.FullMethod, request)
	if err != nil {
		return nil, err
	}
	if c.id, err = g.admit(ctx, m); err != nil {
		return nil, err
	}
	if c.id, err = m.names.Check(m.access.Permission, c.id, message.ProtoReflect()); err != nil {
		return nil, err
	}
	if err := g.charge(ctx, m, c.id); err != nil {
		return nil, err
	}
	if err := m.fill(ctx, message.ProtoReflect()); err != nil {
		return nil, err
	}
	ctx = authn.NewContext(ctx, c.id)
	if err := m.validate(message); err != nil {
		return nil, g.refuse(ctx, m, err, message, handler)
	}
	if m.cached {
		return g.keep(ctx, m, c.id.Organization, info.FullMethod, message, handler)
	}
	ctx, stored, err := g.once(ctx, m, c.id, info.FullMethod, message)
	if err != nil {
		return nil, err
	}
	if stored != nil {
		return stored, nil
	}
	response, err = handler(ctx, message)
	if err != nil {
		if stored, ok, err := m.replayed(err); ok {
			return stored, err
		}
		return nil, err
	}
	return response, nil
}

// method is what was prepared for a method; one that was not is denied.
func (g *Guard) method(fullMethod string, request any) (*method, proto.Message, error) {
	m, ok := g.methods[fullMethod]
	if !ok {
		return nil, nil, unknown(fullMethod)
	}
	message, ok := request.(proto.Message)
	if !ok {
		return nil, nil, fmt.Errorf("request of %s is a %T, not a message", fullMethod, request)
	}
	return m, message, nil
}

func unknown(fullMethod string) error {
	return fault.New(fault.PermissionDenied, ReasonUnknownMethod, "%s is not a method of this service", fullMethod)
}

// admit says who is calling, if its roles permit the method.
func (g *Guard) admit(ctx context.Context, m *method) (authn.Identity, error) {
	id, err := g.identify(ctx, m)
	if err != nil {
		return id, err
	}
	if !m.access.Anonymous {
		err = m.grant.Check(id)
	}
	return id, err
}

// charge takes the call's cost out of the allowance of whoever is answerable for it. Without a token that is everybody who reads
// that organization. One service calling another is not counted: it acts on a call, which was, or on an event.
func (g *Guard) charge(ctx context.Context, m *method, id authn.Identity) error {
	if g.options.Limiter == nil || id.HasRole(authn.RoleService) {
		return nil
	}
	wait, err := g.options.Limiter.Take(ctx, id.Organization+"/"+id.Principal(), m.cost, m.strict)
	if err == nil && wait > 0 {
		return limit.Refusal(wait)
	}
	return err
}

// panicked is the error of a handler that panicked.
type panicked struct {
	value any
	stack []byte
}

func (p *panicked) Error() string { return fmt.Sprintf("panic: %v\n%s", p.value, p.stack) }

// finish turns the error of a call into a status, and writes one line if the call failed or (when that is told) was slow.
func (g *Guard) finish(ctx context.Context, c call, err error, slow bool) error {
	took := g.options.Now().Sub(c.start)
	if err == nil {
		if slow && took >= g.options.SlowCall {
			g.log(ctx, slog.LevelWarn, "slow call", c, took)
		}
		return nil
	}
	f, shown := classify(ctx, err)
	if !shown {
		reference := g.options.NewID()
		g.log(ctx, slog.LevelError, "call failed", c, took, slog.String("code", fault.Internal.String()),
			slog.String("reference", reference), slog.Any("error", whole(err)))
		return ToStatus(fault.New(fault.Internal, ReasonInternal, "internal error, reference %s", reference).
			With("reference", reference)).Err()
	}
	level := slog.LevelInfo
	if f.Kind == fault.Unavailable || f.Kind == fault.Deadline {
		level = slog.LevelWarn
	}
	attrs := []slog.Attr{slog.String("code", f.Kind.String()), slog.String("reason", f.Reason), slog.String("error", f.Error())}
	if f.Cause != nil {
		attrs = append(attrs, slog.Any("cause", f.Cause))
	}
	g.log(ctx, level, "call failed", c, took, attrs...)
	return ToStatus(f).Err()
}

// whole is the error with the cause that a fault hides.
func whole(err error) error {
	if f, ok := fault.As(err); ok && f.Cause != nil {
		return fmt.Errorf("%w (cause: %w)", err, f.Cause)
	}
	return err
}

func (g *Guard) log(ctx context.Context, level slog.Level, text string, c call, took time.Duration, attrs ...slog.Attr) {
	attrs = append(attrs, slog.String("method", c.method), slog.Duration("took", took),
		slog.String("organization", c.id.Organization), slog.String("subject", c.id.Subject))
	if c.id.Actor != "" {
		attrs = append(attrs, slog.String("actor", c.id.Actor))
	}
	g.options.Logger.LogAttrs(ctx, level, text, attrs...)
}
