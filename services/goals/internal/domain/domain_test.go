package domain_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/throughline/throughline/services/goals/internal/domain"
	"github.com/throughline/throughline/services/platform/fault"
)

var now = time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)

func TestCheckTree(t *testing.T) {
	parents := map[string]string{"top": "", "mid": "top", "low": "mid"}
	for name, c := range map[string]struct {
		goal, parent, want string
	}{
		"a top goal":          {"new", "", ""},
		"below a known goal":  {"new", "low", ""},
		"itself":              {"mid", "mid", "makes a cycle (mid > mid)"},
		"below its own child": {"top", "low", "makes a cycle (top > low > mid > top)"},
		"an unknown parent":   {"new", "gone", "plans/p/goals/gone is not a goal of this plan"},
	} {
		t.Run(name, func(t *testing.T) {
			tree := maps.Clone(parents)
			err := domain.CheckTree(domain.Goal{Organization: "o", Plan: "p", ID: c.goal, ParentGoal: c.parent}, tree).Err()
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}

func TestPlanStates(t *testing.T) {
	draft, err := domain.NewPlan(domain.Plan{
		Organization: "o", ID: "p", DisplayName: "Plan", StartDate: "2027-01-01", EndDate: "2028-01-01", State: domain.PlanAdopted,
	}, now)
	if err != nil || draft.State != domain.PlanDraft {
		t.Fatalf("a new plan is %s (%v)", draft.State, err)
	}
	act := domain.Adoption{Body: "City Council", Date: "2027-02-01", ResolutionNumber: "R-7"}
	if _, err := draft.Adopted(act, now); fault.Reason(err) != "PLAN_NOT_SUBMITTED" {
		t.Errorf("adopting a draft: %v", err)
	}
	if _, err := draft.Submitted(0, now); fault.Reason(err) != "PLAN_WITHOUT_GOALS" {
		t.Errorf("submitting without goals: %v", err)
	}
	submitted, err := draft.Submitted(1, now)
	if err != nil || submitted.State != domain.PlanSubmitted || submitted.Version != 2 {
		t.Fatalf("submitted: %+v, %v", submitted, err)
	}
	if fault.Reason(submitted.GoalsEditable()) != "PLAN_NOT_DRAFT" {
		t.Error("goals of a submitted plan may change")
	}
	if _, err := submitted.Adopted(domain.Adoption{}, now); len(violations(err)) != 3 {
		t.Errorf("an empty act breaks %v", violations(err))
	}
	adopted, err := submitted.Adopted(act, now)
	if err != nil || adopted.State != domain.PlanAdopted || *adopted.Adoption != act {
		t.Fatalf("adopted: %+v, %v", adopted, err)
	}
	other := adopted
	other.Narrative = "another"
	if _, err := adopted.Changed(other, now); fault.Reason(err) != "PLAN_READ_ONLY" {
		t.Errorf("changing an adopted plan: %v", err)
	}
}

// Of two changes at once the one that is stored later may have looked at the clock first.
func TestTimesNeverGoBack(t *testing.T) {
	made := domain.Meta{}.Next(now)
	changed := made.Next(now.Add(-time.Second))
	if !changed.UpdateTime.Equal(now) || !changed.CreateTime.Equal(now) || changed.Version != 2 {
		t.Errorf("changed: %+v", changed)
	}
	if later := changed.Next(now.Add(time.Second)); !later.UpdateTime.Equal(now.Add(time.Second)) {
		t.Errorf("later: %+v", later)
	}
}

func violations(err error) []string {
	var fields []string
	if f, ok := fault.As(err); ok {
		for _, v := range f.Violations {
			fields = append(fields, v.Field)
		}
	}
	return fields
}

func TestEveryBadFieldIsTold(t *testing.T) {
	_, err := domain.NewOrganization(domain.Organization{CurrencyCode: "dollars", FiscalYearStartMonth: 13, TimeZone: "Mars/Olympus"}, now)
	want := []string{"organization.display_name", "organization.currency_code", "organization.fiscal_year_start_month", "organization.time_zone"}
	if got := violations(err); !slices.Equal(got, want) {
		t.Errorf("violations %v, want %v", got, want)
	}
	_, err = domain.NewPrioritization(domain.Prioritization{
		DisplayName: "r", Method: "MAGIC", Members: []domain.Member{{Member: "a"}, {Member: "a"}}, Quorum: 3, Goals: []string{"g", "g"},
	}, now)
	want = []string{"prioritization.method", "prioritization.electorate.quorum", "prioritization.electorate.members[1]", "prioritization.goals[1]"}
	if got := violations(err); !slices.Equal(got, want) {
		t.Errorf("violations %v, want %v", got, want)
	}
}

// The times of a plan's revisions order them as their sequence does, although the clocks of two processes differ.
func TestRevisionsFollowEachOther(t *testing.T) {
	last := domain.LastRevision{Sequence: 4, EffectiveTime: time.Date(2027, 1, 1, 0, 0, 1, 0, time.UTC)}
	for name, c := range map[string]struct {
		now, want time.Time
		last      domain.LastRevision
	}{
		"behind":     {last.EffectiveTime.Add(-time.Second), last.EffectiveTime.Add(time.Microsecond), last},
		"equal":      {last.EffectiveTime, last.EffectiveTime.Add(time.Microsecond), last},
		"ahead":      {last.EffectiveTime.Add(time.Second), last.EffectiveTime.Add(time.Second), last},
		"first ever": {last.EffectiveTime, last.EffectiveTime, domain.LastRevision{}},
	} {
		_, rev, err := domain.Prioritization{State: domain.RoundClosed}.Certified("r", c.last, nil, c.now)
		if err != nil || !rev.EffectiveTime.Equal(c.want) || rev.Sequence != c.last.Sequence+1 {
			t.Errorf("%s: revision %d of %s, %v; want %s", name, rev.Sequence, rev.EffectiveTime, err, c.want)
		}
	}
}
