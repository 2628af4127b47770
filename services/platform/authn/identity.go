// Package authn says who is calling, from verified tokens alone.
package authn

import (
	"context"
	"slices"

	"github.com/throughline/throughline/services/platform/fault"
)

// Roles that the code itself names; what each may do is in authz/roles.yaml.
const (
	RoleOperator = "operator" // creates organizations; bound to none
	RolePublic   = "public"   // what a caller without a token is
	RoleService  = "service"  // one service calling another
)

// NoOrganization is the organization of an operator's token: it is bound to none.
const NoOrganization = "-"

// Identity is a verified caller.
type Identity struct {
	Subject      string   // who calls; empty only for an anonymous caller
	Organization string   // id of the one organization the token is bound to; NoOrganization or "" for none
	Roles        []string // names of roles.yaml
	Department   string   // department whose programs the caller may write; empty unless the role is department
	Actor        string   // for role service: the subject on whose behalf it calls
}

// Anonymous says whether the caller sent no token.
func (i Identity) Anonymous() bool { return i.Subject == "" }

// HasRole says whether the caller holds the role.
func (i Identity) HasRole(role string) bool { return slices.Contains(i.Roles, role) }

// Bound says whether the caller acts within one organization.
func (i Identity) Bound() bool { return i.Organization != "" && i.Organization != NoOrganization }

// Principal is who is answerable for a call: the person behind a service, otherwise the subject.
// It is what audit rows record and what separates one caller's idempotency keys from another's.
func (i Identity) Principal() string {
	if i.Actor != "" && i.HasRole(RoleService) {
		return i.Actor
	}
	return i.Subject
}

type contextKey struct{}

// NewContext returns a context that carries the identity.
func NewContext(ctx context.Context, id Identity) context.Context {
	return context.WithValue(ctx, contextKey{}, id)
}

// FromContext is the identity that NewContext put into ctx; false if there is none.
func FromContext(ctx context.Context) (Identity, bool) {
	id, ok := ctx.Value(contextKey{}).(Identity)
	return id, ok
}

// Verifier turns a bearer token into an identity.
//
// Errors are Unauthenticated faults with reason TOKEN_MISSING (empty token), TOKEN_EXPIRED or TOKEN_INVALID, or an
// Unavailable fault when the issuer's keys cannot be had.
type Verifier interface {
	Verify(ctx context.Context, token string) (Identity, error)
}

// Reasons of the faults of this package.
const (
	ReasonMissing = "TOKEN_MISSING"
	ReasonExpired = "TOKEN_EXPIRED"
	ReasonInvalid = "TOKEN_INVALID"
)

// Missing is the fault of a call without a token to a method that needs one.
func Missing() *fault.Error {
	return fault.New(fault.Unauthenticated, ReasonMissing,
		"this call needs a token: send it as \"Authorization: Bearer <token>\"")
}

func expired() *fault.Error {
	return fault.New(fault.Unauthenticated, ReasonExpired, "the token has expired; get a new one and call again")
}

func invalid(detail string) *fault.Error {
	return fault.New(fault.Unauthenticated, ReasonInvalid,
		"the token is not valid (%s); get a new one from the issuer that this service trusts", detail)
}
