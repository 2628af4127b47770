package performance_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	performancev1 "github.com/throughline/throughline/proto/gen/throughline/performance/v1"
)

// told is what a stream came to: "accepted revised duplicate rejected missing", then each error.
func told(r *performancev1.RecordObservationsResponse) []string {
	out := []string{fmt.Sprint(r.GetAccepted(), " ", r.GetRevised(), " ", r.GetDuplicate(), " ", r.GetRejected(), " ", r.GetMissing())}
	for _, e := range r.GetErrors() {
		out = append(out, fmt.Sprintf("%d %s %s", e.GetRow(), e.GetField(), e.GetReason()))
	}
	return out
}

// texts are a month's row each, from January.
func texts(measure string, all ...string) rows {
	var m rows
	for i, text := range all {
		r := row(measure, int32(i+1), "", 0)
		r.Value, r.Text = nil, &text
		m = append(m, r)
	}
	return m
}

func TestTextsAreReadByTheirMessagesRules(t *testing.T) {
	f := start(t)
	name := f.measure(t, "rt", response())
	send := func(messages ...*performancev1.RecordObservationsRequest) (*performancev1.RecordObservationsResponse, error) {
		stream, err := f.client.RecordObservations(f.as(t))
		must(t, err)
		for _, m := range messages {
			m.Parent = parent
			if stream.Send(m) != nil {
				break
			}
		}
		return stream.CloseAndRecv()
	}
	both := row(name, 9, "", 1)
	both.Text = new("1")
	r, err := send(
		&performancev1.RecordObservationsRequest{Rows: append(texts(name, "85%", "7.9M", "125,825", "#Missing", "12 weeks", "1,23"), both)},
		&performancev1.RecordObservationsRequest{
			Rows: texts(name, "85%", "7,9 M", "125.825", "TBR", "12 Weeks", "none"),
			ValueRules: &performancev1.ValueRules{
				DecimalComma: true, Percent: performancev1.ValueRules_PERCENT_FRACTION, Units: []string{"weeks"}, Missing: []string{"NONE"},
			},
		})
	must(t, err)
	want := []string{
		"4 1 2 4 2", "4 text VALUE_NOT_UNDERSTOOD", "5 text VALUE_NOT_UNDERSTOOD", "6 text INVALID_FIELDS", "10 text VALUE_NOT_UNDERSTOOD",
	}
	if got := told(r); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	for i, remedy := range []string{"value_rules.units", "value_rules.decimal_comma to true", "send one of them", "value_rules.missing"} {
		if said := r.GetErrors()[i].GetMessage(); !strings.Contains(said, remedy) {
			t.Errorf("%q does not say %s", said, remedy)
		}
	}
	wantList(t, f.listed(t, &performancev1.ListObservationsRequest{Parent: name}), "1 0.85/2", "2 7.9e+06/1", "3 125825/1", "5 12/1")

	_, err = send(&performancev1.RecordObservationsRequest{
		Rows: texts(name, "1"), ValueRules: &performancev1.ValueRules{Units: []string{"weeks", " ", "%"}},
	})
	wantFields(t, err, "value_rules.units[1]", "value_rules.units[2]")
	_, err = send(&performancev1.RecordObservationsRequest{
		Rows: texts(name, "1"), ValueRules: &performancev1.ValueRules{Percent: 9, Missing: []string{strings.Repeat("x", 51)}},
	})
	wantFields(t, err, "value_rules.percent", "value_rules.missing[0]")
}

func TestDeclaredDimensions(t *testing.T) {
	f := start(t)
	ctx := f.as(t)
	dimensions := func(all ...string) (out []*performancev1.Dimension) {
		for _, d := range all {
			out = append(out, &performancev1.Dimension{Dimension: d, Kind: performancev1.DimensionKind_DIMENSION_KIND_DISTRICT, DisplayName: d + " side"})
		}
		return out
	}
	m := response()
	m.Dimensions = append(dimensions("north"), dimensions("north")...)
	_, err := f.client.CreateMeasure(ctx, &performancev1.CreateMeasureRequest{Parent: parent, Measure: m})
	wantFields(t, err, "measure.dimensions[1].dimension")
	m.Dimensions = []*performancev1.Dimension{{}}
	_, err = f.client.CreateMeasure(ctx, &performancev1.CreateMeasureRequest{Parent: parent, Measure: m})
	wantFields(t, err, "measure.dimensions[0].dimension", "measure.dimensions[0].kind")

	m.Dimensions = dimensions("north", "south", "east")
	name := f.measure(t, "rt", m)
	stored, err := f.client.GetMeasure(ctx, &performancev1.GetMeasureRequest{Name: name})
	must(t, err)
	if d := stored.GetDimensions(); len(d) != 3 || d[2].GetDimension() != "east" || d[2].GetDisplayName() != "east side" ||
		d[2].GetKind() != performancev1.DimensionKind_DIMENSION_KIND_DISTRICT {
		t.Errorf("stored %v", d)
	}
	r, err := f.record(ctx, rows{row(name, 1, "north", 1), row(name, 1, "west", 2), row(name, 1, "", 3), row(name, 2, "east", 4)})
	must(t, err)
	if got := told(r); !slices.Equal(got, []string{"3 0 0 1 0", "1 dimension DIMENSION_NOT_DECLARED"}) ||
		!strings.Contains(r.GetErrors()[0].GetMessage(), "(east, north, south)") {
		t.Errorf("got %v", r)
	}

	change := func(all ...string) error {
		_, err := f.client.UpdateMeasure(ctx, &performancev1.UpdateMeasureRequest{
			Measure: &performancev1.Measure{Name: name, Dimensions: dimensions(all...)}, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"dimensions"}},
		})
		return err
	}
	wantReason(t, change("south", "west"), "DIMENSION_HAS_OBSERVATIONS")
	if err := change("north"); !strings.Contains(err.Error(), "observations for east,") {
		t.Errorf("%v does not name east alone", err)
	}
	wantReason(t, change(), "DIMENSION_HAS_OBSERVATIONS")
	must(t, change("east", "west", "north")) // south has none
	r, err = f.record(ctx, rows{row(name, 1, "west", 2), row(name, 1, "south", 2)})
	must(t, err)
	if got := told(r); !slices.Equal(got, []string{"1 0 0 1 0", "1 dimension DIMENSION_NOT_DECLARED"}) {
		t.Errorf("got %q", got)
	}
}

func TestListEveryRevision(t *testing.T) {
	f := start(t)
	name := f.measure(t, "rt", response())
	var moments []time.Time
	for i := range 4 {
		_, err := f.record(f.as(t), rows{row(name, 1, "", float64(i)), row(name, 2, "", float64(i/2)), row(name, 1, "north", 9)})
		must(t, err)
		moments = append(moments, f.later())
	}
	request := func(size int32, order string) *performancev1.ListObservationsRequest {
		return &performancev1.ListObservationsRequest{Parent: name, PageSize: size, OrderBy: order, AllRevisions: true}
	}
	for size := range int32(8) {
		wantList(t, f.listed(t, request(size, "")), "1 0/1", "1 1/2", "1 2/3", "1 3/4", "1north 9/1", "2 0/1", "2 1/2")
		wantList(t, f.listed(t, request(size, "period_start desc")), "2 0/1", "2 1/2", "1north 9/1", "1 0/1", "1 1/2", "1 2/3", "1 3/4")
		past := request(size, "")
		past.AsOf, past.Filter = timestamppb.New(moments[1]), `dimension = ""`
		wantList(t, f.listed(t, past), "1 0/1", "1 1/2", "2 0/1")
	}
	page, err := f.client.ListObservations(f.as(t), request(2, ""))
	must(t, err)
	_, err = f.client.ListObservations(f.as(t), &performancev1.ListObservationsRequest{Parent: name, PageToken: page.GetNextPageToken()})
	wantFields(t, err, "page_token")
	_, err = f.client.ListObservations(f.as(t), request(2, "revision"))
	wantFields(t, err, "order_by")
}

// A stream that was cut anywhere and is sent again leaves what one clean run leaves: every row once, in the same revision.
func TestAStreamCutAnywhereIsSentAgain(t *testing.T) {
	f := start(t)
	ctx := f.as(t)
	measures := 0
	// earlier makes a measure with values, half of which the stream will revise.
	earlier := func() (name string, stream []rows) {
		measures++
		name = f.measure(t, fmt.Sprintf("m%d", measures), response())
		var before rows
		for month := range int32(12) {
			before = append(before, row(name, month+1, "", float64(month)))
		}
		_, err := f.record(ctx, before)
		must(t, err)
		f.wait(t, "observations.recorded")
		for month := range int32(12) {
			if month%3 == 0 {
				stream = append(stream, nil)
			}
			last := &stream[len(stream)-1]
			*last = append(*last, row(name, month+1, "", float64(month%2)), row(name, month+1, "north", 7))
			if month > 0 { // known already, within the message or before it
				*last = append(*last, row(name, month, "north", 7))
			}
		}
		return name, stream
	}
	listed := func(name string) []string {
		return f.listed(t, &performancev1.ListObservationsRequest{Parent: name, AllRevisions: true, PageSize: 100})
	}
	name, stream := earlier()
	wired, sent := f.wire(t, 0)
	_, err := wired.record(ctx, stream...)
	must(t, err)
	clean := sent.Load()
	want := listed(name)
	if len(want) != 12+10+12 { // months 0 and 1 keep their value
		t.Fatalf("a clean run leaves %v", want)
	}

	check := func(t *testing.T, name string, stream []rows) {
		t.Helper()
		r, err := f.record(ctx, stream...)
		must(t, err)
		if n := r.GetAccepted() + r.GetRevised() + r.GetDuplicate(); n != 12*3-1 || r.GetRejected()+r.GetMissing() != 0 {
			t.Errorf("sent again: %v", r)
		}
		wantList(t, listed(name), want...)
	}
	for whole := range len(stream) + 1 {
		t.Run(fmt.Sprintf("after %d messages", whole), func(t *testing.T) {
			name, stream := earlier()
			cut, cancel := context.WithCancel(ctx)
			sent, err := f.client.RecordObservations(cut)
			must(t, err)
			for _, m := range stream[:whole] {
				must(t, sent.Send(&performancev1.RecordObservationsRequest{Parent: parent, Rows: m}))
				f.wait(t, "observations.recorded")
			}
			cancel()
			check(t, name, stream)
		})
	}
	const cuts = 40
	noticed := 0
	for i := range int64(cuts) {
		limit := 1 + clean*i/cuts
		t.Run(fmt.Sprintf("after %d bytes", limit), func(t *testing.T) {
			name, stream := earlier()
			wired, _ := f.wire(t, limit)
			if _, err := wired.record(ctx, stream...); err != nil {
				noticed++
			}
			check(t, name, stream)
		})
	}
	if noticed < cuts*3/4 { // the last bytes are the transport's own
		t.Errorf("%d of %d cuts were noticed", noticed, cuts)
	}
}

// wire is the service over TCP, on a connection that breaks once limit bytes are sent; 0 means never. sent counts.
func (f *fixture) wire(t *testing.T, limit int64) (wired *fixture, sent *atomic.Int64) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	server := grpc.NewServer()
	f.register(server)
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	sent = new(atomic.Int64)
	conn, err := grpc.NewClient("passthrough:///"+listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, address string) (net.Conn, error) {
			c, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
			return &breaking{Conn: c, limit: limit, sent: sent}, err
		}))
	must(t, err)
	t.Cleanup(func() {
		must(t, conn.Close())
		server.Stop()
		must(t, <-ended)
	})
	return &fixture{client: performancev1.NewPerformanceServiceClient(conn)}, sent
}

// breaking is a connection that breaks in the middle of a write.
type breaking struct {
	net.Conn
	limit int64
	sent  *atomic.Int64
}

func (c *breaking) Write(p []byte) (int, error) {
	room := c.limit - c.sent.Load()
	if c.limit == 0 || int64(len(p)) < room {
		c.sent.Add(int64(len(p)))
		return c.Conn.Write(p)
	}
	n, err := c.Conn.Write(p[:max(0, room)])
	c.sent.Add(int64(n))
	return n, errors.Join(err, c.Close(), net.ErrClosed)
}
