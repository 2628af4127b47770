package rpc

import (
	goalsv1 "github.com/throughline/throughline/proto/gen/throughline/goals/v1"
	"github.com/throughline/throughline/services/goals/internal/domain"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/wire"
)

func prioritizationProto(p domain.Prioritization) *goalsv1.Prioritization {
	out := &goalsv1.Prioritization{
		Name: p.Name(), DisplayName: p.DisplayName, Method: wire.Enum[goalsv1.PrioritizationMethod](p.Method),
		Subject: wire.Enum[goalsv1.PrioritizationSubject](p.Subject), MaxScore: int32(p.MaxScore), Warnings: p.Warnings,
		CommunitySharePpm: int32(p.CommunitySharePPM), CommunityBallots: int32(p.CommunityBallots),
		Electorate: &goalsv1.Electorate{
			Quorum: int32(p.Quorum), Kind: wire.Enum[goalsv1.ElectorateKind](p.Electorate), Secret: p.Secret,
		},
		PointsPerMember: int32(p.PointsPerMember), Tallies: talliesProto(p, p.Tallies),
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
	for _, o := range p.Objectives {
		out.Objectives = append(out.Objectives, &goalsv1.RankedObjective{Objective: o.Name, DisplayName: o.DisplayName})
	}
	for _, r := range p.Recusals {
		out.Recusals = append(out.Recusals, &goalsv1.Recusal{
			Member: r.Member, Reason: r.Reason, RecordedBy: r.RecordedBy, RecuseTime: wire.Time(r.Time),
		})
	}
	if p.PriorityRev != "" {
		out.PriorityRevision = domain.PriorityRevisionName(p.Organization, p.Plan, p.PriorityRev)
	}
	return out
}

func talliesProto(p domain.Prioritization, tallies []domain.Tally) []*goalsv1.Tally {
	out := make([]*goalsv1.Tally, len(tallies))
	for i, t := range tallies {
		out[i] = &goalsv1.Tally{
			Points: t.Points, WeightPpm: int32(t.WeightPPM), ElectoratePpm: int32(t.ElectoratePPM), CommunityPpm: int32(t.CommunityPPM),
		}
		if p.Subject == domain.OnObjectives {
			out[i].Objective = t.Item
		} else {
			out[i].Goal = domain.GoalName(p.Organization, p.Plan, t.Item)
		}
	}
	return out
}

func prioritizationDomain(organization, plan, id string, p *goalsv1.Prioritization) domain.Prioritization {
	out := domain.Prioritization{
		Organization: organization, Plan: plan, ID: id, DisplayName: p.GetDisplayName(),
		Method: wire.FromEnum[domain.Method](p.GetMethod()), Subject: wire.FromEnum[domain.Subject](p.GetSubject()),
		Electorate: wire.FromEnum[string](p.GetElectorate().GetKind()), Secret: p.GetElectorate().GetSecret(),
		Quorum: int(p.GetElectorate().GetQuorum()), PointsPerMember: int(p.GetPointsPerMember()), MaxScore: int(p.GetMaxScore()),
		CommunitySharePPM: int(p.GetCommunitySharePpm()),
	}
	for _, o := range p.GetObjectives() {
		out.Objectives = append(out.Objectives, domain.RankedObjective{Name: o.GetObjective(), DisplayName: o.GetDisplayName()})
	}
	for _, m := range p.GetElectorate().GetMembers() {
		out.Members = append(out.Members, domain.Member{Member: m.GetMember(), DisplayName: m.GetDisplayName()})
	}
	for _, name := range p.GetGoals() {
		out.Goals = append(out.Goals, itemID(organization, plan, name))
	}
	return out
}

func priorityRevisionProto(r domain.PriorityRevision) *goalsv1.PriorityRevision {
	out := &goalsv1.PriorityRevision{
		Name: r.Name(), Prioritization: domain.PrioritizationName(r.Organization, r.Plan, r.Prioritization),
		ContentHash: r.ContentHash, EffectiveTime: wire.Time(r.EffectiveTime), CreateTime: wire.Time(r.EffectiveTime),
		Etag: resource.Etag(r), Subject: wire.Enum[goalsv1.PrioritizationSubject](r.Subject),
	}
	for _, w := range r.Weights {
		weight := &goalsv1.GoalWeight{DisplayName: w.DisplayName, WeightPpm: int32(w.WeightPPM), Points: w.Points}
		if r.Subject == domain.OnObjectives {
			weight.Objective = w.Item
		} else {
			weight.Goal = r.ItemName(w.Item)
		}
		out.Weights = append(out.Weights, weight)
	}
	return out
}
