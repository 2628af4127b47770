package performance_test

import (
	"fmt"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	performancev1 "github.com/throughline/throughline/proto/gen/throughline/performance/v1"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/rpc"
)

func TestRolesOfReports(t *testing.T) {
	f := reporting(t)
	name := f.report(t, "h1").GetName()
	for role, may := range map[string]bool{"manager": true, "council": false, "department": false, "finance": false, "staff": false, "auditor": false} {
		ctx := f.as(t, role)
		_, err := f.client.GetProgressReport(ctx, &performancev1.GetProgressReportRequest{Name: name})
		must(t, err)
		for verb, call := range map[string]func() error{
			"create": func() error {
				_, err := f.client.CreateProgressReport(ctx, &performancev1.CreateProgressReportRequest{
					Parent: parent, ProgressReport: halfYear(), ValidateOnly: true,
				})
				return err
			},
			"update": func() error {
				_, err := f.client.UpdateProgressReport(ctx, &performancev1.UpdateProgressReportRequest{
					ProgressReport: &performancev1.ProgressReport{Name: name, Narrative: "n"}, ValidateOnly: true,
				})
				return err
			},
			"publish": func() error {
				_, err := f.client.PublishProgressReport(ctx, &performancev1.PublishProgressReportRequest{Name: name, ValidateOnly: true})
				return err
			},
			"delete": func() error {
				_, err := f.client.DeleteProgressReport(ctx, &performancev1.DeleteProgressReportRequest{Name: name, ValidateOnly: true})
				return err
			},
		} {
			if err := call(); may != (err == nil) || (!may && fault.Reason(rpc.FromStatus(err)) != "ROLE_LACKS_PERMISSION") {
				t.Errorf("%s of a %s: %v", verb, role, err)
			}
		}
	}
	_, err := f.client.GetProgressReport(f.as(t, "public"), &performancev1.GetProgressReportRequest{Name: name})
	wantReason(t, err, "ROLE_LACKS_PERMISSION")
	_, err = f.client.GetProgressReport(t.Context(), &performancev1.GetProgressReportRequest{Name: name})
	wantReason(t, err, "TOKEN_MISSING")
	_, err = f.client.GetProgressReport(f.in(t, "other"), &performancev1.GetProgressReportRequest{Name: name})
	wantReason(t, err, "FOREIGN_ORGANIZATION")
}

func TestAnyoneReadsWhatIsPublic(t *testing.T) {
	f := reporting(t)
	f.valued(t, "fast", 7, 6, link(goalName("fire"), 1, contributes))
	f.report(t, "draft")
	f.report(t, "h1")
	want := f.publish(t, "h1")
	view := func(organization, id string) (*performancev1.ProgressReport, error) {
		return f.client.ViewProgressReport(t.Context(), &performancev1.ViewProgressReportRequest{
			Name: "organizations/" + organization + "/progressReports/" + id,
		})
	}
	// What may not be read is refused like what is not there, word for word.
	refused := func() {
		t.Helper()
		for _, c := range [][2]string{{"o", "h1"}, {"o", "draft"}, {"o", "none"}, {"gone", "h1"}, {"other", "h1"}} {
			_, err := view(c[0], c[1])
			text := fmt.Sprintf("organizations/%s/progressReports/%s was not found", c[0], c[1])
			if s := status.Convert(err); s.Code() != codes.NotFound || s.Message() != text {
				t.Errorf("%v: %v, want %q", c, err, text)
			}
			_, err = f.client.ViewProgressReports(t.Context(), &performancev1.ViewProgressReportsRequest{Parent: "organizations/" + c[0]})
			if s := status.Convert(err); s.Code() != codes.NotFound || s.Message() != "organizations/"+c[0]+"/progressReports was not found" {
				t.Errorf("list of %s: %v", c[0], err)
			}
		}
	}
	refused()
	f.goals.set(true, planGoal("safety", ""))
	got, err := view("o", "h1")
	must(t, err)
	want.PublishedBy, want.Etag = "", ""
	if !proto.Equal(got, want) || len(got.GetGoals()) != 3 {
		t.Errorf("viewed %v, want %v", got, want)
	}
	for _, id := range []string{"draft", "none"} {
		_, err := view("o", id)
		wantReason(t, err, "RESOURCE_NOT_FOUND")
	}
	// The latest period comes first, a page at a time.
	later := halfYear()
	later.PeriodEnd, later.Weights, later.GoalNarratives = day(2027, 12, 31), nil, nil
	_, err = f.client.CreateProgressReport(f.as(t), &performancev1.CreateProgressReportRequest{Parent: parent, ProgressReportId: "year", ProgressReport: later})
	must(t, err)
	f.publish(t, "year")
	request := &performancev1.ViewProgressReportsRequest{Parent: parent, PageSize: 1}
	var names []string
	for more := true; more; more = request.GetPageToken() != "" {
		page, err := f.client.ViewProgressReports(t.Context(), request)
		must(t, err)
		for _, r := range page.GetProgressReports() {
			names = append(names, r.GetName())
			if r.GetEtag() != "" || r.GetPublishedBy() != "" || r.GetGoals() != nil {
				t.Errorf("the list shows %v", r)
			}
		}
		request.PageToken = page.GetNextPageToken()
	}
	if strings.Join(names, " ") != parent+"/progressReports/year "+parent+"/progressReports/h1" {
		t.Errorf("listed %v", names)
	}
	// A token does no harm, unless it is another organization's.
	_, err = f.client.ViewProgressReport(f.as(t, "staff"), &performancev1.ViewProgressReportRequest{Name: want.GetName()})
	must(t, err)
	_, err = f.client.ViewProgressReport(f.in(t, "other"), &performancev1.ViewProgressReportRequest{Name: want.GetName()})
	wantReason(t, err, "FOREIGN_ORGANIZATION")
	_, err = f.client.ViewProgressReport(t.Context(), &performancev1.ViewProgressReportRequest{Name: "organizations/-/progressReports/h1"})
	wantFields(t, err, "name")
	_, err = f.client.ViewProgressReports(t.Context(), &performancev1.ViewProgressReportsRequest{Parent: parent, PageToken: "x"})
	wantFields(t, err, "page_token")
	f.goals.set(false)
	refused()
}
