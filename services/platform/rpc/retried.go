package rpc

import (
	"context"
	"errors"

	"google.golang.org/grpc"
	"google.golang.org/grpc/status"
)

// original is the status that a peer answered. Once it has given up trying again, grpc-go wraps it in words of its own ("max retries
// exhausted: ..."), which status.FromError takes for the peer's. What holds no status is returned as it is.
func original(err error) error {
	var answered interface{ GRPCStatus() *status.Status }
	if !errors.As(err, &answered) || answered.GRPCStatus() == nil {
		return err
	}
	return answered.GRPCStatus().Err()
}

// unwrapped has a connection answer the errors of peers in their own words.
func unwrapped() []grpc.DialOption {
	return []grpc.DialOption{
		grpc.WithUnaryInterceptor(func(
			ctx context.Context, method string, request, reply any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker, options ...grpc.CallOption,
		) error {
			return original(invoke(ctx, method, request, reply, conn, options...))
		}),
		grpc.WithStreamInterceptor(func(
			ctx context.Context, desc *grpc.StreamDesc, conn *grpc.ClientConn, method string, open grpc.Streamer, options ...grpc.CallOption,
		) (grpc.ClientStream, error) {
			s, err := open(ctx, desc, conn, method, options...)
			if err != nil {
				return nil, original(err)
			}
			return plainStream{s}, nil
		}),
	}
}

type plainStream struct{ grpc.ClientStream }

// RecvMsg is where the outcome of a stream is told.
func (s plainStream) RecvMsg(message any) error { return original(s.ClientStream.RecvMsg(message)) }
