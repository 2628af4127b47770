// Package wire converts between well-known proto types and plain Go values.
package wire

import (
	"fmt"
	"strings"
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
	values := zero.Descriptor().Values()
	v := values.ByName(protoreflect.Name(prefix(values) + string(text)))
	if v == nil {
		return zero
	}
	return E(v.Number())
}

// FromEnum is the value without its type's prefix, such as "ADOPTED"; "" for the unspecified one.
func FromEnum[T ~string, E enum](e E) T {
	if e == 0 {
		return ""
	}
	return T(strings.TrimPrefix(e.String(), prefix(e.Descriptor().Values())))
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
