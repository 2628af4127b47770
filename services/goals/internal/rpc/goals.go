package rpc

import (
	"context"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/timestamppb"

	goalsv1 "github.com/throughline/throughline/proto/gen/throughline/goals/v1"
	"github.com/throughline/throughline/services/goals/internal/app"
	"github.com/throughline/throughline/services/goals/internal/domain"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/listing"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/rpc"
	"github.com/throughline/throughline/services/platform/wire"
)

// CreateGoal implements goalsv1.GoalsServiceServer.
func (s *Server) CreateGoal(ctx context.Context, r *goalsv1.CreateGoalRequest) (*goalsv1.Goal, error) {
	key, err := planKey("parent", r.GetParent())
	if err != nil {
		return nil, err
	}
	draft := goalDomain(key.Organization, key.Plan, r.GetGoalId(), r.GetGoal())
	goal, err := s.app.CreateGoal(resource.DryRun(ctx, r.GetValidateOnly()), draft)
	return rpc.Reply(goal, err, goalProto)
}

// GetGoal implements goalsv1.GoalsServiceServer.
func (s *Server) GetGoal(ctx context.Context, r *goalsv1.GetGoalRequest) (*goalsv1.Goal, error) {
	key, err := goalKey("name", r.GetName())
	if err != nil {
		return nil, err
	}
	if r.GetAsOf() != nil {
		at, err := moment(r.GetAsOf())
		if err != nil {
			return nil, err
		}
		archived, err := s.app.GoalAsOf(ctx, key, at)
		return unarchived(archived, err, &goalsv1.Goal{})
	}
	goal, err := s.app.GetGoal(ctx, key)
	return rpc.Reply(goal, err, goalProto)
}

// ListGoals implements goalsv1.GoalsServiceServer.
func (s *Server) ListGoals(ctx context.Context, r *goalsv1.ListGoalsRequest) (*goalsv1.ListGoalsResponse, error) {
	key, err := planKey("parent", r.GetParent())
	if err != nil {
		return nil, err
	}
	if r.GetAsOf() != nil {
		return s.goalsAsOf(ctx, key, r)
	}
	q, err := listing.Of(r, r.GetParent(), app.GoalList)
	if err != nil {
		return nil, err
	}
	page, err := s.app.ListGoals(ctx, key, q)
	return &goalsv1.ListGoalsResponse{Goals: rpc.Each(page.Items, goalProto), NextPageToken: page.Next}, err
}

// goalsAsOf lists the goals that a plan had at a moment, out of the journal.
func (s *Server) goalsAsOf(ctx context.Context, key app.PlanKey, r *goalsv1.ListGoalsRequest) (*goalsv1.ListGoalsResponse, error) {
	at, err := moment(r.GetAsOf())
	if err != nil {
		return nil, err
	}
	q, err := listing.Of(r, r.GetParent()+"@"+at.Format(time.RFC3339Nano), app.GoalList)
	if err != nil {
		return nil, err
	}
	var all []*goalsv1.Goal
	err = s.app.GoalsAsOf(ctx, key, at, func(archived []byte) error {
		g, err := unarchived(archived, nil, &goalsv1.Goal{})
		all = append(all, g)
		return err
	})
	if err != nil {
		return nil, err
	}
	page, next, err := listing.Select(q, all, goalColumn)
	return &goalsv1.ListGoalsResponse{Goals: page, NextPageToken: next}, err
}

// moment is the time of a read as of it.
func moment(asOf *timestamppb.Timestamp) (time.Time, error) {
	var bad fault.Violations
	bad.Check(asOf.IsValid(), "as_of", "is no moment of the years 1 to 9999; send one such as 2027-07-01T00:00:00Z")
	return wire.FromTime(asOf), bad.Err()
}

func goalColumn(g **goalsv1.Goal, column string) any {
	switch column {
	case "display_name":
		return (*g).GetDisplayName()
	case "parent_goal":
		return (*g).GetParentGoal()
	case "scale":
		return wire.FromEnum[string]((*g).GetScale())
	case "lens":
		return wire.FromEnum[string]((*g).GetLens())
	case "create_time":
		return wire.FromTime((*g).GetCreateTime()).UnixMicro()
	case "update_time":
		return wire.FromTime((*g).GetUpdateTime()).UnixMicro()
	default:
		name := (*g).GetName()
		return name[strings.LastIndexByte(name, '/')+1:]
	}
}

// UpdateGoal implements goalsv1.GoalsServiceServer.
func (s *Server) UpdateGoal(ctx context.Context, r *goalsv1.UpdateGoalRequest) (*goalsv1.Goal, error) {
	key, err := goalKey("goal.name", r.GetGoal().GetName())
	if err != nil {
		return nil, err
	}
	ctx = resource.DryRun(ctx, r.GetValidateOnly())
	goal, err := s.app.UpdateGoal(ctx, key, r.GetGoal().GetEtag(), func(old domain.Goal) (domain.Goal, error) {
		merged := goalProto(old)
		if err := rpc.ApplyMask(merged, r.GetGoal(), r.GetUpdateMask()); err != nil {
			return old, err
		}
		return goalDomain(key.Organization, key.Plan, key.Goal, merged), nil
	})
	return rpc.Reply(goal, err, goalProto)
}

// DeleteGoal implements goalsv1.GoalsServiceServer.
func (s *Server) DeleteGoal(ctx context.Context, r *goalsv1.DeleteGoalRequest) (*emptypb.Empty, error) {
	key, err := goalKey("name", r.GetName())
	if err != nil {
		return nil, err
	}
	return rpc.Empty(s.app.DeleteGoal(resource.DryRun(ctx, r.GetValidateOnly()), key, r.GetEtag()))
}

func planKey(field, name string) (app.PlanKey, error) {
	ids, err := planName.Parse(field, name)
	if err != nil {
		return app.PlanKey{}, err
	}
	return app.PlanKey{Organization: ids[0], Plan: ids[1]}, nil
}

func goalKey(field, name string) (app.GoalKey, error) {
	ids, err := goalName.Parse(field, name)
	if err != nil {
		return app.GoalKey{}, err
	}
	return app.GoalKey{Organization: ids[0], Plan: ids[1], Goal: ids[2]}, nil
}
