package budgeting_test

import (
	"context"
	"fmt"
	"syscall"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
	"github.com/throughline/throughline/services/budgeting/internal/app"
	"github.com/throughline/throughline/services/budgeting/internal/domain/certify"
	"github.com/throughline/throughline/services/budgeting/internal/domain/engine"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/store/sqlstore"
	"github.com/throughline/throughline/services/platform/authn"
	"github.com/throughline/throughline/services/platform/daemon"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/sqldb"
)

// Size of the government that BenchmarkCreateAllocation allocates for.
const (
	benchFunds      = 20
	benchPrograms   = 3000
	linesPerProgram = 3
	warmUp          = 20 // calls until the memory that they reuse has its size
)

// BenchmarkCreateAllocation is the whole call for 3,000 programs with 9,000 cost lines in 20 funds: read, ask the peers,
// solve, certify, store, reply. Its metrics are milliseconds of CPU of the whole process, because a call's garbage and
// checkpoints are its cost too; services/docs/performance.md says where they go.
func BenchmarkCreateAllocation(b *testing.B) {
	daemon.Roomy() // as every program of the suite does
	spent := &watch{}
	f := startOn(b, options{watched: func(db sqldb.DB) sqldb.DB { return watched{db, spent} }})
	f.government(b)
	finance := f.as(b, "fin", "finance")
	for _, c := range []struct {
		name   string
		dry    bool
		before func(i int)
	}{
		{"stored", false, func(int) {}},
		{"validate_only", true, func(int) {}},
		{"after_a_change", false, func(i int) { f.ask(b, i%benchPrograms, i%benchPrograms+1, int64(20_000+i)) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			var call time.Duration
			var parts watch
			create := func(i int) time.Duration {
				c.before(i)
				from := cpu()
				*spent = watch{}
				_, err := f.client.CreateAllocation(finance, &budgetingv1.CreateAllocationRequest{
					Parent: budget, RequestId: f.key(), Allocation: &budgetingv1.Allocation{Parameters: &budgetingv1.AllocationParameters{MaxCutPpm: proto.Int32(300_000)}},
					ValidateOnly: c.dry,
				})
				must(b, err)
				return cpu() - from
			}
			first := create(0)
			for i := range warmUp {
				create(i)
			}
			for i := 0; b.Loop(); i++ {
				call += create(i)
				parts.read, parts.write = parts.read+spent.read, parts.write+spent.write
			}
			n := float64(b.N)
			b.ReportMetric(milliseconds(call)/n, "cpu-ms/op")
			b.ReportMetric(milliseconds(first), "first-ms")
			b.ReportMetric(milliseconds(parts.read)/n, "read-ms/op")
			b.ReportMetric(milliseconds(parts.write)/n, "store-ms/op")
			if !c.dry {
				solve, check := f.engine(b)
				b.ReportMetric(solve, "solve-ms/op")
				b.ReportMetric(check, "certify-ms/op")
			}
		})
	}
}

// government is benchPrograms requests with linesPerProgram cost lines each, all attested.
func (f *fixture) government(b *testing.B) {
	b.Helper()
	finance := f.as(b, "fin", "finance")
	envelopes := make([]*budgetingv1.Envelope, benchFunds)
	for i := range envelopes {
		id := fmt.Sprintf("f%02d", i)
		_, err := f.client.CreateFund(finance, &budgetingv1.CreateFundRequest{Parent: "organizations/o", FundId: id, Fund: &budgetingv1.Fund{
			DisplayName: "Fund " + id, Code: id, Kind: budgetingv1.FundKind_FUND_KIND_SPECIAL_REVENUE,
		}})
		must(b, err)
		envelopes[i] = &budgetingv1.Envelope{Fund: fund(id), Available: usd(4_200_000)}
	}
	_, err := f.client.CreateBudget(finance, &budgetingv1.CreateBudgetRequest{Parent: "organizations/o", BudgetId: "fy27", Budget: &budgetingv1.Budget{
		DisplayName: "FY", FiscalYear: 2027, Plan: plan, Envelopes: envelopes,
	}})
	must(b, err)
	for from := 0; from < benchPrograms; from += 1000 {
		rows := &budgetingv1.BatchUpsertProgramsRequest{Parent: "organizations/o"}
		for i := from; i < from+1000; i++ {
			id := benchProgram(i)
			rows.Programs = append(rows.Programs, &budgetingv1.Program{Name: program(id), DisplayName: "Program " + id, Code: id, Department: fmt.Sprint("D", i%40)})
		}
		_, err := f.client.BatchUpsertPrograms(finance, rows)
		must(b, err)
		f.ask(b, from, from+1000, 10_000)
	}
	f.goals.certify("r1", epoch, 600_000, 400_000)
}

func benchProgram(i int) string { return fmt.Sprintf("p%04d", i) }

// ask writes and attests the requests of programs from to before, of some amount each.
func (f *fixture) ask(b *testing.B, from, before int, amount int64) {
	b.Helper()
	asks := &budgetingv1.BatchUpsertFundingRequestsRequest{Parent: budget}
	var ids []string
	for i := from; i < before; i++ {
		id := benchProgram(i)
		ids = append(ids, id)
		r := &budgetingv1.FundingRequest{Name: request(id), Alignments: aligned(int32(i%5), int32(i/5%5))}
		for j := range linesPerProgram {
			r.CostLines = append(r.CostLines, cost(fmt.Sprintf("f%02d", (i*7+j*(i%3))%benchFunds), amount+int64(i*13%900)))
		}
		if i%4 == 0 {
			r.EligibleFunds = []string{fund(fmt.Sprintf("f%02d", (i+11)%benchFunds))}
		}
		asks.FundingRequests = append(asks.FundingRequests, r)
	}
	_, err := f.client.BatchUpsertFundingRequests(f.as(b, "fin", "finance"), asks)
	must(b, err)
	f.attest(b, budgetingv1.RequestAspect_REQUEST_ASPECT_ALIGNMENT, ids...)
}

// engine is what the engine's part of the newest allocation costs, apart: solving and encoding, and its certificate.
func (f *fixture) engine(b *testing.B) (solve, check float64) {
	b.Helper()
	list, err := f.client.ListAllocations(f.as(b, "fin", "finance"), &budgetingv1.ListAllocationsRequest{Parent: budget, PageSize: 1})
	must(b, err)
	ids, err := resource.Read(b.Context(), sqlstore.New(&resource.Keeper{DB: f.db}), func(tx app.Tx) (app.Proof, error) {
		return tx.Allocations().Proof("o", "fy27", list.GetAllocations()[0].GetName()[len(budget+"/allocations/"):])
	})
	must(b, err)
	in, err := model.Decode(ids.Input)
	must(b, err)
	plan, err := model.DecodePlan(ids.Plan)
	must(b, err)
	const rounds = 20
	start := cpu()
	for range rounds {
		_, err := engine.Solve(b.Context(), in)
		must(b, err)
	}
	whole := milliseconds(cpu()-start) / rounds
	start = cpu()
	for range rounds {
		_, err := certify.Check(in, plan)
		must(b, err)
	}
	check = milliseconds(cpu()-start) / rounds
	return whole - check, check
}

// cpu is the time that this process has used so far, of user and system.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// watch sums the CPU that passes in the process while a caller's Read or Write runs, commits included.
type watch struct{ read, write time.Duration }

// watched is a database whose callers are watched; the relay, which carries nobody's identity, is not.
type watched struct {
	sqldb.DB
	spent *watch
}

func (w watched) Read(ctx context.Context, fn func(sqldb.Tx) error) error {
	defer add(ctx, &w.spent.read, cpu())
	return w.DB.Read(ctx, fn)
}

func (w watched) Write(ctx context.Context, fn func(sqldb.Tx) error) error {
	defer add(ctx, &w.spent.write, cpu())
	return w.DB.Write(ctx, fn)
}

func add(ctx context.Context, to *time.Duration, from time.Duration) {
	if _, ok := authn.FromContext(ctx); ok {
		*to += cpu() - from
	}
}
