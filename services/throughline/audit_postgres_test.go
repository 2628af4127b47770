package throughline_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"google.golang.org/grpc"

	actionplanningv1 "github.com/throughline/throughline/proto/gen/throughline/actionplanning/v1"
	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
	goalsv1 "github.com/throughline/throughline/proto/gen/throughline/goals/v1"
	performancev1 "github.com/throughline/throughline/proto/gen/throughline/performance/v1"
	"github.com/throughline/throughline/services/actionplanning"
	"github.com/throughline/throughline/services/budgeting"
	"github.com/throughline/throughline/services/goals"
	"github.com/throughline/throughline/services/performance"
	"github.com/throughline/throughline/services/platform/authn"
	"github.com/throughline/throughline/services/platform/bus"
	"github.com/throughline/throughline/services/platform/rpc"
	"github.com/throughline/throughline/services/platform/servers"
	"github.com/throughline/throughline/services/platform/service"
	"github.com/throughline/throughline/services/platform/sqldb"
	"github.com/throughline/throughline/services/throughline"
	"github.com/throughline/throughline/services/throughline/internal/audit"
	"github.com/throughline/throughline/services/throughline/internal/client"
	"github.com/throughline/throughline/services/throughline/internal/sample"
)

// The same checks look at the same city in PostgreSQL.
func TestAuditPostgres(t *testing.T) {
	url := servers.Postgres(t)
	if err := throughline.MigratePostgres(t.Context(), url, func(string) {}); err != nil {
		t.Fatal(err)
	}
	goalsDB := cityOnPostgres(t, url)
	look := func() audit.Report {
		t.Helper()
		report, err := throughline.Audit(t.Context(), throughline.AuditConfig{Postgres: url, Now: anHourLater})
		if err != nil {
			t.Fatal(err)
		}
		return report
	}
	clean := look()
	for _, c := range clean.Checks {
		t.Logf("%s: %d %s", c.Name, c.Looked, c.Unit)
		if c.Looked == 0 && c.Name != "adopted-money" || len(c.Findings)+len(c.Warnings) > 0 {
			t.Errorf("%s looked at %d %s: %+v %+v", c.Name, c.Looked, c.Unit, c.Findings, c.Warnings)
		}
	}
	if err := goalsDB.Write(t.Context(), sql("DELETE FROM outbox WHERE subject = ? AND sequence = 2", plan)); err != nil {
		t.Fatal(err)
	}
	damaged := look()
	if c := damaged.Checks[0]; damaged.Clean || c.Failed != 1 || c.Findings[0].Resource != plan {
		t.Errorf("a lost event: %+v", c)
	}
}

// cityOnPostgres loads the sample city into services on PostgreSQL that stop once their events are published, and answers the database of goals.
func cityOnPostgres(t *testing.T, url string) sqldb.DB {
	t.Helper()
	keys, err := authn.OpenLocalKeys(filepath.Join(t.TempDir(), "key"), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	channel, events := rpc.NewInProcess(rpc.InProcessConfig{}), bus.NewInProcess(bus.Config{})
	databases, parts := map[string]sqldb.DB{}, []service.Part{}
	for _, d := range throughline.Databases() {
		db, err := sqldb.OpenPostgres(t.Context(), sqldb.PostgresConfig{URL: url, Schema: d.Service, MaxConns: 4, Migrations: d.Migrations})
		if err != nil {
			t.Fatal(err)
		}
		databases[d.Service] = db
		deps := service.Deps{DB: db, Bus: events, Verifier: keys, Logger: slog.New(slog.DiscardHandler), Now: time.Now, NewID: service.NewID}
		var part service.Part
		switch conn := grpc.ClientConnInterface(authn.NewServiceTokens(d.Service, keys, time.Now).Wrap(channel)); d.Service {
		case "goals":
			part, err = goals.New(goals.Deps{Deps: deps})
		case "performance":
			part, err = performance.New(performance.Deps{Deps: deps, Goals: conn})
		case "budgeting":
			part, err = budgeting.New(budgeting.Deps{Deps: deps, Goals: conn, Performance: conn})
		default:
			part, err = actionplanning.New(actionplanning.Deps{Deps: deps, Goals: conn, Performance: conn, Budgeting: conn})
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = part.Close() })
		part.Register(channel)
		parts = append(parts, part)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, len(parts))
	for _, part := range parts {
		go func() { ended <- part.Run(ctx) }()
	}
	suite := &client.Suite{
		Goals: goalsv1.NewGoalsServiceClient(channel), ActionPlanning: actionplanningv1.NewActionPlanningServiceClient(channel),
		Budgeting: budgetingv1.NewBudgetingServiceClient(channel), Performance: performancev1.NewPerformanceServiceClient(channel),
	}
	_, err = sample.Load(t.Context(), suite, func(ctx context.Context, subject string, roles ...string) (context.Context, error) {
		organization := "riverbend"
		if roles[0] == authn.RoleOperator {
			organization = authn.NoOrganization
		}
		token, err := keys.Mint(authn.Identity{Subject: subject, Organization: organization, Roles: roles}, time.Hour)
		return client.As(ctx, token), err
	}, sample.Options{Dir: filepath.Join(root(t), "deploy", "samples", "riverbend")})
	if err != nil {
		t.Fatal(err)
	}
	quiet(t, databases)
	stop()
	for range parts {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	return databases["goals"]
}

// quiet returns once every event is published.
func quiet(t *testing.T, databases map[string]sqldb.DB) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for name, db := range databases {
		for waiting := int64(1); waiting > 0; {
			err := db.Read(t.Context(), func(tx sqldb.Tx) error {
				_, err := sqldb.QueryOne(tx, "SELECT COUNT(*) FROM outbox WHERE position > COALESCE((SELECT MAX(position) FROM outbox_position), 0)", nil,
					func(r sqldb.Row) error { waiting = r.Int(0); return nil })
				return err
			})
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if waiting > 0 {
				<-tick.C
			}
		}
	}
}
