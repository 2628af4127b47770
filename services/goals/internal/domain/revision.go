package domain

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/throughline/throughline/services/platform/fault"
)

// Weight is the certified weight of an item.
type Weight struct {
	Item        string `json:"Goal"` // goal id, or objective name
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
	Subject        Subject
	Weights        []Weight
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

// LastRevision is the newest revision of a plan, zero when there is none.
type LastRevision struct {
	Sequence      int64
	EffectiveTime time.Time
}

// Certified turns a closed round into its revision, the one after last. titles maps items to what is printed for them. The revision is effective
// now, or later when the clock of the process that made the last one is ahead: who hears of both in any order tells by their times which is newer.
func (p Prioritization) Certified(revision string, last LastRevision, titles map[string]string, now time.Time) (Prioritization, PriorityRevision, error) {
	if p.State != RoundClosed {
		return p, PriorityRevision{}, fault.State("ROUND_NOT_CLOSED", "%s is %s; only a CLOSED round can be certified", p.Name(), p.State)
	}
	if after := last.EffectiveTime.Add(time.Microsecond); last.Sequence > 0 && after.After(now) {
		now = after
	}
	rev := PriorityRevision{
		Organization: p.Organization, Plan: p.Plan, ID: revision, Prioritization: p.ID, Subject: p.Subject,
		EffectiveTime: now, Sequence: last.Sequence + 1,
	}
	for _, t := range p.Tallies {
		rev.Weights = append(rev.Weights, Weight{Item: t.Item, DisplayName: titles[t.Item], WeightPPM: t.WeightPPM, Points: t.Points})
	}
	rev.ContentHash = rev.hash()
	p.State, p.CertifyTime, p.PriorityRev, p.Meta = RoundCertified, now, revision, p.Next(now)
	return p, rev, nil
}

// ItemName is the full name of an item.
func (r PriorityRevision) ItemName(item string) string {
	return ItemName(r.Organization, r.Plan, item)
}

// Says whether the revision's weights are those of tallies.
func (r PriorityRevision) Says(tallies []Tally) bool {
	return slices.EqualFunc(r.Weights, tallies, func(w Weight, t Tally) bool {
		return w.Item == t.Item && w.WeightPPM == t.WeightPPM && w.Points == t.Points
	})
}

// hash is SHA-256 over one line "name<TAB>weight" per item, sorted by name, each ended by a line feed.
func (r PriorityRevision) hash() string {
	var b strings.Builder
	for _, w := range r.Weights {
		fmt.Fprintf(&b, "%s\t%d\n", r.ItemName(w.Item), w.WeightPPM)
	}
	sum := sha256.Sum256([]byte(b.String()))
	return hex.EncodeToString(sum[:])
}
