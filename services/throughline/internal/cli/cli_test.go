package cli

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/throughline/throughline/services/platform/authn"
	"github.com/throughline/throughline/services/platform/config"
	"github.com/throughline/throughline/services/platform/config/configtest"
	"github.com/throughline/throughline/services/throughline"
)

func TestSchema(t *testing.T) {
	configtest.Schema(t, new(Settings), config.Program{Name: "throughline", Args: []string{"serve"}}, filepath.Join("testdata", "schema.json"))
}

// What is printed can be pasted, wherever the data directory lies.
func TestPathsForTheShell(t *testing.T) {
	for path, want := range map[string]string{
		"/home/ann/.throughline": "/home/ann/.throughline",
		"/home/ann/my data":      "'/home/ann/my data'",
		"/tmp/$HOME":             "'/tmp/$HOME'",
		"/tmp/ann's":             `'/tmp/ann'\''s'`,
	} {
		if got := pasted(path); got != want {
			t.Errorf("%s is printed as %s, want %s", path, got, want)
		}
	}
}

// now is a Monday morning.
func now() time.Time { return time.Date(2026, 7, 6, 9, 0, 0, 0, time.UTC) }

// run is one call of the program.
func run(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, complaints bytes.Buffer
	code = Main(t.Context(), args, World{Stdout: &out, Stderr: &complaints, Now: now})
	return code, out.String(), complaints.String()
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		name string
		args []string
		code int
		want []string // parts of the sentence
	}{
		{"REST beyond loopback", []string{"serve", "--listen", "0.0.0.0:8080"}, 2, []string{"listen 0.0.0.0:8080", "--tls-cert", "--insecure-listen"}},
		{"gRPC beyond loopback", []string{"serve", "--grpc-listen", "192.0.2.7:9090"}, 2, []string{"grpc-listen 192.0.2.7:9090", "--tls-cert", "--insecure-listen"}},
		{"admin beyond loopback", []string{"serve", "--admin-listen", "[::]:9091"}, 2, []string{"admin-listen [::]:9091", "--insecure-listen"}},
		{"every interface by leaving the host out", []string{"serve", "--listen", ":8080"}, 2, []string{"listen :8080", "--insecure-listen"}},
		{"a name may be any host", []string{"serve", "--listen", "city.example:8080"}, 2, []string{"listen city.example:8080", "--insecure-listen"}},
		{"TLS does not cover admin", []string{"serve", "--tls-cert", "c.pem", "--tls-key", "k.pem", "--admin-listen", "0.0.0.0:9091"}, 2, []string{"admin-listen 0.0.0.0:9091"}},
		{"half of TLS", []string{"serve", "--tls-cert", "c.pem"}, 2, []string{"tls-cert and tls-key go together"}},
		{"no port", []string{"serve", "--grpc-listen", "localhost"}, 2, []string{"grpc-listen must be host:port", `"localhost"`}},
		{"unknown role", []string{"token", "--role", "mayor"}, 2, []string{`role "mayor" is not known`, "finance"}},
		{"no role", []string{"token"}, 2, []string{"--role"}},
		{"no key yet", []string{"token", "--role", "finance"}, 1, []string{"no key at", "throughline serve", "--data-dir", "--key-file"}},
		{"unknown command", []string{"serv"}, 2, []string{"serv"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, out, complaint := run(t, append(c.args, "--data-dir", t.TempDir())...)
			if code != c.code || out != "" {
				t.Errorf("code %d, printed %q; want %d and nothing", code, out, c.code)
			}
			for _, part := range c.want {
				if !strings.Contains(complaint, part) {
					t.Errorf("said %q, want %q in it", complaint, part)
				}
			}
			if strings.Count(complaint, "\n") != 1 {
				t.Errorf("said %q, want one line", complaint)
			}
		})
	}
}

func TestServeTakes(t *testing.T) {
	for _, c := range []struct {
		name string
		args []string
	}{
		{"the defaults", nil},
		{"loopback by number and by name", []string{"--listen", "[::1]:8080", "--grpc-listen", "localhost:9090"}},
		{"no admin listener", []string{"--admin-listen", ""}},
		{"all of it in plain text, when told", []string{"--listen", ":8080", "--grpc-listen", ":9090", "--admin-listen", ":9091", "--insecure-listen"}},
		{"REST and gRPC over TLS", []string{"--listen", ":8080", "--grpc-listen", ":9090", "--tls-cert", "c.pem", "--tls-key", "k.pem"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := config.Parse(new(Settings), config.Program{Name: "throughline", Args: append([]string{"serve"}, c.args...)}); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestTokenSaysWhoTheCallerIs(t *testing.T) {
	dir := t.TempDir()
	keys, err := authn.OpenLocalKeys(throughline.KeyFile(dir), now)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		args []string
		want authn.Identity
	}{
		{"a role is enough", []string{"--role", "finance"}, authn.Identity{Subject: "finance", Organization: "riverbend", Roles: []string{"finance"}}},
		{
			"everything told",
			[]string{"--role", "department", "--role", "staff", "--organization", "okc", "--subject", "ann", "--department", "parks"},
			authn.Identity{Subject: "ann", Organization: "okc", Roles: []string{"department", "staff"}, Department: "parks"},
		},
		{"operators belong to no organization", []string{"--role", "operator"}, authn.Identity{Subject: "operator", Organization: authn.NoOrganization, Roles: []string{"operator"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, out, complaint := run(t, append([]string{"token", "--data-dir", dir}, c.args...)...)
			if code != 0 || complaint != "" {
				t.Fatalf("code %d: %s", code, complaint)
			}
			got, err := keys.Verify(t.Context(), strings.TrimSpace(out))
			if err != nil {
				t.Fatal(err)
			}
			if got.Subject != c.want.Subject || got.Organization != c.want.Organization || got.Department != c.want.Department ||
				strings.Join(got.Roles, " ") != strings.Join(c.want.Roles, " ") {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}
