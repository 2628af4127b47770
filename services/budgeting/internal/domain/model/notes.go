package model

// ProgramNote is what a reduction comes to beside money.
type ProgramNote struct {
	Program string `json:"program"`
	// PositionsShort is the least number of whole authorised positions that cover the reduction of the ongoing competing lines, the dearest first;
	// never more than there are.
	PositionsShort int64       `json:"positions_short,omitempty"`
	GrantsLost     []GrantLost `json:"grants_lost,omitempty"`
}

// GrantLost is an award that the program's competing amount no longer keeps.
type GrantLost struct {
	ID     string      `json:"id"`
	Award  int64       `json:"award"`
	Needs  int64       `json:"needs"` // the competing amount, net, that would keep it
	Reason GrantReason `json:"reason"`
}

// GrantReason is the condition that fails; Needs is its figure.
type GrantReason string

// Grant reasons: the one that asks for more, maintenance of effort where they ask for the same.
const (
	Effort GrantReason = "MAINTENANCE_OF_EFFORT"
	Match  GrantReason = "MATCH"
)

// DrawnLine is where CUT_LINE stopped for some funds: with every program before it paid as decided, every floor reserved and this program whole,
// the lines that only these funds may pay come to Demand, and the funds have Supply. It is the smallest set of funds that is short by the most.
type DrawnLine struct {
	Program string   `json:"program"`
	Funds   []string `json:"funds"`                    // whose ongoing money cannot pay it
	OneTime []string `json:"one_time_funds,omitempty"` // whose one-time money cannot pay it
	Demand  int64    `json:"demand"`
	Supply  int64    `json:"supply"`
}

// PackageResult is what became of a package, or of the capital project of a program (CapitalPackage).
type PackageResult struct {
	Package string        `json:"package"`
	Program string        `json:"program"`
	Level   string        `json:"level,omitempty"` // "" for none, CapitalLevel for a capital project that is chosen
	Value   int64         `json:"value"`           // of the level chosen
	Amount  int64         `json:"amount"`          // of the level chosen, in the budget's year
	Paid    []PackagePaid `json:"paid,omitempty"`
}

// PackagePaid is what a fund pays of a package in a year. A list of them is sorted by fund, year and years carried.
type PackagePaid struct {
	Fund    string `json:"fund"`
	Year    int64  `json:"year,omitempty"`    // of the cost
	Carried int64  `json:"carried,omitempty"` // years that the money was carried forward: it is of Year − Carried
	Amount  int64  `json:"amount"`
	OneTime int64  `json:"one_time,omitempty"` // of Amount: money that will not come again
}

// Search says how far the choice of packages is proven: no choice is worth more than Bound, nor than DualBound, which follows from Prices alone.
type Search struct {
	Value     int64       `json:"value"`
	Bound     int64       `json:"bound"` // equal to Value when the optimum is proven
	DualBound int64       `json:"dual_bound"`
	Prices    []FundPrice `json:"prices"` // zero ones left out
	Shift     int64       `json:"shift"`  // prices are value per unit × 2^Shift
	States    int64       `json:"states"` // work spent
}

// FundPrice is the price of a unit of one kind of money of a fund in a year.
type FundPrice struct {
	Fund    string `json:"fund"`
	Year    int64  `json:"year,omitempty"`
	OneTime bool   `json:"one_time,omitempty"`
	Price   int64  `json:"price"`
}
