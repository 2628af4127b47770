package budgeting_test

import (
	"context"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/type/money"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
	"github.com/throughline/throughline/services/platform/authn"
	"github.com/throughline/throughline/services/platform/outbox"
	"github.com/throughline/throughline/services/platform/sqldb"
)

func all() *fieldmaskpb.FieldMask { return &fieldmaskpb.FieldMask{Paths: []string{"*"}} }

func TestMoneyTaken(t *testing.T) {
	f := start(t)
	f.city(t)
	for name, c := range map[string]struct {
		organization string
		amount       *money.Money
		field        string // at fault; "" when the amount is good
	}{
		"cents":               {"o", &money.Money{CurrencyCode: "USD", Units: 5, Nanos: 10_000_000}, ""},
		"below one unit":      {"o", &money.Money{CurrencyCode: "USD", Nanos: 990_000_000}, ""},
		"wrong currency":      {"o", &money.Money{CurrencyCode: "EUR", Units: 5}, "available.currency_code"},
		"no currency":         {"o", &money.Money{Units: 5}, "available.currency_code"},
		"part of a cent":      {"o", &money.Money{CurrencyCode: "USD", Nanos: 5_000_000}, "available.nanos"},
		"mixed signs":         {"o", &money.Money{CurrencyCode: "USD", Units: 5, Nanos: -10_000_000}, "available"},
		"nanos out of range":  {"o", &money.Money{CurrencyCode: "USD", Nanos: 1_000_000_000}, "available.nanos"},
		"overflow":            {"o", &money.Money{CurrencyCode: "USD", Units: 1 << 60}, "available.units"},
		"lowest overflow":     {"o", &money.Money{CurrencyCode: "USD", Units: -1 << 63}, "available.units"},
		"negative envelope":   {"o", &money.Money{CurrencyCode: "USD", Units: -5}, "available"},
		"yen":                 {"jp", &money.Money{CurrencyCode: "JPY", Units: 5}, ""},
		"yen have no minor":   {"jp", &money.Money{CurrencyCode: "JPY", Units: 5, Nanos: 10_000_000}, "available.nanos"},
		"dollars for the yen": {"jp", &money.Money{CurrencyCode: "USD", Units: 5}, "available.currency_code"},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := f.with(t, authn.Identity{Subject: "fin", Organization: c.organization, Roles: []string{"finance"}})
			parent := "organizations/" + c.organization
			_, err := f.client.UpdateFund(ctx, &budgetingv1.UpdateFundRequest{AllowMissing: true, Fund: &budgetingv1.Fund{
				Name: parent + "/funds/general", DisplayName: "General", Code: "1", Kind: budgetingv1.FundKind_FUND_KIND_GENERAL,
			}})
			must(t, err)
			made, err := f.client.CreateBudget(ctx, &budgetingv1.CreateBudgetRequest{Parent: parent, ValidateOnly: true, Budget: &budgetingv1.Budget{
				DisplayName: "B", FiscalYear: 2027, Plan: parent + "/plans/p", Envelopes: []*budgetingv1.Envelope{{Fund: parent + "/funds/general", Available: c.amount}},
			}})
			if c.field == "" {
				must(t, err)
				if got := made.GetEnvelopes()[0].GetAvailable(); !proto.Equal(got, c.amount) {
					t.Errorf("answered %v, sent %v", got, c.amount)
				}
				return
			}
			if v := wantReason(t, err, "INVALID_FIELDS").Violations; v[0].Field != "budget.envelopes[0]."+c.field {
				t.Errorf("violations %v, want %s", v, c.field)
			}
		})
	}
}

func TestRestrictedMoney(t *testing.T) {
	f := start(t)
	f.city(t)
	finance := f.as(t, "fin", "finance")
	_, err := f.client.UpdateFundingRequest(finance, &budgetingv1.UpdateFundingRequestRequest{FundingRequest: &budgetingv1.FundingRequest{
		Name: request("parks"), CostLines: []*budgetingv1.CostLine{cost("general", 1), cost("library", 1)}, EligibleFunds: []string{fund("library"), fund("nowhere")},
	}})
	v := wantReason(t, err, "INVALID_FIELDS").Violations
	want := []string{"funding_request.cost_lines[1].fund", "funding_request.eligible_funds[0]", "funding_request.eligible_funds[1]"}
	for i, field := range want {
		if len(v) != len(want) || v[i].Field != field {
			t.Fatalf("violations %v, want %v", v, want)
		}
	}
	if !strings.Contains(v[0].Detail, "Library Levy of 1998") || !strings.Contains(v[0].Detail, "Neighborhood Parks") {
		t.Errorf("detail %q", v[0].Detail)
	}
}

func TestUpsertsCountAndAreAllOrNone(t *testing.T) {
	f := start(t)
	f.city(t)
	finance := f.as(t, "fin", "finance")
	rows := f.programs()
	rows[0].DisplayName = "Police and Patrol"
	rows = append(rows, &budgetingv1.Program{Name: program("fire"), DisplayName: "Fire", Code: "P5"})
	n, err := f.client.BatchUpsertPrograms(finance, &budgetingv1.BatchUpsertProgramsRequest{Parent: "organizations/o", Programs: rows})
	must(t, err)
	if n.GetCreated() != 1 || n.GetUpdated() != 1 || n.GetUnchanged() != 3 {
		t.Errorf("counted %v", n)
	}
	police, err := f.client.GetProgram(finance, &budgetingv1.GetProgramRequest{Name: program("police")})
	must(t, err)
	if police.GetEtag() != "2" || police.GetDisplayName() != "Police and Patrol" {
		t.Errorf("police %v", police)
	}
	parks, err := f.client.GetProgram(finance, &budgetingv1.GetProgramRequest{Name: program("parks")})
	must(t, err)
	if parks.GetEtag() != "1" {
		t.Errorf("an unchanged row was rewritten: %v", parks)
	}
	requests := f.requests()
	requests[0].Requested = usd(700_000)
	requests[1].CostLines[0].Fund = fund("nowhere")
	requests[2].Cap = usd(-1)
	requests[3].Name = request("unknown")
	_, err = f.client.BatchUpsertFundingRequests(finance, &budgetingv1.BatchUpsertFundingRequestsRequest{Parent: budget, FundingRequests: requests})
	v := wantReason(t, err, "INVALID_FIELDS").Violations
	fields := map[string]bool{}
	for _, x := range v {
		fields[x.Field] = true
	}
	for _, want := range []string{"funding_requests[1].cost_lines[0].fund", "funding_requests[2].cap", "funding_requests[3].name"} {
		if !fields[want] {
			t.Errorf("violations %v lack %s", v, want)
		}
	}
	got, err := f.client.GetFundingRequest(finance, &budgetingv1.GetFundingRequestRequest{Name: request("police")})
	must(t, err)
	if got.GetRequested() != nil || got.GetEtag() != "2" { // attesting was its second version
		t.Errorf("a refused batch changed %v", got)
	}
	counts, err := f.client.BatchUpsertFundingRequests(finance, &budgetingv1.BatchUpsertFundingRequestsRequest{Parent: budget, FundingRequests: f.requests()})
	must(t, err)
	if counts.GetUnchanged() != 4 {
		t.Errorf("sending the same again counts %v", counts)
	}
}

func TestAttestationsFollowTheirPart(t *testing.T) {
	f := start(t)
	f.city(t)
	finance := f.as(t, "fin", "finance")
	f.attest(t, budgetingv1.RequestAspect_REQUEST_ASPECT_BASE, "police")
	rows := f.requests()[:1]
	rows[0].CostLines[0].Amount = usd(610_000)
	_, err := f.client.BatchUpsertFundingRequests(finance, &budgetingv1.BatchUpsertFundingRequestsRequest{Parent: budget, FundingRequests: rows})
	must(t, err)
	got, err := f.client.GetFundingRequest(finance, &budgetingv1.GetFundingRequestRequest{Name: request("police")})
	must(t, err)
	if a := got.GetAttestations(); len(a) != 1 || a[0].GetAspect() != budgetingv1.RequestAspect_REQUEST_ASPECT_ALIGNMENT || a[0].GetRole() != "finance" {
		t.Errorf("attestations %v", a)
	}
}

func lines(n int) []*budgetingv1.LineItem {
	return []*budgetingv1.LineItem{
		{
			Kind: budgetingv1.LineItemKind_LINE_ITEM_KIND_EXPENDITURE, Fund: fund("general"), Department: "Police", Amount: usd(int64(n), 25), AccountSegments: []string{"010", "0001"},
			Version: budgetingv1.LineItemVersion_LINE_ITEM_VERSION_ADOPTED, Program: program("police"), ExternalRef: "a/1", SourceRow: 2,
		},
		{
			Kind: budgetingv1.LineItemKind_LINE_ITEM_KIND_EXPENDITURE, Fund: fund("general"), Department: "Police", Amount: usd(-1),
			Version: budgetingv1.LineItemVersion_LINE_ITEM_VERSION_ADOPTED, Program: program("police"), ExternalRef: "a/2",
		},
		{
			Kind: budgetingv1.LineItemKind_LINE_ITEM_KIND_REVENUE, Fund: fund("debt"), Amount: usd(7),
			Version: budgetingv1.LineItemVersion_LINE_ITEM_VERSION_ADOPTED, ExternalRef: "a/3", Treatment: budgetingv1.Treatment_TREATMENT_INTERFUND,
		},
	}
}

func TestLineItems(t *testing.T) {
	f := start(t)
	f.city(t)
	finance := f.as(t, "fin", "finance")
	upsert := func(ctx context.Context, rows []*budgetingv1.LineItem) (*budgetingv1.BatchUpsertLineItemsResponse, error) {
		return f.client.BatchUpsertLineItems(ctx, &budgetingv1.BatchUpsertLineItemsRequest{Parent: budget, LineItems: rows})
	}
	n, err := upsert(finance, lines(100))
	must(t, err)
	if n.GetCreated() != 3 {
		t.Errorf("counted %v", n)
	}
	n, err = upsert(finance, lines(200))
	must(t, err)
	if n.GetUpdated() != 1 || n.GetUnchanged() != 2 {
		t.Errorf("counted %v", n)
	}
	bad := append(lines(300), lines(400)...)
	bad[1].Fund = fund("nowhere")
	_, err = upsert(finance, bad)
	if v := wantReason(t, err, "INVALID_FIELDS").Violations; len(v) != 4 {
		t.Errorf("violations %v", v)
	}
	sum, err := f.client.SummarizeLineItems(finance, &budgetingv1.SummarizeLineItemsRequest{Parent: budget})
	must(t, err)
	if len(sum.GetTotals()) != 2 || cents(sum.GetTotals()[0].GetAmount()) != 7_00 || cents(sum.GetTotals()[1].GetAmount()) != 199_25 || sum.GetTotals()[1].GetLines() != 2 {
		t.Errorf("totals %v", sum.GetTotals())
	}
	page, err := f.client.ListLineItems(finance, &budgetingv1.ListLineItemsRequest{
		Parent: budget, Filter: `fund = "` + fund("general") + `" AND amount > 0`, OrderBy: "amount desc",
	})
	must(t, err)
	if len(page.GetLineItems()) != 1 || page.GetLineItems()[0].GetExternalRef() != "a/1" || page.GetLineItems()[0].GetEtag() != "2" ||
		page.GetLineItems()[0].GetTreatment() != budgetingv1.Treatment_TREATMENT_COMPETES {
		t.Errorf("lines %v", page.GetLineItems())
	}
	one, err := f.client.GetLineItem(finance, &budgetingv1.GetLineItemRequest{Name: page.GetLineItems()[0].GetName()})
	must(t, err)
	if !proto.Equal(one, page.GetLineItems()[0]) {
		t.Errorf("read %v", one)
	}
	var told []outbox.Event
	must(t, f.db.Read(t.Context(), func(tx sqldb.Tx) error {
		all, err := outbox.Changes(tx, "o", 0, 1000)
		told = nil
		for _, e := range all {
			if strings.HasSuffix(e.Type, ".line_items.upserted") {
				told = append(told, e)
			}
		}
		return err
	}))
	var second budgetingv1.ListLineItemsResponse
	if len(told) != 2 {
		t.Fatalf("%d changes of lines were journaled, want one a batch", len(told))
	}
	must(t, proto.Unmarshal(told[1].Data, &second))
	if told[1].Subject != budget+"/lineItems" || len(second.GetLineItems()) != 1 {
		t.Errorf("change %v tells of %v", told[1], &second)
	}
}

func TestDepartmentWritesItsOwn(t *testing.T) {
	f := start(t)
	f.city(t)
	parks := f.with(t, authn.Identity{Subject: "pat", Organization: "o", Roles: []string{"department"}, Department: "Parks"})
	_, err := f.client.UpdateProgram(parks, &budgetingv1.UpdateProgramRequest{Program: &budgetingv1.Program{Name: program("parks"), Purpose: "Green space"}})
	must(t, err)
	_, err = f.client.UpdateProgram(parks, &budgetingv1.UpdateProgramRequest{Program: &budgetingv1.Program{Name: program("parks"), Department: "Police"}})
	wantReason(t, err, "FOREIGN_DEPARTMENT")
	_, err = f.client.BatchUpsertPrograms(parks, &budgetingv1.BatchUpsertProgramsRequest{Parent: "organizations/o", Programs: []*budgetingv1.Program{
		{Name: program("police"), DisplayName: "Ours now", Code: "P1", Department: "Parks"},
	}})
	wantReason(t, err, "FOREIGN_DEPARTMENT")
	_, err = f.client.UpdateFundingRequest(parks, &budgetingv1.UpdateFundingRequestRequest{FundingRequest: &budgetingv1.FundingRequest{Name: request("parks"), FteMilli: 12_500}})
	must(t, err)
	_, err = f.client.UpdateFundingRequest(parks, &budgetingv1.UpdateFundingRequestRequest{FundingRequest: &budgetingv1.FundingRequest{Name: request("police"), FteMilli: 1}})
	wantReason(t, err, "FOREIGN_DEPARTMENT")
	// What steers a program is not the department's to set, alone or in a batch.
	steered := &budgetingv1.FundingRequest{
		Name: request("parks"), EquityPoints: 50, MaxDecreasePpm: new(int32(0)), ResultsPolicy: budgetingv1.ResultsPolicy_RESULTS_POLICY_REMEDY,
	}
	_, err = f.client.UpdateFundingRequest(parks, &budgetingv1.UpdateFundingRequestRequest{FundingRequest: steered})
	wantReason(t, err, "RESERVED_FIELDS")
	if !strings.Contains(err.Error(), "results_policy, equity_points, max_decrease_ppm") {
		t.Errorf("%v does not name the fields", err)
	}
	_, err = f.client.BatchUpsertFundingRequests(parks, &budgetingv1.BatchUpsertFundingRequestsRequest{
		Parent: budget, FundingRequests: []*budgetingv1.FundingRequest{steered},
	})
	wantReason(t, err, "RESERVED_FIELDS")
	_, err = f.client.BatchUpsertLineItems(parks, &budgetingv1.BatchUpsertLineItemsRequest{Parent: budget, LineItems: lines(1)})
	wantReason(t, err, "FOREIGN_DEPARTMENT")
	_, err = f.client.CreateFund(parks, &budgetingv1.CreateFundRequest{Parent: "organizations/o", FundId: "x", Fund: &budgetingv1.Fund{
		DisplayName: "X", Code: "X", Kind: budgetingv1.FundKind_FUND_KIND_GENERAL,
	}})
	wantReason(t, err, "ROLE_LACKS_PERMISSION")
}

func TestTenantsAreApart(t *testing.T) {
	f := start(t)
	f.city(t)
	other := f.with(t, authn.Identity{Subject: "eve", Organization: "other", Roles: []string{"finance"}})
	_, err := f.client.GetFund(other, &budgetingv1.GetFundRequest{Name: fund("general")})
	wantReason(t, err, "FOREIGN_ORGANIZATION")
	_, err = f.client.UpdateFund(other, &budgetingv1.UpdateFundRequest{AllowMissing: true, Fund: &budgetingv1.Fund{
		Name: "organizations/other/funds/x", DisplayName: "X", Code: "X", Kind: budgetingv1.FundKind_FUND_KIND_GENERAL, ParentFund: fund("general"),
	}})
	wantReason(t, err, "FOREIGN_ORGANIZATION")
	page, err := f.client.ListPrograms(other, &budgetingv1.ListProgramsRequest{Parent: "organizations/other"})
	must(t, err)
	if len(page.GetPrograms()) != 0 {
		t.Errorf("sees %v", page.GetPrograms())
	}
}

func TestFundsInUseStay(t *testing.T) {
	f := start(t)
	f.city(t)
	finance := f.as(t, "fin", "finance")
	_, err := f.client.DeleteFund(finance, &budgetingv1.DeleteFundRequest{Name: fund("library")})
	if e := wantReason(t, err, "FUND_IN_USE"); !strings.Contains(e.Message, budget) {
		t.Errorf("message %q", e.Message)
	}
	_, err = f.client.DeleteProgram(finance, &budgetingv1.DeleteProgramRequest{Name: program("parks")})
	wantReason(t, err, "PROGRAM_IN_USE")
	_, err = f.client.DeleteFundingRequest(finance, &budgetingv1.DeleteFundingRequestRequest{Name: request("parks"), Etag: "1"})
	wantReason(t, err, "ETAG_MISMATCH")
	_, err = f.client.DeleteFundingRequest(finance, &budgetingv1.DeleteFundingRequestRequest{Name: request("parks"), Etag: "2"})
	must(t, err)
	_, err = f.client.DeleteProgram(finance, &budgetingv1.DeleteProgramRequest{Name: program("parks")})
	must(t, err)
	_, err = f.client.CreateBudget(finance, &budgetingv1.CreateBudgetRequest{Parent: "organizations/o", Budget: &budgetingv1.Budget{
		DisplayName: "B", FiscalYear: 2028, Plan: "organizations/o/plans/typo", RoundingUnit: usd(7),
	}})
	if v := wantReason(t, err, "INVALID_FIELDS").Violations; v[0].Field != "budget.plan" {
		t.Errorf("violations %v", v)
	}
}

// An update that says what is stored already changes nothing, so that importing the same files again leaves no trace.
func TestUpdatesThatChangeNothing(t *testing.T) {
	f := start(t)
	f.city(t)
	finance := f.as(t, "fin", "finance")
	library, err := f.client.GetFund(finance, &budgetingv1.GetFundRequest{Name: fund("library")})
	must(t, err)
	year, err := f.client.GetBudget(finance, &budgetingv1.GetBudgetRequest{Name: budget})
	must(t, err)
	ask, err := f.client.GetFundingRequest(finance, &budgetingv1.GetFundingRequestRequest{Name: request("parks")})
	must(t, err)
	again, err := f.client.UpdateFund(finance, &budgetingv1.UpdateFundRequest{Fund: library, UpdateMask: all(), AllowMissing: true})
	must(t, err)
	sameYear, err := f.client.UpdateBudget(finance, &budgetingv1.UpdateBudgetRequest{Budget: year, AllowMissing: true})
	must(t, err)
	sameAsk, err := f.client.UpdateFundingRequest(finance, &budgetingv1.UpdateFundingRequestRequest{FundingRequest: ask})
	must(t, err)
	for _, pair := range [][2]proto.Message{{library, again}, {year, sameYear}, {ask, sameAsk}} {
		if !proto.Equal(pair[0], pair[1]) {
			t.Errorf("was %v\nis  %v", pair[0], pair[1])
		}
	}
	other, err := f.client.UpdateFund(finance, &budgetingv1.UpdateFundRequest{Fund: &budgetingv1.Fund{Name: library.GetName(), DisplayName: "Another"}})
	must(t, err)
	if other.GetEtag() == library.GetEtag() {
		t.Errorf("a change kept the etag %s", other.GetEtag())
	}
}

// The mask says what to update, and is ignored for what does not exist yet: all that is sent is then held to its rules.
func TestMaskHidesNothingFromTheRulesOfACreate(t *testing.T) {
	f := start(t)
	f.city(t)
	finance := f.as(t, "fin", "finance")
	_, err := f.client.UpdateFund(finance, &budgetingv1.UpdateFundRequest{
		AllowMissing: true, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"kind"}}, Fund: &budgetingv1.Fund{
			Name: fund("new"), DisplayName: strings.Repeat("x", 10_000), Code: "9", Kind: budgetingv1.FundKind_FUND_KIND_GENERAL,
		},
	})
	if v := wantReason(t, err, "INVALID_FIELDS").Violations; len(v) != 1 || v[0].Field != "fund.display_name" {
		t.Errorf("violations %v", v)
	}
}
