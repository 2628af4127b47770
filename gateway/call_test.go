package gateway_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/type/date"
	"google.golang.org/genproto/googleapis/type/money"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	"github.com/throughline/throughline/gateway"
	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
	goalsv1 "github.com/throughline/throughline/proto/gen/throughline/goals/v1"
)

func TestCreateReadsPathQueryAndBody(t *testing.T) {
	t.Parallel()
	c := replying(&goalsv1.Plan{Name: "organizations/okc/plans/p", DisplayName: "P", Etag: "1"}, nil)
	got := send(t, start(t, c), "POST", plans+"?planId=p&validateOnly=true", `{"displayName":"P","startDate":{"year":2026,"month":7,"day":1}}`)
	method, request, _ := c.seen()
	want := &goalsv1.CreatePlanRequest{
		Parent: "organizations/okc", PlanId: "p", ValidateOnly: true,
		Plan: &goalsv1.Plan{DisplayName: "P", StartDate: &date.Date{Year: 2026, Month: 7, Day: 1}},
	}
	if method != "/throughline.goals.v1.GoalsService/CreatePlan" || !proto.Equal(request, want) {
		t.Errorf("the service saw %s %v, want %v", method, request, want)
	}
	if got.status != 200 || got.header.Get("Content-Type") != "application/json" || got.header.Get("ETag") != `"1"` || got.header.Get("Cache-Control") != "no-store" {
		t.Errorf("got %d %v", got.status, got.header)
	}
	if spaceless := strings.ReplaceAll(got.body, " ", ""); !strings.Contains(spaceless, `"alignedPlans":[]`) || !strings.Contains(spaceless, `"narrative":""`) {
		t.Errorf("defaults are not written: %s", got.body)
	}
}

func TestInt64IsAString(t *testing.T) {
	t.Parallel()
	c := replying(&budgetingv1.Budget{RoundingUnit: &money.Money{CurrencyCode: "USD", Units: 1349646272}}, nil)
	got := send(t, start(t, c), "GET", "/v1/organizations/okc/budgets/fy16", "")
	if !strings.Contains(strings.ReplaceAll(got.body, " ", ""), `"units":"1349646272"`) {
		t.Errorf("body = %s", got.body)
	}
}

func TestHeadersThatPass(t *testing.T) {
	t.Parallel()
	c := &city{answer: func(ctx context.Context, _ string, _ proto.Message) (proto.Message, error) {
		_ = grpc.SetHeader(ctx, metadata.Pairs("x-leak", "1", "etag", "2", "set-cookie", "a=b"))
		_ = grpc.SetTrailer(ctx, metadata.Pairs("x-trail", "1"))
		return &goalsv1.Plan{}, nil
	}}
	got := send(t, start(t, c), "PATCH", plans+"/p", `{}`,
		"Authorization: Bearer t", "Idempotency-Key: k1", `If-Match: W/"7"`, "Traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "X-Request-Id: r1",
		"Grpc-Metadata-Foo: 1", "Grpc-Metadata-Authorization: Bearer forged", "X-Secret: s", "Cookie: c=1", "X-Forwarded-For: 6.6.6.6", "Grpc-Timeout: 1n", "TE: trailers", "Foo-Bin: AAAA")
	if got.status != 200 {
		t.Fatalf("got %d %s", got.status, got.body)
	}
	_, _, md := c.seen()
	for key, want := range map[string]string{
		"authorization": "Bearer t", "idempotency-key": "k1", "if-match": "7", "x-request-id": "r1",
		"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
	} {
		if values := md.Get(key); len(values) != 1 || values[0] != want {
			t.Errorf("metadata %s = %q, want %q", key, values, want)
		}
		md.Delete(key)
	}
	for _, grpcs := range []string{":authority", "content-type", "user-agent", "grpc-accept-encoding"} {
		md.Delete(grpcs)
	}
	if len(md) > 0 {
		t.Errorf("these passed as well: %v", md)
	}
	for name := range got.header {
		if strings.Contains(strings.ToLower(name), "leak") || strings.Contains(strings.ToLower(name), "trail") || strings.HasPrefix(name, "Grpc") || name == "Set-Cookie" {
			t.Errorf("the response has %s", name)
		}
	}
}

func TestConditionalReads(t *testing.T) {
	t.Parallel()
	front := start(t, replying(&goalsv1.Plan{Name: "organizations/okc/plans/p", Etag: "7"}, nil))
	cases := []struct {
		name, method, header string
		status               int
	}{
		{"none", "GET", "", 200},
		{"same", "GET", `If-None-Match: "7"`, 304},
		{"weak", "GET", `If-None-Match: W/"7"`, 304},
		{"in a list", "GET", `If-None-Match: "6", "7"`, 304},
		{"any", "GET", "If-None-Match: *", 304},
		{"older", "GET", `If-None-Match: "6"`, 200},
		{"head", "HEAD", "", 200},
		{"head of the same", "HEAD", `If-None-Match: "7"`, 304},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			var headers []string
			if tc.header != "" {
				headers = append(headers, tc.header)
			}
			got := send(t, front, tc.method, plans+"/p", "", headers...)
			if got.status != tc.status || got.header.Get("ETag") != `"7"` || got.header.Get("Cache-Control") != "private, no-cache" {
				t.Errorf("got %d %v", got.status, got.header)
			}
			if empty := tc.status == 304 || tc.method == "HEAD"; empty != (got.body == "") {
				t.Errorf("body = %q", got.body)
			}
		})
	}
}

func TestListHasNoETag(t *testing.T) {
	t.Parallel()
	got := send(t, start(t, replying(&goalsv1.ListPlansResponse{}, nil)), "GET", plans+"?pageSize=2&order_by=display_name", "")
	if got.status != 200 || got.header.Get("ETag") != "" || got.header.Get("Cache-Control") != "no-store" {
		t.Errorf("got %d %v", got.status, got.header)
	}
}

func TestUpdateMasks(t *testing.T) {
	t.Parallel()
	const merge = "Content-Type: application/merge-patch+json"
	cases := []struct {
		name, query, body, header, want string
	}{
		{"fields named, each whole", "", `{"startDate":{"year":2026},"displayName":"P"}`, "", "start_date display_name"},
		{"zero and null clear", "", `{"narrative":"","predecessor":null}`, "", "narrative predecessor"},
		{"proto names", "", `{"display_name":"P"}`, "", "display_name"},
		{"nothing", "", `{}`, "", ""},
		{"mask in JSON names", "?updateMask=displayName,startDate.year", `{"displayName":"P"}`, "", "display_name start_date.year"},
		{"mask in proto names", "?update_mask=display_name", `{"displayName":"P"}`, "", "display_name"},
		{"everything", "?updateMask=*", `{"displayName":"P"}`, "", "*"},
		{"merge patch", "", `{"startDate":{"year":2026,"day":1},"displayName":"P"}`, merge, "display_name start_date.day start_date.year"},
		{"empty merge patch", "", `{}`, merge, ""},
	}
	c := replying(&goalsv1.Plan{}, nil)
	front := start(t, c)
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			var headers []string
			if tc.header != "" {
				headers = append(headers, tc.header)
			}
			got := send(t, front, "PATCH", plans+"/p"+tc.query, tc.body, headers...)
			_, request, _ := c.seen()
			update, ok := request.(*goalsv1.UpdatePlanRequest)
			if !ok || got.status != 200 {
				t.Fatalf("got %d %s", got.status, got.body)
			}
			if mask := strings.Join(update.GetUpdateMask().GetPaths(), " "); mask != tc.want || update.GetPlan().GetName() != "organizations/okc/plans/p" {
				t.Errorf("mask %q, name %q", mask, update.GetPlan().GetName())
			}
		})
	}
}

func TestCORS(t *testing.T) {
	t.Parallel()
	const portal = "https://portal.example.gov"
	c := replying(&goalsv1.Plan{}, nil)
	open := start(t, c, func(config *gateway.Config) { config.AllowedOrigins = []string{portal} })
	shut := start(t, c)
	cases := []struct {
		name, method, origin string
		open                 bool
		status               int
		allowed              string
	}{
		{"off", "GET", portal, false, 200, ""},
		{"off for preflights", "OPTIONS", portal, false, 405, ""},
		{"allowed", "GET", portal, true, 200, portal},
		{"preflight", "OPTIONS", portal, true, 204, portal},
		{"another origin", "GET", "https://evil.example", true, 200, ""},
		{"preflight of another", "OPTIONS", "https://evil.example", true, 405, ""},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			front := shut
			if tc.open {
				front = open
			}
			got := send(t, front, tc.method, plans+"/p", "", "Origin: "+tc.origin, "Access-Control-Request-Method: PATCH")
			if got.status != tc.status || got.header.Get("Access-Control-Allow-Origin") != tc.allowed {
				t.Errorf("got %d %v", got.status, got.header)
			}
			if tc.status == 204 && got.header.Get("Access-Control-Allow-Methods") != "GET, HEAD, PATCH" {
				t.Errorf("methods = %q", got.header.Get("Access-Control-Allow-Methods"))
			}
		})
	}
}

// recorder is a connection that notes the method and answers nothing.
type recorder struct{ method string }

func (r *recorder) Invoke(_ context.Context, method string, _, _ any, _ ...grpc.CallOption) error {
	r.method = method
	return nil
}

func (r *recorder) NewStream(_ context.Context, _ *grpc.StreamDesc, method string, _ ...grpc.CallOption) (grpc.ClientStream, error) {
	r.method = method
	return nil, fmt.Errorf("no streams here")
}
