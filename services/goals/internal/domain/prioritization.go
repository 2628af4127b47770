package domain

import (
	"slices"
	"time"

	"github.com/throughline/throughline/services/platform/fault"
)

// RoundState says where a prioritization round stands.
type RoundState string

// States of a round, in their only order.
const (
	RoundDraft     RoundState = "DRAFT"
	RoundOpen      RoundState = "OPEN"
	RoundClosed    RoundState = "CLOSED"
	RoundCertified RoundState = "CERTIFIED"
)

// MethodPoints spreads a fixed number of points per member.
const MethodPoints = "POINTS"

// DefaultPoints is what a member spreads unless the round says otherwise.
const DefaultPoints = 100

// Member may vote.
type Member struct {
	Member      string // subject of the token
	DisplayName string
}

// Prioritization is a round in which a governing body turns ballots into weights.
type Prioritization struct {
	Meta
	Organization    string
	Plan            string
	ID              string
	DisplayName     string
	Method          string
	Members         []Member
	Quorum          int
	PointsPerMember int
	Goals           []string // goal ids; frozen at open
	State           RoundState
	BallotsCast     int
	Tallies         []Tally
	PriorityRev     string // id, once certified
	OpenTime        time.Time
	CloseTime       time.Time
	CertifyTime     time.Time
}

// PrioritizationName is the resource name of a round.
func PrioritizationName(organization, plan, id string) string {
	return name("organizations", organization, "plans", plan, "prioritizations", id)
}

// Name is the resource name.
func (p Prioritization) Name() string { return PrioritizationName(p.Organization, p.Plan, p.ID) }

// NewPrioritization is a draft round with its defaults filled in.
func NewPrioritization(p Prioritization, now time.Time) (Prioritization, error) {
	p.Meta, p.State, p.BallotsCast, p.Tallies, p.PriorityRev = Meta{}.Next(now), RoundDraft, 0, nil, ""
	p.OpenTime, p.CloseTime, p.CertifyTime = time.Time{}, time.Time{}, time.Time{}
	if p.PointsPerMember == 0 {
		p.PointsPerMember = DefaultPoints
	}
	if p.Quorum == 0 {
		p.Quorum = len(p.Members)/2 + 1
	}
	var v fault.Violations
	required(&v, "prioritization.display_name", p.DisplayName)
	v.Check(p.Method == MethodPoints, "prioritization.method", "must be POINTS")
	v.Check(len(p.Members) > 0, "prioritization.electorate.members", "needs at least one member")
	v.Check(p.Quorum <= len(p.Members), "prioritization.electorate.quorum",
		"is %d but there are only %d members; lower it or add members", p.Quorum, len(p.Members))
	seen := map[string]bool{}
	for _, m := range p.Members {
		v.Check(!seen[m.Member], "prioritization.electorate.members", "%q appears twice; list each member once", m.Member)
		seen[m.Member] = true
	}
	checkOnce(&v, "prioritization.goals", p.Goals)
	return p, v.Err()
}

func checkOnce(v *fault.Violations, field string, ids []string) {
	seen := map[string]bool{}
	for _, id := range ids {
		v.Check(!seen[id], field, "goal %q appears twice; list each goal once", id)
		seen[id] = true
	}
}

// Opened freezes rules, electorate and goals. planGoals are the goals of the plan that have no parent, planAll all of them.
func (p Prioritization) Opened(top, all []string, now time.Time) (Prioritization, error) {
	if p.State != RoundDraft {
		return p, fault.State("ROUND_NOT_DRAFT", "%s is %s; only a DRAFT can be opened", p.Name(), p.State)
	}
	if len(p.Goals) == 0 {
		p.Goals = slices.Clone(top)
	}
	if len(p.Goals) == 0 {
		return p, fault.State("PLAN_WITHOUT_GOALS", "the plan of %s has no goals to rank; create some first", p.Name())
	}
	var v fault.Violations
	for _, id := range p.Goals {
		v.Check(slices.Contains(all, id), "prioritization.goals", "%s is not a goal of the plan; make a round without it",
			GoalName(p.Organization, p.Plan, id))
	}
	if err := v.Err(); err != nil {
		return p, err
	}
	slices.Sort(p.Goals)
	p.State, p.OpenTime, p.Meta = RoundOpen, now, p.Next(now)
	return p, nil
}

// Ballot is one member's; a later one replaces it until the round closes.
type Ballot struct {
	Meta
	Organization   string
	Plan           string
	Prioritization string
	ID             string // derived from the member
	Member         string
	Points         []GoalPoints // by goal id, each goal once
	RecordedBy     string
}

// GoalPoints is what a ballot gives to a goal.
type GoalPoints struct {
	Goal   string // id
	Points int64
}

// Name is the resource name.
func (b Ballot) Name() string {
	return PrioritizationName(b.Organization, b.Plan, b.Prioritization) + "/ballots/" + b.ID
}

// Accept checks a ballot against the round's frozen rules and returns it, sorted by goal.
func (p Prioritization) Accept(b Ballot) (Ballot, error) {
	if p.State != RoundOpen {
		return b, fault.State("ROUND_NOT_OPEN", "%s is %s; ballots can be cast only while it is OPEN", p.Name(), p.State)
	}
	var v fault.Violations
	if !slices.ContainsFunc(p.Members, func(m Member) bool { return m.Member == b.Member }) {
		v.Add("ballot.member", "%q is not in the electorate of this round; cast as one of its members", b.Member)
	}
	var total int64
	seen := map[string]bool{}
	for i, gp := range b.Points {
		field := fieldAt("ballot.points", i)
		v.Check(slices.Contains(p.Goals, gp.Goal), field+".goal", "%q is not ranked in this round; use its goals", gp.Goal)
		v.Check(!seen[gp.Goal], field+".goal", "%q appears twice; give each goal its points once", gp.Goal)
		v.Check(gp.Points >= 0, field+".points", "must not be negative")
		seen[gp.Goal] = true
		total += gp.Points
	}
	v.Check(total == int64(p.PointsPerMember), "ballot.points", "spend %d points; spend exactly %d", total, p.PointsPerMember)
	slices.SortFunc(b.Points, func(a, c GoalPoints) int { return compare(a.Goal, c.Goal) })
	b.Organization, b.Plan, b.Prioritization = p.Organization, p.Plan, p.ID
	return b, v.Err()
}

// Counted is the round after one more member has voted.
func (p Prioritization) Counted(now time.Time) Prioritization {
	p.BallotsCast++
	p.Meta = p.Next(now)
	return p
}

// Closed makes the ballots final and derives the weights.
func (p Prioritization) Closed(ballots []Ballot, now time.Time) (Prioritization, error) {
	if p.State != RoundOpen {
		return p, fault.State("ROUND_NOT_OPEN", "%s is %s; only an OPEN round can be closed", p.Name(), p.State)
	}
	if len(ballots) < p.Quorum {
		return p, fault.State("QUORUM_MISSING", "%s has %d ballots and needs %d; wait for more members", p.Name(), len(ballots), p.Quorum)
	}
	p.Tallies = Tallied(p.Goals, ballots)
	p.State, p.CloseTime, p.Meta = RoundClosed, now, p.Next(now)
	return p, nil
}
