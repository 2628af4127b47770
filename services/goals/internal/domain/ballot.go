package domain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/throughline/throughline/services/platform/fault"
)

// Vote is what a ballot says, by the method of its round.
type Vote struct {
	Points      []ItemPoints // POINTS and SCORE, by item; what is left out gets 0
	Ranking     []string     // BORDA: every item, the best first
	Comparisons []Comparison // PAIRWISE: every pair once
}

// ItemPoints is what a vote gives to an item.
type ItemPoints struct {
	Item   string `json:"Goal"` // goal id, or objective name
	Points int64
}

// Comparison says how many times more one item matters than another, 1 to 9.
type Comparison struct {
	Preferred string
	Other     string
	Intensity int64
}

// Ballot is one member's; a later one replaces it until the round closes.
type Ballot struct {
	Meta
	Organization   string
	Plan           string
	Prioritization string
	ID             string // derived from the member
	Member         string
	Vote
	ConsistencyPPM int // PAIRWISE: consistency ratio
	RecordedBy     string
}

// Name is the resource name.
func (b Ballot) Name() string {
	return PrioritizationName(b.Organization, b.Plan, b.Prioritization) + "/ballots/" + b.ID
}

// CommunityBallot is an answer of a survey.
type CommunityBallot struct {
	Respondent string
	Weight     int
	District   string
	Vote
}

// CommunityBatch is answers recorded together, for the journal.
type CommunityBatch struct {
	Round   Prioritization
	Ballots []CommunityBallot
}

// Name is the name under which the journal keeps a round's answers.
func (b CommunityBatch) Name() string { return b.Round.Name() + "/communityBallots" }

// Accept checks a ballot against the round's frozen rules and returns it in order.
func (p Prioritization) Accept(b Ballot) (Ballot, error) {
	if p.State != RoundOpen {
		return b, fault.State("ROUND_NOT_OPEN", "%s is %s; ballots can be cast only while it is OPEN", p.Name(), p.State)
	}
	var v fault.Violations
	v.Check(p.member(b.Member), "ballot.member", "%q is not in the electorate of this round; cast as one of its members", b.Member)
	v.Check(!p.recused(b.Member), "ballot.member", "%q is recused from this round and takes no part", b.Member)
	b.Vote = p.checkVote(&v, "ballot.", b.Vote)
	if err := v.Err(); err != nil {
		return b, err
	}
	if p.Method == MethodPairwise {
		b.ConsistencyPPM = ConsistencyPPM(p.Items(), b.Comparisons)
	}
	b.Organization, b.Plan, b.Prioritization = p.Organization, p.Plan, p.ID
	return b, nil
}

// Hear checks an answer of the community by the rules that members' ballots follow.
func (p Prioritization) Hear(b CommunityBallot) (CommunityBallot, fault.Violations) {
	var v fault.Violations
	v.Check(strings.TrimSpace(b.Respondent) != "", "respondent", "is required; give each answer a key of its own")
	b.Weight = cmp.Or(b.Weight, 1)
	b.Vote = p.checkVote(&v, "", b.Vote)
	return b, v
}

// Hearing refuses answers that a round has no use for.
func (p Prioritization) Hearing() error {
	if p.State != RoundOpen {
		return fault.State("ROUND_NOT_OPEN", "%s is %s; answers can be recorded only while it is OPEN", p.Name(), p.State)
	}
	if p.CommunitySharePPM == 0 {
		return fault.State("NO_COMMUNITY_SHARE", "%s gives the community no share; make a round with community_share_ppm", p.Name())
	}
	return nil
}

func (p Prioritization) checkVote(v *fault.Violations, at string, vote Vote) Vote {
	items := p.Items()
	known := func(field, item string) bool {
		_, ok := slices.BinarySearch(items, item)
		v.Check(ok, field, "%q is not ranked in this round; use its items", item)
		return ok
	}
	byPoints := p.Method == MethodPoints || p.Method == MethodScore
	v.Check(byPoints || len(vote.Points) == 0, at+"points", "is not for %s; leave it out", p.Method)
	v.Check(p.Method == MethodBorda || len(vote.Ranking) == 0, at+"ranking", "is for BORDA, and this round is %s; leave it out", p.Method)
	v.Check(p.Method == MethodPairwise || len(vote.Comparisons) == 0, at+"comparisons", "is for PAIRWISE, and this round is %s; leave it out", p.Method)
	switch p.Method {
	case MethodPoints, MethodScore:
		p.checkPoints(v, at+"points", vote.Points, known)
	case MethodBorda:
		checkRanking(v, at+"ranking", items, vote.Ranking, known)
	case MethodPairwise:
		checkComparisons(v, at+"comparisons", items, vote.Comparisons, known)
	}
	vote.Points = slices.SortedFunc(slices.Values(vote.Points), func(a, b ItemPoints) int { return compare(a.Item, b.Item) })
	return vote
}

func (p Prioritization) checkPoints(v *fault.Violations, at string, points []ItemPoints, known func(field, item string) bool) {
	var total int64
	seen := map[string]bool{}
	for i, g := range points {
		field := fieldAt(at, i)
		good := known(field+".goal", g.Item)
		v.Check(!good || !seen[g.Item], field+".goal", "%q appears twice; give each item its points once", g.Item)
		v.Check(g.Points >= 0, field+".points", "must not be negative")
		if p.Method == MethodScore {
			v.Check(g.Points <= int64(p.MaxScore), field+".points", "is %d; score from 0 to %d", g.Points, p.MaxScore)
		}
		seen[g.Item] = true
		total += g.Points
	}
	if p.Method == MethodPoints {
		v.Check(total == int64(p.PointsPerMember), at, "spend %d points; spend exactly %d", total, p.PointsPerMember)
	} else {
		v.Check(len(points) > 0, at, "is required; score at least one item")
	}
}

func checkRanking(v *fault.Violations, at string, items, ranking []string, known func(field, item string) bool) {
	seen := map[string]bool{}
	for i, item := range ranking {
		good := known(fieldAt(at, i), item)
		v.Check(!good || !seen[item], fieldAt(at, i), "%q appears twice; rank each item once", item)
		seen[item] = true
	}
	var missing []string
	for _, item := range items {
		if !seen[item] {
			missing = append(missing, fmt.Sprintf("%q", item))
		}
	}
	v.Check(len(missing) == 0, at, "leaves out %s; rank every item", some(missing))
}

func checkComparisons(v *fault.Violations, at string, items []string, comparisons []Comparison, known func(field, item string) bool) {
	type pair struct{ a, b string }
	seen := map[pair]bool{}
	for i, c := range comparisons {
		field := fieldAt(at, i)
		good := known(field+".preferred", c.Preferred)
		good = known(field+".other", c.Other) && good
		v.Check(c.Intensity >= 1 && c.Intensity <= 9, field+".intensity", "is %d; say 1 (equally) to 9 (extremely)", c.Intensity)
		v.Check(!good || c.Preferred != c.Other, field, "compares %q with itself; compare two items", c.Preferred)
		key := pair{min(c.Preferred, c.Other), max(c.Preferred, c.Other)}
		v.Check(!good || key.a == key.b || !seen[key], field, "compares %q and %q again; compare each pair once", key.a, key.b)
		seen[key] = true
	}
	var missing []string
	for i, a := range items {
		for _, b := range items[i+1:] {
			if !seen[pair{a, b}] {
				missing = append(missing, fmt.Sprintf("%q with %q", a, b))
			}
		}
	}
	v.Check(len(missing) == 0, at, "does not compare %s; compare every pair", some(missing))
}

// some is the first of what is missing, and how much more is.
func some(missing []string) string {
	const most = 10
	if len(missing) <= most {
		return strings.Join(missing, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(missing[:most], ", "), len(missing)-most)
}
