package service

import (
	"context"

	"github.com/google/uuid"
	"google.golang.org/grpc"
)

// Part is what the process that runs a service needs of it.
type Part interface {
	Register(r grpc.ServiceRegistrar)
	Run(ctx context.Context) error
	Close() error
}

var _ Part = (*Service)(nil)

// NewID is a resource id: a letter and the time-ordered digits of a UUID (RFC 9562, version 7). Randomness cannot fail:
// crypto/rand ends the process rather than answer without it.
func NewID() string { return "x" + uuid.Must(uuid.NewV7()).String() }
