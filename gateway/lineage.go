package gateway

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/throughline/throughline/gateway/internal/zoom"
	actionplanningv1 "github.com/throughline/throughline/proto/gen/throughline/actionplanning/v1"
	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
	goalsv1 "github.com/throughline/throughline/proto/gen/throughline/goals/v1"
	lineagev1 "github.com/throughline/throughline/proto/gen/throughline/lineage/v1"
	performancev1 "github.com/throughline/throughline/proto/gen/throughline/performance/v1"
	typev1 "github.com/throughline/throughline/proto/gen/throughline/type/v1"
	"github.com/throughline/throughline/services/platform/fault"
)

// Sizes of a page of a zoom.
const (
	zoomPage     = 200
	mostZoomPage = 1000
)

// lineage answers what no single service can. It asks each of them with the caller's token, so that nobody sees what they may not read.
type lineage struct{ zoom zoom.Zoom }

var _ grpc.ClientConnInterface = (*lineage)(nil)

func newLineage(c Config) *lineage {
	goals := goalsv1.NewGoalsServiceClient(c.Goals)
	return &lineage{zoom: zoom.Zoom{
		Services: []zoom.Service{
			{Name: "goals", Trace: goalsTrace(goals)},
			{Name: "actionplanning", Trace: actionTrace(actionplanningv1.NewActionPlanningServiceClient(c.ActionPlanning))},
			{Name: "budgeting", Trace: budgetTrace(budgetingv1.NewBudgetingServiceClient(c.Budgeting))},
			{Name: "performance", Trace: measureTrace(performancev1.NewPerformanceServiceClient(c.Performance))},
		},
		Vision: func(ctx context.Context, organization string) (string, error) {
			o, err := goals.GetOrganization(ctx, &goalsv1.GetOrganizationRequest{Name: organization})
			return o.GetVision(), err
		},
	}}
}

type trace = func(ctx context.Context, organization string, names []string, direction typev1.LinkDirection, token string) (zoom.Page, error)

func goalsTrace(c goalsv1.GoalsServiceClient) trace {
	return func(ctx context.Context, organization string, names []string, direction typev1.LinkDirection, token string) (zoom.Page, error) {
		return c.TraceLinks(ctx, &goalsv1.TraceLinksRequest{Parent: organization, Names: names, Direction: direction, PageToken: token})
	}
}

func actionTrace(c actionplanningv1.ActionPlanningServiceClient) trace {
	return func(ctx context.Context, organization string, names []string, direction typev1.LinkDirection, token string) (zoom.Page, error) {
		return c.TraceLinks(ctx, &actionplanningv1.TraceLinksRequest{Parent: organization, Names: names, Direction: direction, PageToken: token})
	}
}

func budgetTrace(c budgetingv1.BudgetingServiceClient) trace {
	return func(ctx context.Context, organization string, names []string, direction typev1.LinkDirection, token string) (zoom.Page, error) {
		return c.TraceLinks(ctx, &budgetingv1.TraceLinksRequest{Parent: organization, Names: names, Direction: direction, PageToken: token})
	}
}

func measureTrace(c performancev1.PerformanceServiceClient) trace {
	return func(ctx context.Context, organization string, names []string, direction typev1.LinkDirection, token string) (zoom.Page, error) {
		return c.TraceLinks(ctx, &performancev1.TraceLinksRequest{Parent: organization, Names: names, Direction: direction, PageToken: token})
	}
}

// Invoke makes it a connection like those of the services, whose one method is Zoom.
func (l *lineage) Invoke(ctx context.Context, method string, request, response any, _ ...grpc.CallOption) error {
	in, asked := request.(*lineagev1.ZoomRequest)
	out, wanted := response.(*lineagev1.ZoomResponse)
	if !asked || !wanted {
		return status.Errorf(codes.Unimplemented, "no method %s", method)
	}
	return l.answer(ctx, in, out)
}

// NewStream refuses: nothing here streams.
func (l *lineage) NewStream(_ context.Context, _ *grpc.StreamDesc, method string, _ ...grpc.CallOption) (grpc.ClientStream, error) {
	return nil, status.Errorf(codes.Unimplemented, "no method %s", method)
}

func (l *lineage) answer(ctx context.Context, r *lineagev1.ZoomRequest, out *lineagev1.ZoomResponse) error {
	q, after, err := zoomQuery(r)
	if err != nil {
		return err
	}
	all, err := l.zoom.Run(zooming(ctx), q)
	if err != nil {
		return err
	}
	out.Levels, out.Total, out.Story, out.Vision, out.Gaps, out.Truncated = all.Levels, all.Total, all.Story, all.Vision, all.Gaps, all.Truncated
	first := sort.Search(len(all.Nodes), func(i int) bool { return after == nil || after.before(all.Nodes[i]) })
	size := int(r.GetPageSize())
	if size == 0 {
		size = zoomPage
	}
	out.Nodes = all.Nodes[first:min(len(all.Nodes), first+min(size, mostZoomPage))]
	if end := first + len(out.GetNodes()); end < len(all.Nodes) {
		out.NextPageToken = zoomTokenOf(q, all.Nodes[end-1]).String()
	}
	return nil
}

// zooming is ctx for calls to the services on behalf of the request in it: with what may pass, but for what is about changes.
func zooming(ctx context.Context) context.Context {
	md, _ := metadata.FromOutgoingContext(ctx)
	md.Delete("if-match")
	md.Delete("idempotency-key")
	return metadata.NewOutgoingContext(ctx, md)
}

// zoomQuery checks a request. Errors: Invalid with every violation.
func zoomQuery(r *lineagev1.ZoomRequest) (q zoom.Query, after *zoomToken, err error) {
	var bad fault.Violations
	organization, known := zoom.Organization(r.GetName())
	bad.Check(known, "name", "%q is nothing to zoom from; name one of: %s", r.GetName(), strings.Join(zoom.Kinds(), ", "))
	bad.Check(r.GetDepth() >= 0 && r.GetDepth() <= zoom.MaxDepth, "depth", "must lie between 0 and %d; 0 means %d", zoom.MaxDepth, zoom.MaxDepth)
	bad.Check(r.GetPageSize() >= 0, "pageSize", "must not be negative; 0 means %d", zoomPage)
	_, defined := typev1.LinkDirection_name[int32(r.GetDirection())]
	bad.Check(defined, "direction", "must be OUT or IN")
	q = zoom.Query{
		Name: r.GetName(), Organization: organization, Depth: int(r.GetDepth()),
		In: r.GetDirection() == typev1.LinkDirection_LINK_DIRECTION_IN,
	}
	if q.Depth == 0 {
		q.Depth = zoom.MaxDepth
	}
	if text := r.GetPageToken(); text != "" {
		after = &zoomToken{}
		data, err := base64.RawURLEncoding.DecodeString(text)
		bad.Check(err == nil && json.Unmarshal(data, after) == nil && slices.Equal(after.Query, hashOf(q)), "pageToken",
			"does not belong to this name, direction and depth; send the nextPageToken of the last answer with the same request, or none to start again")
	}
	return q, after, bad.Err()
}

// zoomToken is where a page ended: nodes are in the order of level, kind and name, and may come and go between pages.
type zoomToken struct {
	Query []byte
	Level int32
	Kind  string
	Name  string
}

func zoomTokenOf(q zoom.Query, last *lineagev1.ZoomNode) zoomToken {
	return zoomToken{hashOf(q), last.GetLevel(), last.GetNode().GetKind(), last.GetNode().GetName()}
}

func hashOf(q zoom.Query) []byte {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %t %d", q.Name, q.In, q.Depth))
	return sum[:8]
}

// before says whether n comes after the end of that page.
func (t zoomToken) before(n *lineagev1.ZoomNode) bool {
	switch {
	case n.GetLevel() != t.Level:
		return n.GetLevel() > t.Level
	case n.GetNode().GetKind() != t.Kind:
		return n.GetNode().GetKind() > t.Kind
	default:
		return n.GetNode().GetName() > t.Name
	}
}

// String is the token as callers send it back.
func (t zoomToken) String() string {
	data, err := json.Marshal(t)
	if err != nil { // strings and numbers always encode
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(data)
}
