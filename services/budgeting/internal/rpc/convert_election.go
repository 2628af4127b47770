package rpc

import (
	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/wire"
)

func electionProto(e domain.Election) *budgetingv1.Election {
	out := &budgetingv1.Election{
		Name: e.Name(), DisplayName: e.DisplayName, Fund: domain.FundName(e.Organization, e.Fund), Amount: wire.Money(e.Currency, e.Amount),
		VoteKind: wire.Enum[budgetingv1.VoteKind](e.Kind), Completion: wire.Enum[budgetingv1.CompletionRule](e.Completion),
		Utility: wire.Enum[budgetingv1.VoterUtility](e.Utility), State: wire.Enum[budgetingv1.ElectionState](e.State), Ballots: e.Ballots,
		Etag: resource.Etag(e), CreateTime: wire.Time(e.CreateTime), UpdateTime: wire.Time(e.UpdateTime),
	}
	for _, p := range e.Projects {
		out.Projects = append(out.Projects, &budgetingv1.ElectionProject{
			Program: domain.ProgramName(e.Organization, p.Program), Cost: wire.Money(e.Currency, p.Cost), Votes: p.Votes, Points: p.Points,
		})
	}
	return out
}

func (r *reader) election(budget, id string, e *budgetingv1.Election) domain.Election {
	const field = "election."
	out := domain.Election{
		Organization: r.organization, Budget: budget, ID: id, DisplayName: e.GetDisplayName(), Fund: r.id(fundName, field+"fund", e.GetFund()),
		Amount: r.money(field+"amount", e.GetAmount()), Kind: wire.FromEnum[model.VoteKind](e.GetVoteKind()),
		Completion: wire.FromEnum[model.Completion](e.GetCompletion()), Utility: wire.FromEnum[model.Utility](e.GetUtility()), Currency: r.currency,
	}
	for i, p := range e.GetProjects() {
		here := at(field+"projects", i)
		out.Projects = append(out.Projects, domain.ElectionProject{
			Program: r.id(programName, here+".program", p.GetProgram()), Cost: r.money(here+".cost", p.GetCost()),
		})
	}
	return out
}

func ballotsRecorded(n domain.Upserted[domain.Ballot]) *budgetingv1.RecordElectionBallotsResponse {
	return &budgetingv1.RecordElectionBallotsResponse{Created: int32(n.Created), Updated: int32(n.Updated), Unchanged: int32(n.Unchanged)}
}
