package authn

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/throughline/throughline/services/platform/fault"
)

// ReasonKeysUnavailable is the reason of the Unavailable fault of a token whose issuer does not answer with its keys.
const ReasonKeysUnavailable = "TOKEN_KEYS_UNAVAILABLE"

// OIDCConfig is the section of settings that says whose tokens are taken beside those of the local key.
type OIDCConfig struct {
	Issuer            string `help:"URL of the OpenID Connect issuer whose tokens are taken, beside those signed with the key file." placeholder:"URL"`
	Audience          string `help:"Audience that its tokens must have." placeholder:"NAME"`
	OrganizationClaim string `default:"organization" help:"Claim with the id of the one organization that the caller belongs to."`
	RolesClaim        string `default:"roles" help:"Claim with the caller's roles, a list or words in one string."`
	DepartmentClaim   string `default:"department" help:"Claim with the department of a caller of role department."`
}

// Validate names every bad setting.
func (c *OIDCConfig) Validate() error {
	var problems []error
	if (c.Issuer == "") != (c.Audience == "") {
		problems = append(problems, errors.New("oidc.issuer and oidc.audience go together; give both or neither"))
	}
	if c.Issuer != "" {
		u, err := url.Parse(c.Issuer)
		plain := err == nil && u.Scheme == "http" && (u.Hostname() == "localhost" || u.Hostname() == "127.0.0.1" || u.Hostname() == "::1")
		if err != nil || u.Host == "" || u.Scheme != "https" && !plain {
			problems = append(problems, fmt.Errorf("oidc.issuer must be an https URL, such as https://id.example.gov, not %q", c.Issuer))
		}
	}
	if c.OrganizationClaim == "" || c.RolesClaim == "" || c.DepartmentClaim == "" {
		problems = append(problems, errors.New("oidc.organization-claim, oidc.roles-claim and oidc.department-claim must not be empty"))
	}
	return errors.Join(problems...)
}

// OIDC verifies the tokens of an OpenID Connect issuer. Its address of keys and the keys are asked for when the first token comes, and
// again when a token is signed with a key that is not known. Safe for concurrent use.
type OIDC struct {
	config OIDCConfig
	now    func() time.Time
	client *http.Client
	good   memory

	turn     chan struct{} // held by who sets verifier
	verifier *oidc.IDTokenVerifier
}

var _ Verifier = (*OIDC)(nil)

// NewOIDC makes a verifier; transport nil means http.DefaultTransport. It asks the issuer nothing yet.
func NewOIDC(c OIDCConfig, now func() time.Time, transport http.RoundTripper) *OIDC {
	if transport == nil {
		transport = http.DefaultTransport
	}
	return &OIDC{
		config: c, now: now, turn: make(chan struct{}, 1),
		client: &http.Client{Timeout: fetchTime, Transport: &frugal{next: transport, now: now}},
	}
}

// Verify checks signature, issuer, audience and expiry. The role service is the services' own and is refused.
func (o *OIDC) Verify(ctx context.Context, token string) (Identity, error) {
	if token == "" {
		return Identity{}, Missing()
	}
	if id, ok := o.good.find(token, o.now()); ok {
		return id, nil
	}
	verifier, err := o.discover(ctx)
	if err != nil {
		return Identity{}, keysUnavailable(err)
	}
	var failed error
	checked, err := verifier.Verify(context.WithValue(ctx, failedKey{}, &failed), token)
	late := (*oidc.TokenExpiredError)(nil)
	switch {
	case failed != nil:
		return Identity{}, keysUnavailable(failed)
	case errors.As(err, &late):
		return Identity{}, expired().Because(err)
	case err != nil:
		return Identity{}, invalid("its signature, its issuer or its audience is not the one expected").Because(err)
	}
	id, err := o.identity(checked)
	if err == nil {
		o.good.keep(token, id, checked.Expiry)
	}
	return id, err
}

func keysUnavailable(err error) error {
	return fault.New(fault.Unavailable, ReasonKeysUnavailable, "the token's issuer does not tell its keys; try again later").Because(err)
}

// discover is the verifier, made of what the issuer says of itself.
func (o *OIDC) discover(ctx context.Context) (*oidc.IDTokenVerifier, error) {
	select {
	case o.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-o.turn }()
	if o.verifier != nil {
		return o.verifier, nil
	}
	provider, err := oidc.NewProvider(oidc.ClientContext(ctx, o.client), o.config.Issuer)
	if err != nil {
		return nil, fmt.Errorf("ask the issuer about itself: %w", err)
	}
	var metadata struct {
		Keys string `json:"jwks_uri"`
	}
	if err := provider.Claims(&metadata); err != nil {
		return nil, fmt.Errorf("read the address of the issuer's keys: %w", err)
	}
	remote := oidc.NewRemoteKeySet(oidc.ClientContext(context.WithoutCancel(ctx), o.client), metadata.Keys)
	o.verifier = oidc.NewVerifier(o.config.Issuer, keySet{remote}, &oidc.Config{
		ClientID: o.config.Audience, Now: o.now,
		SupportedSigningAlgs: []string{
			oidc.RS256, oidc.RS384, oidc.RS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.EdDSA,
		},
	})
	return o.verifier, nil
}

// failedKey is of the context value, an *error, in which keySet tells why keys could not be had: the verifier hides it.
type failedKey struct{}

type keySet struct{ remote oidc.KeySet }

// VerifySignature is oidc.KeySet's.
func (k keySet) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	payload, err := k.remote.VerifySignature(ctx, token)
	unfetched := (*fetchError)(nil)
	if errors.As(err, &unfetched) || ctx.Err() != nil {
		if failed, ok := ctx.Value(failedKey{}).(*error); ok {
			*failed = err
		}
	}
	return payload, err
}

// identity is what the claims say.
func (o *OIDC) identity(token *oidc.IDToken) (Identity, error) {
	claims := map[string]json.RawMessage{}
	if err := token.Claims(&claims); err != nil {
		return Identity{}, invalid("its claims cannot be read").Because(err)
	}
	id := Identity{Subject: token.Subject}
	for _, claim := range []struct {
		name string
		to   *string
	}{{o.config.OrganizationClaim, &id.Organization}, {o.config.DepartmentClaim, &id.Department}} {
		if text, ok := claims[claim.name]; ok && json.Unmarshal(text, claim.to) != nil {
			return Identity{}, invalid(fmt.Sprintf("its claim %s is no text", claim.name))
		}
	}
	if text, ok := claims[o.config.RolesClaim]; ok && json.Unmarshal(text, &id.Roles) != nil {
		var words string
		if json.Unmarshal(text, &words) != nil {
			return Identity{}, invalid(fmt.Sprintf("its claim %s is no list of roles", o.config.RolesClaim))
		}
		id.Roles = strings.Fields(words)
	}
	switch {
	case id.Subject == "" || len(id.Roles) == 0:
		return Identity{}, invalid("it names no subject or no role")
	case id.HasRole(RoleService):
		return Identity{}, invalid("the role service is for services alone")
	case id.Organization == "" && id.HasRole(RoleOperator):
		id.Organization = NoOrganization
	}
	return id, nil
}
