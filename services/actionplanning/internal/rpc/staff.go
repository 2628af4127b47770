package rpc

import (
	"context"
	"errors"
	"io"

	"google.golang.org/grpc"

	actionplanningv1 "github.com/throughline/throughline/proto/gen/throughline/actionplanning/v1"
	"github.com/throughline/throughline/services/actionplanning/internal/app"
	"github.com/throughline/throughline/services/actionplanning/internal/domain"
	"github.com/throughline/throughline/services/platform/listing"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/rpc"
	"github.com/throughline/throughline/services/platform/wire"
)

// GetEmployee implements actionplanningv1.ActionPlanningServiceServer.
func (s *Server) GetEmployee(ctx context.Context, r *actionplanningv1.GetEmployeeRequest) (*actionplanningv1.Employee, error) {
	ids, err := employeeName.Parse("name", r.GetName())
	if err != nil {
		return nil, err
	}
	employee, err := s.app.GetEmployee(ctx, app.EmployeeKey{Organization: ids[0], Employee: ids[1]})
	return rpc.Reply(employee, err, employeeProto)
}

// ListStaff implements actionplanningv1.ActionPlanningServiceServer.
func (s *Server) ListStaff(ctx context.Context, r *actionplanningv1.ListStaffRequest) (*actionplanningv1.ListStaffResponse, error) {
	ids, err := organizationName.Parse("parent", r.GetParent())
	if err != nil {
		return nil, err
	}
	q, err := listing.Of(r, r.GetParent(), app.StaffList)
	if err != nil {
		return nil, err
	}
	page, err := s.app.ListStaff(ctx, ids[0], q)
	return &actionplanningv1.ListStaffResponse{Staff: rpc.Each(page.Items, employeeProto), NextPageToken: page.Next}, err
}

// SyncStaff implements actionplanningv1.ActionPlanningServiceServer.
func (s *Server) SyncStaff(ctx context.Context, r *actionplanningv1.SyncStaffRequest) (*actionplanningv1.SyncStaffResponse, error) {
	ids, err := organizationName.Parse("parent", r.GetParent())
	if err != nil {
		return nil, err
	}
	result, err := s.app.SyncStaff(resource.DryRun(ctx, r.GetValidateOnly()), staffSyncDomain(ids[0], r))
	return rpc.Reply(result, err, syncResultProto)
}

func staffSyncDomain(organization string, r *actionplanningv1.SyncStaffRequest) domain.StaffSync {
	return domain.StaffSync{
		Organization: organization, ID: r.GetSyncId(), Mode: wire.FromEnum[domain.SyncMode](r.GetMode()),
		Rows: staffRows(r.GetRows()), MaxTombstonePPM: int(r.GetMaxTombstonePpm()),
	}
}

// StreamStaff implements actionplanningv1.ActionPlanningServiceServer. Each message is a transaction: an error that ends the stream
// leaves those before it written, and sending the stream again finds their rows unchanged.
func (s *Server) StreamStaff(
	stream grpc.ClientStreamingServer[actionplanningv1.StreamStaffRequest, actionplanningv1.SyncStaffResponse],
) error {
	var sync *app.StaffStream
	for {
		r, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		ids, err := organizationName.Parse("parent", r.GetParent())
		if err != nil {
			return err
		}
		message := domain.StaffSync{
			Organization: ids[0], ID: r.GetSyncId(), Mode: wire.FromEnum[domain.SyncMode](r.GetMode()),
			Rows: staffRows(r.GetRows()), MaxTombstonePPM: int(r.GetMaxTombstonePpm()),
		}
		if sync == nil {
			if sync, err = s.app.OpenStaffStream(stream.Context(), message); err != nil {
				return err
			}
		}
		if err := sync.Send(stream.Context(), message); err != nil {
			return err
		}
	}
	if sync == nil {
		return app.ErrEmptyStream()
	}
	result, err := sync.Close(stream.Context())
	if err != nil {
		return err
	}
	return stream.SendAndClose(syncResultProto(result))
}

// GetStaffLoad implements actionplanningv1.ActionPlanningServiceServer.
func (s *Server) GetStaffLoad(ctx context.Context, r *actionplanningv1.GetStaffLoadRequest) (*actionplanningv1.StaffLoad, error) {
	ids, err := employeeName.Parse("name", r.GetName())
	if err != nil {
		return nil, err
	}
	key := app.EmployeeKey{Organization: ids[0], Employee: ids[1]}
	load, err := s.app.GetStaffLoad(ctx, key, wire.FromDate[domain.Date](r.GetStartDate()), wire.FromDate[domain.Date](r.GetEndDate()))
	return rpc.Reply(load, err, staffLoadProto)
}
