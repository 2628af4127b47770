package explain

import (
	"fmt"
	"math/big"
	"slices"
	"strconv"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
)

// project tells what became of a project of an election.
func (t *teller) project(r *Reason) {
	n, v := t.plan.Shares, t.in.Election
	if n == nil || v == nil {
		return
	}
	at := slices.IndexFunc(n.Rounds, func(x model.SharesRound) bool { return x.Program == r.Program })
	if at >= 0 {
		k := &n.Rounds[at]
		t.say("Program %q is a project of %s: it is paid whole.", r.Program, t.money(k.Cost))
		t.support(k.Supporters, k.Score)
		t.chosen(at, k)
	} else if i := slices.IndexFunc(n.Rest, func(x model.SharesRest) bool { return x.Program == r.Program }); i >= 0 {
		k := &n.Rest[i]
		cost := v.Projects[slices.IndexFunc(v.Projects, func(x model.Project) bool { return x.Program == r.Program })].Cost
		t.say("Program %q is a project of %s: it gets nothing.", r.Program, t.money(cost))
		t.support(k.Supporters, k.Score)
		t.notChosen(k, cost)
	}
	t.say("This follows the ballots of %s, request version %q and engine version %s.", counted(n.Voters, "voter"), r.Version, t.plan.EngineVersion)
}

func (t *teller) support(supporters, score int64) {
	of := counted(t.plan.Shares.Voters, "voter")
	switch supporters {
	case 0:
		t.say("None of %s supports it.", of)
	case 1:
		t.say("1 of %s supports it%s.", of, with(score, supporters))
	default:
		t.say("%s of %s support it%s.", grouped(supporters), of, with(score, supporters))
	}
}

// with tells points where they say more than the number of supporters.
func with(score, supporters int64) string {
	if score == supporters {
		return ""
	}
	return ", with " + counted(score, "point") + " together"
}

// chosen tells how a project was bought or taken.
func (t *teller) chosen(at int, k *model.SharesRound) {
	n := t.plan.Shares
	if k.Phase == model.PhaseVotes {
		left := n.Budget
		for _, before := range n.Rounds[:at] {
			left -= before.Cost
		}
		if n.Divided > 0 {
			t.say("Its supporters could not pay for it out of their parts; it was added by votes with money that the equal shares left.")
		}
		t.say("When its turn came by votes, %s of the budget was left, and it was taken as project %d.", t.money(left), at+1)
		return
	}
	t.part()
	t.say("It was bought in round %d: no other project that could be bought asked less of its supporters for %s.", at+1, t.utility())
	rate, ok := new(big.Rat).SetString(k.Rate.Num + "/" + k.Rate.Den)
	if !ok {
		return
	}
	price, per := rate, "for every point that they gave it"
	if !t.byPoints() {
		per = "each"
	}
	if t.in.Election.Rule.Utility == model.CostUtility {
		price = new(big.Rat).Mul(rate, new(big.Rat).SetInt64(k.Cost))
		t.say("They paid %s %s, that is %s for %s.", t.fraction(price), per, t.fraction(rate.Mul(rate, big.NewRat(t.thousand(), 1))), t.utility())
	} else {
		t.say("They paid %s %s.", t.fraction(price), per)
	}
	if k.Emptied > 0 {
		t.say("%s had less than that left, and gave all of it.", counted(k.Emptied, "supporter"))
	}
	if none := k.Supporters - k.Full - k.Emptied; none > 0 {
		t.say("%s had nothing left and paid nothing.", counted(none, "supporter"))
	}
}

// notChosen tells what was missing.
func (t *teller) notChosen(k *model.SharesRest, cost int64) {
	n := t.plan.Shares
	if k.Supporters == 0 {
		return
	}
	byVotes := true
	if n.Divided > 0 {
		t.part()
		t.say("When nothing more could be bought, its supporters had %s left together and it costs %s: %s too little.", t.money(k.Money), t.money(cost), t.money(cost-k.Money))
		c := t.in.Election.Rule.Completion
		byVotes = c == model.Utilitarian || c == model.AddOneUtilitarian
	}
	if byVotes {
		t.say("When its turn came by votes, %s of the budget was left: %s too little.", t.money(k.Remaining), t.money(cost-k.Remaining))
	}
}

// part tells what every voter had, and why not more.
func (t *teller) part() {
	n := t.plan.Shares
	each := t.fraction(big.NewRat(n.Divided, max(1, n.Voters)))
	unit := t.money(model.CurrencyUnit(t.in.Currency))
	if n.Steps == 0 {
		t.say("Every voter had %s to spend: an equal part of %s.", each, t.money(n.Budget))
	} else {
		t.say("Every voter had %s to spend: an equal part of %s, raised in %s of %s because it left money over.", each, t.money(n.Budget), counted(n.Steps, "step"), unit)
	}
	switch n.Stop {
	case model.StopOverspends:
		t.say("With %s more for everyone the projects bought would have cost %s, more than the budget.", unit, t.money(n.Refused.Cost))
	case model.StopExhausted:
		t.say("Parts were raised no further because no other project with support fits into what is left of the budget.")
	case model.StopFixed:
	}
}

// byPoints says whether supporters of a project may pay different prices.
func (t *teller) byPoints() bool {
	v := t.in.Election
	return v.Rule.Utility == model.PointsUtility && v.Kind != model.Approval && v.Kind != model.ChooseOne
}

// utility is the unit that prices are compared for.
func (t *teller) utility() string {
	switch {
	case t.in.Election.Rule.Utility == model.CostUtility:
		return "every " + t.money(t.thousand()) + " of project"
	case t.byPoints():
		return "every point"
	default:
		return "a project"
	}
}

// thousand is 1,000 units of the currency in minor units: a supporter pays too little for one unit of a project to be read.
func (t *teller) thousand() int64 { return 1000 * model.CurrencyUnit(t.in.Currency) }

// fraction writes minor units that may be parts of one: as money where they are whole, else with two digits more.
func (t *teller) fraction(minor *big.Rat) string {
	if minor.IsInt() && minor.Num().IsInt64() {
		return t.money(minor.Num().Int64())
	}
	return t.exact(minor.RatString())
}

// counted is so many of one kind: 1 voter, 2,600 voters.
func counted(n int64, of string) string {
	if n == 1 {
		return "1 " + of
	}
	return grouped(n) + " " + of + "s"
}

// grouped writes a count with separators.
func grouped(n int64) string {
	if n < 1000 {
		return strconv.FormatInt(n, 10)
	}
	return grouped(n/1000) + fmt.Sprintf(",%03d", n%1000)
}
