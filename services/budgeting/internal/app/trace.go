package app

import (
	"cmp"
	"context"

	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/platform/links"
	"github.com/throughline/throughline/services/platform/resource"
)

// LinkTx reads links.
type LinkTx interface {
	// Links are what of this leads to what.
	Links() links.Source
}

// TraceLinks reads a page of the links from names, or to them. A program's money, and the allocation line that leads to it, are those of
// one allocation: the adopted one of the latest budget that has one, or else the newest feasible proposal for the latest budget.
func (a *App) TraceLinks(ctx context.Context, q links.Query) (links.Page, error) {
	return resource.Read(ctx, a.Store, func(tx Tx) (links.Page, error) { return links.Read(tx.Links(), q) })
}

// ProgramNode is a program in short, with its line of the current allocation, nil when that has none, and its newest request.
func ProgramNode(p domain.Program, l *domain.AllocationLine, r domain.FundingRequest) links.Node {
	n := links.Node{Name: p.Name(), Kind: "program", DisplayName: p.DisplayName}
	if l != nil {
		n.Currency, n.Minor = l.Currency, l.Allocated+l.Adjusted
	}
	aligned := false
	AlignmentLinks(r, func(links.Link) { aligned = true })
	n.Gap(!aligned, "is aligned with no goal")
	return n
}

// AlignmentLinks leads from the program of a request to the goals that it serves, as reviewed, or else as it says itself.
func AlignmentLinks(r domain.FundingRequest, add func(links.Link)) {
	for _, a := range r.Alignments {
		if level := cmp.Or(a.Reviewed, a.Self); level != nil && *level > 0 {
			add(links.Link{From: domain.ProgramName(r.Organization, r.Program), To: a.Goal, Relation: links.AlignedWith, Weight: *level})
		}
	}
}

// RequestNode is a request in short, with what its program and budget are called.
func RequestNode(r domain.FundingRequest, program, budget, state string) links.Node {
	return links.Node{Name: r.Name(), Kind: "fundingRequest", DisplayName: program + " in " + budget, State: state}
}

// RequestLink leads from a request to its program.
func RequestLink(r domain.FundingRequest) links.Link {
	return links.Link{From: r.Name(), To: domain.ProgramName(r.Organization, r.Program), Relation: links.PartOf}
}

// PackageNode is a decision package in short.
func PackageNode(p domain.DecisionPackage) links.Node {
	return links.Node{Name: p.Name(), Kind: "decisionPackage", DisplayName: p.DisplayName}
}

// PackageLink leads from a decision package to its request.
func PackageLink(p domain.DecisionPackage) links.Link {
	return links.Link{From: p.Name(), To: domain.FundingRequestName(p.Organization, p.Budget, p.Program), Relation: links.PartOf}
}

// LineNode is a line of an allocation in short: what it gives, council's adjustments included.
func LineNode(l domain.AllocationLine, a domain.Allocation) links.Node {
	return links.Node{
		Name: lineName(l), Kind: "allocationLine", DisplayName: l.DisplayName + " in " + a.DisplayName, State: a.State,
		Currency: l.Currency, Minor: l.Allocated + l.Adjusted,
	}
}

// LineLink leads from a line to its program.
func LineLink(l domain.AllocationLine) links.Link {
	return links.Link{From: lineName(l), To: domain.ProgramName(l.Organization, l.Program), Relation: links.PaysFor}
}

func lineName(l domain.AllocationLine) string {
	return domain.AllocationName(l.Organization, l.Budget, l.Allocation) + "/lines/" + l.Program
}
