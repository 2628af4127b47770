package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"

	goalsv1 "github.com/throughline/throughline/proto/gen/throughline/goals/v1"
	"github.com/throughline/throughline/services/goals"
	"github.com/throughline/throughline/services/platform/authn"
	"github.com/throughline/throughline/services/platform/config"
	"github.com/throughline/throughline/services/platform/config/configtest"
	"github.com/throughline/throughline/services/platform/daemon"
	"github.com/throughline/throughline/services/platform/rpc"
	"github.com/throughline/throughline/services/platform/rpc/rpctest"
	"github.com/throughline/throughline/services/platform/servers"
	"github.com/throughline/throughline/services/platform/sqldb"
)

func TestSchema(t *testing.T) {
	p := program()
	needed := []string{"--key-file", "key", "--database-url", "postgres://localhost/throughline"}
	configtest.Schema(t, p.Settings, p.Config(needed, io.Discard), "testdata/goalsd.schema.json")
}

// settled is the program with its settings read, on a database of its own; Redis is away.
func settled(t *testing.T, certificates rpc.Certificates) (p daemon.Program, url string, keys *authn.LocalKeys) {
	t.Helper()
	url = servers.Postgres(t)
	keyFile := filepath.Join(t.TempDir(), "key")
	keys, err := authn.OpenLocalKeys(keyFile, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	p = program()
	args := []string{
		"--key-file", keyFile, "--database-url", url, "--redis-addrs", "127.0.0.1:1",
		"--tls-ca", certificates.CA, "--tls-cert", certificates.Cert, "--tls-key", certificates.Key,
	}
	if _, err := config.Parse(p.Settings, p.Config(args, io.Discard)); err != nil {
		t.Fatal(err)
	}
	return p, url, keys
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestRefusesAnOldSchema(t *testing.T) {
	p, _, _ := settled(t, rpctest.NewAuthority(t).Issue(t, t.TempDir(), 1))
	err := p.Serve(t.Context(), daemon.World{Stderr: io.Discard, Now: time.Now}, listen(t), nil)
	if err == nil || !strings.Contains(err.Error(), "throughline migrate") || strings.Contains(err.Error(), "\n") {
		t.Fatalf("started without tables: %v", err)
	}
	var said bytes.Buffer
	if code := config.ExitCode(&said, "goalsd", err); code != 1 {
		t.Errorf("exit code %d: %s", code, &said)
	}
}

// A service serves its database over mutual TLS while Redis is away, tells its health, and stops in order.
func TestServes(t *testing.T) {
	authority := rpctest.NewAuthority(t)
	p, url, keys := settled(t, authority.Issue(t, t.TempDir(), 1))
	if err := sqldb.MigratePostgres(t.Context(), sqldb.PostgresConfig{URL: url, Schema: "goals", Migrations: goals.Migrations()}); err != nil {
		t.Fatal(err)
	}
	api, admin := listen(t), listen(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- p.Serve(ctx, daemon.World{Stderr: t.Output(), Now: time.Now}, api, admin) }()

	files, err := authority.Issue(t, t.TempDir(), 2).Open(time.Now, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	conn, err := rpc.Dial(api.Addr().String(), rpc.DialConfig{Files: files})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	token, err := keys.Mint(authn.Identity{Subject: "root", Organization: authn.NoOrganization, Roles: []string{authn.RoleOperator}}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	made, err := goalsv1.NewGoalsServiceClient(conn).CreateOrganization(rpc.WithToken(t.Context(), token), &goalsv1.CreateOrganizationRequest{
		OrganizationId: "riverbend", Organization: &goalsv1.Organization{DisplayName: "Riverbend", CurrencyCode: "USD"},
	}, grpc.WaitForReady(true))
	if err != nil || made.GetName() != "organizations/riverbend" {
		t.Fatalf("made %v, %v", made, err)
	}

	probe, err := grpc.NewClient(admin.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer probe.Close()
	watch, err := healthv1.NewHealthClient(probe).Watch(t.Context(), &healthv1.HealthCheckRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []healthv1.HealthCheckResponse_ServingStatus{healthv1.HealthCheckResponse_SERVING, healthv1.HealthCheckResponse_NOT_SERVING} {
		if got, err := watch.Recv(); err != nil || got.GetStatus() != want {
			t.Fatalf("health %v, %v; want %v", got, err, want)
		}
		stop()
	}
	if err := <-ended; err != nil {
		t.Errorf("stopped with %v", err)
	}
}
