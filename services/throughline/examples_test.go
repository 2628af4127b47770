package throughline_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/throughline/throughline/services/platform/authn"
)

// patience is how long an answer marked "until" may take.
const patience = 10 * time.Second

// The documents of services/docs/examples say what is so: every call that they show is made, in order, against a running
// suite with the sample city, and every answer that they show is compared with the one that came.
func TestExamplesOfTheDocs(t *testing.T) {
	folder := filepath.Join(root(t), "services", "docs", "examples")
	began, november := time.Now(), time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	c := startAt(t, t.TempDir(), func() time.Time { return november.Add(time.Since(began)) })
	c.load(t)
	documents := []string{"action-plan.md", "council-session.md", "hr-sync.md"}
	found, err := filepath.Glob(filepath.Join(folder, "*.md"))
	if err != nil || len(found) != len(documents)+1 { // and the README
		t.Fatalf("the folder holds %q, want the README and %q: %v", found, documents, err)
	}
	for _, name := range documents {
		t.Run(strings.TrimSuffix(name, ".md"), func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join(folder, name))
			if err != nil {
				t.Fatal(err)
			}
			e := example{keys: c.keys, url: c.url, variables: map[string]string{}}
			calls, err := e.run(t.Context(), string(text))
			if err != nil {
				t.Fatalf("services/docs/examples/%s:%v", name, err)
			}
			if calls < 20 {
				t.Errorf("%d calls, which is no finished example", calls)
			}
		})
	}
}

// example is a document that is run.
type example struct {
	keys      *authn.LocalKeys
	url       string
	variables map[string]string // of the shell; and what answers name
}

// run makes the calls of a document in order and counts them. An error begins with the number of the line at fault.
func (e *example) run(ctx context.Context, markdown string) (calls int, err error) {
	all, err := fences(markdown)
	if err != nil {
		return 0, err
	}
	for i := 0; i < len(all); i++ {
		block := all[i]
		at := func(b fence, err error) error { return fmt.Errorf("%d: %w", b.line, err) }
		if block.info != "sh" {
			return calls, at(block, fmt.Errorf("a block of %q that is no answer to a call right before it", block.info))
		}
		if settings, ok := settingsOf(block.text); ok {
			for _, s := range settings {
				if err := e.set(s); err != nil {
					return calls, at(block, err)
				}
			}
			continue
		}
		call, err := parseCurl(block.text, e.variables)
		if err != nil {
			return calls, at(block, err)
		}
		if i+1 == len(all) || all[i+1].info == "sh" {
			return calls, at(block, errors.New("a call without its answer"))
		}
		i++
		calls++
		if err := e.ask(ctx, call, all[i]); err != nil {
			return calls, at(all[i], fmt.Errorf("%w\nto %s %s of line %d", err, call.method, call.url, block.line))
		}
	}
	return calls, nil
}

// set gives a variable its value: the address of the suite, or a token of who is said.
func (e *example) set(s setting) error {
	if s.name == "URL" {
		if s.value != "http://127.0.0.1:8080" {
			return fmt.Errorf("URL is %s, and the suite serves http://127.0.0.1:8080", s.value)
		}
		e.variables[s.name] = e.url
		return nil
	}
	id, err := identityOf(s.value)
	if err != nil {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	if slices.Contains(id.Roles, authn.RoleOperator) {
		id.Organization = authn.NoOrganization
	}
	e.variables[s.name], err = e.keys.Mint(id, time.Hour)
	return err
}

// ask makes a call and compares its answer; one that is to be so "until" is asked for again.
func (e *example) ask(ctx context.Context, call curl, want fence) error {
	kind, until := strings.CutSuffix(want.info, " until")
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		err := e.once(ctx, call, kind, want.text)
		if err == nil || !until {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("not so within %v: %w", patience, err)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func (e *example) once(ctx context.Context, call curl, kind, want string) error {
	got, err := call.do(ctx)
	if err != nil {
		return err
	}
	switch kind {
	case "json":
		named := maps.Clone(e.variables) // those of an answer that is not yet so do not count
		if err := matchJSON(want, got, named); err != nil {
			return err
		}
		e.variables = named
		return nil
	case "text":
		if got.status != http.StatusOK {
			return fmt.Errorf("status %d: %s", got.status, got.body)
		}
		return matchText(want, string(got.body))
	default:
		return fmt.Errorf("an answer of %q is neither json nor text", kind)
	}
}

// do makes the call as curl would.
func (c curl) do(ctx context.Context) (answer, error) {
	r, err := http.NewRequestWithContext(ctx, c.method, c.url, strings.NewReader(c.body))
	if err != nil {
		return answer{}, err
	}
	r.Header = c.header.Clone()
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return answer{status: response.StatusCode, header: response.Header, body: body}, err
}

// matchJSON says where an answer differs from the one shown. Its status is 200 unless a problem with its status is shown.
func matchJSON(want string, got answer, variables map[string]string) error {
	shown, err := values(want)
	if err != nil {
		return fmt.Errorf("what is shown is no JSON: %w", err)
	}
	status := json.Number("200")
	if problem, ok := shown.(map[string]any); ok {
		if n, ok := problem["status"].(json.Number); ok {
			status = n
		}
	}
	if status.String() != fmt.Sprint(got.status) {
		return fmt.Errorf("status %d, want %s: %s", got.status, status, got.body)
	}
	if kind, _, _ := mime.ParseMediaType(got.header.Get("Content-Type")); kind != "application/json" && kind != "application/problem+json" {
		return fmt.Errorf("an answer of %s, want JSON: %s", kind, got.body)
	}
	came, err := values(string(got.body))
	if err != nil {
		return fmt.Errorf("%w in %s", err, got.body)
	}
	if err := match("", shown, came, variables); err != nil {
		return fmt.Errorf("%w\nin %s", err, got.body)
	}
	return nil
}
