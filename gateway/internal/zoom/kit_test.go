package zoom_test

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"sync"
	"testing"

	"google.golang.org/genproto/googleapis/type/money"

	"github.com/throughline/throughline/gateway/internal/zoom"
	typev1 "github.com/throughline/throughline/proto/gen/throughline/type/v1"
)

const org = "organizations/o"

// fake is a service that keeps what a test tells it.
type fake struct {
	nodes map[string]*typev1.LinkNode
	links []*typev1.Link
	page  int   // links of one answer; 0 means all
	err   error // answered instead

	mu    sync.Mutex
	calls [][]string // the names of each
}

type page struct {
	nodes []*typev1.LinkNode
	links []*typev1.Link
	next  string
}

func (p page) GetNodes() []*typev1.LinkNode { return p.nodes }
func (p page) GetLinks() []*typev1.Link     { return p.links }
func (p page) GetNextPageToken() string     { return p.next }

func (f *fake) trace(_ context.Context, _ string, names []string, direction typev1.LinkDirection, token string) (zoom.Page, error) {
	f.mu.Lock()
	f.calls = append(f.calls, names)
	f.mu.Unlock()
	if f.err != nil {
		return nil, f.err
	}
	asked := map[string]bool{}
	for _, name := range names {
		asked[name] = true
	}
	var out page
	for _, l := range f.links {
		if (direction == typev1.LinkDirection_LINK_DIRECTION_IN && asked[l.GetTo()]) || (direction != typev1.LinkDirection_LINK_DIRECTION_IN && asked[l.GetFrom()]) {
			out.links = append(out.links, l)
		}
	}
	slices.SortFunc(out.links, func(a, b *typev1.Link) int {
		return cmp.Or(cmp.Compare(a.GetTo(), b.GetTo()), cmp.Compare(a.GetFrom(), b.GetFrom()))
	})
	first, _ := strconv.Atoi(token)
	end := len(out.links)
	if f.page > 0 && first+f.page < end {
		end = first + f.page
		out.next = strconv.Itoa(end)
	}
	out.links = out.links[first:end]
	for _, l := range out.links {
		asked[l.GetFrom()] = true
	}
	for name := range asked {
		if n := f.nodes[name]; n != nil {
			out.nodes = append(out.nodes, n)
		}
	}
	return out, nil
}

// city is four fakes and a vision.
type city struct {
	services map[string]*fake
	vision   string
	err      error // of reading the vision
}

func newCity() *city {
	c := &city{services: map[string]*fake{}, vision: "A good life for all."}
	for _, s := range []string{"goals", "actionplanning", "budgeting", "performance"} {
		c.services[s] = &fake{nodes: map[string]*typev1.LinkNode{}}
	}
	return c
}

// add puts a resource into a service; its name is below the organization, and its display name the last id.
func (c *city) add(service, kind, name string, change ...func(*typev1.LinkNode)) {
	n := &typev1.LinkNode{Name: full(name), Kind: kind, DisplayName: name[1+lastSlash(name):]}
	for _, f := range change {
		f(n)
	}
	c.services[service].nodes[n.GetName()] = n
}

func (c *city) link(service, from, relation, to string, weight int32) {
	f := c.services[service]
	f.links = append(f.links, &typev1.Link{From: full(from), To: full(to), Relation: relation, Weight: weight})
}

func full(name string) string {
	if name == "" {
		return org
	}
	return org + "/" + name
}

func lastSlash(name string) int {
	for i := len(name) - 1; i >= 0; i-- {
		if name[i] == '/' {
			return i
		}
	}
	return -1
}

func dollars(units int64) func(*typev1.LinkNode) {
	return func(n *typev1.LinkNode) { n.Money = &money.Money{CurrencyCode: "USD", Units: units} }
}

func effort(ppm int32) func(*typev1.LinkNode) {
	return func(n *typev1.LinkNode) { n.EffortPpm = ppm }
}

func lacks(gaps ...string) func(*typev1.LinkNode) {
	return func(n *typev1.LinkNode) { n.Gaps = gaps }
}

// zoom runs a zoom from a name below the organization.
func (c *city) zoom(t *testing.T, name string, in bool, depth int) (zoom.Answer, error) {
	t.Helper()
	z := zoom.Zoom{Vision: func(context.Context, string) (string, error) { return c.vision, c.err }}
	for _, s := range []string{"goals", "actionplanning", "budgeting", "performance"} {
		c.services[s].calls = nil
		z.Services = append(z.Services, zoom.Service{Name: s, Trace: c.services[s].trace})
	}
	return z.Run(t.Context(), zoom.Query{Name: full(name), Organization: org, In: in, Depth: depth})
}

func (c *city) mustZoom(t *testing.T, name string, in bool, depth int) zoom.Answer {
	t.Helper()
	a, err := c.zoom(t, name, in, depth)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// riverbend is a small city: one goal with a strategy, an objective, people, a program, a measure and a request from a citizen.
func riverbend() *city {
	c := newCity()
	c.add("goals", "organization", "")
	c.services["goals"].nodes[org].DisplayName = "Riverbend"
	c.add("goals", "plan", "plans/p")
	c.add("goals", "goal", "plans/p/goals/life")
	c.add("goals", "goal", "plans/p/goals/streets")
	c.add("goals", "feedback", "feedback/pothole")
	c.link("goals", "plans/p", "is part of", "", 0)
	c.link("goals", "plans/p/goals/life", "is part of", "plans/p", 0)
	c.link("goals", "plans/p/goals/streets", "is part of", "plans/p/goals/life", 0)
	c.link("goals", "feedback/pothole", "is about", "programs/roads", 0)
	c.add("actionplanning", "strategy", "strategies/pave")
	c.add("actionplanning", "objective", "strategies/pave/objectives/ten-miles")
	c.add("actionplanning", "assignment", "assignments/lead", effort(500_000))
	c.add("actionplanning", "assignment", "assignments/help", effort(250_000))
	c.add("actionplanning", "employee", "staff/ana")
	c.link("actionplanning", "strategies/pave", "serves", "plans/p/goals/streets", 1)
	c.link("actionplanning", "strategies/pave/objectives/ten-miles", "is part of", "strategies/pave", 1)
	c.link("actionplanning", "assignments/lead", "works on", "strategies/pave/objectives/ten-miles", 0)
	c.link("actionplanning", "assignments/help", "works on", "strategies/pave/objectives/ten-miles", 0)
	c.link("actionplanning", "staff/ana", "holds", "assignments/lead", 0)
	c.link("actionplanning", "staff/ana", "holds", "assignments/help", 0)
	c.link("actionplanning", "programs/roads", "pays for", "strategies/pave/objectives/ten-miles", 0)
	c.add("budgeting", "program", "programs/roads", dollars(900))
	c.add("budgeting", "allocationLine", "budgets/b/allocations/a/lines/roads", dollars(900))
	c.link("budgeting", "programs/roads", "is aligned with", "plans/p/goals/streets", 4)
	c.link("budgeting", "programs/roads", "is aligned with", "plans/p/goals/life", 2)
	c.link("budgeting", "budgets/b/allocations/a/lines/roads", "pays for", "programs/roads", 0)
	c.add("performance", "measure", "measures/days")
	c.add("performance", "observation", "measures/days/observations/2027-01-01")
	c.link("performance", "measures/days/observations/2027-01-01", "is about", "measures/days", 0)
	c.link("performance", "measures/days", "counts for", "programs/roads", 2)
	c.link("performance", "measures/days", "counts for", "plans/p/goals/streets", 1)
	return c
}
