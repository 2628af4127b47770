package rpc

import (
	"fmt"

	goalsv1 "github.com/throughline/throughline/proto/gen/throughline/goals/v1"
	"github.com/throughline/throughline/services/goals/internal/domain"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/wire"
)

func prioritizationProto(p domain.Prioritization) *goalsv1.Prioritization {
	out := &goalsv1.Prioritization{
		Name: p.Name(), DisplayName: p.DisplayName, Method: wire.Enum[goalsv1.PrioritizationMethod](p.Method),
		Electorate: &goalsv1.Electorate{Quorum: int32(p.Quorum)}, PointsPerMember: int32(p.PointsPerMember),
		State: wire.Enum[goalsv1.PrioritizationState](p.State), BallotsCast: int32(p.BallotsCast),
		OpenTime: wire.Time(p.OpenTime), CloseTime: wire.Time(p.CloseTime), CertifyTime: wire.Time(p.CertifyTime),
		Etag: resource.Etag(p), CreateTime: wire.Time(p.CreateTime), UpdateTime: wire.Time(p.UpdateTime),
	}
	for _, m := range p.Members {
		out.Electorate.Members = append(out.Electorate.Members, &goalsv1.Member{Member: m.Member, DisplayName: m.DisplayName})
	}
	for _, id := range p.Goals {
		out.Goals = append(out.Goals, domain.GoalName(p.Organization, p.Plan, id))
	}
	for _, t := range p.Tallies {
		out.Tallies = append(out.Tallies, &goalsv1.Tally{
			Goal: domain.GoalName(p.Organization, p.Plan, t.Goal), Points: t.Points, WeightPpm: int32(t.WeightPPM),
		})
	}
	if p.PriorityRev != "" {
		out.PriorityRevision = domain.PriorityRevisionName(p.Organization, p.Plan, p.PriorityRev)
	}
	return out
}

func prioritizationDomain(organization, plan, id string, p *goalsv1.Prioritization) (domain.Prioritization, error) {
	out := domain.Prioritization{
		Organization: organization, Plan: plan, ID: id, DisplayName: p.GetDisplayName(),
		Method: wire.FromEnum[string](p.GetMethod()), Quorum: int(p.GetElectorate().GetQuorum()),
		PointsPerMember: int(p.GetPointsPerMember()),
	}
	for _, m := range p.GetElectorate().GetMembers() {
		out.Members = append(out.Members, domain.Member{Member: m.GetMember(), DisplayName: m.GetDisplayName()})
	}
	var bad fault.Violations
	for i, name := range p.GetGoals() {
		id, err := goalInPlan(organization, plan, fmt.Sprintf("prioritization.goals[%d]", i), name)
		if f, ok := fault.As(err); ok {
			bad = append(bad, f.Violations...)
		}
		out.Goals = append(out.Goals, id)
	}
	return out, bad.Err()
}

func ballotProto(b domain.Ballot) *goalsv1.Ballot {
	out := &goalsv1.Ballot{
		Name: b.Name(), Member: b.Member, RecordedBy: b.RecordedBy,
		Etag: resource.Etag(b), CreateTime: wire.Time(b.CreateTime), UpdateTime: wire.Time(b.UpdateTime),
	}
	for _, gp := range b.Points {
		out.Points = append(out.Points, &goalsv1.GoalPoints{
			Goal: domain.GoalName(b.Organization, b.Plan, gp.Goal), Points: int32(gp.Points),
		})
	}
	return out
}

func ballotDomain(organization, plan string, b *goalsv1.Ballot) (domain.Ballot, error) {
	out := domain.Ballot{Member: b.GetMember()}
	var bad fault.Violations
	for i, gp := range b.GetPoints() {
		id, err := goalInPlan(organization, plan, fmt.Sprintf("ballot.points[%d].goal", i), gp.GetGoal())
		if f, ok := fault.As(err); ok {
			bad = append(bad, f.Violations...)
		}
		out.Points = append(out.Points, domain.GoalPoints{Goal: id, Points: int64(gp.GetPoints())})
	}
	return out, bad.Err()
}

func priorityRevisionProto(r domain.PriorityRevision) *goalsv1.PriorityRevision {
	out := &goalsv1.PriorityRevision{
		Name: r.Name(), Prioritization: domain.PrioritizationName(r.Organization, r.Plan, r.Prioritization),
		ContentHash: r.ContentHash, EffectiveTime: wire.Time(r.EffectiveTime), CreateTime: wire.Time(r.EffectiveTime),
		Etag: resource.Etag(r),
	}
	for _, w := range r.Weights {
		out.Weights = append(out.Weights, &goalsv1.GoalWeight{
			Goal: domain.GoalName(r.Organization, r.Plan, w.Goal), DisplayName: w.DisplayName,
			WeightPpm: int32(w.WeightPPM), Points: w.Points,
		})
	}
	return out
}

// goalInPlan is the id in a goal's name; "" stays "". A goal of another plan is refused.
func goalInPlan(organization, plan, field, name string) (string, error) {
	if name == "" {
		return "", nil
	}
	ids, err := goalName.Parse(field, name)
	if err != nil {
		return "", err
	}
	if ids[0] != organization || ids[1] != plan {
		var v fault.Violations
		v.Add(field, "%s is not a goal of %s; name one of its goals", name, domain.PlanName(organization, plan))
		return "", v.Err()
	}
	return ids[2], nil
}
