package domain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
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

// Method says how ballots become weights.
type Method string

// Methods of a round.
const (
	MethodPoints   Method = "POINTS"
	MethodBorda    Method = "BORDA"
	MethodPairwise Method = "PAIRWISE"
	MethodScore    Method = "SCORE"
)

// Subject says what a round ranks.
type Subject string

// Subjects of a round.
const (
	OnGoals      Subject = "GOALS"
	OnObjectives Subject = "OBJECTIVES"
)

// GoverningBody is the electorate whose ballots are always by name.
const GoverningBody = "GOVERNING_BODY"

// MaxItems is how many items a round ranks at most: as many as a ballot holds.
const MaxItems = 1000

// Defaults of rounds.
const (
	DefaultPoints   = 100
	DefaultMaxScore = 10
)

// Recusal says why a member takes no part.
type Recusal struct {
	Member     string
	Reason     string
	RecordedBy string
	Time       time.Time
}

// RankedObjective is an objective, which another service owns.
type RankedObjective struct {
	Name        string
	DisplayName string
}

// Member may vote.
type Member struct {
	Member      string // subject of the token
	DisplayName string
}

// Prioritization is a round that turns ballots into weights.
type Prioritization struct {
	Meta
	Organization      string
	Plan              string
	ID                string
	DisplayName       string
	Method            Method
	Subject           Subject
	Electorate        string // kind of electorate
	Secret            bool   // members see tallies alone
	Members           []Member
	Quorum            int // ballots needed to close; a recusal does not lower it
	PointsPerMember   int
	MaxScore          int
	Goals             []string          // goal ids; frozen at open
	Objectives        []RankedObjective // frozen at open
	CommunitySharePPM int
	CommunityBallots  int
	Recusals          []Recusal // by time
	State             RoundState
	BallotsCast       int // of members who take part
	Tallies           []Tally
	Warnings          []string
	PriorityRev       string // id, once certified
	OpenTime          time.Time
	CloseTime         time.Time
	CertifyTime       time.Time
}

// PrioritizationName is the resource name of a round.
func PrioritizationName(organization, plan, id string) string {
	return name("organizations", organization, "plans", plan, "prioritizations", id)
}

// Name is the resource name.
func (p Prioritization) Name() string { return PrioritizationName(p.Organization, p.Plan, p.ID) }

// Items are what is ranked, sorted: goal ids, or objective names.
func (p Prioritization) Items() []string {
	items := slices.Clone(p.Goals)
	for _, o := range p.Objectives {
		items = append(items, o.Name)
	}
	slices.Sort(items)
	return items
}

// Titles is what is printed for objectives; goals have theirs in the plan.
func (p Prioritization) Titles() map[string]string {
	titles := map[string]string{}
	for _, o := range p.Objectives {
		titles[o.Name] = cmp.Or(o.DisplayName, o.Name[strings.LastIndexByte(o.Name, '/')+1:])
	}
	return titles
}

func (p Prioritization) recused(member string) bool {
	return slices.ContainsFunc(p.Recusals, func(r Recusal) bool { return r.Member == member })
}

func (p Prioritization) member(subject string) bool {
	return slices.ContainsFunc(p.Members, func(m Member) bool { return m.Member == subject })
}

// NewPrioritization is a draft round with its defaults filled in.
func NewPrioritization(p Prioritization, now time.Time) (Prioritization, error) {
	p.Meta, p.State, p.BallotsCast, p.CommunityBallots = Meta{}.Next(now), RoundDraft, 0, 0
	p.Tallies, p.Warnings, p.Recusals, p.PriorityRev = nil, nil, nil, ""
	p.OpenTime, p.CloseTime, p.CertifyTime = time.Time{}, time.Time{}, time.Time{}
	p.Subject, p.Electorate = cmp.Or(p.Subject, OnGoals), cmp.Or(p.Electorate, GoverningBody)
	switch p.Method {
	case MethodPoints:
		p.PointsPerMember = cmp.Or(p.PointsPerMember, DefaultPoints)
	case MethodScore:
		p.MaxScore = cmp.Or(p.MaxScore, DefaultMaxScore)
	case MethodBorda, MethodPairwise:
	}
	p.Quorum = cmp.Or(p.Quorum, len(p.Members)/2+1)
	return p, p.check()
}

func (p Prioritization) check() error {
	const at = "prioritization."
	var v fault.Violations
	required(&v, at+"display_name", p.DisplayName)
	v.Check(slices.Contains([]Method{MethodPoints, MethodBorda, MethodPairwise, MethodScore}, p.Method),
		at+"method", "must be POINTS, BORDA, PAIRWISE or SCORE")
	v.Check(len(p.Members) > 0, at+"electorate.members", "needs at least one member")
	v.Check(p.Quorum <= len(p.Members), at+"electorate.quorum",
		"is %d but there are only %d members; lower it or add members", p.Quorum, len(p.Members))
	v.Check(!p.Secret || p.Electorate != GoverningBody, at+"electorate.secret",
		"is for residents and staff; ballots of a governing body are by name")
	checkOnce(&v, at+"electorate.members", "member", len(p.Members), func(i int) string { return p.Members[i].Member })
	for i, goal := range p.Goals {
		v.Check(goal != "" && !strings.Contains(goal, "/"), fieldAt(at+"goals", i), "%q is not a goal of %s; name its goals", goal, PlanName(p.Organization, p.Plan))
	}
	checkOnce(&v, at+"goals", "goal", len(p.Goals), func(i int) string { return p.Goals[i] })
	checkOnce(&v, at+"objectives", "objective", len(p.Objectives), func(i int) string { return p.Objectives[i].Name })
	v.Check(p.Method == MethodPoints || p.PointsPerMember == 0, at+"points_per_member", "is for POINTS; leave it out")
	v.Check(p.Method == MethodScore || p.MaxScore == 0, at+"max_score", "is for SCORE; leave it out")
	if p.Subject == OnObjectives {
		v.Check(len(p.Objectives) > 0, at+"objectives", "needs the objectives to rank")
		v.Check(len(p.Goals) == 0, at+"goals", "is for rounds on goals; leave it out, or rank goals")
		for i, o := range p.Objectives {
			v.Check(isObjective(p.Organization, o.Name), fieldAt(at+"objectives", i)+".objective",
				"%q is not an objective of %s; send organizations/{organization}/strategies/{strategy}/objectives/{objective}", o.Name, OrganizationName(p.Organization))
		}
	} else {
		v.Check(len(p.Objectives) == 0, at+"objectives", "is for rounds on objectives; leave it out, or set subject to OBJECTIVES")
	}
	p.checkItems(&v)
	return v.Err()
}

// checkItems refuses numbers of items that the method cannot rank.
func (p Prioritization) checkItems(v *fault.Violations) {
	const field = "prioritization.method"
	n := len(p.Items())
	v.Check(p.Method != MethodPairwise || n <= MaxPairwise, field,
		"PAIRWISE compares at most %d items, and there are %d; rank fewer, or choose another method", MaxPairwise, n)
	v.Check(p.Method == MethodPairwise || n <= MaxItems, field, "%s ranks at most %d items, and there are %d; rank fewer", p.Method, MaxItems, n)
	v.Check(p.Method != MethodBorda || n != 1, field, "BORDA gives the only item of a ranking no points; rank two at least, or choose another method")
}

// isObjective says whether name has the form of an objective of the organization; that it exists, its own service knows.
func isObjective(organization, objective string) bool {
	rest, ok := strings.CutPrefix(objective, name(OrganizationName(organization), "strategies")+"/")
	parts := strings.Split(rest, "/")
	return ok && len(parts) == 3 && parts[0] != "" && parts[1] == "objectives" && parts[2] != ""
}

// checkOnce refuses keys that appear again, unless something else is wrong with them already or they are empty.
func checkOnce(v *fault.Violations, field, what string, n int, key func(int) string) {
	bad := make(map[string]bool, len(*v))
	for _, known := range *v {
		bad[known.Field] = true
	}
	seen := make(map[string]bool, n)
	for i := range n {
		if at := fieldAt(field, i); seen[key(i)] && !bad[at] {
			v.Add(at, "%s %q appears twice; list each %s once", what, key(i), what)
		}
		seen[key(i)] = key(i) != ""
	}
}

// Opened freezes rules, electorate and goals. top are the goals of the plan without a parent, and all is every goal.
func (p Prioritization) Opened(top, all []string, now time.Time) (Prioritization, error) {
	if p.State != RoundDraft {
		return p, fault.State("ROUND_NOT_DRAFT", "%s is %s; only a DRAFT can be opened", p.Name(), p.State)
	}
	if p.Subject == OnGoals && len(p.Goals) == 0 {
		p.Goals = slices.Clone(top)
	}
	if len(p.Items()) == 0 {
		return p, fault.State("PLAN_WITHOUT_GOALS", "the plan of %s has no goals to rank; create some first", p.Name())
	}
	var v fault.Violations
	for i, id := range p.Goals {
		v.Check(slices.Contains(all, id), fieldAt("prioritization.goals", i), "%s is not a goal of the plan; make a round without it",
			GoalName(p.Organization, p.Plan, id))
	}
	p.checkItems(&v)
	if err := v.Err(); err != nil {
		return p, err
	}
	slices.Sort(p.Goals)
	p.State, p.OpenTime, p.Meta = RoundOpen, now, p.Next(now)
	return p, nil
}

// Recused takes a member out of the round; voted says that they have cast a ballot, which no longer counts.
func (p Prioritization) Recused(r Recusal, voted bool, now time.Time) (Prioritization, error) {
	if p.State != RoundDraft && p.State != RoundOpen {
		return p, fault.State("ROUND_NOT_OPEN", "%s is %s; members can be recused before it closes", p.Name(), p.State)
	}
	var v fault.Violations
	v.Check(p.member(r.Member), "member", "%q is not in the electorate of this round; name one of its members", r.Member)
	v.Check(!p.recused(r.Member), "member", "%q is recused already", r.Member)
	required(&v, "reason", r.Reason)
	if err := v.Err(); err != nil {
		return p, err
	}
	r.Time = now
	p.Recusals = append(slices.Clone(p.Recusals), r)
	if voted {
		p.BallotsCast--
	}
	p.Meta = p.Next(now)
	return p, nil
}

// Counted is the round after one more member has voted.
func (p Prioritization) Counted(now time.Time) Prioritization {
	p.BallotsCast++
	p.Meta = p.Next(now)
	return p
}

// Heard is the round after answers of n more respondents.
func (p Prioritization) Heard(n int, now time.Time) Prioritization {
	p.CommunityBallots += n
	p.Meta = p.Next(now)
	return p
}

// Closed makes the ballots final and derives the weights.
func (p Prioritization) Closed(ballots []Ballot, community []CommunityBallot, now time.Time) (Prioritization, error) {
	if p.State != RoundOpen {
		return p, fault.State("ROUND_NOT_OPEN", "%s is %s; only an OPEN round can be closed", p.Name(), p.State)
	}
	if p.BallotsCast < p.Quorum {
		return p, fault.State("QUORUM_MISSING", "%s has %d ballots and needs %d; wait for more members", p.Name(), p.BallotsCast, p.Quorum)
	}
	if p.CommunitySharePPM > 0 && len(community) == 0 {
		return p, fault.State("COMMUNITY_MISSING", "%s gives the community %d parts per million, and no answer of it is recorded; record some first",
			p.Name(), p.CommunitySharePPM)
	}
	tallies, ok := p.Tallied(ballots, community)
	if !ok {
		return p, fault.State("NOTHING_SCORED", "the ballots of %s give nothing to any item, so no weights follow; wait for one that does", p.Name())
	}
	p.Tallies, p.Warnings = tallies, p.inconsistent(ballots)
	p.State, p.CloseTime, p.Meta = RoundClosed, now, p.Next(now)
	return p, nil
}

// inconsistent warns of members whose comparisons contradict each other; a secret round does not say whose.
func (p Prioritization) inconsistent(ballots []Ballot) []string {
	var out []string
	for _, b := range ballots {
		if p.recused(b.Member) || b.ConsistencyPPM <= ConsistentPPM {
			continue
		}
		whose := "of " + b.Member
		if p.Secret {
			whose = "of a member"
		}
		out = append(out, fmt.Sprintf("the comparisons %s contradict each other: consistency ratio %d.%06d, above 0.10", whose,
			b.ConsistencyPPM/PPM, b.ConsistencyPPM%PPM))
	}
	slices.Sort(out)
	return out
}
