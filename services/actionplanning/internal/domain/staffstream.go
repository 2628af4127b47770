package domain

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/throughline/throughline/services/platform/fault"
)

// StaffStream is a sync that comes in messages, each of which writes its good rows at once. Where the messages end, and
// where an earlier attempt at the same stream broke off, makes no difference to the staff in the end:
//
//   - Rows count in the order sent. Of several rows with one external_id the first counts, and the others are refused.
//   - A row whose manager is not known yet, or would come to stand above themselves, waits until rows after it have mended that; what
//     still waits after the last message is refused.
//   - A FULL stream ends nobody before its last message: neither who is not named nor whom a row ends.
type StaffStream struct {
	organization, id string
	mode             SyncMode
	maxTombstonePPM  int
	received         int
	payload          payload
	named            map[string]bool // employee ids
	unreadable       bool
	waiting          []numberedRow
	result           SyncResult
}

// numberedRow is a row with its position in the stream, from 0.
type numberedRow struct {
	StaffRow
	at int
}

// NewStaffStream is a stream of which nothing has come; s has no rows yet.
func NewStaffStream(s StaffSync) *StaffStream {
	return &StaffStream{
		organization: s.Organization, id: s.ID, mode: s.Mode, maxTombstonePPM: s.MaxTombstonePPM,
		payload: newPayload(s.Mode, s.MaxTombstonePPM), named: map[string]bool{},
	}
}

// Check refuses a message that is not of this stream.
func (s *StaffStream) Check(m StaffSync) error {
	var v fault.Violations
	v.Check(m.Organization == s.organization, "parent", "must be that of the first message, organizations/%s", s.organization)
	v.Check(m.ID == s.id, "sync_id", "must be that of the first message, %s", s.id)
	v.Check(m.Mode == s.mode, "mode", "must be that of the first message, %s", s.mode)
	v.Check(m.MaxTombstonePPM == s.maxTombstonePPM, "max_tombstone_ppm", "must be that of the first message, %d", s.maxTombstonePPM)
	return v.Err()
}

// Replay is the first result if the stream, now whole, was done before; another payload under its id is refused.
func (s *StaffStream) Replay(done SyncRecord) (SyncResult, error) {
	return done.replay(s.payload.sum())
}

// Skip takes rows in without looking at them: of a stream that was done before.
func (s *StaffStream) Skip(rows []StaffRow) { s.payload.add(rows) }

// Mentions are the ids of the employees whom a message and what waits are about or name as managers, each once.
func (s *StaffStream) Mentions(rows []StaffRow) []string {
	ids := map[string]bool{}
	mention := func(r StaffRow) {
		ids[EmployeeID(r.ExternalID)] = true
		ids[EmployeeID(r.ManagerExternalID)] = true
		for _, j := range r.Jobs {
			ids[EmployeeID(j.ManagerExternalID)] = true
		}
	}
	for _, r := range rows {
		mention(r)
	}
	for _, r := range s.waiting {
		mention(r.StaffRow)
	}
	return slices.Sorted(maps.Keys(ids))
}

// StreamStep is what one message changes.
type StreamStep struct {
	Changed []Employee // next versions of employees

	rows       []StaffRow
	named      []string
	unreadable bool
	waiting    []numberedRow
	result     SyncResult
}

// Step works out what a message changes in the stored staff, at least those mentioned and all above them; the stream itself stays as it is until Take.
func (s *StaffStream) Step(rows []StaffRow, stored []Employee, now time.Time) StreamStep {
	all := slices.Clone(s.waiting)
	for i, r := range rows {
		all = append(all, numberedRow{r, s.received + i})
	}
	step := s.run(all, stored, now, false)
	step.rows = rows
	return step
}

// Take adds a step that was written.
func (s *StaffStream) Take(step StreamStep) {
	s.payload.add(step.rows)
	s.received += len(step.rows)
	for _, id := range step.named {
		s.named[id] = true
	}
	s.unreadable, s.waiting = step.unreadable, step.waiting
	s.result.add(step.result)
}

// Finish works out what the end of the stream changes, and the record of it all.
func (s *StaffStream) Finish(stored []Employee, now time.Time) (SyncRecord, []Employee, error) {
	step := s.run(s.waiting, stored, now, true)
	if s.mode == SyncFull {
		if err := checkTombstones(s.maxTombstonePPM, step.result.Terminated, stored); err != nil {
			return SyncRecord{}, nil, err
		}
	}
	result := s.result
	result.Errors = slices.Clone(result.Errors)
	result.add(step.result)
	return SyncRecord{Organization: s.organization, ID: s.id, PayloadHash: s.payload.sum(), Result: result, Time: now}, step.Changed, nil
}

// Reassigned counts work that changed hands by a step or at the end.
func (p *StreamStep) Reassigned(n int) { p.result.Reassigned += n }

// add counts what one more step did; errors stay in the order of rows.
func (r *SyncResult) add(o SyncResult) {
	r.Created += o.Created
	r.Updated += o.Updated
	r.Unchanged += o.Unchanged
	r.Rejected += o.Rejected
	r.Terminated += o.Terminated
	r.Reassigned += o.Reassigned
	room := max(0, maxErrors-len(r.Errors))
	r.Errors = append(r.Errors, o.Errors[:min(room, len(o.Errors))]...)
	slices.SortStableFunc(r.Errors, func(a, b RowError) int { return a.Row - b.Row })
}

func (s *StaffStream) run(rows []numberedRow, stored []Employee, now time.Time, last bool) StreamStep {
	slices.SortStableFunc(rows, func(a, b numberedRow) int { return cmp.Compare(a.at, b.at) })
	sync := StaffSync{Organization: s.organization, ID: s.id, Mode: s.mode, Rows: make([]StaffRow, len(rows))}
	for i, row := range rows {
		sync.Rows[i] = row.StaffRow
	}
	r := newRoster(sync, stored, Today(now))
	r.unreadable = s.unreadable
	r.stream = &streaming{carried: len(s.waiting), named: s.named, last: last, blocked: map[string][]int{}}
	r.read()
	r.settleInOrder()
	step := StreamStep{unreadable: r.unreadable}
	step.result, step.Changed = r.tell(now)
	for i := range step.result.Errors {
		e := &step.result.Errors[i]
		e.Row = rows[e.Row].at
	}
	for i, p := range r.rowPerson {
		if p == nobody {
			continue
		}
		if step.named = append(step.named, EmployeeID(rows[i].ExternalID)); r.people[p].waiting {
			step.waiting = append(step.waiting, rows[i])
		}
	}
	return step
}

// streaming is what a roster has to know when its rows are not all there are.
type streaming struct {
	carried int              // the first rows are of earlier messages
	named   map[string]bool  // by rows of earlier messages, those carried too
	last    bool             // nothing more will come
	blocked map[string][]int // whose rows wait for a change of the employee with this id
}

// repeats says whether row i is about somebody whom a row before it named.
func (s *streaming) repeats(i int, id string, who *person) bool {
	return s != nil && i >= s.carried && (who.named || s.named[id])
}

// ends says whether somebody whom no row here names is named by none at all.
func (s *streaming) ends(id string) bool { return s == nil || (s.last && !s.named[id]) }

// settleInOrder takes the rows one after another. What cannot be taken yet waits, and is tried again as soon as somebody whom it
// waits for has changed: so it does not matter how many rows come at once.
func (r *roster) settleInOrder() {
	var order []int
	for _, p := range r.rowPerson {
		if p != nobody && r.taken(p) {
			r.people[p].waiting = true
			order = append(order, p)
		}
	}
	for _, p := range order {
		if r.holdsEnding(p) {
			continue
		}
		ready := []int{p}
		for len(ready) > 0 {
			q := ready[0]
			ready = ready[1:]
			if !r.people[q].waiting || !r.take(q) {
				continue
			}
			id := r.idOf(q)
			woken := r.stream.blocked[id]
			delete(r.stream.blocked, id)
			ready = append(ready, woken...)
			slices.SortFunc(ready, func(a, b int) int { return cmp.Compare(r.people[a].row, r.people[b].row) })
			ready = slices.Compact(ready)
		}
	}
	if !r.stream.last {
		return
	}
	for _, p := range order {
		who := &r.people[p]
		if o := r.obstacle(p); who.waiting && o != nil {
			r.problem(who.row)(o.field, o.reason, "%s", o.message)
		}
		who.refused = who.waiting
	}
	for _, p := range order {
		r.people[p].waiting = false
	}
}

// holdsEnding says whether p's row ends them in a FULL stream that is not over.
func (r *roster) holdsEnding(p int) bool {
	who := &r.people[p]
	return r.sync.Mode == SyncFull && !r.stream.last && who.before != nil && who.before.Status != EmployeeTerminated && who.told.Status == EmployeeTerminated
}

func (r *roster) idOf(p int) string {
	if b := r.people[p].before; b != nil {
		return b.ID
	}
	return r.people[p].told.ID
}

// take takes p's row if nothing stands in its way; else it notes for whom the row waits.
func (r *roster) take(p int) bool {
	o := r.obstacle(p)
	if o == nil {
		r.people[p].waiting = false
		return true
	}
	for _, id := range o.ids {
		r.stream.blocked[id] = append(r.stream.blocked[id], p)
	}
	return false
}

// obstacle is why a row cannot be taken yet.
type obstacle struct {
	ids                    []string // of whom a change could remove it
	field, reason, message string
}

// obstacle is nil if p's managers are known and p is above none of them.
func (r *roster) obstacle(p int) *obstacle {
	if id, field, key := r.stranger(p); id != "" {
		return &obstacle{[]string{id}, field, reasonUnknownManager, fmt.Sprintf(unknownManager, key)}
	}
	var above []int
	seen := map[int]bool{}
	m, _ := r.named(r.people[p].told.Manager)
	if r.people[p].told.Manager == r.people[p].told.ID {
		m = p // whom nobody else knows yet if they are new
	}
	for ; m != nobody && !seen[m]; m, _ = r.managerOf(m) {
		if above, seen[m] = append(above, m), true; m != p {
			continue
		}
		o := &obstacle{field: "manager_external_id", reason: reasonManagerCycle, message: fmt.Sprintf(managerCycle, r.chain(above))}
		for _, q := range above {
			o.ids = append(o.ids, r.idOf(q))
		}
		return o
	}
	return nil
}
