package domain

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/throughline/throughline/services/platform/fault"
)

// PPM is one million: a whole, in parts per million.
const PPM = 1_000_000

// Tally is what a goal received over all ballots.
type Tally struct {
	Goal      string // id
	Points    int64
	WeightPPM int
}

func compare(a, b string) int { return cmp.Compare(a, b) }

func fieldAt(field string, i int) string { return fmt.Sprintf("%s[%d]", field, i) }

// Tallied sums ballots and derives weights that sum to exactly PPM, by largest remainder (Hamilton's method) on
// points × PPM / total; equal remainders go to the goal whose id sorts first. Goals come back sorted by id.
// Every ballot spends the same number of points, so total > 0 whenever there is a ballot.
func Tallied(goals []string, ballots []Ballot) []Tally {
	points := make(map[string]int64, len(goals))
	var total int64
	for _, b := range ballots {
		for _, gp := range b.Points {
			points[gp.Goal] += gp.Points
			total += gp.Points
		}
	}
	tallies := make([]Tally, len(goals))
	for i, g := range goals {
		tallies[i] = Tally{Goal: g, Points: points[g]}
	}
	slices.SortFunc(tallies, func(a, b Tally) int { return compare(a.Goal, b.Goal) })
	if total == 0 {
		return tallies
	}
	left := PPM
	order := make([]int, len(tallies))
	for i := range tallies {
		tallies[i].WeightPPM = int(tallies[i].Points * PPM / total)
		left -= tallies[i].WeightPPM
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Compare(tallies[b].Points*PPM%total, tallies[a].Points*PPM%total)
	})
	for _, i := range order[:left] {
		tallies[i].WeightPPM++
	}
	return tallies
}

// GoalWeight is the certified weight of a goal.
type GoalWeight struct {
	Goal        string // id
	DisplayName string // at certification
	WeightPPM   int
	Points      int64
}

// PriorityRevision is what a round certified; it never changes.
type PriorityRevision struct {
	Organization   string
	Plan           string
	ID             string
	Prioritization string // id
	Weights        []GoalWeight
	ContentHash    string
	EffectiveTime  time.Time
	Sequence       int64 // position among the plan's revisions, from 1
}

// PriorityRevisionName is the resource name of a revision.
func PriorityRevisionName(organization, plan, id string) string {
	return name("organizations", organization, "plans", plan, "priorityRevisions", id)
}

// Name is the resource name.
func (r PriorityRevision) Name() string { return PriorityRevisionName(r.Organization, r.Plan, r.ID) }

// Revision is always 1: a revision never changes.
func (r PriorityRevision) Revision() int64 { return 1 }

// Certified turns a closed round into its revision. titles maps goal ids to their display names.
func (p Prioritization) Certified(revision string, sequence int64, titles map[string]string, now time.Time) (Prioritization, PriorityRevision, error) {
	if p.State != RoundClosed {
		return p, PriorityRevision{}, fault.State("ROUND_NOT_CLOSED", "%s is %s; only a CLOSED round can be certified", p.Name(), p.State)
	}
	rev := PriorityRevision{
		Organization: p.Organization, Plan: p.Plan, ID: revision, Prioritization: p.ID, EffectiveTime: now, Sequence: sequence,
	}
	for _, t := range p.Tallies {
		rev.Weights = append(rev.Weights, GoalWeight{Goal: t.Goal, DisplayName: titles[t.Goal], WeightPPM: t.WeightPPM, Points: t.Points})
	}
	rev.ContentHash = rev.hash()
	p.State, p.CertifyTime, p.PriorityRev, p.Meta = RoundCertified, now, revision, p.Next(now)
	return p, rev, nil
}

// hash is SHA-256 over one line "goal name<TAB>weight" per goal, sorted by goal name, each ended by a line feed.
func (r PriorityRevision) hash() string {
	var b strings.Builder
	for _, w := range r.Weights {
		fmt.Fprintf(&b, "%s\t%d\n", GoalName(r.Organization, r.Plan, w.Goal), w.WeightPPM)
	}
	sum := sha256.Sum256([]byte(b.String()))
	return hex.EncodeToString(sum[:])
}
