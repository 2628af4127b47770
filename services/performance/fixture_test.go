package performance_test

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/type/date"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	goalsv1 "github.com/throughline/throughline/proto/gen/throughline/goals/v1"
	performancev1 "github.com/throughline/throughline/proto/gen/throughline/performance/v1"
	"github.com/throughline/throughline/services/performance"
	"github.com/throughline/throughline/services/platform/authn"
	"github.com/throughline/throughline/services/platform/bus"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/outbox"
	"github.com/throughline/throughline/services/platform/rpc"
	"github.com/throughline/throughline/services/platform/service"
	"github.com/throughline/throughline/services/platform/sqldb"
	"github.com/throughline/throughline/services/platform/sqldb/sqldbtest"
)

const parent = "organizations/o"

// fixture is the service on an in-process channel, with a clock that stands still until it is advanced.
type fixture struct {
	client   performancev1.PerformanceServiceClient
	register func(grpc.ServiceRegistrar) // adds the service to another channel or listener
	db       sqldb.DB
	keys     *authn.LocalKeys
	events   chan outbox.Event
	bus      bus.Bus        // takes the events of other services
	goals    *fakeGoals     // its peer
	clock    atomic.Int64   // seconds since epoch
	tick     chan time.Time // makes the service remind of gaps
}

var epoch = time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)

func (f *fixture) now() time.Time { return epoch.Add(time.Duration(f.clock.Load()) * time.Second) }

// later advances the clock by a minute and returns the moment before.
func (f *fixture) later() time.Time {
	before := f.now()
	f.clock.Add(60)
	return before
}

func start(t testing.TB) *fixture {
	t.Helper()
	f := &fixture{events: make(chan outbox.Event, 1000), tick: make(chan time.Time)}
	keys, err := authn.OpenLocalKeys(filepath.Join(t.TempDir(), "key"), f.now)
	must(t, err)
	db := sqldbtest.Open(t, performance.Migrations())
	events := bus.NewInProcess(bus.Config{})
	f.keys, f.bus, f.goals = keys, events, &fakeGoals{}
	peers := rpc.NewInProcess(rpc.InProcessConfig{})
	goalsv1.RegisterGoalsServiceServer(peers, f.goals)
	must(t, events.Subscribe(bus.Subscription{Consumer: "test", Source: performance.Source, Handle: func(_ context.Context, e outbox.Event) error {
		select {
		case f.events <- e:
		default: // only benchmarks make more than anybody reads
		}
		return nil
	}}))
	var id atomic.Int64
	s, err := performance.New(performance.Deps{Deps: service.Deps{
		DB: db, Bus: events, Verifier: keys, Logger: slog.New(slog.DiscardHandler), Now: f.now,
		NewID: func() string { return fmt.Sprintf("id-%d", id.Add(1)) },
	}, Goals: peers, Remind: f.tick})
	must(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	stopped := make(chan error, 1)
	go func() { stopped <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		must(t, <-stopped)
		must(t, s.Close())
	})
	f.db, f.register = db, s.Register
	channel := rpc.NewInProcess(rpc.InProcessConfig{})
	s.Register(channel)
	f.client = performancev1.NewPerformanceServiceClient(channel)
	return f
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// in is a context that carries a manager's token of an organization.
func (f *fixture) in(t testing.TB, organization string, roles ...string) context.Context {
	t.Helper()
	if roles == nil {
		roles = []string{"manager"}
	}
	token, err := f.keys.Mint(authn.Identity{Subject: "mia", Organization: organization, Roles: roles}, 24*time.Hour)
	must(t, err)
	return metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+token)
}

func (f *fixture) as(t testing.TB, roles ...string) context.Context {
	t.Helper()
	return f.in(t, "o", roles...)
}

// wait is the next event of a kind, such as "measure.created".
func (f *fixture) wait(t testing.TB, kind string) outbox.Event {
	t.Helper()
	for {
		select {
		case e := <-f.events:
			if e.Type == performance.Source+"."+kind {
				return e
			}
		case <-t.Context().Done():
			t.Fatalf("no event %s", kind)
		}
	}
}

func day(year, month, dayOfMonth int32) *date.Date {
	return &date.Date{Year: year, Month: month, Day: dayOfMonth}
}

// response is a monthly measure with target 8 minutes in 2027 that counts for the fire program.
func response() *performancev1.Measure {
	return &performancev1.Measure{
		DisplayName: "Response time", Unit: "minutes", Kind: performancev1.MeasureKind_MEASURE_KIND_OUTCOME,
		Direction: performancev1.Direction_DIRECTION_DECREASE, Frequency: performancev1.Frequency_FREQUENCY_MONTHLY,
		Targets: []*performancev1.Target{{StartDate: day(2027, 1, 1), EndDate: day(2027, 12, 31), Value: 8}},
		Links: []*performancev1.MeasureLink{{
			Subject: parent + "/programs/fire", Contribution: performancev1.Contribution_CONTRIBUTION_CONTRIBUTES,
		}},
	}
}

// measure creates one and returns its name.
func (f *fixture) measure(t testing.TB, id string, m *performancev1.Measure) string {
	t.Helper()
	created, err := f.client.CreateMeasure(f.as(t), &performancev1.CreateMeasureRequest{Parent: parent, MeasureId: id, Measure: m})
	must(t, err)
	return created.GetName()
}

func row(measure string, month int32, dimension string, value float64) *performancev1.ObservationRow {
	return &performancev1.ObservationRow{
		Measure: measure, PeriodStart: day(2027, month, 1), Dimension: dimension, Value: new(value), Source: "dispatch",
	}
}

type rows = []*performancev1.ObservationRow

// record sends one stream of messages.
func (f *fixture) record(ctx context.Context, messages ...rows) (*performancev1.RecordObservationsResponse, error) {
	stream, err := f.client.RecordObservations(ctx)
	if err != nil {
		return nil, err
	}
	for _, m := range messages {
		if err := stream.Send(&performancev1.RecordObservationsRequest{Parent: parent, Rows: m}); err != nil {
			break // CloseAndRecv tells why
		}
	}
	return stream.CloseAndRecv()
}

func wantCounts(t testing.TB, r *performancev1.RecordObservationsResponse, accepted, revised, duplicate, rejected int64) {
	t.Helper()
	if r.GetAccepted() != accepted || r.GetRevised() != revised || r.GetDuplicate() != duplicate || r.GetRejected() != rejected {
		t.Fatalf("recorded %v, want %d accepted, %d revised, %d duplicate, %d rejected", r, accepted, revised, duplicate, rejected)
	}
}

func wantReason(t testing.TB, err error, reason string) {
	t.Helper()
	if got := fault.Reason(rpc.FromStatus(err)); got != reason {
		t.Fatalf("reason %q (%v), want %q", got, err, reason)
	}
}

func wantFields(t testing.TB, err error, fields ...string) {
	t.Helper()
	f, _ := fault.As(rpc.FromStatus(err))
	if f == nil || len(f.Violations) != len(fields) {
		t.Fatalf("%v, want violations of %v", err, fields)
	}
	for i, v := range f.Violations {
		if v.Field != fields[i] {
			t.Errorf("violation of %s (%s), want %s", v.Field, v.Detail, fields[i])
		}
	}
}
