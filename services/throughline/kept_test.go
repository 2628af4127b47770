package throughline_test

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"math"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	datepb "google.golang.org/genproto/googleapis/type/date"
	"google.golang.org/genproto/googleapis/type/money"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"pgregory.net/rapid"

	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
	goalsv1 "github.com/throughline/throughline/proto/gen/throughline/goals/v1"
	performancev1 "github.com/throughline/throughline/proto/gen/throughline/performance/v1"
	typev1 "github.com/throughline/throughline/proto/gen/throughline/type/v1"
	"github.com/throughline/throughline/services/budgeting"
	"github.com/throughline/throughline/services/goals"
	"github.com/throughline/throughline/services/performance"
	"github.com/throughline/throughline/services/platform/authn"
	"github.com/throughline/throughline/services/platform/bus"
	"github.com/throughline/throughline/services/platform/cache"
	platformrpc "github.com/throughline/throughline/services/platform/rpc"
	"github.com/throughline/throughline/services/platform/service"
	"github.com/throughline/throughline/services/platform/sqldb"
	"github.com/throughline/throughline/services/platform/telemetry"
	"github.com/throughline/throughline/services/throughline"
	"github.com/throughline/throughline/services/throughline/internal/client"
	"github.com/throughline/throughline/services/throughline/internal/sample"
)

// twins are the services of the sample city twice, on the same databases: one keeps answers, the other never does.
type twins struct {
	kept, plain *platformrpc.InProcess
	ctx         context.Context
}

func startTwins(tb testing.TB, dir string) *twins {
	tb.Helper()
	keys, err := authn.OpenLocalKeys(throughline.KeyFile(dir), time.Now)
	check(tb, err)
	answers, err := cache.NewInProcess(cache.Config{Bytes: cache.DefaultBytes})
	check(tb, err)
	w := &twins{kept: platformrpc.NewInProcess(platformrpc.InProcessConfig{}), plain: platformrpc.NewInProcess(platformrpc.InProcessConfig{})}
	for _, d := range throughline.Databases() {
		db, err := sqldb.OpenSQLite(tb.Context(), sqldb.Config{Path: filepath.Join(dir, d.Service+".db"), Migrations: d.Migrations})
		check(tb, err)
		tb.Cleanup(func() { _ = db.Close() })
		for channel, store := range map[*platformrpc.InProcess]cache.Store{w.kept: answers, w.plain: nil} {
			deps := service.Deps{
				DB: db, Bus: bus.NewInProcess(bus.Config{}), Verifier: keys, Logger: slog.New(slog.DiscardHandler), Now: time.Now, NewID: service.NewID, Cache: store,
			}
			peer := authn.NewServiceTokens(d.Service, keys, time.Now).Wrap(w.plain)
			var part service.Part
			switch d.Service {
			case "goals":
				part, err = goals.New(goals.Deps{Deps: deps})
			case "performance":
				part, err = performance.New(performance.Deps{Deps: deps, Goals: peer})
			case "budgeting":
				part, err = budgeting.New(budgeting.Deps{Deps: deps, Goals: peer, Performance: peer})
			default:
				continue // keeps no answers
			}
			check(tb, err)
			part.Register(channel)
		}
	}
	token, err := keys.Mint(authn.Identity{Subject: "mia", Organization: "riverbend", Roles: []string{"manager", "finance"}}, time.Hour)
	check(tb, err)
	w.ctx = metadata.AppendToOutgoingContext(tb.Context(), "authorization", "Bearer "+token)
	return w
}

func check(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// sampleDir is the data directory of a suite that loaded the sample city, and stopped.
func sampleDir(tb testing.TB) string {
	tb.Helper()
	logs, err := telemetry.Start(tb.Context(), telemetry.Service{Name: "test", Logs: tb.Output()}, telemetry.Config{LogFormat: "text", LogLevel: "error"})
	check(tb, err)
	c := throughline.Config{DataDir: tb.TempDir(), HTTP: loopback(tb), GRPC: loopback(tb), Telemetry: logs, Now: time.Now}
	s, err := throughline.Start(context.Background(), c)
	check(tb, err)
	suite, err := client.Connect(c.GRPC.Addr().String(), nil)
	check(tb, err)
	_, err = sample.Load(tb.Context(), suite, func(ctx context.Context, subject string, roles ...string) (context.Context, error) {
		token, err := s.Keys.Mint(authn.Identity{Subject: subject, Organization: organizationFor(roles), Roles: roles}, time.Hour)
		return client.As(ctx, token), err
	}, sample.Options{Dir: filepath.Join("..", "..", "deploy", "samples", "riverbend")})
	check(tb, err)
	check(tb, suite.Close())
	check(tb, s.Close())
	return c.DataDir
}

func loopback(tb testing.TB) net.Listener {
	tb.Helper()
	l, err := (&net.ListenConfig{}).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	check(tb, err)
	return l
}

func organizationFor(roles []string) string {
	if slices.Contains(roles, authn.RoleOperator) {
		return authn.NoOrganization
	}
	return "riverbend"
}

// question is a call of a method whose answers are kept.
type question struct {
	method  string
	request proto.Message
}

func (q question) ask(ctx context.Context, conn grpc.ClientConnInterface) (proto.Message, error) {
	reply := replyOf(q.method).New().Interface()
	return reply, conn.Invoke(ctx, q.method, q.request, reply)
}

func replyOf(method string) protoreflect.MessageType {
	found, _ := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(strings.ReplaceAll(method[1:], "/", ".")))
	reply, _ := protoregistry.GlobalTypes.FindMessageByName(found.(protoreflect.MethodDescriptor).Output().FullName())
	return reply
}

// draft is a plan that the tests make, to change its goals.
const draft = riverbend + "/plans/draft"

// questions are at least one for each method whose answers are kept.
var questions = []question{
	{goalsv1.GoalsService_ListGoals_FullMethodName, &goalsv1.ListGoalsRequest{Parent: plan}},
	{goalsv1.GoalsService_ListGoals_FullMethodName, &goalsv1.ListGoalsRequest{Parent: draft}},
	{goalsv1.GoalsService_SummarizeFeedback_FullMethodName, &goalsv1.SummarizeFeedbackRequest{Parent: riverbend}},
	{goalsv1.GoalsService_TraceLinks_FullMethodName, &goalsv1.TraceLinksRequest{Parent: riverbend, Names: []string{draft, plan}, Direction: typev1.LinkDirection_LINK_DIRECTION_IN}},
	{budgetingv1.BudgetingService_SummarizeLineItems_FullMethodName, &budgetingv1.SummarizeLineItemsRequest{Parent: budget}},
	{budgetingv1.BudgetingService_CompareAllocation_FullMethodName, &budgetingv1.CompareAllocationRequest{Name: allocation, Baseline: budgetingv1.Baseline_BASELINE_ACROSS_THE_BOARD}},
	{budgetingv1.BudgetingService_ReportQuartiles_FullMethodName, &budgetingv1.ReportQuartilesRequest{Name: allocation}},
	{budgetingv1.BudgetingService_TraceLinks_FullMethodName, &budgetingv1.TraceLinksRequest{
		Parent: riverbend, Names: []string{plan + "/goals/quality-of-life", riverbend + "/programs/p-30090"}, Direction: typev1.LinkDirection_LINK_DIRECTION_IN,
	}},
	{performancev1.PerformanceService_GetResultsRevision_FullMethodName, &performancev1.GetResultsRevisionRequest{Name: riverbend + "/resultsRevisions/current"}},
	{performancev1.PerformanceService_ExplainResultsRevision_FullMethodName, &performancev1.ExplainResultsRevisionRequest{
		Name: riverbend + "/resultsRevisions/current", Measure: riverbend + "/measures/patrol-response-time",
	}},
	{budgetingv1.BudgetingService_AnalyzeSensitivity_FullMethodName, &budgetingv1.AnalyzeSensitivityRequest{Name: allocation, Goal: plan + "/goals/quality-of-life"}}, // the slowest is last
}

// agree asks both and holds the kept answer against the other.
func (w *twins) agree(tb rapid.TB, q question) {
	tb.Helper()
	kept, err := q.ask(w.ctx, w.kept)
	plain, otherwise := q.ask(w.ctx, w.plain)
	if status.Code(err) != status.Code(otherwise) {
		tb.Fatalf("%s: %v, and without the cache %v", q.method, err, otherwise)
	}
	if !proto.Equal(kept, plain) {
		tb.Fatalf("%s %v:\n%v\nand without the cache\n%v", q.method, q.request, kept, plain)
	}
}

// writes change, n times over, what the answers to questions depend on.
var writes = []func(w *twins, conn grpc.ClientConnInterface, n int) error{
	func(w *twins, conn grpc.ClientConnInterface, n int) error {
		_, err := goalsv1.NewGoalsServiceClient(conn).CreateFeedback(w.ctx, &goalsv1.CreateFeedbackRequest{
			Parent: riverbend, Feedback: &goalsv1.Feedback{
				Text: fmt.Sprint("Fix the bridge, ", n), Source: goalsv1.FeedbackSource_FEEDBACK_SOURCE_SURVEY, Goals: []string{plan + "/goals/quality-of-life"},
				Date: &datepb.Date{Year: 2026, Month: 5, Day: 4},
			},
		})
		return err
	},
	func(w *twins, conn grpc.ClientConnInterface, n int) error {
		_, err := goalsv1.NewGoalsServiceClient(conn).CreateGoal(w.ctx, &goalsv1.CreateGoalRequest{
			Parent: draft, GoalId: fmt.Sprint("g", n), Goal: &goalsv1.Goal{DisplayName: fmt.Sprint("Goal ", n)},
		})
		return err
	},
	func(w *twins, conn grpc.ClientConnInterface, n int) error {
		_, err := goalsv1.NewGoalsServiceClient(conn).UpdateGoal(w.ctx, &goalsv1.UpdateGoalRequest{
			Goal: &goalsv1.Goal{Name: draft + "/goals/first", DisplayName: fmt.Sprint("First ", n)}, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"display_name"}},
		})
		return err
	},
	func(w *twins, conn grpc.ClientConnInterface, n int) error {
		_, err := budgetingv1.NewBudgetingServiceClient(conn).UpdateProgram(w.ctx, &budgetingv1.UpdateProgramRequest{
			Program: &budgetingv1.Program{Name: riverbend + "/programs/p-30090", DisplayName: fmt.Sprint("Renamed ", n)}, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"display_name"}},
		})
		return err
	},
	func(w *twins, conn grpc.ClientConnInterface, n int) error {
		_, err := budgetingv1.NewBudgetingServiceClient(conn).CreateAllocation(w.ctx, &budgetingv1.CreateAllocationRequest{
			Parent: budget, RequestId: fmt.Sprint("kept-", n), Allocation: &budgetingv1.Allocation{DisplayName: fmt.Sprint("Draft ", n)},
		})
		return err
	},
	func(w *twins, conn grpc.ClientConnInterface, n int) error {
		c := budgetingv1.NewBudgetingServiceClient(conn)
		lines, err := c.ListLineItems(w.ctx, &budgetingv1.ListLineItemsRequest{Parent: budget, PageSize: 1})
		if err != nil {
			return err
		}
		line := lines.GetLineItems()[0]
		line.Amount = &money.Money{CurrencyCode: line.GetAmount().GetCurrencyCode(), Units: int64(n + 1)}
		_, err = c.BatchUpsertLineItems(w.ctx, &budgetingv1.BatchUpsertLineItemsRequest{Parent: budget, LineItems: []*budgetingv1.LineItem{line}})
		return err
	},
	func(w *twins, conn grpc.ClientConnInterface, n int) error {
		c := performancev1.NewPerformanceServiceClient(conn)
		stream, err := c.RecordObservations(w.ctx)
		if err != nil {
			return err
		}
		err = stream.Send(&performancev1.RecordObservationsRequest{Parent: riverbend, Rows: []*performancev1.ObservationRow{{
			Measure: riverbend + "/measures/patrol-response-time", PeriodStart: &datepb.Date{Year: 2026, Month: 1, Day: 1}, Value: new(float64(n%7 + 1)),
		}}})
		if err == nil {
			_, err = stream.CloseAndRecv()
		}
		return err
	},
	func(w *twins, conn grpc.ClientConnInterface, _ int) error {
		_, err := performancev1.NewPerformanceServiceClient(conn).PublishResults(w.ctx, &performancev1.PublishResultsRequest{Parent: riverbend})
		return err
	},
}

// Whatever is written through either, an answer that was kept is the one that would be worked out: after every kind of write for every
// kind of question, then in any order.
func TestKeptAnswersAreRight(t *testing.T) {
	w := startTwins(t, sampleDir(t))
	w.prepare(t)
	n := 0
	write := func(tb rapid.TB, kind int, conn grpc.ClientConnInterface) {
		n++
		if err := writes[kind](w, conn, n); err != nil {
			tb.Fatalf("write %d: %v", kind, platformrpc.FromStatus(err))
		}
	}
	for kind := range writes {
		write(t, kind, w.plain)
		for _, q := range questions {
			w.agree(t, q)
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		for range rapid.IntRange(1, 4).Draw(rt, "steps") {
			if rapid.Bool().Draw(rt, "write") {
				conn := w.plain
				if rapid.Bool().Draw(rt, "through the cache") {
					conn = w.kept
				}
				write(rt, rapid.IntRange(0, len(writes)-1).Draw(rt, "kind"), conn)
			}
			w.agree(rt, rapid.SampledFrom(questions[:len(questions)-1]).Draw(rt, "question"))
		}
	})
}

func (w *twins) prepare(tb testing.TB) {
	tb.Helper()
	c := goalsv1.NewGoalsServiceClient(w.plain)
	_, err := c.CreatePlan(w.ctx, &goalsv1.CreatePlanRequest{Parent: riverbend, PlanId: "draft", Plan: &goalsv1.Plan{
		DisplayName: "Draft", Kind: goalsv1.PlanKind_PLAN_KIND_STRATEGIC, StartDate: &datepb.Date{Year: 2028, Month: 1, Day: 1}, EndDate: &datepb.Date{Year: 2030, Month: 1, Day: 1},
	}})
	check(tb, err)
	_, err = c.CreateGoal(w.ctx, &goalsv1.CreateGoalRequest{Parent: draft, GoalId: "first", Goal: &goalsv1.Goal{DisplayName: "First"}})
	check(tb, err)
}

// Every method that declares that its answers are kept is asked here.
func TestEveryKeptMethodIsAsked(t *testing.T) {
	var asked, declared []string
	for _, q := range questions {
		asked = append(asked, q.method)
	}
	protoregistry.GlobalFiles.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		for i := range file.Services().Len() {
			methods := file.Services().Get(i).Methods()
			for j := range methods.Len() {
				if kept, _ := proto.GetExtension(methods.Get(j).Options(), typev1.E_Cached).(bool); kept {
					declared = append(declared, fmt.Sprintf("/%s/%s", methods.Get(j).Parent().FullName(), methods.Get(j).Name()))
				}
			}
		}
		return true
	})
	slices.Sort(asked)
	slices.Sort(declared)
	if asked = slices.Compact(asked); !slices.Equal(asked, declared) {
		t.Errorf("asked are\n%s\nand kept are\n%s", strings.Join(asked, "\n"), strings.Join(declared, "\n"))
	}
}

// BenchmarkKept is what an answer that was kept costs, in CPU, against one that is worked out. A method that gains nothing need not keep any.
func BenchmarkKept(b *testing.B) {
	w := startTwins(b, sampleDir(b))
	w.prepare(b)
	for _, q := range questions {
		b.Run(q.method[strings.LastIndexByte(q.method, '/')+1:], func(b *testing.B) {
			if _, err := q.ask(w.ctx, w.kept); err != nil {
				b.Fatal(err)
			}
			best := map[*platformrpc.InProcess]time.Duration{w.kept: math.MaxInt64, w.plain: math.MaxInt64}
			for range 5 {
				for channel := range maps.Keys(best) {
					best[channel] = min(best[channel], cpuOf(b, func() {
						if _, err := q.ask(w.ctx, channel); err != nil {
							b.Fatal(err)
						}
					}))
				}
			}
			b.ReportMetric(float64(best[w.kept].Microseconds()), "kept-µs")
			b.ReportMetric(float64(best[w.plain].Microseconds()), "plain-µs")
			b.ReportMetric(float64(best[w.kept])/float64(best[w.plain]), "ratio")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// cpuOf is the CPU that a call takes, over some tens of them.
func cpuOf(b *testing.B, call func()) time.Duration {
	b.Helper()
	used := func() time.Duration {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			b.Fatal(err)
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	const least = 30 * time.Millisecond
	start, n := used(), 0
	for used()-start < least {
		for range 8 {
			call()
		}
		n += 8
	}
	return (used() - start) / time.Duration(n)
}
