// Package peer reads other services over gRPC.
package peer

import (
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/rpc"
)

// pageSize is the most that a list answers at once.
const pageSize = 1000

// from is the fault of a call to a peer; one that cannot be reached is named.
func from(peer string, err error) error {
	err = rpc.FromStatus(err)
	if fault.Is(err, fault.Unavailable) {
		return fault.New(fault.Unavailable, rpc.ReasonUnavailable, "this needs the %s service, which is not available; try again later", peer).Because(err)
	}
	return err
}

// exists takes NotFound for the answer no.
func exists(peer string, err error) (bool, error) {
	err = from(peer, err)
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	return err == nil, err
}
