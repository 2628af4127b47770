package shares

// Method is how projects are selected.
type Method string

// Methods.
const (
	// EqualShares gives every voter the same part of the budget; a project is bought by its supporters at equal prices, best value first
	// (Peters and Skowron 2020; Peters, Pierczyński and Skowron 2021).
	EqualShares Method = "EQUAL_SHARES"
	// Greedy takes projects by score, highest first, and skips those that no longer fit.
	Greedy Method = "GREEDY"
	// GreedyStop takes projects by score and stops at the first that does not fit.
	GreedyStop Method = "GREEDY_STOP"
)

// Utility is what a supporter is taken to gain from a selected project. The weight of a ballot's entry is its points for the utilities of
// points, else 1; the price of a project is paid in proportion to weights, and its score is the sum of its weights.
type Utility string

// Utilities.
const (
	CostUtility       Utility = "COST"        // the project's cost: money spent on what the voter supports
	CountUtility      Utility = "COUNT"       // 1: the number of supported projects
	PointsUtility     Utility = "POINTS"      // the points given
	PointsCostUtility Utility = "POINTS_COST" // points × cost
)

func (u Utility) points() bool { return u == PointsUtility || u == PointsCostUtility }

func (u Utility) cost() bool { return u == CostUtility || u == PointsCostUtility }

// Borda turns an ordinal ballot into points for the utilities of points: the place from the end, counted on a list of the declared length.
type Borda string

// Lengths of the list.
const (
	BordaBallot   Borda = "BALLOT"   // the ballot's own: the last one named gets 1
	BordaLongest  Borda = "LONGEST"  // the longest ballot's
	BordaProjects Borda = "PROJECTS" // all projects
)

// Completion is what is done with money that equal shares leave.
type Completion string

// Completions.
const (
	NoCompletion Completion = "NONE"
	// Add1 raises every voter's budget step by step and keeps the last result that the true budget can pay, as on equalshares.net: the first
	// run gives budget ÷ voters, the next ones whole increments; it stops when no project with support fits into what is left, or before a
	// step whose result would cost more than the budget.
	Add1 Completion = "ADD1"
	// Utilitarian adds projects by score, highest first, while they fit.
	Utilitarian Completion = "UTILITARIAN"
	// Add1Utilitarian is Add1, then Utilitarian.
	Add1Utilitarian Completion = "ADD1_UTILITARIAN"
)

func (c Completion) add1() bool { return c == Add1 || c == Add1Utilitarian }

func (c Completion) utilitarian() bool { return c == Utilitarian || c == Add1Utilitarian }

// TieBreak is one way to prefer one of two projects that are equal otherwise.
type TieBreak string

// Tie-breaks. Where all that are declared agree, the lower id in byte order is preferred.
const (
	LowerCost  TieBreak = "LOWER_COST"
	HigherCost TieBreak = "HIGHER_COST"
	MoreVotes  TieBreak = "MORE_VOTES" // supporters
	MoreScore  TieBreak = "MORE_SCORE" // sum of weights
)

// Rule declares everything that decides a result besides the ballots.
type Rule struct {
	Method     Method
	Utility    Utility
	Borda      Borda      // only, and necessarily, for ordinal ballots under a utility of points
	Completion Completion // only for EqualShares; empty is NoCompletion
	Increment  int64      // minor units per voter and step of Add1; usually one unit of the currency
	MaxSteps   int        // of Add1 before Run gives up; 0 is DefaultMaxSteps
	Threshold  int64      // a project with a lower score cannot be selected
	Ties       []TieBreak // asked in this order; EqualSharesTies is usual
}

// DefaultMaxSteps bounds Add1 where the rule does not.
const DefaultMaxSteps = 5_000_000

// EqualSharesTies is the order of tie-breaks that equalshares.net uses.
func EqualSharesTies() []TieBreak { return []TieBreak{LowerCost, MoreVotes} }
