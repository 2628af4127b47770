package listing

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Where is the condition for the page's rows, joined by AND, without the word WHERE; "" means all rows.
func (q Query) Where() (sql string, args []any) {
	var b strings.Builder
	for i, c := range q.conds {
		if i > 0 {
			b.WriteString(" AND ")
		}
		b.WriteString(c.sql())
		args = append(args, c.arg)
	}
	if q.after == nil {
		return b.String(), args
	}
	if b.Len() > 0 {
		b.WriteString(" AND ")
	}
	args = append(args, q.seek(&b)...)
	return b.String(), args
}

// seek writes "the sort keys come after the last row's": a row comparison, which an index serves, when all keys go the same way.
func (q Query) seek(b *strings.Builder) (args []any) {
	uniform := true
	for _, k := range q.keys {
		uniform = uniform && k.desc == q.keys[0].desc
	}
	if uniform {
		marks := strings.Repeat(", ?", len(q.keys))[2:]
		fmt.Fprintf(b, "(%s) %s (%s)", strings.Join(q.Columns(), ", "), q.keys[0].after(), marks)
		return append(args, q.after...)
	}
	b.WriteByte('(')
	for i, k := range q.keys {
		if i > 0 {
			b.WriteString(" OR ")
		}
		b.WriteByte('(')
		for j, prev := range q.keys[:i] {
			b.WriteString(prev.column + " = ? AND ")
			args = append(args, q.after[j])
		}
		b.WriteString(k.column + " " + k.after() + " ?)")
		args = append(args, q.after[i])
	}
	b.WriteByte(')')
	return args
}

func (k key) after() string {
	if k.desc {
		return "<"
	}
	return ">"
}

// OrderBy is the sort order, without the words ORDER BY.
func (q Query) OrderBy() string {
	var b strings.Builder
	for i, k := range q.keys {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(k.column)
		if k.desc {
			b.WriteString(" DESC")
		}
	}
	return b.String()
}

// Columns are the columns of the sort keys, in order; Token wants a row's values of them.
func (q Query) Columns() []string {
	columns := make([]string, len(q.keys))
	for i, k := range q.keys {
		columns[i] = k.column
	}
	return columns
}

const tokenVersion = 1

var errToken = errors.New("does not belong to this list with this filter and order; send the next_page_token of the last answer with the same request, or none to start again")

// hash binds a token to everything that selects and orders the rows; the page size may change between pages.
func hash(r Request) uint64 {
	h := sha256.New()
	for _, s := range []string{r.Filter, r.OrderBy, r.Extra} {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(s)))
		h.Write(n[:])
		h.Write([]byte(s))
	}
	return binary.BigEndian.Uint64(h.Sum(nil))
}

// Token is the next_page_token after a row with these values of Columns.
func (q Query) Token(values []any) (string, error) {
	if len(values) != len(q.keys) {
		return "", fmt.Errorf("page token: %d values for %d sort keys", len(values), len(q.keys))
	}
	b := binary.BigEndian.AppendUint64([]byte{tokenVersion}, q.hash)
	for i, k := range q.keys {
		if k.text {
			s, ok := asText(values[i])
			if !ok {
				return "", fmt.Errorf("page token: column %s holds %T, want text", k.column, values[i])
			}
			b = append(binary.AppendUvarint(b, uint64(len(s))), s...)
			continue
		}
		n, ok := asNumber(values[i])
		if !ok {
			return "", fmt.Errorf("page token: column %s holds %T, want a number", k.column, values[i])
		}
		b = binary.AppendVarint(b, n)
	}
	return base64.RawURLEncoding.EncodeToString(b), nil
}

func decodeToken(token string, q Query) ([]any, error) {
	if token == "" {
		return nil, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(b) < 9 || b[0] != tokenVersion || binary.BigEndian.Uint64(b[1:]) != q.hash {
		return nil, errToken
	}
	b = b[9:]
	after := make([]any, len(q.keys))
	for i, k := range q.keys {
		if k.text {
			n, w := binary.Uvarint(b)
			if w <= 0 || n > uint64(len(b)-w) {
				return nil, errToken
			}
			b = b[w:]
			after[i], b = string(b[:n]), b[n:]
			continue
		}
		n, w := binary.Varint(b)
		if w <= 0 {
			return nil, errToken
		}
		after[i], b = n, b[w:]
	}
	if len(b) != 0 {
		return nil, errToken
	}
	return after, nil
}

// asNumber is the stored form of a number, boolean, enum or time.
func asNumber(v any) (int64, bool) {
	switch n := v.(type) {
	case int64:
		return n, true
	case int:
		return int64(n), true
	case bool:
		if n {
			return 1, true
		}
		return 0, true
	case time.Time:
		return n.UnixMicro(), true
	}
	return reflectNumber(v)
}
