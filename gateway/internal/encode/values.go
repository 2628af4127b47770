package encode

import (
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"unicode/utf8"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"
)

var errText = errors.New("text is not UTF-8")

// writer is how to write a value of the field's kind.
func writer(fd protoreflect.FieldDescriptor) func([]byte, protoreflect.Value) ([]byte, error) {
	switch fd.Kind() {
	case protoreflect.StringKind:
		return func(to []byte, v protoreflect.Value) ([]byte, error) { return appendText(to, v.String()) }
	case protoreflect.BoolKind:
		return func(to []byte, v protoreflect.Value) ([]byte, error) { return strconv.AppendBool(to, v.Bool()), nil }
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
		return func(to []byte, v protoreflect.Value) ([]byte, error) { return strconv.AppendInt(to, v.Int(), 10), nil }
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
		return func(to []byte, v protoreflect.Value) ([]byte, error) {
			return strconv.AppendUint(to, v.Uint(), 10), nil
		}
	case protoreflect.Int64Kind, protoreflect.Sint64Kind, protoreflect.Sfixed64Kind: // a JavaScript number could not hold it
		return func(to []byte, v protoreflect.Value) ([]byte, error) {
			return append(strconv.AppendInt(append(to, '"'), v.Int(), 10), '"'), nil
		}
	case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		return func(to []byte, v protoreflect.Value) ([]byte, error) {
			return append(strconv.AppendUint(append(to, '"'), v.Uint(), 10), '"'), nil
		}
	case protoreflect.FloatKind:
		return func(to []byte, v protoreflect.Value) ([]byte, error) { return appendFloat(to, v.Float(), 32), nil }
	case protoreflect.DoubleKind:
		return func(to []byte, v protoreflect.Value) ([]byte, error) { return appendFloat(to, v.Float(), 64), nil }
	case protoreflect.BytesKind:
		return func(to []byte, v protoreflect.Value) ([]byte, error) {
			return append(base64.StdEncoding.AppendEncode(append(to, '"'), v.Bytes()), '"'), nil
		}
	case protoreflect.EnumKind:
		write := enumWriter(fd.Enum())
		return func(to []byte, v protoreflect.Value) ([]byte, error) { return write(to, v.Enum()), nil }
	case protoreflect.MessageKind, protoreflect.GroupKind:
	}
	p := planOf(fd.Message())
	return func(to []byte, v protoreflect.Value) ([]byte, error) { return p.append(to, v.Message()) }
}

// enumWriter writes the names of the values, and numbers that have none as they are.
func enumWriter(d protoreflect.EnumDescriptor) func([]byte, protoreflect.EnumNumber) []byte {
	if d.FullName() == "google.protobuf.NullValue" {
		return func(to []byte, _ protoreflect.EnumNumber) []byte { return append(to, null...) }
	}
	names := make([]string, d.Values().Len()) // by number, as most are counted from 0
	others := map[protoreflect.EnumNumber]string{}
	for i := d.Values().Len() - 1; i >= 0; i-- { // of aliases the first is the name
		number, name := d.Values().Get(i).Number(), `"`+string(d.Values().Get(i).Name())+`"`
		if number >= 0 && int(number) < len(names) {
			names[number] = name
		} else {
			others[number] = name
		}
	}
	return func(to []byte, n protoreflect.EnumNumber) []byte {
		var name string
		if n >= 0 && int(n) < len(names) {
			name = names[n]
		} else {
			name = others[n]
		}
		if name == "" {
			return strconv.AppendInt(to, int64(n), 10)
		}
		return append(to, name...)
	}
}

func (f *field) appendMap(to []byte, entries protoreflect.Map) (_ []byte, err error) {
	keys := make([]protoreflect.MapKey, 0, entries.Len())
	entries.Range(func(k protoreflect.MapKey, _ protoreflect.Value) bool {
		keys = append(keys, k)
		return true
	})
	slices.SortFunc(keys, compareKeys)
	to = append(to, '{')
	for i, k := range keys {
		if i > 0 {
			to = append(to, ',')
		}
		if to, err = appendText(to, k.String()); err != nil {
			return to, err
		}
		if to, err = f.value(append(to, ':'), entries.Get(k)); err != nil {
			return to, err
		}
	}
	return append(to, '}'), nil
}

// compareKeys puts false before true and numbers in their order, as protojson does.
func compareKeys(a, b protoreflect.MapKey) int {
	switch x := a.Interface().(type) {
	case bool:
		return cmp.Compare(strconv.FormatBool(x), b.String())
	case int32, int64:
		return cmp.Compare(a.Int(), b.Int())
	case uint32, uint64:
		return cmp.Compare(a.Uint(), b.Uint())
	default:
		return cmp.Compare(a.String(), b.String())
	}
}

func appendText(to []byte, text string) ([]byte, error) {
	if plainText(text) {
		return append(append(append(to, '"'), text...), '"'), nil
	}
	if !utf8.ValidString(text) {
		return to, errText
	}
	return quote(to, text), nil
}

const hex = "0123456789abcdef"

// quote writes text that is UTF-8. Nothing is escaped that need not be.
func quote(to []byte, text string) []byte {
	to = append(to, '"')
	done := 0
	for i := 0; i < len(text); i++ {
		if i+8 <= len(text) && unescaped(text[i:i+8]) {
			i += 7
			continue
		}
		c := text[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		to = append(append(to, text[done:i]...), '\\')
		done = i + 1
		switch c {
		case '"', '\\':
			to = append(to, c)
		case '\b':
			to = append(to, 'b')
		case '\f':
			to = append(to, 'f')
		case '\n':
			to = append(to, 'n')
		case '\r':
			to = append(to, 'r')
		case '\t':
			to = append(to, 't')
		default:
			to = append(to, 'u', '0', '0', hex[c>>4], hex[c&15])
		}
	}
	return append(append(to, text[done:]...), '"')
}

// plainText says that text is ASCII, none of it to be escaped: most is.
func plainText(text string) bool {
	at := 0
	for ; at+8 <= len(text); at += 8 {
		if !unescaped(text[at : at+8]) {
			return false
		}
	}
	for ; at < len(text); at++ {
		if c := text[at]; c < ' ' || c >= utf8.RuneSelf || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// unescaped says that none of eight bytes is to be escaped. It may doubt: of bytes beyond ASCII, and of those that follow one to be escaped.
func unescaped(eight string) bool {
	_ = eight[7]
	x := uint64(eight[0]) | uint64(eight[1])<<8 | uint64(eight[2])<<16 | uint64(eight[3])<<24 |
		uint64(eight[4])<<32 | uint64(eight[5])<<40 | uint64(eight[6])<<48 | uint64(eight[7])<<56
	const ones, high = 0x0101010101010101, 0x8080808080808080
	quotes, slashes := x^'"'*ones, x^'\\'*ones // a zero byte is found as one that a borrow reaches
	return (x|(x-' '*ones)|(quotes-ones)|(slashes-ones))&high == 0
}

// appendFloat writes numbers as JavaScript does (ECMA-262, Number::toString), and those that JSON lacks as text.
func appendFloat(to []byte, n float64, bits int) []byte {
	switch {
	case math.IsNaN(n):
		return append(to, `"NaN"`...)
	case math.IsInf(n, 1):
		return append(to, `"Infinity"`...)
	case math.IsInf(n, -1):
		return append(to, `"-Infinity"`...)
	}
	least, most := 1e-6, 1e21
	if bits == 32 {
		least, most = float64(float32(1e-6)), float64(float32(1e21))
	}
	size := math.Abs(n)
	if size == 0 || size >= least && size < most {
		return strconv.AppendFloat(to, n, 'f', -1, bits)
	}
	to = strconv.AppendFloat(to, n, 'e', -1, bits)
	if end := len(to); end >= 4 && string(to[end-4:end-1]) == "e-0" { // e-09 is written e-9
		to[end-2] = to[end-1]
		to = to[:end-1]
	}
	return to
}

// earliest and latest are the seconds of the years 1 to 9999.
const earliest, latest = -62135596800, 253402300799

// appendTime writes RFC 3339 with 0, 3, 6 or 9 digits of a second.
func appendTime(to []byte, m protoreflect.Message) ([]byte, error) {
	if t, ok := m.Interface().(*timestamppb.Timestamp); ok {
		return appendStamp(to, t)
	}
	return appendWellKnown(to, m)
}

func appendStamp(to []byte, t *timestamppb.Timestamp) ([]byte, error) {
	if t.GetSeconds() < earliest || t.GetSeconds() > latest || t.GetNanos() < 0 || t.GetNanos() > 999_999_999 {
		return to, fmt.Errorf("%d s and %d ns is no time of the years 1 to 9999", t.GetSeconds(), t.GetNanos())
	}
	const day = 24 * 60 * 60
	days, clock := int((t.GetSeconds()-earliest)/day), int((t.GetSeconds()-earliest)%day)
	year, month, dayOf := civil(days)
	to = append(two(two(append(to, '"'), year/100), year%100), '-')
	to = append(two(append(two(to, month), '-'), dayOf), 'T')
	to = two(append(two(append(two(to, clock/3600), ':'), clock/60%60), ':'), clock%60)
	if fraction := int(t.GetNanos()); fraction != 0 {
		digits := 9
		for fraction%1000 == 0 {
			fraction, digits = fraction/1000, digits-3
		}
		to = append(append(to, '.'), "000000000"[:digits]...)
		for i := len(to) - 1; fraction > 0; i-- {
			to[i] += byte(fraction % 10)
			fraction /= 10
		}
	}
	return append(to, 'Z', '"'), nil
}

// civil is the date so many days after 1 January of the year 1. Years are counted from March, so that the day that not all have is their last
// (E. G. Richards, Explanatory Supplement to the Astronomical Almanac, 2013, 15.11).
func civil(days int) (year, month, day int) {
	days += 306 // from 1 March of the year 0
	century := (4*days + 3) / 146_097
	days -= century * 146_097 / 4
	year = (4*days + 3) / 1461
	days -= year * 1461 / 4
	month = (5*days + 2) / 153 // from March
	day = days - (153*month+2)/5 + 1
	year += 100 * century
	if month += 3; month > 12 {
		month, year = month-12, year+1
	}
	return year, month, day
}

// two writes a number of two digits.
func two(to []byte, n int) []byte { return append(to, '0'+byte(n/10), '0'+byte(n%10)) }

func appendWellKnown(to []byte, m protoreflect.Message) ([]byte, error) {
	return wellKnown.MarshalAppend(to, m.Interface())
}
