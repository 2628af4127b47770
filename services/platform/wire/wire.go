// Package wire converts between well-known proto types and plain Go values, and names the metadata that every program knows.
package wire

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"google.golang.org/genproto/googleapis/type/date"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// Time is unset for the zero time.
func Time(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}

// FromTime is the zero time for an unset timestamp.
func FromTime(t *timestamppb.Timestamp) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.AsTime()
}

// Date is the date of "2027-07-01"; unset for "".
func Date[T ~string](day T) *date.Date {
	if day == "" {
		return nil
	}
	t, err := time.Parse(time.DateOnly, string(day))
	if err != nil {
		return nil
	}
	return &date.Date{Year: int32(t.Year()), Month: int32(t.Month()), Day: int32(t.Day())}
}

// FromDate is "2027-07-01", or "" when unset. A date that is no whole calendar day comes back as written, such as
// "2027-02-30", so that the domain can refuse it.
func FromDate[T ~string](d *date.Date) T {
	if d == nil {
		return ""
	}
	return T(fmt.Sprintf("%04d-%02d-%02d", d.GetYear(), d.GetMonth(), d.GetDay()))
}

// enum is a generated enum type.
type enum interface {
	~int32
	Descriptor() protoreflect.EnumDescriptor
	String() string
}

// Enum is the value that text, such as "ADOPTED", names in E; the unspecified one for "".
func Enum[E enum, T ~string](text T) E {
	var zero E
	if text == "" {
		return zero
	}
	return E(knownOf(zero.Descriptor()).numbers[string(text)])
}

// FromEnum is the value without its type's prefix, such as "ADOPTED"; "" for the unspecified one.
func FromEnum[T ~string, E enum](e E) T {
	if e == 0 {
		return ""
	}
	if word, ok := knownOf(e.Descriptor()).words[protoreflect.EnumNumber(e)]; ok {
		return T(word)
	}
	return T(e.String()) // its number
}

// known are the words of one enum, without the prefix; looking them up by their whole names costs more than the rest of a small message.
type known struct {
	numbers map[string]protoreflect.EnumNumber
	words   map[protoreflect.EnumNumber]string
}

// knowns by enum descriptor.
var knowns sync.Map

func knownOf(e protoreflect.EnumDescriptor) *known {
	if k, ok := knowns.Load(e); ok {
		k, _ := k.(*known)
		return k
	}
	k := &known{map[string]protoreflect.EnumNumber{}, map[protoreflect.EnumNumber]string{}}
	start := prefix(e.Values())
	for i := e.Values().Len() - 1; i >= 0; i-- { // of aliases the first is the name
		v := e.Values().Get(i)
		word, prefixed := strings.CutPrefix(string(v.Name()), start)
		if prefixed {
			k.numbers[word] = v.Number()
		}
		k.words[v.Number()] = word
	}
	knowns.Store(e, k)
	return k
}

// Words are what FromEnum can give, in the order of the contract, and what the names of the values start with.
func Words(e protoreflect.EnumDescriptor) (start string, words []string) {
	values := e.Values()
	start = prefix(values)
	for i := range values.Len() {
		if v := values.Get(i); v.Number() != 0 {
			words = append(words, strings.TrimPrefix(string(v.Name()), start))
		}
	}
	return start, words
}

// prefix is what all values of an enum start with (buf's ENUM_VALUE_PREFIX): that of its zero value PREFIX_UNSPECIFIED.
func prefix(values protoreflect.EnumValueDescriptors) string {
	return strings.TrimSuffix(string(values.ByNumber(0).Name()), "UNSPECIFIED")
}
