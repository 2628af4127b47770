// Package zoom follows links through the services, level by level, out to the vision or in to every detail.
package zoom

import (
	"cmp"
	"context"
	"slices"

	lineagev1 "github.com/throughline/throughline/proto/gen/throughline/lineage/v1"
	typev1 "github.com/throughline/throughline/proto/gen/throughline/type/v1"
)

// Bounds of one zoom.
const (
	MaxDepth  = 12
	MaxNodes  = 20_000
	maxVoices = MaxNodes / 2 // feedback, which may be without end, leaves room for what the goal is reached by
	maxLinks  = 200_000
	maxGaps   = 1_000 // told; each resource tells its own besides
	perCall   = 1_000 // names
)

// Page is what one call of TraceLinks answers.
type Page interface {
	GetNodes() []*typev1.LinkNode
	GetLinks() []*typev1.Link
	GetNextPageToken() string
}

// Service is one that keeps links.
type Service struct {
	Name  string
	Trace func(ctx context.Context, organization string, names []string, direction typev1.LinkDirection, pageToken string) (Page, error)
}

// Zoom is what zooming needs.
type Zoom struct {
	Services []Service // the order makes no difference to the answer
	Vision   func(ctx context.Context, organization string) (string, error)
}

// Query is what is asked.
type Query struct {
	Name         string // one that Organization takes
	Organization string // its name
	In           bool   // towards details
	Depth        int    // 1 to MaxDepth
}

// Answer is everything found.
type Answer struct {
	Nodes     []*lineagev1.ZoomNode // by level, kind and name
	Levels    []*lineagev1.ZoomLevel
	Total     *lineagev1.ZoomLevel
	Story     []string
	Vision    string
	Gaps      []string
	Truncated bool
}

// Run zooms. A service that does not answer, or that the caller may not read, is told as a gap, unless it owns the resource asked about.
//
// Errors: NotFound for a resource that is not there; what its owner answered; Unauthenticated; the end of ctx.
func (z Zoom) Run(ctx context.Context, q Query) (Answer, error) {
	w := newWalk(z, q)
	if err := w.run(ctx); err != nil {
		return Answer{}, err
	}
	a := Answer{Truncated: w.truncated}
	order := w.ordered()
	for _, n := range order {
		a.Nodes = append(a.Nodes, &lineagev1.ZoomNode{Node: n.LinkNode, Level: int32(n.level), Links: n.links})
	}
	var err error
	if a.Levels, a.Total, err = totals(order); err != nil {
		return Answer{}, err
	}
	var unread string
	if organization, reached := w.nodes[q.Organization]; reached && organization.known {
		if a.Vision, err = z.Vision(ctx, q.Organization); err != nil {
			if ctx.Err() != nil {
				return Answer{}, err
			}
			unread = "The vision cannot be read here: " + why(err) + "."
		}
	}
	if !q.In {
		a.Story = w.story(a.Vision)
	}
	a.Gaps = w.gaps(order, unread)
	return a, nil
}

// ordered are the nodes by level, kind and name, each with its links by relation and end.
func (w *walk) ordered() []*node {
	all := make([]*node, 0, len(w.nodes))
	for _, n := range w.nodes {
		slices.SortFunc(n.links, func(a, b *typev1.Link) int {
			return cmp.Or(cmp.Compare(a.GetFrom(), b.GetFrom()), cmp.Compare(a.GetTo(), b.GetTo()), cmp.Compare(a.GetRelation(), b.GetRelation()))
		})
		all = append(all, n)
	}
	slices.SortFunc(all, func(a, b *node) int {
		return cmp.Or(cmp.Compare(a.level, b.level), cmp.Compare(a.GetKind(), b.GetKind()), cmp.Compare(a.GetName(), b.GetName()))
	})
	return all
}
