package authn

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	issuer   = "throughline"
	audience = "throughline"
	leeway   = 5 * time.Second
)

// LocalKeys mints and verifies tokens with one Ed25519 key in a file: of the data directory in embedded mode, shared by the services
// in distributed mode. Safe for concurrent use.
type LocalKeys struct {
	private ed25519.PrivateKey
	public  ed25519.PublicKey
	now     func() time.Time
	parser  *jwt.Parser
	good    memory
}

var _ Verifier = (*LocalKeys)(nil)

// OpenLocalKeys reads the key file, making it (mode 0600, in an existing directory) at first start. Two processes that
// start at once end with the same key.
func OpenLocalKeys(path string, now func() time.Time) (*LocalKeys, error) {
	keys, err := LoadLocalKeys(path, now)
	if !errors.Is(err, fs.ErrNotExist) {
		return keys, err
	}
	if err := CreateKey(path); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	return LoadLocalKeys(path, now)
}

// LoadLocalKeys reads the key file and never writes; a missing file is fs.ErrNotExist. It refuses a file that others than its owner
// and group can read, or that its group can change; mounted secrets belong to a group.
func LoadLocalKeys(path string, now func() time.Time) (*LocalKeys, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read the token key: %w", err)
	}
	if info.Mode().Perm()&0o037 != 0 {
		return nil, fmt.Errorf("the token key %s can be read by others (mode %04o): run chmod 600 on it", path, info.Mode().Perm())
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the token key: %w", err)
	}
	block, _ := pem.Decode(text)
	if block == nil || block.Type != "PRIVATE KEY" {
		return nil, fmt.Errorf("the token key %s is not a PEM private key", path)
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("parse the token key %s: %w", path, err)
	}
	private, ok := key.(ed25519.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("the token key %s is a %T, not Ed25519", path, key)
	}
	public, ok := private.Public().(ed25519.PublicKey)
	if !ok {
		return nil, fmt.Errorf("the token key %s has no Ed25519 public half", path)
	}
	return &LocalKeys{
		private: private, public: public, now: now,
		parser: jwt.NewParser(
			jwt.WithValidMethods([]string{jwt.SigningMethodEdDSA.Alg()}), jwt.WithIssuer(issuer), jwt.WithAudience(audience),
			jwt.WithExpirationRequired(), jwt.WithLeeway(leeway), jwt.WithTimeFunc(now)),
	}, nil
}

// CreateKey makes a key file (mode 0600, in an existing directory), or answers fs.ErrExist.
func CreateKey(path string) error {
	if err := create(path); err != nil {
		return fmt.Errorf("make the token key %s: %w", path, err)
	}
	return nil
}

// create writes a new key beside path and links it into place, so that a reader never sees half a key and a second
// starter gets fs.ErrExist.
func create(path string) error {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return fmt.Errorf("generate: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".token-key-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	err = pem.Encode(file, &pem.Block{Type: "PRIVATE KEY", Bytes: der})
	if err == nil {
		err = file.Sync()
	}
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	return os.Link(file.Name(), path)
}

type claims struct {
	Organization string   `json:"org,omitempty"`
	Roles        []string `json:"roles,omitempty"`
	Department   string   `json:"dept,omitempty"`
	Actor        string   `json:"actor,omitempty"`
	jwt.RegisteredClaims
}

// Mint signs a token for id that expires ttl from now. It needs a subject and at least one role.
func (k *LocalKeys) Mint(id Identity, ttl time.Duration) (string, error) {
	if id.Subject == "" || len(id.Roles) == 0 {
		return "", errors.New("a token needs a subject and at least one role")
	}
	if ttl <= 0 {
		return "", fmt.Errorf("a token needs a positive life, not %s", ttl)
	}
	now := k.now()
	token, err := jwt.NewWithClaims(jwt.SigningMethodEdDSA, claims{
		Organization: id.Organization, Roles: id.Roles, Department: id.Department, Actor: id.Actor,
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer: issuer, Audience: jwt.ClaimStrings{audience}, Subject: id.Subject,
			IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(ttl)),
		},
	}).SignedString(k.private)
	if err != nil {
		return "", fmt.Errorf("sign a token: %w", err)
	}
	return token, nil
}

// Verify checks signature, issuer, audience and expiry (5 s of leeway).
func (k *LocalKeys) Verify(_ context.Context, token string) (Identity, error) {
	if token == "" {
		return Identity{}, Missing()
	}
	if id, ok := k.good.find(token, k.now()); ok {
		return id, nil
	}
	var c claims
	if _, err := k.parser.ParseWithClaims(token, &c, func(*jwt.Token) (any, error) { return k.public, nil }); err != nil {
		return Identity{}, refusal(err)
	}
	if c.Subject == "" || len(c.Roles) == 0 {
		return Identity{}, invalid("it names no subject or no role")
	}
	id := Identity{Subject: c.Subject, Organization: c.Organization, Roles: c.Roles, Department: c.Department, Actor: c.Actor}
	k.good.keep(token, id, c.ExpiresAt.Add(leeway))
	return id, nil
}

// refusal never repeats the library's text: it can quote the token.
func refusal(err error) error {
	switch {
	case errors.Is(err, jwt.ErrTokenExpired):
		return expired().Because(err)
	case errors.Is(err, jwt.ErrTokenMalformed):
		return invalid("it is not a JSON Web Token").Because(err)
	case errors.Is(err, jwt.ErrTokenUnverifiable), errors.Is(err, jwt.ErrTokenSignatureInvalid):
		return invalid("its signature is not from this issuer").Because(err)
	case errors.Is(err, jwt.ErrTokenInvalidIssuer), errors.Is(err, jwt.ErrTokenInvalidAudience):
		return invalid("it was issued for something else").Because(err)
	case errors.Is(err, jwt.ErrTokenRequiredClaimMissing):
		return invalid("it never expires").Because(err)
	default:
		return invalid("its claims are not acceptable").Because(err)
	}
}
