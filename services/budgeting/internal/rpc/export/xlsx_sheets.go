package export

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/throughline/throughline/services/budgeting/internal/domain"
)

// summarySheet says what was allocated, when, by what and from what, and what was proven.
func (b *Book) summarySheet(s *sheet) error {
	a := &b.Allocation
	row := func(label string, values ...string) {
		for _, v := range values {
			if v == "" {
				v = "none"
			}
			s.fail(s.text(s.styles.head, label).text(s.styles.wrap, v).end())
			label = ""
		}
	}
	amount := func(label string, minor int64) {
		s.fail(s.text(s.styles.head, label).money(s.styles.money, minor).end())
	}
	count := func(label string, n int) { s.fail(s.text(s.styles.head, label).int(0, int64(n)).end()) }
	row("Allocation", a.DisplayName)
	row("Name", a.Name())
	row("Budget", b.Budget.DisplayName)
	count("Fiscal year", b.Budget.FiscalYear)
	row("Created", a.CreateTime.UTC().Format(time.RFC3339))
	row("Created by", a.Creator)
	row("Purpose", a.Purpose)
	row("Method", string(a.Method))
	row("Parameters", b.parameters()...)
	row("State", a.State)
	if d := a.Adoption; d != nil {
		row("Adopted", d.Body+", "+d.Resolution+", "+string(d.Date))
	}
	row("Outcome", string(a.Outcome))
	row("Currency", a.Currency)
	amount("Base", a.TotalBase)
	amount("Allocated, gross", a.TotalAllocated)
	amount("Allocated, net of transfers", a.TotalAllocatedNet)
	amount("Priority value", a.PriorityValue)
	if len(a.Adjustments) > 0 {
		amount("Priority value, adjusted", a.AdjustedPriorityValue())
		count("Adjustments", len(a.Adjustments))
	}
	for _, loss := range []struct {
		label string
		minor int64
	}{{"Equity floor moves", a.EquityCost}, {"Program revenue lost", a.RevenueLost}, {"Grants lost", a.GrantsLost}} {
		if loss.minor != 0 {
			amount(loss.label, loss.minor)
		}
	}
	amount("Competing money with a usable result", a.WithSignal)
	row("Share of it", decimal(a.WithSignalPPM, 4)+" %")
	amount("Competing money whose score results moved", a.MovedByResults)
	if a.PositionsShort != 0 {
		count("Positions short", int(a.PositionsShort))
	}
	count("Programs", a.Programs)
	count("Programs flagged", a.ProgramsFlagged)
	row("Priority revision", a.PriorityRevision)
	row("Results revision", a.ResultsRevision)
	row("Engine version", a.EngineVersion)
	row("Content hash (SHA-256)", a.ContentHash)
	row("Result hash (SHA-256)", a.ResultHash)
	row("Stale", a.StaleReasons...)
	for _, f := range a.Shortfalls {
		row("Shortfall", f.Message)
	}
	row("Certificate", a.Checks...)
	return s.err
}

func (b *Book) parameters() []string {
	p := b.Allocation.Params
	out := []string{"spread " + decimal(p.SpreadMilli, 3)}
	if p.MaxCutPPM != nil {
		out = append(out, "largest cut "+decimal(*p.MaxCutPPM, 4)+" %")
	}
	if p.ResultsCap != nil {
		out = append(out, fmt.Sprintf("results move a score by at most %d points", *p.ResultsCap))
	}
	for _, w := range p.Attributes {
		out = append(out, "attribute "+w.Attribute+" weighs "+decimal(w.WeightPPM, 4)+" %")
	}
	for _, e := range p.Scales {
		out = append(out, "envelope of "+b.fundTitle(e.Fund)+" at "+decimal(e.SharePPM, 4)+" %")
	}
	for _, f := range p.CompetingFund {
		out = append(out, b.fundTitle(f)+" competes")
	}
	return out
}

// poolSheet is the waterfall of each fund, the total first: what is off the top, what can move, and their sum.
func (b *Book) poolSheet(s *sheet) error {
	s.text(s.styles.head, "Fund", "Title", "Treatment", "Cost lines", "Amount")
	if err := s.end(); err != nil {
		return err
	}
	rows := b.Allocation.Waterfall
	for len(rows) > 0 {
		fund := rows[0].Fund
		code, title := b.fundCode(fund), b.fundTitle(fund)
		if fund == "" {
			title = "All funds"
		}
		var lines, total int64
		for ; len(rows) > 0 && rows[0].Fund == fund; rows = rows[1:] {
			r := &rows[0]
			treatment := string(r.Treatment)
			if treatment == "" {
				treatment = "cannot move"
			}
			lines, total = lines+r.Lines, total+r.Amount
			if err := s.text(0, code, title, treatment).int(0, r.Lines).money(s.styles.money, r.Amount).end(); err != nil {
				return err
			}
		}
		s.text(s.styles.totalText, code, title, "Total").int(s.styles.totalText, lines).money(s.styles.total, total)
		if err := s.end(); err != nil {
			return err
		}
	}
	return nil
}

func (b *Book) fundsSheet(s *sheet) error {
	s.text(s.styles.head, "Fund", "Title", "Kind", "GASB 54 class", "Available", "Fixed", "Competing", "Surplus", "Short")
	if err := s.end(); err != nil {
		return err
	}
	var sum domain.FundResult
	for _, r := range b.Allocation.Funds {
		var of domain.Fund
		if f, ok := b.Funds[r.Fund]; ok {
			of = *f
		}
		s.text(0, b.fundCode(r.Fund), b.fundTitle(r.Fund), string(of.Kind), of.Gasb54Class)
		if err := s.money(s.styles.money, r.Available, r.Fixed, r.Allocated, r.Surplus, r.Short).end(); err != nil {
			return err
		}
		sum.Available += r.Available
		sum.Fixed += r.Fixed
		sum.Allocated += r.Allocated
		sum.Surplus += r.Surplus
		sum.Short += r.Short
	}
	return s.text(s.styles.totalText, "Total").blank(3).money(s.styles.total, sum.Available, sum.Fixed, sum.Allocated, sum.Surplus, sum.Short).end()
}

func (b *Book) blocksSheet(s *sheet) error {
	s.text(s.styles.head, "Block", "Direction", "Funds", "Rate", "Programs", "Base", "Allocated", "Change", "Reason")
	if err := s.end(); err != nil {
		return err
	}
	var base, allocated int64
	for i, r := range b.Allocation.Blocks {
		titles := make([]string, len(r.Funds))
		for k, id := range r.Funds {
			titles[k] = b.fundTitle(id)
		}
		s.int(0, int64(i+1)).text(0, string(r.Direction), strings.Join(titles, ", "), r.Rate).int(0, int64(r.Programs))
		if err := s.money(s.styles.money, r.Base, r.Allocated, r.Allocated-r.Base).text(0, r.Reason).end(); err != nil {
			return err
		}
		base, allocated = base+r.Base, allocated+r.Allocated
	}
	return s.text(s.styles.totalText, "Total").blank(4).money(s.styles.total, base, allocated, allocated-base).end()
}

// linesSheet has the rows of CSV, and their sums.
func (b *Book) linesSheet(s *sheet) error {
	s.text(s.styles.head, "Program", "Title", "Department", "Fund", "Base", "Fixed", "Floor", "Allocated", "Change", "Score", "Reason code", "Reason",
		"Adjusted", "Unpaid", "Flagged")
	if err := s.end(); err != nil {
		return err
	}
	var sum part
	err := b.each(func(p program) error {
		reason := p.Reason()
		for i := range p.parts {
			of := &p.parts[i]
			s.text(0, p.Program, p.DisplayName, p.Department, b.fundCode(of.fund))
			s.money(s.styles.money, of.base, of.fixed, of.floor, of.allocated, of.change())
			s.score(p.ScoreBP).text(0, p.ReasonCode, reason).money(s.styles.money, of.adjusted(), of.unpaid).text(0, strconv.FormatBool(p.Flagged))
			if err := s.end(); err != nil {
				return err
			}
			sum.base += of.base
			sum.fixed += of.fixed
			sum.floor += of.floor
			sum.allocated += of.allocated
			sum.adjustment += of.adjustment
			sum.unpaid += of.unpaid
		}
		return nil
	})
	if err != nil {
		return err
	}
	s.text(s.styles.totalText, "Total").blank(3).money(s.styles.total, sum.base, sum.fixed, sum.floor, sum.allocated, sum.change())
	return s.blank(3).money(s.styles.total, sum.adjusted(), sum.unpaid).end()
}
