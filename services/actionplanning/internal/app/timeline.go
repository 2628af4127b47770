package app

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/throughline/throughline/services/actionplanning/internal/domain"
	"github.com/throughline/throughline/services/actionplanning/internal/domain/progress"
	"github.com/throughline/throughline/services/actionplanning/internal/domain/timeline"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/listing"
	"github.com/throughline/throughline/services/platform/resource"
)

// Pages of timelines.
const (
	timelinePage    = 1000
	maxTimelinePage = 10_000
)

// Work is a strategy or a plan: exactly one of both ids is set.
type Work struct{ Organization, Strategy, Plan string }

// Name is the resource name.
func (w Work) Name() string {
	if w.Plan != "" {
		return domain.PlanName(w.Organization, w.Plan)
	}
	return domain.StrategyName(w.Organization, w.Strategy)
}

// TimelineEntry is a milestone in its timeline.
type TimelineEntry struct {
	domain.Milestone
	timeline.Entry
}

// Lateness is how many days its expected end lies after its planned one.
func (e TimelineEntry) Lateness() int64 { return int64(e.End - timeline.ParseDay(e.PlannedEnd)) }

// Timeline is the milestones of a strategy or plan in time.
type Timeline struct {
	Work       Work
	Today      timeline.Day
	Milestones int
	Done, Late int
	PlannedEnd timeline.Day // None without milestones
	Finish     timeline.Day // None without milestones
	Progress   progress.Value
	Path       []string        // names of milestones
	Entries    []TimelineEntry // by expected start, then name
}

// timelineList orders and pages the entries of a timeline.
var timelineList = listing.Schema{
	ID: []string{"milestone"}, Default: []listing.Order{{Field: "expected_start_date"}},
	Fields: map[string]listing.Field{"expected_start_date": {Column: "expected_start_date", Type: listing.Int, Sortable: true}},
}

// Day is the day that was asked for, or today's.
func (a *App) Day(asked domain.Date) (timeline.Day, error) {
	var v fault.Violations
	day := timeline.ParseDay(cmp.Or(asked, domain.Today(a.Now())))
	v.Check(day != timeline.None, "today", "must be a calendar day; leave it out for today's")
	return day, v.Err()
}

// TimelinePage is a page of a timeline, which is computed whole for each.
func (a *App) TimelinePage(ctx context.Context, w Work, today timeline.Day, size int32, token string) (Timeline, string, error) {
	q, err := listing.Parse(listing.Request{PageSize: size, PageToken: token, Extra: w.Name() + " " + today.String()}, timelineList)
	if err != nil {
		return Timeline{}, "", err
	}
	q.Limit = min(cmp.Or(int(size), timelinePage), maxTimelinePage)
	t, err := a.Timeline(ctx, w, today)
	if err != nil {
		return t, "", err
	}
	var next string
	t.Entries, next, err = listing.Select(q, t.Entries, func(e *TimelineEntry, column string) any {
		if column == "milestone" {
			return e.Name()
		}
		return int64(e.Start)
	})
	return t, next, err
}

// Timeline puts the milestones of a strategy, or of all strategies that serve a plan, in time as seen from a day. Cancelled work is left out,
// unless something that goes on depends on it.
func (a *App) Timeline(ctx context.Context, w Work, today timeline.Day) (Timeline, error) {
	if w.Plan != "" {
		if _, err := a.Goals.GoalTree(ctx, w.Name()); err != nil {
			return Timeline{}, err
		}
	}
	return resource.Read(ctx, a.Store, func(tx Tx) (Timeline, error) {
		t := Timeline{Work: w, Today: today}
		listed, outside, shares, err := w.load(tx)
		if err != nil {
			return t, err
		}
		all := make([]timeline.Milestone, 0, len(listed)+len(outside))
		for _, m := range listed {
			all = append(all, inTime(m))
		}
		for _, m := range outside {
			o := inTime(m)
			o.Outside = true
			all = append(all, o)
		}
		computed, err := timeline.Compute(all, today)
		if err != nil {
			return t, err
		}
		t.gather(listed, computed)
		for _, i := range computed.Path {
			t.Path = append(t.Path, all[i].Name)
		}
		t.Progress = shares.roll(listed)
		return t, nil
	})
}

// gather fills in what the listed milestones make: the first of those computed.
func (t *Timeline) gather(listed []domain.Milestone, computed timeline.Timeline) {
	t.Milestones, t.PlannedEnd, t.Finish = len(listed), timeline.None, computed.Finish
	t.Entries = make([]TimelineEntry, len(listed))
	for i, m := range listed {
		e := TimelineEntry{m, computed.Entries[i]}
		t.Entries[i] = e
		t.PlannedEnd = max(t.PlannedEnd, timeline.ParseDay(m.PlannedEnd))
		if m.ActualEnd != "" {
			t.Done++
		}
		if e.Lateness() > 0 {
			t.Late++
		}
	}
	slices.SortFunc(t.Entries, func(a, b TimelineEntry) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), strings.Compare(a.Name(), b.Name()))
	})
}

func inTime(m domain.Milestone) timeline.Milestone {
	return timeline.Milestone{
		Name: m.Name(), PlannedStart: timeline.ParseDay(m.PlannedStart), PlannedEnd: timeline.ParseDay(m.PlannedEnd),
		ActualStart: timeline.ParseDay(m.ActualStart), ActualEnd: timeline.ParseDay(m.ActualEnd), DependsOn: m.DependsOn,
	}
}

// objectiveShares are how much objectives and their strategies count in a timeline.
type objectiveShares struct {
	strategies map[string]domain.Share    // by id
	objectives map[[2]string]domain.Share // by ids of strategy and objective
}

// load reads the milestones, those that they depend on elsewhere, and how much each objective weighs.
func (w Work) load(tx Tx) (listed, outside []domain.Milestone, shares objectiveShares, err error) {
	strategies, err := w.strategies(tx)
	if err != nil {
		return nil, nil, shares, err
	}
	shares = objectiveShares{map[string]domain.Share{}, map[[2]string]domain.Share{}}
	ids := make([]string, len(strategies))
	for i, s := range strategies {
		ids[i] = s.ID
		shares.strategies[s.ID] = s.Share
		if w.Plan == "" {
			shares.strategies[s.ID] = domain.Share{} // it stands for itself
		}
	}
	objectives, err := tx.ObjectivesOf(w.Organization, ids)
	if err != nil {
		return nil, nil, shares, err
	}
	for _, o := range objectives {
		if o.State != domain.ObjectiveCancelled {
			shares.objectives[[2]string{o.Strategy, o.ID}] = o.Share
		}
	}
	all, err := tx.MilestonesOf(w.Organization, ids)
	if err != nil {
		return nil, nil, shares, err
	}
	given := make(map[string]bool, len(all))
	for _, m := range all {
		if _, counts := shares.objectives[[2]string{m.Strategy, m.Objective}]; counts {
			listed = append(listed, m)
			given[m.Name()] = true
		}
	}
	outside, err = elsewhere(tx, w.Organization, listed, given)
	return listed, outside, shares, err
}

// elsewhere are the milestones that these depend on, directly or through others, without those given.
func elsewhere(tx Tx, organization string, listed []domain.Milestone, given map[string]bool) ([]domain.Milestone, error) {
	wanted := map[string]bool{}
	for _, m := range listed {
		for _, d := range m.DependsOn {
			wanted[d] = wanted[d] || !given[d]
		}
	}
	first := chosen(wanted)
	graph, err := tx.DependsOn(organization, first)
	if err != nil {
		return nil, err
	}
	for _, on := range graph {
		for _, d := range on {
			wanted[d] = !given[d]
		}
	}
	return tx.MilestonesNamed(organization, chosen(wanted))
}

func chosen(names map[string]bool) (out []string) {
	for name, yes := range names {
		if yes {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// strategies are those of the work: the one that is named, or those that serve the plan and go on.
func (w Work) strategies(tx Tx) ([]domain.Strategy, error) {
	if w.Plan == "" {
		s, err := tx.Strategies().Get(w.Organization, w.Strategy)
		return []domain.Strategy{s}, err
	}
	all, err := w.serving(tx)
	return slices.DeleteFunc(all, func(s domain.Strategy) bool { return s.State == domain.StrategyCancelled }), err
}

// serving are the strategies that serve a goal of the plan, by id.
func (w Work) serving(tx Tx) (all []domain.Strategy, err error) {
	err = tx.Strategies().Each([]string{w.Organization}, func(s domain.Strategy) error {
		if strings.HasPrefix(s.Goal, w.Name()+"/goals/") {
			all = append(all, s)
		}
		return nil
	})
	return all, err
}

// roll is the progress of the listed milestones: of each objective by their weights, then by those of objectives and strategies. What only
// supports does not count.
func (s objectiveShares) roll(listed []domain.Milestone) progress.Value {
	sums := map[[2]string]*MilestoneSum{}
	var order []*MilestoneSum
	for _, m := range listed {
		k := [2]string{m.Strategy, m.Objective}
		if sums[k] == nil {
			sums[k] = &MilestoneSum{Strategy: m.Strategy, Objective: m.Objective}
			order = append(order, sums[k])
		}
		weight := int64(max(m.Weight, 1))
		sums[k].Weights += weight
		sums[k].Percents += weight * int64(m.Percent)
	}
	nodes := []progress.Node{{Parent: -1}}
	at := map[string]int{}
	for _, sum := range order {
		parent, known := at[sum.Strategy]
		if !known {
			parent = len(nodes)
			at[sum.Strategy] = parent
			of := s.strategies[sum.Strategy]
			nodes = append(nodes, progress.Node{Parent: 0, Weight: of.Parts(), Supports: !of.Counts()})
		}
		of := s.objectives[[2]string{sum.Strategy, sum.Objective}]
		nodes = append(nodes, progress.Node{
			Parent: parent, Weight: of.Parts(), Supports: !of.Counts(), Leaf: true, Own: progress.OfMilestones(sum.Weights, sum.Percents),
		})
	}
	return progress.Roll(nodes)[0]
}
