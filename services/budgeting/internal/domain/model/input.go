package model

import "github.com/throughline/throughline/services/budgeting/internal/domain/money"

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

	Packages []Package       `json:"packages,omitempty"` // PACKAGES only
	Later    []LaterEnvelope `json:"later,omitempty"`    // PACKAGES only
	Election *Election       `json:"election,omitempty"` // EQUAL_SHARES and GREEDY only
}

// Params are the policy figures of the method; DefaultParams has the usual ones.
type Params struct {
	SpreadMilli  int64             `json:"spread_milli"`   // how much more the lowest priority gives than the highest, in thousandths; 1000 = equal cut
	MaxCutPPM    int64             `json:"max_cut_ppm"`    // most that a line may lose of its movable base
	ResultsCapBP int64             `json:"results_cap_bp"` // most that results move the score either way, basis points; at most 500
	EquityCapBP  int64             `json:"equity_cap_bp"`  // the same for equity
	Attributes   []AttributeWeight `json:"attributes,omitempty"`
	Results      []ResultRule      `json:"results,omitempty"` // the published table; a pair it leaves out moves nothing
	EquityFloor  *EquityFloor      `json:"equity_floor,omitempty"`
	PackageValue PackageValue      `json:"package_value,omitempty"` // "" is PRIORITY_DOLLARS
	CarryForward bool              `json:"carry_forward,omitempty"` // PACKAGES: what a fund has left of a year may pay costs of later years
	WorkLimit    int64             `json:"work_limit,omitempty"`    // PACKAGES: states that the search may visit, 0 = the engine's default
}

// EquityFloor is a council rule: programs with at least MinBP points of equity lose at most MaxCutPPM of what can move. What it moves to them
// is shown. Law and caps stand before it, the limit on cuts and the rate behind it.
type EquityFloor struct {
	MinBP     int64 `json:"min_bp"`
	MaxCutPPM int64 `json:"max_cut_ppm"`
}

// Covers says whether the rule protects the program; no rule protects nobody.
func (e *EquityFloor) Covers(p *Program) bool { return e != nil && p.EquityBP >= e.MinBP }

// AttributeWeight adds a program attribute to the score; the goals together weigh 1,000,000.
type AttributeWeight struct {
	Name      string `json:"name"`
	WeightPPM int64  `json:"weight_ppm"`
}

// ResultRule is one row of the results table: what a verdict on a measure does to the score of a program with this policy.
type ResultRule struct {
	Policy    Policy    `json:"policy"`
	Variation Variation `json:"variation"`
	Assurance Assurance `json:"assurance"`
	PointsBP  int64     `json:"points_bp"`
}

// DefaultParams is spread 3, at most 20 % off the movable base, and the results table of ±5 points of 100.
func DefaultParams() Params {
	return Params{SpreadMilli: 3000, MaxCutPPM: 200_000, ResultsCapBP: 500, EquityCapBP: 500, Results: DefaultResults(500)}
}

// DefaultResults is the published table for a cap, in its order and without the rows that move nothing. h is half the cap, rounded down:
//
//	REWARD           IMPROVING  COMMON_CAUSE  CONCERNING
//	RELIABLY_MET          +cap            +h           0
//	HIT_OR_MISS             +h             0          -h
//	RELIABLY_MISSED          0            -h        -cap
//	NO_TARGET               +h             0          -h
//
// REMEDY is its negative: what falls short gains. NEUTRAL has no rows, and neither has INSUFFICIENT_DATA.
func DefaultResults(capBP int64) []ResultRule {
	half := capBP / 2
	rewards := []ResultRule{ // by variation and assurance
		{Reward, CommonCause, ReliablyMet, half},
		{Reward, CommonCause, ReliablyMissed, -half},
		{Reward, Concerning, HitOrMiss, -half},
		{Reward, Concerning, NoTarget, -half},
		{Reward, Concerning, ReliablyMissed, -capBP},
		{Reward, Improving, HitOrMiss, half},
		{Reward, Improving, NoTarget, half},
		{Reward, Improving, ReliablyMet, capBP},
	}
	table := make([]ResultRule, 0, 2*len(rewards))
	for _, sign := range []int64{-1, 1} {
		for _, r := range rewards {
			if r.PointsBP *= sign; r.PointsBP == 0 {
				continue
			}
			if sign < 0 {
				r.Policy = Remedy
			}
			table = append(table, r)
		}
	}
	return table
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
	Available int64     `json:"available"`          // all it may spend, program revenue included, ≥ 0
	OneTime   int64     `json:"one_time,omitempty"` // part of Available that will not come again: it pays one-time costs only
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
	Grants        []GrantAward `json:"grants,omitempty"`    // lost when the competing lines fall too low: reported, never decided on
	Positions     []Position   `json:"positions,omitempty"` // of the competing lines: reductions are told in whole ones
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
	OneTime   bool      `json:"one_time,omitempty"` // cost of this year only: one-time money may pay it, ongoing money too
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

// GrantAward is money from outside that stands or falls with the program's own: it is lost when the competing lines, net, fall below Effort
// (maintenance of effort) or below MatchPPM of the award.
type GrantAward struct {
	ID       string `json:"id"`
	Fund     string `json:"fund,omitempty"` // where it arrives, for reports
	Award    int64  `json:"award"`
	MatchPPM int64  `json:"match_ppm,omitempty"`
	Effort   int64  `json:"effort,omitempty"`
}

// Match is the least own money that keeps the award, rounded up to the minor unit.
func (g *GrantAward) Match() int64 {
	return g.Award/Whole*g.MatchPPM + money.CeilDiv(g.Award%Whole*g.MatchPPM, Whole) // a valid award has room for ten times itself
}

// Position is authorised positions of one kind; Cost is that of one for a year.
type Position struct {
	Title string `json:"title"`
	Count int64  `json:"count"`
	Cost  int64  `json:"cost"`
}

// Revenue is program income in a fund that follows the service: cut the service and it is lost in proportion. It is ongoing money, and nets the
// ongoing competing line of its fund.
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

// ResultsGate is the published verdicts on a program's measures and the policy by which they count.
type ResultsGate struct {
	Policy  Policy          `json:"policy"`            // council's, or NEUTRAL where that does not count
	Factors []ResultsFactor `json:"factors,omitempty"` // by measure; those that nothing is known of weigh too
	Reason  string          `json:"reason,omitempty"`  // why council's policy does not count, or why there are no factors
}

// ResultsFactor is the published verdict on one measure. Its points count by the certain share of them and by its weight among the factors.
type ResultsFactor struct {
	Measure    string    `json:"measure"` // id
	Variation  Variation `json:"variation"`
	Assurance  Assurance `json:"assurance"`
	Weight     int64     `json:"weight"`
	CertainPPM int64     `json:"certain_ppm"` // 1,000,000, of a provisional verdict 500,000, of an unusable one 0
	Reason     string    `json:"reason"`
}

// Usable says whether the verdict can move a score.
func (f *ResultsFactor) Usable() bool { return f.CertainPPM > 0 && f.Variation != InsufficientData }

// Revisions pins what the input was read from.
type Revisions struct {
	Priority Revision `json:"priority"`
	Results  Revision `json:"results"` // empty when nothing is published; required when a program has a results gate
}

// Revision is an immutable resource and the hash of its content.
type Revision struct {
	Name string `json:"name,omitempty"`
	Hash string `json:"hash,omitempty"`
}
