package rpc

import (
	"strings"

	"github.com/throughline/throughline/services/platform/fault"
)

// maxID is the longest id taken in a name.
const maxID = 128

// Pattern is a resource name pattern (AIP-122) such as "organizations/{organization}/plans/{plan}".
type Pattern struct {
	text     string
	segments []string // "{…}" is an id
}

// Name makes a pattern; keep it in a package variable.
func Name(pattern string) Pattern {
	return Pattern{text: pattern, segments: strings.Split(pattern, "/")}
}

// String is the pattern's text.
func (p Pattern) String() string { return p.text }

// Parse takes a name apart into its ids, in the pattern's order. A name of another shape is an Invalid fault on the
// request's field; "-" is refused, for it names no single resource.
func (p Pattern) Parse(field, name string) ([]string, error) {
	have := strings.Split(name, "/")
	ids := make([]string, 0, len(p.segments)/2)
	ok := len(have) == len(p.segments)
	for i := 0; ok && i < len(have); i++ {
		if !strings.HasPrefix(p.segments[i], "{") {
			ok = have[i] == p.segments[i]
			continue
		}
		ok = validID(have[i]) && have[i] != "-"
		ids = append(ids, have[i])
	}
	if !ok {
		var bad fault.Violations
		bad.Add(field, "%q is not a name of the form %s, with ids of letters, digits, '.', '_', '~' and '-'", clip(name), p.text)
		return nil, bad.Err()
	}
	return ids, nil
}

// Format puts ids into the pattern in its order. Ids come from Parse or the store; a missing one is left as its
// placeholder, which no Parse accepts.
func (p Pattern) Format(ids ...string) string {
	var b strings.Builder
	for i, segment := range p.segments {
		if i > 0 {
			b.WriteByte('/')
		}
		if strings.HasPrefix(segment, "{") && len(ids) > 0 {
			segment, ids = ids[0], ids[1:]
		}
		b.WriteString(segment)
	}
	return b.String()
}

func validID(id string) bool {
	if id == "" || len(id) > maxID {
		return false
	}
	for _, r := range []byte(id) {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', r == '-', r == '.', r == '_', r == '~':
		default:
			return false
		}
	}
	return true
}

// clip keeps an answer from repeating a megabyte of nonsense.
func clip(text string) string {
	if len(text) > 2*maxID {
		return strings.ToValidUTF8(text[:2*maxID], "") + "…"
	}
	return text
}
