package authn_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/golang-jwt/jwt/v5"

	"github.com/throughline/throughline/services/platform/authn"
	"github.com/throughline/throughline/services/platform/fault"
)

// provider is an OpenID Connect issuer: discovery, and keys that the test changes.
type provider struct {
	*httptest.Server

	mu    sync.Mutex
	keys  []jose.JSONWebKey
	away  bool         // answers 503
	asked atomic.Int64 // requests for keys
}

func newProvider(t *testing.T) *provider {
	t.Helper()
	p := &provider{}
	mux := http.NewServeMux()
	answer := func(w http.ResponseWriter, document any) {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.away {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(document); err != nil { //nolint:errchkjson // keys among strings
			t.Error(err)
		}
	}
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, map[string]any{"issuer": p.URL, "jwks_uri": p.URL + "/keys", "id_token_signing_alg_values_supported": []string{"RS256", "HS256", "none"}})
	})
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) {
		p.asked.Add(1)
		answer(w, &jose.JSONWebKeySet{Keys: p.keys})
	})
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

func (p *provider) offer(keys map[string]crypto.PublicKey) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.keys = nil
	for id, key := range keys {
		p.keys = append(p.keys, jose.JSONWebKey{Key: key, KeyID: id, Use: "sig"})
	}
}

func (p *provider) leave(away bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.away = away
}

// signed is a token of the provider with changed claims; a nil value takes the claim out.
func (p *provider) signed(t *testing.T, c *clock, method jwt.SigningMethod, id string, key any, change map[string]any) string {
	t.Helper()
	claims := jwt.MapClaims{
		"iss": p.URL, "aud": []string{"other", "throughline-api"}, "sub": "ann", "exp": c.now.Add(time.Hour).Unix(),
		"organization": "riverbend", "roles": []string{"department"}, "department": "Police",
	}
	for name, value := range change {
		claims[name] = value
		if value == nil {
			delete(claims, name)
		}
	}
	token := jwt.NewWithClaims(method, claims)
	token.Header["kid"] = id
	text, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func ecKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func (p *provider) config() authn.OIDCConfig {
	return authn.OIDCConfig{
		Issuer: p.URL, Audience: "throughline-api", OrganizationClaim: "organization", RolesClaim: "roles", DepartmentClaim: "department",
	}
}

func TestOIDCSaysWhoTheCallerIs(t *testing.T) {
	c, p, key := newClock(), newProvider(t), ecKey(t)
	weak, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p.offer(map[string]crypto.PublicKey{"one": &key.PublicKey, "two": &weak.PublicKey})
	v := authn.NewOIDC(p.config(), c.Now, nil)
	police := authn.Identity{Subject: "ann", Organization: "riverbend", Roles: []string{"department"}, Department: "Police"}
	for _, tc := range []struct {
		name  string
		token string
		want  authn.Identity
	}{
		{"ES256", p.signed(t, c, jwt.SigningMethodES256, "one", key, nil), police},
		{"RS256", p.signed(t, c, jwt.SigningMethodRS256, "two", weak, nil), police},
		{
			"roles in one string", p.signed(t, c, jwt.SigningMethodES256, "one", key, map[string]any{"roles": "finance staff", "department": nil}),
			authn.Identity{Subject: "ann", Organization: "riverbend", Roles: []string{"finance", "staff"}},
		},
		{
			"an operator belongs to no organization", p.signed(t, c, jwt.SigningMethodES256, "one", key, map[string]any{"roles": []string{"operator"}, "organization": nil, "department": nil}),
			authn.Identity{Subject: "ann", Organization: authn.NoOrganization, Roles: []string{"operator"}},
		},
	} {
		for _, when := range []string{"checked", "remembered"} {
			got, err := v.Verify(t.Context(), tc.token)
			if err != nil || !reflect.DeepEqual(got, tc.want) {
				t.Errorf("%s, %s: %+v, %v; want %+v", tc.name, when, got, err, tc.want)
			}
		}
	}
	token := p.signed(t, c, jwt.SigningMethodES256, "one", key, nil)
	if _, err := v.Verify(t.Context(), token); err != nil {
		t.Error(err)
	}
	c.now = c.now.Add(time.Hour + time.Second)
	_, err = v.Verify(t.Context(), token)
	refused(t, err, authn.ReasonExpired, "get a new one")
	if asked := p.asked.Load(); asked != 1 {
		t.Errorf("keys were asked for %d times, want once", asked)
	}
}

func TestOIDCRefuses(t *testing.T) {
	c, p, key := newClock(), newProvider(t), ecKey(t)
	p.offer(map[string]crypto.PublicKey{"one": &key.PublicKey})
	v := authn.NewOIDC(p.config(), c.Now, nil)
	with := func(name string, value any) string {
		return p.signed(t, c, jwt.SigningMethodES256, "one", key, map[string]any{name: value})
	}
	for _, tc := range []struct{ name, token, reason, text string }{
		{"empty", "", authn.ReasonMissing, "Authorization: Bearer"},
		{"nonsense", "x.y.z", authn.ReasonInvalid, "signature"},
		{"another key under the same name", p.signed(t, c, jwt.SigningMethodES256, "one", ecKey(t), nil), authn.ReasonInvalid, "signature"},
		{"an unknown key", p.signed(t, c, jwt.SigningMethodES256, "nine", ecKey(t), nil), authn.ReasonInvalid, "signature"},
		{"no signature", p.signed(t, c, jwt.SigningMethodNone, "one", jwt.UnsafeAllowNoneSignatureType, nil), authn.ReasonInvalid, "signature"},
		{"a shared secret", p.signed(t, c, jwt.SigningMethodHS256, "one", []byte("secret"), nil), authn.ReasonInvalid, "signature"},
		{"another audience", with("aud", "other"), authn.ReasonInvalid, "audience"},
		{"another issuer", with("iss", "https://elsewhere.example"), authn.ReasonInvalid, "issuer"},
		{"expired", with("exp", c.now.Add(-time.Second).Unix()), authn.ReasonExpired, "expired"},
		{"no expiry", with("exp", nil), authn.ReasonExpired, "expired"},
		{"not yet valid", with("nbf", c.now.Add(time.Hour).Unix()), authn.ReasonInvalid, "not valid"},
		{"no subject", with("sub", nil), authn.ReasonInvalid, "no subject or no role"},
		{"no role", with("roles", nil), authn.ReasonInvalid, "no subject or no role"},
		{"a number for roles", with("roles", 7), authn.ReasonInvalid, "no list of roles"},
		{"a list for an organization", with("organization", []string{"a", "b"}), authn.ReasonInvalid, "organization is no text"},
		{"the services' own role", with("roles", []string{"staff", "service"}), authn.ReasonInvalid, "for services alone"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			id, err := v.Verify(t.Context(), tc.token)
			refused(t, err, tc.reason, tc.text)
			if id.Subject != "" {
				t.Errorf("identity %+v of a refused token", id)
			}
		})
	}
	if asked := p.asked.Load(); asked != 1 {
		t.Errorf("keys were asked for %d times within ten seconds, want once", asked)
	}
}

// New keys are taken once a token is signed with one; an issuer that is away is a reason to try again, not to sign in again.
func TestOIDCKeysChange(t *testing.T) {
	c, p, old, fresh := newClock(), newProvider(t), ecKey(t), ecKey(t)
	p.leave(true)
	v := authn.NewOIDC(p.config(), c.Now, nil)
	unavailable := func(token string) {
		t.Helper()
		_, err := v.Verify(t.Context(), token)
		if !fault.Is(err, fault.Unavailable) || fault.Reason(err) != authn.ReasonKeysUnavailable {
			t.Errorf("while the issuer is away: %v", err)
		}
	}
	first := p.signed(t, c, jwt.SigningMethodES256, "old", old, nil)
	unavailable(first)
	p.offer(map[string]crypto.PublicKey{"old": &old.PublicKey})
	p.leave(false)
	unavailable(first) // it is left alone for a moment
	c.now = c.now.Add(2 * time.Second)
	if _, err := v.Verify(t.Context(), first); err != nil {
		t.Errorf("once it is back: %v", err)
	}

	p.offer(map[string]crypto.PublicKey{"fresh": &fresh.PublicKey})
	second := p.signed(t, c, jwt.SigningMethodES256, "fresh", fresh, nil)
	_, err := v.Verify(t.Context(), second)
	refused(t, err, authn.ReasonInvalid, "signature") // ten seconds have not passed since it was asked
	c.now = c.now.Add(10 * time.Second)
	p.leave(true)
	unavailable(second)
	p.leave(false)
	c.now = c.now.Add(2 * time.Second)
	if _, err := v.Verify(t.Context(), second); err != nil {
		t.Errorf("a new key: %v", err)
	}
	_, err = v.Verify(t.Context(), p.signed(t, c, jwt.SigningMethodES256, "old", old, map[string]any{"sub": "eve"}))
	refused(t, err, authn.ReasonInvalid, "signature")
}

func TestCanceledCallersSpoilNothing(t *testing.T) {
	c, p, key := newClock(), newProvider(t), ecKey(t)
	p.offer(map[string]crypto.PublicKey{"one": &key.PublicKey})
	v := authn.NewOIDC(p.config(), c.Now, nil)
	token := p.signed(t, c, jwt.SigningMethodES256, "one", key, nil)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := v.Verify(gone, token); err == nil {
		t.Error("keys were had without asking")
	}
	if _, err := v.Verify(t.Context(), token); err != nil {
		t.Errorf("the next caller: %v", err)
	}
}

// Each token goes to the issuer that it names, and what it names is checked there.
func TestIssuers(t *testing.T) {
	c, p, key := newClock(), newProvider(t), ecKey(t)
	p.offer(map[string]crypto.PublicKey{"one": &key.PublicKey})
	local := open(t, filepath.Join(t.TempDir(), "key"), c)
	v := authn.Issuers{Local: local, Other: authn.NewOIDC(p.config(), c.Now, nil)}
	ours, err := local.Mint(authn.Identity{Subject: "service:budgeting", Organization: "riverbend", Roles: []string{"service"}}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]struct{ token, subject string }{
		"local": {ours, "service:budgeting"}, "other": {p.signed(t, c, jwt.SigningMethodES256, "one", key, nil), "ann"},
	} {
		for range 2 {
			if id, err := v.Verify(t.Context(), want.token); err != nil || id.Subject != want.subject {
				t.Errorf("%s: %+v, %v", name, id, err)
			}
		}
	}
	_, err = v.Verify(t.Context(), p.signed(t, c, jwt.SigningMethodES256, "one", key, map[string]any{"iss": "throughline", "aud": "throughline"}))
	refused(t, err, authn.ReasonInvalid, "signature")
	_, err = v.Verify(t.Context(), "")
	refused(t, err, authn.ReasonMissing, "")
	_, err = v.Verify(t.Context(), "x.y.z")
	refused(t, err, authn.ReasonInvalid, "")
}

func TestOIDCSettings(t *testing.T) {
	for _, tc := range []struct{ name, issuer, audience, want string }{
		{"none", "", "", ""},
		{"both", "https://id.example.gov", "throughline", ""},
		{"plain text on this machine", "http://localhost:8443/realms/x", "throughline", ""},
		{"no audience", "https://id.example.gov", "", "go together"},
		{"no issuer", "", "throughline", "go together"},
		{"plain text", "http://id.example.gov", "throughline", "must be an https URL"},
		{"no URL", "id.example.gov", "throughline", "must be an https URL"},
	} {
		s := authn.OIDCConfig{Issuer: tc.issuer, Audience: tc.audience, OrganizationClaim: "o", RolesClaim: "r", DepartmentClaim: "d"}
		if err := s.Validate(); (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", tc.name, err, tc.want)
		}
	}
}
