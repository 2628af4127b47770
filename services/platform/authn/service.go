package authn

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/fullstorydev/grpchan"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
)

const (
	serviceTTL   = 5 * time.Minute
	renewBefore  = time.Minute // a token is replaced while it still has this long to live
	maxTokens    = 4096
	authMetadata = "authorization"
	bearer       = "Bearer "
)

// ErrNoOrganization is the error of a peer call whose context has no identity bound to one organization. A background
// job puts one there with NewContext.
var ErrNoOrganization = errors.New("a call to a peer needs an identity bound to one organization in its context")

// Minter signs tokens; LocalKeys is one.
type Minter interface {
	Mint(id Identity, ttl time.Duration) (string, error)
}

// ServiceTokens makes the tokens with which one service calls its peers: role service, bound to the one organization
// of the caller being served, naming that caller as actor, valid 5 minutes, reused until the last. Safe for concurrent use.
type ServiceTokens struct {
	service string
	minter  Minter
	now     func() time.Time

	mu     sync.Mutex
	tokens map[bound]minted
}

type bound struct{ organization, actor string }

type minted struct {
	token string
	until time.Time
}

// NewServiceTokens is for the service of that name, such as "budgeting"; its tokens' subject is "service:budgeting".
func NewServiceTokens(service string, minter Minter, now func() time.Time) *ServiceTokens {
	return &ServiceTokens{service: "service:" + service, minter: minter, now: now, tokens: map[bound]minted{}}
}

// Identity is who a background job of this service acts as within one organization: put it into the job's context with
// NewContext before calling a peer.
func (s *ServiceTokens) Identity(organization string) Identity {
	return Identity{Subject: s.service, Organization: organization, Roles: []string{RoleService}}
}

// Token is the token for a call made on behalf of ctx's identity, or ErrNoOrganization.
func (s *ServiceTokens) Token(ctx context.Context) (string, error) {
	caller, _ := FromContext(ctx)
	if !caller.Bound() {
		return "", ErrNoOrganization
	}
	key, now := bound{caller.Organization, caller.Principal()}, s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if have, ok := s.tokens[key]; ok && now.Before(have.until) {
		return have.token, nil
	}
	id := s.Identity(key.organization)
	id.Actor = key.actor
	token, err := s.minter.Mint(id, serviceTTL)
	if err != nil {
		return "", err
	}
	if len(s.tokens) >= maxTokens {
		clear(s.tokens)
	}
	s.tokens[key] = minted{token, now.Add(serviceTTL - renewBefore)}
	return token, nil
}

// Wrap returns conn with a service token on every call. It takes a TCP connection and the in-process channel alike.
func (s *ServiceTokens) Wrap(conn grpc.ClientConnInterface) grpc.ClientConnInterface {
	return grpchan.InterceptClientConn(conn, s.Unary, s.Stream)
}

// Unary is the grpc.UnaryClientInterceptor that attaches the token.
func (s *ServiceTokens) Unary(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	ctx, err := s.outgoing(ctx)
	if err != nil {
		return err
	}
	return invoke(ctx, method, req, reply, cc, opts...)
}

// Stream is the grpc.StreamClientInterceptor that attaches the token.
func (s *ServiceTokens) Stream(ctx context.Context, desc *grpc.StreamDesc, cc *grpc.ClientConn, method string, open grpc.Streamer, opts ...grpc.CallOption) (grpc.ClientStream, error) {
	ctx, err := s.outgoing(ctx)
	if err != nil {
		return nil, err
	}
	return open(ctx, desc, cc, method, opts...)
}

func (s *ServiceTokens) outgoing(ctx context.Context) (context.Context, error) {
	token, err := s.Token(ctx)
	if err != nil {
		return ctx, err
	}
	return metadata.AppendToOutgoingContext(ctx, authMetadata, bearer+token), nil
}

var (
	_ grpc.UnaryClientInterceptor  = (*ServiceTokens)(nil).Unary
	_ grpc.StreamClientInterceptor = (*ServiceTokens)(nil).Stream
)
