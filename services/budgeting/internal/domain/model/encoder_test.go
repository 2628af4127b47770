package model_test

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
)

// reference is what the encodings are defined by: encoding/json without HTML escapes and without the newline at the end.
func reference(t *testing.T, v any) []byte {
	t.Helper()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		t.Fatal(err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// scraps are what strings are made of: plain, escaped, and not text at all.
var scraps = []string{
	"", "a", "Fund 12", `"`, `\`, "/", "<b>&amp;</b>", "\x00", "\x1f", "\x7f", "\b\f\n\r\t\v", "é", "日本", "😀", "\u2027\u2028\u2029\u202a", "\ufffd", "\ufeff",
	"\x80", "\xc3", "\xe2\x80", "\xf0\x9f\x98", "\xed\xa0\x80", "\xff",
}

func randomText(r *rand.Rand) string {
	var b strings.Builder
	for range r.IntN(5) {
		if r.IntN(3) == 0 {
			b.WriteByte(byte(r.IntN(256)))
		} else {
			b.WriteString(scraps[r.IntN(len(scraps))])
		}
	}
	return b.String()
}

func randomInt(r *rand.Rand) int64 {
	return []int64{0, 0, 1, -1, r.Int64N(1 << 40), -r.Int64N(1 << 20), math.MaxInt64, math.MinInt64}[r.IntN(8)]
}

// fill gives every field that the type has a random value, so that a field which an encoder forgets is noticed.
func fill(r *rand.Rand, v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for _, field := range v.Fields() {
			fill(r, field)
		}
	case reflect.Slice:
		if r.IntN(4) > 0 {
			v.Set(reflect.MakeSlice(v.Type(), r.IntN(4), 4))
			for i := range v.Len() {
				fill(r, v.Index(i))
			}
		}
	case reflect.Pointer:
		if r.IntN(2) == 0 {
			v.Set(reflect.New(v.Type().Elem()))
			fill(r, v.Elem())
		}
	case reflect.String:
		v.SetString(randomText(r))
	case reflect.Bool:
		v.SetBool(r.IntN(2) == 0)
	default:
		v.SetInt(randomInt(r))
	}
}

// written is v with other values in the place of some fields, which are left out where the value is nil.
func written(v any, others map[string]any) any {
	from := reflect.ValueOf(v)
	var fields []reflect.StructField
	var values []reflect.Value
	for i := range from.NumField() {
		field, value := from.Type().Field(i), from.Field(i)
		if other, ok := others[field.Name]; ok {
			if other == nil {
				continue
			}
			value = reflect.ValueOf(other)
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			field.Type, field.Tag = value.Type(), reflect.StructTag(`json:"`+name+`"`)
		}
		fields, values = append(fields, field), append(values, value)
	}
	out := reflect.New(reflect.StructOf(fields)).Elem()
	for i := range values {
		out.Field(i).Set(values[i])
	}
	return out.Interface()
}

// unless is nil for a usual value.
func unless[T comparable](usual, v T) any {
	if v == usual {
		return nil
	}
	return v
}

// all applies a form to every item; nil stays null.
func all[T any](items []T, form func(int, T) any) []any {
	if items == nil {
		return nil
	}
	out := []any{}
	for i, item := range items {
		out = append(out, form(i, item))
	}
	return out
}

func inputForm(in model.Input) any {
	return written(in, map[string]any{"Programs": all(in.Programs, func(_ int, p model.Program) any {
		others := map[string]any{"CostLines": all(p.CostLines, func(i int, l model.CostLine) any {
			// The fund comes first, because every line has one.
			return struct {
				Fund      string          `json:"fund"`
				ID        string          `json:"id"`
				Treatment model.Treatment `json:"treatment"`
				Amount    int64           `json:"amount"`
				OneTime   bool            `json:"one_time,omitempty"`
			}{l.Fund, l.ID, l.Treatment, l.Amount, l.OneTime}
		})}
		_ = others
		return nil
	})})
}
func TestInputsAndPlansAreEncodedAsEncodingJSONDoes(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for range 4000 {
		var in model.Input
		fill(r, reflect.ValueOf(&in).Elem())
		if r.IntN(2) == 0 {
			in = in.Normalize()
		}
		if got, _ := in.Canonical(); !bytes.Equal(got, reference(t, in.Normalize())) {
			t.Fatalf("input\n%s\nwant\n%s", got, reference(t, in.Normalize()))
		}
		var plan model.Plan
		fill(r, reflect.ValueOf(&plan).Elem())
		got, _ := plan.Encode()
		if !bytes.Equal(got, reference(t, plan)) {
			t.Fatalf("plan\n%s\nwant\n%s", got, reference(t, plan))
		}
		if hash, _ := plan.Hash(); hash != model.Digest(got) {
			t.Fatalf("hash %s of\n%s", hash, got)
		}
	}
}

func FuzzTextIsEncodedAsEncodingJSONDoes(f *testing.F) {
	for _, s := range scraps {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		plan := model.Plan{InputHash: s}
		if got, _ := plan.Encode(); !bytes.Equal(got, reference(t, plan)) {
			t.Fatalf("plan\n%s\nwant\n%s", got, reference(t, plan))
		}
	})
}
