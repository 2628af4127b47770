package model

import (
	"bytes"
	"strconv"
	"sync"
	"unicode/utf8"

	"github.com/throughline/throughline/services/budgeting/internal/domain/money"
)

// encoder appends the canonical encodings: the JSON that encoding/json writes for the declared fields, HTML unescaped, without what follows from the
// rest (inputForm, planForm), at a tenth of its cost. The bytes are hashed and kept for good, so they are written here and depend on nobody's release
// notes. Keys are whole literals, comma, quotes and colon included; the opt methods leave out what omitempty leaves out.
type encoder struct{ b []byte }

// encoding is what write writes, about size bytes.
func encoding(size int, write func(*encoder)) []byte {
	e, _ := encoders.Get().(*encoder)
	if cap(e.b) < size {
		e.b = make([]byte, 0, size)
	}
	write(e)
	return e.b
}

// encodes says whether write writes b.
func encodes(write func(*encoder), b []byte) bool {
	again := encoding(len(b), write)
	defer Release(again)
	return bytes.Equal(again, b)
}

// encoders have the memory of encodings that nobody reads any more: megabytes where programs are thousands.
var encoders = sync.Pool{New: func() any { return &encoder{} }}

// Release gives the memory of an encoding to a later one. An encoding that is not released costs its memory, and nothing else.
func Release(b []byte) { encoders.Put(&encoder{b: b[:0]}) }

func (e *encoder) raw(s string) { e.b = append(e.b, s...) }

func (e *encoder) int(key string, v int64) { e.b = appendField(e.b, key, v) }

// appendField is for lists of thousands, which are written without going through the encoder for every field.
func appendField(b []byte, key string, v int64) []byte { return money.Append(append(b, key...), v) }

// appendUnless writes v where it is not the usual value.
func appendUnless(b []byte, usual int64, key string, v int64) []byte {
	if v == usual {
		return b
	}
	return appendField(b, key, v)
}

func (e *encoder) optInt(key string, v int64) {
	if v != 0 {
		e.int(key, v)
	}
}

func (e *encoder) bool(key string, v bool) {
	e.b = strconv.AppendBool(append(e.b, key...), v)
}

func (e *encoder) optBool(key string, v bool) {
	if v {
		e.bool(key, v)
	}
}

func (e *encoder) text(key, s string) {
	e.b = appendText(append(e.b, key...), s)
}

func (e *encoder) optText(key, s string) {
	if s != "" {
		e.text(key, s)
	}
}

func (e *encoder) texts(key string, all []string) {
	list(e, key, all, func(e *encoder, s *string) { e.text("", *s) })
}

func (e *encoder) optTexts(key string, all []string) {
	if len(all) > 0 {
		e.texts(key, all)
	}
}

// list writes nil as null, as encoding/json does.
func list[T any](e *encoder, key string, items []T, write func(*encoder, *T)) {
	e.raw(key)
	if items == nil {
		e.raw("null")
		return
	}
	e.b = append(e.b, '[')
	for i := range items {
		if i > 0 {
			e.b = append(e.b, ',')
		}
		write(e, &items[i])
	}
	e.b = append(e.b, ']')
}

func optList[T any](e *encoder, key string, items []T, write func(*encoder, *T)) {
	if len(items) > 0 {
		list(e, key, items, write)
	}
}

const hexDigits = "0123456789abcdef"

// appendText quotes a string. Only what JSON must escape is escaped, and the line separators U+2028 and U+2029; bytes that are not UTF-8 become
// the replacement character.
func appendText(b []byte, s string) []byte {
	b = append(b, '"')
	if isPlain(s) {
		return append(append(b, s...), '"')
	}
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		if c < utf8.RuneSelf {
			b = appendEscaped(append(b, s[start:i]...), c)
			i++
			start = i
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			b = append(append(b, s[start:i]...), `\ufffd`...)
			start = i + size
		case r == '\u2028' || r == '\u2029':
			b = append(append(b, s[start:i]...), `\u202`...)
			b = append(b, hexDigits[r&0xF])
			start = i + size
		}
		i += size
	}
	return append(append(b, s[start:]...), '"')
}

// isPlain says whether nothing in s needs a second look, as of nearly all ids.
func isPlain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func appendEscaped(b []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(b, '\\', c)
	case '\b':
		return append(b, `\b`...)
	case '\f':
		return append(b, `\f`...)
	case '\n':
		return append(b, `\n`...)
	case '\r':
		return append(b, `\r`...)
	case '\t':
		return append(b, `\t`...)
	default:
		return append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&0xF])
	}
}
