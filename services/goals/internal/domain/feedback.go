package domain

import (
	"cmp"
	"strings"
	"time"

	"github.com/throughline/throughline/services/platform/fault"
)

// States of feedback.
const (
	FeedbackOpen   = "OPEN"
	FeedbackClosed = "CLOSED"
)

// Feedback is what somebody said, and what came of it.
type Feedback struct {
	Meta
	Organization string
	ID           string
	Source       string
	Text         string
	Goals        []string // names
	District     string
	Group        string // stakeholder group
	Date         Date
	Status       string
	CloseTime    time.Time
	Program      string // name, or ""
	Assignment   string // name, or ""
	ExternalID   string // unique within the organization when set
}

// FeedbackName is the resource name of feedback.
func FeedbackName(organization, id string) string {
	return name("organizations", organization, "feedback", id)
}

// Name is the resource name.
func (f Feedback) Name() string { return FeedbackName(f.Organization, f.ID) }

// NewFeedback is the first version of feedback.
func NewFeedback(f Feedback, now time.Time) Feedback {
	f.Meta, f.CloseTime = Meta{}.Next(now), time.Time{}
	return f.closed(now)
}

// Changed is the next version of f with the fields of next.
func (f Feedback) Changed(next Feedback, now time.Time) Feedback {
	next.Organization, next.ID, next.Meta, next.CloseTime = f.Organization, f.ID, f.Next(now), f.CloseTime
	return next.closed(now)
}

// closed keeps the time of closing with the status.
func (f Feedback) closed(now time.Time) Feedback {
	f.Status = cmp.Or(f.Status, FeedbackOpen)
	switch {
	case f.Status != FeedbackClosed:
		f.CloseTime = time.Time{}
	case f.CloseTime.IsZero():
		f.CloseTime = now
	}
	return f
}

// Check lists what is wrong with f; exists says whether a goal does. at is the path of its fields.
func (f Feedback) Check(at string, exists func(goal string) bool) fault.Violations {
	var v fault.Violations
	required(&v, at+"source", f.Source)
	required(&v, at+"text", f.Text)
	v.Check(f.Date != "" && f.Date.valid(), at+"date", "must be a calendar day")
	for i, goal := range f.Goals {
		v.Check(exists(goal), fieldAt(at+"goals", i), "%q does not exist; name goals of this organization's plans", goal)
	}
	checkOnce(&v, at+"goals", "goal", len(f.Goals), func(i int) string { return f.Goals[i] })
	f.checkLink(&v, at, "program", f.Program)
	f.checkLink(&v, at, "assignment", f.Assignment)
	return v
}

// checkLink refuses what is no name of its kind; whether it exists, its own service knows.
func (f Feedback) checkLink(v *fault.Violations, at, kind, link string) {
	id, ok := strings.CutPrefix(link, name(OrganizationName(f.Organization), kind+"s")+"/")
	v.Check(link == "" || ok && id != "" && !strings.Contains(id, "/"), at+kind,
		"%q is no %s of %s; send its resource name", link, kind, OrganizationName(f.Organization))
}

// FeedbackCount is how much was heard under one key.
type FeedbackCount struct {
	Key      string
	Count    int64
	SharePPM int // of all
}

// FeedbackSummary says who was heard, so that it can be seen who was not.
type FeedbackSummary struct {
	Count                                       int64
	Districts, Groups, Sources, Statuses, Goals []FeedbackCount // by key
	Unheard                                     []string        // stakeholder groups of adopted plans
}

// Summarized fills in the shares, and the groups of adopted plans that nothing was heard from.
func (s FeedbackSummary) Summarized(groups []string) FeedbackSummary {
	heard := map[string]bool{}
	for _, counts := range [][]FeedbackCount{s.Districts, s.Groups, s.Sources, s.Statuses, s.Goals} {
		for i := range counts {
			counts[i].SharePPM = int(counts[i].Count * PPM / s.Count)
		}
	}
	for _, g := range s.Groups {
		heard[g.Key] = true
	}
	for _, g := range groups {
		if !heard[g] {
			heard[g] = true
			s.Unheard = append(s.Unheard, g)
		}
	}
	return s
}
