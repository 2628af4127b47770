package budgetfile

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

const twoSided = `name: two-sided
fiscal_year: 2026
currency: USD
version: ADOPTED
files:
  - id: all
    name: all.csv
    number: {zero: OMIT, blank: OMIT}
    revenue: [{account: "4*"}]
    reverse_sign: [REVENUE]
    columns:
      fund: {code: fund, name: fund name}
      department: {code: dept, name: dept name}
      program: {code: {column: program, otherwise: {column: dept, template: "${0}-general", extract: ".+"}}}
      account: {code: account}
      class: {column: account, extract: "^(.)", values: {"5": Personnel}}
      segments: [{name: fund, value: fund}, {name: account, value: account}]
    amounts:
      - {column: last, version: ACTUAL}
      - {column: now, version: ADOPTED}
      - {column: capital, version: ADOPTED, key: capital, treatment: CAPITAL_PROJECT, class: Capital, account: "900", account_name: Capital}
transfers: [{account: ["49*", "59*"]}]
treatments:
  - {name: pensions, when: {account: "51*"}, treatment: MUST_PAY}
  - {name: five, when: {account: "5*", department: "20"}, treatment: GRANT}
funds:
  - {when: {fund: "0*"}, kind: GENERAL, gasb54: UNASSIGNED}
  - {kind: ENTERPRISE}
goals: [a, b]
alignment:
  - {when: {columns: {note: "yes"}}, goals: {a: 4}}
  - {when: {department: "10"}, goals: {a: 1, b: 2}}
  - {when: {department: "99"}, goals: {a: 1}}
expect:
  - {side: EXPENDITURE, version: ADOPTED, total: "70.00"}
  - {side: REVENUE, version: ADOPTED, total: "1"}
`

const twoSidedFile = `fund,fund name,dept,dept name,program,account,last,now,capital,note
001,General,10,Clerk,p1,500,5,20,7,yes
001,General,10,City  Clerk,p1,510,,10,,
001,GENERAL FUND,10,Clerk,p1,590,0,3,0,
9,Water,20,Water,,520,4,30,,
001,General,20,Water,tax,400,-50,-60,,
9,Water,20,Water,p1,490,,-8,,
9,Water,20,Water,p9,520,0,,0.0,
9,Water,20,Water,old,500,2,,,
`

func TestSidesKindsAndTreatments(t *testing.T) {
	p := read(t, twoSided, folder{"all.csv": twoSidedFile})
	wantErrors(t, p)
	type line struct {
		id        string
		kind      Kind
		amount    int64
		treatment Treatment
		rule      string
		class     string
		program   string
	}
	var got []line
	for _, l := range p.LineItems {
		got = append(got, line{l.ID, l.Kind, l.Amount, l.Treatment, l.Rule, l.Class, l.ProgramCode})
	}
	want := []line{
		{"all-1-actual", KindExpenditure, 500, Competes, "", "Personnel", "p1"},
		{"all-1-adopted", KindExpenditure, 2000, Competes, "", "Personnel", "p1"},
		{"all-1-capital", KindExpenditure, 700, "CAPITAL_PROJECT", "", "Capital", "p1"},
		{"all-2-adopted", KindExpenditure, 1000, "MUST_PAY", "pensions", "Personnel", "p1"},
		{"all-3-adopted", KindTransfer, 300, Interfund, "", "Personnel", "p1"},
		{"all-4-actual", KindExpenditure, 400, "GRANT", "five", "Personnel", "20-general"},
		{"all-4-adopted", KindExpenditure, 3000, "GRANT", "five", "Personnel", "20-general"},
		{"all-5-actual", KindRevenue, 5000, "", "", "4", ""}, // no program spends under "tax"
		{"all-5-adopted", KindRevenue, 6000, "", "", "4", ""},
		{"all-6-adopted", KindTransfer, 800, "", "", "4", "p1"},
		{"all-8-actual", KindExpenditure, 200, "GRANT", "five", "Personnel", "old"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("lines\n%+v, want\n%+v", got, want)
	}
	if s := p.LineItems[0].Segments; !slices.Equal(s, []AccountSegment{{"fund", "001"}, {"account", "500"}}) {
		t.Errorf("segments %+v", s)
	}
	if c := p.LineItems[2]; c.AccountCode != "900" || c.AccountName != "Capital" {
		t.Errorf("the capital column's account is %s %s", c.AccountCode, c.AccountName)
	}
	if f := p.ControlTotals.Files[0]; f.Mapped != 7 || f.Skipped != 1 || f.Lines != 11 || f.OmittedCells != 10 {
		t.Errorf("file totals %+v", f)
	}
	if s := p.ControlTotals.Skipped; len(s) != 1 || s[0].Rule != "no-amount" {
		t.Errorf("skipped %+v", s)
	}
}

func TestFundsProgramsAndRequests(t *testing.T) {
	p := read(t, twoSided, folder{"all.csv": twoSidedFile})
	wantFunds := []Fund{
		{ID: "f-001", Code: "001", Name: "General", Kind: "GENERAL", GASB54: "UNASSIGNED", Envelope: 6000, Revenue: 6000, Expenditure: 4000},
		{ID: "f-9", Code: "9", Name: "Water", Kind: "ENTERPRISE", Envelope: 800, Revenue: 800, Expenditure: 3000},
	}
	if !reflect.DeepEqual(p.Funds, wantFunds) {
		t.Errorf("funds %+v", p.Funds)
	}
	var programs, requests []string
	for _, x := range p.Programs {
		programs = append(programs, x.ID)
	}
	for _, x := range p.Requests {
		requests = append(requests, x.ProgramID)
	}
	if !slices.Equal(programs, []string{"p-20-general", "p-old", "p-p1"}) || !slices.Equal(requests, []string{"p-20-general", "p-p1"}) {
		t.Errorf("programs %v, requests %v", programs, requests)
	}
	r := p.Requests[1]
	wantCosts := []CostLine{
		{"f-001", "001", "Capital", "CAPITAL_PROJECT", 700, 1},
		{"f-001", "001", "Personnel", "COMPETES", 2000, 1},
		{"f-001", "001", "Personnel", "INTERFUND", 300, 1},
		{"f-001", "001", "Personnel", "MUST_PAY", 1000, 1},
	}
	if !reflect.DeepEqual(r.CostLines, wantCosts) || r.Base != 4000 {
		t.Errorf("cost lines %+v, base %d", r.CostLines, r.Base)
	}
	if !reflect.DeepEqual(r.Alignment, map[string]int{"a": 4, "b": 2}) || len(p.Requests[0].Alignment) != 0 {
		t.Errorf("alignment %v and %v", r.Alignment, p.Requests[0].Alignment)
	}
	wantRules := []RuleTotals{
		{"pensions", "MUST_PAY", 1, 1000},
		{"five", "GRANT", 1, 3000},
		{"", Interfund, 1, 300},
		{"", "CAPITAL_PROJECT", 1, 700},
		{"", Competes, 1, 2000},
	}
	if !reflect.DeepEqual(p.ControlTotals.Rules, wantRules) {
		t.Errorf("rules %+v", p.ControlTotals.Rules)
	}
	if got := p.ControlTotals.Total(Expenditure, "ACTUAL"); got != 1100 {
		t.Errorf("spent last year %d", got)
	}
	if len(p.Mismatches) != 1 || p.Mismatches[0] != (Mismatch{"ADOPTED REVENUE", 100, 6800, "expect[1]"}) {
		t.Errorf("mismatches %+v", p.Mismatches)
	}
	var notices []string
	for _, n := range p.Notices {
		notices = append(notices, n.Code+" "+n.Detail)
	}
	for _, want := range []string{
		"fund-short fund 9 Water", "name-drift fund 001 is called General | GENERAL FUND", "name-drift department 10 is called Clerk | City Clerk",
		"unused-rule alignment[2]",
	} {
		if !slices.ContainsFunc(notices, func(n string) bool { return strings.HasPrefix(n, want) }) {
			t.Errorf("no notice begins with %q in %q", want, notices)
		}
	}
}

const factual = `name: factual
fiscal_year: 2026
currency: USD
version: ADOPTED
files:
  - id: inventory
    name: i.csv
    columns:
      fund: {code: fund}
      program: {code: p}
    amounts: [{column: x, version: ADOPTED}]
    checks: [{sum: [x], equals: total}]
    facts:
      fte: fte
      fte_when: {columns: {x: "!0"}}
      mandate: {answer: m, "yes": ["Y"], "no": ["N"], unanswered: ["0"], source: who}
      attributes:
        - {attribute: mandate, when: {columns: {m: N}}, score: 0}
        - {attribute: reliance, from: r, values: {High: 4, Low: 0}, unanswered: ["0"]}
        - {attribute: cost_recovery, from: share, anchors: [{at_least: "0.75", score: 4}, {at_least: "0.5", score: 3}, {above: "0", score: 1}], otherwise: 0}
funds: [{kind: GENERAL, gasb54: ASSIGNED}]
`

func TestFacts(t *testing.T) {
	file := `fund,p,x,total,fte,m,who,r,share
1,a,1,1,2.5,Y,State law,High,0.75
1,a,1,1,0.125,0,0,,
1,b,0,0,7,N,0,0,0.749999999999
1,c,1,1,,0,0,Low,0.0
1,d,1,1,,,,,0.00001
1,e,1,1,,Y,,Low,
1,e,1,1,,N,,High,
`
	p := read(t, factual, folder{"i.csv": file})
	wantErrors(t, p)
	type fact struct {
		mandate    Claim
		attributes map[string]int
		fte        int64
	}
	var got []fact
	for _, r := range p.Requests {
		f := fact{r.Mandate, r.Attributes, -1}
		if r.FTEMilli != nil {
			f.fte = *r.FTEMilli
		}
		got = append(got, f)
	}
	want := []fact{
		{Claim{Yes, "State law", ""}, map[string]int{"reliance": 4, "cost_recovery": 4}, 2625},
		{Claim{No, "", ""}, map[string]int{"mandate": 0, "cost_recovery": 3}, -1},
		{Claim{Unknown, "", ""}, map[string]int{"reliance": 0, "cost_recovery": 0}, -1},
		{Claim{Unknown, "", ""}, map[string]int{"cost_recovery": 1}, -1},
		{Claim{Yes, "", ""}, map[string]int{"reliance": 0, "mandate": 0}, -1},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("facts\n%+v, want\n%+v", got, want)
	}
	if !slices.ContainsFunc(p.Notices, func(n Notice) bool {
		return n.Code == "conflict" && strings.Contains(n.Detail, "program e disagree about mandate claim, reliance")
	}) {
		t.Errorf("notices %+v", p.Notices)
	}
	p = read(t, factual, folder{"i.csv": "fund,p,x,total,fte,m,who,r,share\n1,a,1,2,-1,Maybe,,Some,many\n1,a,1,?,,,,,\n"})
	wantErrors(t, p, `1/2 total "2" x add up to 100 minor units, not to the 200 here`, `1/2 fte "-1" is negative`, `1/2 m "Maybe" is neither`,
		`1/2 r "Some" has no score`, `1/2 share "many" is not a number`, `2/3 total "?" the number is not a number`, `2/3 total "?" x add up`)
}
