package explain

import (
	"fmt"
	"math/big"
	"slices"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/phrase"
)

// offersSomething says whether the program has a package in the plan, for which its score counts.
func offersSomething(plan *model.Plan, program string) bool {
	return slices.ContainsFunc(plan.Packages, func(r model.PackageResult) bool { return r.Program == program })
}

// shop tells what the program was offered; it is the part of PACKAGES in the sentences.
func (t *teller) shop(r *Reason) {
	s := newShopper(t.in, t.plan)
	for i := range t.plan.Packages {
		if t.plan.Packages[i].Program == r.Program {
			t.out = append(t.out, s.choice(i).Sentences...)
		}
	}
	if t.plan.Outcome == model.Infeasible {
		t.say("Nothing can be allotted: what must be paid exceeds the money that may pay it.")
		for i := range t.plan.Shortfalls {
			t.short(&t.plan.Shortfalls[i])
		}
	} else {
		for i := range r.Lines {
			t.offered(&r.Lines[i])
		}
	}
	switch p := t.plan.Search; {
	case t.plan.Outcome == model.Optimal:
		t.say("The choice is the best there is: no other that the funds can pay is worth more.")
	case t.plan.Outcome == model.Feasible:
		gap := new(big.Rat).Mul(big.NewRat(p.Bound-p.Value, max(p.Bound, 1)), big.NewRat(100, 1))
		t.say("The search stopped at its limit: a better choice is worth at most %s %% more.", trim(gap.FloatString(4)))
	case p != nil:
		t.say("No choice of service levels can be paid and keep prerequisites and exclusions; no single set of funds shows it, the search tried them all.")
	}
}

// short tells one proof that what must be paid cannot be.
func (t *teller) short(s *model.Shortfall) {
	var from []string
	if len(s.Funds) > 0 {
		from = append(from, "fund "+phrase.List(s.Funds))
	}
	for _, l := range s.Later {
		from = append(from, fmt.Sprintf("year %d of fund %q", l.Year, l.Fund))
	}
	t.say("What only %s may pay comes to %s; %s is available, %s too little.", phrase.And(from), t.money(s.Required), t.money(s.Available), t.money(s.Short))
	if len(s.Ongoing) > 0 {
		t.say("The one-time money of fund %s is not in that: it may not pay costs that come again.", phrase.List(s.Ongoing))
	}
	for _, p := range s.Packages {
		t.say("Of that, package %q of program %q asks for %s at its least service level.", p.Package, p.Program, t.money(p.Amount))
	}
}

// offered tells one line of PACKAGES.
func (t *teller) offered(l *Line) {
	switch {
	case l.Reason == model.OffTheTop || l.Reason == model.IsCredit:
		t.fixed(l)
		return
	case l.Treatment == model.CapitalProject && l.Reason == model.Selected:
		t.say("In fund %q its %scapital project costs %s, and is paid whole.", l.Fund, once(l), t.money(l.Base))
	case l.Treatment == model.CapitalProject:
		t.say("In fund %q its %scapital project of %s is left out.", l.Fund, once(l), t.money(l.Base))
	case l.Reason == model.ReplacedBase:
		t.say("In fund %q what was chosen costs %s of %scompeting money, instead of a base of %s.", l.Fund, t.money(l.Amount), once(l), t.money(l.Base))
	default:
		t.say("In fund %q its %scompeting base of %s stays whole.", l.Fund, once(l), t.money(l.Base))
		switch extra := l.Amount - l.Base; {
		case l.Reason == model.Selected:
			t.say("What was chosen adds %s to it.", t.money(extra))
		case extra > 0 && l.Reason == model.AtHold:
			t.say("Hold-harmless against the prior year asks for %s more.", t.money(extra))
		case extra > 0:
			t.say("Its mandate (%s) asks for %s more.", l.Citation, t.money(extra))
		}
	}
	if l.RevenueLost > 0 {
		t.say("The cut also loses about %s of program revenue.", t.money(l.RevenueLost))
	}
	t.payers(l)
}
