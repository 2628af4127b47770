package model

// Election is residents' ballots on the projects of a participatory budget. Every program of the input is a project, and has nothing but what
// makes its score. Ties go to the lower cost, then to more supporters, then to the lower id.
type Election struct {
	Fund     string       `json:"fund"`
	Budget   int64        `json:"budget"` // of the fund's envelope
	Kind     VoteKind     `json:"kind"`
	Rule     ElectionRule `json:"rule"`
	Projects []Project    `json:"projects"`
	Ballots  []Ballot     `json:"ballots"`
}

// ElectionRule is what the ballots mean. GREEDY takes projects by points under the utility POINTS, else by the number of their supporters; it needs
// no completion.
type ElectionRule struct {
	Completion Completion `json:"completion"`
	Utility    Utility    `json:"utility"`
}

// Project is a program that voters choose, whole or not at all.
type Project struct {
	Program string `json:"program"`
	Cost    int64  `json:"cost"`
}

// Ballot is what one voter gives; voters are numbers, never names.
type Ballot struct {
	Voter string `json:"voter"`
	Votes []Vote `json:"votes"`
}

// Vote is for the project of a program. Points are 1 for an approval, the rank for a ranking (1 is the best), and what was given otherwise.
type Vote struct {
	Project string `json:"project"`
	Points  int64  `json:"points"`
}

// VoteKind is how voters express themselves.
type VoteKind string

// Vote kinds.
const (
	Approval   VoteKind = "APPROVAL"
	ChooseOne  VoteKind = "CHOOSE_ONE"
	Cumulative VoteKind = "CUMULATIVE"
	Scoring    VoteKind = "SCORE"
	Ordinal    VoteKind = "ORDINAL"
)

// VoteKinds lists every kind.
func VoteKinds() []VoteKind { return []VoteKind{Approval, ChooseOne, Cumulative, Scoring, Ordinal} }

// Completion is how money that equal shares leave is spent.
type Completion string

// Completions.
const (
	NoCompletion      Completion = "NONE"
	AddOne            Completion = "ADD_ONE"             // raise every voter's part by one unit of the currency, again and again, while the projects bought fit the budget
	Utilitarian       Completion = "UTILITARIAN"         // projects by votes while they fit
	AddOneUtilitarian Completion = "ADD_ONE_UTILITARIAN" // the one, then the other
)

// Completions lists every completion.
func Completions() []Completion {
	return []Completion{NoCompletion, AddOne, Utilitarian, AddOneUtilitarian}
}

// Utility is what a project is worth to a voter who supports it.
type Utility string

// Utilities.
const (
	CostUtility        Utility = "COST"        // its cost
	CardinalityUtility Utility = "CARDINALITY" // 1
	// PointsUtility is the points given: 1 for an approval; for a ranking the place from the end, so that the last of the ballot gets 1.
	PointsUtility Utility = "POINTS"
)

// Utilities lists every utility.
func Utilities() []Utility { return []Utility{CostUtility, CardinalityUtility, PointsUtility} }
