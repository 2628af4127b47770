package throughline_test

import (
	"fmt"
	"math"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/throughline/throughline/services/throughline/internal/budgetfile"
	"github.com/throughline/throughline/services/throughline/internal/client"
	"github.com/throughline/throughline/services/throughline/internal/importer"
)

const (
	okc       = "organizations/okc"
	okcBudget = okc + "/budgets/fy2016"
	okcPlan   = okc + "/plans/strategic"
)

// goalsOfMappings are the goal ids that the sample mappings align programs to.
var goalsOfMappings = []string{
	"operational-financial-capacity", "aligned-leadership-unified-community", "quality-of-life", "economic-growth",
}

// importCity makes an organization with certified priorities and imports a real city's files into it.
func (c *city) importCity(t *testing.T, organization, mapping, folder string) (importer.Report, *budgetfile.Parsed) {
	t.Helper()
	parsed, err := budgetfile.ReadDir(t.Context(), filepath.Join(root(t), "deploy", "samples", "mappings", mapping), shared(t, folder))
	if err != nil {
		t.Fatal(err)
	}
	c.ok(t, http.MethodPost, "/v1/organizations?organizationId="+organization, c.as(t, "operator"), map[string]any{
		"displayName": organization, "currencyCode": "USD",
	})
	manager, council := c.token(t, organization, "m", "manager"), c.token(t, organization, "member", "council")
	name := "organizations/" + organization
	c.ok(t, http.MethodPost, "/v1/"+name+"/plans?planId=strategic", manager, map[string]any{
		"displayName": "Plan", "kind": "PLAN_KIND_STRATEGIC",
		"startDate": map[string]any{"year": 2015, "month": 7, "day": 1}, "endDate": map[string]any{"year": 2020, "month": 6, "day": 30},
	})
	points := make([]any, 0, len(goalsOfMappings))
	for i, g := range goalsOfMappings {
		c.ok(t, http.MethodPost, "/v1/"+name+"/plans/strategic/goals?goalId="+g, manager, map[string]any{"displayName": g})
		points = append(points, map[string]any{"goal": name + "/plans/strategic/goals/" + g, "points": []int{20, 15, 40, 25}[i]})
	}
	round := "/v1/" + name + "/plans/strategic/prioritizations/r"
	c.ok(t, http.MethodPost, strings.TrimSuffix(round, "/r")+"?prioritizationId=r", manager, map[string]any{
		"displayName": "R", "method": "PRIORITIZATION_METHOD_POINTS",
		"electorate": map[string]any{"members": []any{map[string]any{"member": "member"}}},
	})
	c.ok(t, http.MethodPost, round+":open", council, "{}")
	c.ok(t, http.MethodPost, round+":castBallot", council, map[string]any{"ballot": map[string]any{"points": points}})
	c.ok(t, http.MethodPost, round+":close", council, "{}")
	c.ok(t, http.MethodPost, round+":certify", council, "{}")
	return c.runImport(t, organization, parsed), parsed
}

func (c *city) runImport(t *testing.T, organization string, parsed *budgetfile.Parsed) importer.Report {
	t.Helper()
	ctx := client.As(t.Context(), c.token(t, organization, "import", "finance"))
	name := "organizations/" + organization
	report, err := importer.Run(ctx, c.client(t), parsed, importer.Target{
		Budget: name + "/budgets/fy2016", Plan: name + "/plans/strategic", Evidence: "adopted budget book",
	})
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// A real city: imported totals tie, and its General Fund at 95 % is shared exactly, within every limit.
func TestOklahomaCity(t *testing.T) {
	shared(t, "okc_budget")
	c := start(t, t.TempDir())
	first, parsed := c.importCity(t, "okc", "okc-fy2016.yaml", "okc_budget")
	finance := c.token(t, "okc", "f", "finance")

	t.Run("control totals", func(t *testing.T) {
		sums, byFund := map[string]int64{}, map[string]int64{}
		for _, total := range c.ok(t, http.MethodGet, "/v1/"+okcBudget+"/lineItems:summarize", finance, nil).list("totals") {
			side, sign := "revenue", int64(1)
			if k := total["kind"]; k == "LINE_ITEM_KIND_EXPENDITURE" || k == "LINE_ITEM_KIND_TRANSFER_OUT" {
				side, sign = "expenditure", -1
			}
			sums[side] += cents(t, total["amount"])
			byFund[total["fund"].(string)] += sign * cents(t, total["amount"])
		}
		const want = 1_349_646_272_00
		if sums["revenue"] != want || sums["expenditure"] != want {
			t.Errorf("revenue %d and expenditure %d, want %d each", sums["revenue"], sums["expenditure"], want)
		}
		if len(byFund) != 35 {
			t.Errorf("%d funds, want 35", len(byFund))
		}
		for fund, difference := range byFund {
			if difference != 0 {
				t.Errorf("%s is out of balance by %d", fund, difference)
			}
		}
	})

	t.Run("importing again changes nothing", func(t *testing.T) {
		hash := func() string {
			return c.ok(t, http.MethodPost, "/v1/"+okcBudget+"/allocations?validateOnly=true", finance, "{}").at("contentHash")
		}
		before := hash()
		again := c.runImport(t, "okc", parsed)
		if after := hash(); after != before || before == "" {
			t.Errorf("the input of an allocation was %s and is %s", before, after)
		}
		if again.LineItems.Unchanged != first.LineItems.Created || again.LineItems.Created+again.LineItems.Updated != 0 ||
			again.Requests.Created+again.Requests.Updated != 0 || again.Programs.Created+again.Programs.Updated != 0 {
			t.Errorf("first %+v, again %+v", first, again)
		}
	})

	t.Run("the General Fund at 95 %", func(t *testing.T) { c.generalFundShort(t, finance) })

	t.Run("a debt service fund at 95 % is infeasible", func(t *testing.T) {
		a := c.ok(t, http.MethodPost, "/v1/"+okcBudget+"/allocations?validateOnly=true", finance, scaled(okc+"/funds/f-021", 950_000))
		if a.at("outcome") != "ALLOCATION_OUTCOME_INFEASIBLE" {
			t.Fatalf("outcome %s", a.body)
		}
		short := a.list("shortfalls")
		if len(short) != 1 || len(short[0]["programs"].([]any)) == 0 {
			t.Fatalf("shortfalls %v", short)
		}
		required, available := cents(t, short[0]["required"]), cents(t, short[0]["available"])
		if required-available != cents(t, short[0]["short"]) || available != required*95/100 {
			t.Errorf("%v", short[0])
		}
		message, _ := short[0]["message"].(string)
		if dollars := fmt.Sprint(cents(t, short[0]["short"]) / 100); !strings.Contains(strings.ReplaceAll(message, ",", ""), dollars) {
			t.Errorf("%q does not tell the amount %s", message, dollars)
		}
	})
}

func scaled(fund string, ppm int) map[string]any {
	return map[string]any{"displayName": "scaled", "parameters": map[string]any{
		"envelopeScales": []any{map[string]any{"fund": fund, "sharePpm": ppm}},
	}}
}

func (c *city) generalFundShort(t *testing.T, finance string) {
	t.Helper()
	body := scaled(okc+"/funds/f-001", 950_000)
	a := c.ok(t, http.MethodPost, "/v1/"+okcBudget+"/allocations", finance, body, "Idempotency-Key", "gf-95")
	if a.at("outcome") != "ALLOCATION_OUTCOME_OPTIMAL" || a.at("certificate", "valid") != "true" {
		t.Fatalf("%s", a.body)
	}
	var spentByFunds int64
	for _, f := range a.list("funds") {
		spent := cents(t, f["fixed"]) + cents(t, f["allocated"])
		spentByFunds += spent
		if spent > cents(t, f["available"]) {
			t.Errorf("%v spends %d of %d", f["fund"], spent, cents(t, f["available"]))
		}
	}
	requests := c.requests(t, finance)
	var sum int64
	for _, l := range c.lines(t, finance, a.at("name")) {
		sum += cents(t, l["allocated"])
		checkLine(t, l, requests[l["program"].(string)])
	}
	if total := cents(t, a.json["totalAllocated"]); sum != total || spentByFunds != total {
		t.Errorf("lines sum to %d, funds spend %d, the total is %d", sum, spentByFunds, total)
	}
	again := c.ok(t, http.MethodPost, "/v1/"+okcBudget+"/allocations", finance, body, "Idempotency-Key", "gf-95-again")
	if again.at("contentHash") != a.at("contentHash") || again.at("resultHash") != a.at("resultHash") {
		t.Error("two runs differ")
	}
	if r := c.ok(t, http.MethodGet, "/v1/"+a.at("name")+":replay", finance, nil); r.at("identical") != "true" {
		t.Errorf("replay: %s", r.body)
	}
	if v := c.ok(t, http.MethodGet, "/v1/"+a.at("name")+":verify", finance, nil); v.at("valid") != "true" {
		t.Errorf("verify: %s", v.body)
	}
}

// selfBalancing funds compete only when an allocation names them.
var selfBalancing = map[string]bool{"FUND_KIND_ENTERPRISE": true, "FUND_KIND_INTERNAL_SERVICE": true, "FUND_KIND_FIDUCIARY": true}

// costs are what a request's cost lines say: the money that does not compete, the money that does, and the funds that carry it.
type costs struct {
	fixed, competing int64
	carriers         map[string]bool
}

func (c *city) requests(t *testing.T, token string) map[string]costs {
	t.Helper()
	kinds := map[string]string{}
	for _, f := range c.ok(t, http.MethodGet, "/v1/"+okc+"/funds?pageSize=1000", token, nil).list("funds") {
		kinds[f["name"].(string)] = f["kind"].(string)
	}
	all := map[string]costs{}
	for page := ""; ; {
		a := c.ok(t, http.MethodGet, "/v1/"+okcBudget+"/fundingRequests?pageSize=1000&pageToken="+page, token, nil)
		for _, r := range a.list("fundingRequests") {
			sum := costs{carriers: map[string]bool{}}
			competing := map[string]int64{}
			for _, line := range r["costLines"].([]any) {
				l := line.(map[string]any)
				sum.carriers[l["fund"].(string)] = true
				if l["treatment"] == "TREATMENT_COMPETES" {
					competing[l["fund"].(string)] += cents(t, l["amount"])
				} else {
					sum.fixed += cents(t, l["amount"])
				}
			}
			for fund, net := range competing {
				// More credits than costs are a fixed adjustment of their fund; costs of self-balancing funds stay whole.
				if net < 0 || selfBalancing[kinds[fund]] {
					sum.fixed += net
				} else {
					sum.competing += net
				}
			}
			all[r["program"].(string)] = sum
		}
		if page = a.at("nextPageToken"); page == "" {
			return all
		}
	}
}

func checkLine(t *testing.T, l map[string]any, want costs) {
	t.Helper()
	base, fixed, allocated := cents(t, l["base"]), cents(t, l["fixed"]), cents(t, l["allocated"])
	if base != want.fixed+want.competing {
		t.Errorf("%v: base %d, the request says %d", l["program"], base, want.fixed+want.competing)
	}
	if fixed != want.fixed || allocated < fixed {
		t.Errorf("%v: fixed %d, the request says %d; allocated %d", l["program"], fixed, want.fixed, allocated)
	}
	// The most that may go is max_cut of what competes (20 %), in whole rounding units.
	if most := int64(math.Floor(0.2 * float64(base-fixed))); base-allocated > most {
		t.Errorf("%v loses %d of %d, more than %d", l["program"], base-allocated, base-fixed, most)
	}
	for _, p := range l["funding"].([]any) {
		paid := p.(map[string]any)
		if cents(t, paid["amount"]) != 0 && !want.carriers[paid["fund"].(string)] {
			t.Errorf("%v is paid by %v, which may not pay it", l["program"], paid["fund"])
		}
	}
}

// Every mapping's city goes through the whole suite: what the suite sums is what the files say, and again changes nothing.
func TestEveryMappedCity(t *testing.T) {
	c := start(t, t.TempDir())
	for _, city := range []struct {
		organization, mapping, folder, version string
		expenditure                            int64 // cents
	}{
		{"okc-2014", "okc-fy2014.yaml", "okc_budget", "REVISED", 1_148_266_346_00},
		{"wichita", "wichita-2017.yaml", "wichita_budget", "ADOPTED", 830_353_643_00},
		{"albuquerque", "albuquerque-fy2016.yaml", "albuquerque_plan_budget", "ADOPTED", 1_000_125_000_00},
		{"missoula", "missoula-fy2024.yaml", "missoula_pbb", "ADOPTED", 334_810_828_18},
	} {
		t.Run(city.organization, func(t *testing.T) {
			first, parsed := c.importCity(t, city.organization, city.mapping, city.folder)
			finance := c.token(t, city.organization, "f", "finance")
			name := "/v1/organizations/" + city.organization + "/budgets/fy2016"
			var spent int64
			for _, total := range c.ok(t, http.MethodGet, name+"/lineItems:summarize", finance, nil).list("totals") {
				k := total["kind"]
				if total["version"] == "LINE_ITEM_VERSION_"+city.version && (k == "LINE_ITEM_KIND_EXPENDITURE" || k == "LINE_ITEM_KIND_TRANSFER_OUT") {
					spent += cents(t, total["amount"])
				}
			}
			if spent != city.expenditure {
				t.Errorf("the suite sums %d, want %d", spent, city.expenditure)
			}
			again := c.runImport(t, city.organization, parsed)
			if again.LineItems.Unchanged != first.LineItems.Created || again.Requests.Unchanged != first.Requests.Created {
				t.Errorf("first %+v, again %+v", first, again)
			}
			a := c.ok(t, http.MethodPost, name+"/allocations?validateOnly=true", finance, map[string]any{"displayName": "as it is"})
			if a.at("outcome") != "ALLOCATION_OUTCOME_OPTIMAL" || a.at("certificate", "valid") != "true" {
				t.Errorf("whole envelopes: %s", a.at("outcome")+" "+a.at("shortfalls"))
			}
		})
	}
}
