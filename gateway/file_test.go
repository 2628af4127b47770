package gateway_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"

	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
)

const exportPath = "/v1/organizations/okc/budgets/fy16/allocations/a:export"

type exporting = grpc.ServerStreamingServer[httpbody.HttpBody]

// exported sends the pieces of a file of this type under this name, then err.
func exported(media, disposition string, err error, pieces ...string) *city {
	return &city{export: func(s exporting) error {
		_ = s.SetHeader(metadata.Pairs("content-disposition", disposition, "x-leak", "1"))
		for i, p := range pieces {
			m := &httpbody.HttpBody{Data: []byte(p)}
			if i == 0 {
				m.ContentType = media
			}
			if err := s.Send(m); err != nil {
				return err
			}
		}
		return err
	}}
}

func TestFile(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name               string
		media, disposition string
		pieces             []string
		wantMedia, want    string
		body               string
	}{
		{
			"in pieces", "text/csv; charset=utf-8; header=present", `attachment; filename="fy16-a.csv"`,
			[]string{"a,b\r\n", "1,\"\xff\"\r\n"},
			"text/csv; charset=utf-8; header=present", "attachment; filename=fy16-a.csv", "a,b\r\n1,\"\xff\"\r\n",
		},
		{"empty", "", `attachment; filename="x"`, nil, "application/octet-stream", "attachment; filename=x", ""},
		{"with a bad type and no name", "text/html\r\nX: y", "inline", []string{"<script>"}, "application/octet-stream", "attachment", "<script>"},
		{"with a name for other alphabets", "application/zip", "attachment; filename*=utf-8''b%C3%BCdget.zip", []string{"z"}, "application/zip", "attachment; filename*=utf-8''b%C3%BCdget.zip", "z"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got := send(t, start(t, exported(tc.media, tc.disposition, nil, tc.pieces...)), "GET", exportPath+"?format=CSV", "")
			if got.status != 200 || got.body != tc.body || got.header.Get("Content-Type") != tc.wantMedia || got.header.Get("Content-Disposition") != tc.want {
				t.Errorf("got %d %v %q", got.status, got.header, got.body)
			}
			if got.header.Get("X-Leak") != "" || got.header.Get("Cache-Control") != "no-store" || got.header.Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("headers %v", got.header)
			}
		})
	}
}

func TestFileThatTheServiceRefuses(t *testing.T) {
	t.Parallel()
	refused := failure(codes.FailedPrecondition, "ACCOUNTS_MISSING", "no accounts", bad("suspense_account"))
	got := send(t, start(t, exported("text/csv", "attachment; filename=x", refused)), "GET", exportPath+"?format=EXPORT_FORMAT_ERP", "")
	if p := got.problem(t); got.status != 409 || p.Reason != "ACCOUNTS_MISSING" || p.fields() != "suspenseAccount" || got.header.Get("Content-Disposition") != "" {
		t.Errorf("got %d %v %s", got.status, got.header, got.body)
	}
	got = send(t, start(t, exported("text/csv", "", nil)), "GET", exportPath+"?format=DOC&sheets=1", "")
	if p := got.problem(t); got.status != 400 || p.fields() != "format sheets" || !strings.Contains(got.body, "EXPORT_FORMAT_XLSX") {
		t.Errorf("got %d %s", got.status, got.body)
	}
}

// A file that ends early is no file: the connection is broken off.
func TestFileThatBreaks(t *testing.T) {
	t.Parallel()
	front := start(t, exported("text/csv", "attachment; filename=x", failure(codes.Unavailable, "UNAVAILABLE", "gone"), strings.Repeat("x", 100_000)))
	request, err := http.NewRequestWithContext(t.Context(), "GET", front.URL+exportPath+"?format=CSV", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := front.Client().Do(request)
	if err != nil {
		return // before the header
	}
	defer response.Body.Close()
	if read, err := io.ReadAll(response.Body); err == nil {
		t.Errorf("%d bytes ended as if they were whole", len(read))
	}
}

// Values of enums may leave out what all of them begin with, in unary calls too.
func TestShortEnums(t *testing.T) {
	t.Parallel()
	c := exported("application/zip", "attachment", nil, "z")
	send(t, start(t, c), "GET", exportPath+"?format=ERP&spreadRule=FIRST_ACCOUNT&account_version=LINE_ITEM_VERSION_ADOPTED", "")
	c.mu.Lock()
	asked, _ := c.request.(*budgetingv1.ExportAllocationRequest)
	c.mu.Unlock()
	if asked.GetName() != "organizations/okc/budgets/fy16/allocations/a" || asked.GetFormat() != budgetingv1.ExportFormat_EXPORT_FORMAT_ERP ||
		asked.GetSpreadRule() != budgetingv1.SpreadRule_SPREAD_RULE_FIRST_ACCOUNT || asked.GetAccountVersion() != budgetingv1.LineItemVersion_LINE_ITEM_VERSION_ADOPTED {
		t.Errorf("asked %v", asked)
	}
	c = replying(&budgetingv1.CompareAllocationResponse{}, nil)
	if got := send(t, start(t, c), "GET", "/v1/organizations/okc/budgets/fy16/allocations/a:compare?baseline=CUT_LINE", ""); got.status != 200 {
		t.Fatalf("got %d %s", got.status, got.body)
	}
	_, request, _ := c.seen()
	if r, _ := request.(*budgetingv1.CompareAllocationRequest); r.GetBaseline() != budgetingv1.Baseline_BASELINE_CUT_LINE {
		t.Errorf("asked %v", request)
	}
}
