package daemon_test

import (
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/throughline/throughline/services/platform/config"
	"github.com/throughline/throughline/services/platform/daemon"
	"github.com/throughline/throughline/services/platform/rpc/rpctest"
)

// needed are the settings without a default.
var needed = []string{"--key-file", "key", "--database-url", "postgres://db/throughline"}

func parse(args ...string) (*daemon.Settings, error) {
	s := new(daemon.Settings)
	p := daemon.Program{Service: "things", Settings: s, Common: s}
	_, err := config.Parse(s, p.Config(args, io.Discard))
	return s, err
}

func TestSettings(t *testing.T) {
	for _, c := range []struct {
		name string
		args []string // beside those needed, and winning over them
		want string   // in the complaint; empty: accepted
	}{
		{"the defaults", nil, ""},
		{"mutual TLS beyond loopback", []string{"--listen", ":9090", "--tls-ca", "a", "--tls-cert", "c", "--tls-key", "k"}, ""},
		{"plain text beyond loopback, when told", []string{"--listen", ":9090", "--admin-listen", ":9091", "--insecure-listen"}, ""},
		{"no health", []string{"--admin-listen", ""}, ""},
		{"Sentinels", []string{"--redis-addrs", "a:1,b:1", "--redis-master", "main"}, ""},
		{"a cluster", []string{"--redis-addrs", "a:1,b:1", "--redis-cluster"}, ""},
		{"beyond loopback", []string{"--listen", "0.0.0.0:9090"}, "listen 0.0.0.0:9090 is not a loopback address; give tls.ca"},
		{"health beyond loopback", []string{"--admin-listen", ":9091"}, "admin-listen :9091 is not a loopback address"},
		{"TLS does not cover health", []string{"--admin-listen", ":9091", "--tls-ca", "a", "--tls-cert", "c", "--tls-key", "k"}, "admin-listen :9091"},
		{"no port", []string{"--listen", "localhost"}, "listen must be host:port"},
		{"half of mutual TLS", []string{"--tls-cert", "c", "--tls-key", "k"}, "need tls.ca"},
		{"the other half", []string{"--tls-ca", "a"}, "tls.ca needs tls.cert and tls.key"},
		{"no database", []string{"--database-url", ""}, "database.url must be given"},
		{"another database", []string{"--database-url", "mysql://root:hush@db/x"}, "database.url must be a URL such as postgres://"},
		{"two passwords", []string{"--database-url", "postgres://u:hush@db/x", "--database-password-file", "f"}, "has a password already"},
		{"no connections", []string{"--database-max-conns", "0"}, "database.max-conns must be at least 1"},
		{"no Redis", []string{"--redis-addrs", ""}, "redis.addrs must"},
		{"Redis without port", []string{"--redis-addrs", "redis"}, "redis.addrs must be host:port"},
		{"two Redis servers", []string{"--redis-addrs", "a:1,b:1"}, "need redis.master (Sentinel) or redis.cluster"},
		{"a password of no Sentinels", []string{"--redis-sentinel-password-file", "pw"}, "need redis.master"},
		{"Sentinels and a cluster", []string{"--redis-master", "main", "--redis-cluster"}, "exclude each other"},
		{"half of an issuer", []string{"--oidc-issuer", "https://id.example.gov"}, "oidc.issuer and oidc.audience go together"},
		{"two problems at once", []string{"--database-url", "", "--listen", "x"}, "not \"x\"; database.url must be given"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := parse(append(slices.Clip(needed), c.args...)...)
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
			if err != nil && (strings.Contains(err.Error(), "hush") || strings.Contains(err.Error(), "\n")) {
				t.Errorf("told a secret, or in several lines: %v", err)
			}
		})
	}
}

func TestKeyIsNeeded(t *testing.T) {
	if _, err := parse(needed[2:]...); err == nil || !strings.Contains(err.Error(), "key-file must be given; throughline key FILE makes one") {
		t.Error(err)
	}
}

func TestPasswordsComeFromFiles(t *testing.T) {
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte("p@ss/word\r\nnot this\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := parse("--key-file", "key", "--database-url", "postgres://ann@db/throughline?sslmode=verify-full", "--database-password-file", file,
		"--redis-password-file", file, "--redis-username", "ann")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := s.Database.Connection(); err != nil || got != "postgres://ann:p%40ss%2Fword@db/throughline?sslmode=verify-full" {
		t.Errorf("database %s, %v", got, err)
	}
	if o, err := s.Redis.Options(); err != nil || o.Username != "ann" || o.Password != "p@ss/word" || o.TLSConfig != nil {
		t.Errorf("redis %+v, %v", o, err)
	}
	s.Database.PasswordFile, s.Redis.PasswordFile = file+"x", file+"x"
	if _, err := s.Database.Connection(); err == nil || !strings.Contains(err.Error(), "database.password-file") {
		t.Errorf("a missing file: %v", err)
	}
	if _, err := s.Redis.Options(); err == nil || !strings.Contains(err.Error(), "redis.password-file") {
		t.Errorf("a missing file: %v", err)
	}
}

func TestRedisOptions(t *testing.T) {
	files := rpctest.NewAuthority(t).Issue(t, t.TempDir(), 1)
	for _, c := range []struct {
		name     string
		section  daemon.Redis
		master   string
		cluster  bool
		tls, own bool // verified against an authority of our own
	}{
		{"one", daemon.Redis{Addrs: []string{"a:1"}}, "", false, false, false},
		{"Sentinels", daemon.Redis{Addrs: []string{"a:1", "b:1"}, Master: "main"}, "main", false, false, false},
		{"a cluster known by one node", daemon.Redis{Addrs: []string{"a:1"}, Cluster: true}, "", true, false, false},
		{"TLS", daemon.Redis{Addrs: []string{"a:1"}, TLS: true}, "", false, true, false},
		{"TLS of an authority", daemon.Redis{Addrs: []string{"a:1"}, CA: files.CA}, "", false, true, true},
	} {
		o, err := c.section.Options()
		if err != nil || !reflect.DeepEqual(o.Addrs, c.section.Addrs) || o.MasterName != c.master || o.IsClusterMode != c.cluster ||
			(o.TLSConfig != nil) != c.tls || c.tls && (o.TLSConfig.RootCAs != nil) != c.own {
			t.Errorf("%s: %+v, %v", c.name, o, err)
		}
	}
	if _, err := (&daemon.Redis{CA: files.Key}).Options(); err == nil || !strings.Contains(err.Error(), "redis.ca") {
		t.Errorf("a key for an authority: %v", err)
	}
}
