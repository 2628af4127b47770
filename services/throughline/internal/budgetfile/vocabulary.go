package budgetfile

// Side says whether money comes in or goes out; a transfer keeps its side, so that both sides of a budget can be totalled.
type Side string

// Sides of a budget.
const (
	Revenue     Side = "REVENUE"
	Expenditure Side = "EXPENDITURE"
)

// Kind is the kind of a line item. A transfer in has side REVENUE, a transfer out side EXPENDITURE.
type Kind string

// Kinds of a line item.
const (
	KindRevenue     Kind = "REVENUE"
	KindExpenditure Kind = "EXPENDITURE"
	KindTransfer    Kind = "TRANSFER"
)

// Version is the stage of the budget an amount belongs to; versions stand side by side and never overwrite each other.
type Version string

// Treatment says whether a cost enters the formula (COMPETES) or why it does not.
type Treatment string

// Treatments that the reader itself gives; the rest of the vocabulary is treatments.
const (
	Competes  Treatment = "COMPETES"
	Interfund Treatment = "INTERFUND"
)

// FundKind is the kind of a fund in governmental accounting.
type FundKind string

// Envelope says which side of the file states what a fund has available.
type Envelope string

// Sources of a fund's envelope. EnvelopeAuto is REVENUE when any file has revenue lines of the budget's version.
const (
	EnvelopeAuto        Envelope = ""
	EnvelopeRevenue     Envelope = "REVENUE"
	EnvelopeExpenditure Envelope = "EXPENDITURE"
)

// Answer is what a file says to a yes/no question; a question nobody answered is UNKNOWN and never counts as no.
type Answer string

// Answers.
const (
	Unknown Answer = "UNKNOWN"
	Yes     Answer = "YES"
	No      Answer = "NO"
)

var (
	versions   = []string{"ACTUAL", "ADOPTED", "REVISED", "ESTIMATE", "REQUEST", "PROPOSED"}
	treatments = []string{"MUST_PAY", "PASS_THROUGH", "INTERFUND", "GRANT", "CAPITAL_PROJECT", "RESERVE", "COMPETES"}
	fundKinds  = []string{
		"GENERAL", "SPECIAL_REVENUE", "DEBT_SERVICE", "CAPITAL_PROJECTS", "PERMANENT", "ENTERPRISE",
		"INTERNAL_SERVICE", "FIDUCIARY",
	}
	gasb54Classes = []string{"NONSPENDABLE", "RESTRICTED", "COMMITTED", "ASSIGNED", "UNASSIGNED"}
	attributes    = []string{"mandate", "reliance", "cost_recovery", "demand_change", "portion_served"}
	sides         = []string{"REVENUE", "EXPENDITURE"}
	blankPolicies = []string{"REJECT", "ZERO", "OMIT"}
	zeroPolicies  = []string{"KEEP", "OMIT"}
	roundings     = []string{"REJECT", "ROUND"}
)
