package rpc

import (
	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
	"github.com/throughline/throughline/services/budgeting/internal/app"
	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/wire"
)

func packageProto(p domain.DecisionPackage) *budgetingv1.DecisionPackage {
	out := &budgetingv1.DecisionPackage{
		Name: p.Name(), DisplayName: p.DisplayName, Description: p.Description, ReplacesBase: p.ReplacesBase,
		Prerequisites: refsProto(p, p.Prerequisites), Exclusions: refsProto(p, p.Exclusions),
		Etag: resource.Etag(p), CreateTime: wire.Time(p.CreateTime), UpdateTime: wire.Time(p.UpdateTime),
	}
	for _, l := range p.Levels {
		level := &budgetingv1.ServiceLevel{
			LevelId: l.ID, DisplayName: l.DisplayName, FteMilli: l.FTEMilli, ExpectedResult: l.ExpectedResult, ReviewedBenefit: int32(l.Benefit),
		}
		for _, c := range l.Costs {
			level.Costs = append(level.Costs, &budgetingv1.PackageCost{
				Fund: domain.FundName(p.Organization, c.Fund), YearOffset: int32(c.Year), Amount: wire.Money(p.Currency, c.Amount), OneTime: c.OneTime,
			})
		}
		out.Levels = append(out.Levels, level)
	}
	return out
}

func refsProto(p domain.DecisionPackage, refs []domain.PackageRef) []*budgetingv1.PackageReference {
	var out []*budgetingv1.PackageReference
	for _, r := range refs {
		out = append(out, &budgetingv1.PackageReference{
			DecisionPackage: domain.DecisionPackageName(p.Organization, p.Budget, r.Program, r.Package), LevelId: r.Level,
		})
	}
	return out
}

func (r *reader) decisionPackage(k app.PackageKey, p *budgetingv1.DecisionPackage) domain.DecisionPackage {
	const field = "decision_package."
	out := domain.DecisionPackage{
		Organization: r.organization, Budget: k.Budget, Program: k.Program, ID: k.ID, DisplayName: p.GetDisplayName(),
		Description: p.GetDescription(), ReplacesBase: p.GetReplacesBase(), Currency: r.currency,
		Prerequisites: r.packageRefs(k.Budget, field+"prerequisites", p.GetPrerequisites()),
		Exclusions:    r.packageRefs(k.Budget, field+"exclusions", p.GetExclusions()),
	}
	for i, l := range p.GetLevels() {
		level := domain.ServiceLevel{
			ID: l.GetLevelId(), DisplayName: l.GetDisplayName(), FTEMilli: l.GetFteMilli(), ExpectedResult: l.GetExpectedResult(),
			Benefit: int(l.GetReviewedBenefit()),
		}
		for j, c := range l.GetCosts() {
			here := at(at(field+"levels", i)+".costs", j)
			level.Costs = append(level.Costs, domain.PackageCost{
				Fund: r.id(fundName, here+".fund", c.GetFund()), Year: int(c.GetYearOffset()), Amount: r.money(here+".amount", c.GetAmount()),
				OneTime: c.GetOneTime(),
			})
		}
		out.Levels = append(out.Levels, level)
	}
	return out
}

// packageRefs are references to packages of this budget.
func (r *reader) packageRefs(budget, field string, refs []*budgetingv1.PackageReference) []domain.PackageRef {
	var out []domain.PackageRef
	for i, ref := range refs {
		here := at(field, i) + ".decision_package"
		ids, err := packageName.Parse(here, ref.GetDecisionPackage())
		if err != nil {
			r.add(err)
			continue
		}
		r.Check(ids[0] == r.organization && ids[1] == budget, here, "is of another budget; packages refer to packages of their own budget")
		out = append(out, domain.PackageRef{Program: ids[2], Package: ids[3], Level: ref.GetLevelId()})
	}
	return out
}

func scenarioProto(s domain.Scenario) *budgetingv1.Scenario {
	out := &budgetingv1.Scenario{
		Name: s.Name(), DisplayName: s.DisplayName, Description: s.Description, Method: wire.Enum[budgetingv1.AllocationMethod](s.Method),
		Parameters: paramsProto(s.Organization, s.Budget, s.Currency, s.Params),
		Etag:       resource.Etag(s), CreateTime: wire.Time(s.CreateTime), UpdateTime: wire.Time(s.UpdateTime),
	}
	for _, w := range s.Weights {
		out.GoalWeights = append(out.GoalWeights, &budgetingv1.GoalWeightOverride{Goal: w.Goal, WeightPpm: int32(w.PPM)})
	}
	for _, r := range s.Requests {
		out.RequestOverrides = append(out.RequestOverrides, &budgetingv1.RequestOverride{
			Program: domain.ProgramName(s.Organization, r.Program), Requested: optionalMoneyProto(r.Requested, s.Currency),
			Cap: optionalMoneyProto(r.Cap, s.Currency), MaxDecreasePpm: narrow[int32](r.MaxDecreasePPM),
		})
	}
	return out
}

func (r *reader) scenario(budget, id string, s *budgetingv1.Scenario) domain.Scenario {
	const field = "scenario."
	out := domain.Scenario{
		Organization: r.organization, Budget: budget, ID: id, DisplayName: s.GetDisplayName(), Description: s.GetDescription(),
		Method: wire.FromEnum[model.Method](s.GetMethod()), Params: r.params(budget, field+"parameters.", s.GetParameters()), Currency: r.currency,
	}
	for i, w := range s.GetGoalWeights() {
		r.id(goalName, at(field+"goal_weights", i)+".goal", w.GetGoal())
		out.Weights = append(out.Weights, domain.WeightOverride{Goal: w.GetGoal(), PPM: int64(w.GetWeightPpm())})
	}
	for i, o := range s.GetRequestOverrides() {
		here := at(field+"request_overrides", i)
		out.Requests = append(out.Requests, domain.RequestOverride{
			Program: r.id(programName, here+".program", o.GetProgram()), Requested: r.optionalMoney(here+".requested", o.GetRequested()),
			Cap: r.optionalMoney(here+".cap", o.GetCap()), MaxDecreasePPM: narrow[int64](o.MaxDecreasePpm), //nolint:protogetter // unset is not zero
		})
	}
	return out
}
