package bus_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"github.com/throughline/throughline/services/platform/bus"
	"github.com/throughline/throughline/services/platform/inbox"
	"github.com/throughline/throughline/services/platform/outbox"
	"github.com/throughline/throughline/services/platform/sqldb"
)

func TestMain(m *testing.M) {
	// The client looks every second for a server that refused it, and so ends that up to a second after Close.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/redis/go-redis/v9/internal/pool.(*ConnPool).tryDial"))
}

const source = "throughline.goals.v1"

var noon = time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)

func atNoon() time.Time { return noon }

// soon is a tenth of the time asked for.
func soon(d time.Duration) <-chan time.Time { return time.After(d / 10) }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

var effects = fstest.MapFS{"00001_effects.sql": {Data: []byte(`-- +goose Up
CREATE TABLE effects (
    subject  TEXT    NOT NULL,
    n        INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    PRIMARY KEY (subject, n)
);
`)}}

func open(t testing.TB, name string) sqldb.DB {
	t.Helper()
	db, err := sqldb.OpenSQLite(t.Context(), sqldb.Config{Path: filepath.Join(t.TempDir(), name+".db"), Migrations: effects})
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	return db
}

// alone claims nothing: as if every process believed that it is the only one.
func alone(ctx context.Context, _ string, fn func(context.Context) error) error { return fn(ctx) }

// connect makes a bus; change may alter its settings.
func connect(t testing.TB, addr string, change func(*bus.RedisConfig)) *bus.Redis {
	t.Helper()
	c := bus.RedisConfig{
		Config:    bus.Config{After: soon, Logger: quiet},
		Options:   redis.UniversalOptions{Addrs: []string{addr}, DialerRetries: 1, MaxRetries: 1},
		Exclusive: alone, Now: atNoon, Block: 20 * time.Millisecond,
	}
	if change != nil {
		change(&c)
	}
	b, err := bus.NewRedis(c)
	must(t, err)
	t.Cleanup(func() { must(t, b.Close()) })
	return b
}

// start runs something until stop, or the end of the test.
func start(t testing.TB, run func(context.Context) error) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("ended with %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

// publisher is a service that makes events.
type publisher struct {
	db    sqldb.DB
	relay *outbox.Relay
}

func newPublisher(t testing.TB, to outbox.Publisher) *publisher {
	t.Helper()
	db := open(t, "goals")
	return &publisher{db: db, relay: &outbox.Relay{DB: db, Bus: to, Source: source, After: soon, Logger: quiet}}
}

// make makes the next n events of each subject, one of every subject after the other.
func (p *publisher) make(t testing.TB, n int, subjects ...string) {
	t.Helper()
	for range n {
		must(t, p.db.Write(t.Context(), func(tx sqldb.Tx) error {
			for _, s := range subjects {
				if _, err := outbox.Append(tx, outbox.Event{
					Source: source, Type: source + ".goal.updated", Organization: "o", Subject: s, Time: noon, Actor: "users/ana", RequestID: "r", EtagBefore: "1", EtagAfter: "2", Data: []byte(s),
				}); err != nil {
					return err
				}
			}
			return nil
		}))
		p.relay.Wake()
	}
}

// consumer is a service that has effects.
type consumer struct {
	name string
	db   sqldb.DB
	took chan outbox.Event                               // every effect, and every dead letter
	fail func(ctx context.Context, e outbox.Event) error // after the effect was committed, so that the bus believes that there was none; may be nil
}

func newConsumer(t testing.TB, name string) *consumer {
	t.Helper()
	return &consumer{name: name, db: open(t, "performance"), took: make(chan outbox.Event, 100_000)}
}

var errPoison = errors.New("cannot digest")

func (c *consumer) subscription() bus.Subscription {
	return bus.Subscription{
		Consumer: c.name, Source: source,
		Handle: func(ctx context.Context, e outbox.Event) error {
			if strings.HasPrefix(e.Subject, "poison") {
				return errPoison
			}
			fresh := false
			if err := c.db.Write(ctx, func(tx sqldb.Tx) (err error) {
				if fresh, err = inbox.Once(tx, c.name, e); err != nil || !fresh {
					return err
				}
				_, err = tx.Exec("INSERT INTO effects (subject, n, sequence) SELECT CAST(? AS TEXT), COUNT(*) + 1, CAST(? AS BIGINT) FROM effects WHERE subject = ?", e.Subject, e.Sequence, e.Subject)
				return err
			}); err != nil {
				return err
			}
			if fresh {
				c.took <- e
			}
			if c.fail != nil {
				return c.fail(ctx, e)
			}
			return nil
		},
		DeadLetter: func(ctx context.Context, e outbox.Event, cause error) error {
			if err := c.db.Write(ctx, func(tx sqldb.Tx) error { return inbox.Bury(tx, c.name, e, cause) }); err != nil {
				return err
			}
			c.took <- e
			return nil
		},
	}
}

// await waits for n effects.
func (c *consumer) await(t testing.TB, n int) {
	t.Helper()
	late := time.After(20 * time.Second)
	for i := range n {
		select {
		case <-c.took:
		case <-late:
			t.Fatalf("only %d of %d effects came", i, n)
		}
	}
}

// want checks that each subject had events 1 to n, in this order, once each.
func (c *consumer) want(t testing.TB, n int64, subjects ...string) {
	t.Helper()
	got := map[string][]int64{}
	must(t, c.db.Read(t.Context(), func(tx sqldb.Tx) error {
		clear(got)
		return tx.Query("SELECT subject, sequence FROM effects ORDER BY subject, n", nil, func(r sqldb.Row) error {
			got[r.Text(0)] = append(got[r.Text(0)], r.Int(1))
			return nil
		})
	}))
	want := make([]int64, n)
	for i := range want {
		want[i] = int64(i) + 1
	}
	for _, s := range subjects {
		if !slices.Equal(got[s], want) {
			t.Errorf("effects of %s are %v, want 1 to %d", s, got[s], n)
		}
	}
	if len(got) != len(subjects) {
		t.Errorf("effects of %d subjects, want %d", len(got), len(subjects))
	}
}

func names(n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprint("s", i)
	}
	return all
}

// flowing is a publisher whose events come out of one connection to Redis as effects of a consumer at another, or the same.
func flowing(t testing.TB, publishing, consuming *bus.Redis) (*publisher, *consumer) {
	t.Helper()
	p, c := newPublisher(t, publishing), newConsumer(t, "performance")
	must(t, consuming.Subscribe(c.subscription()))
	start(t, p.relay.Run)
	start(t, consuming.Run)
	return p, c
}
