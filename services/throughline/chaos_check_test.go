package throughline_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	actionplanningv1 "github.com/throughline/throughline/proto/gen/throughline/actionplanning/v1"
	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
	goalsv1 "github.com/throughline/throughline/proto/gen/throughline/goals/v1"
	performancev1 "github.com/throughline/throughline/proto/gen/throughline/performance/v1"
	"github.com/throughline/throughline/services/platform/sqldb"
	"github.com/throughline/throughline/services/throughline"
	"github.com/throughline/throughline/services/throughline/internal/client"
	"github.com/throughline/throughline/services/throughline/internal/cluster"
)

func newLedger() ledger {
	return ledger{
		goals: map[string]*goalsv1.Goal{}, strategies: map[string]*actionplanningv1.Strategy{}, titles: map[string]string{}, synced: map[string]int{},
		observed: map[int]float64{}, allocations: map[string]*budgetingv1.Allocation{}, adopted: map[string]bool{}, requests: map[string]string{},
	}
}

// rows are what a query answers, looking at any schema of the database.
func rows(t *testing.T, up *cluster.Cluster, query string, args []any, each func(sqldb.Row)) {
	t.Helper()
	if err := up.Database(t.Context(), "goals", func(db sqldb.DB) error {
		return db.Read(t.Context(), func(tx sqldb.Tx) error {
			return tx.Query(query, args, func(r sqldb.Row) error { each(r); return nil })
		})
	}); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

// waiting counts, of each service, events that its relay has not published and, of each subscription, subjects whose last event was not taken in.
const waiting = `
SELECT 'relay of goals', COUNT(*) FROM goals.outbox WHERE position > COALESCE((SELECT MAX(position) FROM goals.outbox_position), 0)
UNION ALL SELECT 'relay of performance', COUNT(*) FROM performance.outbox WHERE position > COALESCE((SELECT MAX(position) FROM performance.outbox_position), 0)
UNION ALL SELECT 'relay of budgeting', COUNT(*) FROM budgeting.outbox WHERE position > COALESCE((SELECT MAX(position) FROM budgeting.outbox_position), 0)
UNION ALL SELECT 'relay of actionplanning', COUNT(*) FROM actionplanning.outbox WHERE position > COALESCE((SELECT MAX(position) FROM actionplanning.outbox_position), 0)
UNION ALL SELECT 'performance from actionplanning', COUNT(*) FROM
    (SELECT subject, MAX(sequence) AS last FROM actionplanning.outbox WHERE type LIKE '%.strategy.%' OR type LIKE '%.objective.created' OR type LIKE '%.objective.updated' GROUP BY subject) AS o
    WHERE NOT EXISTS (SELECT 1 FROM performance.inbox i WHERE i.subject = o.subject AND i.sequence >= o.last)
UNION ALL SELECT 'performance from budgeting', COUNT(*) FROM
    (SELECT subject, MAX(sequence) AS last FROM budgeting.outbox WHERE type LIKE '%.allocation.adopted' GROUP BY subject) AS o
    WHERE NOT EXISTS (SELECT 1 FROM performance.inbox i WHERE i.subject = o.subject AND i.sequence >= o.last)
UNION ALL SELECT 'budgeting from goals', COUNT(*) FROM
    (SELECT subject, MAX(sequence) AS last FROM goals.outbox WHERE type LIKE '%.priority_revision.created' GROUP BY subject) AS o
    WHERE NOT EXISTS (SELECT 1 FROM budgeting.inbox i WHERE i.subject = o.subject AND i.sequence >= o.last)
UNION ALL SELECT 'budgeting from performance', COUNT(*) FROM
    (SELECT subject, MAX(sequence) AS last FROM performance.outbox WHERE type LIKE '%.results_revision.created' GROUP BY subject) AS o
    WHERE NOT EXISTS (SELECT 1 FROM budgeting.inbox i WHERE i.subject = o.subject AND i.sequence >= o.last)`

// drained returns once every event was published and taken in, and fails when that does not come to be.
func drained(t *testing.T, up *cluster.Cluster) {
	t.Helper()
	late := time.After(time.Minute)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		var left []string
		rows(t, up, waiting, nil, func(r sqldb.Row) {
			if r.Int(1) > 0 {
				left = append(left, fmt.Sprintf("%s: %d", r.Text(0), r.Int(1)))
			}
		})
		if left == nil {
			return
		}
		select {
		case <-tick.C:
		case <-late:
			t.Errorf("a minute after the last kill events are on their way still: %s", strings.Join(left, ", "))
			return
		}
	}
}

// answering waits until every gateway reaches every service: one is out of rotation until its health has seen that the database is back.
func (c *city) answering(t *testing.T, up *cluster.Cluster) {
	t.Helper()
	token := c.token(t, "riverbend", "auditor", "auditor")
	for _, gateway := range up.REST() {
		one := city{url: gateway}
		for _, list := range []string{"plans", "strategies", "budgets", "measures"} {
			one.eventually(t, func() (answer, bool) {
				a := one.call(t, http.MethodGet, "/v1/"+riverbend+"/"+list, token, nil)
				return a, a.status == http.StatusOK
			})
		}
	}
}

// checkLedgers holds what there is against what clients were told.
func checkLedgers(t *testing.T, c *city, up *cluster.Cluster, seed uint64, all []*clerk) {
	t.Helper()
	checkRequests(t, up, seed, all)
	suite := c.client(t)
	adopted := map[string]bool{}
	for _, k := range all {
		ctx := client.As(t.Context(), k.token)
		k.checkGoals(ctx, t, suite)
		k.checkStrategies(ctx, t, suite, up)
		k.checkStaff(t, up)
		k.checkObservations(ctx, t, suite)
		k.checkAllocations(ctx, t, c, suite, adopted)
	}
	b := c.ok(t, http.MethodGet, "/v1/"+budget, all[0].token, nil)
	if name := b.at("adoptedAllocation"); len(adopted) > 0 && !adopted[name] || len(adopted) > 1 {
		t.Errorf("the budget says %q is adopted, of the allocations of this seed %v say so", name, sortedKeys(adopted))
	}
	report, err := throughline.Audit(t.Context(), throughline.AuditConfig{Postgres: up.DatabaseURL(), Now: anHourLater})
	check(t, err)
	for _, a := range report.Checks {
		for _, f := range append(a.Findings, a.Warnings...) {
			t.Errorf("audit, %s: %s: expected %s, found %s", a.Name, f.Resource, f.Expected, f.Found)
		}
	}
}

// checkRequests wants every acknowledged request to have taken effect once: one resource of a creation, one event of each kind for each resource.
func checkRequests(t *testing.T, up *cluster.Cluster, seed uint64, all []*clerk) {
	t.Helper()
	found := map[string]map[string]int{}
	for _, s := range services {
		rows(t, up, "SELECT request_id, type, subject FROM "+s+".outbox WHERE request_id LIKE ?", []any{fmt.Sprintf("chaos-%d-%%", seed)}, func(r sqldb.Row) {
			id, kind := r.Text(0), r.Text(1)
			if found[id] == nil {
				found[id] = map[string]int{}
			}
			if !strings.HasSuffix(kind, ".created") {
				kind += " " + r.Text(2)
			}
			found[id][kind]++
		})
	}
	asked := map[string]string{}
	for _, k := range all {
		maps.Copy(asked, k.requests)
	}
	for id, purpose := range asked {
		events := found[id]
		if purpose != "sync" && len(events) == 0 {
			t.Errorf("request %s was acknowledged and left no event", id)
		}
		for kind, n := range events {
			if n != 1 {
				t.Errorf("request %s took effect %d times: %s", id, n, kind)
			}
		}
	}
	for id := range found {
		if asked[id] == "" {
			t.Errorf("nobody asked for %s", id)
		}
	}
}

func (c *clerk) checkGoals(ctx context.Context, t *testing.T, suite *client.Suite) {
	t.Helper()
	got := map[string]*goalsv1.Goal{}
	for token := ""; ; {
		page, err := client.Call(ctx, "list goals", suite.Goals.ListGoals, &goalsv1.ListGoalsRequest{Parent: c.plan, PageSize: 500, PageToken: token})
		check(t, err)
		for _, g := range page.GetGoals() {
			got[g.GetName()] = g
		}
		if token = page.GetNextPageToken(); token == "" {
			break
		}
	}
	for name, want := range c.goals {
		if !proto.Equal(got[name], want) {
			t.Errorf("acknowledged: %v\nthere is: %v", want, got[name])
		}
	}
	if want := len(c.goals) + len(c.goalsOf); len(got) != want {
		t.Errorf("%s has %d goals, want %d", c.plan, len(got), want)
	}
}

// checkStrategies also holds what performance knows of them against what they say.
func (c *clerk) checkStrategies(ctx context.Context, t *testing.T, suite *client.Suite, up *cluster.Cluster) {
	t.Helper()
	heard := map[string]string{}
	rows(t, up, "SELECT name, goal FROM performance.plan_links WHERE goal LIKE ?", []any{c.plan + "/%"}, func(r sqldb.Row) { heard[r.Text(0)] = r.Text(1) })
	for name, want := range c.strategies {
		got, err := client.Call(ctx, "get "+name, suite.ActionPlanning.GetStrategy, &actionplanningv1.GetStrategyRequest{Name: name})
		if err != nil || !proto.Equal(got, want) {
			t.Errorf("acknowledged: %v\nthere is: %v, %v", want, got, err)
		}
		if heard[name] != want.GetGoal() {
			t.Errorf("performance believes that %s serves %q, but it serves %s", name, heard[name], want.GetGoal())
		}
	}
	if len(heard) != len(c.strategies) {
		t.Errorf("performance knows %d strategies of client %d, want %d", len(heard), c.n, len(c.strategies))
	}
}

// checkStaff wants each employee to have the title of the last sync, and one event for each.
func (c *clerk) checkStaff(t *testing.T, up *cluster.Cluster) {
	t.Helper()
	titles, events := map[string]string{}, map[string]int{}
	rows(t, up, "SELECT s.external_id, s.title, (SELECT COUNT(*) FROM actionplanning.outbox o WHERE o.subject = '"+riverbend+"/staff/' || s.employee_id) FROM actionplanning.staff s WHERE s.external_id LIKE ?",
		[]any{fmt.Sprintf("e-%d-%d-%%", c.seed, c.n)}, func(r sqldb.Row) { titles[r.Text(0)], events[r.Text(0)] = r.Text(1), int(r.Int(2)) })
	for id, want := range c.titles {
		if titles[id] != want || events[id] != c.synced[id] {
			t.Errorf("%s is %q after %d events, want %q after %d syncs", id, titles[id], events[id], want, c.synced[id])
		}
	}
	if len(titles) != len(c.titles) {
		t.Errorf("client %d synced %d employees, there are %d", c.n, len(c.titles), len(titles))
	}
}

func (c *clerk) checkObservations(ctx context.Context, t *testing.T, suite *client.Suite) {
	t.Helper()
	got := 0
	for token := ""; ; {
		page, err := client.Call(ctx, "list observations", suite.Performance.ListObservations, &performancev1.ListObservationsRequest{
			Parent: c.measure, PageSize: 500, PageToken: token, AllRevisions: true,
		})
		check(t, err)
		for _, o := range page.GetObservations() {
			got++
			month := (int(o.GetPeriodStart().GetYear())-1800)*12 + int(o.GetPeriodStart().GetMonth()) - 1
			if want, known := c.observed[month]; !known || o.GetValue() != want {
				t.Errorf("month %d of %s is %g, want %g (recorded %t)", month, c.measure, o.GetValue(), want, known)
			}
		}
		if token = page.GetNextPageToken(); token == "" {
			break
		}
	}
	if got != len(c.observed) {
		t.Errorf("%s has %d observations, revisions and all; want %d", c.measure, got, len(c.observed))
	}
}

// checkAllocations wants those that were acknowledged, with money that adds up; it adds those that are in force.
func (c *clerk) checkAllocations(ctx context.Context, t *testing.T, up *city, suite *client.Suite, inForce map[string]bool) {
	t.Helper()
	for name, want := range c.allocations {
		got, err := client.Call(ctx, "get "+name, suite.Budgeting.GetAllocation, &budgetingv1.GetAllocationRequest{Name: name})
		if err != nil || got.GetResultHash() != want.GetResultHash() || got.GetContentHash() != want.GetContentHash() || !proto.Equal(got.GetTotalAllocated(), want.GetTotalAllocated()) {
			t.Errorf("acknowledged: %v\nthere is: %v, %v", want, got, err)
			continue
		}
		switch state := got.GetState(); {
		case state == budgetingv1.AllocationState_ALLOCATION_STATE_ADOPTED:
			inForce[name] = true
		case c.adopted[name] != (state == budgetingv1.AllocationState_ALLOCATION_STATE_SUPERSEDED):
			t.Errorf("%s was adopted %t and is %s", name, c.adopted[name], state)
		}
		a := up.ok(t, http.MethodGet, "/v1/"+name, c.token, nil)
		var allocated int64
		for _, l := range up.lines(t, c.token, name) {
			var paid int64
			funding, _ := l["funding"].([]any)
			for _, f := range funding {
				paid += cents(t, f.(map[string]any)["amount"])
			}
			if paid != cents(t, l["allocated"]) {
				t.Errorf("%s: %v gets %d and is paid %d", name, l["program"], cents(t, l["allocated"]), paid)
			}
			allocated += cents(t, l["allocated"])
		}
		if want := cents(t, a.json["totalAllocated"]); allocated != want || want == 0 {
			t.Errorf("%s: lines sum to %d, the allocation says %d", name, allocated, want)
		}
		if v := up.ok(t, http.MethodGet, "/v1/"+name+":verify", c.token, nil); v.at("valid") != "true" {
			t.Errorf("%s does not verify: %s", name, v.body)
		}
	}
}
