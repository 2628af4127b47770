package gateway_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/throughline/throughline/gateway"
	actionplanningv1 "github.com/throughline/throughline/proto/gen/throughline/actionplanning/v1"
	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
	goalsv1 "github.com/throughline/throughline/proto/gen/throughline/goals/v1"
	performancev1 "github.com/throughline/throughline/proto/gen/throughline/performance/v1"
)

// city is all four services behind one loopback listener; answer stands for every unary handler.
type city struct {
	answer func(ctx context.Context, method string, request proto.Message) (proto.Message, error)
	stream func(grpc.ServerStreamingServer[budgetingv1.StreamAllocationLinesResponse]) error
	export func(grpc.ServerStreamingServer[httpbody.HttpBody]) error
	record func(grpc.ClientStreamingServer[performancev1.RecordObservationsRequest, performancev1.RecordObservationsResponse]) error

	mu       sync.Mutex
	method   string
	request  proto.Message
	metadata metadata.MD
	log      bytes.Buffer
}

// The services have methods of the same name, so that no one type can be all of them.
type (
	action struct {
		actionplanningv1.UnimplementedActionPlanningServiceServer
	}
	budgets struct {
		budgetingv1.UnimplementedBudgetingServiceServer
		*city
	}
	direction struct {
		goalsv1.UnimplementedGoalsServiceServer
	}
	measures struct {
		performancev1.UnimplementedPerformanceServiceServer
		*city
	}
)

func (c budgets) StreamAllocationLines(_ *budgetingv1.StreamAllocationLinesRequest, s grpc.ServerStreamingServer[budgetingv1.StreamAllocationLinesResponse]) error {
	return c.stream(s)
}

func (c budgets) ExportAllocation(r *budgetingv1.ExportAllocationRequest, s grpc.ServerStreamingServer[httpbody.HttpBody]) error {
	c.mu.Lock()
	c.request = r
	c.mu.Unlock()
	return c.export(s)
}

func (c measures) RecordObservations(s grpc.ClientStreamingServer[performancev1.RecordObservationsRequest, performancev1.RecordObservationsResponse]) error {
	return c.record(s)
}

// seen is the last unary call.
func (c *city) seen() (string, proto.Message, metadata.MD) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.method, c.request, c.metadata
}

// Write takes the gateway's log.
func (c *city) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.log.Write(p)
}

func (c *city) logged() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.log.String()
}

func (c *city) intercept(ctx context.Context, request any, info *grpc.UnaryServerInfo, _ grpc.UnaryHandler) (any, error) {
	message, _ := request.(proto.Message)
	md, _ := metadata.FromIncomingContext(ctx)
	c.mu.Lock()
	c.method, c.request, c.metadata = info.FullMethod, message, md
	c.mu.Unlock()
	return c.answer(ctx, info.FullMethod, message)
}

// start serves the city through a gateway over real HTTP.
func start(t *testing.T, c *city, change ...func(*gateway.Config)) *httptest.Server {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer(grpc.UnaryInterceptor(c.intercept))
	actionplanningv1.RegisterActionPlanningServiceServer(server, action{})
	budgetingv1.RegisterBudgetingServiceServer(server, budgets{city: c})
	goalsv1.RegisterGoalsServiceServer(server, direction{})
	performancev1.RegisterPerformanceServiceServer(server, measures{city: c})
	go server.Serve(listener) //nolint:errcheck // ends with Stop
	t.Cleanup(server.Stop)
	conn, err := grpc.NewClient(listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	config := gateway.Config{
		Goals: conn, ActionPlanning: conn, Budgeting: conn, Performance: conn, Now: time.Now,
		MaxBodyBytes: 4096, Logger: slog.New(slog.NewTextHandler(c, nil)),
	}
	for _, f := range change {
		f(&config)
	}
	handler, err := gateway.New(config)
	if err != nil {
		t.Fatal(err)
	}
	front := httptest.NewUnstartedServer(nil)
	front.Config = gateway.NewServer("", handler)
	front.Start()
	t.Cleanup(front.Close)
	return front
}

// replying is a city whose unary methods all answer the same.
func replying(m proto.Message, err error) *city {
	return &city{answer: func(context.Context, string, proto.Message) (proto.Message, error) { return m, err }}
}

// reply is an HTTP response read whole.
type reply struct {
	status int
	header http.Header
	body   string
}

// send makes a request; headers are "Name: value".
func send(t *testing.T, front *httptest.Server, method, path, body string, headers ...string) reply {
	t.Helper()
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	request, err := http.NewRequestWithContext(t.Context(), method, front.URL+path, reader)
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if value == "" {
			request.Header.Del(name)
			continue
		}
		request.Header.Set(name, value)
	}
	client := front.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{response.StatusCode, response.Header, string(data)}
}

// problem is what a client reads from application/problem+json.
type problem struct {
	Type, Title, Detail, Instance, Reason string
	Status                                int
	Violations                            []struct{ Field, Detail string }
	Metadata                              map[string]string
}

// problem checks that the reply is a problem document and reads it.
func (r reply) problem(t *testing.T) problem {
	t.Helper()
	if got := r.header.Get("Content-Type"); got != "application/problem+json" {
		t.Fatalf("content type = %q, want a problem; status %d, body %s", got, r.status, r.body)
	}
	var p problem
	if err := json.Unmarshal([]byte(r.body), &p); err != nil {
		t.Fatalf("problem %q: %v", r.body, err)
	}
	if p.Status != r.status || p.Type != "about:blank" || p.Title == "" || p.Detail == "" || !strings.HasPrefix(p.Instance, "/") {
		t.Errorf("problem is incomplete: %s", r.body)
	}
	return p
}

// fields are the violations' fields, joined.
func (p problem) fields() string {
	var names []string
	for _, v := range p.Violations {
		names = append(names, v.Field)
	}
	return strings.Join(names, " ")
}

// failure is a service's error as platform makes it.
func failure(code codes.Code, reason, message string, details ...protoadapt.MessageV1) error {
	info := &errdetails.ErrorInfo{Reason: reason, Domain: "throughline", Metadata: map[string]string{"resource": "organizations/okc"}}
	st, err := status.New(code, message).WithDetails(append([]protoadapt.MessageV1{info}, details...)...)
	if err != nil {
		return err
	}
	return st.Err()
}

// bad is a BadRequest about the fields.
func bad(fields ...string) *errdetails.BadRequest {
	b := &errdetails.BadRequest{}
	for _, field := range fields {
		b.FieldViolations = append(b.FieldViolations, &errdetails.BadRequest_FieldViolation{Field: field, Description: "is wrong; mend it"})
	}
	return b
}

func retryIn(d time.Duration) *errdetails.RetryInfo {
	return &errdetails.RetryInfo{RetryDelay: durationpb.New(d)}
}
