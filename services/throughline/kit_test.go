package throughline_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/throughline/throughline/services/platform/authn"
	"github.com/throughline/throughline/services/platform/telemetry"
	"github.com/throughline/throughline/services/throughline"
	"github.com/throughline/throughline/services/throughline/internal/client"
	"github.com/throughline/throughline/services/throughline/internal/sample"
)

const riverbend = "organizations/riverbend"

// city is a running suite with real listeners.
type city struct {
	url, grpc string
	dir       string
	keys      *authn.LocalKeys
}

// start runs a suite on the data directory until the test ends: all in this process, or distributed.
func start(t *testing.T, dir string) *city {
	t.Helper()
	if distributed() {
		return startDistributed(t, dir)
	}
	return startEmbedded(t, dir, time.Now)
}

// startAt is start by another clock, which separate processes cannot have.
func startAt(t *testing.T, dir string, now func() time.Time) *city {
	t.Helper()
	embedded(t, "it needs a clock of its own")
	return startEmbedded(t, dir, now)
}

// startEmbedded runs the suite in this process.
func startEmbedded(t *testing.T, dir string, now func() time.Time) *city {
	t.Helper()
	logs, err := telemetry.Start(t.Context(), telemetry.Service{Name: "test", Logs: &testLog{t: t}}, telemetry.Config{
		LogFormat: "text", LogLevel: "error", SampleRatio: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	c := throughline.Config{DataDir: dir, HTTP: listen(t), GRPC: listen(t), Telemetry: logs, Now: now}
	s, err := throughline.Start(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("stop: %v", err)
		}
	})
	return &city{url: "http://" + c.HTTP.Addr().String(), grpc: c.GRPC.Addr().String(), dir: dir, keys: s.Keys}
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// testLog passes what the suite logs on to the test.
type testLog struct {
	mu sync.Mutex
	t  *testing.T
}

func (l *testLog) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.t.Context().Err() == nil {
		l.t.Log(strings.TrimSpace(string(line)))
	}
	return len(line), nil
}

// token mints a token of an organization.
func (c *city) token(t *testing.T, organization string, subject string, roles ...string) string {
	t.Helper()
	if roles[0] == authn.RoleOperator {
		organization = authn.NoOrganization
	}
	token, err := c.keys.Mint(authn.Identity{Subject: subject, Organization: organization, Roles: roles}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// as is the token of a role in the sample city.
func (c *city) as(t *testing.T, role string) string {
	t.Helper()
	return c.token(t, "riverbend", role, role)
}

// answer is what a REST call answered.
type answer struct {
	status int
	header http.Header
	body   []byte
	json   map[string]any
}

// call makes a REST call; body may be a string, or anything that encoding/json takes.
func (c *city) call(t *testing.T, method, path, token string, body any, headers ...string) answer {
	t.Helper()
	var reader io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(b)
	default:
		text, err := json.Marshal(b)
		if err != nil {
			t.Fatal(err)
		}
		reader = bytes.NewReader(text)
	}
	r, err := http.NewRequestWithContext(t.Context(), method, c.url+path, reader)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	a := answer{status: response.StatusCode, header: response.Header, body: text}
	_ = json.Unmarshal(text, &a.json) // streams and pages are no single object
	return a
}

// ok is call, and fails unless it answered 200.
func (c *city) ok(t *testing.T, method, path, token string, body any, headers ...string) answer {
	t.Helper()
	a := c.call(t, method, path, token, body, headers...)
	if a.status != http.StatusOK {
		t.Fatalf("%s %s: %d %s", method, path, a.status, a.body)
	}
	return a
}

// at follows keys and list positions into the answer, "" where there is nothing.
func (a answer) at(path ...any) string {
	var v any = a.json
	for _, step := range path {
		switch step := step.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[step]
		case int:
			l, _ := v.([]any)
			if step >= len(l) {
				return ""
			}
			v = l[step]
		}
	}
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

// list is a list inside the answer.
func (a answer) list(key string) []map[string]any {
	items, _ := a.json[key].([]any)
	all := make([]map[string]any, 0, len(items))
	for _, i := range items {
		m, _ := i.(map[string]any)
		all = append(all, m)
	}
	return all
}

// cents is a JSON Money in minor units of a currency with two decimals.
func cents(t *testing.T, v any) int64 {
	t.Helper()
	m, ok := v.(map[string]any)
	if !ok {
		if v == nil {
			return 0
		}
		t.Fatalf("no money: %v", v)
	}
	var units int64
	if text, _ := m["units"].(string); text != "" {
		if _, err := fmt.Sscan(text, &units); err != nil {
			t.Fatal(err)
		}
	}
	nanos, _ := m["nanos"].(float64)
	return units*100 + int64(nanos)/10_000_000
}

// root is the top of the checkout.
func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// load loads the sample city, through gRPC as any client would.
func (c *city) load(t *testing.T) sample.Loaded {
	t.Helper()
	loaded, err := c.tryLoad(t)
	if err != nil {
		t.Fatal(err)
	}
	return loaded
}

func (c *city) tryLoad(t *testing.T) (sample.Loaded, error) {
	t.Helper()
	suite := c.client(t)
	return sample.Load(t.Context(), suite, func(ctx context.Context, subject string, roles ...string) (context.Context, error) {
		return client.As(ctx, c.token(t, "riverbend", subject, roles...)), nil
	}, sample.Options{
		Dir: filepath.Join(root(t), "deploy", "samples", "riverbend"),
	})
}

func (c *city) client(t *testing.T) *client.Suite {
	t.Helper()
	suite, err := client.Connect(c.grpc, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := suite.Close(); err != nil {
			t.Error(err)
		}
	})
	return suite
}

// shared is a folder of real city files, outside the project; the test skips when it is absent.
func shared(t *testing.T, name string) string {
	t.Helper()
	dir := os.Getenv("THROUGHLINE_SHARED_DATA")
	if dir == "" {
		dir = filepath.Join(root(t), "..", "shared", "data")
	}
	dir = filepath.Join(dir, name)
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("the real city files are not here (%v); set THROUGHLINE_SHARED_DATA to their folder to run this test", err)
	}
	return dir
}

// decode reads one JSON object.
func decode(t *testing.T, text string) answer {
	t.Helper()
	a := answer{body: []byte(text)}
	if err := json.Unmarshal(a.body, &a.json); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return a
}

func itoa(n int) string { return fmt.Sprint(n) }
