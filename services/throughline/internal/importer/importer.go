// Package importer writes a city's parsed budget files into a running suite.
package importer

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/genproto/googleapis/type/money"

	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/wire"
	"github.com/throughline/throughline/services/throughline/internal/budgetfile"
	"github.com/throughline/throughline/services/throughline/internal/client"
	"github.com/throughline/throughline/services/throughline/internal/tabular"
)

// batch is how many rows one call takes.
const batch = 1000

// Target says where an import goes.
type Target struct {
	Budget   string // name of the budget; it is created when missing
	Plan     string // name of the plan whose priorities the budget follows
	Evidence string // vouches for base and alignment of all requests, "" to leave them unattested
	Progress func(what string, done, total int)
}

// Counts is what an import changed of one kind of resource; a second import of the same files changes nothing.
type Counts struct{ Created, Updated, Unchanged int }

// Report is what an import did.
type Report struct {
	Funds                         int
	Programs, LineItems, Requests Counts
	Totals                        []*budgetingv1.LineItemTotal // as the suite now sums them
}

// Run writes funds, budget, programs, line items and requests, in this order, each idempotently.
func Run(ctx context.Context, suite *client.Suite, p *budgetfile.Parsed, t Target) (Report, error) {
	if t.Progress == nil {
		t.Progress = func(string, int, int) {}
	}
	w := &writer{suite: suite, parsed: p, target: t, organization: organizationOf(t.Budget)}
	for _, step := range []func(context.Context) error{
		w.funds, w.budget, w.programs, w.lineItems, w.requests, w.attest, w.totals,
	} {
		if err := step(ctx); err != nil {
			return w.report, err
		}
	}
	return w.report, nil
}

type writer struct {
	suite        *client.Suite
	parsed       *budgetfile.Parsed
	target       Target
	organization string // name
	report       Report
}

func (w *writer) funds(ctx context.Context) error {
	for i, f := range w.parsed.Funds {
		w.target.Progress("funds", i+1, len(w.parsed.Funds))
		_, err := client.Call(ctx, "write fund "+f.Code, w.suite.Budgeting.UpdateFund, &budgetingv1.UpdateFundRequest{
			AllowMissing: true,
			Fund: &budgetingv1.Fund{
				Name: w.fund(f.Code), DisplayName: cmp.Or(f.Name, f.Code), Code: f.Code,
				Kind: wire.Enum[budgetingv1.FundKind](f.Kind), Gasb54Class: wire.Enum[budgetingv1.Gasb54Class](f.GASB54),
			},
		})
		if err != nil {
			return err
		}
	}
	w.report.Funds = len(w.parsed.Funds)
	return nil
}

func (w *writer) budget(ctx context.Context) error {
	m := w.parsed.Mapping
	b := &budgetingv1.Budget{
		Name: w.target.Budget, DisplayName: cmp.Or(m.Title, m.Name), FiscalYear: int32(m.FiscalYear), Plan: w.target.Plan,
	}
	for _, f := range w.parsed.Funds {
		b.Envelopes = append(b.Envelopes, &budgetingv1.Envelope{Fund: w.fund(f.Code), Available: w.money(f.Envelope)})
	}
	_, err := client.Call(ctx, "write budget", w.suite.Budgeting.UpdateBudget, &budgetingv1.UpdateBudgetRequest{Budget: b, AllowMissing: true})
	return err
}

func (w *writer) programs(ctx context.Context) error {
	departments := map[string]string{}
	for _, d := range w.parsed.Departments {
		departments[d.Code] = cmp.Or(d.Name, d.Code)
	}
	return inBatches(w, "programs", w.parsed.Programs, func(rows []budgetfile.Program) (Counts, error) {
		r := &budgetingv1.BatchUpsertProgramsRequest{Parent: w.organization}
		for _, p := range rows {
			r.Programs = append(r.Programs, &budgetingv1.Program{
				Name: w.program(p.ID), DisplayName: clip(cmp.Or(p.Name, p.Code)), Code: p.Code, Purpose: p.Purpose,
				Department: departments[p.DepartmentCode], Function: p.Function,
			})
		}
		done, err := client.Call(ctx, "write programs", w.suite.Budgeting.BatchUpsertPrograms, r)
		return Counts{int(done.GetCreated()), int(done.GetUpdated()), int(done.GetUnchanged())}, err
	}, &w.report.Programs)
}

func (w *writer) lineItems(ctx context.Context) error {
	departments, programs := map[string]string{}, map[string]string{}
	for _, d := range w.parsed.Departments {
		departments[d.Code] = cmp.Or(d.Name, d.Code)
	}
	for _, p := range w.parsed.Programs {
		programs[p.Code] = w.program(p.ID)
	}
	return inBatches(w, "line items", w.parsed.LineItems, func(rows []budgetfile.LineItem) (Counts, error) {
		r := &budgetingv1.BatchUpsertLineItemsRequest{Parent: w.target.Budget}
		for _, l := range rows {
			item := &budgetingv1.LineItem{
				Kind: kind(l), Fund: w.fund(l.FundCode), Department: departments[l.DepartmentCode],
				AccountDescription: l.AccountName, Version: wire.Enum[budgetingv1.LineItemVersion](l.Version), Amount: w.money(l.Amount),
				Program: programs[l.ProgramCode], Treatment: wire.Enum[budgetingv1.Treatment](l.Treatment),
				ExternalRef: l.ExternalRef, SourceFile: l.File, SourceRow: int32(l.Row),
			}
			for _, s := range l.Segments {
				item.AccountSegments = append(item.AccountSegments, s.Value)
			}
			r.LineItems = append(r.LineItems, item)
		}
		done, err := client.Call(ctx, "write line items", w.suite.Budgeting.BatchUpsertLineItems, r)
		return Counts{int(done.GetCreated()), int(done.GetUpdated()), int(done.GetUnchanged())}, err
	}, &w.report.LineItems)
}

// kind tells transfers in from transfers out, which tie to different sides of the books.
func kind(l budgetfile.LineItem) budgetingv1.LineItemKind {
	switch {
	case l.Kind != budgetfile.KindTransfer:
		return wire.Enum[budgetingv1.LineItemKind](l.Kind)
	case l.Side == budgetfile.Revenue:
		return budgetingv1.LineItemKind_LINE_ITEM_KIND_TRANSFER_IN
	default:
		return budgetingv1.LineItemKind_LINE_ITEM_KIND_TRANSFER_OUT
	}
}

func (w *writer) requests(ctx context.Context) error {
	return inBatches(w, "requests", w.parsed.Requests, func(rows []budgetfile.ProgramRequest) (Counts, error) {
		r := &budgetingv1.BatchUpsertFundingRequestsRequest{Parent: w.target.Budget}
		for _, p := range rows {
			r.FundingRequests = append(r.FundingRequests, w.request(p))
		}
		done, err := client.Call(ctx, "write funding requests", w.suite.Budgeting.BatchUpsertFundingRequests, r)
		return Counts{int(done.GetCreated()), int(done.GetUpdated()), int(done.GetUnchanged())}, err
	}, &w.report.Requests)
}

func (w *writer) request(p budgetfile.ProgramRequest) *budgetingv1.FundingRequest {
	out := &budgetingv1.FundingRequest{Name: w.requestName(p.ProgramID)}
	for _, c := range p.CostLines {
		out.CostLines = append(out.CostLines, &budgetingv1.CostLine{
			Fund: w.fund(c.FundCode), CostClass: c.Class, Amount: w.money(c.Amount), Treatment: wire.Enum[budgetingv1.Treatment](c.Treatment),
		})
	}
	goals := make([]string, 0, len(p.Alignment))
	for id := range p.Alignment {
		goals = append(goals, id)
	}
	slices.Sort(goals)
	for _, id := range goals {
		score := int32(p.Alignment[id])
		out.Alignments = append(out.Alignments, &budgetingv1.Alignment{Goal: w.target.Plan + "/goals/" + id, ReviewedScore: &score})
	}
	for name, level := range p.Attributes {
		if out.Attributes == nil {
			out.Attributes = map[string]int32{}
		}
		out.Attributes[name] = int32(level)
	}
	if p.Mandate.Answer == budgetfile.Yes {
		// The file says that a law stands behind the program, and no amount: a claim, not a floor.
		out.Mandate = &budgetingv1.Mandate{Source: cmp.Or(p.Mandate.Source, "not said"), Citation: clip(p.Mandate.Citation)}
	}
	if p.FTEMilli != nil {
		out.FteMilli = *p.FTEMilli
	}
	return out
}

// attest vouches for base and alignment, if the target has evidence for them.
func (w *writer) attest(ctx context.Context) error {
	if w.target.Evidence == "" {
		return nil
	}
	var none Counts
	return inBatches(w, "attestations", w.parsed.Requests, func(rows []budgetfile.ProgramRequest) (Counts, error) {
		r := &budgetingv1.AttestFundingRequestsRequest{
			Parent: w.target.Budget, Evidence: w.target.Evidence,
			Aspects: []budgetingv1.RequestAspect{
				budgetingv1.RequestAspect_REQUEST_ASPECT_BASE, budgetingv1.RequestAspect_REQUEST_ASPECT_ALIGNMENT,
			},
		}
		for _, p := range rows {
			r.Names = append(r.Names, w.requestName(p.ProgramID))
		}
		_, err := client.Call(ctx, "attest funding requests", w.suite.Budgeting.AttestFundingRequests, r)
		return Counts{}, err
	}, &none)
}

func (w *writer) totals(ctx context.Context) error {
	sums, err := client.Call(ctx, "sum line items", w.suite.Budgeting.SummarizeLineItems,
		&budgetingv1.SummarizeLineItemsRequest{Parent: w.target.Budget})
	w.report.Totals = sums.GetTotals()
	return err
}

// inBatches sends rows a batch at a time and adds up what changed.
func inBatches[T any](w *writer, what string, rows []T, send func([]T) (Counts, error), into *Counts) error {
	done := 0
	for chunk := range slices.Chunk(rows, batch) {
		c, err := send(chunk)
		if err != nil {
			return fmt.Errorf("%s %d to %d of %d: %w", what, done+1, done+len(chunk), len(rows), err)
		}
		done += len(chunk)
		into.Created, into.Updated, into.Unchanged = into.Created+c.Created, into.Updated+c.Updated, into.Unchanged+c.Unchanged
		w.target.Progress(what, done, len(rows))
	}
	return nil
}

func (w *writer) fund(code string) string {
	return w.organization + "/funds/" + tabular.ResourceID("f", code)
}

func (w *writer) program(id string) string { return w.organization + "/programs/" + id }

func (w *writer) requestName(id string) string { return w.target.Budget + "/fundingRequests/" + id }

func (w *writer) money(minor int64) *money.Money { return wire.Money(w.parsed.Mapping.Currency, minor) }

// organizationOf is the name of the organization that a budget's name begins with.
func organizationOf(budget string) string {
	return "organizations/" + resource.Organization(budget)
}

// maxName is the longest display name taken.
const maxName = 200

func clip(text string) string {
	if len(text) <= maxName {
		return text
	}
	return strings.ToValidUTF8(text[:maxName-3], "") + "…"
}
