package telemetry

import (
	"context"
	"strings"

	"google.golang.org/grpc/stats"
)

// Servers instruments the called side of several services behind one listener or channel: each call belongs to the telemetry of its service, by
// the name in its package (throughline.NAME.v1). Other calls are not instrumented. nil when nothing is exported.
func Servers(services map[string]*Telemetry) stats.Handler {
	s := several{}
	for name, t := range services {
		if handler := t.ServerStats(); handler != nil {
			s[name] = handler
		}
	}
	if len(s) == 0 {
		return nil
	}
	return s
}

// several finds the handler of a call by its service, and then in the call's context.
type several map[string]stats.Handler

type handlerKey struct{}

// TagRPC begins a call.
func (s several) TagRPC(ctx context.Context, info *stats.RPCTagInfo) context.Context {
	words := strings.SplitN(info.FullMethodName, ".", 3)
	if len(words) < 3 {
		return ctx
	}
	handler := s[words[1]]
	if handler == nil {
		return ctx
	}
	return handler.TagRPC(context.WithValue(ctx, handlerKey{}, handler), info)
}

// HandleRPC goes on with a call.
func (several) HandleRPC(ctx context.Context, event stats.RPCStats) {
	if handler, ok := ctx.Value(handlerKey{}).(stats.Handler); ok {
		handler.HandleRPC(ctx, event)
	}
}

// TagConn has nothing to do: connections are not measured.
func (several) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }

// HandleConn has nothing to do either.
func (several) HandleConn(context.Context, stats.ConnStats) {}
