package daemon

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"

	"github.com/throughline/throughline/services/platform/authn"
	"github.com/throughline/throughline/services/platform/config"
	"github.com/throughline/throughline/services/platform/limit"
	"github.com/throughline/throughline/services/platform/rpc"
	"github.com/throughline/throughline/services/platform/telemetry"
)

// Settings are the flags of every daemon; each is also THROUGHLINE_… in the environment and a key of the YAML file.
type Settings struct {
	config.File

	Listen         string           `default:"127.0.0.1:9090" help:"Address of the gRPC API." placeholder:"HOST:PORT"`
	AdminListen    string           `default:"127.0.0.1:9091" help:"Address of gRPC health and reflection, in plain text; empty for none." placeholder:"HOST:PORT"`
	InsecureListen bool             `help:"Allow addresses beyond loopback in plain text."`
	KeyFile        string           `help:"Key that signs tokens, the same for all services (see throughline key)." type:"path" placeholder:"FILE"`
	MaxConns       int              `name:"database-max-conns" default:"10" help:"Most connections to the database."`
	TLS            rpc.Certificates `embed:"" prefix:"tls-"`
	OIDC           authn.OIDCConfig `embed:"" prefix:"oidc-"`
	Database       Database         `embed:"" prefix:"database-"`
	Redis          Redis            `embed:"" prefix:"redis-"`
	Limit          limit.Config     `embed:"" prefix:"limit-"`
	Telemetry      telemetry.Config `embed:"" prefix:"telemetry-"`
}

// Validate names every bad setting that is in no section of its own.
func (s *Settings) Validate() error {
	problems := []error{s.TLS.Check("tls")}
	if s.TLS.CA != "" && s.TLS.Cert == "" {
		problems = append(problems, errors.New("tls.ca needs tls.cert and tls.key, by which callers and peers know this service"))
	}
	problems = append(problems, rpc.CheckListen("listen", s.Listen, s.TLS.Given() || s.InsecureListen,
		"give tls.ca, tls.cert and tls.key, or insecure-listen to serve it in plain text"))
	if s.AdminListen != "" {
		problems = append(problems, rpc.CheckListen("admin-listen", s.AdminListen, s.InsecureListen, "give insecure-listen to serve it in plain text"))
	}
	if s.KeyFile == "" {
		problems = append(problems, errors.New("key-file must be given; throughline key FILE makes one"))
	}
	if s.Database.URL == "" {
		problems = append(problems, errors.New("database.url must be given, such as postgres://throughline@db.example.gov/throughline"))
	}
	if s.MaxConns < 1 {
		problems = append(problems, fmt.Errorf("database.max-conns must be at least 1, not %d", s.MaxConns))
	}
	return errors.Join(problems...)
}

// Database is the section that says where PostgreSQL is.
type Database struct {
	URL          string `name:"url" help:"PostgreSQL database, such as postgres://throughline@db.example.gov/throughline." placeholder:"URL"`
	PasswordFile string `help:"File with the database's password, when the URL has none." type:"path" placeholder:"FILE"`
}

// Validate refuses what is no URL of PostgreSQL; it never repeats one, which may hold a password.
func (d *Database) Validate() error {
	if d.URL == "" {
		return nil
	}
	u, err := url.Parse(d.URL)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return errors.New("database.url must be a URL such as postgres://throughline@db.example.gov/throughline")
	}
	if _, given := u.User.Password(); given && d.PasswordFile != "" {
		return errors.New("database.url has a password already; leave it out, or database.password-file")
	}
	return nil
}

// Connection is the URL with the password. It is a secret.
func (d *Database) Connection() (string, error) {
	if d.PasswordFile == "" {
		return d.URL, nil
	}
	u, err := url.Parse(d.URL)
	if err != nil {
		return "", errors.New("database.url is no URL")
	}
	password, err := secret(d.PasswordFile)
	if err != nil {
		return "", fmt.Errorf("read database.password-file: %w", err)
	}
	u.User = url.UserPassword(u.User.Username(), password)
	return u.String(), nil
}

// secret is the first line of a file.
func secret(file string) (string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	line, _, _ := strings.Cut(string(text), "\n")
	return strings.TrimSuffix(line, "\r"), nil
}
