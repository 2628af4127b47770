package export

import (
	"fmt"
	"io"
	"slices"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/spread"
	"github.com/throughline/throughline/services/platform/fault"
)

// ERPOptions declare how lines become account strings. What is left empty has the default named beside it.
type ERPOptions struct {
	Rule      spread.Rule // PRO_RATA_BASE
	Version   string      // of the line items whose amounts are the accounts' base: REQUEST
	Separator string      // between account segments: "-"
	Suspense  string      // account of what no account string carries: "SUSPENSE"
}

func (o ERPOptions) filled() ERPOptions {
	fill := func(s *string, usual string) {
		if *s == "" {
			*s = usual
		}
	}
	if o.Rule == "" {
		o.Rule = spread.ProRataBase
	}
	fill(&o.Version, "REQUEST")
	fill(&o.Separator, "-")
	fill(&o.Suspense, "SUSPENSE")
	return o
}

// Notes of rows on the suspense account, and of warnings.
const (
	NoAccount  = "NO_ACCOUNT" // the program has no account string in the fund
	Difference = "DIFFERENCE" // its account strings add up to another base than the allocation's
	NoLine     = "NO_LINE"    // warnings only: account strings of a program and fund without a line in the allocation stay out of the file
	Unpaid     = "UNPAID"     // warnings only: the line is written whole, and no fund can pay New of it (REDUCTION_SHORT)
)

// Kinds of rows. Amounts are costs to the fund: program revenue that follows the service is below zero.
const (
	kindCost    = "EXPENDITURE"
	kindRevenue = "REVENUE"
)

// Records of the file: one LINE an account string, then one FUND a fund and one TOTAL, each the sum of the lines that it controls.
const (
	recordLine  = "LINE"
	recordFund  = "FUND"
	recordTotal = "TOTAL"
)

var erpColumns = []string{
	"record",     // LINE, FUND or TOTAL
	"fund",       // code
	"department", //
	"account",    // segments joined by the separator
	"program",    // id
	"kind",       // EXPENDITURE or REVENUE
	"base",       // amount now
	"new",        // amount by the allocation and council's adjustments
	"change",     // new less base
	"currency",   // ISO 4217
	"lines",      // LINE records: 1, or how many a total controls
	"note",       // NO_ACCOUNT or DIFFERENCE; of the total what the file was made by
}

// Control is what the FUND and TOTAL records of an ERP file say, and what whoever loads it should look at first.
type Control struct {
	Sums
	Rule     spread.Rule
	Version  string
	Funds    []FundControl // by fund id
	Warnings []Warning     // in the order of the programs
}

// Sums control a set of rows. Change is New less Base.
type Sums struct {
	Lines     int64
	Base, New int64
}

// Change is what the rows change.
func (s Sums) Change() int64 { return s.New - s.Base }

func (s *Sums) add(base, amount int64) {
	s.Lines++
	s.Base += base
	s.New += amount
}

// FundControl ties a fund: New + Outside is all that the allocation spends of it, and Change is all that it changes in it.
type FundControl struct {
	Fund string // id
	Sums
	Outside   int64 // costs that neither compete nor change: they are not in the file
	allocated int64 // by the plan and the adjustments, added up apart from the rows
	changed   int64
}

// Warning is a program's money in a fund for which line items and allocation disagree, or that nobody can pay.
type Warning struct {
	Program string // id; "" for line items without one
	Fund    string // id
	Note    string // NO_ACCOUNT, DIFFERENCE, NO_LINE or UNPAID
	Base    int64  // of the suspense row, or of the account strings that stay out
	New     int64  // of the suspense row, or what is not paid
	Message string
}

// WriteERP writes each line of the allocation, a program in a fund, over the account strings of the program's competing line items in that fund, by
// the declared rule, with the adjustments by council. Line items with the same account string add up to one row; costs that neither compete nor
// change stay out. What account strings do not carry of a line stands on the suspense account, with a warning.
//
// Every program and fund ties to the minor unit: its rows add up to its base, to its amount and so to its change. The file ends with one FUND record
// a fund and one TOTAL record; a file without it is incomplete, as is any after an error.
//
// Errors: FailedPrecondition ALLOCATION_INFEASIBLE (nothing is paid), SEPARATOR_IN_ACCOUNT, SPREAD_BELOW_ZERO (an adjustment takes more than there is)
// or SPREAD_OVERFLOW; Invalid SPREAD_RULE; Internal EXPORT_DOES_NOT_TIE.
func WriteERP(w io.Writer, b *Book, o ERPOptions) (Control, error) {
	o = o.filled()
	if !slices.Contains(spread.Rules(), o.Rule) {
		return Control{}, fault.New(fault.Invalid, "SPREAD_RULE", "the rule %q is not known; use %s or %s", string(o.Rule), spread.ProRataBase, spread.FirstAccount)
	}
	if b.Allocation.Outcome == model.Infeasible {
		return Control{}, fault.State("ALLOCATION_INFEASIBLE", "%s pays nothing, so there is nothing to load; mend what its shortfalls name and allocate again",
			b.Allocation.Name())
	}
	found, err := accounts(b.LineItems, o)
	if err != nil {
		return Control{}, err
	}
	t, err := newTable(w, b.Allocation.Currency, erpColumns)
	if err != nil {
		return Control{}, err
	}
	e := erp{Book: b, o: o, accounts: found, t: t, funds: map[string]*FundControl{}, out: Control{Rule: o.Rule, Version: o.Version}}
	if err := b.each(e.program); err != nil {
		return Control{}, err
	}
	e.unused(e.accounts)
	if err := e.totals(); err != nil {
		return Control{}, err
	}
	return e.out, t.flush()
}

type erp struct {
	*Book
	o        ERPOptions
	accounts []account // of the programs that are still to come
	t        *table
	funds    map[string]*FundControl // sorted before they are told
	out      Control
	bases    []int64
}

func (e *erp) program(p program) error {
	of, without := accountsOf(&e.accounts, p.Program)
	e.unused(without)
	used := 0
	for i := range p.parts {
		part := &p.parts[i]
		if part.fund == "" {
			continue
		}
		spending, income := inFund(of, part.fund)
		used += len(spending) + len(income)
		f := e.fund(part.fund)
		f.allocated += part.adjusted()
		f.changed += part.change() + part.adjustment
		f.Outside += part.allocated - part.movingAmount
		if part.unpaid != 0 {
			e.out.Warnings = append(e.out.Warnings, e.warning(part.fund, p, Unpaid, 0, part.unpaid))
		}
		moved := part.movingAmount + part.adjustment
		if err := e.line(f, p, kindCost, spending, part.movingBase+part.revenue, moved+part.revenueAfterCut); err != nil {
			return err
		}
		if part.revenue != 0 {
			if err := e.line(f, p, kindRevenue, income, part.revenue, part.revenueAfterCut); err != nil {
				return err
			}
		}
	}
	if used < len(of) {
		e.unused(slices.DeleteFunc(slices.Clone(of), func(a account) bool {
			return slices.ContainsFunc(p.parts, func(part part) bool { return part.fund == a.fund })
		}))
	}
	return nil
}

func (e *erp) fund(id string) *FundControl {
	f, ok := e.funds[id]
	if !ok {
		f = &FundControl{Fund: id}
		e.funds[id] = f
	}
	return f
}

// line spreads base and amount of one kind over the accounts.
func (e *erp) line(f *FundControl, p program, kind string, accounts []account, base, amount int64) error {
	if len(accounts) == 0 && base == 0 && amount == 0 {
		return nil
	}
	bases := e.bases[:0]
	for i := range accounts {
		bases = append(bases, accounts[i].base)
	}
	e.bases = bases
	amounts, difference, err := e.o.Rule.Line(bases, base, amount)
	if err != nil {
		if known, ok := fault.As(err); ok {
			known.Message = fmt.Sprintf("program %q in fund %s: %s", p.Program, e.fundCode(f.Fund), known.Message)
		}
		return err
	}
	sign := int64(1)
	if kind == kindRevenue {
		sign = -1
	}
	for i := range accounts {
		if err := e.row(f, p, accounts[i].department, accounts[i].name, kind, sign*accounts[i].base, sign*amounts[i], ""); err != nil {
			return err
		}
	}
	if len(amounts) == len(accounts) {
		return nil
	}
	note := Difference
	if len(accounts) == 0 {
		note = NoAccount
	}
	difference, rest := sign*difference, sign*amounts[len(accounts)]
	if difference == 0 && rest == 0 { // a line of nothing needs no account
		return nil
	}
	e.out.Warnings = append(e.out.Warnings, e.warning(f.Fund, p, note, difference, rest))
	return e.row(f, p, p.Department, e.o.Suspense, kind, difference, rest, note)
}

func (e *erp) row(f *FundControl, p program, department, account, kind string, base, amount int64, note string) error {
	f.add(base, amount)
	e.t.text(recordLine, e.fundCode(f.Fund), department, account, p.Program, kind).money(base, amount, amount-base)
	return e.t.text(e.Allocation.Currency).int(1).text(note).end()
}
