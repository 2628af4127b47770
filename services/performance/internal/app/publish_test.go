package app_test

import (
	"context"
	"fmt"
	"math"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/throughline/throughline/services/performance/internal/app"
	"github.com/throughline/throughline/services/performance/internal/domain"
	"github.com/throughline/throughline/services/performance/internal/rpc"
	"github.com/throughline/throughline/services/performance/internal/store/migrations"
	"github.com/throughline/throughline/services/performance/internal/store/sqlstore"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/sqldb"
	"github.com/throughline/throughline/services/platform/sqldb/sqldbtest"
)

var june = time.Date(2027, 6, 15, 12, 0, 0, 0, time.UTC)

// counting is a database that counts what is read of observations.
type counting struct {
	sqldb.DB
	statements, rows int
}

func (c *counting) Read(ctx context.Context, fn func(sqldb.Tx) error) error {
	return c.DB.Read(ctx, func(tx sqldb.Tx) error { return fn(countingTx{tx, c}) })
}

func (c *counting) Write(ctx context.Context, fn func(sqldb.Tx) error) error {
	return c.DB.Write(ctx, func(tx sqldb.Tx) error { return fn(countingTx{tx, c}) })
}

type countingTx struct {
	sqldb.Tx
	c *counting
}

func (t countingTx) Query(query string, args []any, each func(sqldb.Row) error) error {
	if !strings.Contains(query, "FROM observations") {
		return t.Tx.Query(query, args, each)
	}
	t.c.statements++
	return t.Tx.Query(query, args, func(r sqldb.Row) error {
		t.c.rows++
		return each(r)
	})
}

// city is a city with so many monthly measures, each with so many values up to June 2027 and a program of its own.
func city(tb testing.TB, measures, points int) (*app.App, *counting) {
	tb.Helper()
	db := sqldbtest.Open(tb, migrations.FS)
	tb.Cleanup(func() { must(tb, db.Close()) })
	counted := &counting{DB: db}
	ids := 0
	a := &app.App{Now: func() time.Time { return june }, NewID: func() string { ids++; return fmt.Sprintf("id-%d", ids) }}
	a.Store = stored(a, counted)
	last, _ := domain.Monthly.Ordinal("2027-06-01")
	must(tb, a.Store.Write(tb.Context(), func(tx app.Tx) (any, error) {
		for i := range measures {
			m, err := domain.NewMeasure(domain.Measure{
				Organization: "o", ID: fmt.Sprintf("m-%04d", i), DisplayName: "Response time", Unit: "minutes", Kind: "OUTCOME",
				Direction: domain.Decrease, Frequency: domain.Monthly,
				Targets: []domain.Target{{Start: "2026-07-01", End: "2027-06-30", Value: 8}},
				Links:   []domain.Link{{Subject: fmt.Sprintf("organizations/o/programs/p-%04d", i), Weight: 1, Contribution: domain.Contributes}},
			}, june)
			if err != nil {
				return nil, err
			}
			if err := tx.Measures().Insert(m); err != nil {
				return nil, err
			}
			recorded := domain.Recorded{Organization: "o", Observations: make([]domain.Observation, points)}
			for p := range points {
				recorded.Observations[p] = domain.Observation{
					Organization: "o", Cell: domain.Cell{Measure: m.ID, Period: domain.Monthly.Start(last + 1 - points + p)},
					Value: 8 + math.Mod(float64(p*p+i), 7)/4, Source: "dispatch", Revision: 1, RecordTime: june.Add(-time.Hour), RecordedBy: "ann",
				}
			}
			if err := tx.Observations().Append(recorded); err != nil {
				return nil, err
			}
		}
		return nil, nil
	}))
	return a, counted
}

func stored(a *app.App, db sqldb.DB) app.Store {
	return sqlstore.New(&resource.Keeper{DB: db, Source: "test", Message: rpc.Message, Now: a.Now, NewID: a.NewID})
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

func TestPublishReadsEachValueOnce(t *testing.T) {
	const measures, points = 50, 24
	a, read := city(t, measures, points)
	rev, err := a.PublishResults(t.Context(), "o", "")
	must(t, err)
	if read.statements != 1 || read.rows != measures*points {
		t.Errorf("%d rows in %d statements, want %d in 1", read.rows, read.statements, measures*points)
	}
	for _, s := range rev.Signals {
		if len(s.Evidence) != 1 || s.Evidence[0].Points != points || !s.Evidence[0].Usable {
			t.Errorf("%+v", s)
		}
	}
	if len(rev.Signals) != measures {
		t.Errorf("%d signals", len(rev.Signals))
	}
}

// BenchmarkPublishResults is of a city with 2,000 measures of ten years of months, nothing stored.
func BenchmarkPublishResults(b *testing.B) {
	const measures, points = 2000, 120
	a, _ := city(b, measures, points)
	ctx := resource.DryRun(b.Context(), true)
	for name, run := range map[string]func() error{
		"publish": func() error { _, err := a.PublishResults(ctx, "o", ""); return err },
		"scan alone": func() error {
			return a.Store.Read(ctx, func(tx app.Tx) error {
				return tx.Observations().EachSeries("o", "", time.Time{}, func(string, []domain.Observation) error { return nil })
			})
		},
	} {
		b.Run(name, func(b *testing.B) {
			began := cpu()
			for b.Loop() {
				must(b, run())
			}
			used := (cpu() - began) / time.Duration(b.N)
			b.ReportMetric(float64(used)/float64(time.Millisecond), "cpu-ms/op")
			b.ReportMetric(measures*points/used.Seconds(), "points/cpu-s")
		})
	}
}

// cpu is what the process has used: benchmarks share their machine.
func cpu() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
