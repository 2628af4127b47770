// Package model is the validated, canonical and hashed input of an allocation, and the plan that answers it.
package model

// SchemaVersion is the version of both canonical encodings; bytes of another version are refused, never guessed at.
const SchemaVersion = 3

// Method is the rule that shares the money.
type Method string

// Methods. All of them pay first what must be paid, keep floors, holds, caps and funds, and answer with the same kinds of plan.
const (
	// PriorityAdjustment starts everyone at base; only the shortage (or the growth) is shared, and the lowest priorities give (the highest gain)
	// the most, within limits.
	PriorityAdjustment Method = "PRIORITY_ADJUSTMENT"
	// OneRate gives every program the same share of its base per point of score.
	OneRate Method = "ONE_RATE"
	// AcrossTheBoard cuts or raises every program by the same percentage of what can move: a baseline that knows no priority.
	AcrossTheBoard Method = "ACROSS_THE_BOARD"
	// CutLine funds programs whole in the order of their scores until the money that may pay them runs out: the other baseline.
	CutLine Method = "CUT_LINE"
	// Packages keeps the base and chooses decision packages and service levels for the greatest value that the funds can pay.
	Packages Method = "PACKAGES"
	// EqualShares is the Method of Equal Shares over the ballots of an election (Peters & Skowron 2020).
	EqualShares Method = "EQUAL_SHARES"
	// GreedyVotes takes the projects of an election by their votes until nothing more fits.
	GreedyVotes Method = "GREEDY"
)

// Methods lists every method.
func Methods() []Method {
	return []Method{PriorityAdjustment, OneRate, AcrossTheBoard, CutLine, Packages, EqualShares, GreedyVotes}
}

// ByBallots says whether the method needs an election.
func (m Method) ByBallots() bool { return m == EqualShares || m == GreedyVotes }

// Treatment says how a cost line meets the formula. Only Competes enters it; every other line comes off the top, whole.
type Treatment string

// Treatments, in the order in which the waterfall takes them off.
const (
	MustPay        Treatment = "MUST_PAY"        // debt service, pension contributions, judgments
	PassThrough    Treatment = "PASS_THROUGH"    // money collected for somebody else
	Interfund      Treatment = "INTERFUND"       // transfers and internal-service charges: counted in gross totals, left out of net ones
	Grant          Treatment = "GRANT"           // with its match and maintenance of effort
	CapitalProject Treatment = "CAPITAL_PROJECT" // whole or not at all: never trimmed by a formula; PACKAGES may leave it out
	Reserve        Treatment = "RESERVE"
	Competes       Treatment = "COMPETES"
)

// Treatments lists every treatment in waterfall order.
func Treatments() []Treatment {
	return []Treatment{MustPay, PassThrough, Interfund, Grant, CapitalProject, Reserve, Competes}
}

// Place is the treatment's place in waterfall order, −1 for an unknown one.
func (t Treatment) Place() int {
	switch t {
	case MustPay:
		return 0
	case PassThrough:
		return 1
	case Interfund:
		return 2
	case Grant:
		return 3
	case CapitalProject:
		return 4
	case Reserve:
		return 5
	case Competes:
		return 6
	default:
		return -1
	}
}

// FundClass is how narrowly a fund's money is bound (GASB Statement 54).
type FundClass string

// Fund classes from the most to the least bound; restricted money is used first.
const (
	Restricted FundClass = "RESTRICTED"
	Committed  FundClass = "COMMITTED"
	Assigned   FundClass = "ASSIGNED"
	Unassigned FundClass = "UNASSIGNED"
)

// FundClasses lists the classes, most restricted first.
func FundClasses() []FundClass { return []FundClass{Restricted, Committed, Assigned, Unassigned} }

// FundKind is the governmental type of a fund.
type FundKind string

// Fund kinds.
const (
	General         FundKind = "GENERAL"
	SpecialRevenue  FundKind = "SPECIAL_REVENUE"
	DebtService     FundKind = "DEBT_SERVICE"
	CapitalProjects FundKind = "CAPITAL_PROJECTS"
	Permanent       FundKind = "PERMANENT"
	Enterprise      FundKind = "ENTERPRISE"
	InternalService FundKind = "INTERNAL_SERVICE"
	Fiduciary       FundKind = "FIDUCIARY"
)

// FundKinds lists every kind.
func FundKinds() []FundKind {
	return []FundKind{General, SpecialRevenue, DebtService, CapitalProjects, Permanent, Enterprise, InternalService, Fiduciary}
}

// Policy is what results do to a program's priority; council freezes it before the year.
type Policy string

// Policies: Neutral ignores results, Reward follows them, Remedy supports what falls short.
const (
	Neutral Policy = "NEUTRAL"
	Reward  Policy = "REWARD"
	Remedy  Policy = "REMEDY"
)

// Policies lists every policy.
func Policies() []Policy { return []Policy{Neutral, Reward, Remedy} }

// Signal is the frozen verdict of a program's measures; Unknown never counts as a miss.
type Signal string

// Signals.
const (
	Met     Signal = "MET"
	Missed  Signal = "MISSED"
	Unknown Signal = "UNKNOWN"
)

// Signals lists every signal.
func Signals() []Signal { return []Signal{Met, Missed, Unknown} }
