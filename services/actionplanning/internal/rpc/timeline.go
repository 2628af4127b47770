package rpc

import (
	"context"
	"math"

	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/genproto/googleapis/type/date"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	actionplanningv1 "github.com/throughline/throughline/proto/gen/throughline/actionplanning/v1"
	"github.com/throughline/throughline/services/actionplanning/internal/app"
	"github.com/throughline/throughline/services/actionplanning/internal/domain"
	"github.com/throughline/throughline/services/actionplanning/internal/domain/progress"
	"github.com/throughline/throughline/services/actionplanning/internal/domain/timeline"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/rpc"
	"github.com/throughline/throughline/services/platform/wire"
)

var planName = rpc.Name("organizations/{organization}/plans/{plan}")

// workOf takes the name of a strategy or plan apart.
func workOf(name string) (app.Work, error) {
	if ids, err := strategyName.Parse("name", name); err == nil {
		return app.Work{Organization: ids[0], Strategy: ids[1]}, nil
	}
	if ids, err := planName.Parse("name", name); err == nil {
		return app.Work{Organization: ids[0], Plan: ids[1]}, nil
	}
	var bad fault.Violations
	bad.Add("name", "%q is neither a strategy nor a plan; write %s or %s", name, strategyName, planName)
	return app.Work{}, bad.Err()
}

// view takes apart what a timeline is asked of.
func (s *Server) view(name string, today *date.Date) (app.Work, timeline.Day, error) {
	w, err := workOf(name)
	day, badDay := s.app.Day(wire.FromDate[domain.Date](today))
	var bad fault.Violations
	for _, e := range []error{err, badDay} {
		if f, is := fault.As(e); is {
			bad = append(bad, f.Violations...)
		}
	}
	return w, day, bad.Err()
}

// GetTimeline implements actionplanningv1.ActionPlanningServiceServer.
func (s *Server) GetTimeline(ctx context.Context, r *actionplanningv1.GetTimelineRequest) (*actionplanningv1.Timeline, error) {
	w, today, err := s.view(r.GetName(), r.GetToday())
	if err != nil {
		return nil, err
	}
	t, next, err := s.app.TimelinePage(ctx, w, today, r.GetPageSize(), r.GetPageToken())
	if err != nil {
		return nil, err
	}
	out := &actionplanningv1.Timeline{
		Name: w.Name(), Today: dayProto(t.Today), Milestones: count(t.Milestones), Done: count(t.Done), Late: count(t.Late),
		PlannedEndDate: dayProto(t.PlannedEnd), ExpectedEndDate: dayProto(t.Finish), ProgressPpm: progressPPM(t.Progress),
		CriticalPath: t.Path, NextPageToken: next,
	}
	for _, e := range t.Entries {
		out.Entries = append(out.Entries, &actionplanningv1.TimelineEntry{
			Milestone: e.Name(), DisplayName: e.DisplayName, PlannedStartDate: wire.Date(e.PlannedStart), PlannedEndDate: wire.Date(e.PlannedEnd),
			ExpectedStartDate: dayProto(e.Start), ExpectedEndDate: dayProto(e.End), LatestEndDate: dayProto(e.Latest),
			SlackDays: days(e.Slack()), LatenessDays: days(e.Lateness()), Critical: e.Critical, Percent: count(e.Percent), DependsOn: e.DependsOn,
		})
	}
	return out, nil
}

// ExportTimeline implements actionplanningv1.ActionPlanningServiceServer. The file's name travels as the header content-disposition.
func (s *Server) ExportTimeline(ctx context.Context, r *actionplanningv1.ExportTimelineRequest) (*httpbody.HttpBody, error) {
	w, today, err := s.view(r.GetName(), r.GetToday())
	if err != nil {
		return nil, err
	}
	t, err := s.app.Timeline(ctx, w, today)
	if err != nil {
		return nil, err
	}
	file := w.Strategy + w.Plan + ".ics" // ids need no quoting
	if err := grpc.SetHeader(ctx, metadata.Pairs("content-disposition", `attachment; filename="`+file+`"`)); err != nil {
		return nil, err
	}
	return &httpbody.HttpBody{ContentType: mediaCalendar, Data: calendar(t)}, nil
}

// GetGoalProgress implements actionplanningv1.ActionPlanningServiceServer.
func (s *Server) GetGoalProgress(ctx context.Context, r *actionplanningv1.GetGoalProgressRequest) (*actionplanningv1.GoalProgressReport, error) {
	goal := r.GetName()
	ids, err := goalName.Parse("name", goal)
	if err != nil {
		if ids, err = planName.Parse("name", goal); err != nil {
			var bad fault.Violations
			bad.Add("name", "%q is neither a goal nor a plan; write %s or %s", goal, goalName, planName)
			return nil, bad.Err()
		}
		goal = ""
	}
	nodes, err := s.app.GoalProgress(ctx, ids[0], ids[1], goal)
	if err != nil {
		return nil, err
	}
	out := &actionplanningv1.GoalProgressReport{Name: r.GetName()}
	for _, n := range nodes {
		node := &actionplanningv1.ProgressNode{
			Name: n.Name, DisplayName: n.DisplayName, Parent: n.Parent, Weight: int32(n.Parts()),
			Contribution: actionplanningv1.WorkContribution_WORK_CONTRIBUTION_CONTRIBUTES,
			ProgressPpm:  progressPPM(n.Value), KnownPpm: int32(n.Value.Share),
		}
		if !n.Counts() {
			node.Contribution = actionplanningv1.WorkContribution_WORK_CONTRIBUTION_SUPPORTS
		}
		out.Nodes = append(out.Nodes, node)
	}
	return out, nil
}

func progressPPM(v progress.Value) *int32 {
	if !v.Known {
		return nil
	}
	return new(int32(v.PPM))
}

func dayProto(d timeline.Day) *date.Date { return wire.Date(d.String()) }

// days are a number of days, which only chains of millions of years exceed.
func days(n int64) int32 { return int32(min(max(n, math.MinInt32), math.MaxInt32)) }

func count(n int) int32 { return int32(n) }
