package rpc

import (
	"fmt"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"

	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/rpc"
	"github.com/throughline/throughline/services/platform/wire"
)

// Message is anything that a use case answers or that changes, as its proto message; nil is Empty.
func Message(v any) (proto.Message, error) {
	switch v := v.(type) {
	case nil:
		return &emptypb.Empty{}, nil
	case domain.Fund:
		return fundProto(v), nil
	case domain.Budget:
		return budgetProto(v), nil
	case domain.Program:
		return programProto(v), nil
	case domain.FundingRequest:
		return requestProto(v), nil
	case domain.DecisionPackage:
		return packageProto(v), nil
	case domain.Scenario:
		return scenarioProto(v), nil
	case domain.Election:
		return electionProto(v), nil
	case domain.Upserted[domain.Ballot]:
		return ballotsRecorded(v), nil
	case domain.Allocation:
		return allocationProto(v), nil
	case domain.AdoptedMoney:
		return adoptedMoneyProto(v), nil
	case []domain.LineItem:
		return &budgetingv1.ListLineItemsResponse{LineItems: rpc.Each(v, lineItemProto)}, nil
	case domain.Upserted[domain.Program]:
		return programsUpserted(v), nil
	case domain.Upserted[domain.FundingRequest]:
		return requestsUpserted(v), nil
	case domain.Upserted[domain.LineItem]:
		return lineItemsUpserted(v), nil
	case domain.Attested:
		return attestedProto(v), nil
	}
	return nil, fmt.Errorf("a %T has no proto message", v)
}

func fundProto(f domain.Fund) *budgetingv1.Fund {
	out := &budgetingv1.Fund{
		Name: f.Name(), DisplayName: f.DisplayName, Code: f.Code, Kind: wire.Enum[budgetingv1.FundKind](f.Kind),
		Gasb54Class: wire.Enum[budgetingv1.Gasb54Class](f.Gasb54Class), ParentFund: nameOf(f.Organization, f.ParentFund, domain.FundName),
		RestrictionBasis: f.RestrictionBasis,
		Etag:             resource.Etag(f), CreateTime: wire.Time(f.CreateTime), UpdateTime: wire.Time(f.UpdateTime),
	}
	for _, c := range f.Restriction {
		out.Restriction = append(out.Restriction, &budgetingv1.RestrictionCondition{
			Departments: c.Departments, Functions: c.Functions, Programs: names(f.Organization, c.Programs, domain.ProgramName),
		})
	}
	return out
}

func (r *reader) fund(id string, f *budgetingv1.Fund) domain.Fund {
	out := domain.Fund{
		Organization: r.organization, ID: id, DisplayName: f.GetDisplayName(), Code: f.GetCode(), Kind: wire.FromEnum[model.FundKind](f.GetKind()),
		Gasb54Class: wire.FromEnum[string](f.GetGasb54Class()), ParentFund: r.id(fundName, "fund.parent_fund", f.GetParentFund()),
		RestrictionBasis: f.GetRestrictionBasis(),
	}
	for i, c := range f.GetRestriction() {
		out.Restriction = append(out.Restriction, domain.Condition{
			Departments: c.GetDepartments(), Functions: c.GetFunctions(),
			Programs: r.ids(programName, at("fund.restriction", i)+".programs", c.GetPrograms()),
		})
	}
	return out
}

func budgetProto(b domain.Budget) *budgetingv1.Budget {
	out := &budgetingv1.Budget{
		Name: b.Name(), DisplayName: b.DisplayName, FiscalYear: int32(b.FiscalYear), Plan: b.Plan,
		RoundingUnit: wire.Money(b.Currency, b.RoundingUnit), State: wire.Enum[budgetingv1.BudgetState](b.State),
		Etag: resource.Etag(b), CreateTime: wire.Time(b.CreateTime), UpdateTime: wire.Time(b.UpdateTime),
	}
	for _, e := range b.Envelopes {
		out.Envelopes = append(out.Envelopes, &budgetingv1.Envelope{
			Fund: domain.FundName(b.Organization, e.Fund), Available: wire.Money(b.Currency, e.Available), OneTime: optionalMoneyProto(e.OneTime, b.Currency),
		})
	}
	for _, a := range b.Authorities {
		out.TransferAuthorities = append(out.TransferAuthorities, &budgetingv1.TransferAuthority{
			Body: a.Body, Scope: wire.Enum[budgetingv1.TransferScope](a.Scope), Limit: optionalMoneyProto(a.Limit, b.Currency),
		})
	}
	if b.Adopted != "" {
		out.AdoptedAllocation = domain.AllocationName(b.Organization, b.ID, b.Adopted)
	}
	if f := b.Freeze; f != nil {
		out.ResultsPolicyFreeze = &budgetingv1.ResultsPolicyFreeze{FreezeTime: wire.Time(f.Time), FrozenBy: f.By, Resolution: f.Resolution}
	}
	return out
}

func (r *reader) budget(id string, b *budgetingv1.Budget) domain.Budget {
	r.id(planName, "budget.plan", b.GetPlan())
	out := domain.Budget{
		Organization: r.organization, ID: id, DisplayName: b.GetDisplayName(), FiscalYear: int(b.GetFiscalYear()), Plan: b.GetPlan(),
		RoundingUnit: r.money("budget.rounding_unit", b.GetRoundingUnit()), Currency: r.currency,
	}
	for i, e := range b.GetEnvelopes() {
		field := at("budget.envelopes", i)
		out.Envelopes = append(out.Envelopes, domain.Envelope{
			Fund: r.id(fundName, field+".fund", e.GetFund()), Available: r.money(field+".available", e.GetAvailable()),
			OneTime: r.optionalMoney(field+".one_time", e.GetOneTime()),
		})
	}
	for i, a := range b.GetTransferAuthorities() {
		out.Authorities = append(out.Authorities, domain.TransferAuthority{
			Body: a.GetBody(), Scope: wire.FromEnum[string](a.GetScope()), Limit: r.optionalMoney(at("budget.transfer_authorities", i)+".limit", a.GetLimit()),
		})
	}
	return out
}

func programProto(p domain.Program) *budgetingv1.Program {
	m := &budgetingv1.Program{}
	tellProgram(&p, m)
	return m
}

// programProtos makes the messages of a page in one piece, for it is let go as a whole.
func programProtos(page []domain.Program) []*budgetingv1.Program {
	out, messages := make([]*budgetingv1.Program, len(page)), make([]budgetingv1.Program, len(page))
	for i := range page {
		out[i] = &messages[i]
		tellProgram(&page[i], out[i])
	}
	return out
}

func tellProgram(p *domain.Program, m *budgetingv1.Program) {
	m.Name, m.DisplayName, m.Code, m.Purpose, m.Department, m.Function = p.Name(), p.DisplayName, p.Code, p.Purpose, p.Department, p.Function
	m.Predecessor, m.SunsetDate = nameOf(p.Organization, p.Predecessor, domain.ProgramName), wire.Date(p.SunsetDate)
	m.Etag, m.CreateTime, m.UpdateTime = resource.Etag(p), wire.Time(p.CreateTime), wire.Time(p.UpdateTime)
}

func (r *reader) program(id, field string, p *budgetingv1.Program) domain.Program {
	return domain.Program{
		Organization: r.organization, ID: id, DisplayName: p.GetDisplayName(), Code: p.GetCode(), Purpose: p.GetPurpose(),
		Department: p.GetDepartment(), Function: p.GetFunction(), Predecessor: r.id(programName, field+".predecessor", p.GetPredecessor()),
		SunsetDate: wire.FromDate[domain.Date](p.GetSunsetDate()),
	}
}

func lineItemProto(l domain.LineItem) *budgetingv1.LineItem {
	return &budgetingv1.LineItem{
		Name: l.Name(), Kind: wire.Enum[budgetingv1.LineItemKind](l.Kind), Fund: domain.FundName(l.Organization, l.Fund), Department: l.Department,
		AccountSegments: l.AccountSegments, AccountDescription: l.AccountDescription, Version: wire.Enum[budgetingv1.LineItemVersion](l.Figure),
		Amount: wire.Money(l.Currency, l.Amount), Program: nameOf(l.Organization, l.Program, domain.ProgramName),
		Treatment: wire.Enum[budgetingv1.Treatment](l.Treatment), OneTime: l.OneTime, ExternalRef: l.ExternalRef, SourceFile: l.SourceFile,
		SourceRow: int32(l.SourceRow), Etag: resource.Etag(l), CreateTime: wire.Time(l.CreateTime), UpdateTime: wire.Time(l.UpdateTime),
	}
}

func (r *reader) lineItem(budget, field string, l *budgetingv1.LineItem) domain.LineItem {
	out := domain.LineItem{
		Organization: r.organization, Budget: budget, ID: domain.LineItemID(l.GetExternalRef()), Kind: wire.FromEnum[string](l.GetKind()),
		Fund: r.id(fundName, field+".fund", l.GetFund()), Department: l.GetDepartment(), AccountSegments: l.GetAccountSegments(),
		AccountDescription: l.GetAccountDescription(), Figure: wire.FromEnum[string](l.GetVersion()), Amount: r.money(field+".amount", l.GetAmount()),
		Currency: r.currency, Program: r.id(programName, field+".program", l.GetProgram()), Treatment: treatment(l.GetTreatment()),
		OneTime: l.GetOneTime(), ExternalRef: l.GetExternalRef(), SourceFile: l.GetSourceFile(), SourceRow: int(l.GetSourceRow()),
	}
	if len(out.AccountSegments) == 0 {
		out.AccountSegments = nil
	}
	return out
}

// treatment is COMPETES unless something else is said.
func treatment(t budgetingv1.Treatment) model.Treatment {
	if t == budgetingv1.Treatment_TREATMENT_UNSPECIFIED {
		return model.Competes
	}
	return wire.FromEnum[model.Treatment](t)
}

func totalProto(organization, currency string, t domain.LineItemTotal) *budgetingv1.LineItemTotal {
	return &budgetingv1.LineItemTotal{
		Fund: domain.FundName(organization, t.Fund), Kind: wire.Enum[budgetingv1.LineItemKind](t.Kind),
		Version: wire.Enum[budgetingv1.LineItemVersion](t.Figure), Treatment: wire.Enum[budgetingv1.Treatment](t.Treatment),
		Lines: t.Lines, Amount: wire.Money(currency, t.Amount),
	}
}

func programsUpserted(n domain.Upserted[domain.Program]) *budgetingv1.BatchUpsertProgramsResponse {
	return &budgetingv1.BatchUpsertProgramsResponse{Created: int32(n.Created), Updated: int32(n.Updated), Unchanged: int32(n.Unchanged)}
}

func requestsUpserted(n domain.Upserted[domain.FundingRequest]) *budgetingv1.BatchUpsertFundingRequestsResponse {
	return &budgetingv1.BatchUpsertFundingRequestsResponse{Created: int32(n.Created), Updated: int32(n.Updated), Unchanged: int32(n.Unchanged)}
}

func lineItemsUpserted(n domain.Upserted[domain.LineItem]) *budgetingv1.BatchUpsertLineItemsResponse {
	return &budgetingv1.BatchUpsertLineItemsResponse{Created: int32(n.Created), Updated: int32(n.Updated), Unchanged: int32(n.Unchanged)}
}

func attestedProto(n domain.Attested) *budgetingv1.AttestFundingRequestsResponse {
	return &budgetingv1.AttestFundingRequestsResponse{Attested: int32(n)}
}
