// Package links answers which resources of a service are for what, a page at a time.
package links

import (
	"cmp"
	"slices"
	"strings"
)

// What a link says, read from the detail.
const (
	PartOf      = "is part of"
	About       = "is about"
	DealtWithBy = "is dealt with by"
	Serves      = "serves"
	WorksOn     = "works on"
	Holds       = "holds"
	PaysFor     = "pays for"
	AlignedWith = "is aligned with"
	CountsFor   = "counts for"
	Informs     = "informs"
)

// Link leads from a detail to what it is for; both are resource names.
type Link struct {
	From, To string
	Relation string
	Weight   int // strength, 0 where there is none
}

func compare(a, b Link) int {
	return cmp.Or(cmp.Compare(a.To, b.To), cmp.Compare(a.From, b.From), cmp.Compare(a.Relation, b.Relation))
}

// Node is a resource, in short.
type Node struct {
	Name        string
	Kind        string // the singular of its type, such as "fundingRequest"
	DisplayName string
	State       string
	Currency    string // of Minor; "" carries no money
	Minor       int64  // minor units
	EffortPPM   int
	Gaps        []string // what is missing about it, to follow its name: "has no owner"
}

// Gap adds what is missing where it is missing.
func (n *Node) Gap(missing bool, words string) {
	if missing {
		n.Gaps = append(n.Gaps, words)
	}
}

// Source is what a store knows of links. Both read many names with few statements, and answer nothing of names that they do
// not know.
type Source interface {
	// Out passes on the links that lead from the names, in any order.
	Out(q Query, add func(Link)) error
	// In passes on the links that lead to the names, in any order.
	In(q Query, add func(Link)) error
	// Nodes are the service's own resources among names.
	Nodes(q Query, names []string) ([]Node, error)
}

// Page is one page of links, by their ends, and the resources at which they start.
type Page struct {
	Nodes []Node // those of the names and of the details, by name
	Links []Link
	Next  string // token of the next page, "" on the last
}

// Read reads the page that q asks for. It holds no more links at a time than twice a page, however many there are.
func Read(source Source, q Query) (p Page, err error) {
	c := collector{after: q.after, most: q.limit + 1}
	find := source.Out
	if q.In {
		find = source.In
	}
	if err := find(q, c.add); err != nil {
		return p, err
	}
	c.cut()
	p.Links = c.kept
	if len(p.Links) > q.limit {
		p.Links = p.Links[:q.limit]
		p.Next = q.token(p.Links[q.limit-1])
	}
	names := slices.Clone(q.Names)
	for _, l := range p.Links {
		names = append(names, l.From)
	}
	slices.Sort(names)
	if p.Nodes, err = source.Nodes(q, slices.Compact(names)); err != nil {
		return p, err
	}
	slices.SortFunc(p.Nodes, func(a, b Node) int { return strings.Compare(a.Name, b.Name) })
	return p, nil
}

// collector keeps the first links after one, each once.
type collector struct {
	after *Link
	most  int
	kept  []Link
}

func (c *collector) add(l Link) {
	if c.after != nil && compare(l, *c.after) <= 0 {
		return
	}
	if c.kept = append(c.kept, l); len(c.kept) >= 2*c.most {
		c.cut()
	}
}

func (c *collector) cut() {
	slices.SortFunc(c.kept, compare)
	c.kept = slices.CompactFunc(c.kept, func(a, b Link) bool { return compare(a, b) == 0 })
	c.kept = c.kept[:min(len(c.kept), c.most)]
}
