package rpc

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"github.com/throughline/throughline/services/platform/authn"
	"github.com/throughline/throughline/services/platform/cache"
)

// keep answers a method that declares (throughline.type.v1.cached) with what was answered to the same request at the same revision
// of the organization, or else asks the handler and keeps what it says. The handler is not told who asks, so that it cannot answer
// one what another may not see.
//
// The revision is read first. Should a write commit before the handler reads, its newer answer is kept under the older revision,
// where only a call can find it that began before that write was acknowledged: to such a call both are right.
func (g *Guard) keep(
	ctx context.Context, m *method, organization, fullMethod string, request proto.Message, handler grpc.UnaryHandler,
) (any, error) {
	ctx = authn.NewContext(ctx, authn.Identity{Organization: organization})
	if g.options.Cache == nil || g.options.Revision == nil {
		return handler(ctx, request)
	}
	revision, err := g.options.Revision(ctx, organization)
	if err != nil {
		return nil, fmt.Errorf("read the revision of %s: %w", organization, err)
	}
	key, err := keyOf(fullMethod, organization, revision, request)
	if err != nil {
		return nil, err
	}
	if value, found := g.options.Cache.Get(ctx, key); found {
		if response, err := m.decode(value); err == nil { // else it is not ours, and written over
			return response, nil
		}
	}
	response, err := handler(ctx, request)
	if err != nil {
		return nil, err
	}
	if value, err := encode(response); err == nil {
		g.options.Cache.Put(ctx, key, value)
	}
	return response, nil
}

// keyOf is a digest of all that the answer depends on; each part is led by its length, so that no two lists of parts are alike.
func keyOf(method, organization, revision string, request proto.Message) (key cache.Key, err error) {
	asked, err := deterministic.Marshal(request)
	if err != nil {
		return key, fmt.Errorf("encode the request: %w", err)
	}
	parts := make([]byte, 0, len(method)+len(organization)+len(revision)+len(asked)+16)
	for _, part := range []string{method, organization, revision, string(asked)} {
		parts = append(binary.AppendUvarint(parts, uint64(len(part))), part...)
	}
	return sha256.Sum256(parts), nil
}
