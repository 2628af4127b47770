package rpc

import (
	actionplanningv1 "github.com/throughline/throughline/proto/gen/throughline/actionplanning/v1"
	"github.com/throughline/throughline/services/actionplanning/internal/app"
	"github.com/throughline/throughline/services/actionplanning/internal/domain"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/rpc"
	"github.com/throughline/throughline/services/platform/wire"
)

func employeeProto(e domain.Employee) *actionplanningv1.Employee {
	out := &actionplanningv1.Employee{
		Name: e.Name(), DisplayName: e.DisplayName, ExternalId: e.ExternalID, Title: e.Title, Department: e.Department,
		Position: e.Position, FtePpm: int32(e.FTEPPM), Status: wire.Enum[actionplanningv1.EmployeeStatus](e.Status),
		WorkerType: e.WorkerType, Subject: e.Subject, EndDate: wire.Date(e.EndDate),
		Etag: resource.Etag(e), CreateTime: wire.Time(e.CreateTime), UpdateTime: wire.Time(e.UpdateTime),
	}
	if e.Manager != "" {
		out.Manager = domain.EmployeeName(e.Organization, e.Manager)
	}
	for _, j := range e.Jobs {
		out.Jobs = append(out.Jobs, &actionplanningv1.Job{
			JobKey: j.Key, Title: j.Title, Department: j.Department, Position: j.Position, ManagerExternalId: j.ManagerExternalID,
			FtePpm: int32(j.FTEPPM), StartDate: wire.Date(j.StartDate), EndDate: wire.Date(j.EndDate),
		})
	}
	for _, l := range e.Leaves {
		out.Leaves = append(out.Leaves, &actionplanningv1.Leave{StartDate: wire.Date(l.StartDate), EndDate: wire.Date(l.EndDate)})
	}
	return out
}

func staffRows(rows []*actionplanningv1.StaffRow) []domain.StaffRow {
	out := make([]domain.StaffRow, len(rows))
	for i, row := range rows {
		out[i] = domain.StaffRow{
			ExternalID: row.GetExternalId(), DisplayName: row.GetDisplayName(), Title: row.GetTitle(), Department: row.GetDepartment(),
			ManagerExternalID: row.GetManagerExternalId(), Position: row.GetPosition(), FTEPPM: int(row.GetFtePpm()),
			Status: wire.FromEnum[domain.EmployeeStatus](row.GetStatus()), WorkerType: row.GetWorkerType(), Subject: row.GetSubject(),
			EndDate: wire.FromDate[domain.Date](row.GetEndDate()),
		}
		for _, j := range row.GetJobs() {
			out[i].Jobs = append(out[i].Jobs, domain.Job{
				Key: j.GetJobKey(), Title: j.GetTitle(), Department: j.GetDepartment(), Position: j.GetPosition(),
				ManagerExternalID: j.GetManagerExternalId(), FTEPPM: int(j.GetFtePpm()),
				StartDate: wire.FromDate[domain.Date](j.GetStartDate()), EndDate: wire.FromDate[domain.Date](j.GetEndDate()),
			})
		}
		for _, l := range row.GetLeaves() {
			out[i].Leaves = append(out[i].Leaves, domain.Leave{
				StartDate: wire.FromDate[domain.Date](l.GetStartDate()), EndDate: wire.FromDate[domain.Date](l.GetEndDate()),
			})
		}
	}
	return out
}

func syncResultProto(r domain.SyncResult) *actionplanningv1.SyncStaffResponse {
	return &actionplanningv1.SyncStaffResponse{
		Created: int32(r.Created), Updated: int32(r.Updated), Unchanged: int32(r.Unchanged), Rejected: int32(r.Rejected),
		Terminated: int32(r.Terminated), Reassigned: int32(r.Reassigned), Errors: rpc.Each(r.Errors, rowErrorProto),
	}
}

func rowErrorProto(e domain.RowError) *actionplanningv1.StaffRowError {
	return &actionplanningv1.StaffRowError{
		Row: int32(e.Row), ExternalId: e.ExternalID, Field: e.Field, Reason: e.Reason, Message: e.Message,
	}
}

func staffLoadProto(l app.StaffLoad) *actionplanningv1.StaffLoad {
	out := &actionplanningv1.StaffLoad{Employee: l.Employee.Name(), OverPpm: int32(l.OverPPM)}
	for _, s := range l.Spans {
		span := &actionplanningv1.LoadSpan{
			StartDate: wire.Date(s.Start), EndDate: wire.Date(s.End), AvailablePpm: int32(s.AvailablePPM), LoadPpm: int32(s.LoadPPM),
		}
		for _, a := range s.Assignments {
			span.Assignments = append(span.Assignments, a.Name())
		}
		out.Spans = append(out.Spans, span)
	}
	return out
}

func policyProto(p domain.AssignmentPolicy) *actionplanningv1.AssignmentPolicy {
	return &actionplanningv1.AssignmentPolicy{
		Name: p.Name(), OverAllocation: wire.Enum[actionplanningv1.OverAllocation](p.OverAllocation),
		Etag: resource.Etag(p), UpdateTime: wire.Time(p.UpdateTime),
	}
}

func successionProto(s domain.Succession) *actionplanningv1.SuccessionProposal {
	out := &actionplanningv1.SuccessionProposal{
		Name: s.Name(), Leaver: domain.EmployeeName(s.Organization, s.Leaver), EndedAssignment: domain.AssignmentName(s.Organization, s.Ended),
		Objective: s.ObjectiveName(), State: wire.Enum[actionplanningv1.SuccessionState](s.State), DecidedBy: s.DecidedBy, Reason: s.Reason,
		Etag: resource.Etag(s), CreateTime: wire.Time(s.CreateTime), UpdateTime: wire.Time(s.UpdateTime),
	}
	if s.Interim != "" {
		out.InterimAssignment = domain.AssignmentName(s.Organization, s.Interim)
	}
	if s.Successor != "" {
		out.Successor = domain.EmployeeName(s.Organization, s.Successor)
	}
	for _, c := range s.Candidates {
		out.Candidates = append(out.Candidates, &actionplanningv1.SuccessionCandidate{
			Employee: domain.EmployeeName(s.Organization, c.Employee), DisplayName: c.DisplayName, SameDepartment: c.SameDepartment,
			SameTitle: c.SameTitle, FreePpm: int32(c.FreePPM),
		})
	}
	return out
}

func gapProto(g domain.Gap) *actionplanningv1.OwnershipGap {
	return &actionplanningv1.OwnershipGap{
		Kind: wire.Enum[actionplanningv1.OwnershipGapKind](g.Kind), Objective: g.Objective, Employee: g.Employee,
		SuccessionProposal: g.Proposal, Detail: g.Detail,
	}
}

func upsertedProto(u app.AssignmentsUpserted) *actionplanningv1.BatchUpsertAssignmentsResponse {
	return &actionplanningv1.BatchUpsertAssignmentsResponse{
		Created: int32(u.Created), Updated: int32(u.Updated), Unchanged: int32(u.Unchanged), Rejected: int32(u.Rejected),
		Errors: rpc.Each(u.Errors, func(e app.AssignmentError) *actionplanningv1.AssignmentError {
			return &actionplanningv1.AssignmentError{Row: int32(e.Row), Field: e.Field, Reason: e.Reason, Message: e.Message}
		}),
	}
}
