package rpc

import (
	"fmt"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"

	goalsv1 "github.com/throughline/throughline/proto/gen/throughline/goals/v1"
	"github.com/throughline/throughline/services/goals/internal/app"
	"github.com/throughline/throughline/services/goals/internal/domain"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/wire"
)

// Message is anything that a use case answers or that changes, as its proto message; nil is Empty.
func Message(v any) (proto.Message, error) {
	switch v := v.(type) {
	case nil:
		return &emptypb.Empty{}, nil
	case domain.Organization:
		return organizationProto(v), nil
	case domain.Plan:
		return planProto(v), nil
	case domain.Goal:
		return goalProto(v), nil
	case domain.Prioritization:
		return prioritizationProto(v), nil
	case domain.Ballot:
		return ballotProto(v), nil
	case domain.RoleAssignment:
		return roleAssignmentProto(v), nil
	case domain.Feedback:
		return feedbackProto(v), nil
	case app.FeedbackRecorded:
		return feedbackRecordedProto(v), nil
	case domain.CommunityBatch:
		return communityBatchProto(v), nil
	case app.CommunityRecorded:
		return communityRecordedProto(v), nil
	case domain.PriorityRevision:
		return priorityRevisionProto(v), nil
	}
	return nil, fmt.Errorf("a %T has no proto message", v)
}

func organizationProto(o domain.Organization) *goalsv1.Organization {
	return &goalsv1.Organization{
		Name: o.Name(), DisplayName: o.DisplayName, Vision: o.Vision, Mission: o.Mission, Values: o.Values,
		CurrencyCode: o.CurrencyCode, FiscalYearStartMonth: int32(o.FiscalYearStartMonth), TimeZone: o.TimeZone,
		PublicReports: o.PublicReports,
		Etag:          resource.Etag(o), CreateTime: wire.Time(o.CreateTime), UpdateTime: wire.Time(o.UpdateTime),
	}
}

func organizationDomain(id string, o *goalsv1.Organization) domain.Organization {
	return domain.Organization{
		ID: id, DisplayName: o.GetDisplayName(), Vision: o.GetVision(), Mission: o.GetMission(), Values: o.GetValues(),
		CurrencyCode: o.GetCurrencyCode(), FiscalYearStartMonth: int(o.GetFiscalYearStartMonth()), TimeZone: o.GetTimeZone(),
		PublicReports: o.GetPublicReports(),
	}
}

func planProto(p domain.Plan) *goalsv1.Plan {
	out := &goalsv1.Plan{
		Name: p.Name(), DisplayName: p.DisplayName, Kind: wire.Enum[goalsv1.PlanKind](p.Kind), Narrative: p.Narrative,
		Predecessor: p.Predecessor, AlignedPlans: p.AlignedPlans, StartDate: wire.Date(p.StartDate), EndDate: wire.Date(p.EndDate),
		State: wire.Enum[goalsv1.PlanState](p.State),
		Etag:  resource.Etag(p), CreateTime: wire.Time(p.CreateTime), UpdateTime: wire.Time(p.UpdateTime),
	}
	for _, e := range p.EnvironmentalScan {
		out.EnvironmentalScan = append(out.EnvironmentalScan, &goalsv1.ScanEntry{Kind: wire.Enum[goalsv1.ScanKind](e.Kind), Text: e.Text})
	}
	out.ProcessTemplate, out.Successor = wire.Enum[goalsv1.ProcessTemplate](p.Template), p.Successor
	for _, step := range p.Steps {
		out.ProcessSteps = append(out.ProcessSteps, &goalsv1.ProcessStep{
			Key: step.Key, DisplayName: step.DisplayName, Phase: step.Phase, Deliverable: step.Deliverable, Owner: step.Owner,
			State: wire.Enum[goalsv1.ProcessStepState](step.State), Evidence: step.Evidence,
		})
	}
	for _, g := range p.Groups {
		out.StakeholderGroups = append(out.StakeholderGroups, &goalsv1.StakeholderGroup{
			DisplayName: g.DisplayName, Interest: g.Interest, Population: g.Population,
		})
	}
	if a := p.Adoption; a != nil {
		out.Adoption = &goalsv1.Adoption{Body: a.Body, Date: wire.Date(a.Date), ResolutionNumber: a.ResolutionNumber}
	}
	return out
}

func planDomain(organization, id string, p *goalsv1.Plan) domain.Plan {
	out := domain.Plan{
		Organization: organization, ID: id, DisplayName: p.GetDisplayName(), Kind: wire.FromEnum[domain.PlanKind](p.GetKind()),
		Narrative: p.GetNarrative(), Predecessor: p.GetPredecessor(), AlignedPlans: p.GetAlignedPlans(),
		StartDate: wire.FromDate[domain.Date](p.GetStartDate()), EndDate: wire.FromDate[domain.Date](p.GetEndDate()),
		Template: wire.FromEnum[domain.Template](p.GetProcessTemplate()),
	}
	for _, step := range p.GetProcessSteps() {
		out.Steps = append(out.Steps, domain.Step{
			Key: step.GetKey(), DisplayName: step.GetDisplayName(), Phase: step.GetPhase(), Deliverable: step.GetDeliverable(),
			Owner: step.GetOwner(), State: wire.FromEnum[domain.StepState](step.GetState()), Evidence: step.GetEvidence(),
		})
	}
	for _, g := range p.GetStakeholderGroups() {
		out.Groups = append(out.Groups, domain.Group{DisplayName: g.GetDisplayName(), Interest: g.GetInterest(), Population: g.GetPopulation()})
	}
	for _, e := range p.GetEnvironmentalScan() {
		out.EnvironmentalScan = append(out.EnvironmentalScan, domain.ScanEntry{Kind: wire.FromEnum[string](e.GetKind()), Text: e.GetText()})
	}
	return out
}

func adoptionDomain(a *goalsv1.Adoption) domain.Adoption {
	return domain.Adoption{
		Body: a.GetBody(), Date: wire.FromDate[domain.Date](a.GetDate()), ResolutionNumber: a.GetResolutionNumber(),
	}
}

func goalProto(g domain.Goal) *goalsv1.Goal {
	out := &goalsv1.Goal{
		Name: g.Name(), DisplayName: g.DisplayName, Description: g.Description, Scale: wire.Enum[goalsv1.Scale](g.Scale),
		Lens: wire.Enum[goalsv1.Lens](g.Lens), MeasuresOfSuccess: g.MeasuresOfSuccess, Preserve: g.Preserve,
		OwnerRole: g.OwnerRole, EquityStatement: g.EquityStatement, Predecessor: g.Predecessor,
		Etag: resource.Etag(g), CreateTime: wire.Time(g.CreateTime), UpdateTime: wire.Time(g.UpdateTime),
	}
	if g.ParentGoal != "" {
		out.ParentGoal = domain.GoalName(g.Organization, g.Plan, g.ParentGoal)
	}
	return out
}

func goalDomain(organization, plan, id string, g *goalsv1.Goal) domain.Goal {
	return domain.Goal{
		Organization: organization, Plan: plan, ID: id, DisplayName: g.GetDisplayName(), ParentGoal: itemID(organization, plan, g.GetParentGoal()),
		Description: g.GetDescription(), Scale: wire.FromEnum[string](g.GetScale()), Lens: wire.FromEnum[string](g.GetLens()),
		MeasuresOfSuccess: g.GetMeasuresOfSuccess(), Preserve: g.GetPreserve(), OwnerRole: g.GetOwnerRole(),
		EquityStatement: g.GetEquityStatement(), Predecessor: g.GetPredecessor(),
	}
}
