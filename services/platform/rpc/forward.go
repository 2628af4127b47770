package rpc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/throughline/throughline/services/platform/wire"
)

// Forward is the handler of calls to services that run elsewhere: conns are theirs, by full name. Messages pass unread, together with the metadata
// that a guard reads and the caller's deadline; the service's answer passes back as it is. Serve it with ServerConfig.Forward.
func Forward(conns map[string]grpc.ClientConnInterface) grpc.StreamHandler {
	return func(_ any, in grpc.ServerStream) error {
		method, _ := grpc.MethodFromServerStream(in)
		service, _, _ := strings.Cut(strings.TrimPrefix(method, "/"), "/")
		conn := conns[service]
		if conn == nil {
			return status.Errorf(codes.Unimplemented, "unknown service %s", service)
		}
		ctx, cancel := context.WithCancel(forwarded(in.Context()))
		defer cancel() // ends the other pump, should one fail
		out, err := conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true, ClientStreams: true}, method, grpc.ForceCodecV2(passing{}))
		if err != nil {
			return err
		}
		go func() {
			if err := pump(out.SendMsg, in.RecvMsg); errors.Is(err, io.EOF) {
				_ = out.CloseSend() // its error comes with the answer
			} else {
				cancel()
			}
		}()
		if header, err := out.Header(); err == nil && len(header) > 0 {
			if err := in.SetHeader(header); err != nil {
				return fmt.Errorf("forward %s: %w", method, err)
			}
		}
		err = pump(in.SendMsg, out.RecvMsg)
		in.SetTrailer(out.Trailer())
		if errors.Is(err, io.EOF) {
			return nil
		}
		return err
	}
}

func forwarded(ctx context.Context) context.Context {
	md := metadata.MD{}
	for _, key := range wire.Forwarded {
		if values := metadata.ValueFromIncomingContext(ctx, key); len(values) > 0 {
			md.Set(key, values...)
		}
	}
	return metadata.NewOutgoingContext(ctx, md)
}

// pump passes messages on until there is an error, io.EOF after the last.
func pump(send, receive func(any) error) error {
	for {
		var f frame
		if err := receive(&f); err != nil {
			return err
		}
		if err := send(&f); err != nil {
			return err
		}
	}
}

// frame is a message nobody has read.
type frame struct{ data mem.BufferSlice }

// passing is the codec that leaves frames as they are, and everything else to proto's.
type passing struct{}

var protoCodec = encoding.GetCodecV2(proto.Name)

func (passing) Name() string { return proto.Name }

func (passing) Marshal(v any) (mem.BufferSlice, error) {
	if f, ok := v.(*frame); ok {
		return f.data, nil
	}
	return protoCodec.Marshal(v)
}

func (passing) Unmarshal(data mem.BufferSlice, v any) error {
	if f, ok := v.(*frame); ok {
		data.Ref()
		f.data = data
		return nil
	}
	return protoCodec.Unmarshal(data, v)
}
