package budgeting_test

import (
	"fmt"
	"testing"

	"google.golang.org/protobuf/proto"

	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
)

// BenchmarkCreateAllocation is the whole call for 3,000 programs with 9,000 cost lines in 20 funds: read, ask the peers,
// solve, certify, store.
func BenchmarkCreateAllocation(b *testing.B) {
	f := start(b)
	finance := f.as(b, "fin", "finance")
	const funds, programs = 20, 3000
	envelopes := make([]*budgetingv1.Envelope, funds)
	for i := range funds {
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
	for chunk := range programs / 1000 {
		rows := &budgetingv1.BatchUpsertProgramsRequest{Parent: "organizations/o"}
		asks := &budgetingv1.BatchUpsertFundingRequestsRequest{Parent: budget}
		var ids []string
		for i := chunk * 1000; i < (chunk+1)*1000; i++ {
			id := fmt.Sprintf("p%04d", i)
			ids = append(ids, id)
			rows.Programs = append(rows.Programs, &budgetingv1.Program{Name: program(id), DisplayName: "Program " + id, Code: id, Department: fmt.Sprint("D", i%40)})
			r := &budgetingv1.FundingRequest{Name: request(id), Alignments: aligned(int32(i%5), int32(i/5%5))}
			for j := range 3 {
				r.CostLines = append(r.CostLines, cost(fmt.Sprintf("f%02d", (i*7+j*(i%3))%funds), int64(10_000+i*13%900)))
			}
			if i%4 == 0 {
				r.EligibleFunds = []string{fund(fmt.Sprintf("f%02d", (i+11)%funds))}
			}
			asks.FundingRequests = append(asks.FundingRequests, r)
		}
		_, err := f.client.BatchUpsertPrograms(finance, rows)
		must(b, err)
		_, err = f.client.BatchUpsertFundingRequests(finance, asks)
		must(b, err)
		f.attest(b, budgetingv1.RequestAspect_REQUEST_ASPECT_ALIGNMENT, ids...)
	}
	f.goals.certify("r1", epoch, 600_000, 400_000)
	create := func(b *testing.B, dry bool) {
		b.ReportAllocs()
		for b.Loop() {
			_, err := f.client.CreateAllocation(finance, &budgetingv1.CreateAllocationRequest{
				Parent: budget, RequestId: f.key(), Allocation: &budgetingv1.Allocation{Parameters: &budgetingv1.AllocationParameters{MaxCutPpm: proto.Int32(300_000)}},
				ValidateOnly: dry,
			})
			must(b, err)
		}
	}
	b.Run("stored", func(b *testing.B) { create(b, false) })
	b.Run("validate_only", func(b *testing.B) { create(b, true) })
}
