package throughline_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/throughline/throughline/services/platform/authn"
	"github.com/throughline/throughline/services/throughline"
	"github.com/throughline/throughline/services/throughline/internal/cli"
)

// serveEnv makes this test binary serve a suite instead of running tests.
const serveEnv = "THROUGHLINE_TEST_SERVE"

func TestMain(m *testing.M) {
	if dir := os.Getenv(serveEnv); dir != "" {
		os.Exit(cli.Main(context.Background(), []string{
			"serve", "--data-dir", dir, "--listen", "127.0.0.1:0", "--grpc-listen", "127.0.0.1:0", "--admin-listen", "",
		}, cli.World{Stdout: os.Stdout, Stderr: os.Stderr, Now: time.Now}))
	}
	os.Exit(m.Run())
}

// No acknowledged write is lost when the process is killed in the middle of writes.
func TestKillLosesNoAcknowledgedWrite(t *testing.T) {
	embedded(t, "it is about a data directory")
	dir := t.TempDir()
	c, kill := startProcess(t, dir)
	c.ok(t, http.MethodPost, "/v1/organizations?organizationId=riverbend", c.mint(t, authn.NoOrganization, "operator"), map[string]any{
		"displayName": "Riverbend", "currencyCode": "USD",
	})
	token := c.mint(t, "riverbend", "manager")
	var mu sync.Mutex
	var acked []string
	var wg sync.WaitGroup
	enough := make(chan struct{})
	for w := range 8 {
		wg.Go(func() {
			for i := 0; ; i++ {
				id := fmt.Sprintf("p%d-%d", w, i)
				if !c.tryPlan(t, token, id) {
					return // killed
				}
				mu.Lock()
				acked = append(acked, id)
				if len(acked) == 200 {
					close(enough)
				}
				mu.Unlock()
			}
		})
	}
	<-enough
	kill()
	wg.Wait()
	again := start(t, dir)
	manager := again.as(t, "manager")
	for _, id := range acked {
		if a := again.call(t, http.MethodGet, "/v1/"+riverbend+"/plans/"+id, manager, nil); a.status != http.StatusOK {
			t.Errorf("plan %s was acknowledged and is lost: %d %s", id, a.status, a.body)
		}
	}
	t.Logf("%d acknowledged writes, all there", len(acked))
}

// tryPlan creates a plan; false when the suite is gone.
func (c *city) tryPlan(t *testing.T, token, id string) bool {
	t.Helper()
	body := `{"displayName": "P", "kind": "PLAN_KIND_STRATEGIC", "startDate": {"year": 2027, "month": 1, "day": 1}, "endDate": {"year": 2027, "month": 1, "day": 2}}`
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.url+"/v1/"+riverbend+"/plans?planId="+id, strings.NewReader(body))
	if err != nil {
		return false
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return false
	}
	defer response.Body.Close()
	return response.StatusCode == http.StatusOK
}

// startProcess runs a suite in a process of its own; kill ends it as a power cut would.
func startProcess(t *testing.T, dir string) (c *city, kill func()) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), serveEnv+"="+dir)
	cmd.Stderr = &testLog{t: t}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var once sync.Once
	kill = func() {
		once.Do(func() {
			_ = cmd.Process.Signal(syscall.SIGKILL)
			_ = cmd.Wait()
		})
	}
	t.Cleanup(kill)
	c = &city{dir: dir}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if _, rest, found := strings.Cut(lines.Text(), "REST"); found {
			c.url, _, _ = strings.Cut(strings.TrimSpace(rest), " ")
		}
		if _, rest, found := strings.Cut(lines.Text(), "gRPC"); found {
			c.grpc = strings.TrimSpace(rest)
			return c, kill
		}
	}
	t.Fatal("the process ended without serving")
	return nil, nil
}

// mint mints a token with the key in the data directory, as `throughline token` does.
func (c *city) mint(t *testing.T, organization, role string) string {
	t.Helper()
	keys, err := authn.LoadLocalKeys(throughline.KeyFile(c.dir), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	token, err := keys.Mint(authn.Identity{Subject: role, Organization: organization, Roles: []string{role}}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// A backup made while writers write is one moment of all four databases, and restores to a suite that serves it.
func TestBackupAndRestore(t *testing.T) {
	embedded(t, "it is about a data directory")
	c := start(t, t.TempDir())
	loaded := c.load(t)
	stop, writing := make(chan struct{}), make(chan struct{})
	token := c.as(t, "manager")
	go func() {
		defer close(writing)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
				c.tryPlan(t, token, fmt.Sprintf("during-%d", i))
			}
		}
	}()
	saved := filepath.Join(t.TempDir(), "saved")
	err := throughline.Backup(t.Context(), c.dir, saved, time.Now())
	close(stop)
	<-writing
	if err != nil {
		t.Fatal(err)
	}
	if err := throughline.Backup(t.Context(), c.dir, saved, time.Now()); err == nil {
		t.Error("a second backup overwrote the first")
	}
	elsewhere := t.TempDir()
	if err := throughline.Restore(t.Context(), saved, elsewhere, false, time.Now()); err != nil {
		t.Fatal(err)
	}
	if err := throughline.Restore(t.Context(), saved, elsewhere, false, time.Now()); err == nil {
		t.Error("a second restore overwrote the first")
	}
	if err := throughline.Restore(t.Context(), saved, elsewhere, true, time.Now()); err != nil {
		t.Errorf("restore --replace: %v", err)
	}
	if err := throughline.Restore(t.Context(), saved, c.dir, true, time.Now()); err == nil {
		t.Error("a restore went into the data directory of a running suite")
	}
	strange := bytes.Replace(read(t, filepath.Join(saved, "manifest.json")), []byte(`"files": {`), []byte(`"files": {"../outside": "",`), 1)
	if err := os.WriteFile(filepath.Join(saved, "manifest.json"), strange, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(filepath.Dir(saved), "outside"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	inside := filepath.Join(t.TempDir(), "data")
	if err := throughline.Restore(t.Context(), saved, inside, false, time.Now()); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(filepath.Dir(inside), "outside")); err == nil {
		t.Error("a manifest had a file written beside the data directory")
	}
	again := start(t, elsewhere)
	a := again.ok(t, http.MethodGet, "/v1/"+allocation+":verify", again.as(t, "finance"), nil)
	if a.at("valid") != "true" || a.at("contentHash") != loaded.Allocation.GetContentHash() {
		t.Errorf("the restored allocation: %s", a.body)
	}
	damaged := filepath.Join(saved, "goals.db")
	text := read(t, damaged)
	text[len(text)/2] ^= 0xff
	if err := os.WriteFile(damaged, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := throughline.Restore(t.Context(), saved, t.TempDir(), false, time.Now()); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("a damaged backup: %v", err)
	}
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// Serving again keeps the data, and loading the sample again writes nothing.
func TestServingAgainKeepsTheData(t *testing.T) {
	embedded(t, "it is about a data directory")
	dir := t.TempDir()
	var etag string
	t.Run("first", func(t *testing.T) {
		c := start(t, dir)
		if c.load(t).Already {
			t.Error("a fresh suite has the city already")
		}
		etag = c.ok(t, http.MethodGet, "/v1/"+budget, c.as(t, "finance"), nil).header.Get("ETag")
	})
	t.Run("second", func(t *testing.T) {
		c := start(t, dir)
		if !c.load(t).Already {
			t.Error("the second load wrote")
		}
		if got := c.ok(t, http.MethodGet, "/v1/"+budget, c.as(t, "finance"), nil).header.Get("ETag"); got != etag || etag == "" {
			t.Errorf("etag %s, want %s", got, etag)
		}
	})
	t.Run("two at once", func(t *testing.T) {
		c := start(t, dir)
		if err := throughline.Migrate(t.Context(), c.dir); err == nil || !strings.Contains(err.Error(), fmt.Sprint(os.Getpid())) {
			t.Errorf("a second suite on the same directory: %v", err)
		}
	})
}
