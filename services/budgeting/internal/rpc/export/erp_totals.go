package export

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/platform/fault"
)

// totals writes the control records, after the rows have been held against the plan.
func (e *erp) totals() error {
	for _, f := range e.funds {
		e.out.Funds = append(e.out.Funds, *f)
	}
	slices.SortFunc(e.out.Funds, func(a, b FundControl) int { return cmp.Compare(a.Fund, b.Fund) })
	for i := range e.out.Funds {
		f := &e.out.Funds[i]
		if f.New+f.Outside != f.allocated || f.Change() != f.changed {
			return fault.New(fault.Internal, "EXPORT_DOES_NOT_TIE", "fund %q: the rows come to %d and change %d, the allocation to %d and %d; verify the allocation",
				f.Fund, f.New+f.Outside, f.Change(), f.allocated, f.changed)
		}
		e.out.Lines += f.Lines
		e.out.Base += f.Base
		e.out.New += f.New
		if err := e.total(recordFund, e.fundCode(f.Fund), f.Sums, ""); err != nil {
			return err
		}
	}
	made := fmt.Sprintf("rule=%s version=%s result_hash=%s", e.o.Rule, e.o.Version, e.Allocation.ResultHash)
	return e.total(recordTotal, "", e.out.Sums, made)
}

func (e *erp) total(record, fund string, s Sums, note string) error {
	e.t.text(record, fund, "", "", "", "").money(s.Base, s.New, s.Change())
	return e.t.text(e.Allocation.Currency).int(s.Lines).text(note).end()
}

func (e *erp) warning(fund string, p program, note string, base, amount int64) Warning {
	money := func(a int64) string { return domain.Money(a, e.Allocation.Currency) }
	w := Warning{Program: p.Program, Fund: fund, Note: note, Base: base, New: amount}
	switch note {
	case NoAccount:
		w.Message = fmt.Sprintf("%s has no competing %s line items in %s: %s now and %s then stand on %s",
			p.DisplayName, e.o.Version, e.fundTitle(fund), money(base), money(amount), e.o.Suspense)
	case Unpaid:
		w.Message = fmt.Sprintf("no fund can pay %s of what %s keeps in %s when every cut has reached its limit: packages must find it before this is loaded",
			money(amount), p.DisplayName, e.fundTitle(fund))
	default:
		w.Message = fmt.Sprintf("the competing %s line items of %s in %s differ by %s from the base of the allocation: the difference stands on %s",
			e.o.Version, p.DisplayName, e.fundTitle(fund), money(base), e.o.Suspense)
	}
	return w
}

// unused warns of account strings that spend and have no line, once a program and fund. Revenue without a line does not follow a service.
func (e *erp) unused(accounts []account) {
	for len(accounts) > 0 {
		w := Warning{Program: accounts[0].program, Fund: accounts[0].fund, Note: NoLine}
		spending, income := inFund(accounts, w.Fund)
		accounts = accounts[len(spending)+len(income):]
		for _, a := range spending {
			w.Base += a.base
		}
		if len(spending) == 0 {
			continue
		}
		who := "program " + w.Program
		if w.Program == "" {
			who = "no program"
		}
		w.Message = fmt.Sprintf("competing %s line items of %s in %s come to %s and have no line in the allocation: they stay out of the file",
			e.o.Version, who, e.fundTitle(w.Fund), domain.Money(w.Base, e.Allocation.Currency))
		e.out.Warnings = append(e.out.Warnings, w)
	}
}
