package domain

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"github.com/throughline/throughline/services/platform/fault"
)

// SuccessionState says where a proposal stands.
type SuccessionState string

// States of a proposal.
const (
	SuccessionOpen     SuccessionState = "OPEN"
	SuccessionAccepted SuccessionState = "ACCEPTED"
	SuccessionDeclined SuccessionState = "DECLINED"
)

// Candidate is somebody who could take a leaver's work.
type Candidate struct {
	Employee       string // id
	DisplayName    string
	SameDepartment bool
	SameTitle      bool
	FreePPM        int // left on the tightest day of the work
}

// Succession proposes who could take the work of a leaver. While it is open, its candidates are worked out when it is read; once decided
// they are those of that moment.
type Succession struct {
	Meta
	Organization string
	ID           string
	Leaver       string     // employee id
	Department   string     // of the leaver, when they left
	Title        string     // of the leaver, when they left
	Ended        string     // id of the assignment that ended
	Interim      string     // id of the assignment that holds the work, or ""
	Work         Assignment // what there is to do, from when the leaver's part ended; nobody's, and without an id
	Candidates   []Candidate
	State        SuccessionState
	Successor    string // employee id, or ""
	DecidedBy    string
	Reason       string
}

// SuccessionName is the resource name of a proposal.
func SuccessionName(organization, id string) string {
	return name("organizations", organization, "successionProposals", id)
}

// Name is the resource name.
func (s Succession) Name() string { return SuccessionName(s.Organization, s.ID) }

// Handover is what becomes of leavers' work: nothing of it is lost, and none is left with them.
type Handover struct {
	Ended   []Assignment // next versions: until the leaver's last day
	Removed []Assignment // that the leaver had not begun by then
	Interim []Assignment // of their managers
	Opened  []Succession // one for each assignment that was the leaver's own
	Moved   []Succession // next versions of open ones whose interim owner left
}

// HandOver gives the work of leavers to the nearest of their managers who works. work are the leavers' assignments; open are the
// open proposals by the id of their interim assignment; staff finds an employee by id as of today. Ids are worked out from what
// happens, so that the same happening again is the same.
func HandOver(leavers []Employee, work []Assignment, open map[string]Succession, staff func(id string) (Employee, bool), now time.Time) Handover {
	var h Handover
	today := Today(now)
	for _, leaver := range leavers {
		owner := workingManager(leaver, staff)
		for _, a := range work {
			if a.Employee == leaver.ID && a.openFor(leaver, today) {
				h.hand(leaver, owner, a, open, now)
			}
		}
	}
	return h
}

// last is the last day of somebody who has left by today.
func (e Employee) last(today Date) Date { return cmp.Or(e.EndDate, today.Add(0, -1)) }

// openFor says whether any of the work lies after both the leaver's last day and yesterday: what lies before is history.
func (a Assignment) openFor(leaver Employee, today Date) bool {
	return a.EndDate == "" || a.EndDate >= max(leaver.last(today).Next(), today)
}

// workingManager is the nearest manager up the chain who works today; nil if there is none.
func workingManager(e Employee, staff func(id string) (Employee, bool)) *Employee {
	seen := map[string]bool{e.ID: true}
	for id := e.Manager; id != "" && !seen[id]; {
		m, ok := staff(id)
		if !ok {
			return nil
		}
		if m.Status == EmployeeActive {
			return &m
		}
		seen[id] = true
		id = m.Manager
	}
	return nil
}

func (h *Handover) hand(leaver Employee, owner *Employee, a Assignment, open map[string]Succession, now time.Time) {
	today := Today(now)
	last := leaver.last(today)
	rest := a
	rest.Meta, rest.ID, rest.Employee, rest.Interim, rest.OverAllocated = Meta{}, "", "", false, false
	rest.StartDate = max(last.Next(), today, a.StartDate)
	proposal, held := open[a.ID]
	if held {
		proposal.Meta = proposal.Next(now)
		proposal.Work.StartDate, proposal.Work.EndDate = rest.StartDate, rest.EndDate
	} else {
		proposal = Succession{
			Meta: Meta{}.Next(now), Organization: a.Organization, ID: derivedID("s", a.ID, strconv.FormatInt(a.Version, 10)), Leaver: leaver.ID,
			Department: leaver.Department, Title: leaver.Title, Ended: a.ID, Work: rest, State: SuccessionOpen,
		}
	}
	if a.StartDate > last {
		h.Removed = append(h.Removed, a)
	} else {
		a.EndDate, a.Meta = last, a.Next(now)
		h.Ended = append(h.Ended, a)
	}
	proposal.Interim = ""
	if owner != nil {
		interim := rest
		interim.Meta, interim.Employee, interim.Interim = Meta{}.Next(now), owner.ID, true
		interim.ID = derivedID("i", proposal.ID, owner.ID, string(interim.StartDate))
		proposal.Interim = interim.ID
		h.Interim = append(h.Interim, interim)
	}
	if held {
		h.Moved = append(h.Moved, proposal)
	} else {
		h.Opened = append(h.Opened, proposal)
	}
}

// derivedID is a resource id that follows from the parts.
func derivedID(prefix string, parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "/")))
	return prefix + hex.EncodeToString(sum[:])[:20]
}

func (s Succession) decidable() error {
	if s.State == SuccessionOpen {
		return nil
	}
	return fault.State("SUCCESSION_DECIDED", "%s is %s already; change the assignment itself instead", s.Name(), s.State)
}

// Accepted is how work goes to a successor.
type Accepted struct {
	Proposal Succession
	New      *Assignment // the successor's; nil when they hold the work as its interim owner already
	Ended    *Assignment // next version of the interim assignment, when it ends or is no longer interim
	Removed  *Assignment // the interim assignment, when it had not begun
}

// Accept gives the work to a successor from today on, or from when it starts. interim is the interim assignment as it is now; nil if there
// is none. id is that of the successor's assignment.
func (s Succession) Accept(successor Employee, interim *Assignment, id, by string, now time.Time) (Accepted, error) {
	out := Accepted{Proposal: s}
	if err := s.decidable(); err != nil {
		return out, err
	}
	if err := successor.Assignable(); err != nil {
		return out, err
	}
	today, work := Today(now), s.Work
	if interim != nil {
		work = *interim
	}
	if work.EndDate != "" && work.EndDate < today {
		return out, fault.State("WORK_OVER", "the work of %s ended on %s; decline it, or move the end of %s first", s.Name(), work.EndDate, s.ObjectiveName())
	}
	out.Proposal.State, out.Proposal.Successor, out.Proposal.DecidedBy, out.Proposal.Meta = SuccessionAccepted, successor.ID, by, s.Next(now)
	if interim != nil && interim.Employee == successor.ID {
		kept := *interim
		kept.Interim, kept.Meta = false, kept.Next(now)
		out.Ended = &kept
		return out, nil
	}
	next := work
	next.Meta, next.ID, next.Employee, next.Interim, next.OverAllocated = Meta{}.Next(now), id, successor.ID, false, false
	next.StartDate = max(work.StartDate, today)
	out.New = &next
	if interim == nil {
		return out, next.check()
	}
	if interim.StartDate >= next.StartDate {
		out.Removed = interim
		return out, next.check()
	}
	ended := *interim
	ended.EndDate, ended.Meta = next.StartDate.Add(0, -1), ended.Next(now)
	out.Ended = &ended
	return out, next.check()
}

// Decline leaves the work with its interim owner, whose own it becomes; interim is nil if there is none.
func (s Succession) Decline(interim *Assignment, reason, by string, now time.Time) (Succession, *Assignment, error) {
	if err := s.decidable(); err != nil {
		return s, nil, err
	}
	var v fault.Violations
	required(&v, "reason", reason)
	if err := v.Err(); err != nil {
		return s, nil, err
	}
	s.State, s.Reason, s.DecidedBy, s.Meta = SuccessionDeclined, reason, by, s.Next(now)
	if interim == nil || !interim.Interim {
		return s, nil, nil
	}
	kept := *interim
	kept.Interim, kept.Meta = false, kept.Next(now)
	return s, &kept, nil
}

// ObjectiveName is the name of what the work is on.
func (s Succession) ObjectiveName() string { return s.Work.ObjectiveName() }
