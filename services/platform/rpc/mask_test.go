package rpc_test

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/rpc"
)

func TestApplyMask(t *testing.T) {
	const stored = `name: "n" display_name: "old" currency_code: "USD" part { kind: "k" size: 1 } parts { kind: "p" } low: 1 high: 9 etag: "3" create_time: "then"`
	for _, c := range []struct {
		name, src string
		mask      []string
		want      string
		field     string // at fault
		detail    string
	}{
		{
			name: "no mask takes what is set", src: `display_name: "new" part { size: 2 } etag: "7" create_time: "now" name: "m"`,
			want: `name: "n" display_name: "new" currency_code: "USD" part { size: 2 } parts { kind: "p" } low: 1 high: 9 etag: "3" create_time: "then"`,
		},
		{name: "no mask, nothing set", src: ``, want: stored},
		{name: "named fields", src: `display_name: "new" low: 5`, mask: []string{"low"}, want: strings.Replace(stored, "low: 1", "low: 5", 1)},
		{name: "named but unset is cleared", src: ``, mask: []string{"display_name", "parts"}, want: `name: "n" currency_code: "USD" part { kind: "k" size: 1 } low: 1 high: 9 etag: "3" create_time: "then"`},
		{name: "nested", src: `part { kind: "new" size: 5 }`, mask: []string{"part.size"}, want: strings.Replace(stored, "size: 1", "size: 5", 1)},
		{name: "nested, unset", src: ``, mask: []string{"part.size"}, want: strings.Replace(stored, " size: 1", "", 1)},
		{name: "a list is replaced whole", src: `parts { kind: "q" } parts { kind: "r" }`, mask: []string{"parts"}, want: strings.Replace(stored, `parts { kind: "p" }`, `parts { kind: "q" } parts { kind: "r" }`, 1)},
		{name: "full replacement", src: `display_name: "new"`, mask: []string{"*"}, want: `name: "n" display_name: "new" currency_code: "USD" etag: "3" create_time: "then"`},
		{name: "server-owned fields may be named", src: `create_time: "now" state: "X" name: "m" etag: "9"`, mask: []string{"create_time", "state", "name", "etag"}, want: stored},
		{name: "immutable, the same", src: `currency_code: "USD" low: 2`, mask: []string{"currency_code", "low"}, want: strings.Replace(stored, "low: 1", "low: 2", 1)},
		{name: "immutable, changed", src: `currency_code: "EUR" low: 2`, want: stored, field: "currency_code", detail: "cannot change after creation"},
		{name: "unknown path", src: `low: 2`, mask: []string{"low", "lowest"}, want: stored, field: "update_mask", detail: `"lowest" is not a field that can be updated; use display_name, part, parts, low, high, related, children`},
		{name: "path through a list", src: `low: 2`, mask: []string{"parts.kind"}, want: stored, field: "update_mask", detail: "parts.kind"},
		{name: "path into a scalar", src: `low: 2`, mask: []string{"low.lower"}, want: stored, field: "update_mask", detail: "low.lower"},
		{name: "star among others", src: `low: 2`, mask: []string{"*", "low"}, want: stored, field: "update_mask", detail: "send it alone"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dst := message(t, "Thing", stored)
			err := rpc.ApplyMask(dst, message(t, "Thing", c.src), &fieldmaskpb.FieldMask{Paths: c.mask})
			if want := message(t, "Thing", c.want); !proto.Equal(dst, want) {
				t.Errorf("got  %v\nwant %v", dst, want)
			}
			if c.field == "" {
				if err != nil {
					t.Errorf("refused: %v", err)
				}
				return
			}
			f, ok := fault.As(err)
			if !ok || f.Kind != fault.Invalid || f.Reason != "INVALID_FIELDS" || len(f.Violations) != 1 || f.Violations[0].Field != c.field || !strings.Contains(f.Violations[0].Detail, c.detail) {
				t.Errorf("got %v, want %s: …%s…", err, c.field, c.detail)
			}
		})
	}
}

func TestApplyMaskSharesNothing(t *testing.T) {
	dst, src := message(t, "Thing", ``), message(t, "Thing", `part { kind: "a" }`)
	if err := rpc.ApplyMask(dst, src, nil); err != nil {
		t.Fatal(err)
	}
	part := src.Get(src.Descriptor().Fields().ByName("part")).Message()
	part.Clear(part.Descriptor().Fields().ByName("kind"))
	if want := message(t, "Thing", `part { kind: "a" }`); !proto.Equal(dst, want) {
		t.Errorf("a change to the request reached the resource: %v", dst)
	}
}
