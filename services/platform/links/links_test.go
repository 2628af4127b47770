package links_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	typev1 "github.com/throughline/throughline/proto/gen/throughline/type/v1"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/links"
	"github.com/throughline/throughline/services/platform/sqldb"
)

// request is one of TraceLinks.
type request struct {
	names []string
	in    bool
	size  int32
	token string
}

func (r request) GetNames() []string   { return r.names }
func (r request) GetPageSize() int32   { return r.size }
func (r request) GetPageToken() string { return r.token }
func (r request) GetDirection() typev1.LinkDirection {
	if r.in {
		return typev1.LinkDirection_LINK_DIRECTION_IN
	}
	return typev1.LinkDirection_LINK_DIRECTION_UNSPECIFIED
}

// source has the links that it is made of, and a node for every name.
type source []links.Link

func (s source) Out(q links.Query, add func(links.Link)) error {
	return s.each(add, func(l links.Link) bool { return slices.Contains(q.Names, l.From) })
}

func (s source) In(q links.Query, add func(links.Link)) error {
	return s.each(add, func(l links.Link) bool { return slices.Contains(q.Names, l.To) })
}

func (s source) each(add func(links.Link), wanted func(links.Link) bool) error {
	for _, l := range s {
		if wanted(l) {
			add(l)
		}
	}
	return nil
}

func (source) Nodes(_ links.Query, names []string) (nodes []links.Node, err error) {
	for _, name := range names {
		nodes = append(nodes, links.Node{Name: name, Kind: "thing", Currency: "USD", Minor: 1_05})
	}
	slices.Reverse(nodes)
	return nodes, nil
}

func read(t rapid.TB, s source, r request) links.Page {
	q, err := links.Of(r, "o")
	if err != nil {
		t.Fatal(err)
	}
	p, err := links.Read(s, q)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Whatever the size of pages, together they are all links by their ends, each once.
func TestPagesAddUp(t *testing.T) {
	name := rapid.Custom(func(t *rapid.T) string {
		return "organizations/o/x/" + rapid.StringMatching(`[ab-]{1,2}`).Draw(t, "id")
	})
	rapid.Check(t, func(t *rapid.T) {
		s := source(rapid.SliceOfN(rapid.Custom(func(t *rapid.T) links.Link {
			return links.Link{From: name.Draw(t, "from"), To: name.Draw(t, "to"), Relation: rapid.SampledFrom([]string{links.About, links.Serves}).Draw(t, "relation")}
		}), 0, 40).Draw(t, "links"))
		r := request{names: rapid.SliceOf(name).Draw(t, "names"), in: rapid.Bool().Draw(t, "in")}
		want := read(t, s, r).Links
		var got []links.Link
		r.size = rapid.Int32Range(1, 7).Draw(t, "size")
		for pages := 0; ; pages++ {
			p := read(t, s, r)
			if len(p.Links) > int(r.size) || pages > 100 {
				t.Fatalf("%d links on page %d", len(p.Links), pages)
			}
			got = append(got, p.Links...)
			for _, l := range p.Links {
				if !slices.ContainsFunc(p.Nodes, func(n links.Node) bool { return n.Name == l.From }) {
					t.Fatalf("no node of %s", l.From)
				}
			}
			if !slices.IsSortedFunc(p.Nodes, func(a, b links.Node) int { return strings.Compare(a.Name, b.Name) }) {
				t.Fatal("nodes are in no order")
			}
			if r.token = p.Next; r.token == "" {
				break
			}
		}
		if !slices.Equal(got, want) {
			t.Fatalf("pages %v, all %v", got, want)
		}
		for i := 1; i < len(got); i++ {
			if a, b := got[i-1], got[i]; a.To > b.To || (a.To == b.To && a.From > b.From) {
				t.Fatalf("%v before %v", a, b)
			}
		}
	})
}

func TestTokensBelongToTheirRequest(t *testing.T) {
	s := source{{From: "organizations/o/a", To: "organizations/o/b"}, {From: "organizations/o/a", To: "organizations/o/c"}}
	r := request{names: []string{"organizations/o/a"}, size: 1}
	token := read(t, s, r).Next
	for what, r := range map[string]request{
		"other names":         {names: []string{"organizations/o/b"}, token: token},
		"the other direction": {names: r.names, in: true, token: token},
		"nonsense":            {names: r.names, token: "%%"},
	} {
		_, err := links.Of(r, "o")
		if f, _ := fault.As(err); f == nil || f.Kind != fault.Invalid || f.Violations[0].Field != "page_token" {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestNames(t *testing.T) {
	q, err := links.Of(request{names: []string{
		"organizations/o/plans/q", "organizations/o", "organizations/o/plans/p/goals/g", "organizations/other/plans/p", "organizations/o2", "organizations/o/plans/q", "x",
	}}, "o")
	if want := []string{"organizations/o", "organizations/o/plans/p/goals/g", "organizations/o/plans/q"}; err != nil || !slices.Equal(q.Names, want) {
		t.Errorf("%v, names %v", err, q.Names)
	}
	if got := fmt.Sprint(q.Keys(q.Names, "plans/{plan}"), q.Keys(q.Names, "plans/{plan}/goals/{goal}"), q.Named(q.Names, "plans/{plan}")); got != "[[q]] [[p g]] [organizations/o/plans/q]" {
		t.Errorf("keys %s", got)
	}
}

// tx keeps the statements that it is asked.
type tx struct {
	sqldb.Tx
	queries []string
	args    [][]any
}

func (t *tx) Query(query string, args []any, _ func(sqldb.Row) error) error {
	t.queries, t.args = append(t.queries, query), append(t.args, args)
	return nil
}

// A thousand keys take a few statements, of as few texts.
func TestManyKeysAStatement(t *testing.T) {
	keys := make([][]string, 1000)
	for i := range keys {
		keys[i] = []string{"p", fmt.Sprint(i)}
	}
	var one tx
	if err := links.Each(&one, "SELECT x FROM y WHERE organization_id = ?", []any{"o"}, []string{"a", "b"}, keys, nil); err != nil {
		t.Fatal(err)
	}
	if len(one.queries) != 4 || one.queries[0] != one.queries[3] || len(one.args[3]) != 1+2*256 || one.args[3][2] != "768" || one.args[3][1+2*256-1] != "999" {
		t.Errorf("%d statements, the last with %d values", len(one.queries), len(one.args[len(one.args)-1]))
	}
	var few tx
	if err := links.Each(&few, "SELECT x FROM y WHERE z = ?", []any{"o"}, []string{"a"}, links.Column("1", "2"), nil); err != nil {
		t.Fatal(err)
	}
	if want := "SELECT x FROM y WHERE z = ? AND a IN (?" + strings.Repeat(", ?", 7) + ")"; len(few.queries) != 1 || few.queries[0] != want {
		t.Errorf("statement %s", few.queries)
	}
	var none tx
	if err := links.Each(&none, "SELECT", nil, []string{"a"}, nil, nil); err != nil || len(none.queries) > 0 {
		t.Errorf("%v, asked %v of nothing", err, none.queries)
	}
}

func TestProto(t *testing.T) {
	nodes, all := read(t, source{{From: "organizations/o/a", To: "organizations/o/b", Relation: links.Serves, Weight: 3}}, request{names: []string{"organizations/o/a"}}).Proto()
	if len(nodes) != 1 || nodes[0].GetMoney().GetUnits() != 1 || nodes[0].GetMoney().GetNanos() != 50_000_000 || len(all) != 1 || all[0].GetWeight() != 3 || all[0].GetRelation() != "serves" {
		t.Errorf("%v %v", nodes, all)
	}
}
