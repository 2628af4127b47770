package gateway

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"reflect"
	"testing"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	actionplanninggw "github.com/throughline/throughline/proto/gen/gateway/throughline/actionplanning/v1"
	budgetinggw "github.com/throughline/throughline/proto/gen/gateway/throughline/budgeting/v1"
	goalsgw "github.com/throughline/throughline/proto/gen/gateway/throughline/goals/v1"
	lineagegw "github.com/throughline/throughline/proto/gen/gateway/throughline/lineage/v1"
	performancegw "github.com/throughline/throughline/proto/gen/gateway/throughline/performance/v1"
	actionplanningv1 "github.com/throughline/throughline/proto/gen/throughline/actionplanning/v1"
	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
	goalsv1 "github.com/throughline/throughline/proto/gen/throughline/goals/v1"
	lineagev1 "github.com/throughline/throughline/proto/gen/throughline/lineage/v1"
	performancev1 "github.com/throughline/throughline/proto/gen/throughline/performance/v1"
)

// newOracle serves the API with the generated bindings of grpc-gateway: its mux, its reading of paths and queries, and protojson. It knows none of the
// rules that the gateway adds.
func newOracle(t *testing.T, conn grpc.ClientConnInterface) http.Handler {
	t.Helper()
	nothing := func(string) (string, bool) { return "", false }
	mux := runtime.NewServeMux(
		runtime.WithMarshalerOption(runtime.MIMEWildcard, &strict{}),
		runtime.WithIncomingHeaderMatcher(nothing),
		runtime.WithOutgoingHeaderMatcher(nothing),
		runtime.WithOutgoingTrailerMatcher(nothing),
		runtime.WithDisableHTTPMethodOverride(),
		runtime.WithDisablePathLengthFallback(),
		runtime.WithWriteContentLength(),
		runtime.WithErrorHandler(func(_ context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, w http.ResponseWriter, _ *http.Request, err error) {
			w.WriteHeader(runtime.HTTPStatusFromCode(status.Code(err)))
		}),
		runtime.WithRoutingErrorHandler(func(_ context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, w http.ResponseWriter, _ *http.Request, code int) {
			w.WriteHeader(code)
		}),
	)
	if err := errors.Join(
		goalsgw.RegisterGoalsServiceHandlerClient(t.Context(), mux, goalsv1.NewGoalsServiceClient(conn)),
		actionplanninggw.RegisterActionPlanningServiceHandlerClient(t.Context(), mux, actionplanningv1.NewActionPlanningServiceClient(conn)),
		budgetinggw.RegisterBudgetingServiceHandlerClient(t.Context(), mux, budgetingv1.NewBudgetingServiceClient(conn)),
		performancegw.RegisterPerformanceServiceHandlerClient(t.Context(), mux, performancev1.NewPerformanceServiceClient(conn)),
		lineagegw.RegisterLineageServiceHandlerClient(t.Context(), mux, lineagev1.NewLineageServiceClient(conn)),
	); err != nil {
		t.Fatal(err)
	}
	return mux
}

// strict is protojson that refuses what it does not know, and takes one value and no more.
type strict struct{ runtime.JSONPb }

var emitting = protojson.MarshalOptions{EmitUnpopulated: true}

func (strict) Marshal(v any) ([]byte, error) {
	if file, ok := v.(*httpbody.HttpBody); ok {
		return file.GetData(), nil
	}
	return (&runtime.JSONPb{MarshalOptions: emitting}).Marshal(v)
}

func (strict) NewDecoder(r io.Reader) runtime.Decoder {
	return runtime.DecoderFunc(func(v any) error {
		data, err := io.ReadAll(r)
		switch {
		case err != nil:
			return err
		case len(bytes.TrimSpace(data)) == 0:
			return io.EOF
		}
		if m, ok := v.(proto.Message); ok {
			return protojson.Unmarshal(data, m)
		}
		target := reflect.ValueOf(v).Elem() // of a field that is a message
		target.Set(reflect.New(target.Type().Elem()))
		m, _ := reflect.TypeAssert[proto.Message](target)
		return protojson.Unmarshal(data, m)
	})
}

// recorder is a connection to all services: it keeps what it is asked, and answers what it is told.
type recorder struct {
	answer proto.Message // of every call
	pieces int           // how often a stream answers it
	err    error         // instead of an answer, and after the last piece of a stream

	calls    int
	method   string
	request  proto.Message
	metadata metadata.MD
}

func (r *recorder) call(ctx context.Context, method string) {
	r.calls++
	r.method = method
	r.metadata, _ = metadata.FromOutgoingContext(ctx)
}

// Invoke keeps and answers a call.
func (r *recorder) Invoke(ctx context.Context, method string, request, response any, _ ...grpc.CallOption) error {
	r.call(ctx, method)
	r.keep(request)
	return errors.Join(r.err, r.fill(response, r.err == nil))
}

// NewStream keeps a call, and answers as many pieces as it is told.
func (r *recorder) NewStream(ctx context.Context, _ *grpc.StreamDesc, method string, _ ...grpc.CallOption) (grpc.ClientStream, error) {
	r.call(ctx, method)
	return &recorded{ctx: ctx, recorder: r}, nil
}

func (r *recorder) keep(request any) {
	m, _ := request.(proto.Message)
	r.request = proto.Clone(m)
}

func (r *recorder) fill(response any, wanted bool) error {
	to, ok := response.(proto.Message)
	if !ok || to.ProtoReflect().Descriptor() != r.answer.ProtoReflect().Descriptor() {
		return errors.New("the response is of another type")
	}
	if wanted {
		proto.Merge(to, r.answer)
	}
	return nil
}

// recorded is a stream of a recorder.
type recorded struct {
	grpc.ClientStream // nil: nothing else is asked of it
	ctx               context.Context
	recorder          *recorder
	sent              int
}

func (s *recorded) Context() context.Context     { return s.ctx }
func (s *recorded) Header() (metadata.MD, error) { return nil, nil }
func (s *recorded) Trailer() metadata.MD         { return nil }
func (s *recorded) CloseSend() error             { return nil }

func (s *recorded) SendMsg(m any) error {
	s.recorder.keep(m)
	return nil
}

func (s *recorded) RecvMsg(m any) error {
	if s.sent++; s.sent <= s.recorder.pieces {
		return s.recorder.fill(m, true)
	}
	if s.recorder.err != nil {
		return s.recorder.err
	}
	return io.EOF
}
