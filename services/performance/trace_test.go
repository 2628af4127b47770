package performance_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	performancev1 "github.com/throughline/throughline/proto/gen/throughline/performance/v1"
	typev1 "github.com/throughline/throughline/proto/gen/throughline/type/v1"
)

// trace is an answer in short: "kind display state [gaps]" and "from relation to weight".
func (f *fixture) trace(t *testing.T, direction typev1.LinkDirection, names ...string) (nodes, found []string) {
	t.Helper()
	r, err := f.client.TraceLinks(f.as(t, "staff"), &performancev1.TraceLinksRequest{Parent: parent, Names: names, Direction: direction})
	must(t, err)
	for _, n := range r.GetNodes() {
		nodes = append(nodes, fmt.Sprint(n.GetKind(), " ", n.GetDisplayName(), " ", n.GetState(), n.GetGaps()))
	}
	for _, l := range r.GetLinks() {
		found = append(found, fmt.Sprint(l.GetFrom()[len(parent):], " ", l.GetRelation(), " ", l.GetTo()[len(parent):], " ", l.GetWeight()))
	}
	return nodes, found
}

func TestTraceLinks(t *testing.T) {
	f := start(t)
	const goal = parent + "/plans/p/goals/safety"
	m := response()
	m.Owner = "Fire chief"
	m.Links = append(m.Links, &performancev1.MeasureLink{Subject: goal, Weight: 3, Contribution: performancev1.Contribution_CONTRIBUTION_SUPPORTS})
	response := f.measure(t, "response", m)
	bare := f.measure(t, "bare", &performancev1.Measure{
		DisplayName: "Trees planted", Unit: "trees", Kind: performancev1.MeasureKind_MEASURE_KIND_OUTPUT,
		Direction: performancev1.Direction_DIRECTION_INCREASE, Frequency: performancev1.Frequency_FREQUENCY_MONTHLY,
	})
	r, err := f.record(f.as(t), rows{row(response, 1, "", 7), row(response, 2, "", 6.5), row(response, 2, "north", 9)})
	must(t, err)
	wantCounts(t, r, 3, 0, 0, 0)
	r, err = f.record(f.as(t), rows{row(response, 1, "", 7.25)})
	must(t, err)
	wantCounts(t, r, 0, 1, 0, 0)
	page, err := f.client.ListObservations(f.as(t), &performancev1.ListObservationsRequest{Parent: response})
	must(t, err)
	var north string
	for _, o := range page.GetObservations() {
		if o.GetDimension() == "north" {
			north = o.GetName()
		}
	}
	const in, out = typev1.LinkDirection_LINK_DIRECTION_IN, typev1.LinkDirection_LINK_DIRECTION_OUT
	const node = "measure Response time []"
	for name, c := range map[string]struct {
		direction  typev1.LinkDirection
		names      []string
		nodes, all []string
	}{
		"out of observations": {
			out,
			[]string{response + "/observations/2027-01-01", north},
			[]string{"observation 7.25 minutes from 2027-01-01 []", "observation 9 minutes from 2027-02-01, north []"},
			[]string{
				"/measures/response/observations/2027-01-01 is about /measures/response 0",
				strings.TrimPrefix(north, parent) + " is about /measures/response 0",
			},
		},
		"out of measures": {
			out,
			[]string{response, bare},
			[]string{"measure Trees planted [has no owner has no target]", node},
			[]string{"/measures/response informs /plans/p/goals/safety 3", "/measures/response counts for /programs/fire 1"},
		},
		"into a goal and a program": {
			in,
			[]string{goal, parent + "/programs/fire", parent + "/programs/none"},
			[]string{node},
			[]string{"/measures/response informs /plans/p/goals/safety 3", "/measures/response counts for /programs/fire 1"},
		},
		"into measures": { // the latest value stands for all
			in,
			[]string{response, bare},
			[]string{"measure Trees planted [has no owner has no target]", node, "observation 6.5 minutes from 2027-02-01 []"},
			[]string{"/measures/response/observations/2027-02-01 is about /measures/response 0"},
		},
		"of nothing": {
			out, []string{parent + "/measures/none", response + "/observations/2027-03-01", response + "/observations/x", north[:len(north)-1] + "0x"}, nil, nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			nodes, all := f.trace(t, c.direction, c.names...)
			if !slices.Equal(nodes, c.nodes) || !slices.Equal(all, c.all) {
				t.Errorf("nodes %q\nlinks %q", nodes, all)
			}
		})
	}

	t.Run("published results say how it stands", func(t *testing.T) {
		published, err := f.client.PublishResults(f.as(t), &performancev1.PublishResultsRequest{Parent: parent})
		must(t, err)
		word := strings.TrimPrefix(published.GetSignals()[0].GetEvidence()[0].GetStatusWord().String(), "STATUS_WORD_")
		nodes, _ := f.trace(t, out, response)
		if want := "measure Response time " + word + "[]"; word == "" || !slices.Equal(nodes, []string{want}) {
			t.Errorf("nodes %q, want %q", nodes, want)
		}
	})

	t.Run("another tenant", func(t *testing.T) {
		const other = "organizations/other"
		for _, direction := range []typev1.LinkDirection{in, out} {
			r, err := f.client.TraceLinks(f.in(t, "other"), &performancev1.TraceLinksRequest{Parent: other, Direction: direction, Names: []string{
				other + "/measures/response", other + "/measures/response/observations/2027-01-01", other + "/programs/fire",
			}})
			must(t, err)
			if len(r.GetNodes())+len(r.GetLinks()) > 0 {
				t.Errorf("%v", r)
			}
		}
		_, err := f.client.TraceLinks(f.in(t, "other"), &performancev1.TraceLinksRequest{Parent: "organizations/other", Names: []string{response}})
		wantReason(t, err, "FOREIGN_ORGANIZATION")
	})
}
