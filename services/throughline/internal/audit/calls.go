package audit

import (
	"context"
	"iter"

	"google.golang.org/grpc"

	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/rpc"
)

const (
	pageSize  = 100  // resources at once, some of which are large
	pageLines = 1000 // line items at once
)

// pager is the answer to a request for a page.
type pager interface{ GetNextPageToken() string }

// listed are the items of a list, page by page; it ends with the error that a page could not be read with.
func listed[Q any, R pager, T any](
	ctx context.Context, method func(context.Context, Q, ...grpc.CallOption) (R, error), request func(token string) Q, items func(R) []T,
) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for token, more := "", true; more; more = token != "" {
			page, err := method(ctx, request(token))
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, item := range items(page) {
				if !yield(item, nil) {
					return
				}
			}
			token = page.GetNextPageToken()
		}
	}
}

// cause is what a call failed with, in words.
func cause(err error) string { return rpc.FromStatus(err).Error() }

// reason is the reason that a call failed with.
func reason(err error) string { return fault.Reason(rpc.FromStatus(err)) }

// patient gives every call the longest time that services allow: certifying and solving a large allocation takes long.
type patient struct{ grpc.ClientConnInterface }

func (p patient) Invoke(ctx context.Context, method string, request, reply any, opts ...grpc.CallOption) error {
	ctx, cancel := context.WithTimeout(ctx, rpc.MaxDeadline)
	defer cancel()
	return p.ClientConnInterface.Invoke(ctx, method, request, reply, opts...)
}
