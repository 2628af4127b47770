package zoom

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"sync"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	typev1 "github.com/throughline/throughline/proto/gen/throughline/type/v1"
	"github.com/throughline/throughline/services/platform/fault"
)

// node is a resource that was reached.
type node struct {
	*typev1.LinkNode
	kind  kind
	level int
	links []*typev1.Link // with nodes of the level before
	known bool           // its owner told of it
	asked bool           // every service was asked what leads from it, or to it
	leads bool           // something leads from it
	has   map[string]bool
}

// walk goes breadth first, so that each resource is met at its nearest level.
type walk struct {
	Zoom
	Query
	nodes     map[string]*node
	voices    int
	links     int
	truncated bool
	failed    map[string]error // by service
}

func newWalk(z Zoom, q Query) *walk {
	return &walk{Zoom: z, Query: q, nodes: map[string]*node{}, failed: map[string]error{}}
}

func (w *walk) run(ctx context.Context) error {
	w.admit(w.Name, 0)
	level := []string{w.Name}
	for depth := 0; len(level) > 0; depth++ {
		names, direction := w.toAsk(level, depth)
		found, err := w.ask(ctx, names, direction)
		if err != nil {
			return err
		}
		w.tell(found)
		start := w.nodes[w.Name]
		if err := w.failed[start.kind.owner]; depth == 0 && err != nil {
			return err
		}
		if !start.known {
			return fault.Missing(w.Name)
		}
		for _, name := range names {
			w.nodes[name].asked = depth < w.Depth
		}
		level = w.next(found, depth)
	}
	return nil
}

// toAsk are those of a level that anything is left to know of. At the last level this is only what they are, which the few links from a
// resource come with, and not the many that lead to it.
func (w *walk) toAsk(level []string, depth int) ([]string, typev1.LinkDirection) {
	last := depth == w.Depth
	direction := typev1.LinkDirection_LINK_DIRECTION_OUT
	if w.In && !last {
		direction = typev1.LinkDirection_LINK_DIRECTION_IN
	}
	if !w.In {
		return level, direction
	}
	return slices.DeleteFunc(slices.Clone(level), func(name string) bool {
		n := w.nodes[name]
		return n.known && (last || n.kind.bare)
	}), direction
}

// found is what the services know of one level.
type found struct {
	nodes []*typev1.LinkNode
	links []*typev1.Link
}

// ask asks all services that have not failed about the names, side by side: one call each, or one for every thousand names and every ten
// thousand links.
func (w *walk) ask(ctx context.Context, names []string, direction typev1.LinkDirection) (all found, err error) {
	if len(names) == 0 {
		return all, nil
	}
	replies := make([]found, len(w.Services))
	errs := make([]error, len(w.Services))
	cut := make([]bool, len(w.Services))
	var wait sync.WaitGroup
	for i, s := range w.Services {
		if w.failed[s.Name] != nil {
			continue
		}
		wait.Go(func() { replies[i], cut[i], errs[i] = w.askOne(ctx, s, names, direction) })
	}
	wait.Wait()
	for i, s := range w.Services {
		switch code := status.Code(errs[i]); {
		case errs[i] == nil:
		case ctx.Err() != nil, code == codes.Unauthenticated, code == codes.InvalidArgument:
			return all, errs[i]
		default:
			w.failed[s.Name] = errs[i]
		}
		all.nodes = append(all.nodes, replies[i].nodes...)
		all.links = append(all.links, replies[i].links...)
		w.truncated = w.truncated || cut[i]
	}
	slices.SortFunc(all.links, func(a, b *typev1.Link) int {
		return cmp.Or(cmp.Compare(a.GetTo(), b.GetTo()), cmp.Compare(a.GetFrom(), b.GetFrom()), cmp.Compare(a.GetRelation(), b.GetRelation()))
	})
	return all, nil
}

func (w *walk) askOne(ctx context.Context, s Service, names []string, direction typev1.LinkDirection) (out found, cut bool, err error) {
	for part := range slices.Chunk(names, perCall) {
		for token := ""; ; {
			page, err := s.Trace(ctx, w.Organization, part, direction, token)
			if err != nil {
				return out, cut, err
			}
			out.nodes = append(out.nodes, page.GetNodes()...)
			out.links = append(out.links, page.GetLinks()...)
			if token = page.GetNextPageToken(); token == "" {
				break
			}
			if len(out.links) >= maxLinks {
				return out, true, nil
			}
		}
	}
	return out, cut, nil
}

// tell fills in what the services say that the resources are, and notes what leads from them and to them.
func (w *walk) tell(f found) {
	for _, n := range f.nodes {
		if at, reached := w.nodes[n.GetName()]; reached && !at.known {
			at.LinkNode, at.known = n, true
		}
	}
	for _, l := range f.links {
		if n, reached := w.nodes[l.GetFrom()]; reached {
			n.leads = true
		}
		if n, reached := w.nodes[l.GetTo()]; reached && w.In {
			k, _ := kindOf(l.GetFrom())
			n.has[k.name] = true
		}
	}
}

// next admits what the links lead on to, and is the level after this one.
func (w *walk) next(f found, depth int) []string {
	if depth == w.Depth {
		return nil
	}
	told := map[string]*typev1.LinkNode{}
	for _, n := range f.nodes {
		told[n.GetName()] = n
	}
	fresh := map[string]bool{}
	for _, l := range f.links {
		near, far := w.ends(l)
		if _, reached := w.nodes[near]; reached && w.nodes[far] == nil && (far == w.Organization || strings.HasPrefix(far, w.Organization+"/")) {
			fresh[far] = true
		}
	}
	var level []string
	for _, voices := range []bool{false, true} { // what may be without end comes last
		for _, name := range slices.Sorted(maps.Keys(fresh)) {
			k, zoomable := kindOf(name)
			if !zoomable || voices != (k.name == kindFeedback) {
				continue
			}
			if len(w.nodes) >= MaxNodes || (voices && w.voices >= maxVoices) {
				w.truncated = true
				continue
			}
			n := w.admit(name, depth+1)
			if t := told[name]; t != nil {
				n.LinkNode, n.known = t, true
			}
			level = append(level, name)
		}
	}
	w.keep(f.links, depth+1)
	slices.Sort(level)
	return level
}

// keep notes the links by which the nodes of a level were reached.
func (w *walk) keep(all []*typev1.Link, level int) {
	for _, l := range all {
		near, far := w.ends(l)
		to, from := w.nodes[far], w.nodes[near]
		if to == nil || from == nil || to.level != level || from.level != level-1 {
			continue
		}
		if w.links >= maxLinks {
			w.truncated = true
			return
		}
		to.links = append(to.links, l)
		w.links++
	}
}

// ends are the end of a link that is nearer to the start, and the other.
func (w *walk) ends(l *typev1.Link) (near, far string) {
	if w.In {
		return l.GetTo(), l.GetFrom()
	}
	return l.GetFrom(), l.GetTo()
}

func (w *walk) admit(name string, level int) *node {
	k, _ := kindOf(name)
	n := &node{LinkNode: &typev1.LinkNode{Name: name, Kind: k.name}, kind: k, level: level, has: map[string]bool{}}
	w.nodes[name] = n
	if k.name == kindFeedback {
		w.voices++
	}
	return n
}
