package rpc

import (
	"context"

	goalsv1 "github.com/throughline/throughline/proto/gen/throughline/goals/v1"
	"github.com/throughline/throughline/services/goals/internal/app"
	"github.com/throughline/throughline/services/goals/internal/domain"
	"github.com/throughline/throughline/services/platform/listing"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/rpc"
	"github.com/throughline/throughline/services/platform/wire"
)

// ListBallots implements goalsv1.GoalsServiceServer.
func (s *Server) ListBallots(ctx context.Context, r *goalsv1.ListBallotsRequest) (*goalsv1.ListBallotsResponse, error) {
	key, err := roundKey("parent", r.GetParent())
	if err != nil {
		return nil, err
	}
	if r.GetAllVersions() {
		return s.ballotVersions(ctx, key, r)
	}
	q, err := listing.Of(r, r.GetParent(), app.BallotList)
	if err != nil {
		return nil, err
	}
	page, err := s.app.ListBallots(ctx, key, caller(ctx), q)
	return &goalsv1.ListBallotsResponse{Ballots: rpc.Each(page.Items, ballotProto), NextPageToken: page.Next}, err
}

// ballotVersions reads versions out of the journal, whose entries are the messages that were answered then.
func (s *Server) ballotVersions(ctx context.Context, key app.RoundKey, r *goalsv1.ListBallotsRequest) (*goalsv1.ListBallotsResponse, error) {
	q, err := listing.Of(r, r.GetParent()+"@versions", app.BallotVersionList)
	if err != nil {
		return nil, err
	}
	var versions []*goalsv1.Ballot
	err = s.app.BallotVersions(ctx, key, caller(ctx), func(archived []byte) error {
		b, err := unarchived(archived, nil, &goalsv1.Ballot{})
		versions = append(versions, b)
		return err
	})
	if err != nil {
		return nil, err
	}
	page, next, err := listing.Select(q, versions, func(b **goalsv1.Ballot, column string) any {
		switch column {
		case "ballot_id":
			return (*b).GetName()
		case "version":
			return int64((*b).GetVersion())
		case "update_time":
			return wire.FromTime((*b).GetUpdateTime()).UnixMicro()
		default:
			return (*b).GetMember()
		}
	})
	return &goalsv1.ListBallotsResponse{Ballots: page, NextPageToken: next}, err
}

// RecuseMember implements goalsv1.GoalsServiceServer.
func (s *Server) RecuseMember(ctx context.Context, r *goalsv1.RecuseMemberRequest) (*goalsv1.Prioritization, error) {
	key, err := roundKey("name", r.GetName())
	if err != nil {
		return nil, err
	}
	round, err := s.app.RecuseMember(resource.DryRun(ctx, r.GetValidateOnly()), key, caller(ctx), r.GetMember(), r.GetReason(), r.GetEtag())
	return rpc.Reply(round, err, prioritizationProto)
}

// RecordCommunityBallots implements goalsv1.GoalsServiceServer.
func (s *Server) RecordCommunityBallots(
	ctx context.Context, r *goalsv1.RecordCommunityBallotsRequest,
) (*goalsv1.RecordCommunityBallotsResponse, error) {
	key, err := roundKey("name", r.GetName())
	if err != nil {
		return nil, err
	}
	answers := make([]app.CommunityAnswer, len(r.GetBallots()))
	for i, b := range r.GetBallots() {
		answers[i] = app.CommunityAnswer{Bad: violations(rpc.Validate(b)), CommunityBallot: domain.CommunityBallot{
			Respondent: b.GetRespondent(), Weight: int(b.GetWeight()), District: b.GetDistrict(),
			Vote: voteDomain(key.Organization, key.Plan, b.GetPoints(), b.GetRanking(), b.GetComparisons()),
		}}
	}
	done, err := s.app.RecordCommunityBallots(resource.DryRun(ctx, r.GetValidateOnly()), key, answers)
	return rpc.Reply(done, err, communityRecordedProto)
}

// ListCommunityBallots implements goalsv1.GoalsServiceServer.
func (s *Server) ListCommunityBallots(ctx context.Context, r *goalsv1.ListCommunityBallotsRequest) (*goalsv1.ListCommunityBallotsResponse, error) {
	key, err := roundKey("parent", r.GetParent())
	if err != nil {
		return nil, err
	}
	q, err := listing.Of(r, r.GetParent(), app.CommunityBallotList)
	if err != nil {
		return nil, err
	}
	page, err := s.app.ListCommunityBallots(ctx, key, q)
	return &goalsv1.ListCommunityBallotsResponse{
		Ballots: rpc.Each(page.Items, func(b domain.CommunityBallot) *goalsv1.CommunityBallot {
			return communityBallotProto(key.Organization, key.Plan, b)
		}),
		NextPageToken: page.Next,
	}, err
}

func communityRecordedProto(done app.CommunityRecorded) *goalsv1.RecordCommunityBallotsResponse {
	out := &goalsv1.RecordCommunityBallotsResponse{
		Accepted: int32(done.Accepted), Replaced: int32(done.Replaced), Rejected: int32(done.Rejected),
	}
	for _, e := range done.Errors {
		out.Errors = append(out.Errors, &goalsv1.CommunityBallotError{Ballot: int32(e.At), Field: e.Field, Message: e.Detail})
	}
	return out
}

// RecomputePrioritization implements goalsv1.GoalsServiceServer.
func (s *Server) RecomputePrioritization(
	ctx context.Context, r *goalsv1.RecomputePrioritizationRequest,
) (*goalsv1.RecomputePrioritizationResponse, error) {
	key, err := roundKey("name", r.GetName())
	if err != nil {
		return nil, err
	}
	again, err := s.app.RecomputePrioritization(ctx, key)
	if err != nil {
		return nil, err
	}
	return &goalsv1.RecomputePrioritizationResponse{
		Tallies: talliesProto(again.Round, again.Tallies), Equal: again.Equal,
		Ballots: int32(again.Ballots), CommunityBallots: int32(again.Community),
	}, nil
}

// itemID is what the domain calls an item: a goal of the plan by its id, anything else by its whole name, for the domain to
// take or refuse.
func itemID(organization, plan, name string) string {
	if ids, err := goalName.Parse("item", name); err == nil && ids[0] == organization && ids[1] == plan {
		return ids[2]
	}
	return name
}

func voteDomain(organization, plan string, points []*goalsv1.GoalPoints, ranking []string, comparisons []*goalsv1.Comparison) domain.Vote {
	var v domain.Vote
	item := func(name string) string { return itemID(organization, plan, name) }
	for _, p := range points {
		v.Points = append(v.Points, domain.ItemPoints{Item: item(p.GetGoal()), Points: int64(p.GetPoints())})
	}
	for _, name := range ranking {
		v.Ranking = append(v.Ranking, item(name))
	}
	for _, c := range comparisons {
		v.Comparisons = append(v.Comparisons, domain.Comparison{
			Preferred: item(c.GetPreferred()), Other: item(c.GetOther()), Intensity: int64(c.GetIntensity()),
		})
	}
	return v
}

func communityBatchProto(b domain.CommunityBatch) *goalsv1.RecordCommunityBallotsRequest {
	out := &goalsv1.RecordCommunityBallotsRequest{Name: b.Round.Name()}
	for _, answer := range b.Ballots {
		out.Ballots = append(out.Ballots, communityBallotProto(b.Round.Organization, b.Round.Plan, answer))
	}
	return out
}

func communityBallotProto(organization, plan string, b domain.CommunityBallot) *goalsv1.CommunityBallot {
	out := &goalsv1.CommunityBallot{Respondent: b.Respondent, Weight: int32(b.Weight), District: b.District}
	out.Points, out.Ranking, out.Comparisons = voteProto(organization, plan, b.Vote)
	return out
}

func voteProto(organization, plan string, v domain.Vote) (points []*goalsv1.GoalPoints, ranking []string, comparisons []*goalsv1.Comparison) {
	for _, p := range v.Points {
		points = append(points, &goalsv1.GoalPoints{Goal: domain.ItemName(organization, plan, p.Item), Points: int32(p.Points)})
	}
	for _, item := range v.Ranking {
		ranking = append(ranking, domain.ItemName(organization, plan, item))
	}
	for _, c := range v.Comparisons {
		comparisons = append(comparisons, &goalsv1.Comparison{
			Preferred: domain.ItemName(organization, plan, c.Preferred), Other: domain.ItemName(organization, plan, c.Other), Intensity: int32(c.Intensity),
		})
	}
	return points, ranking, comparisons
}

func ballotProto(b domain.Ballot) *goalsv1.Ballot {
	out := &goalsv1.Ballot{
		Name: b.Name(), Member: b.Member, RecordedBy: b.RecordedBy, ConsistencyRatioPpm: int32(b.ConsistencyPPM), Version: int32(b.Version),
		Etag: resource.Etag(b), CreateTime: wire.Time(b.CreateTime), UpdateTime: wire.Time(b.UpdateTime),
	}
	out.Points, out.Ranking, out.Comparisons = voteProto(b.Organization, b.Plan, b.Vote)
	return out
}

func ballotDomain(organization, plan string, b *goalsv1.Ballot) domain.Ballot {
	return domain.Ballot{
		Member: b.GetMember(), Vote: voteDomain(organization, plan, b.GetPoints(), b.GetRanking(), b.GetComparisons()),
	}
}
