package model

import "fmt"

// Outcome is the status of a plan.
type Outcome string

// Outcomes.
const (
	Optimal        Outcome = "OPTIMAL"         // every fund balances and no other division fits the rule better
	Feasible       Outcome = "FEASIBLE"        // PACKAGES: every fund balances; a better choice is worth at most the bound
	ReductionShort Outcome = "REDUCTION_SHORT" // the limits on cuts are too tight: packages must find the Short of the blocks
	Infeasible     Outcome = "INFEASIBLE"      // must-pay lines and floors exceed the money that may pay them; never adoptable
)

// Plan is the answer to an Input. Funds and Waterfall are sorted by fund id, Lines by (program, fund, waterfall order of treatment, ongoing before
// one-time), Programs by id, Packages by (program, package), CutLines in the order in which they were drawn.
// An INFEASIBLE plan has Shortfalls and no Blocks; its lines show the least that law asks and nothing is paid.
type Plan struct {
	Schema        int          `json:"schema"`
	EngineVersion string       `json:"engine_version"`
	Method        Method       `json:"method"`
	InputHash     string       `json:"input_hash"`
	Outcome       Outcome      `json:"outcome"`
	Totals        Totals       `json:"totals"`
	Overall       Waterfall    `json:"overall"`   // all funds together; Fund is empty
	Waterfall     []Waterfall  `json:"waterfall"` // one per fund
	Funds         []FundResult `json:"funds"`
	Blocks        []Block      `json:"blocks"`
	Lines         []Line       `json:"lines"`
	Shortfalls    []Shortfall  `json:"shortfalls"`
	Flags         []Flag       `json:"flags"` // where a median stands in for an unknown alignment

	Programs      []ProgramNote   `json:"programs,omitempty"`       // only programs with something to say
	CutLines      []DrawnLine     `json:"cut_lines,omitempty"`      // CUT_LINE only
	WithoutEquity *Plan           `json:"without_equity,omitempty"` // the answer without the equity floor, which shows its cost; none without the rule
	Packages      []PackageResult `json:"packages,omitempty"`
	Search        *Search         `json:"search,omitempty"` // PACKAGES only
	Shares        *SharesNote     `json:"shares,omitempty"` // EQUAL_SHARES and GREEDY only
}

// Totals add up every line. Gross counts program revenue and interfund lines; Net leaves interfund lines out.
type Totals struct {
	GrossBase   int64 `json:"gross_base"`
	GrossAmount int64 `json:"gross_amount"`
	NetBase     int64 `json:"net_base"`
	NetAmount   int64 `json:"net_amount"`
	Change      int64 `json:"change"` // of competing lines, net of program revenue, and under PACKAGES of capital projects
	RevenueLost int64 `json:"revenue_lost"`
	Short       int64 `json:"short"` // what packages must find, all blocks
	Surplus     int64 `json:"surplus"`
	Remainder   int64 `json:"remainder"`

	PriorityValue  int64 `json:"priority_value,omitempty"`  // score × amount of every line, each rounded half to even: priority-weighted money
	OneTime        int64 `json:"one_time,omitempty"`        // one-time money that is used
	GrantsLost     int64 `json:"grants_lost,omitempty"`     // awards
	PositionsShort int64 `json:"positions_short,omitempty"` // whole authorised positions
	EquityCost     int64 `json:"equity_cost,omitempty"`     // what the equity floor moved to the programs that it protects: theirs less what WithoutEquity gives them; CUT_LINE can make it negative
}

// Waterfall is the addressable pool: Total less every step is Movable. Steps come in the order of the Step constants, zero ones left out.
type Waterfall struct {
	Fund      string `json:"fund"`
	Total     int64  `json:"total"`     // today's spending, gross
	Net       int64  `json:"net"`       // Total without interfund lines
	Steps     []Step `json:"steps"`     // what cannot move, and why
	Movable   int64  `json:"movable"`   // what the formula can reach
	Available int64  `json:"available"` // the envelope
	ToShare   int64  `json:"to_share"`  // Available − (Total − Movable): what is left for the movable lines; negative when must-pay is not covered
	Gap       int64  `json:"gap"`       // Movable − ToShare: a shortage above zero, growth below
}

// Step is one treatment of the waterfall.
type Step struct {
	Name   StepName `json:"name"`
	Amount int64    `json:"amount"`
}

// StepName is a treatment, or one of the names below.
type StepName string

// Steps that are not treatments.
const (
	StepRevenue StepName = "PROGRAM_REVENUE" // income that follows competing services: nets their base
	StepCredit  StepName = "CREDIT"          // net-negative program-funds: fixed adjustments of their fund
	StepUnnamed StepName = "FUND_NOT_NAMED"  // competing lines of a fund outside the pool
	StepFloor   StepName = "MANDATE_FLOOR"   // attested mandates, up to their minimum
)

// FundResult balances exactly: Available = Fixed + Revenue + Competing + Surplus + Remainder (all zero but Available and OneTime when INFEASIBLE).
// Ongoing and one-time money are rounded apart, so that the remainder of a fund with both may come to nearly two units. CUT_LINE shares minor
// units: it has no remainder.
type FundResult struct {
	Fund      string   `json:"fund"`
	Available int64    `json:"available"`
	Fixed     int64    `json:"fixed"`          // every line off the top, credits included
	Revenue   int64    `json:"revenue"`        // program revenue before any cut
	Competing int64    `json:"competing"`      // paid by this fund to competing lines, net of program revenue; under PACKAGES also to capital projects, and carried to later years
	Surplus   int64    `json:"surplus"`        // whole units that no eligible line may take
	Remainder int64    `json:"remainder"`      // less than a rounding unit: the line "unallocated (rounding)"
	Block     int      `json:"block"`          // index in Blocks, −1 when no competing line draws on the fund
	Next      *LineRef `json:"next,omitempty"` // who would get the fund's next unit of ongoing money; none when nobody may take it, and under CUT_LINE

	OneTime     int64 `json:"one_time,omitempty"`      // of Available
	OneTimeUsed int64 `json:"one_time_used,omitempty"` // by one-time lines; one-time credits count against it
}

// RemainderName names the line that holds what is left below the rounding unit.
const RemainderName = "unallocated (rounding)"

// LineRef names a competing line.
type LineRef struct {
	Program string `json:"program"`
	Fund    string `json:"fund"`
	OneTime bool   `json:"one_time,omitempty"`
}

// Direction is what a block shares.
type Direction string

// Directions.
const (
	Shortage Direction = "SHORTAGE" // amount = base − round(rate × D × multiplier), within bounds
	Growth   Direction = "GROWTH"   // amount = base + round(rate × D × q), within bounds; under ONE_RATE round(rate × base × q)
	Held     Direction = "HELD"     // nothing to share
)

// Block is a set of competing lines that share one rate, with the funds that pay them. ACROSS_THE_BOARD counts every score as 100 %. Under
// CUT_LINE it is what hangs together by its funds, and has no rate.
type Block struct {
	ID        int       `json:"id"`
	Funds     []string  `json:"funds"`                    // whose ongoing money it has
	OneTime   []string  `json:"one_time_funds,omitempty"` // whose one-time money it has
	Lines     int       `json:"lines"`
	Direction Direction `json:"direction"`
	Rate      Rate      `json:"rate"`      // of D: what a line of multiplier 1 gives (SHORTAGE), of score 100 % gains (GROWTH)
	Base      int64     `json:"base"`      // sum over the lines
	Amount    int64     `json:"amount"`    // sum over the lines
	Supply    int64     `json:"supply"`    // what the block's funds have left for competing lines, whole units and odd minor units
	Exhausted bool      `json:"exhausted"` // less than one unit is left of any money of the block
	Short     int64     `json:"short"`     // Amount at the limits less what can be paid: packages must find it
	Cut       *Cut      `json:"cut,omitempty"`
}

// Number is what people call the block, in words and in the API: blocks are counted from 1.
func (b *Block) Number() int { return b.ID + 1 }

// Rate is an exact fraction; both are decimal integers in lowest terms. It is the shortest decimal that gives every line of the block its
// amount; where equal claims leave no such choice it is the fraction at which the last unit moved.
type Rate struct {
	Num string `json:"num"`
	Den string `json:"den"`
}

// Cut says why a block stands apart: at the rate shared with its neighbours its lines would take Demand, and the only funds that
// may pay them have Supply.
type Cut struct {
	Demand int64 `json:"demand"`
	Supply int64 `json:"supply"`
}

// Reason is what decided the amount of a line.
type Reason string

// Reasons, one for each bend of a response and each line that has none.
const (
	AtRate    Reason = "AT_RATE"        // the block's rate, rounded
	AtMaxCut  Reason = "MAX_CUT"        // the most that a line may lose
	AtFloor   Reason = "FLOOR"          // attested mandate
	AtHold    Reason = "HOLD_HARMLESS"  // change against the prior year
	AtCap     Reason = "CAP"            // the program's cap
	AtRequest Reason = "REQUEST"        // all that was asked
	AtBase    Reason = "BASE"           // nothing to share, or nothing movable
	OffTheTop Reason = "OFF_THE_TOP"    // treatment is not COMPETES
	IsCredit  Reason = "CREDIT"         // net-negative program-fund
	NotNamed  Reason = "FUND_NOT_NAMED" // the fund does not compete
	Unpayable Reason = "INFEASIBLE"     // the plan is infeasible

	AtEquity     Reason = "EQUITY_FLOOR"   // council's rule for programs with equity points
	AboveLine    Reason = "ABOVE_THE_LINE" // CUT_LINE: paid whole
	AtLine       Reason = "AT_THE_LINE"    // CUT_LINE: the first that could not be paid whole; it keeps its floor
	BelowLine    Reason = "BELOW_THE_LINE" // CUT_LINE: it could draw on funds whose line is drawn, and keeps its floor
	ReplacedBase Reason = "SERVICE_LEVEL"  // PACKAGES: the amount is the level that was picked
	Selected     Reason = "SELECTED"       // chosen by PACKAGES or by voters
	NotSelected  Reason = "NOT_SELECTED"
)

// Line is one program, fund, treatment and kind of cost. For competing lines every figure but Revenue is net of program revenue. Encode leaves out
// what is usual: lineForm says what. There are thousands, and all that is done to a plan walks them: they are kept small.
type Line struct {
	Program     string    `json:"program"`
	Fund        string    `json:"fund"` // the fund that carries the line
	Treatment   Treatment `json:"treatment"`
	OneTime     bool      `json:"one_time,omitempty"` // cost of this year only
	CostLines   int32     `json:"cost_lines"`
	Revenue     int64     `json:"revenue,omitempty"`
	Base        int64     `json:"base"`
	Floor       int64     `json:"floor,omitempty"`
	Movable     int64     `json:"movable,omitempty"` // D = base − floor
	ScoreBP     int64     `json:"score_bp,omitempty"`
	Min         int64     `json:"min"` // bounds on the rounding grid
	Max         int64     `json:"max"`
	Odd         int64     `json:"odd,omitempty"` // minor units below the rounding unit, paid off the top
	Amount      int64     `json:"amount"`
	Reason      Reason    `json:"reason"`
	Block       int32     `json:"block"` // index in Blocks, −1 for none
	RevenueLost int64     `json:"revenue_lost,omitempty"`
	Paid        []Payment `json:"paid,omitempty"` // adds up to Amount, except in a block that is short
}

// Gross is the cost before program revenue.
func (l *Line) Gross() int64 { return l.Base + l.Revenue }

// Change is what the line gains, below zero what it gives.
func (l *Line) Change() int64 { return l.Amount - l.Base }

// Payment is what one fund pays.
type Payment struct {
	Fund    string `json:"fund"`
	Amount  int64  `json:"amount"`
	OneTime int64  `json:"one_time,omitempty"` // of Amount: money that will not come again
}

// Shortfall is a proof of infeasibility: the lines total Required, and the only funds that may pay them have Available.
type Shortfall struct {
	Funds     []string       `json:"funds"`
	Ongoing   []string       `json:"ongoing,omitempty"` // of Funds: those whose one-time money may not pay these lines, and is not in Available
	Lines     []RequiredLine `json:"lines"`
	Required  int64          `json:"required"`
	Available int64          `json:"available"`
	Short     int64          `json:"short"`

	Later    []LaterFund       `json:"later,omitempty"`    // PACKAGES: later years of funds, whose envelopes are in Available too
	Packages []RequiredPackage `json:"packages,omitempty"` // PACKAGES: service levels, one of which must be paid
}

// LaterFund is a later year of a fund.
type LaterFund struct {
	Fund string `json:"fund"`
	Year int64  `json:"year"`
}

// RequiredPackage is the least that any pickable level of the package costs the money of a shortfall, all years.
type RequiredPackage struct {
	Package string `json:"package"`
	Program string `json:"program"`
	Amount  int64  `json:"amount"`
}

// RequiredLine is the amount of a line that must be paid: a whole line off the top, or the floor of a competing one.
type RequiredLine struct {
	Program   string    `json:"program"`
	Fund      string    `json:"fund"`
	Treatment Treatment `json:"treatment"`
	Amount    int64     `json:"amount"`
	Citation  string    `json:"citation,omitempty"` // of the mandate behind a floor
	OneTime   bool      `json:"one_time,omitempty"`
}

// Flag marks a program whose alignment with a goal, or whose level of a weighed attribute, is unknown; Halves is twice the median that stands in
// for it. Goals come before attributes.
type Flag struct {
	Program   string `json:"program"`
	Goal      string `json:"goal,omitempty"`
	Attribute string `json:"attribute,omitempty"`
	Halves    int64  `json:"halves"`
}

// Encode is the one encoding of the plan: JSON, integers and strings only, fields in declared order, those of lines left out that follow from the
// rest. Equal runs have equal bytes. The error is always nil.
func (p Plan) Encode() ([]byte, error) {
	return encoding(8192+64*len(p.Lines), func(e *encoder) { e.plan(&p) }), nil
}

// Hash is the SHA-256 of Encode, in hexadecimal.
func (p Plan) Hash() (string, error) {
	b, err := p.Encode()
	return Digest(b), err
}

// DecodePlan reads the bytes of Encode back and refuses any other bytes.
func DecodePlan(b []byte) (Plan, error) {
	var form planForm
	if err := decode(b, &form); err != nil {
		return Plan{}, fmt.Errorf("decode plan: %w", err)
	}
	p, err := form.plan()
	if err != nil {
		return Plan{}, fmt.Errorf("decode plan: %w", err)
	}
	if !encodes(func(e *encoder) { e.plan(&p) }, b) {
		return Plan{}, fmt.Errorf("decode plan: the bytes are not in canonical form")
	}
	return p, nil
}

// Certificate is the record of an independent check of a plan.
type Certificate struct {
	InputHash string   `json:"input_hash"`
	PlanHash  string   `json:"plan_hash"`
	Outcome   Outcome  `json:"outcome"`
	Checks    []string `json:"checks"` // what was proven, in order
}
