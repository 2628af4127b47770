package compare

import (
	"context"
	"fmt"
	"slices"

	"github.com/throughline/throughline/services/budgeting/internal/domain/engine"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/money"
	"github.com/throughline/throughline/services/platform/fault"
)

// Encumbrance is money of one fund that a program has spent or bound by contract: it cannot be taken back.
type Encumbrance struct {
	Program, Fund string
	Amount        int64
}

// Scope is which transfers a body may approve.
type Scope string

// Scopes.
const (
	SameDepartment Scope = "SAME_PROGRAM_DEPARTMENT" // both programs belong to one department
	SameFund       Scope = "SAME_FUND"               // the fund that gives carries lines of both programs
	AnyTransfer    Scope = "ANY"
)

// Authority is a body that may approve transfers in its scope, each up to Limit minor units (nil: any amount).
type Authority struct {
	Body  string
	Scope Scope
	Limit *int64
}

// Reprioritization is what an adopted allocation would have to move to follow new priorities or results, and what of it can move now. Amounts
// are what the funds pay to lines in the formula, in minor units.
type Reprioritization struct {
	New        Run        // the new input and its plan
	Comparison Comparison // old against new, as if nothing were encumbered
	Programs   []Shift    // programs whose amount should change, or that only change funds; by id
	Funds      []FundShift
	Transfers  []Transfer // by fund, then the largest first
	Groups     []Group    // by fund, then in the order of the authorities; transfers that nobody named may approve come last
	Moved      int64      // all transfers
	Wanted     int64      // what the new priorities would take from the programs that fall
	Blocked    int64      // of Wanted, kept by encumbrances and floors
	Gained     int64      // priority value of the transfers by the new scores
	Sentences  []string
}

// Shift is one program.
type Shift struct {
	Program    string
	ScoreBP    int64 // new; 0 for a program that the new input does not have
	Old        int64
	Target     int64 // of the new plan: what it pays, in a block that is short less than its amounts
	After      int64 // when every transfer is made: between Old and Target
	Gives      int64
	Gets       int64
	Encumbered int64
	Floor      int64
	Blocked    int64 // of Old − Target, kept by encumbrances and floors
}

// FundShift is one kind of money of one fund: what it takes from programs it gives to others, to the minor unit.
type FundShift struct {
	Fund    string
	OneTime bool
	Falls   int64 // what the new plan takes from programs
	Free    int64 // of Falls, what is not bound in the fund
	Rises   int64 // what the new plan gives to others
	Moved   int64
}

// Transfer moves money of one fund from a program to another.
type Transfer struct {
	Fund, From, To string
	OneTime        bool // money that will not come again: it pays one-time costs of To
	Amount         int64
	Body           string // that may approve it; "" when nobody named may
	Value          int64  // priority value gained: amount × (score of To − score of From)
}

// Group is the transfers of one kind of money of one fund that one body may approve.
type Group struct {
	Fund, Body string
	OneTime    bool
	Transfers  []Transfer
	Total      int64
	Value      int64
}

// Reprioritize answers the new input and derives the transfers that lead from the old allocation towards it. Old.Plan may carry adopted
// adjustments: its lines and payments are taken as they stand. In each fund, money goes from programs that the new plan pays less to programs
// that it pays more; never what is encumbered (what is bound in a fund stays in it), never so that a program falls below what it has
// encumbered plus its attested floor (nobody says which money serves the mandate, so both are kept whole); who is below that already falls no
// further. What does not fit is scaled in proportion, exactly (Webster). Ongoing and one-time money are kept apart. So each fund nets to zero, and
// its money reaches only programs that the new plan lets it pay. New money of an envelope is an appropriation, not a transfer, and is left out.
// Departments names the department of a program, "" for none; it may be nil.
//
// The transfers lead to the new plan itself when nothing is encumbered, each kind of money of each fund pays as much as before, and the new plan
// pays each program that it lowers no less than its floor. The last holds unless the new plan is REDUCTION_SHORT: a block that is short leaves
// part of its amounts unpaid, whoever's they are, until packages find the money. There a floor goes before the plan, and Blocked says by how much.
//
// Errors: Invalid for bad encumbrances or authorities, and those of engine.Solve; FailedPrecondition INFEASIBLE when the new input has no plan
// to move towards.
func Reprioritize(
	ctx context.Context, old Run, in model.Input, encumbered []Encumbrance, authorities []Authority, departments func(program string) string,
) (Reprioritization, error) {
	if err := check(old, in, encumbered, authorities); err != nil {
		return Reprioritization{}, err
	}
	solved, err := engine.Solve(ctx, in)
	if err != nil {
		return Reprioritization{}, err
	}
	if solved.Plan.Outcome == model.Infeasible {
		return Reprioritization{}, fault.State("INFEASIBLE", "the new priorities have no plan that can be paid; look at the allocation's shortfalls first")
	}
	now := Run{Input: in, Plan: solved.Plan}
	a, b := newSide(old), newSide(now)
	m := newMover(a, b, encumbered)
	m.settle()
	r := Reprioritization{New: now, Comparison: plans(a, b), Programs: m.shifts(), Funds: m.totals()}
	for i := range r.Programs {
		r.Wanted += max(0, r.Programs[i].Old-r.Programs[i].Target)
		r.Blocked += r.Programs[i].Blocked
	}
	r.pair(m, newApprovals(a, b, authorities, departments))
	r.Sentences = r.tell(in.Currency)
	return r, nil
}

func check(old Run, in model.Input, encumbered []Encumbrance, authorities []Authority) error {
	var bad fault.Violations
	programs, funds := map[string]bool{}, map[string]bool{}
	for _, from := range []model.Input{old.Input, in} {
		for i := range from.Programs {
			programs[from.Programs[i].ID] = true
		}
		for _, f := range from.Funds {
			funds[f.ID] = true
		}
	}
	for i, e := range encumbered {
		field := fmt.Sprintf("encumbrances[%d]", i)
		bad.Check(programs[e.Program], field+".program", "%q is not one of the programs; correct the name", e.Program)
		bad.Check(funds[e.Fund], field+".fund", "%q is not one of the funds; correct the name", e.Fund)
		bad.Check(e.Amount >= 0 && e.Amount <= money.Limit, field+".amount", "is %d; it must be from 0 to %d", e.Amount, money.Limit)
	}
	bad.Check(len(encumbered) == 0 || total(encumbered) <= money.Limit, "encumbrances", "add up to more than %d minor units; check for a wrong scale", money.Limit)
	for i, a := range authorities {
		field := fmt.Sprintf("authorities[%d]", i)
		bad.Check(a.Body != "", field+".body", "is empty; name who approves")
		bad.Check(slices.Contains([]Scope{SameDepartment, SameFund, AnyTransfer}, a.Scope), field+".scope",
			"%q is not known; use %s, %s or %s", a.Scope, SameDepartment, SameFund, AnyTransfer)
		bad.Check(a.Limit == nil || *a.Limit >= 0, field+".limit", "is negative; leave it out for no limit")
	}
	bad.Check(old.Input.Currency == in.Currency, "currency", "is %q and the adopted allocation is in %q; money moves only within one currency", in.Currency, old.Input.Currency)
	return bad.Err()
}

// total adds up, and stops beyond the limit.
func total(encumbered []Encumbrance) (sum int64) {
	for _, e := range encumbered {
		sum = min(sum+min(max(0, e.Amount), money.Limit), 2*money.Limit)
	}
	return sum
}
