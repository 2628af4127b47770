package sqlstore

import (
	"strconv"
	"strings"
)

var escape = strings.NewReplacer(`\`, `\\`, "\t", `\t`, "\n", `\n`)

var unescape = strings.NewReplacer(`\\`, `\`, `\t`, "\t", `\n`, "\n")

// textParser reads lines of tab-separated values. Values are cut from the text; they are not copied.
type textParser struct {
	rest    string // lines to come
	line    string // values to come
	escaped bool   // somewhere in the text
	err     error  // of the first number that is none
}

func newTextParser(text string) *textParser {
	return &textParser{rest: text, escaped: strings.IndexByte(text, '\\') >= 0}
}

func (p *textParser) nextLine() bool {
	if p.rest == "" {
		return false
	}
	p.line, p.rest, _ = strings.Cut(p.rest, "\n")
	return true
}

func (p *textParser) next() string {
	v := p.line
	if i := strings.IndexByte(v, '\t'); i >= 0 {
		v, p.line = v[:i], v[i+1:]
	} else {
		p.line = ""
	}
	if p.escaped && strings.IndexByte(v, '\\') >= 0 {
		return unescape.Replace(v)
	}
	return v
}

func (p *textParser) number() int64 {
	n, err := strconv.ParseInt(p.next(), 10, 64)
	if err != nil && p.err == nil {
		p.err = err
	}
	return n
}
