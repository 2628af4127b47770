package goals_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/type/date"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	goalsv1 "github.com/throughline/throughline/proto/gen/throughline/goals/v1"
	typev1 "github.com/throughline/throughline/proto/gen/throughline/type/v1"
	"github.com/throughline/throughline/services/platform/authn"
)

// traced is an answer in short: "kind display state [gaps]" and "from relation to".
func traced(r *goalsv1.TraceLinksResponse) (nodes, found []string) {
	for _, n := range r.GetNodes() {
		nodes = append(nodes, fmt.Sprint(n.GetKind(), " ", n.GetDisplayName(), " ", n.GetState(), n.GetGaps()))
	}
	for _, l := range r.GetLinks() {
		found = append(found, l.GetFrom()[len(org):]+" "+l.GetRelation()+" "+l.GetTo()[len(org):])
	}
	return nodes, found
}

func (f *fixture) trace(t *testing.T, direction typev1.LinkDirection, names ...string) ([]string, []string) {
	t.Helper()
	r, err := f.client.TraceLinks(f.as(t, "ann", "staff"), &goalsv1.TraceLinksRequest{Parent: org, Names: names, Direction: direction})
	must(t, err)
	return traced(r)
}

func TestTraceLinks(t *testing.T) {
	f := start(t)
	plan := f.city(t, "safety")
	manager := f.as(t, "mia", "manager")
	_, err := f.client.CreateGoal(manager, &goalsv1.CreateGoalRequest{Parent: plan, GoalId: "streets", Goal: &goalsv1.Goal{
		DisplayName: "Safe streets", ParentGoal: plan + "/goals/safety", OwnerRole: "Police chief",
	}})
	must(t, err)
	_, err = f.client.CreateFeedback(manager, &goalsv1.CreateFeedbackRequest{Parent: org, FeedbackId: "f1", Feedback: &goalsv1.Feedback{
		Source: goalsv1.FeedbackSource_FEEDBACK_SOURCE_REQUEST, Text: "A pothole", Date: &date.Date{Year: 2027, Month: 1, Day: 1},
		Goals: []string{plan + "/goals/streets"}, Program: org + "/programs/roads", Assignment: org + "/assignments/a1",
	}})
	must(t, err)
	const in, out = typev1.LinkDirection_LINK_DIRECTION_IN, typev1.LinkDirection_LINK_DIRECTION_OUT
	feedback := []string{"/feedback/f1 is dealt with by /assignments/a1", "/feedback/f1 is about /plans/p/goals/streets", "/feedback/f1 is about /programs/roads"}
	for name, c := range map[string]struct {
		direction  typev1.LinkDirection
		names      []string
		nodes, all []string
	}{
		"out of feedback": {out, []string{org + "/feedback/f1"}, []string{"feedback A pothole OPEN[]"}, feedback},
		"out of goals": {
			out,
			[]string{plan + "/goals/streets", plan + "/goals/safety"},
			[]string{"goal Goal safety [has no owner role]", "goal Safe streets []"},
			[]string{"/plans/p/goals/safety is part of /plans/p", "/plans/p/goals/streets is part of /plans/p/goals/safety"},
		},
		"out of a plan": {out, []string{plan}, []string{"plan Strategic plan DRAFT[is not adopted]"}, []string{"/plans/p is part of "}},
		"out of the organization": {
			typev1.LinkDirection_LINK_DIRECTION_UNSPECIFIED, []string{org}, []string{"organization Riverbend [has no vision]"}, nil,
		},
		"into the organization": {in, []string{org}, []string{"organization Riverbend [has no vision]", "plan Strategic plan DRAFT[is not adopted]"}, []string{"/plans/p is part of "}},
		"into a plan": {
			in,
			[]string{plan},
			[]string{"plan Strategic plan DRAFT[is not adopted]", "goal Goal safety [has no owner role]"},
			[]string{"/plans/p/goals/safety is part of /plans/p"},
		},
		"into goals": {
			in,
			[]string{plan + "/goals/safety", plan + "/goals/streets"},
			[]string{"feedback A pothole OPEN[]", "goal Goal safety [has no owner role]", "goal Safe streets []"},
			[]string{"/plans/p/goals/streets is part of /plans/p/goals/safety", "/feedback/f1 is about /plans/p/goals/streets"},
		},
		"into what others keep": {
			in,
			[]string{org + "/programs/roads", org + "/assignments/a1", org + "/programs/none"},
			[]string{"feedback A pothole OPEN[]"},
			[]string{"/feedback/f1 is dealt with by /assignments/a1", "/feedback/f1 is about /programs/roads"},
		},
		"names of nothing": {out, []string{org + "/plans/none", org + "/feedback/none", org + "/plans/p/goals/none", "nonsense"}, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			nodes, all := f.trace(t, c.direction, c.names...)
			if !slices.Equal(nodes, c.nodes) || !slices.Equal(all, c.all) {
				t.Errorf("nodes %q\nlinks %q", nodes, all)
			}
		})
	}

	t.Run("the vision mends its gap", func(t *testing.T) {
		_, err := f.client.UpdateOrganization(manager, &goalsv1.UpdateOrganizationRequest{
			Organization: &goalsv1.Organization{Name: org, Vision: "A good life."}, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"vision"}},
		})
		must(t, err)
		if nodes, _ := f.trace(t, out, org); !slices.Equal(nodes, []string{"organization Riverbend []"}) {
			t.Errorf("nodes %q", nodes)
		}
	})

	t.Run("another tenant sees nothing", func(t *testing.T) {
		const other = "organizations/other"
		_, err := f.client.CreateOrganization(f.as(t, "root", "operator"), &goalsv1.CreateOrganizationRequest{
			OrganizationId: "other", Organization: &goalsv1.Organization{DisplayName: "Elsewhere", CurrencyCode: "USD"},
		})
		must(t, err)
		token, err := f.keys.Mint(authn.Identity{Subject: "eve", Organization: "other", Roles: []string{"manager"}}, time.Hour)
		must(t, err)
		eve := metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+token)
		for _, direction := range []typev1.LinkDirection{in, out} {
			r, err := f.client.TraceLinks(eve, &goalsv1.TraceLinksRequest{Parent: other, Direction: direction, Names: []string{
				other + "/plans/p", other + "/plans/p/goals/safety", other + "/feedback/f1", other + "/programs/roads",
			}})
			must(t, err)
			if len(r.GetNodes())+len(r.GetLinks()) > 0 {
				t.Errorf("%v", r)
			}
		}
		_, err = f.client.TraceLinks(f.as(t, "mia", "manager"), &goalsv1.TraceLinksRequest{Parent: org, Names: []string{"organizations/other/plans/p"}})
		wantReason(t, err, "FOREIGN_ORGANIZATION")
		_, err = f.client.TraceLinks(f.as(t, "pat", "public"), &goalsv1.TraceLinksRequest{Parent: org, Names: []string{plan}})
		wantReason(t, err, "ROLE_LACKS_PERMISSION")
	})
}

func TestTraceLinksInPages(t *testing.T) {
	f := start(t)
	plan := f.city(t, "safety")
	manager := f.as(t, "mia", "manager")
	var batch []*goalsv1.Feedback
	for i := range 300 {
		batch = append(batch, &goalsv1.Feedback{
			Source: goalsv1.FeedbackSource_FEEDBACK_SOURCE_SURVEY, Text: fmt.Sprintf("Voice %d", i), Date: &date.Date{Year: 2027, Month: 1, Day: 1},
			Goals: []string{plan + "/goals/safety"},
		})
	}
	done, err := f.client.BatchCreateFeedback(manager, &goalsv1.BatchCreateFeedbackRequest{Parent: org, Feedback: batch})
	must(t, err)
	if done.GetCreated() != 300 {
		t.Fatalf("batch %v", done)
	}
	r := &goalsv1.TraceLinksRequest{Parent: org, Names: []string{plan + "/goals/safety"}, Direction: typev1.LinkDirection_LINK_DIRECTION_IN, PageSize: 128}
	seen, pages := map[string]bool{}, 0
	for ; pages == 0 || r.GetPageToken() != ""; pages++ {
		page, err := f.client.TraceLinks(manager, r)
		must(t, err)
		if len(page.GetNodes()) != len(page.GetLinks())+1 {
			t.Errorf("%d nodes for %d links and the goal", len(page.GetNodes()), len(page.GetLinks()))
		}
		for _, l := range page.GetLinks() {
			seen[l.GetFrom()] = true
		}
		r.PageToken = page.GetNextPageToken()
	}
	if len(seen) != 300 || pages != 3 {
		t.Errorf("%d pieces on %d pages", len(seen), pages)
	}
	r.PageToken = "other"
	_, err = f.client.TraceLinks(manager, r)
	wantFields(t, err, "page_token")
}
