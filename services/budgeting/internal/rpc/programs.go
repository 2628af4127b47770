package rpc

import (
	"context"

	"google.golang.org/protobuf/types/known/emptypb"

	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
	"github.com/throughline/throughline/services/budgeting/internal/app"
	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/platform/listing"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/rpc"
)

// CreateProgram implements budgetingv1.BudgetingServiceServer.
func (s *Server) CreateProgram(ctx context.Context, r *budgetingv1.CreateProgramRequest) (*budgetingv1.Program, error) {
	ids, err := organizationName.Parse("parent", r.GetParent())
	if err != nil {
		return nil, err
	}
	read := reader{organization: ids[0]}
	draft := read.program(r.GetProgramId(), "program", r.GetProgram())
	if err := read.Err(); err != nil {
		return nil, err
	}
	program, err := s.app.CreateProgram(resource.DryRun(ctx, r.GetValidateOnly()), caller(ctx), draft)
	return rpc.Reply(program, err, programProto)
}

// GetProgram implements budgetingv1.BudgetingServiceServer.
func (s *Server) GetProgram(ctx context.Context, r *budgetingv1.GetProgramRequest) (*budgetingv1.Program, error) {
	k, err := key(programName, "name", r.GetName())
	if err != nil {
		return nil, err
	}
	program, err := s.app.GetProgram(ctx, k)
	return rpc.Reply(program, err, programProto)
}

// ListPrograms implements budgetingv1.BudgetingServiceServer.
func (s *Server) ListPrograms(ctx context.Context, r *budgetingv1.ListProgramsRequest) (*budgetingv1.ListProgramsResponse, error) {
	ids, err := organizationName.Parse("parent", r.GetParent())
	if err != nil {
		return nil, err
	}
	q, err := listing.Of(r, r.GetParent(), app.ProgramList)
	if err != nil {
		return nil, err
	}
	page, err := s.app.ListPrograms(ctx, ids[0], q)
	return &budgetingv1.ListProgramsResponse{Programs: programProtos(page.Items), NextPageToken: page.Next}, err
}

// UpdateProgram implements budgetingv1.BudgetingServiceServer.
func (s *Server) UpdateProgram(ctx context.Context, r *budgetingv1.UpdateProgramRequest) (*budgetingv1.Program, error) {
	k, err := key(programName, "program.name", r.GetProgram().GetName())
	if err != nil {
		return nil, err
	}
	ctx = resource.DryRun(ctx, r.GetValidateOnly())
	program, err := s.app.UpdateProgram(ctx, caller(ctx), k, app.Edit[domain.Program]{
		Etag: r.GetProgram().GetEtag(), AllowMissing: r.GetAllowMissing(),
		Apply: func(old domain.Program, found bool) (domain.Program, error) {
			merged, err := merge(r, r.GetProgram(), old, found, programProto)
			read := reader{organization: k.Organization}
			next := read.program(k.ID, "program", merged)
			return next, first(err, read.Err())
		},
	})
	return rpc.Reply(program, err, programProto)
}

// DeleteProgram implements budgetingv1.BudgetingServiceServer.
func (s *Server) DeleteProgram(ctx context.Context, r *budgetingv1.DeleteProgramRequest) (*emptypb.Empty, error) {
	k, err := key(programName, "name", r.GetName())
	if err != nil {
		return nil, err
	}
	return rpc.Empty(s.app.DeleteProgram(resource.DryRun(ctx, r.GetValidateOnly()), k, r.GetEtag()))
}

// BatchUpsertPrograms implements budgetingv1.BudgetingServiceServer.
func (s *Server) BatchUpsertPrograms(ctx context.Context, r *budgetingv1.BatchUpsertProgramsRequest) (*budgetingv1.BatchUpsertProgramsResponse, error) {
	ids, err := organizationName.Parse("parent", r.GetParent())
	if err != nil {
		return nil, err
	}
	read := reader{organization: ids[0]}
	rows := make([]domain.Program, len(r.GetPrograms()))
	for i, p := range r.GetPrograms() {
		field := at("programs", i)
		rows[i] = read.program(read.required(programName, field+".name", p.GetName()), field, p)
	}
	if err := read.Err(); err != nil {
		return nil, err
	}
	n, err := s.app.UpsertPrograms(resource.DryRun(ctx, r.GetValidateOnly()), caller(ctx), ids[0], rows)
	return rpc.Reply(n, err, programsUpserted)
}

// required is id, of a name that must be there.
func (r *reader) required(pattern rpc.Pattern, field, name string) string {
	r.Check(name != "", field, "is required; write it as %s", pattern)
	return r.id(pattern, field, name)
}
