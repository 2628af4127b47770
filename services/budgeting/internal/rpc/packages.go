package rpc

import (
	"context"
	"strings"

	"google.golang.org/protobuf/types/known/emptypb"

	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
	"github.com/throughline/throughline/services/budgeting/internal/app"
	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/platform/listing"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/rpc"
)

// packageKey finds a package, or with fundingRequestName the request whose packages are meant.
func packageKey(pattern rpc.Pattern, field, name string) (app.PackageKey, error) {
	ids, err := pattern.Parse(field, name)
	if err != nil {
		return app.PackageKey{}, err
	}
	k := app.PackageKey{Organization: ids[0], Budget: ids[1], Program: ids[2]}
	if len(ids) > 3 {
		k.ID = ids[3]
	}
	return k, nil
}

// packageParent finds the request whose packages are meant, or with the id "-" the budget (AIP-159).
func packageParent(name string) (app.PackageKey, error) {
	budget, all := strings.CutSuffix(name, "/fundingRequests/"+app.AllRequests)
	if !all {
		return packageKey(fundingRequestName, "parent", name)
	}
	k, err := inBudget(budgetName, "parent", budget)
	return app.PackageKey{Organization: k.Organization, Budget: k.Budget, Program: app.AllRequests}, err
}

// CreateDecisionPackage implements budgetingv1.BudgetingServiceServer.
func (s *Server) CreateDecisionPackage(ctx context.Context, r *budgetingv1.CreateDecisionPackageRequest) (*budgetingv1.DecisionPackage, error) {
	k, err := packageKey(fundingRequestName, "parent", r.GetParent())
	if err != nil {
		return nil, err
	}
	read, err := s.reader(ctx, k.Organization)
	if err != nil {
		return nil, err
	}
	k.ID = r.GetDecisionPackageId()
	draft := read.decisionPackage(k, r.GetDecisionPackage())
	if err := read.Err(); err != nil {
		return nil, err
	}
	p, err := s.app.CreateDecisionPackage(resource.DryRun(ctx, r.GetValidateOnly()), caller(ctx), draft)
	return rpc.Reply(p, err, packageProto)
}

// GetDecisionPackage implements budgetingv1.BudgetingServiceServer.
func (s *Server) GetDecisionPackage(ctx context.Context, r *budgetingv1.GetDecisionPackageRequest) (*budgetingv1.DecisionPackage, error) {
	k, err := packageKey(packageName, "name", r.GetName())
	if err != nil {
		return nil, err
	}
	p, err := s.app.GetDecisionPackage(ctx, k)
	return rpc.Reply(p, err, packageProto)
}

// ListDecisionPackages implements budgetingv1.BudgetingServiceServer.
func (s *Server) ListDecisionPackages(ctx context.Context, r *budgetingv1.ListDecisionPackagesRequest) (*budgetingv1.ListDecisionPackagesResponse, error) {
	k, err := packageParent(r.GetParent())
	if err != nil {
		return nil, err
	}
	q, err := listing.Of(r, r.GetParent(), app.DecisionPackageList)
	if err != nil {
		return nil, err
	}
	page, err := s.app.ListDecisionPackages(ctx, k, q)
	return &budgetingv1.ListDecisionPackagesResponse{DecisionPackages: rpc.Each(page.Items, packageProto), NextPageToken: page.Next}, err
}

// UpdateDecisionPackage implements budgetingv1.BudgetingServiceServer.
func (s *Server) UpdateDecisionPackage(ctx context.Context, r *budgetingv1.UpdateDecisionPackageRequest) (*budgetingv1.DecisionPackage, error) {
	k, err := packageKey(packageName, "decision_package.name", r.GetDecisionPackage().GetName())
	if err != nil {
		return nil, err
	}
	base, err := s.reader(ctx, k.Organization)
	if err != nil {
		return nil, err
	}
	ctx = resource.DryRun(ctx, r.GetValidateOnly())
	p, err := s.app.UpdateDecisionPackage(ctx, caller(ctx), k, app.Edit[domain.DecisionPackage]{
		Etag: r.GetDecisionPackage().GetEtag(), AllowMissing: r.GetAllowMissing(),
		Apply: func(old domain.DecisionPackage, found bool) (domain.DecisionPackage, error) {
			merged, err := merge(r, r.GetDecisionPackage(), old, found, packageProto)
			read := base
			next := read.decisionPackage(k, merged)
			return next, first(err, read.Err())
		},
	})
	return rpc.Reply(p, err, packageProto)
}

// DeleteDecisionPackage implements budgetingv1.BudgetingServiceServer.
func (s *Server) DeleteDecisionPackage(ctx context.Context, r *budgetingv1.DeleteDecisionPackageRequest) (*emptypb.Empty, error) {
	k, err := packageKey(packageName, "name", r.GetName())
	if err != nil {
		return nil, err
	}
	ctx = resource.DryRun(ctx, r.GetValidateOnly())
	return rpc.Empty(s.app.DeleteDecisionPackage(ctx, caller(ctx), k, r.GetEtag()))
}
