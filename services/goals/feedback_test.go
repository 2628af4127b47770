package goals_test

import (
	"fmt"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/type/date"

	goalsv1 "github.com/throughline/throughline/proto/gen/throughline/goals/v1"
	"github.com/throughline/throughline/services/platform/rpc"

	"github.com/throughline/throughline/services/platform/fault"
)

const org = "organizations/o"

func said(district, group string, goals ...string) *goalsv1.Feedback {
	return &goalsv1.Feedback{
		Source: goalsv1.FeedbackSource_FEEDBACK_SOURCE_MEETING, Text: "More trees", District: district, StakeholderGroup: group,
		Goals: goals, Date: &date.Date{Year: 2027, Month: 3, Day: 4},
	}
}

// TestFeedbackShowsWhoWasHeard counts by hand: of four pieces, two from the north, three from seniors, one closed.
func TestFeedbackShowsWhoWasHeard(t *testing.T) {
	f := start(t)
	plan := f.city(t, "parks", "safety")
	manager, council := f.as(t, "mia", "manager"), f.as(t, "ann", "council")
	_, err := f.client.UpdatePlan(manager, &goalsv1.UpdatePlanRequest{Plan: &goalsv1.Plan{
		Name: plan, StakeholderGroups: []*goalsv1.StakeholderGroup{{DisplayName: "Seniors", Population: 900}, {DisplayName: "Youth"}},
	}})
	must(t, err)
	_, err = f.client.SubmitPlan(manager, &goalsv1.SubmitPlanRequest{Name: plan})
	must(t, err)
	adopt(t, f, plan)
	parks, safety := plan+"/goals/parks", plan+"/goals/safety"
	closed := said("south", "Seniors", safety)
	closed.Status = goalsv1.FeedbackStatus_FEEDBACK_STATUS_CLOSED
	request := said("north", "", parks)
	request.Source, request.Program, request.ExternalId = goalsv1.FeedbackSource_FEEDBACK_SOURCE_REQUEST, org+"/programs/trees", "311-7"
	done, err := f.client.BatchCreateFeedback(manager, &goalsv1.BatchCreateFeedbackRequest{Parent: org, Feedback: []*goalsv1.Feedback{
		said("north", "Seniors", parks, safety), said("", "Seniors"), closed, request, request,
		said("north", "Seniors", plan+"/goals/none"),
		{Text: strings.Repeat("x", 20_001)},
	}})
	must(t, err)
	if got := fmt.Sprint(done.GetCreated(), done.GetDuplicate(), done.GetRejected()); got != "4 1 2" {
		t.Errorf("created, duplicate, rejected: %s, want 4 1 2; %v", got, done.GetErrors())
	}
	fields := map[string]bool{}
	for _, e := range done.GetErrors() {
		fields[fmt.Sprint(e.GetRow(), " ", e.GetField())] = true
	}
	for _, want := range []string{"5 goals[0]", "6 text", "6 source", "6 date"} {
		if !fields[want] {
			t.Errorf("no error at %s: %v", want, done.GetErrors())
		}
	}
	sum, err := f.client.SummarizeFeedback(council, &goalsv1.SummarizeFeedbackRequest{Parent: org})
	must(t, err)
	text := func(counts []*goalsv1.FeedbackCount) string {
		var b strings.Builder
		for _, c := range counts {
			fmt.Fprintf(&b, "%s=%d/%d ", strings.TrimPrefix(c.GetKey(), plan+"/goals/"), c.GetCount(), c.GetSharePpm())
		}
		return b.String()
	}
	for name, c := range map[string]struct{ got, want string }{
		"districts": {text(sum.GetDistricts()), "=1/250000 north=2/500000 south=1/250000 "},
		"groups":    {text(sum.GetStakeholderGroups()), "=1/250000 Seniors=3/750000 "},
		"sources":   {text(sum.GetSources()), "MEETING=3/750000 REQUEST=1/250000 "},
		"statuses":  {text(sum.GetStatuses()), "CLOSED=1/250000 OPEN=3/750000 "},
		"goals":     {text(sum.GetGoals()), "parks=2/500000 safety=2/500000 "},
		"unheard":   {strings.Join(sum.GetUnheardGroups(), " "), "Youth"},
	} {
		if c.got != c.want {
			t.Errorf("%s: %q, want %q", name, c.got, c.want)
		}
	}
	filtered, err := f.client.SummarizeFeedback(council, &goalsv1.SummarizeFeedbackRequest{Parent: org, Filter: `district = "north"`})
	must(t, err)
	if filtered.GetCount() != 2 {
		t.Errorf("%d from the north, want 2", filtered.GetCount())
	}
}

func TestFeedbackIsClosedAndOpenedAgain(t *testing.T) {
	f := start(t)
	f.city(t, "parks")
	manager := f.as(t, "mia", "manager")
	made, err := f.client.CreateFeedback(f.as(t, "sam", "staff"), &goalsv1.CreateFeedbackRequest{Parent: org, FeedbackId: "f", Feedback: said("north", "")})
	must(t, err)
	if made.GetStatus() != goalsv1.FeedbackStatus_FEEDBACK_STATUS_OPEN || made.GetCloseTime() != nil {
		t.Errorf("new: %v", made)
	}
	set := func(status goalsv1.FeedbackStatus) *goalsv1.Feedback {
		t.Helper()
		got, err := f.client.UpdateFeedback(manager, &goalsv1.UpdateFeedbackRequest{Feedback: &goalsv1.Feedback{Name: made.GetName(), Status: status}})
		must(t, err)
		return got
	}
	if got := set(goalsv1.FeedbackStatus_FEEDBACK_STATUS_CLOSED); got.GetCloseTime() == nil {
		t.Error("closed without a time")
	}
	if got := set(goalsv1.FeedbackStatus_FEEDBACK_STATUS_IN_PROGRESS); got.GetCloseTime() != nil {
		t.Error("open again, with a time of closing")
	}
	numbered := said("", "")
	numbered.ExternalId = "7"
	_, err = f.client.CreateFeedback(manager, &goalsv1.CreateFeedbackRequest{Parent: org, FeedbackId: "a", Feedback: numbered})
	must(t, err)
	numbered.Assignment = org + "/programs/p"
	_, err = f.client.CreateFeedback(manager, &goalsv1.CreateFeedbackRequest{Parent: org, FeedbackId: "b", Feedback: numbered})
	wantFields(t, err, "feedback.assignment", "feedback.external_id")
}

// wantFields holds that err is about exactly these fields.
func wantFields(t *testing.T, err error, fields ...string) {
	t.Helper()
	refused, ok := fault.As(rpc.FromStatus(err))
	if !ok {
		t.Fatalf("%v is no fault", err)
	}
	got := map[string]bool{}
	for _, v := range refused.Violations {
		got[v.Field] = true
	}
	for _, want := range fields {
		if !got[want] {
			t.Errorf("no violation of %s: %v", want, refused.Violations)
		}
	}
	if len(got) != len(fields) {
		t.Errorf("violations %v, want of %v", refused.Violations, fields)
	}
}
