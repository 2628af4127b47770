// Package listing turns the page_size, page_token, filter and order_by of a list request into SQL (AIP-132, AIP-158, AIP-160).
package listing

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/throughline/throughline/services/platform/fault"
)

// Page sizes (AIP-158): 0 asks for the default, more than the maximum gets the maximum.
const (
	DefaultPageSize = 50
	MaxPageSize     = 1000
)

// Type is how a field's values are written in a filter and kept in its column.
type Type int

// Types of fields.
const (
	Text  Type = iota // TEXT; also matched by `:`
	Int               // BIGINT
	Bool              // INTEGER 0 or 1
	Time              // RFC 3339 in filters; BIGINT, microseconds UTC
	Date              // YYYY-MM-DD in filters; TEXT
	Enum              // one of Values in filters, with or without Prefix; TEXT, without it and '' for UNSPECIFIED
	Names             // TEXT of many names, each ended by a line feed; `:` says that one of them is the value
)

// Field is one listed field of a resource. A sortable column must be NOT NULL: a NULL would drop out of the pages.
type Field struct {
	Column     string
	Type       Type
	Prefix     string   // of an Enum: what its values' names start with in the contract, such as PLAN_STATE_
	Values     []string // of an Enum: the values as stored, such as ADOPTED
	Filterable bool
	Sortable   bool
}

// Order is one sort key.
type Order struct {
	Field string
	Desc  bool
}

// Schema says what a resource's list can filter and sort by.
type Schema struct {
	Fields  map[string]Field
	Default []Order  // when order_by is empty; may itself be empty
	ID      []string // TEXT columns that tell apart all the rows of one list; the last sort keys, in this order
	Within  []Order  // where rows share their ID, such as revisions: what comes after it, in a direction of its own
}

// Request carries the list request's fields. Extra is whatever else selects the rows (parent, show_deleted, ...): a token answers only
// the request with the same Extra, filter and order.
type Request struct {
	PageSize  int32
	PageToken string
	Filter    string
	OrderBy   string
	Extra     string
}

// key is one resolved sort key.
type key struct {
	column string
	text   bool // else a number
	desc   bool
}

// Query is a checked request, ready to be rendered.
type Query struct {
	Limit int // rows of a page
	conds []condition
	keys  []key
	after []any // the sort keys of the last row seen, or nil on the first page
	hash  uint64
}

// Parse checks the request against the schema; its error lists everything that is wrong.
func Parse(r Request, s Schema) (Query, error) {
	if len(s.ID) == 0 {
		return Query{}, errors.New("list schema has no ID columns: pages would repeat or skip rows")
	}
	var v fault.Violations
	q := Query{Limit: int(r.PageSize), hash: hash(r)}
	switch {
	case r.PageSize < 0:
		v.Add("page_size", "must not be negative; leave it out for %d, at most %d", DefaultPageSize, MaxPageSize)
	case r.PageSize == 0:
		q.Limit = DefaultPageSize
	case r.PageSize > MaxPageSize:
		q.Limit = MaxPageSize
	}
	var err error
	if q.conds, err = parseFilter(r.Filter, s); err != nil {
		v.Add("filter", "%s", err)
	}
	if q.keys, err = parseOrder(r.OrderBy, s); err != nil {
		v.Add("order_by", "%s", err)
	} else if q.after, err = decodeToken(r.PageToken, q); err != nil {
		v.Add("page_token", "%s", err)
	}
	return q, v.Err()
}

func parseOrder(text string, s Schema) ([]key, error) {
	orders := s.Default
	if strings.TrimSpace(text) != "" {
		orders = nil
		for part := range strings.SplitSeq(text, ",") {
			words := strings.Fields(part)
			o := Order{}
			switch {
			case len(words) == 1:
			case len(words) == 2 && (words[1] == "desc" || words[1] == "asc"):
				o.Desc = words[1] == "desc"
			default:
				return nil, fmt.Errorf("%q is not a field followed by nothing or desc; write for example \"%s desc\"", strings.TrimSpace(part), first(s.sortable()))
			}
			o.Field = words[0]
			if f, ok := s.Fields[o.Field]; !ok || !f.Sortable {
				return nil, fmt.Errorf("%q cannot be sorted by; use %s", o.Field, choices(s.sortable()))
			}
			orders = append(orders, o)
		}
	}
	var keys []key
	for _, o := range orders {
		f, ok := s.Fields[o.Field]
		if !ok {
			return nil, fmt.Errorf("the default order names the unknown field %q", o.Field)
		}
		if slices.ContainsFunc(keys, func(k key) bool { return k.column == f.Column }) {
			return nil, fmt.Errorf("%q is given twice", o.Field)
		}
		keys = append(keys, f.key(o.Desc))
	}
	desc := len(keys) > 0 && keys[len(keys)-1].desc // the same direction lets one index serve the whole order
	for _, id := range s.ID {
		if !slices.ContainsFunc(keys, func(k key) bool { return k.column == id }) {
			keys = append(keys, key{id, true, desc})
		}
	}
	for _, o := range s.Within {
		f, ok := s.Fields[o.Field]
		if !ok {
			return nil, fmt.Errorf("the order within an id names the unknown field %q", o.Field)
		}
		keys = append(keys, f.key(o.Desc))
	}
	return keys, nil
}

func (f Field) key(desc bool) key {
	return key{f.Column, f.Type == Text || f.Type == Date || f.Type == Enum, desc}
}

func (s Schema) sortable() []string { return s.names(func(f Field) bool { return f.Sortable }) }

func (s Schema) filterable() []string { return s.names(func(f Field) bool { return f.Filterable }) }

func (s Schema) names(ok func(Field) bool) []string {
	var names []string
	for n, f := range s.Fields {
		if ok(f) {
			names = append(names, n)
		}
	}
	slices.Sort(names)
	return names
}

func choices(names []string) string {
	if len(names) == 0 {
		return "no field: this list has none to choose"
	}
	return strings.Join(names, ", ")
}

func first(names []string) string {
	if len(names) == 0 {
		return "field"
	}
	return names[0]
}
