package performance_test

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/type/money"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
	performancev1 "github.com/throughline/throughline/proto/gen/throughline/performance/v1"
	"github.com/throughline/throughline/services/platform/outbox"
	"github.com/throughline/throughline/services/platform/wire"
)

// hear delivers an event of another service, as its relay does.
func (f *fixture) hear(t testing.TB, source, kind, organization, subject string, sequence int64, m proto.Message) {
	t.Helper()
	data, err := proto.Marshal(m)
	must(t, err)
	_, err = f.bus.Publish(t.Context(), []outbox.Event{{
		ID: subject + kind, Source: source, Type: source + "." + kind, Organization: organization, Subject: subject, Sequence: sequence,
		Time: f.now(), Data: data,
	}})
	must(t, err)
}

// adopt tells of an adopted allocation of the budget, whose adoption was minute minutes after the epoch; cents by program.
func (f *fixture) adopt(t testing.TB, id string, minute int, cents map[string]int64) *budgetingv1.AdoptedMoney {
	t.Helper()
	m := &budgetingv1.AdoptedMoney{
		Allocation: budget + "/allocations/" + id, Budget: budget, FiscalYear: 2027,
		AdoptTime: timestamppb.New(epoch.Add(time.Duration(minute) * time.Minute)),
	}
	for program, minor := range cents {
		m.Programs = append(m.Programs, &budgetingv1.ProgramMoney{Program: program, Amount: usd(minor)})
	}
	f.adopted(t, "o", 1, m)
	return m
}

func (f *fixture) adopted(t testing.TB, organization string, sequence int64, m *budgetingv1.AdoptedMoney) {
	t.Helper()
	f.hear(t, "throughline.budgeting.v1", "allocation.adopted", organization, m.GetAllocation(), sequence, m)
}

func usd(cents int64) *money.Money { return wire.Money("USD", cents) }

func TestAdoptedMoneyTakesThePlaceOfWhatWasBefore(t *testing.T) {
	f := start(t)
	name := f.served(t)
	given := func() string {
		t.Helper()
		e := worth(name)
		e.FirstFiscalYear = 2020
		var told []string
		for _, in := range f.evaluate(t, "", e).GetMoneyIn() {
			cents, err := wire.FromMoney("USD", in.GetAmount())
			must(t, err)
			told = append(told, in.GetAllocation()[len(parent):], time.Duration(cents).String())
		}
		return strings.Join(told, " ")
	}
	want := func(what, want string) {
		t.Helper()
		if got := given(); got != want {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	want("before the first", "")
	first := f.adopt(t, "a", 5, map[string]int64{fire: 100})
	want("the first", "/budgets/fy2027/allocations/a 100ns")
	f.adopt(t, "late", 4, map[string]int64{fire: 1})
	want("an earlier one, told late", "/budgets/fy2027/allocations/a 100ns")
	f.adopt(t, "b", 6, map[string]int64{fire: 200})
	want("the next", "/budgets/fy2027/allocations/b 200ns")
	f.adopted(t, "o", 1, first)
	f.adopted(t, "o", 2, first)
	want("the first, told again", "/budgets/fy2027/allocations/b 200ns")
	election := proto.CloneOf(first)
	election.Allocation, election.Election = budget+"/allocations/e", budget+"/elections/e"
	f.adopted(t, "o", 1, election)
	want("an election of the budget", "/budgets/fy2027/allocations/b 200ns /budgets/fy2027/allocations/e 100ns")
	earlier := proto.CloneOf(first)
	earlier.Allocation, earlier.Budget, earlier.FiscalYear = parent+"/budgets/fy2026/allocations/a", parent+"/budgets/fy2026", 2026
	f.adopted(t, "o", 1, earlier)
	want("another year", "/budgets/fy2026/allocations/a 100ns /budgets/fy2027/allocations/b 200ns /budgets/fy2027/allocations/e 100ns")
	foreign := proto.CloneOf(first)
	foreign.Allocation, foreign.Budget = "organizations/other/budgets/x/allocations/y", "organizations/other/budgets/x"
	f.adopted(t, "other", 1, foreign)
	want("another organization's", "/budgets/fy2026/allocations/a 100ns /budgets/fy2027/allocations/b 200ns /budgets/fy2027/allocations/e 100ns")
	f.adopt(t, "c", 90, nil)
	want("one that gives nothing", "/budgets/fy2026/allocations/a 100ns /budgets/fy2027/allocations/e 100ns")
}

// A revision says how much of the money it can be used for, as it was at publication; its hash is of the signals alone.
func TestResultsSayTheirShareOfMoney(t *testing.T) {
	f := start(t)
	ctx := f.as(t)
	name := f.served(t)
	publish := func() *performancev1.ResultsRevision {
		t.Helper()
		r, err := f.client.PublishResults(ctx, &performancev1.PublishResultsRequest{Parent: parent})
		must(t, err)
		return r
	}
	before := publish()
	if before.GetMoney() != nil {
		t.Errorf("nothing is adopted: %v", before.GetMoney())
	}
	told := f.adopt(t, "a", 1, map[string]int64{fire: 1_000_00, parks: 2_000_00})
	election := proto.CloneOf(told)
	election.Allocation, election.Election = budget+"/allocations/e", budget+"/elections/e"
	f.adopted(t, "o", 1, election)
	dry, err := f.client.PublishResults(ctx, &performancev1.PublishResultsRequest{Parent: parent, ValidateOnly: true})
	must(t, err)
	if again := publish(); !proto.Equal(again, before) || !proto.Equal(dry, before) {
		t.Errorf("nothing new was published as %v", again)
	}
	_, err = f.record(ctx, rows{row(name, 12, "", 6)})
	must(t, err)
	after := publish()
	// 100,000 of 300,000 cents; the fire program has the only usable signal.
	want := &performancev1.MoneyShare{FiscalYear: 2027, Total: usd(3_000_00), WithSignal: usd(1_000_00), SharePpm: 333_333}
	if !proto.Equal(after.GetMoney(), want) || after.GetSignals()[0].GetUsablePpm() != 1_000_000 {
		t.Errorf("share %v of %v, want %v", after.GetMoney(), after.GetSignals(), want)
	}
	read, err := f.client.GetResultsRevision(ctx, &performancev1.GetResultsRevisionRequest{Name: parent + "/resultsRevisions/current"})
	must(t, err)
	if !proto.Equal(read, after) {
		t.Errorf("read %v", read)
	}
}
