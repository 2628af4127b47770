package gateway

import (
	"fmt"
	"strings"
)

// tree finds the route of a path, a segment at a time.
type tree struct {
	literal map[string]*tree
	any     *tree          // one segment, whatever it is
	ends    map[end]*route // of paths that end here
	rest    map[end]*route // of paths that go on
}

// end is what tells apart routes of the same segments: "POST" and the custom verb "adopt" of "plans/p:adopt", which may be "".
type end struct{ verb, custom string }

// deep is the wildcard for all the segments that follow.
const deep = "**"

// add puts a route in its place. Errors: another has it, or its template is of a form that no path could match.
func (t *tree) add(r *route) error {
	at, ends := t, &t.ends
	for i, segment := range r.segments {
		switch {
		case segment == deep && i == len(r.segments)-1:
			ends = &at.rest
			continue
		case strings.Contains(segment, deep):
			return fmt.Errorf("in %s, %s must be the last segment", r.template, deep)
		case segment == "*":
			if at.any == nil {
				at.any = &tree{}
			}
			at = at.any
		default:
			if at.literal == nil {
				at.literal = map[string]*tree{}
			}
			if at.literal[segment] == nil {
				at.literal[segment] = &tree{}
			}
			at = at.literal[segment]
		}
		ends = &at.ends
	}
	key := end{r.verb, r.custom}
	if other := (*ends)[key]; other != nil {
		return fmt.Errorf("%s %s is a route of %s already", r.verb, r.template, other.method.FullName())
	}
	if *ends == nil {
		*ends = map[end]*route{}
	}
	(*ends)[key] = r
	return nil
}

// find is the route of a path such as "/v1/organizations/o/plans/p:adopt", and the values of the fields that it binds; nil when there is none.
// An id may hold a colon: where no route has what follows it as its verb, it is part of the id. None begins with one, for then there would be none
// before the verb.
func (t *tree) find(verb, path string) (*route, []string) {
	if path == "" || path[0] != '/' {
		return nil, nil
	}
	slash, colon := strings.LastIndexByte(path, '/'), strings.LastIndexByte(path, ':')
	if colon > slash && path[slash+1] == ':' {
		return nil, nil
	}
	if colon > slash && colon < len(path)-1 {
		if r := t.under(path[1:colon], end{verb, path[colon+1:]}); r != nil {
			return r, r.values(path[1:colon])
		}
	}
	if r := t.under(path[1:], end{verb: verb}); r != nil {
		return r, r.values(path[1:])
	}
	return nil, nil
}

// under is the route of the rest of a path.
func (t *tree) under(path string, e end) *route {
	segment, after, more := strings.Cut(path, "/")
	if segment == "" {
		return nil
	}
	for _, next := range [...]*tree{t.literal[segment], t.any} {
		switch {
		case next == nil:
		case !more:
			if r := next.ends[e]; r != nil {
				return r
			}
		default:
			if r := next.under(after, e); r != nil {
				return r
			}
		}
	}
	return t.rest[e]
}

// values are those of the bound fields in a path that the route takes, without its first slash and its custom verb.
func (r *route) values(path string) []string {
	values := make([]string, len(r.bound))
	for i, b := range r.bound {
		value := path[past(path, b.first):]
		if b.count > 0 {
			value = strings.TrimSuffix(value[:past(value, b.count)], "/")
		}
		values[i] = value
	}
	return values
}

// past is where a path goes on after n segments.
func past(path string, n int) int {
	at := 0
	for range n {
		slash := strings.IndexByte(path[at:], '/')
		if slash < 0 {
			return len(path)
		}
		at += slash + 1
	}
	return at
}
