package domain

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"slices"
	"strconv"
	"time"

	"github.com/throughline/throughline/services/platform/fault"
)

// SyncMode says what a sync tells.
type SyncMode string

// Modes of a sync.
const (
	SyncDelta SyncMode = "DELTA" // what changed; employees not named stay as they are
	SyncFull  SyncMode = "FULL"  // everybody; employees not named are ended
)

// DefaultTombstonePPM is the share of the staff that a FULL sync may end unless it says otherwise.
const DefaultTombstonePPM = 50_000

// maxErrors is twice the rows of the largest sync.
const maxErrors = 40_000

// StaffSync is what the HR system tells at once.
type StaffSync struct {
	Organization    string
	ID              string
	Mode            SyncMode
	Rows            []StaffRow
	MaxTombstonePPM int // 0 means DefaultTombstonePPM
}

// SyncResult counts what a sync did: Created + Updated + Unchanged + Rejected = rows.
type SyncResult struct {
	Created, Updated, Unchanged, Rejected int
	Terminated                            int // who worked and was ended, named or not
	Reassigned                            int // assignments of leavers that went to their managers
	Errors                                []RowError
}

// SyncRecord is a sync that was done; it never changes.
type SyncRecord struct {
	Organization string
	ID           string
	PayloadHash  string
	Result       SyncResult
	Time         time.Time
}

// Done is the record of a sync.
func (s StaffSync) Done(r SyncResult, now time.Time) SyncRecord {
	return SyncRecord{Organization: s.Organization, ID: s.ID, PayloadHash: s.payloadHash(), Result: r, Time: now}
}

// Replay is the first result for a sync of the same id; another payload under that id is refused.
func (r SyncRecord) Replay(s StaffSync) (SyncResult, error) { return r.replay(s.payloadHash()) }

func (r SyncRecord) replay(payloadHash string) (SyncResult, error) {
	if r.PayloadHash == payloadHash {
		return r.Result, nil
	}
	e := fault.New(fault.Invalid, "SYNC_ID_REUSED", "the sync %q was done before with another payload; send a new sync_id", r.ID)
	e.Violations = fault.Violations{{Field: "sync_id", Detail: "belongs to an earlier, different sync; choose a new one"}}
	return SyncResult{}, e
}

// payloadHash is SHA-256 over everything the sync tells, quoted so that no two syncs read alike.
func (s StaffSync) payloadHash() string {
	p := newPayload(s.Mode, s.MaxTombstonePPM)
	p.add(s.Rows)
	return p.sum()
}

// payload hashes what a sync tells, at once or row by row.
type payload struct{ hash.Hash }

func newPayload(mode SyncMode, maxTombstonePPM int) payload {
	p := payload{sha256.New()}
	fmt.Fprintf(p, "%q %d\n", mode, maxTombstonePPM)
	return p
}

func (p payload) add(rows []StaffRow) {
	for _, r := range rows {
		fmt.Fprintf(p, "%q %q %q %q %q %q %d %q %q %q", r.ExternalID, r.DisplayName, r.Title, r.Department, r.ManagerExternalID,
			r.Position, r.FTEPPM, r.Status, r.WorkerType, r.Subject)
		if len(r.Jobs)+len(r.Leaves) > 0 || r.EndDate != "" { // rows without them hash as they did before there were any
			for _, j := range r.Jobs {
				fmt.Fprintf(p, " job %q %q %q %q %q %d %q %q", j.Key, j.Title, j.Department, j.Position, j.ManagerExternalID, j.FTEPPM, j.StartDate, j.EndDate)
			}
			for _, l := range r.Leaves {
				fmt.Fprintf(p, " leave %q %q", l.StartDate, l.EndDate)
			}
			fmt.Fprintf(p, " end %q", r.EndDate)
		}
		_, _ = p.Write([]byte{'\n'}) // a hash takes everything
	}
}

func (p payload) sum() string { return hex.EncodeToString(p.Sum(nil)) }

// Reconcile compares the sync with all the staff stored and returns its result with the next version of every employee that
// it creates, changes or ends: those of the rows first, in their order.
//
//   - A bad row is refused with all that is wrong with it and leaves its employee as they are. Every row of a repeated
//     external_id is refused: nobody knows which is right.
//   - A TERMINATED row ends a known employee and only that: its other values are not looked at. About somebody unknown it
//     is a row like any other.
//   - A manager must be known: stored, in any status, or on a good row. A refused row whose employee is stored therefore
//     takes no reports down with it; one whose employee is new does.
//   - Every row of this sync that takes part in a cycle of managers is refused.
//   - FULL mode ends the stored employees whom no row names, refused rows included. If any row lacks a readable external_id,
//     nobody is ended for want of a row, for that row may have meant them.
//
// A FULL sync that ends more than MaxTombstonePPM of those who work is a fault of reason TOO_MANY_TOMBSTONES.
func (s StaffSync) Reconcile(stored []Employee, now time.Time) (SyncResult, []Employee, error) {
	r := newRoster(s, stored, Today(now))
	r.read()
	r.settleManagers()
	result, changed := r.tell(now)
	if s.Mode == SyncFull {
		if err := checkTombstones(s.MaxTombstonePPM, result.Terminated, stored); err != nil {
			return SyncResult{}, nil, err
		}
	}
	return result, changed, nil
}

// checkTombstones refuses to end more than the limit of those who work.
func checkTombstones(limit, ended int, stored []Employee) error {
	working := 0
	for _, e := range stored {
		if e.Status != EmployeeTerminated {
			working++
		}
	}
	if limit == 0 {
		limit = DefaultTombstonePPM
	}
	if ended == 0 || int64(ended)*PPM <= int64(limit)*int64(working) {
		return nil
	}
	needed := (int64(ended)*PPM + int64(working) - 1) / int64(working)
	return fault.State("TOO_MANY_TOMBSTONES",
		"the sync would end %d of %d employees (%d ppm), more than the %d ppm allowed, and nothing was written; check that it names everybody, "+
			"or send max_tombstone_ppm of at least %d if they are really gone", ended, working, needed, limit, needed).
		With("terminated", strconv.Itoa(ended)).With("staff", strconv.Itoa(working)).With("max_tombstone_ppm", strconv.Itoa(limit))
}

// tell counts and lists what the settled roster changes.
func (r *roster) tell(now time.Time) (SyncResult, []Employee) {
	var out SyncResult
	var changed []Employee
	for _, p := range r.rowPerson {
		if p != nobody && r.people[p].waiting {
			continue
		}
		if p == nobody || r.people[p].refused {
			out.Rejected++
			continue
		}
		before, told := r.people[p].before, r.people[p].told
		if before == nil {
			told.Meta = Meta{}.Next(now)
			changed = append(changed, told)
			out.Created++
			continue
		}
		next, ok := before.with(told, now)
		if !ok {
			out.Unchanged++
			continue
		}
		changed = append(changed, next)
		out.Updated++
		if before.Status != EmployeeTerminated && next.Status == EmployeeTerminated {
			out.Terminated++
		}
	}
	for i := range r.people {
		p := &r.people[i]
		if r.sync.Mode != SyncFull || r.unreadable || p.named || p.before == nil || p.before.Status == EmployeeTerminated || !r.stream.ends(p.before.ID) {
			continue
		}
		gone := p.before.ended("", r.today)
		gone.Meta = gone.Next(now)
		changed = append(changed, gone)
		out.Terminated++
	}
	out.Errors = r.reasons()
	return out, changed
}

// reasons are the errors by row. So that the answer stays below the size of a message, each row keeps only its first if there are
// more than maxErrors.
func (r *roster) reasons() []RowError {
	slices.SortStableFunc(r.errors, func(a, b RowError) int { return a.Row - b.Row })
	if len(r.errors) <= maxErrors {
		return r.errors
	}
	return slices.CompactFunc(r.errors, func(a, b RowError) bool { return a.Row == b.Row })
}
