package throughline_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/services/platform/authn"
	"github.com/throughline/throughline/services/platform/daemon"
	"github.com/throughline/throughline/services/platform/telemetry"
	"github.com/throughline/throughline/services/throughline"
)

// BenchmarkREST holds calls of the REST API, in embedded mode, against plain: the CPU of this process for each call, system time, net/http and
// garbage collection included, the callers' not. Goals: reads of one resource at most 1.6 times the peer's, lists of 500 at most 0.85 times.
func BenchmarkREST(b *testing.B) {
	const rows, atOnce = 500, 16
	c := startBench(b)
	calls := startCallers(b)
	peer := c.servePlain(b)
	c.fill(b, calls, rows)
	for _, bench := range []struct {
		name  string
		times int
		texts []string
	}{
		{"get goal", 1000, []string{c.get(c.plan + "/goals/g00000000")}},
		{"get program", 1000, []string{c.get(c.organization + "/programs/p00000500")}},
		{"list 500 goals", 16, []string{c.get(c.plan + "/goals?pageSize=500")}},
		{"list 500 programs", 16, []string{c.get(c.organization + "/programs?pageSize=500")}},
		{"create and update goal", 100, []string{
			c.send(http.MethodPost, c.writes+"/goals?goalId=g{n}", "", benchGoal),
			c.send(http.MethodPatch, c.writes+"/goals/g{n}", `"1"`, `{"displayName": "Renamed {n}"}`),
		}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			ours := batch{Address: c.address, Texts: bench.texts, Times: bench.times, Callers: atOnce}
			theirs := ours
			theirs.Address = peer
			compare(b, calls.side(ours), calls.side(theirs))
		})
	}
}

const benchGoal = `{"displayName": "Neighborhoods where people feel safe {n}", ` +
	`"description": "Residents of every district say that they feel safe walking alone after dark, and calls for help are answered in time.", ` +
	`"scale": "SCALE_CITY", "lens": "LENS_HEALTHY_PHYSICAL", "measuresOfSuccess": ["Share of residents who feel safe after dark", "Minutes to answer"], ` +
	`"preserve": ["Trust between residents and officers"], "ownerRole": "Chief of police", "equityStatement": "Districts with the longest waits gain first."}`

const benchProgram = `{"displayName": "Patrol of district {n}", "code": "PD-{n}", "department": "Police", "function": "Public safety", ` +
	`"purpose": "Officers on duty at all hours who answer calls for help and know the people of their beat."}`

// bench is a running suite, and what the benchmarks ask of it.
type bench struct {
	city
	address                    string
	token                      string
	organization, plan, writes string
}

func startBench(b *testing.B) *bench {
	b.Helper()
	daemon.Roomy() // as the program does
	logs, err := telemetry.Start(b.Context(), telemetry.Service{Name: "bench", Logs: b.Output()}, telemetry.Config{
		LogFormat: "text", LogLevel: "warn", SampleRatio: 1,
	})
	if err != nil {
		b.Fatal(err)
	}
	config := throughline.Config{DataDir: b.TempDir(), HTTP: listenAs(b), GRPC: listenAs(b), Telemetry: logs, Now: time.Now}
	s, err := throughline.Start(context.Background(), config)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := s.Close(); err != nil {
			b.Errorf("stop: %v", err)
		}
	})
	token, err := s.Keys.Mint(authn.Identity{Subject: "mia", Organization: "riverbend", Roles: []string{"manager", "finance"}}, time.Hour)
	if err != nil {
		b.Fatal(err)
	}
	c := &bench{city: city{dir: config.DataDir, keys: s.Keys}, address: config.HTTP.Addr().String(), token: token, organization: "/v1/" + riverbend}
	c.plan, c.writes = c.organization+"/plans/read", c.organization+"/plans/write"
	return c
}

// fill stores as many goals and programs.
func (c *bench) fill(b *testing.B, calls *callers, rows int) {
	b.Helper()
	operator, err := c.keys.Mint(authn.Identity{Subject: "olga", Organization: authn.NoOrganization, Roles: []string{authn.RoleOperator}}, time.Hour)
	if err != nil {
		b.Fatal(err)
	}
	organization := c.send(http.MethodPost, "/v1/organizations?organizationId=riverbend", "", `{"displayName": "Riverbend", "currencyCode": "USD"}`)
	const plan = `{"displayName": "P", "kind": "PLAN_KIND_STRATEGIC", "startDate": {"year": 2027, "month": 1, "day": 1}, "endDate": {"year": 2030, "month": 1, "day": 1}}`
	todo := batch{Address: c.address, Times: 1, Callers: 1, Texts: []string{
		strings.Replace(organization, c.token, operator, 1),
		c.send(http.MethodPost, c.organization+"/plans?planId=read", "", plan),
		c.send(http.MethodPost, c.organization+"/plans?planId=write", "", plan),
	}}
	calls.call(b, todo)
	calls.n = 0
	calls.call(b, batch{Address: c.address, Times: rows, Callers: 64, Texts: []string{c.send(http.MethodPost, c.plan+"/goals?goalId=g{n}", "", benchGoal)}})
	calls.call(b, batch{Address: c.address, Times: rows, Callers: 64, Texts: []string{c.send(http.MethodPost, c.organization+"/programs?programId=p{n}", "", benchProgram)}})
}

// get is the text of a read.
func (c *bench) get(path string) string {
	return "GET " + path + " HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer " + c.token + "\r\nAccept: application/json\r\n\r\n"
}

// send is the text of a write.
func (c *bench) send(method, path, etag, body string) string {
	length := len(strings.ReplaceAll(body, "{n}", "00000000"))
	head := fmt.Sprintf("%s %s HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n", method, path, c.token, length)
	if etag != "" {
		head += "If-Match: " + etag + "\r\n"
	}
	return head + "\r\n" + body
}

// servePlain serves the peer, with the same limits, and answers its address.
func (c *bench) servePlain(b *testing.B) string {
	b.Helper()
	listener := listenAs(b)
	server := gateway.NewServer(listener.Addr().String(), openPlain(b, c.dir).handler())
	go func() { _ = server.Serve(listener) }()
	b.Cleanup(func() { _ = server.Close() })
	return listener.Addr().String()
}
