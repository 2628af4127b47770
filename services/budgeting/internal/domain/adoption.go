package domain

import (
	"slices"
	"time"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/money"
	"github.com/throughline/throughline/services/platform/fault"
)

// Adjustment is a change that council makes to a recommendation: signed, of one program in one fund, priced and never solved again.
type Adjustment struct {
	Program       string // id
	Fund          string // id
	Amount        int64
	Reason        string
	By            string // subject
	Time          time.Time
	PriorityValue int64 // that it adds or takes
}

// Adoption is the act of a governing body.
type Adoption struct {
	Body        string
	Resolution  string
	Date        Date
	StaleReason string `json:",omitempty"`
	By          string // subject
	Time        time.Time
}

// Adjustment adds up what council changed of a program.
func (a Allocation) Adjustment(program string) (sum int64) {
	for i := range a.Adjustments {
		if a.Adjustments[i].Program == program {
			sum += a.Adjustments[i].Amount
		}
	}
	return sum
}

// Settled refuses an allocation that has no result: it is being solved, or never was.
func (a Allocation) Settled() error {
	switch a.State {
	case AllocationRunning:
		return fault.State("ALLOCATION_RUNNING", "%s is being solved; read it again until it is %s", a.Name(), AllocationProposed)
	case AllocationFailed, AllocationCancelled:
		return fault.State("ALLOCATION_NOT_SOLVED", "%s is %s and has no result; create another", a.Name(), a.State)
	default:
		return nil
	}
}

// Complete fills in what is not kept with a line: the currency, and what council changed.
func (a Allocation) Complete(l *AllocationLine) {
	l.Currency, l.Adjusted = a.Currency, a.Adjustment(l.Program)
}

// AdjustedPriorityValue is the priority value with the adjustments.
func (a Allocation) AdjustedPriorityValue() int64 {
	sum := a.PriorityValue
	for i := range a.Adjustments {
		sum += a.Adjustments[i].PriorityValue
	}
	return sum
}

// Adjust is the next version of a with more changes by council. lines are those of the programs that the changes name, in is what was solved.
// Every fund stays balanced, nobody falls below what is fixed or protected, and only funds that may pay a program pay it.
//
// Errors: FailedPrecondition when a is no open recommendation; Invalid with every violation.
func (a Allocation) Adjust(more []Adjustment, lines map[string]AllocationLine, in model.Input, now time.Time) (Allocation, error) {
	if err := a.recommended("adjusted"); err != nil {
		return a, err
	}
	next := a
	next.Adjustments = slices.Clone(a.Adjustments)
	var v fault.Violations
	for i, m := range more {
		field := fieldAt("adjustments", i)
		line, known := lines[m.Program]
		at := slices.IndexFunc(in.Programs, func(p model.Program) bool { return p.ID == m.Program })
		if !known || at < 0 {
			v.Add(field+".program", "%s has no line in the allocation; name a program that has one", ProgramName(a.Organization, m.Program))
			continue
		}
		v.Check(m.Amount != 0, field+".amount", "is zero; say what is added or taken")
		v.Check(payable(&in.Programs[at], m.Fund), field+".fund", "%s may not pay %s; name a fund of its cost lines or its eligible funds",
			FundName(a.Organization, m.Fund), ProgramName(a.Organization, m.Program))
		m.PriorityValue = priced(m.Amount, line.ScoreBP)
		m.Time = now
		next.Adjustments = append(next.Adjustments, m)
	}
	if err := v.Err(); err != nil {
		return a, err
	}
	next.unbalanced(&v)
	for i, m := range more {
		line := lines[m.Program]
		left, least := line.Allocated+next.Adjustment(m.Program), line.Fixed+line.Floor
		v.Check(left >= least, fieldAt("adjustments", i)+".amount", "would leave %s with %s, below the %s that is fixed or protected by an attested mandate",
			ProgramName(a.Organization, m.Program), Money(left, a.Currency), Money(least, a.Currency))
	}
	next.Meta = a.Next(now)
	return next, v.Err()
}

// priced is the priority value of an amount either way, at most the amount.
func priced(amount, scoreBP int64) int64 {
	if amount < 0 {
		return -priced(-amount, scoreBP)
	}
	value, _ := money.MulDivHalfEven(amount, scoreBP, fullScoreBP)
	return value
}

// fullScoreBP is a score of 100.
const fullScoreBP = 10_000

// unbalanced tells of funds whose adjustments do not come to zero.
func (a Allocation) unbalanced(v *fault.Violations) {
	var funds []string
	sums := map[string]int64{} // by fund; looked up only, never walked
	for _, m := range a.Adjustments {
		if _, seen := sums[m.Fund]; !seen {
			funds = append(funds, m.Fund)
		}
		sums[m.Fund] += m.Amount
	}
	slices.Sort(funds)
	for _, f := range funds {
		v.Check(sums[f] == 0, "adjustments", "of %s come to %s and must come to zero; add the balancing change", FundName(a.Organization, f), Money(sums[f], a.Currency))
	}
}

// payable says whether the fund carries a cost of the program or may pay for it.
func payable(p *model.Program, fund string) bool {
	return slices.ContainsFunc(p.CostLines, func(l model.CostLine) bool { return l.Fund == fund }) || slices.Contains(p.EligibleFunds, fund)
}

// recommended wants an open recommendation that may be adopted.
func (a Allocation) recommended(done string) error {
	switch {
	case a.State != AllocationProposed:
		return fault.State("ALLOCATION_NOT_OPEN", "%s is %s; only a proposed recommendation can be %s", a.Name(), a.State, done)
	case a.Purpose != PurposeRecommendation:
		return fault.State("ALLOCATION_IS_TARGET", "%s is a target that departments answer with packages; create an allocation with the purpose RECOMMENDATION", a.Name())
	case a.Outcome == model.Infeasible:
		return fault.State("ALLOCATION_INFEASIBLE", "%s cannot be paid: %s", a.Name(), a.firstShortfall())
	}
	return nil
}

func (a Allocation) firstShortfall() string {
	if len(a.Shortfalls) == 0 {
		return "see its shortfalls"
	}
	return a.Shortfalls[0].Message
}

// Adopt is the next version of a, adopted.
//
// Errors: FailedPrecondition for what is no open recommendation, is short of money, or rests on weights that council has not certified; Invalid for
// a stale one without a reason, a reason without need, and incomplete acts.
func (a Allocation) Adopt(act Adoption, now time.Time) (Allocation, error) {
	if err := a.recommended("adopted"); err != nil {
		return a, err
	}
	switch {
	case a.Outcome == model.ReductionShort:
		return a, fault.State("ALLOCATION_SHORT", "%s reaches every limit and is still short: %s; find the rest with packages, or loosen the limits", a.Name(), a.firstShortfall())
	case a.Uncertified:
		return a, fault.State("WEIGHTS_NOT_CERTIFIED", "%s was made with weights of a scenario; certify them in a prioritization and allocate again", a.Name())
	}
	const at = "adoption"
	var v fault.Violations
	required(&v, at+".body", act.Body)
	required(&v, at+".resolution_number", act.Resolution)
	v.Check(act.Date != "" && act.Date.valid(), at+".adopt_date", "is required; give the day of the vote")
	if len(a.StaleReasons) > 0 {
		v.Check(act.StaleReason != "", at+".stale_reason", "is required: %s; say why it is adopted all the same, or allocate again", a.StaleReasons[0])
	} else {
		v.Check(act.StaleReason == "", at+".stale_reason", "is given, but the allocation is not stale; leave it out")
	}
	act.Time = now
	a.Adoption, a.State, a.StaleReasons, a.Meta = &act, AllocationAdopted, nil, a.Next(now)
	return a, v.Err()
}

// Supersede is the next version of an adopted allocation when another is adopted in its place.
func (a Allocation) Supersede(now time.Time) Allocation {
	a.State, a.Meta = AllocationSuperseded, a.Next(now)
	return a
}

// Cancel is the next version of an allocation that is being solved, given up.
func (a Allocation) Cancel(now time.Time) (Allocation, error) {
	if a.State != AllocationRunning {
		return a, fault.State("ALLOCATION_NOT_RUNNING", "%s is %s; only one that is being solved can be cancelled", a.Name(), a.State)
	}
	a.State, a.Meta = AllocationCancelled, a.Next(now)
	return a, nil
}
