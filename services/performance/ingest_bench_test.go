package performance_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	performancev1 "github.com/throughline/throughline/proto/gen/throughline/performance/v1"
	"github.com/throughline/throughline/services/platform/rpc"
	"github.com/throughline/throughline/services/platform/sqldb"
)

// What BenchmarkIngest sends: months of values for every measure and district.
const (
	ingestMeasures  = 200
	ingestDistricts = 10
	ingestSlice     = 20 // messages that one program takes before it is the other's turn
)

// ingested is a stream of messages of 1,000 rows; order tells the measure of the k-th row and which of its cells it is for.
type ingested struct {
	dial     func(*testing.B, func(grpc.ServiceRegistrar)) grpc.ClientConnInterface
	messages int
	order    func(k, rows int) (measure, cell int)
}

// BenchmarkIngest records new values through gRPC into SQLite, with the whole service and with a minimal program that
// reads the same stream and inserts the same rows into the same table with the same settings and the same durability. Both
// take the same rows in turns. x-cpu is the service's CPU over the minimal program's, of the whole process: the
// client that sends, the garbage and the event's delivery are in it. Rows come month by month, as cities report, and
// measure by measure, as histories are exported: in the order of the table's key, which is the easiest for it.
func BenchmarkIngest(b *testing.B) {
	for _, c := range []struct {
		name   string
		stream ingested
	}{
		{"tcp/by_measure", ingested{loopback, 200, byMeasure}},
		{"tcp/by_month", ingested{loopback, 80, byMonth}},
		{"in_process/by_measure", ingested{inProcess, 80, byMeasure}},
	} {
		b.Run(c.name, func(b *testing.B) {
			var service, minimal time.Duration
			rows := 0
			for b.Loop() {
				s, m := c.stream.run(b)
				service, minimal, rows = service+s, minimal+m, rows+1000*c.stream.messages
			}
			b.ReportMetric(float64(service)/float64(minimal), "x-cpu")
			b.ReportMetric(float64(rows)/service.Seconds(), "rows/cpu-s")
			b.ReportMetric(float64(rows)/minimal.Seconds(), "minimal-rows/cpu-s")
		})
	}
}

func byMeasure(k, rows int) (measure, cell int) {
	cells := rows / ingestMeasures
	return k / cells, k % cells
}

func byMonth(k, _ int) (measure, cell int) { return k % ingestMeasures, k / ingestMeasures }

// run is the CPU that each of the two programs takes.
func (s ingested) run(b *testing.B) (service, minimal time.Duration) {
	b.Helper()
	whole, bare := start(b), start(b)
	for i := range ingestMeasures {
		for _, f := range []*fixture{whole, bare} {
			f.measure(b, fmt.Sprintf("measure-%d", i), response())
		}
	}
	whole.client = performancev1.NewPerformanceServiceClient(s.dial(b, whole.register))
	bare.client = performancev1.NewPerformanceServiceClient(s.dial(b, func(r grpc.ServiceRegistrar) {
		performancev1.RegisterPerformanceServiceServer(r, &minimalServer{db: bare.db})
	}))
	ctx := whole.as(b)
	for slice := range s.messages / ingestSlice {
		messages := make([]rows, ingestSlice)
		for i := range messages {
			messages[i] = s.message(slice*ingestSlice + i)
		}
		service += cpuOf(func() {
			r, err := whole.record(ctx, messages...)
			must(b, err)
			wantCounts(b, r, 1000*ingestSlice, 0, 0, 0)
			for range messages {
				whole.wait(b, "observations.recorded")
			}
		})
		minimal += cpuOf(func() {
			_, err := bare.record(ctx, messages...)
			must(b, err)
		})
	}
	same(b, whole, bare)
	return service, minimal
}

// message is the n-th 1,000 rows.
func (s ingested) message(n int) rows {
	m := make(rows, 1000)
	for i := range m {
		k := 1000*n + i
		measure, cell := s.order(k, 1000*s.messages)
		district, month := cell%ingestDistricts, cell/ingestDistricts
		m[i] = &performancev1.ObservationRow{
			Measure:     fmt.Sprintf("%s/measures/measure-%d", parent, measure),
			PeriodStart: day(2010+int32(month/12), int32(month%12)+1, 1), Dimension: fmt.Sprintf("district-%d", district),
			Value: new(float64(k) / 7), Source: "monthly report",
		}
	}
	return m
}

// same holds what the two wrote against each other, but for when and by whom.
func same(b *testing.B, one, other *fixture) {
	b.Helper()
	var sums [2][]string
	for i, f := range []*fixture{one, other} {
		must(b, f.db.Read(b.Context(), func(tx sqldb.Tx) error {
			return tx.Query("SELECT measure_id, COUNT(*), SUM(value), SUM(revision), COUNT(DISTINCT period_start || dimension) FROM observations "+
				"WHERE organization_id = 'o' AND source = 'monthly report' GROUP BY measure_id ORDER BY measure_id", nil, func(r sqldb.Row) error {
				sums[i] = append(sums[i], fmt.Sprint(r.Text(0), r.Int(1), r.Float(2), r.Int(3), r.Int(4)))
				return nil
			})
		}))
	}
	if len(sums[0]) != ingestMeasures || strings.Join(sums[0], ";") != strings.Join(sums[1], ";") {
		b.Fatalf("the two wrote different rows: %.300v and %.300v", sums[0], sums[1])
	}
}

func inProcess(_ *testing.B, register func(grpc.ServiceRegistrar)) grpc.ClientConnInterface {
	channel := rpc.NewInProcess(rpc.InProcessConfig{})
	register(channel)
	return channel
}

func loopback(b *testing.B, register func(grpc.ServiceRegistrar)) grpc.ClientConnInterface {
	b.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(b, err)
	server := grpc.NewServer(grpc.MaxRecvMsgSize(rpc.DefaultMaxMessage))
	register(server)
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	conn, err := grpc.NewClient(listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	must(b, err)
	b.Cleanup(func() {
		must(b, conn.Close())
		server.Stop()
		must(b, <-ended)
	})
	return conn
}

// cpuOf is the CPU that the process takes for do, what was garbage before not counted.
func cpuOf(do func()) time.Duration {
	runtime.GC()
	from := cpu()
	do()
	return cpu() - from
}

// cpu is what the process has taken so far, user and system.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// minimalServer writes what it is sent: no caller, no permission, no check, no revision, no event.
type minimalServer struct {
	performancev1.UnimplementedPerformanceServiceServer
	db sqldb.DB
}

// minimalRows are those of one prepared statement; more are no faster.
const minimalRows = 64

var minimalInsert = "INSERT INTO observations (organization_id, measure_id, period_start, dimension, revision, value, source, record_time, recorded_by) " +
	"VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)" + strings.Repeat(", (?, ?, ?, ?, ?, ?, ?, ?, ?)", minimalRows-1)

func (s *minimalServer) RecordObservations(
	stream grpc.ClientStreamingServer[performancev1.RecordObservationsRequest, performancev1.RecordObservationsResponse],
) error {
	for {
		r, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return stream.SendAndClose(&performancev1.RecordObservationsResponse{})
		}
		if err != nil {
			return err
		}
		if err := s.insert(stream.Context(), r); err != nil {
			return err
		}
	}
}

// insert writes a message's rows in one transaction, with statements of 64 rows.
func (s *minimalServer) insert(ctx context.Context, r *performancev1.RecordObservationsRequest) error {
	organization := strings.TrimPrefix(r.GetParent(), "organizations/")
	prefix := r.GetParent() + "/measures/"
	return s.db.Write(ctx, func(tx sqldb.Tx) error {
		args := make([]any, 0, 9*minimalRows)
		for i, row := range r.GetRows() {
			d := row.GetPeriodStart()
			period := []byte("0000-00-00")
			for _, part := range [3]struct{ at, n int32 }{{3, d.GetYear()}, {6, d.GetMonth()}, {9, d.GetDay()}} {
				for ; part.n > 0; part.at, part.n = part.at-1, part.n/10 {
					period[part.at] += byte(part.n % 10)
				}
			}
			args = append(args, organization, row.GetMeasure()[len(prefix):], string(period), row.GetDimension(), 1,
				row.GetValue(), row.GetSource(), epoch, "mia")
			if len(args) == cap(args) || i == len(r.GetRows())-1 {
				query := minimalInsert
				if len(args) < cap(args) {
					query = query[:len(query)-len(", (?, ?, ?, ?, ?, ?, ?, ?, ?)")*(minimalRows-len(args)/9)]
				}
				if _, err := tx.Exec(query, args...); err != nil {
					return err
				}
				args = args[:0]
			}
		}
		return nil
	})
}
