package resource

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// JSON is a small list or struct as the text of one column; nil slices are "null".
func JSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil { // only for types that JSON cannot hold, which no column has
		return "null"
	}
	return string(b)
}

// FromJSON reads what JSON wrote.
func FromJSON(text string, into any) error {
	if text == "null" { // of a nil slice, as most are: it leaves into as it is
		return nil
	}
	if list, ok := into.(*[]string); ok {
		if items, ok := plainList(text); ok {
			*list = items
			return nil
		}
	}
	if err := json.Unmarshal([]byte(text), into); err != nil {
		return fmt.Errorf("read a JSON column: %w", err)
	}
	return nil
}

// plainList reads a list of texts in which nothing is escaped, as most are, in a fraction of the time; not ok says that it is no such list.
func plainList(text string) (items []string, ok bool) {
	rest, ok := strings.CutPrefix(text, "[")
	if !ok || strings.IndexByte(text, '\\') >= 0 || !utf8.ValidString(text) {
		return nil, false
	}
	if rest == "]" {
		return []string{}, true
	}
	for {
		item, after, ended := strings.Cut(strings.TrimPrefix(rest, `"`), `"`)
		if !ended || rest[0] != '"' || strings.ContainsFunc(item, func(r rune) bool { return r < ' ' }) {
			return nil, false
		}
		items = append(items, item)
		switch {
		case after == "]":
			return items, true
		case strings.HasPrefix(after, `,"`):
			rest = after[1:]
		default:
			return nil, false
		}
	}
}
