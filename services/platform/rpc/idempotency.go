package rpc

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/throughline/throughline/services/platform/authn"
	"github.com/throughline/throughline/services/platform/once"
)

// Lookup finds the response stored for a key: the fast path of a repeat, before the handler runs (once.Lookup inside a
// Read). It answers found false for a new key, and an Invalid fault with reason once.Reused for a key whose payload had
// another hash.
type Lookup func(ctx context.Context, key once.Key, payloadHash [32]byte) (response []byte, found bool, err error)

// deterministic makes equal messages of one build equal bytes: stored responses and payload hashes need no more.
var deterministic = proto.MarshalOptions{Deterministic: true}

// once runs a mutation that carries a request id at most once (AIP-155): it answers a repeat with the stored response,
// or hands the handler's transaction what it needs to store one. The key is looked up only after authorization.
func (g *Guard) once(ctx context.Context, m *method, id authn.Identity, fullMethod string, request proto.Message) (context.Context, proto.Message, error) {
	requestID, ok := m.effect(request.ProtoReflect())
	if !ok {
		return ctx, nil, nil
	}
	hash, err := payloadHash(m, request)
	if err != nil {
		return ctx, nil, err
	}
	key := once.Key{Organization: id.Organization, Principal: id.Principal(), Method: fullMethod, RequestID: requestID}
	if g.options.Lookup != nil {
		stored, found, err := g.options.Lookup(ctx, key, hash)
		if err != nil {
			return ctx, nil, err
		}
		if found {
			answer, err := m.decode(stored)
			return ctx, answer, err
		}
	}
	return once.NewContext(ctx, &once.Pending{Key: key, PayloadHash: hash, Encode: encode}), nil, nil
}

// payloadHash is SHA-256 of the request without its id. The request is this call's own, so that taking the id out for
// a moment is safe and spares a copy.
func payloadHash(m *method, request proto.Message) ([32]byte, error) {
	message := request.ProtoReflect()
	requestID := message.Get(m.requestID)
	message.Clear(m.requestID)
	defer message.Set(m.requestID, requestID)
	payload, err := deterministic.Marshal(request)
	if err != nil {
		return [32]byte{}, fmt.Errorf("encode the request: %w", err)
	}
	return sha256.Sum256(payload), nil
}

// encode makes the bytes that are kept from what the service made of its use case's result.
func encode(response any) ([]byte, error) {
	message, ok := response.(proto.Message)
	if !ok {
		return nil, fmt.Errorf("a response to store is a %T, not a message", response)
	}
	return deterministic.Marshal(message)
}

func (m *method) decode(stored []byte) (proto.Message, error) {
	response := m.answers()
	if err := proto.Unmarshal(stored, response); err != nil {
		return nil, fmt.Errorf("decode a stored response: %w", err)
	}
	return response, nil
}

// replayed is the stored response inside the error of a handler whose transaction found that its twin had committed.
func (m *method) replayed(err error) (proto.Message, bool, error) {
	var twin *once.Replayed
	if !errors.As(err, &twin) {
		return nil, false, err
	}
	response, err := m.decode(twin.Response)
	return response, true, err
}
