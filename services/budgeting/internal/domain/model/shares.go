package model

// SharesNote is how an election was decided, round by round: enough to check it with the ballots alone. Supporters of a project are the voters who
// give it something; its score is their points under the utility POINTS, else their number.
type SharesNote struct {
	Voters  int64          `json:"voters"`
	Budget  int64          `json:"budget"`
	Divided int64          `json:"divided"`           // what the voters had together in the equal shares that counted: Budget, or more by ADD_ONE
	Steps   int64          `json:"steps,omitempty"`   // of ADD_ONE
	Stop    SharesStop     `json:"stop,omitempty"`    // why there are no more; EQUAL_SHARES only
	Spent   int64          `json:"spent"`             // at most Budget
	Rounds  []SharesRound  `json:"rounds"`            // in the order of choice
	Refused *SharesRefused `json:"refused,omitempty"` // only where the next step OVERSPENDS
	Rest    []SharesRest   `json:"rest,omitempty"`    // every project that is not chosen, by program
}

// SharesRound is one project chosen. Rate, Full and Emptied are of projects bought by equal shares: every supporter paid the rate for each unit of
// their utility, or all that they had left where that was less.
type SharesRound struct {
	Program    string      `json:"program"`
	Phase      SharesPhase `json:"phase"`
	Cost       int64       `json:"cost"`
	Supporters int64       `json:"supporters"`
	Score      int64       `json:"score"`
	Rate       *Rate       `json:"rate,omitempty"`    // minor units
	Full       int64       `json:"full,omitempty"`    // supporters who paid the rate
	Emptied    int64       `json:"emptied,omitempty"` // supporters who gave the rest of their money; all others had nothing left
}

// SharesPhase is how a project was chosen.
type SharesPhase string

// Phases.
const (
	PhaseEqualShares SharesPhase = "EQUAL_SHARES"
	PhaseVotes       SharesPhase = "BY_VOTES"
)

// SharesStop is why ADD_ONE went no further.
type SharesStop string

// Stops.
const (
	StopFixed      SharesStop = "FIXED"      // the rule has no ADD_ONE
	StopExhausted  SharesStop = "EXHAUSTED"  // no project with support that is left fits into what is left of the budget
	StopOverspends SharesStop = "OVERSPENDS" // the projects of the next step cost more than the budget
)

// SharesRefused is the step of ADD_ONE after the last. Its rounds end with the one that costs too much.
type SharesRefused struct {
	Divided int64         `json:"divided"`
	Cost    int64         `json:"cost"` // above the budget
	Rounds  []SharesRound `json:"rounds"`
}

// SharesRest is a project that was not chosen.
type SharesRest struct {
	Program    string `json:"program"`
	Supporters int64  `json:"supporters"`
	Score      int64  `json:"score"`
	Money      int64  `json:"money,omitempty"`     // what its supporters had left together after the equal shares, rounded down: below its cost
	Remaining  int64  `json:"remaining,omitempty"` // of the budget when its turn came by votes: below its cost; without support it has no turn
}
