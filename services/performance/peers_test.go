package performance_test

import (
	"context"
	"strconv"
	"sync"

	goalsv1 "github.com/throughline/throughline/proto/gen/throughline/goals/v1"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/rpc"
)

const plan = parent + "/plans/p"

// fakeGoals knows every organization but "gone", and one plan, whose goals it answers in pages of two.
type fakeGoals struct {
	goalsv1.UnimplementedGoalsServiceServer
	mu     sync.Mutex
	public bool // what organizations say of reports
	goals  []*goalsv1.Goal
	gone   bool // the plan was deleted
}

// set changes what it knows.
func (f *fakeGoals) set(public bool, goals ...*goalsv1.Goal) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.public, f.goals = public, goals
}

// lose deletes the plan.
func (f *fakeGoals) lose() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.gone = true
}

func (f *fakeGoals) GetOrganization(_ context.Context, r *goalsv1.GetOrganizationRequest) (*goalsv1.Organization, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if r.GetName() == "organizations/gone" {
		return nil, rpc.ToStatus(fault.Missing(r.GetName())).Err()
	}
	return &goalsv1.Organization{Name: r.GetName(), PublicReports: f.public}, nil
}

func (f *fakeGoals) GetPlan(_ context.Context, r *goalsv1.GetPlanRequest) (*goalsv1.Plan, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.gone || r.GetName() != plan {
		return nil, rpc.ToStatus(fault.Missing(r.GetName())).Err()
	}
	return &goalsv1.Plan{Name: plan}, nil
}

func (f *fakeGoals) ListGoals(_ context.Context, r *goalsv1.ListGoalsRequest) (*goalsv1.ListGoalsResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	from, _ := strconv.Atoi(r.GetPageToken()) // none is the first page
	to := min(from+2, len(f.goals))
	page := &goalsv1.ListGoalsResponse{Goals: f.goals[from:to]}
	if to < len(f.goals) {
		page.NextPageToken = strconv.Itoa(to)
	}
	return page, nil
}
