package links

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	typev1 "github.com/throughline/throughline/proto/gen/throughline/type/v1"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/wire"
)

// most is the largest page of links.
const most = 10_000

// Query is which links are asked for.
type Query struct {
	Organization string   // id
	Names        []string // of the organization, sorted, each once
	In           bool     // links that lead to the names, rather than from them
	Today        string   // the day for which the answer is, "2027-07-01"

	after *Link
	limit int
	hash  []byte
}

// Message is a generated request of TraceLinks.
type Message interface {
	GetNames() []string
	GetDirection() typev1.LinkDirection
	GetPageSize() int32
	GetPageToken() string
}

// Of reads a request about an organization. Names of other organizations are passed over.
//
// Errors: Invalid for a token of another request.
func Of(m Message, organization string) (Query, error) {
	q := Query{Organization: organization, In: m.GetDirection() == typev1.LinkDirection_LINK_DIRECTION_IN, limit: int(m.GetPageSize())}
	if q.limit <= 0 || q.limit > most {
		q.limit = most
	}
	own := "organizations/" + organization
	for _, name := range m.GetNames() {
		if name == own || strings.HasPrefix(name, own+"/") {
			q.Names = append(q.Names, name)
		}
	}
	slices.Sort(q.Names)
	q.Names = slices.Compact(q.Names)
	sum := sha256.Sum256([]byte(strings.Join(append([]string{organization, strconv.FormatBool(q.In)}, q.Names...), "\n")))
	q.hash = sum[:8]
	if m.GetPageToken() == "" {
		return q, nil
	}
	var t token
	text, err := base64.RawURLEncoding.DecodeString(m.GetPageToken())
	if err != nil || json.Unmarshal(text, &t) != nil || !bytes.Equal(t.Hash, q.hash) {
		var bad fault.Violations
		bad.Add("page_token", "does not belong to these names and this direction; send the next_page_token of the last answer with the same request, or none to start again")
		return q, bad.Err()
	}
	q.after = &Link{From: t.From, To: t.To, Relation: t.Relation}
	return q, nil
}

type token struct {
	Hash               []byte
	To, From, Relation string
}

func (q Query) token(last Link) string {
	text, err := json.Marshal(token{q.hash, last.To, last.From, last.Relation})
	if err != nil { // strings always encode
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

// Keys are the ids in those of the names that have a form, such as "plans/{plan}/goals/{goal}": [plan, goal] each.
func (q Query) Keys(names []string, form string) (keys [][]string) {
	q.match(names, form, func(_ string, ids []string) { keys = append(keys, ids) })
	return keys
}

// Named are those of the names that have a form.
func (q Query) Named(names []string, form string) (named []string) {
	q.match(names, form, func(name string, _ []string) { named = append(named, name) })
	return named
}

func (q Query) match(names []string, form string, visit func(name string, ids []string)) {
	want := strings.Split(form, "/")
next:
	for _, name := range names {
		rest, below := strings.CutPrefix(name, "organizations/"+q.Organization+"/")
		if !below || strings.Count(rest, "/") != len(want)-1 {
			continue
		}
		have := strings.Split(rest, "/")
		var ids []string
		for i, segment := range want {
			switch {
			case segment[0] == '{':
				ids = append(ids, have[i])
			case segment != have[i]:
				continue next
			}
		}
		visit(name, ids)
	}
}

// Proto is the page's nodes and links as the contract has them.
func (p Page) Proto() ([]*typev1.LinkNode, []*typev1.Link) {
	nodes := make([]*typev1.LinkNode, len(p.Nodes))
	for i, n := range p.Nodes {
		nodes[i] = &typev1.LinkNode{
			Name: n.Name, Kind: n.Kind, DisplayName: n.DisplayName, State: n.State, EffortPpm: int32(n.EffortPPM), Gaps: n.Gaps,
		}
		if n.Currency != "" {
			nodes[i].Money = wire.Money(n.Currency, n.Minor)
		}
	}
	links := make([]*typev1.Link, len(p.Links))
	for i, l := range p.Links {
		links[i] = &typev1.Link{From: l.From, To: l.To, Relation: l.Relation, Weight: int32(l.Weight)}
	}
	return nodes, links
}
