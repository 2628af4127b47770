package cli

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"os"
	"time"

	"github.com/throughline/throughline/services/platform/authn"
	"github.com/throughline/throughline/services/platform/config"
	"github.com/throughline/throughline/services/throughline/internal/client"
)

// tokenTime is how long a token minted for one command lasts.
const tokenTime = time.Hour

// Connection says how a client command reaches a running suite.
type Connection struct {
	Address string `default:"127.0.0.1:9090" help:"gRPC address of the running suite." placeholder:"HOST:PORT"`
	TLS     bool   `name:"tls" help:"Speak TLS, verified against the system's roots."`
	TLSCA   string `name:"tls-ca" help:"PEM file of the roots to verify against; implies --tls." type:"path" placeholder:"FILE"`
}

func (c *Connection) open() (*client.Suite, error) {
	if !c.TLS && c.TLSCA == "" {
		return client.Connect(c.Address, nil)
	}
	secure := &tls.Config{MinVersion: tls.VersionTLS12}
	if c.TLSCA != "" {
		pem, err := os.ReadFile(c.TLSCA)
		if err != nil {
			return nil, &config.Error{Problem: "tls-ca: " + err.Error()}
		}
		secure.RootCAs = x509.NewCertPool()
		if !secure.RootCAs.AppendCertsFromPEM(pem) {
			return nil, &config.Error{Problem: "tls-ca: " + c.TLSCA + " holds no PEM certificate"}
		}
	}
	return client.Connect(c.Address, secure)
}

// callers makes contexts that carry tokens signed with the key.
type callers struct{ keys *authn.LocalKeys }

func localCallers(world World, settings *Settings) (callers, error) {
	keys, err := settings.loadKeys(world, "give the running suite's --data-dir or --key-file, or a --token")
	return callers{keys}, err
}

// as returns ctx with a token of the organization for the roles.
func (c callers) as(ctx context.Context, organization, subject string, roles ...string) (context.Context, error) {
	token, err := c.keys.Mint(authn.Identity{Subject: subject, Organization: organization, Roles: roles}, tokenTime)
	if err != nil {
		return nil, err
	}
	return client.As(ctx, token), nil
}
