package peer_test

import (
	"context"
	"reflect"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	performancev1 "github.com/throughline/throughline/proto/gen/throughline/performance/v1"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/peer"
	"github.com/throughline/throughline/services/platform/rpc"
)

type published struct {
	performancev1.UnimplementedPerformanceServiceServer
	revision *performancev1.ResultsRevision
}

func (p *published) GetResultsRevision(context.Context, *performancev1.GetResultsRevisionRequest) (*performancev1.ResultsRevision, error) {
	return p.revision, nil
}

func TestVerdictsOfPrograms(t *testing.T) {
	const (
		improving = performancev1.Variation_VARIATION_IMPROVING
		reliably  = performancev1.Assurance_ASSURANCE_RELIABLY_MET
	)
	at := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	of := func(id string) *performancev1.Evidence {
		return &performancev1.Evidence{Measure: "organizations/o/measures/" + id, Weight: 2, Variation: improving, Assurance: reliably, Usable: true, Reason: "Up 2.5. And met."}
	}
	provisional, unusable, old, unsaid := of("b"), of("a"), &performancev1.Evidence{Measure: "organizations/o/measures/c", Weight: 1}, of("d")
	provisional.Provisional = true
	unusable.Usable, unusable.Provisional = false, true
	unsaid.Variation = performancev1.Variation_VARIATION_INSUFFICIENT_DATA
	channel := rpc.NewInProcess(rpc.InProcessConfig{})
	performancev1.RegisterPerformanceServiceServer(channel, &published{revision: &performancev1.ResultsRevision{
		Name: "organizations/o/resultsRevisions/r", ContentHash: "h", EffectiveTime: timestamppb.New(at), Signals: []*performancev1.Signal{
			{Subject: "organizations/o/programs/p", Evidence: []*performancev1.Evidence{unsaid, old, provisional, unusable}},
			{Subject: "organizations/o/programs/q", Evidence: []*performancev1.Evidence{of("a")}},
			{Subject: "organizations/o/programs/none"},
			{Subject: "organizations/o/plans/p/goals/g", Evidence: []*performancev1.Evidence{of("a")}},
			{Subject: "organizations/o/objectives/j", Evidence: []*performancev1.Evidence{of("a")}},
		},
	}})
	got, err := peer.NewPerformance(channel).Results(t.Context(), "organizations/o/resultsRevisions/current")
	if err != nil {
		t.Fatal(err)
	}
	verdict := func(id string, certain int64) model.ResultsFactor {
		return model.ResultsFactor{Measure: id, Variation: model.Improving, Assurance: model.ReliablyMet, Weight: 2, CertainPPM: certain, Reason: "Up 2.5."}
	}
	insufficient := verdict("d", 0)
	insufficient.Variation = model.InsufficientData
	want := map[string][]model.ResultsFactor{
		"organizations/o/programs/p": {
			verdict("a", 0), verdict("b", 500_000),
			{Measure: "c", Variation: model.InsufficientData, Assurance: model.NoTarget, Weight: 1, Reason: "No verdict was published."},
			insufficient,
		},
		"organizations/o/programs/q":    {verdict("a", 1_000_000)},
		"organizations/o/programs/none": {},
	}
	if !reflect.DeepEqual(got.Signals, want) || got.Name != "organizations/o/resultsRevisions/r" || got.Hash != "h" || !got.Time.Equal(at) {
		t.Errorf("read %+v\nwant %+v", got, want)
	}
}
