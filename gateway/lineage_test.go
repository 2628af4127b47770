package gateway_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	actionplanningv1 "github.com/throughline/throughline/proto/gen/throughline/actionplanning/v1"
	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
	goalsv1 "github.com/throughline/throughline/proto/gen/throughline/goals/v1"
	performancev1 "github.com/throughline/throughline/proto/gen/throughline/performance/v1"
	typev1 "github.com/throughline/throughline/proto/gen/throughline/type/v1"
)

// zoomed is what Zoom answers, as far as these tests look.
type zoomed struct {
	Nodes []struct {
		Node  struct{ Name, Kind string }
		Level int
	}
	Total         struct{ Nodes int }
	Story, Gaps   []string
	Vision        string
	NextPageToken string
}

// linked is a city with one plan of many goals; calls counts how often each method was asked, with what metadata.
func linked(goals int) (*city, func() (calls map[string]int, seen []metadata.MD)) {
	var mu sync.Mutex
	calls, seen := map[string]int{}, []metadata.MD{}
	c := &city{answer: func(ctx context.Context, method string, request proto.Message) (proto.Message, error) {
		md, _ := metadata.FromIncomingContext(ctx)
		mu.Lock()
		calls[method]++
		seen = append(seen, md)
		mu.Unlock()
		if len(md.Get("authorization")) == 0 {
			return nil, status.Error(codes.Unauthenticated, "who are you")
		}
		switch r := request.(type) {
		case *goalsv1.GetOrganizationRequest:
			return &goalsv1.Organization{Name: r.GetName(), Vision: "A good life."}, nil
		case *goalsv1.TraceLinksRequest:
			out := &goalsv1.TraceLinksResponse{}
			for _, name := range r.GetNames() {
				if strings.Contains(name, "/strategies/") {
					continue
				}
				out.Nodes = append(out.Nodes, &typev1.LinkNode{Name: name, DisplayName: name, Kind: map[int]string{2: "organization", 4: "plan", 6: "goal"}[1+strings.Count(name, "/")]})
				if up := strings.LastIndex(name, "/goals/"); up > 0 {
					out.Links = append(out.Links, &typev1.Link{From: name, To: name[:up], Relation: "is part of"})
				} else if name == "organizations/o/plans/p" {
					out.Links = append(out.Links, &typev1.Link{From: name, To: "organizations/o", Relation: "is part of"})
				}
			}
			if r.GetDirection() == typev1.LinkDirection_LINK_DIRECTION_IN {
				out.Links = nil
				for i := range goals {
					if goal := fmt.Sprintf("organizations/o/plans/p/goals/g%03d", i); r.GetNames()[0] == "organizations/o/plans/p" {
						out.Nodes = append(out.Nodes, &typev1.LinkNode{Name: goal, Kind: "goal"})
						out.Links = append(out.Links, &typev1.Link{From: goal, To: r.GetNames()[0], Relation: "is part of"})
					}
				}
			}
			return out, nil
		case *actionplanningv1.TraceLinksRequest:
			return &actionplanningv1.TraceLinksResponse{}, nil
		case *budgetingv1.TraceLinksRequest:
			return &budgetingv1.TraceLinksResponse{}, nil
		case *performancev1.TraceLinksRequest:
			return &performancev1.TraceLinksResponse{}, nil
		}
		return nil, status.Error(codes.Unimplemented, method)
	}}
	return c, func() (map[string]int, []metadata.MD) {
		mu.Lock()
		defer mu.Unlock()
		was, md := calls, seen
		calls, seen = map[string]int{}, nil
		return was, md
	}
}

const bearer = "Authorization: Bearer t"

func TestZoomAsksEachServiceOncePerLevelWithTheCallersToken(t *testing.T) {
	t.Parallel()
	c, counted := linked(0)
	front := start(t, c)
	got := send(t, front, "GET", "/v1/organizations/o/plans/p/goals/g:zoom", "", bearer, "If-Match: \"7\"", "Idempotency-Key: k", "X-Request-Id: r1")
	var z zoomed
	if err := json.Unmarshal([]byte(got.body), &z); err != nil || got.status != 200 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	if len(z.Story) != 2 || !strings.HasSuffix(z.Story[1], `whose vision is: "A good life."`) || z.Vision != "A good life." || len(z.Gaps) > 0 || z.Total.Nodes != 3 {
		t.Errorf("got %s", got.body)
	}
	calls, seen := counted()
	for _, service := range []string{"goals.v1.GoalsService", "actionplanning.v1.ActionPlanningService", "budgeting.v1.BudgetingService", "performance.v1.PerformanceService"} {
		if n := calls["/throughline."+service+"/TraceLinks"]; n != 3 {
			t.Errorf("%s was asked %d times for 3 levels", service, n)
		}
	}
	for _, md := range seen {
		if md.Get("authorization")[0] != "Bearer t" || md.Get("x-request-id")[0] != "r1" || len(md.Get("if-match")) > 0 || len(md.Get("idempotency-key")) > 0 {
			t.Errorf("metadata %v", md)
		}
	}
}

func TestZoomPages(t *testing.T) {
	t.Parallel()
	c, _ := linked(250)
	front := start(t, c)
	var names []string
	pages, query := 0, "direction=IN"
	for next := ""; pages == 0 || next != ""; pages++ {
		path := "/v1/organizations/o/plans/p:zoom?" + query
		if next != "" {
			path += "&pageToken=" + next
		}
		if pages == 1 { // the size may change on the way
			path += "&pageSize=7"
		}
		got := send(t, front, "GET", path, "", bearer)
		var z zoomed
		if err := json.Unmarshal([]byte(got.body), &z); err != nil || got.status != 200 || z.Total.Nodes != 251 {
			t.Fatalf("%d %s", got.status, got.body)
		}
		for _, n := range z.Nodes {
			names = append(names, n.Node.Name)
		}
		next = z.NextPageToken
		if next == "" {
			continue
		}
		for _, other := range []string{"plans/p:zoom?", "plans/p:zoom?direction=IN&depth=3&", "plans/q:zoom?direction=IN&"} {
			if got := send(t, front, "GET", "/v1/organizations/o/"+other+"pageToken="+next, "", bearer); got.status != 400 || !strings.Contains(got.body, `"pageToken"`) {
				t.Errorf("another query takes the token: %d %s", got.status, got.body)
			}
		}
	}
	if pages != 3 || len(names) != 251 || names[0] != "organizations/o/plans/p" || names[250] != "organizations/o/plans/p/goals/g249" {
		t.Errorf("%d nodes on %d pages", len(names), pages)
	}
}

func TestZoomRefusals(t *testing.T) {
	t.Parallel()
	c, counted := linked(0)
	front := start(t, c)
	for name, r := range map[string]struct {
		method, path string
		status       int
		says         []string
		headers      []string
	}{
		"no token":           {"GET", "/v1/organizations/o/plans/p:zoom", 401, []string{"UNAUTHENTICATED"}, nil},
		"every bad field":    {"GET", "/v1/organizations/o/budgets/b:zoom?depth=13&pageSize=-1&pageToken=x", 400, []string{`"name"`, "funding request", `"depth"`, `"pageSize"`, `"pageToken"`}, []string{bearer}},
		"unknown direction":  {"GET", "/v1/organizations/o/plans/p:zoom?direction=SIDEWAYS", 400, []string{`"direction"`}, []string{bearer}},
		"unknown parameter":  {"GET", "/v1/organizations/o/plans/p:zoom?deep=3", 400, []string{`"deep"`, "depth"}, []string{bearer}},
		"not there":          {"GET", "/v1/organizations/o/strategies/s:zoom", 404, []string{"organizations/o/strategies/s"}, []string{bearer}},
		"another method":     {"POST", "/v1/organizations/o/plans/p/goals/g:zoom", 405, []string{"GET, HEAD"}, []string{bearer}},
		"of no organization": {"GET", "/v1/plans/p:zoom", 404, []string{"UNKNOWN_PATH"}, []string{bearer}},
	} {
		t.Run(name, func(t *testing.T) {
			got := send(t, front, r.method, r.path, "", r.headers...)
			if got.status != r.status || got.header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("%d %s", got.status, got.body)
			}
			for _, words := range r.says {
				if !strings.Contains(got.body, words) {
					t.Errorf("%q is not in %s", words, got.body)
				}
			}
		})
	}
	counted()
	// Every other verb on the same names goes where it went.
	for _, path := range []string{"organizations/o/budgets/b/allocations/a:explain", "organizations/o/plans/p:progress", "organizations/o/plans/p"} {
		if got := send(t, front, "GET", "/v1/"+path, "", bearer); got.status != http.StatusNotImplemented {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
	if calls, _ := counted(); calls["/throughline.budgeting.v1.BudgetingService/ExplainAllocation"] != 1 || calls["/throughline.actionplanning.v1.ActionPlanningService/GetGoalProgress"] != 1 ||
		calls["/throughline.goals.v1.GoalsService/GetPlan"] != 1 || len(calls) != 3 {
		t.Errorf("calls %v", calls)
	}
}
