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

	"google.golang.org/grpc/metadata"

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
type lineage struct {
	lineagev1.UnimplementedLineageServiceServer
	zoom zoom.Zoom
}

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

// Zoom implements lineagev1.LineageServiceServer for requests that come through the mux.
func (l *lineage) Zoom(ctx context.Context, r *lineagev1.ZoomRequest) (*lineagev1.ZoomResponse, error) {
	q, after, err := zoomQuery(r)
	ctx = zooming(ctx)
	if err != nil {
		return nil, err
	}
	all, err := l.zoom.Run(ctx, q)
	if err != nil {
		return nil, err
	}
	out := &lineagev1.ZoomResponse{
		Levels: all.Levels, Total: all.Total, Story: all.Story, Vision: all.Vision, Gaps: all.Gaps, Truncated: all.Truncated,
	}
	first := sort.Search(len(all.Nodes), func(i int) bool { return after == nil || after.before(all.Nodes[i]) })
	size := int(r.GetPageSize())
	if size == 0 {
		size = zoomPage
	}
	out.Nodes = all.Nodes[first:min(len(all.Nodes), first+min(size, mostZoomPage))]
	if end := first + len(out.GetNodes()); end < len(all.Nodes) {
		out.NextPageToken = zoomTokenOf(q, all.Nodes[end-1]).String()
	}
	return out, nil
}

// zooming is ctx for calls to the services on behalf of the request in it: with what may pass, but for what is about changes.
func zooming(ctx context.Context) context.Context {
	md := metadata.MD{}
	if c := callOf(ctx); c != nil {
		c.sent, md = true, c.metadata.Copy()
		md.Delete("if-match")
		md.Delete("idempotency-key")
	}
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
