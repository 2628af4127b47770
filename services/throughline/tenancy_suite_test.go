package throughline_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/throughline/throughline/services/platform/servers"
	"github.com/throughline/throughline/services/throughline/internal/cluster"
)

// Organizations that work at once never see anything of each other.
func TestTenants(t *testing.T) {
	embedded(t, "TestTenantsOfReplicas is")
	tenants(t, startKeeping(t), 3, 0)
}

// So it is with two replicas of every program, and fifty organizations.
func TestTenantsOfReplicas(t *testing.T) {
	needsReplicas(t)
	dir := t.TempDir()
	c := startCluster(t, cluster.Config{
		Dir: dir, Replicas: 2, Command: program(t), Postgres: servers.SharedPostgres(t), Database: fmt.Sprint("tenants", clusters.Add(1)), NoSync: true,
	})
	tenants(t, &city{url: c.REST()[0], grpc: c.GRPC(cluster.Gateway), dir: dir, keys: c.Keys}, 50, soak(t))
}

// tenant is a township at work.
type tenant struct {
	*township
	office *office
}

// office is what all tenants share.
type office struct {
	t      *testing.T
	client *http.Client
	all    []*tenant

	asked, refused, borrowed, public atomic.Int64
	mu                               sync.Mutex
	complained                       int
}

func tenants(t *testing.T, c *city, n int, long time.Duration) {
	t.Helper()
	o := &office{t: t, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: n}, Timeout: time.Minute}, all: make([]*tenant, n)}
	defer o.client.CloseIdleConnections()
	suite := c.client(t)
	o.together(func(i int) {
		w, err := c.settle(t.Context(), suite, fmt.Sprintf("org%03d", i), fmt.Sprintf("mk%03dx", i))
		if err == nil {
			_, err = w.propose(t.Context(), suite, "a-0")
		}
		if err != nil {
			o.complain("%v", err)
			return
		}
		o.all[i] = &tenant{township: w, office: o}
	})
	if t.Failed() {
		return
	}
	began := time.Now()
	for round := 0; (round < 1 || time.Since(began) < long) && !t.Failed(); round++ {
		o.together(func(i int) { o.all[i].write(2 * round); o.all[i].write(2*round + 1) })
		o.together(func(i int) { o.all[i].read(); o.all[i].trespass(o.all[(i+1+round%(n-1))%n]) })
	}
	t.Logf("%d organizations: %d answers of their own, %d calls refused, %d borrowed tokens refused, %d public answers, in %s",
		n, o.asked.Load(), o.refused.Load(), o.borrowed.Load(), o.public.Load(), time.Since(began).Round(time.Millisecond))
}

func (o *office) together(do func(i int)) {
	var wg sync.WaitGroup
	for i := range o.all {
		wg.Go(func() { do(i) })
	}
	wg.Wait()
}

func (o *office) complain(format string, args ...any) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.complained++; o.complained <= 20 {
		o.t.Errorf(format, args...)
	}
}

// send makes a call by a role, "" for nobody.
func (w *tenant) send(method, path, role, body string, headers ...string) (answer, error) {
	r, err := http.NewRequestWithContext(w.office.t.Context(), method, w.url+"/v1/"+path, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	if role != "" {
		token, err := w.mint(role)
		if err != nil {
			return answer{}, err
		}
		r.Header.Set("Authorization", "Bearer "+token)
	}
	if body == "" {
		r.Body, r.ContentLength = http.NoBody, 0
	} else {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := w.office.client.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return answer{status: response.StatusCode, header: response.Header, body: text}, err
}

// of is whatever names or marks an organization of this test.
var of = regexp.MustCompile(`mk\d{3}x|org\d{3}`)

// own makes a call that must succeed, and holds the answer: it tells of nobody else.
func (w *tenant) own(method, path, role, body string, headers ...string) answer {
	a, err := w.send(method, path, role, body, headers...)
	if err != nil || a.status != http.StatusOK {
		w.office.complain("%s %s: %d %s %v", method, path, a.status, a.body, err)
		return a
	}
	w.office.asked.Add(1)
	w.hold(path, a)
	if strings.HasPrefix(a.header.Get("Content-Type"), "application/json") {
		_ = json.Unmarshal(a.body, &a.json)
	}
	return a
}

// hold looks for others in an answer, its page tokens among it.
func (w *tenant) hold(path string, a answer) {
	for _, found := range of.FindAllString(string(a.body), -1) {
		if found != w.marker && found != w.id {
			w.office.complain("%s is told of %s by %s: %s", w.id, found, path, a.body)
			return
		}
	}
}

// write makes what all others must not see: every text has the marker.
func (w *tenant) write(n int) {
	name := w.name
	text := fmt.Sprintf("%s number %d", w.marker, n)
	w.own(http.MethodPost, name+"/feedback", "manager", `{"text": "Fix it, `+text+`", "source": "FEEDBACK_SOURCE_SURVEY", "goals": ["`+w.goals[0]+`"], "date": {"year": 2026, "month": 5, "day": 4}}`,
		"Idempotency-Key", fmt.Sprint("same-key-", n)) // the same for all
	w.own(http.MethodPost, fmt.Sprintf("%s/scenarios?scenarioId=s-%d", w.draft, n), "finance", `{"displayName": "Scenario `+text+`"}`, "Idempotency-Key", fmt.Sprint("same-key-", n))
	w.own(http.MethodPost, fmt.Sprintf("%s/strategies?strategyId=s-%d", name, n), "manager", `{"displayName": "Strategy `+text+`", "goal": "`+w.goals[0]+`"}`)
	w.own(http.MethodPost, name+"/staff:sync", "hr", fmt.Sprintf(`{"syncId": "same-sync-%d", "mode": "SYNC_MODE_DELTA", "rows": [{"externalId": "e-%d", "displayName": "Ann %s", "subject": "ann"}]}`, n, n, text))
	w.own(http.MethodPost, fmt.Sprintf("%s/measures?measureId=m-%d", name, n), "manager",
		`{"displayName": "Measure `+text+`", "kind": "MEASURE_KIND_OUTCOME", "unit": "minutes", "direction": "DIRECTION_DECREASE", "frequency": "FREQUENCY_MONTHLY", "links": [{"subject": "`+w.goals[0]+`", "contribution": "CONTRIBUTION_CONTRIBUTES"}]}`)
	report := fmt.Sprintf("%s/progressReports/r-%d", name, n)
	w.own(http.MethodPost, fmt.Sprintf("%s/progressReports?progressReportId=r-%d", name, n), "manager", `{"displayName": "Report `+text+`", "plan": "`+w.plan+
		`", "periodStart": {"year": 2026, "month": 1, "day": 1}, "periodEnd": {"year": 2026, "month": 6, "day": 30}}`)
	w.own(http.MethodPost, report+":publish", "manager", "{}")
	w.own(http.MethodPost, name+"/resultsRevisions:publish", "manager", "{}")
	g := w.own(http.MethodGet, w.goals[1], "manager", "")
	w.own(http.MethodPatch, w.goals[1], "manager", `{"displayName": "Life `+text+`"}`, "If-Match", g.header.Get("ETag"))
}

// reads are what a tenant may read, by role; {o}, {p}, {b} and {d} are its own names. The last page of each is asked for too.
var reads = []struct{ role, path string }{
	{"manager", "{o}"},
	{"manager", "{o}/plans?pageSize=1"},
	{"manager", "{p}"},
	{"manager", "{p}/goals"},
	{"manager", "{p}/goals?pageSize=1"},
	{"manager", "{p}/goals/life"},
	{"manager", "{p}/prioritizations"},
	{"manager", "{p}/prioritizations/r/ballots"},
	{"manager", "{p}/priorityRevisions"},
	{"manager", "{o}/feedback?pageSize=1"},
	{"manager", "{o}/feedback:summarize"},
	{"manager", "{o}/strategies?pageSize=1"},
	{"hr", "{o}/staff?pageSize=1"},
	{"hr", "{o}/assignments"},
	{"hr", "{o}/assignments:changes"},
	{"manager", "{p}:timeline"},
	{"manager", "{p}:calendar"},
	{"manager", "{p}:progress"},
	{"manager", "{o}/ownershipGaps"},
	{"finance", "{o}/funds"},
	{"finance", "{o}/budgets?pageSize=1"},
	{"finance", "{o}/programs?pageSize=1"},
	{"finance", "{b}/fundingRequests?pageSize=1"},
	{"finance", "{d}/lineItems"},
	{"finance", "{d}/lineItems:summarize"},
	{"finance", "{d}/scenarios?pageSize=1"},
	{"finance", "{b}/allocations"},
	{"finance", "{b}/allocations/a-0"},
	{"finance", "{b}/allocations/a-0/lines"},
	{"finance", "{b}/allocations/a-0/lines:stream"},
	{"finance", "{b}/allocations/a-0:compare?baseline=BASELINE_ACROSS_THE_BOARD"},
	{"finance", "{b}/allocations/a-0:quartiles"},
	{"finance", "{b}/allocations/a-0:verify"},
	{"finance", "{b}/allocations/a-0:sensitivity?goal={p}/goals/life"},
	{"finance", "{b}/allocations/a-0:explain?program={o}/programs/police"},
	{"finance", "{b}/allocations/a-0:export?format=EXPORT_FORMAT_CSV"},
	{"finance", "{b}/allocations/a-0:export?format=EXPORT_FORMAT_PROOF"},
	{"manager", "{o}/measures?pageSize=1"},
	{"manager", "{o}/measures/m-0"},
	{"manager", "{o}/measures:gaps"},
	{"manager", "{o}/resultsRevisions"},
	{"manager", "{o}/resultsRevisions/current"},
	{"manager", "{o}/progressReports"},
	{"manager", "{o}:zoom"},
	{"manager", "{p}/goals/safety:zoom?pageSize=1"},
	{"manager", "{o}/programs/police:zoom"},
	{"manager", "{o}/links:goals?names={p}&direction=LINK_DIRECTION_IN"},
	{"finance", "{o}/links:budgeting?names={p}/goals/life&direction=LINK_DIRECTION_IN"},
	{"", "{o}/progressReports:view"},
	{"", "{o}/progressReports/r-0:view"},
}

func (w *township) path(path string) string {
	return strings.NewReplacer("{o}", w.name, "{p}", w.plan, "{b}", w.budget, "{d}", w.draft).Replace(path)
}

// read reads everything twice, the second time from answers that were kept where they are.
func (w *tenant) read() {
	marked := 0
	for range 2 {
		for _, r := range reads {
			a := w.own(http.MethodGet, w.path(r.path), r.role, "")
			if strings.Contains(string(a.body), w.marker) {
				marked++
			}
			if r.role == "" {
				w.office.public.Add(1)
			}
			if token := a.at("nextPageToken"); token != "" {
				w.own(http.MethodGet, with(w.path(r.path), "pageToken", token), r.role, "")
			}
		}
	}
	if marked < len(reads) { // half of them, to know that the texts are there at all
		w.office.complain("%s finds its marker in %d answers of %d", w.id, marked, 2*len(reads))
	}
}

func with(path, parameter, value string) string {
	separator := "?"
	if strings.Contains(path, "?") {
		separator = "&"
	}
	return path + separator + parameter + "=" + url.QueryEscape(value)
}

// trespass tries everything on another organization with the own token, and its tokens on the own.
func (w *tenant) trespass(other *tenant) {
	for _, r := range reads {
		if r.role == "" {
			continue
		}
		w.forbidden(http.MethodGet, other.path(r.path), r.role, "")
		if strings.Contains(r.path, "pageSize") || strings.Contains(r.path, ":changes") {
			w.borrow(other, r.role, r.path)
		}
	}
	w.forbidden(http.MethodPost, other.name+"/feedback", "manager", `{"text": "Fix it", "source": "FEEDBACK_SOURCE_SURVEY"}`)
	w.forbidden(http.MethodPost, other.draft+"/scenarios?scenarioId=theirs", "finance", `{"displayName": "Theirs"}`, "Idempotency-Key", "same-key-0") // of a request that was made there
	w.forbidden(http.MethodPatch, other.goals[0], "manager", `{"displayName": "Theirs"}`)
	w.forbidden(http.MethodPost, other.budget+"/allocations/a-0:adopt", "council", `{"adoption": {"body": "C", "resolutionNumber": "1", "adoptDate": {"year": 2026, "month": 6, "day": 18}}}`, "Idempotency-Key", "adopt")
	w.forbidden(http.MethodDelete, other.draft+"/scenarios/s-0", "finance", "")
	// The own resource, with something of the other in it.
	a, err := w.send(http.MethodGet, w.path("{b}/allocations/a-0:compare?other=")+other.path("{b}/allocations/a-0"), "finance", "")
	w.refuse("a comparison with the other's allocation", a, err)
	a, err = w.send(http.MethodPost, w.name+"/strategies?strategyId=theirs", "manager", `{"displayName": "S", "goal": "`+other.goals[0]+`"}`)
	w.refuse("a strategy for the other's goal", a, err)
	// The other's version of a goal is no version of the own.
	theirs := other.own(http.MethodGet, other.goals[1], "manager", "").header.Get("ETag")
	mine := w.own(http.MethodGet, w.goals[1], "manager", "").header.Get("ETag")
	if theirs != mine {
		a, err = w.send(http.MethodPatch, w.goals[1], "manager", `{"displayName": "Mine"}`, "If-Match", theirs)
		w.refuse("the other's etag", a, err)
	}
}

// forbidden makes a call that must be denied, whether or not its resource exists, and without a word of the other.
func (w *tenant) forbidden(method, path, role, body string, headers ...string) {
	a, err := w.send(method, path, role, body, headers...)
	if err != nil || a.status != http.StatusForbidden {
		w.office.complain("%s: %s %s: %d %s %v", w.id, method, path, a.status, a.body, err)
		return
	}
	w.office.refused.Add(1)
	if i := slices.IndexFunc(w.office.all, func(o *tenant) bool { return strings.Contains(string(a.body), o.marker) }); i >= 0 {
		w.office.complain("%s is told of %s by %s: %s", w.id, w.office.all[i].id, path, a.body)
	}
}

// refuse holds an answer that must be an error, with nothing of the other in it but what was asked.
func (w *tenant) refuse(what string, a answer, err error) {
	if err != nil || a.status < 400 || a.status >= 500 {
		w.office.complain("%s: %s: %d %s %v", w.id, what, a.status, a.body, err)
		return
	}
	w.office.borrowed.Add(1)
	for _, o := range w.office.all {
		if o != w && strings.Contains(string(a.body), o.marker) {
			w.office.complain("%s: %s tells of it: %s", w.id, what, a.body)
		}
	}
}

// borrow uses the other's page and sync tokens for the own list: they are refused, or else lead to the own rows alone.
func (w *tenant) borrow(other *tenant, role, path string) {
	a := other.own(http.MethodGet, other.path(path), role, "")
	for field, parameter := range map[string]string{"nextPageToken": "pageToken", "nextSyncToken": "syncToken"} {
		token := a.at(field)
		if token == "" {
			continue
		}
		if plain, err := base64.RawURLEncoding.DecodeString(token); err == nil && strings.Contains(string(plain), other.marker) && parameter == "pageToken" {
			w.office.complain("the page token of %s tells a row: %q", path, plain)
		}
		got, err := w.send(http.MethodGet, with(w.path(path), parameter, token), role, "")
		w.refuse("the other's "+parameter+" for "+path, got, err)
	}
}
