package rpc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"

	"github.com/fullstorydev/grpchan/inprocgrpc"
	"google.golang.org/grpc"
	"google.golang.org/grpc/stats"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/runtime/protoimpl"

	"github.com/throughline/throughline/services/platform/fault"
)

// InProcess calls guarded services of the same process: the same handlers, guards, deadlines, cancellation, metadata,
// streams and size limits as over TCP, without the network. Messages are copied, so that neither side sees the other's; what the
// response of a unary call holds is handed over instead, for a handler makes it anew for every call and is done with it.
// Register everything before the first call.
type InProcess struct {
	channel *inprocgrpc.Channel
	copy    copier
	direct  map[string]*direct // unary methods by full name; unused with telemetry, whose events inprocgrpc knows
}

var (
	_ grpc.ClientConnInterface = (*InProcess)(nil)
	_ grpc.ServiceRegistrar    = (*InProcess)(nil)
)

// InProcessConfig of a channel; the zero value is good.
type InProcessConfig struct {
	MaxMessageBytes int           // largest message either way; 0 means 16 MiB
	ServerStats     stats.Handler // telemetry of the called side; may be nil
	ClientStats     stats.Handler // telemetry of the calling side; may be nil
}

// NewInProcess makes a channel.
func NewInProcess(config InProcessConfig) *InProcess {
	if config.MaxMessageBytes <= 0 {
		config.MaxMessageBytes = DefaultMaxMessage
	}
	p := &InProcess{copy: copier{limit: config.MaxMessageBytes}}
	channel := (&inprocgrpc.Channel{}).WithCloner(p.copy)
	if config.ServerStats != nil {
		channel = channel.WithServerStatsHandler(config.ServerStats)
	}
	if config.ClientStats != nil {
		channel = channel.WithClientStatsHandler(config.ClientStats)
	}
	if config.ServerStats == nil && config.ClientStats == nil {
		p.direct = map[string]*direct{}
	}
	p.channel = channel
	return p
}

// RegisterService is called by Guard.Register.
func (p *InProcess) RegisterService(desc *grpc.ServiceDesc, handler any) {
	p.channel.RegisterService(desc, handler)
	if p.direct == nil {
		return
	}
	for _, m := range desc.Methods {
		name := "/" + desc.ServiceName + "/" + m.MethodName
		p.direct[name] = &direct{name: name, handler: m.Handler, service: handler}
	}
}

// Invoke is a unary call.
func (p *InProcess) Invoke(ctx context.Context, method string, request, reply any, opts ...grpc.CallOption) error {
	if err := ctx.Err(); err != nil {
		return status.FromContextError(err).Err()
	}
	if method, ok := p.direct[method]; ok {
		if take, ok := plainly(opts); ok {
			return method.invoke(ctx, p.copy, request, reply, take)
		}
	}
	err := p.channel.Invoke(ctx, method, request, reply, opts...)
	if errors.Is(err, io.EOF) { // the channel closed without an answer, because the call was over before it had one
		return status.FromContextError(orCanceled(ctx.Err())).Err()
	}
	return err
}

func orCanceled(err error) error {
	if err == nil {
		return context.Canceled
	}
	return err
}

// NewStream is a streaming call.
func (p *InProcess) NewStream(ctx context.Context, desc *grpc.StreamDesc, method string, opts ...grpc.CallOption) (grpc.ClientStream, error) {
	if err := ctx.Err(); err != nil {
		return nil, status.FromContextError(err).Err()
	}
	return p.channel.NewStream(ctx, desc, method, opts...)
}

// copier copies messages between the two sides and refuses what a TCP connection would refuse to receive.
type copier struct{ limit int }

var _ inprocgrpc.Cloner = copier{}

// Copy is called by the receiving side.
func (c copier) Copy(out, in any) error {
	to, from, err := c.receive(out, in)
	if err == nil {
		proto.Merge(to, from)
	}
	return err
}

// handOver moves what in holds to out: in is not used again, so that nothing need be copied but the struct itself.
func (c copier) handOver(out, in any) error {
	to, from, err := c.receive(out, in)
	if err != nil {
		return err
	}
	if _, generated := from.ProtoReflect().Type().(*protoimpl.MessageInfo); !generated || reflect.TypeOf(to) != reflect.TypeOf(from) {
		proto.Merge(to, from)
		return nil
	}
	reflect.ValueOf(to).Elem().Set(reflect.ValueOf(from).Elem())
	return nil
}

// receive refuses what is too large, and empties what is to take the rest.
func (c copier) receive(out, in any) (to, from proto.Message, err error) {
	to, okTo := out.(proto.Message)
	from, okFrom := in.(proto.Message)
	if !okTo || !okFrom {
		return nil, nil, fmt.Errorf("copy a %T into a %T: both must be messages", in, out)
	}
	if size := proto.Size(from); size > c.limit {
		return nil, nil, ToStatus(fault.New(fault.Exhausted, ReasonTooLarge,
			"the message is %d bytes, more than the %d that the receiver takes; send less at a time", size, c.limit)).Err()
	}
	proto.Reset(to)
	return to, from, nil
}

// Clone is called by the sending side of a stream.
func (c copier) Clone(in any) (any, error) {
	from, ok := in.(proto.Message)
	if !ok {
		return nil, fmt.Errorf("copy a %T: it must be a message", in)
	}
	return proto.Clone(from), nil
}
