package app

import (
	"cmp"
	"context"
	"slices"

	"github.com/throughline/throughline/services/actionplanning/internal/domain"
	"github.com/throughline/throughline/services/actionplanning/internal/domain/progress"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/resource"
)

// GoalTrees reads the goals of plans.
type GoalTrees interface {
	// GoalTree is every goal of a plan, by name of the plan; NotFound when there is no such plan.
	GoalTree(ctx context.Context, plan string) ([]domain.PlanGoal, error)
}

// LatestValues reads what measures show.
type LatestValues interface {
	// Latest is the latest value of each measure that has one, of all its people and places together, by name.
	Latest(ctx context.Context, measures []string) (map[string]float64, error)
}

// ProgressNode is the progress of a goal, strategy or objective.
type ProgressNode struct {
	Name, DisplayName string
	Parent            string // name, "" at the top
	domain.Share
	progress.Value
}

// GoalProgress is the progress of a plan's goals, or of one goal and those below it, down to their objectives: each before what lies below
// it, by name, strategies before further goals.
func (a *App) GoalProgress(ctx context.Context, organization, plan, goal string) ([]ProgressNode, error) {
	name := domain.PlanName(organization, plan)
	goals, err := a.Goals.GoalTree(ctx, name)
	if err != nil {
		return nil, err
	}
	below := map[string][]domain.PlanGoal{}
	for _, g := range goals {
		if g.Name == goal {
			g.Parent = ""
		}
		below[g.Parent] = append(below[g.Parent], g)
	}
	tops := below[""]
	if goal != "" {
		at := slices.IndexFunc(goals, func(g domain.PlanGoal) bool { return g.Name == goal })
		if at < 0 {
			return nil, fault.Missing(goal)
		}
		tops = []domain.PlanGoal{{Name: goal, DisplayName: goals[at].DisplayName}}
	}
	w, err := a.work(ctx, organization, func(tx Tx) ([]domain.Strategy, error) {
		return Work{Organization: organization, Plan: plan}.serving(tx)
	})
	if err != nil {
		return nil, err
	}
	if w.values, err = a.latest(ctx, w.objectives); err != nil {
		return nil, err
	}
	t := tree{work: w, below: below, strategies: map[string][]domain.Strategy{}, objectives: map[string][]domain.Objective{}}
	for _, s := range w.strategies {
		t.strategies[s.Goal] = append(t.strategies[s.Goal], s)
	}
	for _, o := range w.objectives {
		t.objectives[o.Strategy] = append(t.objectives[o.Strategy], o)
	}
	t.goals(tops, -1)
	for i, v := range progress.Roll(t.nodes) {
		t.told[i].Value = v
	}
	return t.told, nil
}

// work is what strategies are made of.
type work struct {
	strategies []domain.Strategy
	objectives []domain.Objective
	sums       map[[2]string]MilestoneSum // by ids of strategy and objective
	values     map[string]float64         // by measure
}

// work reads strategies and what lies below them, in as many statements for a thousand as for one.
func (a *App) work(ctx context.Context, organization string, of func(Tx) ([]domain.Strategy, error)) (work, error) {
	return resource.Read(ctx, a.Store, func(tx Tx) (w work, err error) {
		if w.strategies, err = of(tx); err != nil {
			return w, err
		}
		ids := make([]string, len(w.strategies))
		for i, s := range w.strategies {
			ids[i] = s.ID
		}
		if w.objectives, err = tx.ObjectivesOf(organization, ids); err != nil {
			return w, err
		}
		w.sums, err = sums(tx, organization, ids)
		return w, err
	})
}

func sums(tx Tx, organization string, strategies []string) (map[[2]string]MilestoneSum, error) {
	all, err := tx.MilestoneSums(organization, strategies)
	byObjective := make(map[[2]string]MilestoneSum, len(all))
	for _, s := range all {
		byObjective[[2]string{s.Strategy, s.Objective}] = s
	}
	return byObjective, err
}

// latest are the values of the measures that objectives go by.
func (a *App) latest(ctx context.Context, objectives []domain.Objective) (map[string]float64, error) {
	var measures []string
	for _, o := range objectives {
		if o.ProgressRule == domain.ByMeasure && !o.Closed() && o.Measure != "" && o.Baseline != nil && o.Target != nil {
			measures = append(measures, o.Measure)
		}
	}
	if len(measures) == 0 {
		return nil, nil
	}
	slices.Sort(measures)
	return a.Performance.Latest(ctx, slices.Compact(measures))
}

// shown is latest for reading a resource: while performance is not there, what only it knows is not known.
func (a *App) shown(ctx context.Context, objectives []domain.Objective) (map[string]float64, error) {
	values, err := a.latest(ctx, objectives)
	if fault.Is(err, fault.Unavailable) {
		return nil, nil
	}
	return values, err
}

// leaf is an objective by itself, as a part of the node parent.
func (w work) leaf(o domain.Objective, parent int) progress.Node {
	n := progress.Node{
		Parent: parent, Weight: o.Parts(), Supports: !o.Counts(), Leaf: true,
		State: outcome(o.State == domain.ObjectiveCompleted, o.State == domain.ObjectiveCancelled),
	}
	if o.ProgressRule != domain.ByMeasure {
		sum := w.sums[[2]string{o.Strategy, o.ID}]
		n.Own = progress.OfMilestones(sum.Weights, sum.Percents)
		return n
	}
	if value, known := w.values[o.Measure]; known && o.Baseline != nil && o.Target != nil {
		n.Own = progress.OfMeasure(*o.Baseline, *o.Target, value)
	}
	return n
}

func strategyNode(s domain.Strategy, parent int) progress.Node {
	return progress.Node{
		Parent: parent, Weight: s.Parts(), Supports: !s.Counts(),
		State: outcome(s.State == domain.StrategyCompleted, s.State == domain.StrategyCancelled),
	}
}

func outcome(completed, cancelled bool) progress.State {
	switch {
	case completed:
		return progress.Completed
	case cancelled:
		return progress.Cancelled
	}
	return progress.Open
}

// rolled are the strategies with their progress.
func (w work) rolled() []domain.Strategy {
	nodes := make([]progress.Node, 0, len(w.strategies)+len(w.objectives))
	at := make(map[string]int, len(w.strategies))
	for i, s := range w.strategies {
		at[s.ID] = i
		nodes = append(nodes, strategyNode(s, -1))
	}
	for _, o := range w.objectives {
		nodes = append(nodes, w.leaf(o, at[o.Strategy]))
	}
	for i, v := range progress.Roll(nodes)[:len(w.strategies)] {
		w.strategies[i].Progress = v
	}
	return w.strategies
}

// withProgress fills in the progress of strategies of one organization.
func (a *App) withProgress(ctx context.Context, organization string, of func(Tx) ([]domain.Strategy, error)) ([]domain.Strategy, error) {
	w, err := a.work(ctx, organization, of)
	if err == nil {
		w.values, err = a.shown(ctx, w.objectives)
	}
	if err != nil {
		return nil, err
	}
	return w.rolled(), nil
}

// objectivesWithProgress fills in the progress of objectives of one strategy.
func (a *App) objectivesWithProgress(ctx context.Context, k StrategyKey, of func(Tx) ([]domain.Objective, error)) ([]domain.Objective, error) {
	w, err := resource.Read(ctx, a.Store, func(tx Tx) (w work, err error) {
		if w.objectives, err = of(tx); err == nil {
			w.sums, err = sums(tx, k.Organization, []string{k.Strategy})
		}
		return w, err
	})
	if err == nil {
		w.values, err = a.shown(ctx, w.objectives)
	}
	if err != nil {
		return nil, err
	}
	for i, o := range w.objectives {
		w.objectives[i].Progress = progress.Roll([]progress.Node{w.leaf(o, -1)})[0]
	}
	return w.objectives, nil
}

// tree writes goals with all that lies below them, each before what is below it.
type tree struct {
	work
	below      map[string][]domain.PlanGoal  // by the goal above
	strategies map[string][]domain.Strategy  // by goal
	objectives map[string][]domain.Objective // by id of the strategy
	nodes      []progress.Node
	told       []ProgressNode
}

func (t *tree) add(n progress.Node, name, displayName string, share domain.Share) int {
	parent := ""
	if n.Parent >= 0 {
		parent = t.told[n.Parent].Name
	}
	t.nodes = append(t.nodes, n)
	t.told = append(t.told, ProgressNode{Name: name, DisplayName: displayName, Parent: parent, Share: share})
	return len(t.nodes) - 1
}

func (t *tree) goals(goals []domain.PlanGoal, parent int) {
	slices.SortFunc(goals, func(a, b domain.PlanGoal) int { return cmp.Compare(a.Name, b.Name) })
	for _, g := range goals {
		goal := t.add(progress.Node{Parent: parent}, g.Name, g.DisplayName, domain.Share{})
		for _, s := range t.strategies[g.Name] {
			at := t.add(strategyNode(s, goal), s.Name(), s.DisplayName, s.Share)
			for _, o := range t.objectives[s.ID] {
				t.add(t.leaf(o, at), o.Name(), o.DisplayName, o.Share)
			}
		}
		t.goals(t.below[g.Name], goal)
	}
}
