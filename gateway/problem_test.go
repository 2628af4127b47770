package gateway_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/throughline/throughline/gateway"
	goalsv1 "github.com/throughline/throughline/proto/gen/throughline/goals/v1"
)

const plans = "/v1/organizations/okc/plans"

// TestServiceErrors is the table of what a service may say and what the client then reads.
func TestServiceErrors(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		err    error
		status int
		reason string
		fields string
		header [2]string
	}{
		{"several violations", failure(codes.InvalidArgument, "INVALID_FIELDS", "bad", bad("plan.display_name", "plan.environmental_scan[3].text", "plan_id", "plan")), 400, "INVALID_FIELDS", "displayName environmentalScan[3].text planId body", [2]string{}},
		{"map keys stay", failure(codes.InvalidArgument, "INVALID_FIELDS", "bad", bad(`plan.some_map["a_b"].start_date`)), 400, "INVALID_FIELDS", `someMap["a_b"].startDate`, [2]string{}},
		{"key reused", failure(codes.InvalidArgument, "IDEMPOTENCY_KEY_REUSED", "another payload"), 422, "IDEMPOTENCY_KEY_REUSED", "", [2]string{}},
		{"out of range", failure(codes.OutOfRange, "OUT_OF_RANGE", "too far"), 400, "OUT_OF_RANGE", "", [2]string{}},
		{"no token", failure(codes.Unauthenticated, "TOKEN_MISSING", "send a token"), 401, "TOKEN_MISSING", "", [2]string{"WWW-Authenticate", "Bearer"}},
		{"foreign organization", failure(codes.PermissionDenied, "FOREIGN_ORGANIZATION", "not yours"), 403, "FOREIGN_ORGANIZATION", "", [2]string{}},
		{"missing", failure(codes.NotFound, "RESOURCE_NOT_FOUND", "not there"), 404, "RESOURCE_NOT_FOUND", "", [2]string{}},
		{"exists", failure(codes.AlreadyExists, "RESOURCE_ALREADY_EXISTS", "there"), 409, "RESOURCE_ALREADY_EXISTS", "", [2]string{}},
		{"aborted", failure(codes.Aborted, "CONFLICT", "again"), 409, "CONFLICT", "", [2]string{}},
		{"stale etag", failure(codes.Aborted, "ETAG_MISMATCH", "changed"), 412, "ETAG_MISMATCH", "", [2]string{}},
		{"state", failure(codes.FailedPrecondition, "PLAN_ADOPTED", "read-only"), 409, "PLAN_ADOPTED", "", [2]string{}},
		{"too many", failure(codes.ResourceExhausted, "RATE_LIMITED", "slow down", retryIn(2500*time.Millisecond)), 429, "RATE_LIMITED", "", [2]string{"Retry-After", "3"}},
		{"too large for the service", failure(codes.ResourceExhausted, "REQUEST_TOO_LARGE", "less"), 413, "REQUEST_TOO_LARGE", "", [2]string{}},
		{"too large for the transport", status.Error(codes.ResourceExhausted, "grpc: received message larger than max (9 vs. 4)"), 413, "REQUEST_TOO_LARGE", "", [2]string{}},
		{"unavailable", status.Error(codes.Unavailable, "dial tcp 10.0.0.7:9090: refused"), 503, "UNAVAILABLE", "", [2]string{"Retry-After", "1"}},
		{"deadline", status.Error(codes.DeadlineExceeded, "x"), 504, "DEADLINE_EXCEEDED", "", [2]string{}},
		{"cancelled", failure(codes.Canceled, "CANCELLED", "gone"), 499, "CANCELLED", "", [2]string{}},
		{"unimplemented", status.Error(codes.Unimplemented, "x"), 501, "UNIMPLEMENTED", "", [2]string{}},
		{"internal", failure(codes.Internal, "INTERNAL", "internal error, reference 7"), 500, "INTERNAL", "", [2]string{}},
		{"unknown", errors.New("pq: password of 10.0.0.7 is secret"), 500, "INTERNAL", "", [2]string{}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c := replying(nil, tc.err)
			got := send(t, start(t, c), "POST", plans, `{"displayName":"P"}`)
			p := got.problem(t)
			if got.status != tc.status || p.Reason != tc.reason || p.fields() != tc.fields {
				t.Errorf("got %d %s %q, want %d %s %q", got.status, p.Reason, p.fields(), tc.status, tc.reason, tc.fields)
			}
			if name, want := tc.header[0], tc.header[1]; name != "" && got.header.Get(name) != want {
				t.Errorf("%s = %q, want %q", name, got.header.Get(name), want)
			}
			if p.Instance != plans || got.header.Get("Cache-Control") != "no-store" || got.header.Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("instance %q, headers %v", p.Instance, got.header)
			}
			if strings.Contains(got.body, "10.0.0.7") {
				t.Errorf("the answer names a host: %s", got.body)
			}
			if _, own := status.FromError(tc.err); own && strings.Contains(tc.err.Error(), "organizations") && p.Metadata["resource"] != "organizations/okc" {
				t.Errorf("metadata = %v", p.Metadata)
			}
			if server := tc.status >= 500; server != strings.Contains(c.logged(), "request failed") {
				t.Errorf("status %d, log %q", tc.status, c.logged())
			}
		})
	}
}

func TestExpiredTokenChallenge(t *testing.T) {
	t.Parallel()
	front := start(t, replying(nil, failure(codes.Unauthenticated, "TOKEN_EXPIRED", "expired")))
	got := send(t, front, "GET", plans, "", "Authorization: Bearer old")
	if got.status != 401 || got.header.Get("WWW-Authenticate") != `Bearer error="invalid_token"` {
		t.Errorf("got %d, challenge %q", got.status, got.header.Get("WWW-Authenticate"))
	}
}

// TestRefusals is the table of what the gateway refuses by itself: no service sees any of it.
func TestRefusals(t *testing.T) {
	t.Parallel()
	big := `{"narrative":"` + strings.Repeat("x", 4096) + `"}`
	cases := []struct {
		name, method, path, body string
		headers                  []string
		status                   int
		reason, fields, detail   string // detail must be in the problem somewhere
	}{
		{name: "unknown field", method: "POST", path: plans, body: "{\n  \"displayNam\": \"P\"}", status: 400, reason: "INVALID_BODY", fields: "displayNam", detail: "line 2, column 3: is not a field here; use name, displayName"},
		{name: "wrong type", method: "POST", path: plans, body: `{"displayName": 7}`, status: 400, reason: "INVALID_BODY", fields: "displayName", detail: "line 1, column 17: must be a string in quotes"},
		{name: "several at once", method: "POST", path: plans, body: `{"kind":"BEST","alignedPlans":["a",2],"startDate":{"year":"x","moon":1},"environmentalScan":[{},{"text":true}],"createTime":"today"}`, status: 400, reason: "INVALID_BODY", fields: "kind alignedPlans[1] startDate.year startDate.moon environmentalScan[1].text createTime", detail: "must be one of PLAN_KIND_STRATEGIC, "},
		{name: "object expected", method: "POST", path: plans, body: `{"startDate":"2026-01-01"}`, status: 400, reason: "INVALID_BODY", fields: "startDate", detail: "must be an object"},
		{name: "list expected", method: "POST", path: plans, body: `{"alignedPlans":"a"}`, status: 400, reason: "INVALID_BODY", fields: "alignedPlans", detail: "must be a list in brackets, each a string"},
		{name: "sent twice", method: "POST", path: plans, body: `{"displayName":"a","display_name":"b"}`, status: 400, reason: "INVALID_BODY", fields: "display_name", detail: "sent twice"},
		{name: "malformed", method: "POST", path: plans, body: "{\"displayName\": \"P\",\n  oops}", status: 400, reason: "MALFORMED_JSON", fields: "body", detail: "line 2, column 3"},
		{name: "cut off", method: "POST", path: plans, body: `{"startDate":{"year":2026`, status: 400, reason: "MALFORMED_JSON", fields: "startDate", detail: "ends too early"},
		{name: "two values", method: "POST", path: plans, body: `{} {}`, status: 400, reason: "MALFORMED_JSON", fields: "body", detail: "after the end"},
		{name: "not an object", method: "POST", path: plans, body: `[]`, status: 400, reason: "INVALID_BODY", fields: "body", detail: "must be an object"},
		{name: "bare word", method: "POST", path: plans, body: `null`, status: 400, reason: "INVALID_BODY", fields: "body", detail: "must be an object"},
		{name: "bad encoding", method: "POST", path: plans, body: "{\"displayName\":\"\xff\"}", status: 400, reason: "INVALID_BODY", fields: "displayName", detail: "must be a string"},
		{name: "deep", method: "POST", path: plans, body: strings.Repeat("[", 4000), status: 400, reason: "MALFORMED_JSON", fields: "body", detail: "too early"},
		{name: "number out of range", method: "POST", path: plans, body: `{"startDate":{"year":99999999999}}`, status: 400, reason: "INVALID_BODY", fields: "startDate.year", detail: "2147483647"},
		{name: "unknown parameters", method: "GET", path: plans + "?pageSize=x&page=2&order_by=a&orderBy=b&filter=a&filter=b", status: 400, reason: "INVALID_QUERY", fields: "filter order_by page pageSize", detail: "is not a parameter of this method; use pageSize, pageToken, filter, orderBy"},
		{name: "no parameters", method: "GET", path: "/v1/organizations/okc?fields=name", status: 400, reason: "INVALID_QUERY", fields: "fields", detail: "takes none"},
		{name: "the path's parameter", method: "GET", path: plans + "?parent=organizations/tulsa", status: 400, reason: "INVALID_QUERY", fields: "parent"},
		{name: "the body's parameter", method: "POST", path: plans + "?plan.displayName=x", body: `{}`, status: 400, reason: "INVALID_QUERY", fields: "plan.displayName"},
		{name: "parameter of a method whose body is all", method: "POST", path: plans + "/p:submit?requestId=1", body: `{}`, status: 400, reason: "INVALID_QUERY", fields: "requestId"},
		{name: "malformed query", method: "GET", path: plans + "?a;b", status: 400, reason: "INVALID_QUERY"},
		{name: "several etags", method: "PATCH", path: plans + "/p", body: `{}`, headers: []string{`If-Match: "1", "2"`}, status: 400, reason: "INVALID_HEADER", fields: "If-Match"},
		{name: "unprintable key", method: "POST", path: plans, body: `{}`, headers: []string{"Idempotency-Key: clé"}, status: 400, reason: "INVALID_HEADER", fields: "Idempotency-Key"},
		{name: "too large", method: "POST", path: plans, body: big, status: 413, reason: "REQUEST_TOO_LARGE", detail: "4096 bytes"},
		{name: "form", method: "POST", path: plans, body: `a=b`, headers: []string{"Content-Type: application/x-www-form-urlencoded"}, status: 415, reason: "UNSUPPORTED_MEDIA_TYPE", detail: "application/json"},
		{name: "no type", method: "POST", path: plans, body: `{}`, headers: []string{"Content-Type: "}, status: 415, reason: "UNSUPPORTED_MEDIA_TYPE"},
		{name: "other charset", method: "POST", path: plans, body: `{}`, headers: []string{"Content-Type: application/json; charset=utf-16"}, status: 415, reason: "UNSUPPORTED_MEDIA_TYPE"},
		{name: "compressed", method: "POST", path: plans, body: `{}`, headers: []string{"Content-Encoding: gzip"}, status: 415, reason: "UNSUPPORTED_MEDIA_TYPE"},
		{name: "merge patch that creates", method: "POST", path: plans, body: `{}`, headers: []string{"Content-Type: application/merge-patch+json"}, status: 415, reason: "UNSUPPORTED_MEDIA_TYPE"},
		{name: "JSON where lines are due", method: "POST", path: "/v1/observations:record", body: `{}`, status: 415, reason: "UNSUPPORTED_MEDIA_TYPE", detail: "application/x-ndjson"},
		{name: "body of a read", method: "GET", path: plans, body: `{}`, status: 400, reason: "INVALID_BODY"},
		{name: "unknown path", method: "GET", path: "/v1/secrets", status: 404, reason: "UNKNOWN_PATH"},
		{name: "unknown root", method: "GET", path: "/admin", status: 404, reason: "UNKNOWN_PATH"},
		{name: "encoded slash", method: "GET", path: "/v1/organizations/okc%2Fplans%2fp", status: 400, reason: "MALFORMED_PATH"},
		{name: "double slash", method: "GET", path: "/v1//organizations", status: 404, reason: "UNKNOWN_PATH"},
		{name: "unknown verb", method: "POST", path: plans + "/p:explode", status: 404, reason: "UNKNOWN_PATH"},
		{name: "method override", method: "POST", path: plans + "/p", body: `a=b`, headers: []string{"X-HTTP-Method-Override: GET", "Content-Type: application/x-www-form-urlencoded"}, status: 405, reason: "METHOD_NOT_ALLOWED"},
		{name: "method", method: "PUT", path: plans + "/p", body: `{}`, status: 405, reason: "METHOD_NOT_ALLOWED", detail: "GET, HEAD, PATCH"},
		{name: "method of a page", method: "POST", path: "/healthz", status: 405, reason: "METHOD_NOT_ALLOWED", detail: "GET, HEAD"},
	}
	c := replying(&goalsv1.Plan{}, nil)
	front := start(t, c)
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			got := send(t, front, tc.method, tc.path, tc.body, tc.headers...)
			p := got.problem(t)
			if got.status != tc.status || p.Reason != tc.reason || p.fields() != tc.fields {
				t.Errorf("got %d %s %q, want %d %s %q\n%s", got.status, p.Reason, p.fields(), tc.status, tc.reason, tc.fields, got.body)
			}
			if !strings.Contains(got.body, tc.detail) {
				t.Errorf("%q is not in %s", tc.detail, got.body)
			}
			if allow := got.header.Get("Allow"); (allow != "") != (tc.status == http.StatusMethodNotAllowed) || allow != "" && tc.detail != "" && allow != tc.detail {
				t.Errorf("Allow = %q", allow)
			}
		})
	}
	if method, _, _ := c.seen(); method != "" {
		t.Errorf("a service saw %s", method)
	}
}

func TestChunkedBodyIsCapped(t *testing.T) {
	t.Parallel()
	front := start(t, replying(&goalsv1.Plan{}, nil))
	body := struct{ *strings.Reader }{strings.NewReader(`{"narrative":"` + strings.Repeat("x", 4096) + `"}`)}
	request, err := http.NewRequestWithContext(t.Context(), "POST", front.URL+plans, body)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := front.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("status = %d, want 413", response.StatusCode)
	}
}

func TestDefaultDeadline(t *testing.T) {
	t.Parallel()
	c := &city{answer: func(ctx context.Context, _ string, _ proto.Message) (proto.Message, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}}
	front := start(t, c, func(config *gateway.Config) { config.Timeout = 20 * time.Millisecond })
	if got := send(t, front, "DELETE", plans+"/p/goals/g", ""); got.status != 504 || got.problem(t).Reason != "DEADLINE_EXCEEDED" {
		t.Errorf("got %d %s", got.status, got.body)
	}
}

func TestDeleteAnswersAnEmptyObject(t *testing.T) {
	t.Parallel()
	front := start(t, replying(&emptypb.Empty{}, nil))
	if got := send(t, front, "DELETE", plans+"/p/goals/g?etag=3", ""); got.status != 200 || got.body != "{}" {
		t.Errorf("got %d %q", got.status, got.body)
	}
}

func TestPanicIsAnswered(t *testing.T) {
	t.Parallel()
	c := replying(&goalsv1.Plan{}, nil)
	front := start(t, c, func(config *gateway.Config) {
		config.Ready = func(context.Context) error { panic("kaboom") }
	})
	got := send(t, front, "GET", "/readyz", "")
	if got.status != 500 || got.problem(t).Reason != "INTERNAL" || strings.Contains(got.body, "kaboom") {
		t.Errorf("got %d %s", got.status, got.body)
	}
	if !strings.Contains(c.logged(), "kaboom") || !strings.Contains(c.logged(), "stack") {
		t.Errorf("log = %q", c.logged())
	}
}

func TestNewNamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	_, err := gateway.New(gateway.Config{AllowedOrigins: []string{"portal"}})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"Goals", "ActionPlanning", "Budgeting", "Performance", "Now", `"portal" is not an origin`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %v", want, err)
		}
	}
}
