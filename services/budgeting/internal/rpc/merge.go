package rpc

import (
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/throughline/throughline/services/platform/rpc"
)

// masked is an update request.
type masked interface{ GetUpdateMask() *fieldmaskpb.FieldMask }

// merge is what is stored with the update applied; what does not exist yet is taken whole, and the mask is ignored.
func merge[T any, M proto.Message](r masked, sent M, old T, found bool, convert func(T) M) (M, error) {
	if !found {
		return sent, nil
	}
	merged := convert(old)
	return merged, rpc.ApplyMask(merged, sent, r.GetUpdateMask())
}

// first is the first error.
func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
