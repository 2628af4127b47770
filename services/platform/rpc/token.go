package rpc

import (
	"context"

	"google.golang.org/grpc/metadata"
)

// WithToken returns a context in which outgoing calls carry the bearer token.
func WithToken(ctx context.Context, token string) context.Context {
	return metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+token)
}
