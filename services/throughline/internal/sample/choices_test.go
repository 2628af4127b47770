package sample

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/type/money"
	"google.golang.org/protobuf/proto"

	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
	"github.com/throughline/throughline/services/budgeting"
	"github.com/throughline/throughline/services/platform/rpc"
	"github.com/throughline/throughline/services/platform/wire"
	"github.com/throughline/throughline/services/throughline/internal/budgetfile"
)

func election(t *testing.T) budgeting.PabulibElection {
	t.Helper()
	c := city(t)
	read, err := readElection(filepath.Join(riverbend, "election.pb"), &c)
	if err != nil {
		t.Fatal(err)
	}
	return read
}

// requestsOf are the requests of the budget files and of requests.yaml, by program.
func requestsOf(t *testing.T) (map[string]budgetfile.ProgramRequest, map[string]*budgetingv1.FundingRequest) {
	t.Helper()
	asked, told := map[string]budgetfile.ProgramRequest{}, map[string]*budgetingv1.FundingRequest{}
	p := budget(t)
	for i, program := range p.Programs {
		asked[program.ID] = p.Requests[i]
	}
	for _, r := range city(t).Requests {
		told[last(r.GetName())] = r
	}
	return asked, told
}

// TestChoicesFollowFieldRules holds choices.yaml and election.pb against the rules beside the fields.
func TestChoicesFollowFieldRules(t *testing.T) {
	c, e := city(t), election(t)
	all := []proto.Message{e.Election}
	for _, m := range c.Budget.GetEnvelopes() {
		all = append(all, m)
	}
	for _, m := range c.Budget.GetTransferAuthorities() {
		all = append(all, m)
	}
	for _, m := range c.Packages {
		all = append(all, m)
	}
	for _, m := range c.Scenarios {
		all = append(all, m)
	}
	for _, m := range e.Programs {
		all = append(all, m)
	}
	for _, m := range e.Ballots {
		all = append(all, m)
	}
	for _, m := range all {
		if err := rpc.Validate(m); err != nil {
			t.Errorf("%v: %v", m, err)
		}
	}
}

// TestEnvelopesAreTheRevenue wants every envelope to be the revenue of its fund and what will not come again.
func TestEnvelopesAreTheRevenue(t *testing.T) {
	c, p := city(t), budget(t)
	if c.Budget.GetName() != budgetName || len(c.Budget.GetEnvelopes()) != len(p.Funds) {
		t.Fatalf("%s has %d envelopes for %d funds", c.Budget.GetName(), len(c.Budget.GetEnvelopes()), len(p.Funds))
	}
	var once int64
	for _, e := range c.Budget.GetEnvelopes() {
		at := slices.IndexFunc(p.Funds, func(f budgetfile.Fund) bool { return organizationName+"/funds/"+f.ID == e.GetFund() })
		if at < 0 {
			t.Errorf("%s is no fund", e.GetFund())
			continue
		}
		available, oneTime := usd(t, e.GetAvailable()), usd(t, e.GetOneTime())
		once += oneTime
		if available-oneTime != p.Funds[at].Revenue {
			t.Errorf("%s has %d, of which %d this once; its revenue is %d", e.GetFund(), available, oneTime, p.Funds[at].Revenue)
		}
	}
	if once != 1_000_000_00 {
		t.Errorf("%d cents will not come again, want 1,000,000 dollars", once)
	}
	limits := int64(0)
	for _, a := range c.Budget.GetTransferAuthorities() { // the nearest first
		if limit := usd(t, a.GetLimit()); limit <= limits {
			t.Errorf("%s may approve %d, which those before it may too", a.GetBody(), limit)
		} else {
			limits = limit
		}
	}
}

// usd is an amount in cents; what is left out is nothing.
func usd(t *testing.T, m *money.Money) int64 {
	t.Helper()
	if m == nil {
		return 0
	}
	cents, err := wire.FromMoney("USD", m)
	if err != nil {
		t.Errorf("%v: %v", m, err)
	}
	return cents
}

// TestPackagesFitTheBudget holds packages against the programs and funds of the budget files.
func TestPackagesFitTheBudget(t *testing.T) {
	c, p := city(t), budget(t)
	asked, told := requestsOf(t)
	departments, funds := map[string]string{}, map[string]*budgetingv1.Fund{}
	for _, d := range p.Departments {
		departments[d.Code] = d.Name
	}
	for _, f := range c.Funds {
		funds[last(f.GetName())] = f
	}
	known, programs := map[string]*budgetingv1.DecisionPackage{}, map[string]bool{}
	var once, later, replaced, needs, excludes int
	for _, pack := range c.Packages {
		id := last(parent(pack.GetName()))
		at := slices.IndexFunc(p.Programs, func(f budgetfile.Program) bool { return f.ID == id })
		if at < 0 || known[pack.GetName()] != nil || !strings.HasPrefix(pack.GetName(), budgetName+"/fundingRequests/"+id+"/decisionPackages/") {
			t.Fatalf("%s is of no program, or there twice", pack.GetName())
		}
		for _, ref := range slices.Concat(pack.GetPrerequisites(), pack.GetExclusions()) { // in the order in which they are written
			if known[ref.GetDecisionPackage()] == nil {
				t.Errorf("%s names %s, which comes later or never", pack.GetName(), ref.GetDecisionPackage())
			}
		}
		known[pack.GetName()], programs[id] = pack, true
		needs, excludes = needs+len(pack.GetPrerequisites()), excludes+len(pack.GetExclusions())
		var before int64
		for _, l := range pack.GetLevels() {
			var cost int64
			for _, amount := range l.GetCosts() {
				if !admits(funds[last(amount.GetFund())], organizationName+"/programs/"+id, departments[p.Programs[at].DepartmentCode], p.Programs[at].Function) {
					t.Errorf("%s may not be spent on %s", amount.GetFund(), pack.GetName())
				}
				switch {
				case amount.GetYearOffset() > 0:
					later++
				case amount.GetOneTime():
					once++
					cost += usd(t, amount.GetAmount())
				default:
					cost += usd(t, amount.GetAmount())
				}
			}
			if cost <= before {
				t.Errorf("level %s of %s costs %d, and the one before it %d", l.GetLevelId(), pack.GetName(), cost, before)
			}
			before = cost
		}
		if pack.GetReplacesBase() {
			replaced++
			if base := competing(asked[id], ""); before != base || told[id].GetMaxDecreasePpm() != 0 {
				t.Errorf("the highest level of %s costs %d, and today's service %d", pack.GetName(), before, base)
			}
		}
	}
	for what, n := range map[string][3]int{ // got, at least, at most
		"packages": {len(known), 10, 15}, "programs": {len(programs), 8, 15}, "service levels": {replaced, 2, 5}, "one-time costs": {once, 4, 20},
		"later years": {later, 1, 5}, "prerequisites": {needs, 1, 3}, "exclusions": {excludes, 1, 3},
	} {
		if n[0] < n[1] || n[0] > n[2] {
			t.Errorf("%d %s, want %d to %d", n[0], what, n[1], n[2])
		}
	}
}

// TestScenariosReferToTheCity finds what scenarios name.
func TestScenariosReferToTheCity(t *testing.T) {
	c := city(t)
	asked, _ := requestsOf(t)
	var names []string
	for _, s := range c.Scenarios {
		names = append(names, last(s.GetName()))
		if parent(s.GetName()) != budgetName {
			t.Errorf("%s is of another budget", s.GetName())
		}
		for _, w := range s.GetGoalWeights() {
			if !slices.Contains(c.Prioritization.GetGoals(), w.GetGoal()) {
				t.Errorf("%s weighs %s, which the council did not rank", s.GetName(), w.GetGoal())
			}
		}
		for _, o := range s.GetRequestOverrides() {
			if _, known := asked[last(o.GetProgram())]; !known {
				t.Errorf("%s overrides %s, which asks for nothing", s.GetName(), o.GetProgram())
			}
		}
		if !proto.Equal(s.GetParameters().GetAttributeWeights()[0], c.Allocation.GetParameters().GetAttributeWeights()[0]) {
			t.Errorf("%s scores otherwise than the allocation", s.GetName())
		}
	}
	if want := []string{"three-percent-short", "library-first", "service-levels"}; !slices.Equal(names, want) {
		t.Errorf("scenarios %v, want %v", names, want)
	}
}

func TestResidentsElection(t *testing.T) {
	e := election(t)
	asked, _ := requestsOf(t)
	votes := map[string]int{}
	for _, b := range e.Ballots {
		if len(b.GetVotes()) == 0 || len(b.GetVotes()) > 5 {
			t.Errorf("voter %s names %d projects", b.GetVoter(), len(b.GetVotes()))
		}
		for _, v := range b.GetVotes() {
			votes[v.GetProgram()]++
		}
	}
	var cost int64
	for _, p := range e.Election.GetProjects() {
		cost += usd(t, p.GetCost())
		if votes[p.GetProgram()] < 20 {
			t.Errorf("%s has %d votes", p.GetProgram(), votes[p.GetProgram()])
		}
	}
	amount, contingency := usd(t, e.Election.GetAmount()), int64(0)
	for _, l := range asked["p-90040"].CostLines {
		contingency += l.Amount
	}
	if len(e.Programs) != 12 || len(e.Ballots) != 206 || amount > contingency || cost < amount*3/2 {
		t.Errorf("%d projects of %d cents for %d, %d ballots, and a contingency of %d", len(e.Programs), cost, amount, len(e.Ballots), contingency)
	}
}

// TestGrantsAndPositions wants today's money to keep every grant and to pay every position.
func TestGrantsAndPositions(t *testing.T) {
	asked, told := requestsOf(t)
	var grants, positions int
	for id, r := range told {
		base := competing(asked[id], "")
		for _, g := range r.GetGrants() {
			grants++
			award := usd(t, g.GetAward())
			match, effort := award*int64(g.GetMatchPpm())/1_000_000, usd(t, g.GetMaintenanceOfEffort())
			if award <= 0 || max(match, effort) == 0 || max(match, effort) > base {
				t.Errorf("%s: %s of %d wants %d or %d of %d", id, g.GetDisplayName(), award, match, effort, base)
			}
		}
		var cost, count int64
		for _, p := range r.GetPositions() {
			positions++
			cost += usd(t, p.GetCost()) * int64(p.GetCount())
			count += int64(p.GetCount())
		}
		if cost > base || count*1000 > r.GetFteMilli() {
			t.Errorf("%s: %d positions of %d cents in %d thousandths of FTE and %d cents", id, count, cost, r.GetFteMilli(), base)
		}
	}
	if grants < 4 || positions < 10 {
		t.Errorf("%d grants and %d kinds of positions", grants, positions)
	}
}
