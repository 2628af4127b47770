package throughline_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/throughline/throughline/services/platform/authn"
)

const (
	drifting = "```sh\nURL=http://127.0.0.1:8080\nANN=$(bin/throughline token --role council --organization oakton --subject ann)\n```\n\n"
	call     = "```sh\n" + `curl "$URL/v1/things/a" -H "Authorization: Bearer $ANN"` + "\n```\n\n"
)

// A document that no longer says what is so fails at its line; one that says what is so does not.
func TestExamplesNoticeDrift(t *testing.T) {
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		w.Header().Set("Content-Type", "application/json")
		switch {
		case !strings.HasPrefix(r.Header.Get("Authorization"), "Bearer ey"):
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = w.Write([]byte(`{"status": 401}`))
		case r.URL.Path == "/v1/text":
			w.Header().Set("Content-Type", "text/plain")
			_, _ = w.Write([]byte("one\r\ntwo\r\nthree\r\n"))
		default:
			_, _ = fmt.Fprintf(w, `{"name": "things/a", "count": "7", "share": 0.5, "asked": %d, "parts": [{"id": 1}, {"id": 2}], "end": null}`, asked)
		}
	}))
	t.Cleanup(server.Close)
	keys, err := authn.OpenLocalKeys(filepath.Join(t.TempDir(), "key"), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	answered := func(json string) string { return drifting + call + "```json\n" + json + "\n```\n" }
	for _, c := range []struct{ name, markdown, want string }{
		{"as it is", answered(`{"name": "things/a", "share": 0.5, "parts": [{"id": 1}, {"id": 2}], "end": null}`), ""},
		{"less than it is", answered(`{"name": "things/…", "count": "…", "parts": [{"id": 1}, "…"], "gone": null}`), ""},
		{"a name that is taken, and kept", answered(`{"name": "$THING"}`) + strings.Replace(call, "things/a", "$THING", 1) + "```json\n{\"name\": \"$THING\"}\n```\n", ""},
		{"later", drifting + call + "```json until\n{\"asked\": 9}\n```\n", ""},
		{"text", drifting + strings.Replace(call, "things/a", "text", 1) + "```text\none\n…\nthree\n```\n", ""},
		{"another value", answered(`{"name": "things/b"}`), `10: name is "things/a", want "things/b"`},
		{"another number", answered(`{"parts": [{"id": 1}, {"id": 3}]}`), `10: parts[1].id is 2, want 3`},
		{"a list that is shorter", answered(`{"parts": [{"id": 1}]}`), `10: parts is [{"id":1},{"id":2}], want [{"id":1}]`},
		{"a list that is longer", answered(`{"parts": [{"id": 1}, {"id": 2}, {"id": 3}, "…"]}`), `10: parts is`},
		{"a field that there is not", answered(`{"size": "…"}`), `10: size is null, want "…"`},
		{"no refusal", answered(`{"status": 409}`), `10: status 200, want 409`},
		{"no JSON", answered(`{"name": }`), `10: what is shown is no JSON`},
		{"another line", drifting + strings.Replace(call, "things/a", "text", 1) + "```text\none\n…\ntwo\n```\n", `10: after the last line shown comes "three"`},
		{"no token", drifting + strings.Replace(call, "Bearer $ANN", "Bearer", 1) + "```json\n{}\n```\n", `10: status 401, want 200`},
		{"a call without its answer", drifting + call, `6: a call without its answer`},
		{"an answer without its call", "```json\n{}\n```\n", `1: a block of "json"`},
		{"a fence that stays open", drifting + "```sh\ncurl\n", `6: a fence that nothing closes`},
		{"a variable that nothing sets", call + "```json\n{}\n```\n", `1: nothing above sets $URL`},
		{"another address", "```sh\nURL=http://localhost\n```\n", `1: URL is http://localhost`},
		{"a token of no role", "```sh\nANN=$(bin/throughline token --subject ann)\n```\n", `1: ANN: a token without --role`},
	} {
		t.Run(c.name, func(t *testing.T) {
			asked = 0
			e := example{keys: keys, url: server.URL, variables: map[string]string{}}
			_, err := e.run(t.Context(), c.markdown)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.HasPrefix(err.Error(), c.want)) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}

// What a shell or curl would do, and this test would not, is refused.
func TestExamplesRefuseWhatTheyDoNotKnow(t *testing.T) {
	variables := map[string]string{"URL": "http://x", "A": "1 2"}
	for _, c := range []struct{ name, command, want string }{
		{"an option", `curl -s "$URL" -u me`, "the option -s is not known here"},
		{"a pipe", `curl "$URL" | jq`, "outside of quotes"},
		{"a variable without quotes", `curl $URL`, "outside of quotes"},
		{"a second command", "curl \"$URL\"\ncurl \"$URL\"", "outside of quotes"},
		{"a variable that stays as it is", `curl "$URL" --json '{"etag": "$ETAG"}'`, "leaves"},
		{"what zsh reads otherwise", `curl "$URL:open"`, "write ${URL}"},
		{"a file", `curl "$URL" --data-binary "@rows.ndjson"`, "reads the file"},
		{"two addresses", `curl "$URL" "$URL/b"`, "two addresses"},
		{"a pattern", `curl "$URL/{a,b}"`, "for a pattern"},
		{"another program", `wget "$URL"`, "neither settings nor one curl command"},
		{"a header without a value", `curl "$URL" -H "Authorization"`, "is no header"},
		{"an open quote", `curl "$URL`, "nothing closes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := parseCurl(c.command, variables); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
	got, err := parseCurl(`curl -X PATCH "${URL}/v1/a?b=$A" \
  -H "If-Match: \"3\"" --json '{"a": "it"}'`, map[string]string{"URL": "http://x", "A": "1"})
	if err != nil || got.method != http.MethodPatch || got.url != "http://x/v1/a?b=1" || got.body != `{"a": "it"}` ||
		got.header.Get("If-Match") != `"3"` || got.header.Get("Content-Type") != "application/json" {
		t.Errorf("%+v: %v", got, err)
	}
}
