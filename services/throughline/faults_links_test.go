package throughline_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/throughline/throughline/services/platform/breaker"
	"github.com/throughline/throughline/services/throughline/internal/cluster"
	"github.com/throughline/throughline/services/throughline/internal/faulty"
)

const (
	faultTimeout = time.Second            // of the gateways
	faultMargin  = 750 * time.Millisecond // for a busy machine to answer after it
	recoverTime  = 20 * time.Second
)

// link is what is broken, and calls that need it.
type link struct {
	name, to string
	calls    []restCall
	without  bool // calls are answered all the same
}

// restCall is one request; {n} is another number each time.
type restCall struct{ method, path, body, role string }

// answered is how a request went.
type answered struct {
	call   restCall
	status int
	header http.Header
	body   []byte
	took   time.Duration
	err    error // no answer at all
}

// linksOf are the connections of the suite. What is broken to a service is so for all who call it: nobody but the gateway calls actionplanning.
func linksOf(w *township) []link {
	readGoals := restCall{http.MethodGet, w.plan + "/goals", "", "manager"}
	write := restCall{http.MethodPost, w.draft + "/scenarios?scenarioId=s-{n}", `{"displayName": "Scenario"}`, "finance"}
	readBudget := restCall{http.MethodGet, w.budget, "", "finance"}
	return []link{
		{name: "gateway to service", to: "actionplanning", calls: []restCall{
			{http.MethodGet, w.name + "/strategies", "", "manager"},
			{http.MethodPost, w.name + "/strategies?strategyId=s-{n}", `{"displayName": "S", "goal": "` + w.goals[0] + `"}`, "manager"},
		}},
		{name: "service to service", to: "goals", calls: []restCall{
			readGoals,
			{http.MethodPost, w.budget + "/allocations?allocationId=a-{n}", `{"displayName": "A"}`, "finance"}, // asks goals for priorities
		}},
		{name: "service to PostgreSQL", to: "postgres", calls: []restCall{readBudget, readGoals, write}},
		{name: "service to Redis", to: "redis", calls: []restCall{readBudget, readGoals, write}, without: true},
	}
}

// Whatever is wrong with a connection, every request is answered by its deadline, with a problem that tells what to do if not with what was asked
// for; all is well once the connection is, and no process keeps what it opened meanwhile.
func TestFaultsBetweenPrograms(t *testing.T) {
	needsReplicas(t)
	c, processes, w := wired(t, faultTimeout)
	town, err := c.settle(t.Context(), c.client(t), "t", "of t")
	if err != nil {
		t.Fatal(err)
	}
	p := &prober{town: town, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}, Timeout: time.Minute}}
	defer p.client.CloseIdleConnections()
	for _, l := range linksOf(town) { // connections are made
		p.recovers(t, l)
	}
	for began, round := time.Now(), 0; round == 0 || time.Since(began) < soak(t) && !t.Failed(); round++ {
		for _, l := range linksOf(town) {
			t.Run(l.name, func(t *testing.T) {
				for _, f := range []struct {
					name string
					do   func(t *testing.T)
				}{
					{"slow", func(t *testing.T) { w.set(l.to, faulty.Fault{Latency: 40 * time.Millisecond}); p.probe(t, l, 8) }},
					{"reset", func(t *testing.T) { p.during(t, l, 40, func() { w.reset(l.to) }) }},
					{"refused", func(t *testing.T) { w.set(l.to, faulty.Fault{Refuse: true}); w.reset(l.to); p.probe(t, l, 12) }},
					{"silent", func(t *testing.T) { w.set(l.to, faulty.Fault{Hole: true}); p.probe(t, l, 4) }},
					{"silent one way", func(t *testing.T) { w.set(l.to, faulty.Fault{HoleBack: true}); p.probe(t, l, 4) }},
				} {
					t.Run(f.name, func(t *testing.T) {
						before := open(t, processes)
						f.do(t)
						w.heal()
						took := p.recovers(t, l)
						t.Logf("all is well again after %s", took.Round(time.Millisecond))
						settles(t, processes, before)
					})
				}
			})
		}
	}
}

// prober sends requests and judges the answers.
type prober struct {
	town   *township
	client *http.Client
	mu     sync.Mutex
	n      int
}

func (p *prober) next() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.n++
	return strconv.Itoa(p.n)
}

func (p *prober) send(call restCall) answered {
	a := answered{call: call}
	token, err := p.town.mint(call.role)
	if err != nil {
		a.err = err
		return a
	}
	n := p.next()
	r, err := http.NewRequest(call.method, p.town.url+"/v1/"+strings.ReplaceAll(call.path, "{n}", n), strings.NewReader(strings.ReplaceAll(call.body, "{n}", n)))
	if err != nil {
		a.err = err
		return a
	}
	r.Header.Set("Authorization", "Bearer "+token)
	if call.body != "" {
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Idempotency-Key", n)
	} else {
		r.Body, r.ContentLength = http.NoBody, 0
	}
	began := time.Now()
	response, err := p.client.Do(r)
	if err == nil {
		a.status, a.header = response.StatusCode, response.Header
		a.body, err = io.ReadAll(response.Body)
		_ = response.Body.Close()
	}
	a.err, a.took = err, time.Since(began)
	return a
}

// probe sends every call of the link so often, a few at once, and judges how they went.
func (p *prober) probe(t *testing.T, l link, times int) { p.during(t, l, times, nil) }

// during is probe, while something is done after every few requests.
func (p *prober) during(t *testing.T, l link, times int, do func()) {
	t.Helper()
	work := make(chan restCall)
	var mu sync.Mutex
	var all []answered
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for call := range work {
				a := p.send(call)
				mu.Lock()
				all = append(all, a)
				mu.Unlock()
			}
		})
	}
	for i := range times {
		for _, call := range l.calls {
			work <- call
		}
		if do != nil && i%4 == 3 {
			do()
		}
	}
	close(work)
	wg.Wait()
	good, slowest, statuses := 0, time.Duration(0), map[int]int{}
	for _, a := range all {
		if err := a.judge(); err != nil {
			t.Errorf("%s %s: %v", a.call.method, a.call.path, err)
		}
		if a.status == http.StatusOK {
			good++
		} else if l.without {
			t.Errorf("%s %s: %d %s", a.call.method, a.call.path, a.status, a.body)
		}
		slowest = max(slowest, a.took)
		statuses[a.status]++
	}
	slices.SortFunc(all, func(a, b answered) int { return cmp.Compare(a.took, b.took) })
	t.Logf("%d requests, answered %v; half within %s, all within %s", len(all), statuses, all[len(all)/2].took.Round(time.Millisecond), slowest.Round(time.Millisecond))
	if half := all[len(all)/2].took; l.without && half > 3*breaker.DefaultTimeout {
		t.Errorf("half took more than %s, though one in a second has to wait, and %s", half, breaker.DefaultTimeout)
	}
}

// judge says what is wrong with an answer, whatever fault there is.
func (a answered) judge() error {
	if a.err != nil {
		return a.err
	}
	if a.took > faultTimeout+faultMargin {
		return fmt.Errorf("answered after %s, later than its deadline", a.took)
	}
	if a.status == http.StatusOK {
		return nil
	}
	var problem struct{ Title, Detail, Reason string }
	if kind := a.header.Get("Content-Type"); kind != "application/problem+json" || json.Unmarshal(a.body, &problem) != nil {
		return fmt.Errorf("no problem: %d %s %s", a.status, kind, a.body)
	}
	switch {
	case a.status == http.StatusServiceUnavailable && strings.HasSuffix(problem.Reason, "UNAVAILABLE") && a.header.Get("Retry-After") != "":
	case a.status == http.StatusGatewayTimeout && problem.Reason == "DEADLINE_EXCEEDED":
	case a.status == http.StatusConflict && a.call.method != http.MethodGet && strings.HasSuffix(problem.Reason, "ALREADY_EXISTS"): // the transport sent it again
		return fmt.Errorf("sent twice: %s", a.body)
	default:
		return fmt.Errorf("%d %s", a.status, a.body)
	}
	for _, leak := range []string{"127.0.0.1", "postgres", "redis", "dial", "EOF", "rpc error", "connection"} {
		if strings.Contains(strings.ToLower(string(a.body)), strings.ToLower(leak)) {
			return fmt.Errorf("it tells of the inside (%s): %s", leak, a.body)
		}
	}
	if !strings.Contains(problem.Detail, "again") && !strings.Contains(problem.Detail, "more") {
		return fmt.Errorf("no advice: %s", a.body)
	}
	return nil
}

// recovers waits until every call of the link is answered several times in a row.
func (p *prober) recovers(t *testing.T, l link) time.Duration {
	t.Helper()
	began, row := time.Now(), 0
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	var last answered
	for time.Since(began) < recoverTime {
		row++
		for _, call := range l.calls {
			if last = p.send(call); last.status != http.StatusOK {
				row = 0
			}
		}
		if row == 4 { // both replicas of the gateway's peers
			return time.Since(began)
		}
		<-tick.C
	}
	t.Errorf("%s: still not well: %s %d %s %v", l.name, last.call.path, last.status, last.body, last.err)
	return recoverTime
}

// descriptors are how many files and connections every process has open.
type descriptors map[string]int

func open(t *testing.T, c *cluster.Cluster) descriptors {
	t.Helper()
	all := descriptors{}
	for _, program := range []string{"goals", "performance", "budgeting", "actionplanning", cluster.Gateway} {
		for i, r := range c.Replicas(program) {
			files, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", r.PID()))
			if err != nil {
				t.Skipf("this system does not tell what a process has open: %v", err)
			}
			all[fmt.Sprint(program, i+1)] = len(files)
		}
	}
	return all
}

// poolSize is how many connections to the database a process may have opened meanwhile, and a few to its peers that are not yet gone.
const poolSize = 10 + 6

// settles waits until no process has more open than before, but for the pool of connections that it may fill.
func settles(t *testing.T, c *cluster.Cluster, before descriptors) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for began := time.Now(); ; <-tick.C {
		after, more := open(t, c), ""
		for name, n := range after {
			if n > before[name]+poolSize {
				more += fmt.Sprintf(" %s %d before and %d now;", name, before[name], n)
			}
		}
		if more == "" {
			return
		}
		if time.Since(began) > recoverTime {
			t.Errorf("files and connections are left open:%s", more)
			return
		}
	}
}
