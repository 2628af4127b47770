package domain

import (
	"fmt"
	"strings"
	"time"
)

// achievable judges people and money alike: there, asked for, or neither.
func (f Facts) achievable() Finding {
	g := finding{verdict: Pass}
	r := f.Objective.Required
	if r == nil {
		r = &Required{}
	}
	if r.FTEMilli <= 0 && !r.Cost.positive() {
		g.holds("It asks for neither people nor money.")
		return g.on(Achievable)
	}
	if r.FTEMilli > 0 {
		f.staffed(&g, r.FTEMilli)
	}
	if r.Cost.positive() {
		f.funded(&g, *r.Cost, r.Program)
	}
	return g.on(Achievable)
}

// staffed holds the average effort of the work's days against what is required, both in thousandths of a full-time equivalent.
func (f Facts) staffed(g *finding, needed int64) {
	work := f.work()
	var effort int64 // parts per million, times days
	for _, a := range f.Assignments {
		effort += int64(a.EffortPPM) * work.common(days{a.StartDate, a.EndDate})
	}
	assigned := effort / (1000 * work.count())
	if assigned >= needed {
		g.holds("%s FTE are assigned, and %s required.", milli(assigned), milli(needed))
		return
	}
	reason := fmt.Sprintf("%s FTE are required from %s to %s, and %s assigned.", milli(needed), work.Start, work.End, milli(assigned))
	if f.requested(g, reason, f.Funding.Request.FTEMilli >= needed, milli(f.Funding.Request.FTEMilli)+" FTE") {
		return
	}
	g.remedies = append(g.remedies, Remedy{"objective.required.fte_milli", "assign employees with more effort during these days, or require fewer"})
}

// funded holds what the adopted allocation gives the program against the cost.
func (f Facts) funded(g *finding, cost Money, program string) {
	m := f.Funding
	switch {
	case program == "":
		g.lacks(Fail, fmt.Sprintf("%s are required, and no program is to pay.", cost), "objective.required.program", "name the program whose money pays for it")
		return
	case !m.Program:
		g.lacks(Fail, program+" does not exist.", "objective.required.program", "name a program that exists")
		return
	case cost.CurrencyCode != m.Currency:
		g.lacks(Fail, fmt.Sprintf("The cost is in %s, and the organization's money in %s.", cost.CurrencyCode, m.Currency),
			"objective.required.cost.currency_code", "give the cost in "+m.Currency)
		return
	case m.Allocation != "" && m.Given.Covers(cost):
		g.holds("%s gives the program %s, and %s are required.", m.Allocation, m.Given, cost)
		return
	}
	reason := fmt.Sprintf("%s are required, and no budget of the work's years is adopted.", cost)
	if m.Allocation != "" {
		reason = fmt.Sprintf("%s are required, and %s gives the program %s.", cost, m.Allocation, m.Given)
	}
	r := m.Request
	if f.requested(g, reason, r.Asks.CurrencyCode == cost.CurrencyCode && r.Asks.Covers(cost), r.Asks.String()) {
		return
	}
	g.remedies = append(g.remedies, Remedy{"objective.required.cost", "require less, or have more allocated to the program"})
}

// requested makes a lack conditional if the funding request can still mend it. enough says whether it asks for what is needed, asks for what it does.
func (f Facts) requested(g *finding, lack string, enough bool, asks string) bool {
	const field = "objective.funding_request"
	name, r, program := f.Objective.FundingRequest, f.Funding.Request, f.Objective.Program()
	refuse := func(reason, remedy string) bool {
		g.lacks(Fail, strings.TrimSpace(lack+" "+reason), field, remedy)
		return false
	}
	switch {
	case name == "":
		return refuse("", "name the funding request that asks for it")
	case !r.Found:
		return refuse(name+" does not exist.", "name a funding request that exists")
	case program != "" && r.Program != program:
		return refuse(name+" asks for another program.", "name a request of "+program)
	case !r.InTime:
		return refuse(name+" belongs to the budget of another year.", "name a request of a budget of the work's years")
	case r.Decided != "":
		return refuse(fmt.Sprintf("%s was decided by %s.", name, r.Decided), "name a request of a budget that is not adopted yet")
	case !enough:
		return refuse(fmt.Sprintf("%s asks for %s only.", name, asks), "have it ask for enough, or name another")
	}
	g.lacks(Conditional, fmt.Sprintf("%s %s asks for %s.", lack, name, asks), field, "once its budget is adopted with it, activate the objective again")
	return true
}

// milli is a number of thousandths, such as "2.5".
func milli(n int64) string {
	return strings.TrimRight(strings.TrimRight(fmt.Sprintf("%d.%03d", n/1000, n%1000), "0"), ".")
}

// count is how many days there are; both ends are set.
func (d days) count() int64 {
	start, err := time.Parse(time.DateOnly, string(d.Start))
	if err != nil {
		return 1
	}
	end, err := time.Parse(time.DateOnly, string(d.End))
	if err != nil || end.Before(start) {
		return 1
	}
	return (end.Unix()-start.Unix())/(24*60*60) + 1
}

// common is how many of the days, both ends set, are also among o.
func (d days) common(o days) int64 {
	if !d.overlap(o) {
		return 0
	}
	both := days{max(d.Start, o.Start), d.End}
	if o.End != "" {
		both.End = min(d.End, o.End)
	}
	return both.count()
}
