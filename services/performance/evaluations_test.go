package performance_test

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	actionplanningv1 "github.com/throughline/throughline/proto/gen/throughline/actionplanning/v1"
	performancev1 "github.com/throughline/throughline/proto/gen/throughline/performance/v1"
)

const (
	fire    = parent + "/programs/fire"
	parks   = parent + "/programs/parks"
	budget  = parent + "/budgets/fy2027"
	housing = parent + "/strategies/housing"
)

// served is a measure of people helped, with 5 in every month of 2027.
func (f *fixture) served(t testing.TB) string {
	t.Helper()
	m := response()
	m.Unit, m.Direction, m.Targets[0].Value = "people", performancev1.Direction_DIRECTION_INCREASE, 4
	name := f.measure(t, "served", m)
	all := rows{}
	for month := range int32(12) {
		all = append(all, row(name, month+1, "", 5))
	}
	_, err := f.record(f.as(t), all)
	must(t, err)
	return name
}

// worth is an evaluation of the fire program's 2027 by the people served.
func worth(measure string) *performancev1.Evaluation {
	return &performancev1.Evaluation{
		DisplayName: "Fire 2027", Subject: fire, FirstFiscalYear: 2027, LastFiscalYear: 2027, PeriodStart: day(2027, 1, 1), PeriodEnd: day(2027, 12, 31),
		Outcomes:       []*performancev1.Outcome{{Measure: measure, Basis: performancev1.OutcomeBasis_OUTCOME_BASIS_TOTAL}},
		Recommendation: performancev1.Recommendation_RECOMMENDATION_EXPAND, Evaluator: "auditor", Finding: "It was worth it.",
	}
}

func (f *fixture) evaluate(t testing.TB, id string, e *performancev1.Evaluation) *performancev1.Evaluation {
	t.Helper()
	created, err := f.client.CreateEvaluation(f.as(t), &performancev1.CreateEvaluationRequest{Parent: parent, EvaluationId: id, Evaluation: e})
	must(t, err)
	return created
}

func TestEvaluation(t *testing.T) {
	f := start(t)
	name := f.served(t)
	told := f.adopt(t, "a", 1, map[string]int64{fire: 1_000_00, parks: 77})
	f.clock.Add(13 * 31 * 24 * 3600) // 2027 is over
	ctx := f.as(t)
	create := &performancev1.CreateEvaluationRequest{Parent: parent, EvaluationId: "fire-2027", Evaluation: worth(name), RequestId: "once"}
	dry := proto.CloneOf(create)
	dry.ValidateOnly = true
	would, err := f.client.CreateEvaluation(ctx, dry)
	must(t, err)
	get := &performancev1.GetEvaluationRequest{Name: parent + "/evaluations/fire-2027"}
	_, err = f.client.GetEvaluation(ctx, get)
	wantReason(t, err, "RESOURCE_NOT_FOUND")
	first, err := f.client.CreateEvaluation(ctx, create)
	must(t, err)
	again, err := f.client.CreateEvaluation(ctx, create)
	must(t, err)
	if !proto.Equal(would, first) || !proto.Equal(again, first) {
		t.Errorf("dry %v\nfirst %v\nagain %v", would, first, again)
	}
	// 100,000 cents for 12 × 5 people are 1,666.67 cents each.
	want := worth(name)
	want.Name, want.Etag, want.AsOf = get.GetName(), "1", timestamppb.New(f.now())
	want.CreateTime, want.UpdateTime, want.Money = want.GetAsOf(), want.GetAsOf(), usd(1_000_00)
	want.MoneyIn = []*performancev1.MoneyIn{{
		Allocation: told.GetAllocation(), FiscalYear: 2027, Program: fire, Amount: usd(1_000_00), AdoptTime: told.GetAdoptTime(),
	}}
	want.ResultsOut = []*performancev1.ResultOut{{
		Evidence: first.GetResultsOut()[0].GetEvidence(), Basis: performancev1.OutcomeBasis_OUTCOME_BASIS_TOTAL, Values: 12,
		To: new(5.0), Units: new(60.0), CostPerUnit: usd(16_67),
	}}
	if !proto.Equal(first, want) {
		t.Errorf("got  %v\nwant %v", first, want)
	}
	if ev := first.GetResultsOut()[0].GetEvidence(); ev.GetMeasure() != name || ev.GetPoints() != 12 || ev.GetTarget() != 4 ||
		ev.GetStatus() != performancev1.ResultStatus_RESULT_STATUS_MET || ev.GetAssurance() != performancev1.Assurance_ASSURANCE_RELIABLY_MET {
		t.Errorf("evidence %v", ev)
	}
	read, err := f.client.GetEvaluation(ctx, get)
	must(t, err)
	if !proto.Equal(read, first) {
		t.Errorf("read %v", read)
	}
	var event performancev1.Evaluation
	must(t, proto.Unmarshal(f.wait(t, "evaluation.created").Data, &event))
	if !proto.Equal(&event, first) {
		t.Errorf("event tells of %v", &event)
	}

	// What is copied stays as it is, until the evaluation is written again, even unchanged.
	_, err = f.record(ctx, rows{row(name, 12, "", 25)})
	must(t, err)
	f.adopt(t, "b", 2, map[string]int64{fire: 2_000_00})
	before := f.later()
	read, err = f.client.GetEvaluation(ctx, get)
	must(t, err)
	if !proto.Equal(read, first) {
		t.Errorf("the copy became %v", read)
	}
	update := &performancev1.UpdateEvaluationRequest{Evaluation: proto.CloneOf(read), UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"*"}}}
	second, err := f.client.UpdateEvaluation(ctx, update)
	must(t, err)
	// 200,000 cents for 80 people.
	if r := second.GetResultsOut()[0]; !proto.Equal(second.GetMoney(), usd(2_000_00)) || r.GetUnits() != 80 || !proto.Equal(r.GetCostPerUnit(), usd(25_00)) ||
		second.GetMoneyIn()[0].GetAllocation() != budget+"/allocations/b" || second.GetEtag() != "2" ||
		!second.GetAsOf().AsTime().Equal(before.Add(time.Minute)) || !second.GetCreateTime().AsTime().Equal(before) {
		t.Errorf("second %v", second)
	}
	_, err = f.client.UpdateEvaluation(ctx, update)
	wantReason(t, err, "ETAG_MISMATCH")
	third, err := f.client.UpdateEvaluation(ctx, &performancev1.UpdateEvaluationRequest{
		Evaluation: &performancev1.Evaluation{Name: get.GetName(), Finding: "Even more so.", Money: usd(1)},
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"finding"}},
	})
	must(t, err)
	if third.GetFinding() != "Even more so." || third.GetEvaluator() != "auditor" || !proto.Equal(third.GetMoney(), usd(2_000_00)) {
		t.Errorf("third %v", third)
	}

	_, err = f.client.DeleteEvaluation(ctx, &performancev1.DeleteEvaluationRequest{Name: get.GetName(), Etag: "1"})
	wantReason(t, err, "ETAG_MISMATCH")
	_, err = f.client.DeleteEvaluation(ctx, &performancev1.DeleteEvaluationRequest{Name: get.GetName(), ValidateOnly: true})
	must(t, err)
	_, err = f.client.GetEvaluation(ctx, get)
	must(t, err)
	_, err = f.client.DeleteEvaluation(ctx, &performancev1.DeleteEvaluationRequest{Name: get.GetName(), Etag: "3"})
	must(t, err)
	_, err = f.client.GetEvaluation(ctx, get)
	wantReason(t, err, "RESOURCE_NOT_FOUND")
}

// A strategy's money is that of the programs that its objectives require, each once.
func TestEvaluationOfAStrategy(t *testing.T) {
	f := start(t)
	name := f.served(t)
	f.adopt(t, "a", 1, map[string]int64{fire: 1_000_00, parks: 200_00, parent + "/programs/debt": 5})
	e := worth(name)
	e.Subject = housing
	none := f.evaluate(t, "none", e)
	if none.GetMoney() != nil || !strings.Contains(none.GetResultsOut()[0].GetNote(), "No objective of the strategy is known to require a program") {
		t.Errorf("without objectives %v", none)
	}
	const source = "throughline.actionplanning.v1"
	f.hear(t, source, "strategy.created", "o", housing, 1, &actionplanningv1.Strategy{Name: housing})
	for id, program := range map[string]string{"one": parks, "two": fire, "three": parks, "four": ""} {
		f.hear(t, source, "objective.created", "o", housing+"/objectives/"+id, 1, &actionplanningv1.Objective{
			Name: housing + "/objectives/" + id, Required: &actionplanningv1.RequiredResources{Program: program},
		})
	}
	f.hear(t, source, "objective.created", "o", parent+"/strategies/other/objectives/x", 1, &actionplanningv1.Objective{
		Required: &actionplanningv1.RequiredResources{Program: parent + "/programs/debt"},
	})
	got := f.evaluate(t, "both", e)
	in := got.GetMoneyIn()
	if !proto.Equal(got.GetMoney(), usd(1_200_00)) || len(in) != 2 || in[0].GetProgram() != fire || in[1].GetProgram() != parks {
		t.Errorf("money %v of %v", got.GetMoney(), in)
	}
}

func TestListEvaluations(t *testing.T) {
	f := start(t)
	ctx := f.as(t)
	name := f.served(t)
	for id, change := range map[string]func(*performancev1.Evaluation){
		"b": func(e *performancev1.Evaluation) { e.DisplayName, e.LastFiscalYear = "B", 2029 },
		"a": func(e *performancev1.Evaluation) { e.DisplayName, e.LastFiscalYear = "A", 2028 },
		"c": func(e *performancev1.Evaluation) {
			e.DisplayName, e.Subject, e.Recommendation = "C", parks, performancev1.Recommendation_RECOMMENDATION_END
		},
	} {
		e := worth(name)
		change(e)
		f.evaluate(t, id, e)
	}
	for _, tt := range []struct{ filter, order, want string }{
		{"", "", "a b c"},
		{"", "last_fiscal_year desc", "b a c"},
		{"", "display_name desc", "c b a"},
		{`subject = "` + fire + `"`, "", "a b"},
		{"recommendation = END", "", "c"},
		{"last_fiscal_year >= 2028 AND first_fiscal_year = 2027", "", "a b"},
		{`display_name = "C"`, "", "c"},
	} {
		var got []string
		request := &performancev1.ListEvaluationsRequest{Parent: parent, PageSize: 1, Filter: tt.filter, OrderBy: tt.order}
		for more := true; more; more = request.GetPageToken() != "" {
			page, err := f.client.ListEvaluations(ctx, request)
			must(t, err)
			for _, e := range page.GetEvaluations() {
				got = append(got, strings.TrimPrefix(e.GetName(), parent+"/evaluations/"))
			}
			request.PageToken = page.GetNextPageToken()
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%q by %q lists %v, want %s", tt.filter, tt.order, got, tt.want)
		}
	}
	_, err := f.client.ListEvaluations(ctx, &performancev1.ListEvaluationsRequest{Parent: parent, Filter: "recommendation = MAYBE", OrderBy: "finding"})
	wantFields(t, err, "filter", "order_by")
}

func TestEvaluationRefusals(t *testing.T) {
	f := start(t)
	name := f.served(t)
	create := func(change func(*performancev1.Evaluation)) error {
		e := worth(name)
		change(e)
		_, err := f.client.CreateEvaluation(f.as(t), &performancev1.CreateEvaluationRequest{Parent: parent, Evaluation: e})
		return err
	}
	wantFields(t, create(func(e *performancev1.Evaluation) {
		e.Subject, e.LastFiscalYear, e.PeriodEnd = parent+"/plans/fire", 2026, day(2026, 1, 1)
		e.Outcomes = append(e.Outcomes, e.GetOutcomes()[0], &performancev1.Outcome{
			Measure: parent + "/measures/none", Basis: performancev1.OutcomeBasis_OUTCOME_BASIS_CHANGE,
		})
	}), "evaluation.subject", "evaluation.last_fiscal_year", "evaluation.period_end", "evaluation.outcomes[1].measure", "evaluation.outcomes[2].measure")
	wantFields(t, create(func(e *performancev1.Evaluation) {
		e.DisplayName, e.FirstFiscalYear, e.PeriodStart, e.Outcomes = "", 0, nil, nil
	}), "evaluation.display_name", "evaluation.first_fiscal_year", "evaluation.period_start", "evaluation.outcomes")
	wantReason(t, create(func(e *performancev1.Evaluation) { e.Subject = "organizations/other/programs/fire" }), "FOREIGN_ORGANIZATION")
	wantReason(t, create(func(e *performancev1.Evaluation) { e.Outcomes[0].Measure = "organizations/other/measures/served" }), "FOREIGN_ORGANIZATION")
	percent := response()
	percent.Unit = "%"
	wantFields(t, create(func(e *performancev1.Evaluation) {
		e.Outcomes[0].Measure = f.measure(t, "share", percent)
	}), "evaluation.outcomes[0].basis")

	made := f.evaluate(t, "e", worth(name))
	_, err := f.client.CreateEvaluation(f.as(t), &performancev1.CreateEvaluationRequest{Parent: parent, EvaluationId: "e", Evaluation: worth(name)})
	wantReason(t, err, "RESOURCE_ALREADY_EXISTS")
	update := &performancev1.UpdateEvaluationRequest{
		Evaluation: &performancev1.Evaluation{Name: made.GetName()}, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"outcomes", "last_fiscal_year"}},
	}
	_, err = f.client.UpdateEvaluation(f.as(t), update)
	wantFields(t, err, "evaluation.last_fiscal_year", "evaluation.outcomes")
	update.Evaluation.Name, update.UpdateMask.Paths = parent+"/evaluations/none", []string{"finding"}
	_, err = f.client.UpdateEvaluation(f.as(t), update)
	wantReason(t, err, "RESOURCE_NOT_FOUND")
	_, err = f.client.DeleteEvaluation(f.as(t), &performancev1.DeleteEvaluationRequest{Name: parent + "/evaluations/none"})
	wantReason(t, err, "RESOURCE_NOT_FOUND")
	_, err = f.client.GetEvaluation(f.as(t), &performancev1.GetEvaluationRequest{Name: "e"})
	wantFields(t, err, "name")

	for _, ctx := range []struct {
		organization, role, reason string
	}{{"other", "manager", "FOREIGN_ORGANIZATION"}, {"o", "hr", "ROLE_LACKS_PERMISSION"}} {
		as := f.in(t, ctx.organization, ctx.role)
		_, err := f.client.GetEvaluation(as, &performancev1.GetEvaluationRequest{Name: made.GetName()})
		wantReason(t, err, ctx.reason)
		_, err = f.client.ListEvaluations(as, &performancev1.ListEvaluationsRequest{Parent: parent})
		wantReason(t, err, ctx.reason)
		_, err = f.client.CreateEvaluation(as, &performancev1.CreateEvaluationRequest{Parent: parent, Evaluation: worth(name)})
		wantReason(t, err, ctx.reason)
		_, err = f.client.UpdateEvaluation(as, &performancev1.UpdateEvaluationRequest{Evaluation: made})
		wantReason(t, err, ctx.reason)
		_, err = f.client.DeleteEvaluation(as, &performancev1.DeleteEvaluationRequest{Name: made.GetName()})
		wantReason(t, err, ctx.reason)
	}
	_, err = f.client.DeleteEvaluation(f.as(t, "finance"), &performancev1.DeleteEvaluationRequest{Name: made.GetName()})
	wantReason(t, err, "ROLE_LACKS_PERMISSION")
	_, err = f.client.GetEvaluation(f.as(t, "finance"), &performancev1.GetEvaluationRequest{Name: made.GetName()})
	must(t, err)
}
