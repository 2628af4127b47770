package authn_test

import (
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/throughline/throughline/services/platform/authn"
	"github.com/throughline/throughline/services/platform/fault"
)

type clock struct{ now time.Time }

func (c *clock) Now() time.Time { return c.now }

func newClock() *clock { return &clock{now: time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)} }

func open(t *testing.T, path string, c *clock) *authn.LocalKeys {
	t.Helper()
	keys, err := authn.OpenLocalKeys(path, c.Now)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	return keys
}

func refused(t *testing.T, err error, reason, text string) {
	t.Helper()
	f, ok := fault.As(err)
	if !ok || f.Kind != fault.Unauthenticated || f.Reason != reason || !strings.Contains(f.Message, text) {
		t.Errorf("got %v (reason %q), want reason %q and …%s…", err, fault.Reason(err), reason, text)
	}
}

func TestMintAndVerify(t *testing.T) {
	c := newClock()
	keys := open(t, filepath.Join(t.TempDir(), "key"), c)
	want := authn.Identity{Subject: "ann", Organization: "okc", Roles: []string{"department", "staff"}, Department: "police", Actor: "bob"}
	token, err := keys.Mint(want, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	for _, when := range []string{"checked", "remembered"} {
		got, err := keys.Verify(context.Background(), token)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, %v", when, got, err)
		}
	}
	c.now = c.now.Add(time.Hour + 4*time.Second)
	if _, err := keys.Verify(context.Background(), token); err != nil {
		t.Errorf("within the leeway: %v", err)
	}
	c.now = c.now.Add(2 * time.Second)
	_, err = keys.Verify(context.Background(), token)
	refused(t, err, authn.ReasonExpired, "get a new one")
}

func TestMintRefuses(t *testing.T) {
	keys := open(t, filepath.Join(t.TempDir(), "key"), newClock())
	for name, c := range map[string]struct {
		id  authn.Identity
		ttl time.Duration
	}{
		"no subject": {authn.Identity{Roles: []string{"staff"}}, time.Hour},
		"no role":    {authn.Identity{Subject: "ann"}, time.Hour},
		"no life":    {authn.Identity{Subject: "ann", Roles: []string{"staff"}}, 0},
	} {
		if _, err := keys.Mint(c.id, c.ttl); err == nil {
			t.Errorf("%s: minted", name)
		}
	}
}

// TestVerifyRefuses signs, with the right key, every token that must not pass.
func TestVerifyRefuses(t *testing.T) {
	c := newClock()
	path := filepath.Join(t.TempDir(), "key")
	keys := open(t, path, c)
	key := privateKey(t, path)
	claims := func(change func(jwt.MapClaims)) jwt.MapClaims {
		m := jwt.MapClaims{"iss": "throughline", "aud": "throughline", "sub": "ann", "roles": []string{"staff"}, "exp": c.now.Add(time.Hour).Unix()}
		change(m)
		return m
	}
	sign := func(method jwt.SigningMethod, claims jwt.MapClaims, key any) string {
		token, err := jwt.NewWithClaims(method, claims).SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	none := func(jwt.MapClaims) {}
	good := sign(jwt.SigningMethodEdDSA, claims(none), key)
	if _, err := keys.Verify(context.Background(), good); err != nil {
		t.Fatalf("the good token: %v", err)
	}
	parts := strings.Split(good, ".")
	forged := parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"iss":"throughline","aud":"throughline","sub":"eve","roles":["finance"],"exp":9999999999}`)) + "." + parts[2]
	_, otherKey, _ := ed25519.GenerateKey(nil)
	for _, c := range []struct{ name, token, reason, text string }{
		{"empty", "", authn.ReasonMissing, "Authorization: Bearer"},
		{"nonsense", "x.y.z", authn.ReasonInvalid, "not a JSON Web Token"},
		{"changed claims", forged, authn.ReasonInvalid, "signature"},
		{"another key", sign(jwt.SigningMethodEdDSA, claims(none), otherKey), authn.ReasonInvalid, "signature"},
		{"no signature", sign(jwt.SigningMethodNone, claims(none), jwt.UnsafeAllowNoneSignatureType), authn.ReasonInvalid, "signature"},
		{"public key as HMAC secret", sign(jwt.SigningMethodHS256, claims(none), []byte(key.Public().(ed25519.PublicKey))), authn.ReasonInvalid, "signature"},
		{"another issuer", sign(jwt.SigningMethodEdDSA, claims(func(m jwt.MapClaims) { m["iss"] = "elsewhere" }), key), authn.ReasonInvalid, "something else"},
		{"another audience", sign(jwt.SigningMethodEdDSA, claims(func(m jwt.MapClaims) { m["aud"] = "elsewhere" }), key), authn.ReasonInvalid, "something else"},
		{"no expiry", sign(jwt.SigningMethodEdDSA, claims(func(m jwt.MapClaims) { delete(m, "exp") }), key), authn.ReasonInvalid, "never expires"},
		{"expired", sign(jwt.SigningMethodEdDSA, claims(func(m jwt.MapClaims) { m["exp"] = c.now.Add(-time.Minute).Unix() }), key), authn.ReasonExpired, "expired"},
		{"not yet valid", sign(jwt.SigningMethodEdDSA, claims(func(m jwt.MapClaims) { m["nbf"] = c.now.Add(time.Minute).Unix() }), key), authn.ReasonInvalid, "claims"},
		{"no subject", sign(jwt.SigningMethodEdDSA, claims(func(m jwt.MapClaims) { delete(m, "sub") }), key), authn.ReasonInvalid, "no subject or no role"},
		{"no role", sign(jwt.SigningMethodEdDSA, claims(func(m jwt.MapClaims) { delete(m, "roles") }), key), authn.ReasonInvalid, "no subject or no role"},
	} {
		t.Run(c.name, func(t *testing.T) {
			id, err := keys.Verify(context.Background(), c.token)
			refused(t, err, c.reason, c.text)
			if id.Subject != "" {
				t.Errorf("identity %+v of a refused token", id)
			}
		})
	}
}

func privateKey(t *testing.T, path string) ed25519.PrivateKey {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return key.(ed25519.PrivateKey)
}

func TestKeyFile(t *testing.T) {
	c, dir := newClock(), t.TempDir()
	path := filepath.Join(dir, "key")
	if _, err := authn.LoadLocalKeys(path, c.Now); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
	first := open(t, path, c)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	token, err := first.Mint(authn.Identity{Subject: "ann", Roles: []string{"staff"}}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := authn.LoadLocalKeys(path, c.Now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := loaded.Verify(context.Background(), token); err != nil {
		t.Errorf("another process refuses the token: %v", err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, ".token-key-*")); err != nil || len(left) != 0 {
		t.Errorf("left behind %v, %v", left, err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := authn.OpenLocalKeys(path, c.Now); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("a key that others can read: %v", err)
	}
	for name, content := range map[string]string{"empty": "", "other PEM": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "broken": "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"} {
		bad := filepath.Join(dir, name)
		if err := os.WriteFile(bad, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := authn.OpenLocalKeys(bad, c.Now); err == nil {
			t.Errorf("%s file was taken for a key", name)
		}
	}
}

// Two processes that start at once end with the same key.
func TestConcurrentFirstStart(t *testing.T) {
	c, path := newClock(), filepath.Join(t.TempDir(), "key")
	const starters = 8
	keys := make([]*authn.LocalKeys, starters)
	var wg sync.WaitGroup
	for i := range starters {
		wg.Go(func() {
			var err error
			if keys[i], err = authn.OpenLocalKeys(path, c.Now); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	token, err := keys[0].Mint(authn.Identity{Subject: "ann", Roles: []string{"staff"}}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	for i, k := range keys {
		if _, err := k.Verify(context.Background(), token); err != nil {
			t.Errorf("starter %d has another key: %v", i, err)
		}
	}
}

// More tokens than are remembered still verify.
func TestManyTokens(t *testing.T) {
	c := newClock()
	keys := open(t, filepath.Join(t.TempDir(), "key"), c)
	for i := range 4200 {
		token, err := keys.Mint(authn.Identity{Subject: "user" + strconv.Itoa(i), Roles: []string{"staff"}}, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		if id, err := keys.Verify(context.Background(), token); err != nil || id.Subject != "user"+strconv.Itoa(i) {
			t.Fatalf("token %d: %+v, %v", i, id, err)
		}
	}
}
