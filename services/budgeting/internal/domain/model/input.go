package model

// Input is everything an allocation depends on: nothing else may change its result. Amounts are int64 minor units of Currency.
// Slices may come in any order; Normalize sorts them, and the canonical encoding is of the sorted form.
type Input struct {
	Schema        int       `json:"schema"` // SchemaVersion
	EngineVersion string    `json:"engine_version"`
	Method        Method    `json:"method"`
	Currency      string    `json:"currency"`      // ISO 4217
	RoundingUnit  int64     `json:"rounding_unit"` // minor units, ≥ 1: changes are whole multiples of it
	Params        Params    `json:"params"`
	Goals         []Goal    `json:"goals"`
	Funds         []Fund    `json:"funds"`
	Programs      []Program `json:"programs"`
	Revisions     Revisions `json:"revisions"`
}

// Params are the policy figures of the method; DefaultParams has the usual ones.
type Params struct {
	SpreadMilli  int64             `json:"spread_milli"`   // how much more the lowest priority gives than the highest, in thousandths; 1000 = equal cut
	MaxCutPPM    int64             `json:"max_cut_ppm"`    // most that a line may lose of its movable base
	ResultsCapBP int64             `json:"results_cap_bp"` // most that results move the score either way, basis points; at most 500
	EquityCapBP  int64             `json:"equity_cap_bp"`  // the same for equity
	Attributes   []AttributeWeight `json:"attributes,omitempty"`
	Results      []ResultRule      `json:"results,omitempty"` // the published table; a pair it leaves out moves nothing
}

// AttributeWeight adds a program attribute to the score; the goals together weigh 1,000,000.
type AttributeWeight struct {
	Name      string `json:"name"`
	WeightPPM int64  `json:"weight_ppm"`
}

// ResultRule is one row of the results table.
type ResultRule struct {
	Signal   Signal `json:"signal"`
	Policy   Policy `json:"policy"`
	PointsBP int64  `json:"points_bp"`
}

// DefaultParams is spread 3, at most 20 % off the movable base, and a results table of ±5 points of 100.
func DefaultParams() Params {
	return Params{SpreadMilli: 3000, MaxCutPPM: 200_000, ResultsCapBP: 500, EquityCapBP: 500, Results: DefaultResults(500)}
}

// DefaultResults is the symmetric table: REWARD adds points for MET and takes them for MISSED, REMEDY the other way round.
func DefaultResults(pointsBP int64) []ResultRule {
	return []ResultRule{
		{Met, Remedy, -pointsBP},
		{Met, Reward, pointsBP},
		{Missed, Remedy, pointsBP},
		{Missed, Reward, -pointsBP},
	}
}

// Goal is a community priority with its certified weight; the weights add up to 1,000,000.
type Goal struct {
	ID        string `json:"id"`
	Title     string `json:"title,omitempty"` // used in explanations
	WeightPPM int64  `json:"weight_ppm"`
}

// Fund is one envelope. Money does not cross funds except where a program names them in EligibleFunds.
type Fund struct {
	ID        string    `json:"id"`
	Available int64     `json:"available"` // all it may spend, program revenue included, ≥ 0
	Class     FundClass `json:"class"`
	Rank      int64     `json:"rank,omitempty"` // order inside the class, lower is used first
	Kind      FundKind  `json:"kind"`
	Named     bool      `json:"named,omitempty"` // lets an enterprise, internal-service or fiduciary fund compete
}

// InPool says whether the fund's competing lines move: enterprise, internal-service and fiduciary funds only when named.
func (f Fund) InPool() bool {
	switch f.Kind {
	case Enterprise, InternalService, Fiduciary:
		return f.Named
	default:
		return true
	}
}

// Program is one service with its costs, its bounds and what its priority is made of.
type Program struct {
	ID            string       `json:"id"`
	Version       string       `json:"version,omitempty"` // pinned version of the request
	CostLines     []CostLine   `json:"cost_lines"`
	Requested     int64        `json:"requested,omitempty"`      // amount asked above base: the limit of growth
	EligibleFunds []string     `json:"eligible_funds,omitempty"` // other funds that may pay its competing lines
	Mandate       *Mandate     `json:"mandate,omitempty"`
	Cap           *int64       `json:"cap,omitempty"` // most that its competing lines may come to, net
	HoldHarmless  *Hold        `json:"hold_harmless,omitempty"`
	Revenue       []Revenue    `json:"revenue,omitempty"`
	Alignment     []Alignment  `json:"alignment,omitempty"`
	Attributes    []Attribute  `json:"attributes,omitempty"`
	Results       *ResultsGate `json:"results,omitempty"`
	EquityBP      int64        `json:"equity_bp,omitempty"` // points that equity moves the score, in basis points; clamped to EquityCapBP
}

// InFormula says whether any of the program's lines competes.
func (p *Program) InFormula() bool {
	for i := range p.CostLines {
		if p.CostLines[i].Treatment == Competes {
			return true
		}
	}
	return false
}

// CostLine is an amount of one treatment in one fund: a budget line or a total of several. Negative amounts are credits.
type CostLine struct {
	ID        string    `json:"id"` // unique in the program
	Fund      string    `json:"fund"`
	Treatment Treatment `json:"treatment"`
	Amount    int64     `json:"amount"`
}

// Mandate is a legal duty. Only an attested one is a floor: it keeps Minimum of the program's competing lines (net) whole.
type Mandate struct {
	Minimum  int64  `json:"minimum"`
	Citation string `json:"citation,omitempty"`
	Attested bool   `json:"attested,omitempty"`
}

// Hold bounds the change of the competing lines (net) against the prior year.
type Hold struct {
	Prior          int64 `json:"prior"`
	MaxDecreasePPM int64 `json:"max_decrease_ppm"`
	MaxIncreasePPM int64 `json:"max_increase_ppm"`
}

// Revenue is program income in a fund that follows the service: cut the service and it is lost in proportion.
type Revenue struct {
	Fund   string `json:"fund"`
	Amount int64  `json:"amount"`
}

// Alignment is the reviewed 0–4 alignment of a program with a goal. A goal that is absent is unknown, never zero.
type Alignment struct {
	Goal  string `json:"goal"`
	Level int64  `json:"level"`
}

// Attribute is a rated property of a program, −4 to 4 (only falling demand is negative).
type Attribute struct {
	Name  string `json:"name"`
	Level int64  `json:"level"`
}

// ResultsGate is the frozen verdict on a program and the policy that council chose for it before the year.
type ResultsGate struct {
	Signal     Signal `json:"signal"`
	Policy     Policy `json:"policy"`
	CertainPPM int64  `json:"certain_ppm"`      // share of the points that count: 1,000,000, or 500,000 for a provisional verdict
	Reason     string `json:"reason,omitempty"` // what the verdict came from
}

// Revisions pins what the input was read from.
type Revisions struct {
	Priority Revision `json:"priority"`
	Results  Revision `json:"results"` // empty when no program has a results gate
}

// Revision is an immutable resource and the hash of its content.
type Revision struct {
	Name string `json:"name,omitempty"`
	Hash string `json:"hash,omitempty"`
}
