package sample

import (
	"slices"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/type/money"

	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
	"github.com/throughline/throughline/services/platform/wire"
	"github.com/throughline/throughline/services/throughline/internal/budgetfile"
)

func TestBudgetBalances(t *testing.T) {
	p := budget(t)
	for _, e := range p.RowErrors {
		t.Errorf("%s:%d: %s %q: %s", e.File, e.Line, e.Column, e.Value, e.Remedy)
	}
	for _, m := range p.Mismatches {
		t.Errorf("%s: %d, want %d", m.What, m.Got, m.Want)
	}
	for _, n := range p.Notices {
		t.Errorf("notice %s: %s", n.Code, n.Detail)
	}
	kinds, total := map[budgetfile.FundKind]int{}, int64(0)
	for _, f := range p.Funds {
		kinds[f.Kind]++
		total += f.Expenditure
		if f.Revenue != f.Expenditure || f.Envelope != f.Revenue || f.Revenue <= 0 {
			t.Errorf("fund %s %s: revenue %d, expenditure %d, envelope %d", f.Code, f.Name, f.Revenue, f.Expenditure, f.Envelope)
		}
	}
	if len(kinds) != 6 || kinds["SPECIAL_REVENUE"] != 3 {
		t.Errorf("kinds of funds: %v", kinds)
	}
	if total < 180_000_000_00 || total > 220_000_000_00 {
		t.Errorf("the city spends %d cents, want 180 to 220 million dollars", total)
	}
}

// TestSidesAgree holds what one fund pays another against what the other receives.
func TestSidesAgree(t *testing.T) {
	p := budget(t)
	paid, received := map[string]int64{}, map[string]int64{}
	fund := map[string]string{}
	for _, f := range p.Funds {
		fund[f.Code] = f.Name
	}
	for _, l := range p.LineItems {
		to, out := strings.CutPrefix(l.AccountName, "Transfer to ")
		from, in := strings.CutPrefix(l.AccountName, "Transfer from ")
		switch {
		case (out || in) != (l.Kind == budgetfile.KindTransfer):
			t.Errorf("%s is %q and of kind %s", l.ExternalRef, l.AccountName, l.Kind)
		case out:
			paid[fund[l.FundCode]+" > "+to] += l.Amount
		case in:
			received[from+" > "+fund[l.FundCode]] += l.Amount
		case l.AccountName == "Fleet Services Charges":
			paid["charges"] += l.Amount
		case l.AccountName == "Fleet Services Charges to Departments":
			received["charges"] += l.Amount
		}
	}
	if len(paid) < 6 || len(paid) != len(received) {
		t.Errorf("%d flows paid, %d received", len(paid), len(received))
	}
	for flow, amount := range paid {
		if amount <= 0 || received[flow] != amount {
			t.Errorf("%s: paid %d, received %d", flow, amount, received[flow])
		}
	}
}

func TestLinesOfEveryTreatment(t *testing.T) {
	p := budget(t)
	seen := map[budgetfile.Treatment]bool{}
	var negative, fromTwo int
	for _, l := range p.LineItems {
		seen[l.Treatment] = true
		if l.Amount < 0 {
			negative++
		}
	}
	for _, r := range p.Requests {
		funds := map[string]bool{}
		for _, c := range r.CostLines {
			funds[c.FundCode] = true
		}
		if len(funds) > 1 {
			fromTwo++
		}
	}
	for _, want := range []budgetfile.Treatment{"COMPETES", "MUST_PAY", "INTERFUND", "GRANT", "CAPITAL_PROJECT", "RESERVE"} {
		if !seen[want] {
			t.Errorf("no line is %s", want)
		}
	}
	if negative < 5 || fromTwo < 5 {
		t.Errorf("%d negative lines and %d programs with two funds, want 5 at least", negative, fromTwo)
	}
}

// TestRequestsFitTheBudget holds requests.yaml and funds.yaml against the programs of the budget files.
func TestRequestsFitTheBudget(t *testing.T) {
	c, p := city(t), budget(t)
	requests, departments, funds := map[string]*budgetingv1.FundingRequest{}, map[string]string{}, map[string]*budgetingv1.Fund{}
	for _, r := range c.Requests {
		requests[last(r.GetName())] = r
		if r.GetName() != budgetName+"/fundingRequests/"+last(r.GetName()) {
			t.Errorf("%s is no request of %s", r.GetName(), budgetName)
		}
	}
	if _, known := requests[last(c.Example)]; !known {
		t.Errorf("the example %s is no program", c.Example)
	}
	for _, d := range p.Departments {
		departments[d.Code] = d.Name
	}
	for _, f := range c.Funds {
		funds[last(f.GetName())] = f
		if f.GetRestrictionBasis() == "" {
			t.Errorf("%s does not say what binds it", f.GetName())
		}
	}
	if len(p.Programs) != len(requests) || len(p.Programs) != len(p.Requests) {
		t.Fatalf("%d programs, %d with cost, %d requests", len(p.Programs), len(p.Requests), len(requests))
	}
	for i, program := range p.Programs {
		r := requests[program.ID]
		if r == nil {
			t.Errorf("%s %s has no request", program.ID, program.Name)
			continue
		}
		carriers := r.GetEligibleFunds()
		for _, cost := range p.Requests[i].CostLines {
			carriers = append(carriers, organizationName+"/funds/"+cost.FundID)
		}
		for _, name := range carriers {
			f := funds[last(name)] // nil for the General Fund, which is not restricted
			if !admits(f, organizationName+"/programs/"+program.ID, departments[program.DepartmentCode], program.Function) {
				t.Errorf("%s may not be spent on %s %s", name, program.ID, program.Name)
			}
		}
		if program.Purpose == "" {
			t.Errorf("%s %s has no purpose", program.ID, program.Name)
		}
		checkAmounts(t, r, competing(p.Requests[i], ""))
	}
}

// checkAmounts holds floors and asks against today's competing cost, in cents.
func checkAmounts(t *testing.T, r *budgetingv1.FundingRequest, base int64) {
	t.Helper()
	for what, m := range map[string]*money.Money{"minimum": r.GetMandate().GetMinimumAmount(), "requested": r.GetRequested()} {
		if m == nil {
			continue
		}
		cents, err := wire.FromMoney("USD", m)
		if err != nil || cents <= 0 || (what == "minimum") != (cents < base) {
			t.Errorf("%s: %s of %d cents (%v) beside a competing cost of %d", r.GetName(), what, cents, err, base)
		}
	}
}

// competing is a request's competing cost in a fund, or in all of them: credits net inside their fund.
func competing(r budgetfile.ProgramRequest, fund string) int64 {
	sums := map[string]int64{}
	for _, c := range r.CostLines {
		if c.Treatment == budgetfile.Competes && (fund == "" || c.FundCode == fund) {
			sums[c.FundCode] += c.Amount
		}
	}
	var base int64
	for _, sum := range sums {
		base += max(0, sum)
	}
	return base
}

// TestRoomForTheCut wants an allocation at 95 % to be solvable within the usual 20 %, floors and hold-harmless kept.
func TestRoomForTheCut(t *testing.T) {
	c, p := city(t), budget(t)
	at := slices.IndexFunc(p.Funds, func(f budgetfile.Fund) bool { return f.Code == "001" })
	scale := c.Allocation.GetParameters().GetEnvelopeScales()
	if len(scale) != 1 || scale[0].GetSharePpm() != 950_000 || scale[0].GetFund() != organizationName+"/funds/"+p.Funds[at].ID {
		t.Fatalf("the allocation scales %v", scale)
	}
	var room int64
	for i, r := range p.Requests {
		cost, all := competing(r, "001"), competing(r, "")
		if cost == 0 {
			continue
		}
		floor := c.Requests[i].GetMandate().GetMinimumAmount().GetUnits() * 100
		limit := int64(200_000)
		if m := c.Requests[i].MaxDecreasePpm; m != nil {
			limit = min(limit, int64(*m))
		}
		room += (all - min(floor, all)) * limit / 1_000_000 * cost / all
	}
	if gap := p.Funds[at].Envelope / 20; room < 2*gap {
		t.Errorf("competing cost can give %d cents and %d are short; leave twice as much room", room, gap)
	}
}

func TestUnknownAndKnownAlignment(t *testing.T) {
	var unknown, partly, self, mandates, floors, asks, eligible int
	for _, r := range city(t).Requests {
		scores := 0
		for _, a := range r.GetAlignments() {
			if a.ReviewedScore != nil {
				scores++
			}
			if a.SelfScore != nil {
				self++
			}
		}
		switch {
		case scores == 0:
			unknown++
		case scores < 4:
			partly++
		}
		if r.GetMandate() != nil {
			mandates++
		}
		if r.GetMandate().GetMinimumAmount() != nil {
			floors++
		}
		if r.GetRequested() != nil {
			asks++
		}
		if len(r.GetEligibleFunds()) > 0 {
			eligible++
		}
	}
	for what, n := range map[string][3]int{ // got, at least, at most
		"wholly unknown": {unknown, 2, 8}, "partly unknown": {partly, 1, 8}, "self scores": {self, 40, 500}, "mandates": {mandates, 12, 20},
		"floors": {floors, 6, 15}, "asks": {asks, 15, 25}, "eligible elsewhere": {eligible, 6, 12},
	} {
		if n[0] < n[1] || n[0] > n[2] {
			t.Errorf("%d requests are %s, want %d to %d", n[0], what, n[1], n[2])
		}
	}
}
