package gateway_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/throughline/throughline/gateway"
	actionplanningv1 "github.com/throughline/throughline/proto/gen/throughline/actionplanning/v1"
	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
	goalsv1 "github.com/throughline/throughline/proto/gen/throughline/goals/v1"
	lineagev1 "github.com/throughline/throughline/proto/gen/throughline/lineage/v1"
	performancev1 "github.com/throughline/throughline/proto/gen/throughline/performance/v1"
)

// methods are all methods of all services, by operation id.
func methods() map[string]protoreflect.MethodDescriptor {
	all := map[string]protoreflect.MethodDescriptor{}
	for _, file := range []protoreflect.FileDescriptor{
		goalsv1.File_throughline_goals_v1_service_proto, actionplanningv1.File_throughline_actionplanning_v1_service_proto,
		budgetingv1.File_throughline_budgeting_v1_service_proto, performancev1.File_throughline_performance_v1_service_proto,
		lineagev1.File_throughline_lineage_v1_lineage_proto,
	} {
		for i := range file.Services().Len() {
			service := file.Services().Get(i)
			for j := range service.Methods().Len() {
				method := service.Methods().Get(j)
				id := string(service.Name()) + "_" + string(method.Name())
				all[id] = method
				rule, _ := proto.GetExtension(method.Options(), annotations.E_Http).(*annotations.HttpRule)
				for k := range rule.GetAdditionalBindings() {
					all[fmt.Sprintf("%s_%d", id, k+1)] = method
				}
			}
		}
	}
	return all
}

type operation struct {
	OperationID string `json:"operationId"`
	Description string
	Security    []map[string][]string
	Parameters  []struct{ Name, In string }
	RequestBody struct{ Content map[string]any }
	Responses   map[string]struct {
		Ref     string `json:"$ref"`
		Content map[string]any
		Headers map[string]any
	}
}

func (o operation) has(in, name string) bool {
	for _, p := range o.Parameters {
		if p.In == in && p.Name == name {
			return true
		}
	}
	return false
}

type document struct {
	OpenAPI    string `json:"openapi"`
	Paths      map[string]map[string]operation
	Security   []map[string][]string
	Components struct {
		SecuritySchemes map[string]struct{ Type, Scheme string }
		Schemas         map[string]struct{ Properties map[string]any }
	}
}

func openapi(t *testing.T, front *httptest.Server) document {
	t.Helper()
	got := send(t, front, "GET", "/openapi.json", "")
	var d document
	if err := json.Unmarshal([]byte(got.body), &d); err != nil || got.status != 200 {
		t.Fatalf("got %d: %v", got.status, err)
	}
	if again := send(t, front, "GET", "/openapi.json", "", "If-None-Match: "+got.header.Get("ETag")); again.status != 304 {
		t.Errorf("asked again: %d", again.status)
	}
	return d
}

func TestOpenAPI(t *testing.T) {
	t.Parallel()
	d := openapi(t, start(t, replying(nil, nil)))
	if !strings.HasPrefix(d.OpenAPI, "3.1") || d.Components.SecuritySchemes["bearer"].Scheme != "bearer" || len(d.Security) != 1 {
		t.Errorf("version %q, security %v", d.OpenAPI, d.Security)
	}
	for _, property := range []string{"type", "title", "status", "detail", "instance", "reason", "violations", "metadata"} {
		if d.Components.Schemas["Problem"].Properties[property] == nil {
			t.Errorf("the problem lacks %s", property)
		}
	}
	operations := map[string]operation{}
	for path, item := range d.Paths {
		if strings.Contains(path, "{name") || strings.Contains(path, "{parent") || !strings.HasPrefix(path, "/v1/organizations") && path != record && path != "/v1/staff:stream" {
			t.Errorf("path %s is not expanded", path)
		}
		for _, o := range item {
			operations[o.OperationID] = o
			if o.Responses["default"].Ref != "#/components/responses/Problem" {
				t.Errorf("%s does not say how it fails", o.OperationID)
			}
		}
	}
	all := methods()
	if len(operations) != len(all) || len(all) < 60 {
		t.Errorf("%d operations for %d methods", len(operations), len(all))
	}
	for id := range all {
		if _, ok := operations[id]; !ok {
			t.Errorf("%s is not described", id)
		}
	}
	facts := map[string]bool{
		"record takes lines":            operations["PerformanceService_RecordObservations"].RequestBody.Content["application/x-ndjson"] != nil,
		"record takes no JSON":          operations["PerformanceService_RecordObservations"].RequestBody.Content["application/json"] == nil,
		"stream answers lines":          operations["BudgetingService_StreamAllocationLines"].Responses["200"].Content["application/x-ndjson"] != nil,
		"updates take merge patches":    operations["GoalsService_UpdatePlan"].RequestBody.Content["application/merge-patch+json"] != nil,
		"updates take If-Match":         operations["GoalsService_UpdatePlan"].has("header", "If-Match"),
		"deletes take If-Match":         operations["GoalsService_DeleteGoal"].has("header", "If-Match"),
		"reads take If-None-Match":      operations["GoalsService_GetPlan"].has("header", "If-None-Match"),
		"reads answer ETag":             operations["GoalsService_GetPlan"].Responses["200"].Headers["ETag"] != nil,
		"lists have no ETag":            operations["GoalsService_ListPlans"].Responses["200"].Headers["ETag"] == nil,
		"allocations take keys":         operations["BudgetingService_CreateAllocation"].has("header", "Idempotency-Key"),
		"reads take no keys":            !operations["GoalsService_GetPlan"].has("header", "Idempotency-Key"),
		"zoom says that it takes any":   strings.Contains(operations[zoomOperation].Description, "any resource"),
		"writes need a token":           operations["GoalsService_CreatePlan"].Security == nil,
		"the tenant's path is expanded": d.Paths["/v1/organizations/{organization}/budgets/{budget}/allocations"]["post"].OperationID == "BudgetingService_CreateAllocation",
	}
	for fact, ok := range facts {
		if !ok {
			t.Errorf("not so: %s", fact)
		}
	}
}

const zoomOperation = "LineageService_Zoom"

var placeholder = regexp.MustCompile(`\{[^}]+\}`)

// TestEveryOperationReachesItsMethod calls each operation of the document by a path made of it.
func TestEveryOperationReachesItsMethod(t *testing.T) {
	t.Parallel()
	conn := &recorder{}
	handler, err := gateway.New(gateway.Config{Goals: conn, ActionPlanning: conn, Budgeting: conn, Performance: conn, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	get := httptest.NewRecorder()
	handler.ServeHTTP(get, httptest.NewRequest("GET", "/openapi.json", nil))
	var d document
	if err := json.Unmarshal(get.Body.Bytes(), &d); err != nil {
		t.Fatal(err)
	}
	all := methods()
	for path, item := range d.Paths {
		for verb, o := range item {
			if o.OperationID == zoomOperation { // the gateway's own, which calls every service
				continue
			}
			conn.method = ""
			request := httptest.NewRequest(strings.ToUpper(verb), placeholder.ReplaceAllString(path, "x"), nil)
			handler.ServeHTTP(httptest.NewRecorder(), request)
			method := all[o.OperationID]
			if want := "/" + string(method.Parent().FullName()) + "/" + string(method.Name()); conn.method != want {
				t.Errorf("%s %s reached %q, want %s", verb, path, conn.method, want)
			}
		}
	}
}

var reference = regexp.MustCompile(`(?:src|href)="([^"]+)"|url: "([^"]+)"`)

func TestDocsNeedNoOtherHost(t *testing.T) {
	t.Parallel()
	front := start(t, replying(nil, nil))
	seen := 0
	for _, page := range []string{"/docs", "/docs/", "/docs/docs.js", "/"} {
		got := send(t, front, "GET", page, "")
		if got.status != 200 || strings.Contains(got.body, "http:") || strings.Contains(got.body, "https:") || strings.Contains(got.body, `"//`) {
			t.Errorf("%s: %d %s", page, got.status, got.body)
		}
		policy := got.header.Get("Content-Security-Policy")
		if !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "script-src 'self'") || strings.Contains(policy, "http") {
			t.Errorf("%s: policy %q", page, policy)
		}
		for _, found := range reference.FindAllStringSubmatch(got.body, -1) {
			target := found[1] + found[2]
			if asset := send(t, front, "GET", target, ""); asset.status != 200 || asset.body == "" || asset.header.Get("Content-Type") == "" {
				t.Errorf("%s refers to %s: %d", page, target, asset.status)
			}
			seen++
		}
	}
	if seen < 10 {
		t.Errorf("only %d references", seen)
	}
	if asset := send(t, front, "GET", "/docs/swagger-ui.css", ""); !strings.HasPrefix(asset.header.Get("Content-Type"), "text/css") {
		t.Errorf("style sheet is %q", asset.header.Get("Content-Type"))
	}
	if hidden := send(t, front, "GET", "/docs/index.html", ""); hidden.status != 404 {
		t.Errorf("the library's own page, which asks another host, answers %d", hidden.status)
	}
}

func TestHealth(t *testing.T) {
	t.Parallel()
	c := replying(nil, nil)
	front := start(t, c, func(config *gateway.Config) {
		config.Ready = func(ctx context.Context) error {
			if _, bounded := ctx.Deadline(); !bounded {
				return nil
			}
			return errors.New("goals at 10.0.0.7 is down")
		}
	})
	if got := send(t, front, "GET", "/healthz", ""); got.status != 200 || got.body != "{\"status\":\"ok\"}\n" {
		t.Errorf("alive: %d %s", got.status, got.body)
	}
	got := send(t, front, "GET", "/readyz", "")
	if got.status != http.StatusServiceUnavailable || strings.Contains(got.body, "10.0.0.7") || !strings.Contains(c.logged(), "10.0.0.7") {
		t.Errorf("ready: %d %s", got.status, got.body)
	}
	if got := send(t, start(t, replying(nil, nil)), "GET", "/readyz", ""); got.status != 200 {
		t.Errorf("ready by default: %d", got.status)
	}
}
