package links

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"slices"
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
	h := sha256.New()
	_ = json.NewEncoder(h).Encode([]any{organization, q.In, q.Names}) // hashes and strings do not fail
	q.hash = h.Sum(nil)[:8]
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
		have := q.segments(name)
		if len(have) != len(want) {
			continue
		}
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

// segments are the parts of a name below its organization: ["plans", "p"] of "organizations/o/plans/p".
func (q Query) segments(name string) []string {
	rest, below := strings.CutPrefix(name, "organizations/"+q.Organization+"/")
	if !below {
		return nil
	}
	return strings.Split(rest, "/")
}

// NodesProto are nodes as the contract has them.
func NodesProto(nodes []Node) []*typev1.LinkNode {
	out := make([]*typev1.LinkNode, len(nodes))
	for i, n := range nodes {
		out[i] = &typev1.LinkNode{
			Name: n.Name, Kind: n.Kind, DisplayName: n.DisplayName, State: n.State, EffortPpm: int32(n.EffortPPM), Gaps: n.Gaps,
		}
		if n.Currency != "" {
			out[i].Money = wire.Money(n.Currency, n.Minor)
		}
	}
	return out
}

// LinksProto are links as the contract has them.
func LinksProto(links []Link) []*typev1.Link {
	out := make([]*typev1.Link, len(links))
	for i, l := range links {
		out[i] = &typev1.Link{From: l.From, To: l.To, Relation: l.Relation, Weight: int32(l.Weight)}
	}
	return out
}
