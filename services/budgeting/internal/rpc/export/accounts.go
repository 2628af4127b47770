package export

import (
	"cmp"
	"slices"
	"strings"

	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/money"
	"github.com/throughline/throughline/services/platform/fault"
)

// account is an account string of a program in a fund, with what its line items add up to.
type account struct {
	program, fund, department, name string
	income                          bool
	base                            int64
}

// compare orders by program, fund, spending before income, department and string. There are many: it stops at the first that differs.
func (a account) compare(b account) int {
	if c := cmp.Compare(a.program, b.program); c != 0 {
		return c
	}
	if c := cmp.Compare(a.fund, b.fund); c != 0 {
		return c
	}
	switch {
	case a.income && !b.income:
		return 1
	case b.income && !a.income:
		return -1
	}
	if c := cmp.Compare(a.department, b.department); c != 0 {
		return c
	}
	return cmp.Compare(a.name, b.name)
}

// accounts are the strings of the competing line items of a version that have one, in order.
func accounts(items []domain.LineItem, o ERPOptions) ([]account, error) {
	var out []account
	for i := range items {
		l := &items[i]
		if l.Figure != o.Version || l.Treatment != model.Competes || len(l.AccountSegments) == 0 {
			continue
		}
		for _, s := range l.AccountSegments {
			if strings.Contains(s, o.Separator) {
				return nil, fault.State("SEPARATOR_IN_ACCOUNT", "segment %q of %s contains the separator %q, so that two accounts could share one string; "+
					"choose another separator", s, l.Name(), o.Separator)
			}
		}
		out = append(out, account{
			program: l.Program, fund: l.Fund, department: l.Department, name: strings.Join(l.AccountSegments, o.Separator),
			income: l.Kind == "REVENUE" || l.Kind == "TRANSFER_IN", base: l.Amount,
		})
	}
	slices.SortFunc(out, account.compare)
	return summed(out)
}

// summed makes one account of those with the same string.
func summed(sorted []account) ([]account, error) {
	out := sorted[:0]
	for _, a := range sorted {
		n := len(out)
		if n == 0 || out[n-1].compare(a) != 0 {
			out = append(out, a)
			continue
		}
		sum, ok := money.Add(out[n-1].base, a.base)
		if !ok {
			return nil, fault.State("SPREAD_OVERFLOW", "the line items of account %q add up beyond what an amount can be; correct them", a.name)
		}
		out[n-1].base = sum
	}
	return out, nil
}

// accountsOf takes the accounts of a program off the front, and those before it, which have no line in the allocation.
func accountsOf(rest *[]account, program string) (of, before []account) {
	all := *rest
	n := 0
	for n < len(all) && all[n].program < program {
		n++
	}
	before, all = all[:n], all[n:]
	n = take(all, program, func(a *account) string { return a.program })
	*rest = all[n:]
	return all[:n], before
}

// inFund are the accounts of the first program in a fund, those that spend and those that earn.
func inFund(of []account, fund string) (spending, income []account) {
	from := 0
	for from < len(of) && of[from].fund < fund {
		from++
	}
	of = of[from:]
	n := 0
	for n < len(of) && of[n].fund == fund && of[n].program == of[0].program {
		n++
	}
	split := 0
	for split < n && !of[split].income {
		split++
	}
	return of[:split], of[split:n]
}
