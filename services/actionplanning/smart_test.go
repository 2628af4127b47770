package actionplanning_test

import (
	"context"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	actionplanningv1 "github.com/throughline/throughline/proto/gen/throughline/actionplanning/v1"
	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
	goalsv1 "github.com/throughline/throughline/proto/gen/throughline/goals/v1"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/rpc"
)

const (
	pass        = actionplanningv1.SmartVerdict_SMART_VERDICT_PASS
	conditional = actionplanningv1.SmartVerdict_SMART_VERDICT_CONDITIONAL
	fail        = actionplanningv1.SmartVerdict_SMART_VERDICT_FAIL
)

// verdicts are those of a review, letter by letter, such as "PPFPC".
func verdicts(r *actionplanningv1.SmartReview) string {
	var b strings.Builder
	for _, f := range r.GetFindings() {
		b.WriteString(f.GetVerdict().String()[len("SMART_VERDICT_"):][:1])
	}
	return b.String()
}

func (f *fixture) review(t *testing.T, objective string) *actionplanningv1.SmartReview {
	t.Helper()
	r, err := f.client.ReviewObjective(f.as(t, "ann", "department"), &actionplanningv1.ReviewObjectiveRequest{Name: objective})
	must(t, err)
	return r
}

func (f *fixture) edit(t *testing.T, o *actionplanningv1.Objective, paths ...string) (*actionplanningv1.Objective, error) {
	t.Helper()
	return f.client.UpdateObjective(f.as(t, "ann", "department"), &actionplanningv1.UpdateObjectiveRequest{
		Objective: o, UpdateMask: &fieldmaskpb.FieldMask{Paths: paths},
	})
}

// ready makes the objective "calls" pass on every letter but ACHIEVABLE, and answers its name.
func (f *fixture) ready(t *testing.T) string {
	t.Helper()
	_, objective := f.strategy(t)
	_, err := f.edit(t, &actionplanningv1.Objective{
		Name: objective, Owner: "Dispatch manager", Location: "The communications center", Statement: "The dispatch manager trains eight dispatchers.",
	}, "owner", "location", "statement")
	must(t, err)
	f.sync(t, "monday", actionplanningv1.SyncMode_SYNC_MODE_DELTA, staffRow("1"), staffRow("2"), staffRow("3"))
	for _, employee := range []string{"e-1", "e-2", "e-3"} {
		_, err := f.client.CreateAssignment(f.as(t, "mia", "manager"), &actionplanningv1.CreateAssignmentRequest{
			Parent: "organizations/o", AssignmentId: employee, Assignment: &actionplanningv1.Assignment{
				Objective: objective, Employee: "organizations/o/staff/" + employee, Role: actionplanningv1.AssignmentRole_ASSIGNMENT_ROLE_SUPPORT,
				EffortPpm: 900_000, StartDate: day(2027, 1, 1),
			},
		})
		must(t, err)
	}
	return objective
}

func TestAnObjectiveIsMendedUntilItPasses(t *testing.T) {
	f := start(t)
	_, objective := f.strategy(t)
	activate := &actionplanningv1.ActivateObjectiveRequest{Name: objective}
	ann := f.as(t, "ann", "department")

	r := f.review(t, objective)
	if verdicts(r) != "FPFPP" || r.GetVerdict() != fail || r.GetRules() != "SMART/1" || r.GetObjective() != objective || !r.GetReviewTime().AsTime().Equal(epoch) {
		t.Fatalf("review %v", r)
	}
	if again := f.review(t, objective); !proto.Equal(r, again) {
		t.Errorf("reviewed again: %v, before %v", again, r)
	}
	_, err := f.client.ActivateObjective(ann, activate)
	wantReason(t, err, "SMART_REVIEW_FAILED")
	wantFields(t, err, "objective.owner", "objective.statement", "objective.location",
		"objective.funding_request", "objective.required.fte_milli", "objective.funding_request", "objective.required.cost")
	if refused, _ := fault.As(rpc.FromStatus(err)); refused.Metadata["letters"] != "SPECIFIC,ACHIEVABLE" || refused.Kind != fault.FailedPrecondition {
		t.Errorf("refused with %+v", refused)
	}
	if o, err := f.client.GetObjective(ann, &actionplanningv1.GetObjectiveRequest{Name: objective}); err != nil ||
		o.GetState() != actionplanningv1.ObjectiveState_OBJECTIVE_STATE_DRAFT || o.GetSmartReview() != nil {
		t.Errorf("after a refusal: %v %v", o, err)
	}
	_, err = f.edit(t, &actionplanningv1.Objective{Name: objective, FundingRequest: askE911}, "funding_request")
	must(t, err)
	if got := verdicts(f.review(t, objective)); got != "FPCPP" {
		t.Errorf("with a request: %s", got)
	}
	_, err = f.edit(t, &actionplanningv1.Objective{
		Name: objective, Owner: "Dispatch manager", Location: "The communications center", Statement: "The dispatch manager trains eight dispatchers.",
	}, "owner", "location", "statement")
	must(t, err)

	activate.ValidateOnly = true
	dry, err := f.client.ActivateObjective(ann, activate)
	must(t, err)
	activate.ValidateOnly, activate.RequestId = false, "once"
	got, err := f.client.ActivateObjective(ann, activate)
	must(t, err)
	if got.GetState() != actionplanningv1.ObjectiveState_OBJECTIVE_STATE_ACTIVE_UNFUNDED || got.GetSmartReview().GetVerdict() != conditional ||
		got.GetSmartOverride() != nil || got.GetEtag() != "4" || !proto.Equal(dry, got) {
		t.Errorf("activated %v, dry %v", got, dry)
	}
	again, err := f.client.ActivateObjective(ann, activate)
	must(t, err)
	if !proto.Equal(again, got) {
		t.Errorf("the repeat answers %v", again)
	}
}

func TestMoneyThatArrivesMakesItActive(t *testing.T) {
	f := start(t)
	objective := f.ready(t)
	ctx := f.as(t, "mia", "manager")
	_, err := f.edit(t, &actionplanningv1.Objective{Name: objective, FundingRequest: askE911}, "funding_request")
	must(t, err)
	activate := &actionplanningv1.ActivateObjectiveRequest{Name: objective}
	state := func() actionplanningv1.ObjectiveState {
		t.Helper()
		o, err := f.client.ActivateObjective(ctx, activate)
		must(t, err)
		return o.GetState()
	}
	const unfunded, active = actionplanningv1.ObjectiveState_OBJECTIVE_STATE_ACTIVE_UNFUNDED, actionplanningv1.ObjectiveState_OBJECTIVE_STATE_ACTIVE
	if got := state(); got != unfunded {
		t.Fatalf("without money it is %v", got)
	}
	if got := state(); got != unfunded {
		t.Fatalf("reviewed again without money it is %v", got)
	}
	f.world.adopt(119_999)
	_, err = f.client.ActivateObjective(ctx, activate)
	wantReason(t, err, "SMART_REVIEW_FAILED")
	f.world.adopt(120_000)
	if got := verdicts(f.review(t, objective)); got != "PPPPP" {
		t.Fatalf("with money: %s", got)
	}
	if got := state(); got != active {
		t.Fatalf("with money it is %v", got)
	}
	_, err = f.client.ActivateObjective(ctx, activate)
	wantReason(t, err, "OBJECTIVE_ACTIVE")
}

func TestADraftPlanIsNoMatterOfMoney(t *testing.T) {
	f := start(t)
	objective := f.ready(t)
	f.world.adopt(120_000)
	f.world.change(func() {
		f.world.plans[planName] = withState(f.world.plans[planName], goalsv1.PlanState_PLAN_STATE_DRAFT)
	})
	o, err := f.client.ActivateObjective(f.as(t, "ann", "department"), &actionplanningv1.ActivateObjectiveRequest{Name: objective})
	must(t, err)
	if verdicts(o.GetSmartReview()) != "PPPCP" || o.GetState() != actionplanningv1.ObjectiveState_OBJECTIVE_STATE_ACTIVE {
		t.Errorf("activated %v", o)
	}
}

func withState(p *goalsv1.Plan, s goalsv1.PlanState) *goalsv1.Plan {
	p, _ = proto.Clone(p).(*goalsv1.Plan)
	p.State = s
	return p
}

func TestOnlyAManagerOverrides(t *testing.T) {
	f := start(t)
	_, objective := f.strategy(t)
	activate := &actionplanningv1.ActivateObjectiveRequest{Name: objective, OverrideReason: "The state audits us in May."}
	_, err := f.client.ActivateObjective(f.as(t, "ann", "department"), activate)
	wantReason(t, err, "OVERRIDE_BY_MANAGER_ONLY")
	_, err = f.client.ActivateObjective(f.as(t, "sam", "staff"), activate)
	wantReason(t, err, "ROLE_LACKS_PERMISSION")
	_, err = f.client.ActivateObjective(f.of(t, "other", "eve", "manager"), activate)
	wantReason(t, err, "FOREIGN_ORGANIZATION")
	activate.Etag = "7"
	_, err = f.client.ActivateObjective(f.as(t, "mia", "manager"), activate)
	wantReason(t, err, "ETAG_MISMATCH")
	activate.Etag = "1"
	o, err := f.client.ActivateObjective(f.as(t, "mia", "manager"), activate)
	must(t, err)
	over := o.GetSmartOverride()
	if o.GetState() != actionplanningv1.ObjectiveState_OBJECTIVE_STATE_ACTIVE || o.GetSmartReview().GetVerdict() != fail ||
		over.GetBy() != "mia" || over.GetReason() != activate.GetOverrideReason() || !over.GetOverrideTime().AsTime().Equal(epoch) {
		t.Errorf("overridden %v", o)
	}
	stored, err := f.client.GetObjective(f.as(t, "ann", "department"), &actionplanningv1.GetObjectiveRequest{Name: objective})
	must(t, err)
	if !proto.Equal(stored, o) {
		t.Errorf("stored %v, answered %v", stored, o)
	}
	// What is told of a review and an override is the server's alone.
	edited, err := f.edit(t, &actionplanningv1.Objective{Name: objective, DisplayName: "Answer soon", State: actionplanningv1.ObjectiveState_OBJECTIVE_STATE_COMPLETED}, "*")
	if err == nil {
		t.Fatalf("a replacement without a day became %v", edited)
	}
	edited, err = f.edit(t, &actionplanningv1.Objective{Name: objective, DisplayName: "Answer soon", DueDate: day(2028, 6, 30)}, "*")
	must(t, err)
	if edited.GetState() != o.GetState() || !proto.Equal(edited.GetSmartReview(), o.GetSmartReview()) || !proto.Equal(edited.GetSmartOverride(), over) {
		t.Errorf("replaced %v", edited)
	}
}

// What was reviewed is what is activated, and what an edit refers to is looked up for the edit that is stored.
func TestEditsWhilePeersAreAsked(t *testing.T) {
	f := start(t)
	objective := f.ready(t)
	f.world.adopt(120_000)
	meanwhile := func(o *actionplanningv1.Objective, paths ...string) {
		f.world.change(func() {
			f.world.during = func() {
				o.Name = objective
				_, err := f.edit(t, o, paths...)
				must(t, err)
			}
		})
	}
	meanwhile(&actionplanningv1.Objective{}, "location")
	_, err := f.client.ActivateObjective(f.as(t, "ann", "department"), &actionplanningv1.ActivateObjectiveRequest{Name: objective})
	wantReason(t, err, "ETAG_MISMATCH")
	meanwhile(&actionplanningv1.Objective{DisplayName: "Answer sooner"}, "display_name")
	o, err := f.edit(t, &actionplanningv1.Objective{Name: objective, FundingRequest: askE911}, "funding_request")
	must(t, err)
	if o.GetDisplayName() != "Answer sooner" || o.GetFundingRequest() != askE911 || o.GetEtag() != "5" {
		t.Errorf("after both edits %v", o)
	}
}

func TestReferencesMustExist(t *testing.T) {
	f := start(t)
	ctx := f.as(t, "mia", "manager")
	_, err := f.client.CreateStrategy(ctx, &actionplanningv1.CreateStrategyRequest{
		Parent: "organizations/o", Strategy: &actionplanningv1.Strategy{DisplayName: "Lost", Goal: planName + "/goals/lost"},
	})
	wantFields(t, err, "strategy.goal")
	strategy, objective := f.strategy(t)
	if got := f.world.calls("GetMeasure") + f.world.calls("GetProgram"); got != 2 {
		t.Errorf("a new objective asked %d times for its measure and program", got)
	}
	_, err = f.client.CreateObjective(ctx, &actionplanningv1.CreateObjectiveRequest{Parent: strategy, Objective: &actionplanningv1.Objective{
		DisplayName: "Lost", DueDate: day(2028, 6, 30), Measure: "organizations/o/measures/lost", FundingRequest: budget2028 + "/fundingRequests/lost",
		Required: &actionplanningv1.RequiredResources{Program: "organizations/o/programs/lost"},
	}})
	wantFields(t, err, "objective.measure", "objective.required.program", "objective.funding_request")
	_, err = f.client.CreateObjective(ctx, &actionplanningv1.CreateObjectiveRequest{Parent: strategy, Objective: &actionplanningv1.Objective{
		DisplayName: "Lost", DueDate: day(2028, 6, 31), Measure: "organizations/o/measures/lost",
	}})
	wantFields(t, err, "objective.due_date", "objective.measure")
	_, err = f.edit(t, &actionplanningv1.Objective{Name: objective, Measure: "organizations/o/measures/lost"}, "measure")
	wantFields(t, err, "objective.measure")
	_, err = f.edit(t, &actionplanningv1.Objective{Name: objective, Measure: "organizations/o/measures", FundingRequest: budget2028}, "measure", "funding_request")
	wantFields(t, err, "objective.measure", "objective.funding_request")
	_, err = f.edit(t, &actionplanningv1.Objective{Name: objective, FundingRequest: "organizations/x/budgets/b/fundingRequests/lost"}, "funding_request")
	wantReason(t, err, "FOREIGN_ORGANIZATION")

	// What it named before may be gone: the rest is still edited, and the review says so.
	f.world.change(func() {
		clear(f.world.measures)
		clear(f.world.programs)
		clear(f.world.goals)
	})
	_, err = f.edit(t, &actionplanningv1.Objective{Name: objective, DisplayName: "Answer"}, "display_name")
	must(t, err)
	_, err = f.client.UpdateStrategy(ctx, &actionplanningv1.UpdateStrategyRequest{
		Strategy: &actionplanningv1.Strategy{Name: strategy, DisplayName: "Faster"}, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"display_name"}},
	})
	must(t, err)
	if got := verdicts(f.review(t, objective)); got != "FFFFF" {
		t.Errorf("with all gone: %s", got)
	}
}

func TestAPeerThatIsDownIsNamed(t *testing.T) {
	for peer, do := range map[string]func(*fixture, context.Context, string) error{
		"goals": func(f *fixture, ctx context.Context, objective string) error {
			_, err := f.client.ReviewObjective(ctx, &actionplanningv1.ReviewObjectiveRequest{Name: objective})
			return err
		},
		"performance": func(f *fixture, ctx context.Context, objective string) error {
			_, err := f.client.ActivateObjective(ctx, &actionplanningv1.ActivateObjectiveRequest{Name: objective, OverrideReason: "now"})
			return err
		},
		"budgeting": func(f *fixture, ctx context.Context, objective string) error {
			_, err := f.client.UpdateObjective(ctx, &actionplanningv1.UpdateObjectiveRequest{
				Objective:  &actionplanningv1.Objective{Name: objective, FundingRequest: askE911},
				UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"funding_request"}},
			})
			return err
		},
	} {
		t.Run(peer, func(t *testing.T) {
			f := start(t)
			_, objective := f.strategy(t)
			f.world.change(func() { f.world.down = peer })
			err := do(f, f.as(t, "mia", "manager"), objective)
			got, _ := fault.As(rpc.FromStatus(err))
			if got == nil || got.Kind != fault.Unavailable || !strings.Contains(got.Message, "the "+peer+" service") {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestTheLatestAdoptedBudgetCounts(t *testing.T) {
	f := start(t)
	objective := f.ready(t)
	const budget2027, more = "organizations/o/budgets/fy2027", budget2028 + "-more"
	budget := func(name string, year int32, units ...int64) {
		b := &budgetingv1.Budget{Name: name, FiscalYear: year}
		if len(units) > 0 {
			b.AdoptedAllocation = name + "/allocations/a"
		}
		f.world.change(func() {
			f.world.budgets[name] = b
			f.world.lines[b.GetAdoptedAllocation()] = nil
			for _, u := range units {
				f.world.lines[b.GetAdoptedAllocation()] = append(f.world.lines[b.GetAdoptedAllocation()], &budgetingv1.AllocationLine{Program: e911, Adjusted: usd(u)})
			}
		})
	}
	achievable := func() string { return verdicts(f.review(t, objective))[2:3] }
	budget(budget2027, 2027, 120_000)
	if got := achievable(); got != "P" {
		t.Errorf("only the earlier year is adopted: %s", got)
	}
	budget(budget2028, 2028, 100)
	if got := achievable(); got != "F" {
		t.Errorf("the later year gives less: %s", got)
	}
	budget(more, 2028, 120_000)
	if got := achievable(); got != "P" {
		t.Errorf("a second budget of the later year gives enough: %s", got)
	}
}
