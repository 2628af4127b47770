package rpc

import (
	"fmt"

	"google.golang.org/genproto/googleapis/type/money"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"

	actionplanningv1 "github.com/throughline/throughline/proto/gen/throughline/actionplanning/v1"
	"github.com/throughline/throughline/services/actionplanning/internal/app"
	"github.com/throughline/throughline/services/actionplanning/internal/domain"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/wire"
)

// Message is anything that a use case answers or that changes, as its proto message; nil is Empty.
func Message(v any) (proto.Message, error) {
	switch v := v.(type) {
	case nil:
		return &emptypb.Empty{}, nil
	case domain.Strategy:
		return strategyProto(v), nil
	case domain.Objective:
		return objectiveProto(v), nil
	case domain.Assignment:
		return assignmentProto(v), nil
	case domain.Employee:
		return employeeProto(v), nil
	case domain.Milestone:
		return milestoneProto(v), nil
	case app.MilestonesUpserted:
		return milestonesUpserted(v), nil
	case domain.SyncResult:
		return syncResultProto(v), nil
	case domain.AssignmentPolicy:
		return policyProto(v), nil
	case domain.Succession:
		return successionProto(v), nil
	case app.AssignmentsUpserted:
		return upsertedProto(v), nil
	}
	return nil, fmt.Errorf("a %T has no proto message", v)
}

func strategyProto(s domain.Strategy) *actionplanningv1.Strategy {
	return &actionplanningv1.Strategy{
		Name: s.Name(), DisplayName: s.DisplayName, Goal: s.Goal, Description: s.Description, ExecutiveSponsor: s.ExecutiveSponsor,
		State: wire.Enum[actionplanningv1.StrategyState](s.State), Weight: int32(s.Weight),
		Contribution: wire.Enum[actionplanningv1.WorkContribution](s.Contribution), ProgressPpm: progressPPM(s.Progress),
		Etag: resource.Etag(s), CreateTime: wire.Time(s.CreateTime), UpdateTime: wire.Time(s.UpdateTime),
	}
}

// strategyDomain refuses a goal that is no name of one.
func strategyDomain(organization, id string, s *actionplanningv1.Strategy) (domain.Strategy, error) {
	var bad fault.Violations
	refer(&bad, goalName, organization, "strategy.goal", s.GetGoal())
	return domain.Strategy{
		Organization: organization, ID: id, DisplayName: s.GetDisplayName(), Goal: s.GetGoal(), Description: s.GetDescription(),
		ExecutiveSponsor: s.GetExecutiveSponsor(), State: wire.FromEnum[domain.StrategyState](s.GetState()),
		Share: shareDomain(s.GetWeight(), s.GetContribution()),
	}, bad.Err()
}

func objectiveProto(o domain.Objective) *actionplanningv1.Objective {
	out := &actionplanningv1.Objective{
		Name: o.Name(), DisplayName: o.DisplayName, Statement: o.Statement, Measure: o.Measure, Baseline: o.Baseline, Target: o.Target,
		DueDate: wire.Date(o.DueDate), Location: o.Location, Owner: o.Owner, StartDate: wire.Date(o.StartDate), FundingRequest: o.FundingRequest,
		State: wire.Enum[actionplanningv1.ObjectiveState](o.State), ProgressRule: wire.Enum[actionplanningv1.ProgressRule](o.ProgressRule),
		Weight: int32(o.Weight), Contribution: wire.Enum[actionplanningv1.WorkContribution](o.Contribution),
		ProgressPpm: progressPPM(o.Progress),
		SmartReview: reviewProto(o.Review), SmartOverride: overrideProto(o.Override), CancelReason: o.CancelReason,
		Etag: resource.Etag(o), CreateTime: wire.Time(o.CreateTime), UpdateTime: wire.Time(o.UpdateTime),
	}
	if r := o.Required; r != nil {
		out.Required = &actionplanningv1.RequiredResources{FteMilli: r.FTEMilli, Program: r.Program}
		if c := r.Cost; c != nil {
			out.Required.Cost = &money.Money{CurrencyCode: c.CurrencyCode, Units: c.Units, Nanos: c.Nanos}
		}
	}
	return out
}

func shareDomain(weight int32, c actionplanningv1.WorkContribution) domain.Share {
	return domain.Share{Weight: int(weight), Contribution: wire.FromEnum[domain.Contribution](c)}
}

// objectiveDomain refuses a measure, program or funding request that is no name of one.
func objectiveDomain(k app.StrategyKey, id string, o *actionplanningv1.Objective) (domain.Objective, error) {
	var bad fault.Violations
	out := domain.Objective{
		Organization: k.Organization, Strategy: k.Strategy, ID: id, DisplayName: o.GetDisplayName(), Statement: o.GetStatement(),
		Measure: o.GetMeasure(), Baseline: o.Baseline, Target: o.Target, DueDate: wire.FromDate[domain.Date](o.GetDueDate()),
		Location: o.GetLocation(), Owner: o.GetOwner(), StartDate: wire.FromDate[domain.Date](o.GetStartDate()), FundingRequest: o.GetFundingRequest(),
		ProgressRule: wire.FromEnum[domain.ProgressRule](o.GetProgressRule()), Share: shareDomain(o.GetWeight(), o.GetContribution()),
	}
	if out.Measure != "" {
		refer(&bad, measureName, k.Organization, "objective.measure", out.Measure)
	}
	if out.FundingRequest != "" {
		refer(&bad, fundingRequestName, k.Organization, "objective.funding_request", out.FundingRequest)
	}
	if r := o.GetRequired(); r != nil {
		out.Required = &domain.Required{FTEMilli: r.GetFteMilli(), Program: r.GetProgram()}
		if c := r.GetCost(); c != nil {
			out.Required.Cost = &domain.Money{CurrencyCode: c.GetCurrencyCode(), Units: c.GetUnits(), Nanos: c.GetNanos()}
		}
		if r.GetProgram() != "" {
			refer(&bad, programName, k.Organization, "objective.required.program", r.GetProgram())
		}
	}
	return out, bad.Err()
}

func assignmentProto(a domain.Assignment) *actionplanningv1.Assignment {
	return &actionplanningv1.Assignment{
		Name: a.Name(), Objective: a.ObjectiveName(), Employee: a.EmployeeName(), Role: wire.Enum[actionplanningv1.AssignmentRole](a.Role),
		EffortPpm: int32(a.EffortPPM), StartDate: wire.Date(a.StartDate), EndDate: wire.Date(a.EndDate),
		Milestone: a.MilestoneName(), OverAllocated: a.OverAllocated, Interim: a.Interim,
		Etag: resource.Etag(a), CreateTime: wire.Time(a.CreateTime), UpdateTime: wire.Time(a.UpdateTime),
	}
}

// assignmentDomain refuses an objective or employee that is no name of one.
func assignmentDomain(organization, id string, a *actionplanningv1.Assignment) (domain.Assignment, error) {
	var bad fault.Violations
	out := domain.Assignment{
		Organization: organization, ID: id, Role: wire.FromEnum[domain.Role](a.GetRole()), EffortPPM: int(a.GetEffortPpm()),
		StartDate: wire.FromDate[domain.Date](a.GetStartDate()), EndDate: wire.FromDate[domain.Date](a.GetEndDate()),
	}
	if ids, ok := refer(&bad, objectiveName, organization, "assignment.objective", a.GetObjective()); ok {
		out.Strategy, out.Objective = ids[1], ids[2]
	}
	if ids, ok := refer(&bad, employeeName, organization, "assignment.employee", a.GetEmployee()); ok {
		out.Employee = ids[1]
	}
	if a.GetMilestone() != "" {
		if ids, ok := refer(&bad, milestoneName, organization, "assignment.milestone", a.GetMilestone()); ok {
			out.Milestone = ids[3]
			bad.Check(out.Objective == "" || (ids[1] == out.Strategy && ids[2] == out.Objective), "assignment.milestone",
				"is not one of %s; name that of the milestone as the objective", a.GetObjective())
		}
	}
	return out, bad.Err()
}
