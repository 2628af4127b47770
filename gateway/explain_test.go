package gateway

import (
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"
	"pgregory.net/rapid"

	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
	goalsv1 "github.com/throughline/throughline/proto/gen/throughline/goals/v1"
)

// TestWhateverIsRefusedIsExplained: every text that protojson refuses has a violation with a field and a detail, and no
// more of them than a caller can use.
func TestWhateverIsRefusedIsExplained(t *testing.T) {
	t.Parallel()
	types := []protoreflect.MessageType{
		(&goalsv1.Plan{}).ProtoReflect().Type(), (&budgetingv1.Budget{}).ProtoReflect().Type(),
		(&budgetingv1.BatchUpsertProgramsRequest{}).ProtoReflect().Type(),
	}
	pieces := []string{
		"{", "}", "[", "]", ":", ",", " ", "\n", `"`, "null", "true", "1", "-0.5e9", `"text"`, `"\u12`, "\xff", "oops",
		`"displayName"`, `"display_name"`, `"kind"`, `"startDate":{"year":2026}`, `"envelopes":[{"available":{"units":"5"}}]`,
		`"alignedPlans":["a",1]`, `"createTime":"2026-07-01T00:00:00Z"`, `"createTime":7`, `"programs":[{`, `"etag":null`, `"moon":{}`,
	}
	rapid.Check(t, func(t *rapid.T) {
		text := ""
		if rapid.Bool().Draw(t, "object") {
			text = "{"
		}
		for _, piece := range rapid.SliceOfN(rapid.SampledFrom(pieces), 1, 30).Draw(t, "pieces") {
			text += piece
		}
		kind := rapid.SampledFrom(types).Draw(t, "type")
		if blank([]byte(text)) || decoding.Unmarshal([]byte(text), kind.New().Interface()) == nil {
			return
		}
		f := explain([]byte(text), kind, 1)
		if len(f.Violations) == 0 || len(f.Violations) > mostViolations {
			t.Fatalf("%q: %d violations", text, len(f.Violations))
		}
		for _, v := range f.Violations {
			if v.Field == "" && v.Detail == "" {
				t.Fatalf("%q: %+v", text, v)
			}
		}
	})
}

func TestPathsAreTheClients(t *testing.T) {
	t.Parallel()
	of := func(body protoreflect.Name) *route { return &route{body: body} }
	cases := []struct {
		name  string
		route *route
		field string
		want  string
	}{
		{"inside the body", of("plan"), "plan.period.end_date", "period.endDate"},
		{"the body", of("plan"), "plan", "body"},
		{"beside the body", of("plan"), "plan_id", "planId"},
		{"the request is the body", of("*"), "rows[3].period_start", "rows[3].periodStart"},
		{"no body", of(""), "page_size", "pageSize"},
		{"no route", nil, "page_size", "pageSize"},
		{"a header", of("plan"), "if-match", "if-match"},
		{"a map's key", of("*"), `labels["cost_center"].start_date`, `labels["cost_center"].startDate`},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := tc.route.jsonPath(tc.field); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}
