package domain

import (
	"slices"
	"strings"
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

// Adjustable refuses an allocation that council cannot adjust any more, or never could.
func (a Allocation) Adjustable() error { return a.recommended("adjusted") }

// Adjust is the next version of a with more changes by council. lines are those of the programs that the changes name, in and plan are what was
// solved and found. Every fund stays balanced, nobody falls below what is fixed or protected, only funds that may pay a program pay it, none gives
// more than it pays, and one-time money pays no continuing cost.
//
// Errors: FailedPrecondition when a is no open recommendation; Invalid with every violation.
func (a Allocation) Adjust(more []Adjustment, lines map[string]AllocationLine, in model.Input, plan model.Plan, now time.Time) (Allocation, error) {
	if err := a.Adjustable(); err != nil {
		return a, err
	}
	next := a
	next.Adjustments = slices.Clone(a.Adjustments)
	var v fault.Violations
	for i, m := range more {
		field := fieldAt("adjustments", i)
		required(&v, field+".reason", m.Reason)
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
	if !countable(next.Adjustments) { // sums below would run over
		v.Add("adjustments", "come to more than any budget holds; check the scale")
	}
	if err := v.Err(); err != nil {
		return a, err
	}
	next.unbalanced(&v)
	for i, m := range more {
		line, field := lines[m.Program], fieldAt("adjustments", i)+".amount"
		left, least := line.Allocated+next.Adjustment(m.Program), line.Fixed+line.Floor
		taken, most := -next.adjusted(m.Program, m.Fund), movable(plan, m.Program, m.Fund)
		switch {
		case left < least:
			v.Add(field, "would leave %s with %s, below the %s that is fixed or protected by an attested mandate",
				ProgramName(a.Organization, m.Program), Money(left, a.Currency), Money(least, a.Currency))
		case taken > most && m.Amount < 0:
			v.Add(field, "would take %s of %s from %s, which has %s of it that competes; take less, or of another fund",
				Money(taken, a.Currency), FundName(a.Organization, m.Fund), ProgramName(a.Organization, m.Program), Money(most, a.Currency))
		}
	}
	if err := v.Err(); err != nil {
		return a, err
	}
	next.Meta = a.Next(now)
	return next, next.continuing(plan)
}

// countable says whether all changes together, either way, stay within what can be added up.
func countable(all []Adjustment) bool {
	var sum int64
	for i := range all {
		var fine bool
		if sum, fine = money.Add(sum, max(all[i].Amount, -all[i].Amount)); !fine || sum > money.Limit {
			return false
		}
	}
	return true
}

// adjusted adds up what council changed of a program in a fund.
func (a Allocation) adjusted(program, fund string) (sum int64) {
	for i := range a.Adjustments {
		if m := &a.Adjustments[i]; m.Program == program && m.Fund == fund {
			sum += m.Amount
		}
	}
	return sum
}

// movable is what the fund pays of the program's lines that are not fixed.
func movable(plan model.Plan, program, fund string) (sum int64) {
	for i := range plan.Lines {
		l := &plan.Lines[i]
		if l.Program == program && !fixed(l) {
			sum += adjustable{l}.paidBy(fund)
		}
	}
	return sum
}

// continuing refuses adjustments that leave a fund with more continuing costs than it has money that comes again.
func (a Allocation) continuing(plan model.Plan) error {
	after, err := a.Adjusted(plan)
	if err != nil {
		return err
	}
	var v fault.Violations
	for i := range plan.Funds {
		f := &plan.Funds[i]
		before, now := costsAgain(plan, f.Fund), costsAgain(after, f.Fund)
		v.Check(now <= max(before, f.Available-f.OneTime), "adjustments",
			"would pay %s of costs that come again with money of %s that does not; move it to costs of this year only",
			Money(now-max(before, f.Available-f.OneTime), a.Currency), FundName(a.Organization, f.Fund))
	}
	return v.Err()
}

// costsAgain is what the fund pays of continuing costs with money that comes again.
func costsAgain(plan model.Plan, fund string) (sum int64) {
	for i := range plan.Lines {
		if plan.Lines[i].OneTime {
			continue
		}
		for _, p := range plan.Lines[i].Paid {
			if p.Fund == fund {
				sum += p.Amount - p.OneTime
			}
		}
	}
	return sum
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
	v.Check(act.Date != "" && act.Date.valid(), at+".adopt_date", "is no day of the calendar; give year, month and day of the vote")
	if len(a.StaleReasons) > 0 {
		v.Check(strings.TrimSpace(act.StaleReason) != "", at+".stale_reason", "is required: %s; say why it is adopted all the same, or allocate again", a.StaleReasons[0])
	} else {
		v.Check(act.StaleReason == "", at+".stale_reason", "is given, but the allocation is not stale; leave it out")
	}
	act.Time = now
	a.Adoption, a.State, a.StaleReasons, a.Meta = &act, AllocationAdopted, nil, a.Next(now)
	return a, v.Err()
}

// ProgramMoney is what a program gets.
type ProgramMoney struct {
	Program string // id
	Amount  int64
}

// AdoptedMoney is what an adopted allocation gives to every program that gets money, adjustments included, by program id.
type AdoptedMoney struct {
	Organization string
	Budget       string // id
	Allocation   string // name
	FiscalYear   int
	Election     string // id, or "" for the budget itself
	Time         time.Time
	Currency     string
	Programs     []ProgramMoney
}

// Grants are what an adopted allocation with these lines gives. The lines are complete.
func (a Allocation) Grants(fiscalYear int, lines []AllocationLine) AdoptedMoney {
	out := AdoptedMoney{
		Organization: a.Organization, Budget: a.Budget, Allocation: a.Name(), FiscalYear: fiscalYear,
		Time: a.Adoption.Time, Currency: a.Currency,
	}
	if a.Method.ByBallots() {
		out.Election = a.Params.Election
	}
	for i := range lines {
		if got := lines[i].Allocated + lines[i].Adjusted; got > 0 {
			out.Programs = append(out.Programs, ProgramMoney{Program: lines[i].Program, Amount: got})
		}
	}
	return out
}

// Within refuses an allocation that spends more than the budget's envelopes have: it tried larger ones, or they were lowered since.
func (a Allocation) Within(b Budget) error {
	for _, f := range a.Funds {
		e, spent := b.envelope(f.Fund), f.Fixed+f.Allocated
		if spent > e.Available || spent-f.OneTimeUsed > e.Available-e.oneTime() {
			return fault.State("ENVELOPE_EXCEEDED", "%s spends %s of %s, %s of it on costs that come again, and %s has %s, of which %s comes again; "+
				"raise the envelope, or allocate again by the envelopes as they are", a.Name(), Money(spent, a.Currency), FundName(a.Organization, f.Fund),
				Money(spent-f.OneTimeUsed, a.Currency), b.Name(), Money(e.Available, a.Currency), Money(e.Available-e.oneTime(), a.Currency))
		}
	}
	return nil
}

// Successor is the time of the adoption of another allocation in place of a, which was adopted: now, or later when the clock of the process that
// adopted a is ahead. Who hears of both in any order tells by the times which one is in force.
func (a Allocation) Successor(now time.Time) time.Time {
	if a.Adoption == nil {
		return now
	}
	if after := a.Adoption.Time.Add(time.Microsecond); after.After(now) {
		return after
	}
	return now
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
