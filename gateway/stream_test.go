package gateway_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"

	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
	performancev1 "github.com/throughline/throughline/proto/gen/throughline/performance/v1"
)

const (
	record = "/v1/observations:record"
	lines  = "/v1/organizations/okc/budgets/fy16/allocations/a/lines:stream"
	ndjson = "Content-Type: application/x-ndjson"
)

type recording = grpc.ClientStreamingServer[performancev1.RecordObservationsRequest, performancev1.RecordObservationsResponse]

// counting accepts every row; messages tells what it got.
func counting(messages *[]string) func(recording) error {
	return func(s recording) error {
		var rows int64
		for {
			m, err := s.Recv()
			if errors.Is(err, io.EOF) {
				return s.SendAndClose(&performancev1.RecordObservationsResponse{Accepted: rows})
			}
			if err != nil {
				return err
			}
			rows += int64(len(m.GetRows()))
			*messages = append(*messages, fmt.Sprintf("%s:%d", m.GetParent(), len(m.GetRows())))
		}
	}
}

func TestUpload(t *testing.T) {
	t.Parallel()
	var messages []string
	front := start(t, &city{record: counting(&messages)})
	row := `{"measure":"m","periodStart":{"year":2026,"month":1,"day":1},"value":1.5}`
	body := `{"parent":"organizations/okc","rows":[` + row + `,` + row + `]}` + "\n\n" + `{"parent":"organizations/okc","rows":[` + row + `]}`
	got := send(t, front, "POST", record, body, ndjson)
	if got.status != 200 || !strings.Contains(strings.ReplaceAll(got.body, " ", ""), `"accepted":"3"`) || got.header.Get("Content-Type") != "application/json" {
		t.Errorf("got %d %s", got.status, got.body)
	}
	if all := strings.Join(messages, " "); all != "organizations/okc:2 organizations/okc:1" {
		t.Errorf("the service got %s", all)
	}
}

func TestUploadIsCappedPerLine(t *testing.T) {
	t.Parallel()
	var messages []string
	front := start(t, &city{record: counting(&messages)})
	line := `{"parent":"` + strings.Repeat("o", 3000) + `"}` + "\n"
	if got := send(t, front, "POST", record, strings.Repeat(line, 5), ndjson); got.status != 200 || len(messages) != 5 {
		t.Errorf("many lines: got %d %s", got.status, got.body)
	}
	got := send(t, front, "POST", record, line+`{"parent":"`+strings.Repeat("o", 5000)+`"}`, ndjson)
	if p := got.problem(t); got.status != 413 || !strings.Contains(p.Detail, "lines before line 2") {
		t.Errorf("long line: got %d %s", got.status, got.body)
	}
}

func TestBadLine(t *testing.T) {
	t.Parallel()
	var messages []string
	front := start(t, &city{record: counting(&messages)})
	body := `{"parent":"organizations/okc"}` + "\n" + `{"rows":[{"measure":"m"},{"value":"much","when":1}]}` + "\n"
	got := send(t, front, "POST", record, body, ndjson)
	p := got.problem(t)
	if got.status != 400 || p.Reason != "INVALID_BODY" || p.fields() != "rows[1].value rows[1].when" {
		t.Errorf("got %d %s", got.status, got.body)
	}
	if !strings.Contains(got.body, "line 2, column 35: must be a number") || !strings.Contains(p.Detail, "sending them again records nothing twice") {
		t.Errorf("got %s", got.body)
	}
}

func TestUploadThatTheServiceRefuses(t *testing.T) {
	t.Parallel()
	front := start(t, &city{record: func(s recording) error {
		if _, err := s.Recv(); err != nil {
			return err
		}
		return failure(codes.PermissionDenied, "FOREIGN_ORGANIZATION", "not yours", bad("rows[0].period_start"))
	}})
	got := send(t, front, "POST", record, strings.Repeat(`{"parent":"organizations/tulsa"}`+"\n", 50), ndjson)
	if p := got.problem(t); got.status != 403 || p.Reason != "FOREIGN_ORGANIZATION" || p.fields() != "rows[0].periodStart" {
		t.Errorf("got %d %s", got.status, got.body)
	}
}

type streaming = grpc.ServerStreamingServer[budgetingv1.StreamAllocationLinesResponse]

func page(program string) *budgetingv1.StreamAllocationLinesResponse {
	return &budgetingv1.StreamAllocationLinesResponse{Lines: []*budgetingv1.AllocationLine{{Program: program}}}
}

func TestDownload(t *testing.T) {
	t.Parallel()
	broken := failure(codes.Unavailable, "UNAVAILABLE", "gone")
	cases := []struct {
		name   string
		pages  []string
		err    error
		status int
		want   []string // what each line holds
	}{
		{"empty", nil, nil, 200, nil},
		{"two messages", []string{"a", "b"}, nil, 200, []string{`"program":"a"`, `"program":"b"`}},
		{"refused at once", nil, failure(codes.NotFound, "RESOURCE_NOT_FOUND", "no"), 404, []string{`"reason":"RESOURCE_NOT_FOUND"`}},
		{"broken in the middle", []string{"a"}, broken, 200, []string{`"program":"a"`, `{"error":{"type":"about:blank","title":"ServiceUnavailable","status":503,`}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got := send(t, start(t, &city{stream: func(s streaming) error {
				_ = s.SetHeader(metadata.Pairs("x-leak", "1"))
				for _, p := range tc.pages {
					if err := s.Send(page(p)); err != nil {
						return err
					}
				}
				return tc.err
			}}), "GET", lines, "")
			var read []string
			if got.body != "" {
				read = strings.Split(strings.TrimSuffix(strings.ReplaceAll(got.body, " ", ""), "\n"), "\n")
			}
			if got.status != tc.status || len(read) != len(tc.want) || got.header.Get("X-Leak") != "" {
				t.Fatalf("got %d %v %q", got.status, got.header, read)
			}
			for i, want := range tc.want {
				if !strings.Contains(read[i], want) || strings.Contains(read[i], `"result"`) {
					t.Errorf("line %d = %s, want %s", i, read[i], want)
				}
			}
			if tc.status == 200 && got.header.Get("Content-Type") != "application/x-ndjson" {
				t.Errorf("content type = %q", got.header.Get("Content-Type"))
			}
			if tc.status != 200 {
				got.problem(t)
			}
		})
	}
}
