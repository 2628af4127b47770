package rpc

import (
	"context"

	goalsv1 "github.com/throughline/throughline/proto/gen/throughline/goals/v1"
	"github.com/throughline/throughline/services/goals/internal/app"
	"github.com/throughline/throughline/services/goals/internal/domain"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/listing"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/rpc"
	"github.com/throughline/throughline/services/platform/wire"
)

// CreateFeedback implements goalsv1.GoalsServiceServer.
func (s *Server) CreateFeedback(ctx context.Context, r *goalsv1.CreateFeedbackRequest) (*goalsv1.Feedback, error) {
	ids, err := organizationName.Parse("parent", r.GetParent())
	if err != nil {
		return nil, err
	}
	f, err := s.app.CreateFeedback(resource.DryRun(ctx, r.GetValidateOnly()), feedbackDomain(ids[0], r.GetFeedbackId(), r.GetFeedback()))
	return rpc.Reply(f, err, feedbackProto)
}

// GetFeedback implements goalsv1.GoalsServiceServer.
func (s *Server) GetFeedback(ctx context.Context, r *goalsv1.GetFeedbackRequest) (*goalsv1.Feedback, error) {
	ids, err := feedbackName.Parse("name", r.GetName())
	if err != nil {
		return nil, err
	}
	f, err := s.app.GetFeedback(ctx, app.FeedbackKey{Organization: ids[0], Feedback: ids[1]})
	return rpc.Reply(f, err, feedbackProto)
}

// ListFeedback implements goalsv1.GoalsServiceServer.
func (s *Server) ListFeedback(ctx context.Context, r *goalsv1.ListFeedbackRequest) (*goalsv1.ListFeedbackResponse, error) {
	ids, err := organizationName.Parse("parent", r.GetParent())
	if err != nil {
		return nil, err
	}
	q, err := listing.Of(r, r.GetParent(), app.FeedbackList)
	if err != nil {
		return nil, err
	}
	page, err := s.app.ListFeedback(ctx, ids[0], q)
	return &goalsv1.ListFeedbackResponse{Feedback: rpc.Each(page.Items, feedbackProto), NextPageToken: page.Next}, err
}

// UpdateFeedback implements goalsv1.GoalsServiceServer.
func (s *Server) UpdateFeedback(ctx context.Context, r *goalsv1.UpdateFeedbackRequest) (*goalsv1.Feedback, error) {
	ids, err := feedbackName.Parse("feedback.name", r.GetFeedback().GetName())
	if err != nil {
		return nil, err
	}
	ctx = resource.DryRun(ctx, r.GetValidateOnly())
	key := app.FeedbackKey{Organization: ids[0], Feedback: ids[1]}
	f, err := s.app.UpdateFeedback(ctx, key, r.GetFeedback().GetEtag(), func(old domain.Feedback) (domain.Feedback, error) {
		merged := feedbackProto(old)
		if err := rpc.ApplyMask(merged, r.GetFeedback(), r.GetUpdateMask()); err != nil {
			return old, err
		}
		return feedbackDomain(ids[0], ids[1], merged), nil
	})
	return rpc.Reply(f, err, feedbackProto)
}

// BatchCreateFeedback implements goalsv1.GoalsServiceServer.
func (s *Server) BatchCreateFeedback(ctx context.Context, r *goalsv1.BatchCreateFeedbackRequest) (*goalsv1.BatchCreateFeedbackResponse, error) {
	ids, err := organizationName.Parse("parent", r.GetParent())
	if err != nil {
		return nil, err
	}
	rows := make([]app.FeedbackRow, len(r.GetFeedback()))
	for i, f := range r.GetFeedback() {
		rows[i] = app.FeedbackRow{Feedback: feedbackDomain(ids[0], "", f), Bad: violations(rpc.Validate(f))}
	}
	done, err := s.app.BatchCreateFeedback(resource.DryRun(ctx, r.GetValidateOnly()), ids[0], rows)
	return rpc.Reply(done, err, feedbackRecordedProto)
}

// violations are those that err tells of.
func violations(err error) fault.Violations {
	f, ok := fault.As(err)
	if !ok {
		return nil
	}
	return f.Violations
}

// SummarizeFeedback implements goalsv1.GoalsServiceServer.
func (s *Server) SummarizeFeedback(ctx context.Context, r *goalsv1.SummarizeFeedbackRequest) (*goalsv1.SummarizeFeedbackResponse, error) {
	ids, err := organizationName.Parse("parent", r.GetParent())
	if err != nil {
		return nil, err
	}
	q, err := listing.Of(&goalsv1.ListFeedbackRequest{Parent: r.GetParent(), Filter: r.GetFilter()}, r.GetParent(), app.FeedbackList)
	if err != nil {
		return nil, err
	}
	sum, err := s.app.SummarizeFeedback(ctx, ids[0], q)
	if err != nil {
		return nil, err
	}
	return &goalsv1.SummarizeFeedbackResponse{
		Count: sum.Count, Districts: rpc.Each(sum.Districts, countProto), StakeholderGroups: rpc.Each(sum.Groups, countProto),
		Sources: rpc.Each(sum.Sources, countProto), Statuses: rpc.Each(sum.Statuses, countProto), Goals: rpc.Each(sum.Goals, countProto),
		UnheardGroups: sum.Unheard,
	}, nil
}

func countProto(c domain.FeedbackCount) *goalsv1.FeedbackCount {
	return &goalsv1.FeedbackCount{Key: c.Key, Count: c.Count, SharePpm: int32(c.SharePPM)}
}

func feedbackRecordedProto(done app.FeedbackRecorded) *goalsv1.BatchCreateFeedbackResponse {
	out := &goalsv1.BatchCreateFeedbackResponse{Created: int32(done.Created), Duplicate: int32(done.Duplicate), Rejected: int32(done.Rejected)}
	for _, e := range done.Errors {
		out.Errors = append(out.Errors, &goalsv1.FeedbackError{Row: int32(e.At), Field: e.Field, Message: e.Detail})
	}
	return out
}

func feedbackProto(f domain.Feedback) *goalsv1.Feedback {
	return &goalsv1.Feedback{
		Name: f.Name(), Source: wire.Enum[goalsv1.FeedbackSource](f.Source), Text: f.Text, Goals: f.Goals, District: f.District,
		StakeholderGroup: f.Group, Date: wire.Date(f.Date), Status: wire.Enum[goalsv1.FeedbackStatus](f.Status),
		CloseTime: wire.Time(f.CloseTime), Program: f.Program, Assignment: f.Assignment, ExternalId: f.ExternalID,
		Etag: resource.Etag(f), CreateTime: wire.Time(f.CreateTime), UpdateTime: wire.Time(f.UpdateTime),
	}
}

func feedbackDomain(organization, id string, f *goalsv1.Feedback) domain.Feedback {
	return domain.Feedback{
		Organization: organization, ID: id, Source: wire.FromEnum[string](f.GetSource()), Text: f.GetText(), Goals: f.GetGoals(),
		District: f.GetDistrict(), Group: f.GetStakeholderGroup(), Date: wire.FromDate[domain.Date](f.GetDate()),
		Status: wire.FromEnum[string](f.GetStatus()), Program: f.GetProgram(), Assignment: f.GetAssignment(), ExternalID: f.GetExternalId(),
	}
}
