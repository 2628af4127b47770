package shares

import "math/big"

// Outcome is what became of a project, in one word.
type Outcome string

// Outcomes.
const (
	Bought         Outcome = "BOUGHT"          // its supporters paid for it
	Added          Outcome = "ADDED"           // by the completion, with money that equal shares left
	Taken          Outcome = "TAKEN"           // by score
	NoSupport      Outcome = "NO_SUPPORT"      // nobody voted for it
	BelowThreshold Outcome = "BELOW_THRESHOLD" // its score is lower than the rule asks for
	SupportersOut  Outcome = "SUPPORTERS_OUT"  // its supporters had too little left
	NoRoom         Outcome = "NO_ROOM"         // its turn came by score, but it cost more than what was left of the budget
	NotReached     Outcome = "NOT_REACHED"     // GreedyStop had stopped before its turn
)

// Fact is what there is to say of one project. Fields that do not belong to the outcome are zero.
type Fact struct {
	Project    int
	Outcome    Outcome
	Place      int   // among the selected, from 1
	Supporters int64 // voters
	Score      int64
	// Equal is cost ÷ score: minor units that a supporter would pay per weight if all could pay in full. Nil without support.
	Equal *big.Rat

	// Bought:
	Price          *big.Rat // minor units per weight that those paid who could
	EffectiveVotes *big.Rat // cost ÷ price: at most the score
	Full, Rest     int      // supporters who paid the price, and supporters who gave what they had left, which was less

	// SupportersOut and NoRoom under equal shares:
	Money   int64 // minor units that its supporters had left together, rounded down
	Missing int64 // cost − Money

	// NoRoom:
	Remaining int64 // of the budget when its turn came
}

// Explain tells the facts of every project, by index, of a result that Run gave for the election and the rule.
func Explain(e *Election, rule *Rule, res *Result) []Fact {
	b, _ := newCount(e, rule)
	facts := make([]Fact, len(e.Projects))
	for p := range facts {
		f := &facts[p]
		*f = Fact{Project: p, Outcome: NotReached, Supporters: b.votes[p], Score: b.score[p]}
		if b.score[p] > 0 {
			f.Equal = big.NewRat(e.Projects[p].Cost, b.score[p])
		}
		switch {
		case b.votes[p] == 0:
			f.Outcome = NoSupport
		case !b.open[p]:
			f.Outcome = BelowThreshold
		}
	}
	if res.Shares != nil {
		for _, s := range res.Shares.Short {
			f := &facts[s.Project]
			f.Outcome, f.Money, f.Missing = SupportersOut, s.Money, e.Projects[s.Project].Cost-s.Money
		}
	}
	for _, s := range res.Skips {
		f := &facts[s.Project]
		f.Outcome, f.Remaining = NoRoom, s.Remaining
	}
	for i := range res.Picks {
		k := &res.Picks[i]
		f := &facts[k.Project]
		f.Place, f.Money, f.Missing = i+1, 0, 0
		switch k.Stage {
		case StageShares:
			f.Outcome, f.Price, f.Full, f.Rest = Bought, k.Price, k.Full, k.Rest
			f.EffectiveVotes = k.EffectiveVotes(e.Projects[k.Project].Cost)
		case StageUtilitarian:
			f.Outcome = Added
		case StageGreedy:
			f.Outcome = Taken
		}
	}
	return facts
}
