package rpc

import (
	"context"

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
	out := domain.StaffSync{
		Organization: organization, ID: r.GetSyncId(), Mode: wire.FromEnum[domain.SyncMode](r.GetMode()),
		Rows: make([]domain.StaffRow, len(r.GetRows())), MaxTombstonePPM: int(r.GetMaxTombstonePpm()),
	}
	for i, row := range r.GetRows() {
		out.Rows[i] = domain.StaffRow{
			ExternalID: row.GetExternalId(), DisplayName: row.GetDisplayName(), Title: row.GetTitle(), Department: row.GetDepartment(),
			ManagerExternalID: row.GetManagerExternalId(), Position: row.GetPosition(), FTEPPM: int(row.GetFtePpm()),
			Status: wire.FromEnum[domain.EmployeeStatus](row.GetStatus()), WorkerType: row.GetWorkerType(), Subject: row.GetSubject(),
		}
	}
	return out
}

func syncResultProto(r domain.SyncResult) *actionplanningv1.SyncStaffResponse {
	return &actionplanningv1.SyncStaffResponse{
		Created: int32(r.Created), Updated: int32(r.Updated), Unchanged: int32(r.Unchanged), Rejected: int32(r.Rejected),
		Terminated: int32(r.Terminated), Errors: rpc.Each(r.Errors, rowErrorProto),
	}
}

func rowErrorProto(e domain.RowError) *actionplanningv1.StaffRowError {
	return &actionplanningv1.StaffRowError{
		Row: int32(e.Row), ExternalId: e.ExternalID, Field: e.Field, Reason: e.Reason, Message: e.Message,
	}
}
