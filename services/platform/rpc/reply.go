package rpc

import "google.golang.org/protobuf/types/known/emptypb"

// Reply is the converted result of a use case, or its error.
func Reply[T, M any](v T, err error, convert func(T) *M) (*M, error) {
	if err != nil {
		return nil, err
	}
	return convert(v), nil
}

// Each converts a page of results.
func Each[T, M any](items []T, convert func(T) *M) []*M {
	out := make([]*M, len(items))
	for i, v := range items {
		out[i] = convert(v)
	}
	return out
}

// Empty is the answer of a call that answers nothing.
func Empty(err error) (*emptypb.Empty, error) {
	if err != nil {
		return nil, err
	}
	return &emptypb.Empty{}, nil
}
