package sqldb

import (
	"strconv"
	"strings"
)

// numberPlaceholders writes each ? outside quotes and comments as $1, $2, ... and tells how many there are.
func numberPlaceholders(query string) (text string, n int) {
	var b strings.Builder
	b.Grow(len(query) + 16)
	eachPlain(query, func(plain bool, part string) {
		for plain {
			before, after, found := strings.Cut(part, "?")
			if !found {
				break
			}
			n++
			b.WriteString(before + "$" + strconv.Itoa(n))
			part = after
		}
		b.WriteString(part)
	})
	return b.String(), n
}

// eachPlain cuts SQL into parts that are plain and parts that are quoted text, quoted names or comments.
func eachPlain(sql string, visit func(plain bool, part string)) {
	from := 0
	for i := 0; i < len(sql); {
		end := opaque(sql[i:])
		if end == 0 {
			i++
			continue
		}
		visit(true, sql[from:i])
		visit(false, sql[i:i+end])
		i += end
		from = i
	}
	visit(true, sql[from:])
}

// opaque is how many bytes the quotation or comment has that sql begins with, 0 if it begins with none. A doubled quote inside makes two
// quotations that touch.
func opaque(sql string) int {
	var closing string
	open := 2
	switch {
	case sql[0] == '\'', sql[0] == '"':
		closing, open = sql[:1], 1
	case strings.HasPrefix(sql, "--"):
		closing = "\n"
	case strings.HasPrefix(sql, "/*"):
		closing = "*/"
	case strings.HasPrefix(sql, "$$"):
		closing = "$$"
	default:
		return 0
	}
	end := strings.Index(sql[open:], closing)
	if end < 0 {
		return len(sql)
	}
	return open + end + len(closing)
}
