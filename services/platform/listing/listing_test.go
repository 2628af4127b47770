package listing_test

import (
	"encoding/base64"
	"fmt"
	"maps"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/listing"
)

var schema = listing.Schema{
	Fields: map[string]listing.Field{
		"title":       {Column: "title", Filterable: true, Sortable: true},
		"rank":        {Column: "rank", Type: listing.Int, Filterable: true, Sortable: true},
		"open":        {Column: "is_open", Type: listing.Bool, Filterable: true},
		"create_time": {Column: "created", Type: listing.Time, Filterable: true, Sortable: true},
		"period.end":  {Column: "period_end", Type: listing.Date, Filterable: true},
		"state":       {Column: "state", Type: listing.Enum, Prefix: "STATE_", Values: []string{"DRAFT", "ACTIVE"}, Filterable: true},
		"secret":      {Column: "secret"},
		"goals":       {Column: "goals", Type: listing.Names, Filterable: true},
	},
	Default: []listing.Order{{Field: "create_time", Desc: true}},
	ID:      []string{"goal_id"},
}

func TestFilter(t *testing.T) {
	july := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	tests := []struct {
		filter string
		where  string
		args   []any
	}{
		{"", "", nil},
		{"   ", "", nil},
		{`title = "Clean water"`, "title = ?", []any{"Clean water"}},
		{`title='it\'s "so"'`, "title = ?", []any{`it's "so"`}},
		{`title = AND`, "title = ?", []any{"AND"}},
		{`title:"50%_!*"`, "lower(title) LIKE ? ESCAPE '!'", []any{"50!%!_!!%"}},
		{`title : Wat`, "lower(title) LIKE ? ESCAPE '!'", []any{"%wat%"}},
		{`rank>=-3 AND rank<5`, "rank >= ? AND rank < ?", []any{int64(-3), int64(5)}},
		{`open = true`, "is_open = ?", []any{true}},
		{`create_time > 2026-07-01T02:00:00+02:00`, "created > ?", []any{july.UnixMicro()}},
		{`create_time <= "2026-07-01T00:00:00Z"`, "created <= ?", []any{july.UnixMicro()}},
		{`period.end < 2026-07-01`, "period_end < ?", []any{"2026-07-01"}},
		{`state != ACTIVE`, "state <> ?", []any{"ACTIVE"}},
		{`state = STATE_DRAFT`, "state = ?", []any{"DRAFT"}},
		{`state = "STATE_UNSPECIFIED"`, "state = ?", []any{""}},
		{`state = ""`, "state = ?", []any{""}},
		{`goals:"Plans/p_1/goals/park*"`, "lower('\n' || goals) LIKE ? ESCAPE '!'", []any{"%\nplans/p!_1/goals/park*\n%"}},
		{`title = "x'); DROP TABLE goals; --"`, "title = ?", []any{"x'); DROP TABLE goals; --"}},
	}
	for _, tt := range tests {
		t.Run(tt.filter, func(t *testing.T) {
			q, err := listing.Parse(listing.Request{Filter: tt.filter}, schema)
			if err != nil {
				t.Fatal(err)
			}
			if where, args := q.Where(); where != tt.where || !reflect.DeepEqual(args, tt.args) {
				t.Errorf("got %s %v, want %s %v", where, args, tt.where, tt.args)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	token := func() string {
		q, _ := listing.Parse(listing.Request{Filter: "rank = 1", Extra: "organizations/a"}, schema)
		s, err := q.Token([]any{int64(1), "g"})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}()
	tests := []struct {
		name   string
		r      listing.Request
		field  string
		detail string // part of it
	}{
		{"unknown field", listing.Request{Filter: "rnk = 1"}, "filter", `"rnk" cannot be filtered by; use create_time, goals, open, period.end, rank, state, title`},
		{"unlisted field", listing.Request{Filter: "secret = 1"}, "filter", `"secret" cannot be filtered by`},
		{"operator of another type", listing.Request{Filter: "state < ACTIVE"}, "filter", "state cannot be compared by <; use one of = !="},
		{"equals on names", listing.Request{Filter: "goals = x"}, "filter", "goals cannot be compared by =; use one of :"},
		{"has on a number", listing.Request{Filter: "rank:1"}, "filter", "rank cannot be compared by :"},
		{"no operator", listing.Request{Filter: "rank"}, "filter", `rank is followed by "the end" where an operator was expected`},
		{"no value", listing.Request{Filter: "rank ="}, "filter", "rank: the value is missing"},
		{"bad number", listing.Request{Filter: "rank = many"}, "filter", `rank: "many" is not a whole number`},
		{"bad boolean", listing.Request{Filter: "open = yes"}, "filter", `"yes" is neither true nor false`},
		{"bad time", listing.Request{Filter: "create_time > yesterday"}, "filter", `"yesterday" is not a time such as "2026-07-01T00:00:00Z"`},
		{"bad date", listing.Request{Filter: "period.end = 2026-02-30"}, "filter", `"2026-02-30" is not a date`},
		{"bad enum", listing.Request{Filter: "state = OPEN"}, "filter", `"OPEN" is not one of STATE_DRAFT, STATE_ACTIVE`},
		{"unclosed text", listing.Request{Filter: `title = "x`}, "filter", "title: the quoted text is not closed"},
		{"or", listing.Request{Filter: "rank = 1 OR rank = 2"}, "filter", `has "OR" where AND was expected`},
		{"parentheses", listing.Request{Filter: "(rank = 1)"}, "filter", `has "(rank = 1)" where a field was expected`},
		{"not", listing.Request{Filter: "NOT rank = 1"}, "filter", `has "NOT" where a field was expected`},
		{"trailing and", listing.Request{Filter: "rank = 1 AND "}, "filter", ""},
		{"too long", listing.Request{Filter: `title = "` + strings.Repeat("x", 3000) + `"`}, "filter", "longer than 2000 bytes"},
		{"too many", listing.Request{Filter: strings.Repeat("rank = 1 AND ", 20) + "rank = 1"}, "filter", "more than 20 conditions"},
		{"unsortable", listing.Request{OrderBy: "state"}, "order_by", `"state" cannot be sorted by; use create_time, rank, title`},
		{"bad direction", listing.Request{OrderBy: "rank down"}, "order_by", `"rank down" is not a field followed by nothing or desc`},
		{"empty term", listing.Request{OrderBy: "rank,"}, "order_by", `"" is not a field`},
		{"twice", listing.Request{OrderBy: "rank, rank desc"}, "order_by", `"rank" is given twice`},
		{"negative size", listing.Request{PageSize: -1}, "page_size", "must not be negative"},
		{"garbage token", listing.Request{PageToken: "garbage!"}, "page_token", "does not belong to this list"},
		{"other filter", listing.Request{PageToken: token, Filter: "rank = 2", Extra: "organizations/a"}, "page_token", "does not belong to this list"},
		{"other parent", listing.Request{PageToken: token, Filter: "rank = 1", Extra: "organizations/b"}, "page_token", "does not belong to this list"},
		{"other order", listing.Request{PageToken: token, Filter: "rank = 1", Extra: "organizations/a", OrderBy: "rank"}, "page_token", "does not belong to this list"},
		{"cut token", listing.Request{PageToken: token[:len(token)-1], Filter: "rank = 1", Extra: "organizations/a"}, "page_token", "does not belong to this list"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := listing.Parse(tt.r, schema)
			e, ok := fault.As(err)
			if !ok || e.Kind != fault.Invalid || len(e.Violations) != 1 {
				t.Fatalf("error is %v", err)
			}
			if v := e.Violations[0]; v.Field != tt.field || !strings.Contains(v.Detail, tt.detail) || strings.Contains(v.Detail, "\n") {
				t.Errorf("%s: %s", v.Field, v.Detail)
			}
		})
	}
	t.Run("everything at once", func(t *testing.T) {
		_, err := listing.Parse(listing.Request{PageSize: -1, Filter: "x", OrderBy: "y", PageToken: "z"}, schema)
		if e, ok := fault.As(err); !ok || len(e.Violations) != 3 { // the token cannot be judged without the order
			t.Errorf("error is %v", err)
		}
	})
	t.Run("schema without id", func(t *testing.T) {
		if _, err := listing.Parse(listing.Request{}, listing.Schema{}); err == nil || fault.Is(err, fault.Invalid) {
			t.Errorf("error is %v", err)
		}
	})
}

func TestOrderAndSeek(t *testing.T) {
	tests := []struct {
		order   string
		orderBy string
		last    []any
		where   string
		args    []any
	}{
		{"", "created DESC, goal_id DESC", []any{time.UnixMicro(9), "g"}, "(created, goal_id) < (?, ?)", []any{int64(9), "g"}},
		{"title", "title, goal_id", []any{"T", "g"}, "(title, goal_id) > (?, ?)", []any{"T", "g"}},
		{
			" rank  desc , title asc", "rank DESC, title, goal_id",
			[]any{int64(3), "T", "g"},
			"((rank < ?) OR (rank = ? AND title > ?) OR (rank = ? AND title = ? AND goal_id > ?))",
			[]any{int64(3), int64(3), "T", int64(3), "T", "g"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.order, func(t *testing.T) {
			q, err := listing.Parse(listing.Request{OrderBy: tt.order}, schema)
			if err != nil {
				t.Fatal(err)
			}
			if q.OrderBy() != tt.orderBy {
				t.Errorf("order is %s, want %s", q.OrderBy(), tt.orderBy)
			}
			token, err := q.Token(tt.last)
			if err != nil {
				t.Fatal(err)
			}
			if q, err = listing.Parse(listing.Request{OrderBy: tt.order, PageToken: token, PageSize: 7}, schema); err != nil {
				t.Fatal(err)
			}
			if where, args := q.Where(); where != tt.where || !reflect.DeepEqual(args, tt.args) {
				t.Errorf("got %s %v, want %s %v", where, args, tt.where, tt.args)
			}
		})
	}
}

// Revisions of one row come oldest first, whichever way the rows go.
func TestOrderWithin(t *testing.T) {
	revised := schema
	revised.Fields = maps.Clone(schema.Fields)
	revised.Fields["revision"] = listing.Field{Column: "revision", Type: listing.Int}
	revised.Within = []listing.Order{{Field: "revision"}}
	request := listing.Request{OrderBy: "title desc"}
	q, err := listing.Parse(request, revised)
	if err != nil || q.OrderBy() != "title DESC, goal_id DESC, revision" {
		t.Fatalf("order is %s, %v", q.OrderBy(), err)
	}
	if request.PageToken, err = q.Token([]any{"T", "g", 2}); err != nil {
		t.Fatal(err)
	}
	if q, err = listing.Parse(request, revised); err != nil {
		t.Fatal(err)
	}
	want := "((title < ?) OR (title = ? AND goal_id < ?) OR (title = ? AND goal_id = ? AND revision > ?))"
	if where, args := q.Where(); where != want || !reflect.DeepEqual(args, []any{"T", "T", "g", "T", "g", int64(2)}) {
		t.Errorf("got %s %v, want %s", where, args, want)
	}
	revised.Within[0].Field = "none"
	if _, err := listing.Parse(request, revised); err == nil {
		t.Error("an unknown field was taken")
	}
}

func TestPageSize(t *testing.T) {
	for asked, want := range map[int32]int{0: 50, 1: 1, 1000: 1000, 1001: 1000, 1 << 30: 1000} {
		q, err := listing.Parse(listing.Request{PageSize: asked}, schema)
		if err != nil || q.Limit != want {
			t.Errorf("page size %d: limit %d, %v; want %d", asked, q.Limit, err, want)
		}
	}
}

type goalID string

func TestTokenRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := listing.Request{OrderBy: "rank, title desc, create_time", Extra: rapid.String().Draw(t, "extra")}
		q, err := listing.Parse(r, schema)
		if err != nil {
			t.Fatal(err)
		}
		rank, title, at, id := rapid.Int64().Draw(t, "rank"), rapid.String().Draw(t, "title"), rapid.Int64().Draw(t, "at"), rapid.String().Draw(t, "id")
		if r.PageToken, err = q.Token([]any{rank, title, time.UnixMicro(at), goalID(id)}); err != nil {
			t.Fatal(err)
		}
		if q, err = listing.Parse(r, schema); err != nil {
			t.Fatal(err)
		}
		_, args := q.Where()
		last := args[len(args)-4:]
		if want := []any{rank, title, at, id}; !reflect.DeepEqual(last, want) {
			t.Fatalf("keys come back as %v, want %v", last, want)
		}
	})
}

func TestStrangeInputIsAnsweredNotPanickedAt(t *testing.T) {
	valid, _ := listing.Parse(listing.Request{}, schema)
	token, _ := valid.Token([]any{int64(1), "goal"})
	raw, _ := base64.RawURLEncoding.DecodeString(token)
	rapid.Check(t, func(t *rapid.T) {
		tail := rapid.SliceOf(rapid.Byte()).Draw(t, "tail")
		r := listing.Request{PageToken: base64.RawURLEncoding.EncodeToString(append(raw[:9:9], tail...))}
		if _, err := listing.Parse(r, schema); err != nil && !fault.Is(err, fault.Invalid) {
			t.Fatal(err)
		}
		filter := rapid.StringMatching(`(rank|title|state|x|AND|OR|=|<|:|"|'|\\| |\(|1|é){0,8}`).Draw(t, "filter")
		if _, err := listing.Parse(listing.Request{Filter: filter}, schema); err != nil && !fault.Is(err, fault.Invalid) {
			t.Fatal(err)
		}
	})
}

func TestTokenWantsTheRightValues(t *testing.T) {
	q, err := listing.Parse(listing.Request{OrderBy: "rank"}, schema)
	if err != nil {
		t.Fatal(err)
	}
	for _, values := range [][]any{{int64(1)}, {"1", "g"}, {int64(1), 2}, {nil, "g"}, {int64(1), nil}} {
		if _, err := q.Token(values); err == nil {
			t.Errorf("token of %s was made", fmt.Sprint(values...))
		}
	}
}
