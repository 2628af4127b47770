package peer

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/genproto/googleapis/type/money"
	"google.golang.org/grpc"

	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
	"github.com/throughline/throughline/services/actionplanning/internal/app"
	"github.com/throughline/throughline/services/actionplanning/internal/domain"
)

// Budgeting is app.Budgeting on a connection that carries this service's tokens.
type Budgeting struct {
	client budgetingv1.BudgetingServiceClient
}

var _ app.Budgeting = Budgeting{}

// NewBudgeting reads through conn.
func NewBudgeting(conn grpc.ClientConnInterface) Budgeting {
	return Budgeting{budgetingv1.NewBudgetingServiceClient(conn)}
}

const budgeting = "budgeting"

// ProgramExists implements app.Budgeting.
func (b Budgeting) ProgramExists(ctx context.Context, program string) (bool, error) {
	_, err := b.client.GetProgram(ctx, &budgetingv1.GetProgramRequest{Name: program})
	return exists(budgeting, err)
}

// RequestExists implements app.Budgeting.
func (b Budgeting) RequestExists(ctx context.Context, request string) (bool, error) {
	_, err := b.client.GetFundingRequest(ctx, &budgetingv1.GetFundingRequestRequest{Name: request})
	return exists(budgeting, err)
}

// Funding implements app.Budgeting.
func (b Budgeting) Funding(ctx context.Context, n app.FundingNeed) (f domain.Funding, err error) {
	f.Currency = n.Currency
	budgets, err := b.budgets(ctx, n.Organization, n.Years)
	if err != nil {
		return f, err
	}
	if n.Program != "" {
		if f.Program, err = b.ProgramExists(ctx, n.Program); err != nil {
			return f, err
		}
		if f.Allocation, f.Given, err = b.given(ctx, budgets, n); err != nil {
			return f, err
		}
	}
	if n.Request != "" {
		f.Request, err = b.request(ctx, budgets, n)
	}
	return f, err
}

// budgets are those of some fiscal years, the latest first and then by name.
func (b Budgeting) budgets(ctx context.Context, organization string, years domain.FiscalYears) (all []*budgetingv1.Budget, err error) {
	for token := ""; ; {
		page, err := b.client.ListBudgets(ctx, &budgetingv1.ListBudgetsRequest{
			Parent: domain.OrganizationName(organization), PageSize: pageSize, PageToken: token,
			Filter: fmt.Sprintf("fiscal_year >= %d AND fiscal_year <= %d", years.First, years.Last),
		})
		if err != nil {
			return nil, from(budgeting, err)
		}
		all = append(all, page.GetBudgets()...)
		if token = page.GetNextPageToken(); token == "" {
			break
		}
	}
	slices.SortFunc(all, func(x, y *budgetingv1.Budget) int {
		return cmp.Or(cmp.Compare(y.GetFiscalYear(), x.GetFiscalYear()), strings.Compare(x.GetName(), y.GetName()))
	})
	return all, nil
}

// given is the adopted allocation of the latest year that gives the program the most, and what that is.
func (b Budgeting) given(ctx context.Context, budgets []*budgetingv1.Budget, n app.FundingNeed) (allocation string, given domain.Money, err error) {
	given.CurrencyCode = n.Currency
	var year int32
	for _, budget := range budgets {
		adopted := budget.GetAdoptedAllocation()
		if adopted == "" || year != 0 && budget.GetFiscalYear() != year {
			continue
		}
		year = budget.GetFiscalYear()
		line, err := b.line(ctx, adopted, n.Program)
		if err != nil {
			return "", given, err
		}
		if allocation == "" || !given.Covers(line) {
			allocation, given = adopted, line
			given.CurrencyCode = n.Currency
		}
	}
	return allocation, given, nil
}

// line is what an allocation gives a program; nothing when it has no line.
func (b Budgeting) line(ctx context.Context, allocation, program string) (domain.Money, error) {
	for token := ""; ; {
		page, err := b.client.ListAllocationLines(ctx, &budgetingv1.ListAllocationLinesRequest{Parent: allocation, PageSize: pageSize, PageToken: token})
		if err != nil {
			return domain.Money{}, from(budgeting, err)
		}
		for _, l := range page.GetLines() { // by program
			if l.GetProgram() == program {
				return amount(l.GetAdjusted()), nil
			}
		}
		if token = page.GetNextPageToken(); token == "" {
			return domain.Money{}, nil
		}
	}
}

// request is what a funding request asks for: what is paid whole, and of what competes the ask or today's cost, whichever is more.
func (b Budgeting) request(ctx context.Context, budgets []*budgetingv1.Budget, n app.FundingNeed) (domain.Request, error) {
	r, err := b.client.GetFundingRequest(ctx, &budgetingv1.GetFundingRequestRequest{Name: n.Request})
	found, err := exists(budgeting, err)
	if !found {
		return domain.Request{}, err
	}
	fixed, base := domain.Money{CurrencyCode: n.Currency}, domain.Money{CurrencyCode: n.Currency}
	for _, l := range r.GetCostLines() {
		switch l.GetTreatment() {
		case budgetingv1.Treatment_TREATMENT_UNSPECIFIED, budgetingv1.Treatment_TREATMENT_COMPETES:
			base = base.Plus(amount(l.GetAmount()))
		default:
			fixed = fixed.Plus(amount(l.GetAmount()))
		}
	}
	out := domain.Request{Found: true, Program: r.GetProgram(), FTEMilli: r.GetFteMilli(), Asks: fixed.Plus(base.Max(amount(r.GetRequested())))}
	of, _, _ := strings.Cut(n.Request, "/fundingRequests/")
	for _, budget := range budgets {
		if budget.GetName() == of {
			out.InTime, out.Decided = true, budget.GetAdoptedAllocation()
		}
	}
	return out, nil
}

func amount(m *money.Money) domain.Money {
	return domain.Money{CurrencyCode: m.GetCurrencyCode(), Units: m.GetUnits(), Nanos: m.GetNanos()}
}
