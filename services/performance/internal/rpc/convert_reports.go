package rpc

import (
	performancev1 "github.com/throughline/throughline/proto/gen/throughline/performance/v1"
	"github.com/throughline/throughline/services/performance/internal/domain"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/rpc"
	"github.com/throughline/throughline/services/platform/wire"
)

var progressReportName = rpc.Name("organizations/{organization}/progressReports/{progress_report}")

// reportProto is the report with whatever of its goals it came with.
func reportProto(r domain.ProgressReport) *performancev1.ProgressReport {
	out := &performancev1.ProgressReport{
		Name: r.Name(), DisplayName: r.DisplayName, Plan: r.Plan, PeriodStart: wire.Date(r.PeriodStart), PeriodEnd: wire.Date(r.PeriodEnd),
		Narrative: r.Narrative, State: wire.Enum[performancev1.ProgressReportState](r.State), AsOf: wire.Time(r.AsOf),
		PublishedBy: r.PublishedBy, RuleSet: string(r.Rules),
		Etag: resource.Etag(r), CreateTime: wire.Time(r.CreateTime), UpdateTime: wire.Time(r.UpdateTime),
	}
	for _, w := range r.Weights {
		out.Weights = append(out.Weights, &performancev1.RollupWeight{Goal: w.Goal, Weight: int32(w.Weight)})
	}
	written := make(map[string]string, len(r.GoalNarratives))
	for _, n := range r.GoalNarratives {
		out.GoalNarratives = append(out.GoalNarratives, &performancev1.GoalNarrative{Goal: n.Goal, Text: n.Text})
		written[n.Goal] = n.Text
	}
	for _, g := range r.Goals {
		progress := goalProgressProto(r.Organization, g)
		progress.Narrative = written[g.Goal]
		out.Goals = append(out.Goals, progress)
	}
	return out
}

// publicReportProto is the report without its version tag, which is of use only to those who may change it.
func publicReportProto(r domain.ProgressReport) *performancev1.ProgressReport {
	out := reportProto(r)
	out.Etag = ""
	return out
}

func goalProgressProto(organization string, g domain.GoalProgress) *performancev1.GoalProgress {
	evidence := func(all []domain.Evidence) []*performancev1.Evidence {
		return rpc.Each(all, func(e domain.Evidence) *performancev1.Evidence { return evidenceProto(organization, e) })
	}
	return &performancev1.GoalProgress{
		Goal: g.Goal, DisplayName: g.DisplayName, ParentGoal: g.Parent, Weight: int32(g.Weight),
		Shares: rpc.Each(g.Shares, func(s domain.StatusShare) *performancev1.StatusShare {
			return &performancev1.StatusShare{Status: wire.Enum[performancev1.StatusWord](s.Status), SharePpm: int32(s.PPM)}
		}),
		Status: wire.Enum[performancev1.StatusWord](g.Status), KnownPpm: int32(g.KnownPPM),
		Measures: evidence(g.Measures), Supports: evidence(g.Supports), LiveMeasures: int32(g.LiveMeasures), Gaps: g.Gaps,
	}
}

// reportDomain reads the fields that callers may set.
func reportDomain(organization, id string, r *performancev1.ProgressReport) domain.ProgressReport {
	out := domain.ProgressReport{
		Organization: organization, ID: id, DisplayName: r.GetDisplayName(), Plan: r.GetPlan(), Narrative: r.GetNarrative(),
		PeriodStart: wire.FromDate[domain.Date](r.GetPeriodStart()), PeriodEnd: wire.FromDate[domain.Date](r.GetPeriodEnd()),
	}
	for _, w := range r.GetWeights() {
		out.Weights = append(out.Weights, domain.RollupWeight{Goal: w.GetGoal(), Weight: int(w.GetWeight())})
	}
	for _, n := range r.GetGoalNarratives() {
		out.GoalNarratives = append(out.GoalNarratives, domain.GoalNarrative{Goal: n.GetGoal(), Text: n.GetText()})
	}
	return out
}
