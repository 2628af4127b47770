package rpc

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/fullstorydev/grpchan"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/throughline/throughline/services/platform/authn"
	"github.com/throughline/throughline/services/platform/authz"
	"github.com/throughline/throughline/services/platform/cache"
	"github.com/throughline/throughline/services/platform/limit"
)

// Defaults of Options.
const (
	DefaultDeadline = 10 * time.Second
	MaxDeadline     = 5 * time.Minute
	SlowCall        = time.Second
)

// Options of a guard. Verifier, Now, NewID and Logger are needed; the rest has defaults.
type Options struct {
	Verifier authn.Verifier   // who is calling
	Policy   *authz.Policy    // nil: the built-in table
	Lookup   Lookup           // nil: a repeat is found only inside the handler's own transaction
	Now      func() time.Time // clock of durations in the log
	NewID    func() string    // ids of references in answers to unknown errors
	Logger   *slog.Logger

	// DryRun marks a context so that nothing is stored under it; with it, a mutation that breaks rules beside its fields is
	// also told what its handler would have refused. nil: it is told the broken rules alone.
	DryRun func(context.Context) context.Context

	Limiter limit.Limiter // nil: callers may ask as much as they like
	// Cache keeps the answers of methods that declare it, under Revision: what tells every state of an organization's rows from
	// every other. nil for either: none are kept.
	Cache    cache.Store
	Revision func(ctx context.Context, organization string) (string, error)

	DefaultDeadline time.Duration // of a unary call that comes with none; 0 means 10 s
	MaxDeadline     time.Duration // no call lasts longer, and a stream that comes with none lasts this; 0 means 5 min
	SlowCall        time.Duration // a successful unary call of at least this is logged; 0 means 1 s
}

// Guard stands before every method of a service: it recovers panics, sets deadlines, verifies the caller, its
// permission and its organization, counts the call, validates the request, answers repeats and what it has kept, translates errors
// and logs. One fused interceptor does it all, the same over TCP and within the process.
type Guard struct {
	options  Options
	methods  map[string]*method
	services grpchan.HandlerMap
}

// NewGuard prepares the services that register registers. Their descriptors must be linked into the program.
//
// It refuses when a method declares no access or a cost out of range, when no role holds a method's permission, or when a
// validation rule does not compile: such a service must not start.
func NewGuard(options Options, register func(grpc.ServiceRegistrar)) (*Guard, error) {
	if options.Verifier == nil || options.Now == nil || options.NewID == nil || options.Logger == nil {
		return nil, fmt.Errorf("a guard needs Verifier, Now, NewID and Logger")
	}
	if options.Policy == nil {
		policy, err := authz.NewPolicy()
		if err != nil {
			return nil, err
		}
		options.Policy = policy
	}
	options.DefaultDeadline = orElse(options.DefaultDeadline, DefaultDeadline)
	options.MaxDeadline = orElse(options.MaxDeadline, MaxDeadline)
	options.SlowCall = orElse(options.SlowCall, SlowCall)
	g := &Guard{options: options, methods: map[string]*method{}, services: grpchan.HandlerMap{}}
	register(g.services)
	for name := range g.services {
		if err := g.prepare(name); err != nil {
			return nil, err
		}
	}
	return g, nil
}

func orElse(d, otherwise time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return otherwise
}

func (g *Guard) prepare(name string) error {
	found, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(name))
	if err != nil {
		return fmt.Errorf("find the descriptor of service %s: %w", name, err)
	}
	service, ok := found.(protoreflect.ServiceDescriptor)
	if !ok {
		return fmt.Errorf("%s is a %T, not a service", name, found)
	}
	accesses, err := authz.Collect(service)
	if err != nil {
		return err
	}
	for i := range service.Methods().Len() {
		descriptor := service.Methods().Get(i)
		full := fmt.Sprintf("/%s/%s", service.FullName(), descriptor.Name())
		m, err := newMethod(descriptor, accesses[full], g.options.Policy)
		if err != nil {
			return fmt.Errorf("method %s: %w", full, err)
		}
		g.methods[full] = m
	}
	return nil
}

// Register registers the guarded services on a Server or an InProcess channel.
func (g *Guard) Register(reg grpc.ServiceRegistrar) {
	g.services.ForEach(func(desc *grpc.ServiceDesc, handler any) {
		reg.RegisterService(grpchan.InterceptServer(desc, g.unary, g.stream), handler)
	})
}

// Serving is how a method is served, as it declares.
type Serving struct {
	Cost       int  // of a call, of the caller's allowance
	FailClosed bool // refused while allowances cannot be counted
	Cached     bool // answers are kept
}

// Serving is how each guarded method is served, keyed by full method; what methods declare is held against a table.
func (g *Guard) Serving() map[string]Serving {
	all := make(map[string]Serving, len(g.methods))
	for name, m := range g.methods {
		all[name] = Serving{Cost: m.cost, FailClosed: m.strict, Cached: m.cached}
	}
	return all
}

// Access is what each guarded method declares, keyed by full method; the tables of permissions are tested against it.
func (g *Guard) Access() map[string]authz.Access {
	all := make(map[string]authz.Access, len(g.methods))
	for name, m := range g.methods {
		all[name] = m.access
	}
	return all
}

// bounded gives ctx a deadline: the caller's, but never later than the longest allowed.
func (g *Guard) bounded(ctx context.Context, otherwise time.Duration) (context.Context, context.CancelFunc) {
	if deadline, ok := ctx.Deadline(); ok {
		if deadline.Sub(g.options.Now()) <= g.options.MaxDeadline {
			return ctx, func() {} // bounded already, by one who cancels it
		}
		otherwise = g.options.MaxDeadline
	}
	return context.WithTimeout(ctx, otherwise)
}
