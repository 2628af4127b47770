package domain

import (
	"fmt"
	"slices"
	"strings"
)

// nobody is the index of no person.
const nobody = -1

// roster is everybody whom a sync or the store knows, while a sync is being read.
type roster struct {
	sync       StaffSync
	today      Date
	people     []person // the stored ones first
	byID       map[string]int
	rowPerson  []int // who each row is about, or nobody
	unreadable bool  // some row does not say whom it is about
	errors     []RowError
	stream     *streaming // nil: all rows are here
}

// person is one employee before the sync and as a row tells of them.
type person struct {
	before  *Employee // as stored; nil: not known before
	told    Employee  // what the row tells; only if row is set
	row     int       // first row about them, or nobody
	named   bool
	twice   bool // by more than one row
	refused bool // their rows are not written
	waiting bool // of a stream: their row is not written yet
}

func newRoster(s StaffSync, stored []Employee, today Date) *roster {
	size := len(stored) + len(s.Rows)
	r := &roster{
		sync: s, today: today, people: make([]person, len(stored), size), byID: make(map[string]int, size), rowPerson: make([]int, len(s.Rows)),
	}
	for i := range stored {
		r.people[i] = person{before: &stored[i], row: nobody}
		r.byID[stored[i].ID] = i
	}
	return r
}

// read takes in the rows and refuses those that are wrong in themselves.
func (r *roster) read() {
	for i, row := range r.sync.Rows {
		bad := r.problem(i)
		r.rowPerson[i] = nobody
		if !row.checkKey(bad) {
			r.unreadable = true
			row.check(bad)
			continue
		}
		p := r.about(row.ExternalID)
		who := &r.people[p]
		if r.stream.repeats(i, EmployeeID(row.ExternalID), who) {
			bad("external_id", reasonDuplicate, "was sent before in this stream; send each employee once")
			row.check(bad)
			continue
		}
		r.rowPerson[i] = p
		if who.named {
			bad("external_id", reasonDuplicate, "is on row %d too; send each employee once", who.row)
			if !who.twice {
				r.problem(who.row)("external_id", reasonDuplicate, "is on row %d too; send each employee once", i)
			}
			who.twice, who.refused = true, true
			row.check(bad)
			continue
		}
		who.named, who.row = true, i
		if row.Status == EmployeeTerminated && who.before != nil && (row.EndDate == "" || row.EndDate.valid()) {
			who.told = who.before.ended(row.EndDate, r.today)
			continue
		}
		wrong := len(r.errors)
		row.check(bad)
		who.refused = len(r.errors) > wrong
		who.told = row.employee(r.sync.Organization, r.today)
	}
}

// about is the person with this HR key, made if unknown.
func (r *roster) about(externalID string) int {
	id := EmployeeID(externalID)
	p, ok := r.byID[id]
	if !ok {
		p = len(r.people)
		r.people = append(r.people, person{row: nobody})
		r.byID[id] = p
	}
	return p
}

func (r *roster) problem(row int) problem {
	return func(field, reason, format string, args ...any) {
		r.errors = append(r.errors, RowError{
			Row: row, ExternalID: clip(r.sync.Rows[row].ExternalID), Field: field, Reason: reason, Message: fmt.Sprintf(format, args...),
		})
	}
}

// taken says whether a row about p is to be written.
func (r *roster) taken(p int) bool {
	who := &r.people[p]
	return who.row != nobody && !who.refused && !who.waiting
}

// managerOf is whom p reports to once the rows taken so far are written; known is false when that is nobody's id.
func (r *roster) managerOf(p int) (manager int, known bool) {
	who, id := &r.people[p], ""
	switch {
	case r.taken(p):
		id = who.told.Manager
	case who.before != nil:
		id = who.before.Manager
	}
	return r.named(id)
}

// named is the person with this id, nobody for ""; known is false when nobody has it, once the rows taken so far are written.
func (r *roster) named(id string) (p int, known bool) {
	if id == "" {
		return nobody, true
	}
	p, ok := r.byID[id]
	if !ok || (r.people[p].before == nil && !r.taken(p)) {
		return nobody, false
	}
	return p, true
}

// stranger is the first of p's managers, in any job, whom nobody knows, and the field and key by which the row names them.
func (r *roster) stranger(p int) (id, field, key string) {
	who := &r.people[p]
	for i, id := range who.told.managers() {
		if _, known := r.named(id); known || id == who.told.ID {
			continue
		}
		if len(who.told.Jobs) == 0 {
			return id, "manager_external_id", r.sync.Rows[who.row].ManagerExternalID
		}
		key := who.told.Jobs[i].ManagerExternalID
		sent := slices.IndexFunc(r.sync.Rows[who.row].Jobs, func(j Job) bool { return j.ManagerExternalID == key })
		return id, fmt.Sprintf("jobs[%d].manager_external_id", max(sent, 0)), key
	}
	return "", "", ""
}

const (
	unknownManager = "%s is neither known nor on a good row of this sync; send them too, or leave it empty"
	managerCycle   = "makes a cycle of managers (%s); correct one of them"
)

// settleManagers refuses rows until every manager is known and nobody is above themselves. Refusing a row puts its employee back
// under their stored manager, or out of reach if they are new, so each refusal has the employee and their reports looked at
// again. Without refusals everybody is passed once, and nobody is refused twice, so it ends. Cycles are looked for among the managers of
// today. The order does not matter: everybody
// has one manager, so cycles share nobody, and refusing the rows of one leaves the others as they are.
func (r *roster) settleManagers() {
	reports := make(map[int][]int, len(r.sync.Rows)/8)
	queue := make([]int, 0, len(r.sync.Rows))
	for p := range r.people {
		if !r.taken(p) {
			continue
		}
		for _, id := range r.people[p].told.managers() {
			if m, ok := r.byID[id]; ok {
				reports[m] = append(reports[m], p)
			}
		}
		queue = append(queue, p)
	}
	up := newWalk(len(r.people))
	refuse := func(p int, field, reason, format string, args ...any) {
		r.problem(r.people[p].row)(field, reason, format, args...)
		r.people[p].refused = true
		queue = append(append(queue, p), reports[p]...)
		up.forget(p)
	}
	for len(queue) > 0 {
		p := queue[0]
		queue = queue[1:]
		if r.taken(p) {
			if id, field, key := r.stranger(p); id != "" {
				refuse(p, field, reasonUnknownManager, unknownManager, key)
				continue
			}
		}
		cycle := up.from(p, r.managerOf)
		chain := r.chain(cycle)
		for _, q := range cycle {
			if r.taken(q) {
				refuse(q, "manager_external_id", reasonManagerCycle, managerCycle, chain)
			}
		}
	}
}

// chain prints a cycle by its HR keys from the first of them on, a long one in part.
func (r *roster) chain(cycle []int) string {
	const most = 6
	if len(cycle) == 0 {
		return ""
	}
	var keys []string
	first := 0
	for i, p := range cycle {
		keys = append(keys, r.key(p))
		if keys[i] < keys[first] {
			first = i
		}
	}
	keys = slices.Concat(keys[first:], keys[:first])
	end := keys[0]
	if len(keys) > most {
		keys = append(keys[:most], "…")
	}
	return strings.Join(append(keys, end), " > ")
}

func (r *roster) key(p int) string {
	if r.people[p].before != nil {
		return r.people[p].before.ExternalID
	}
	return r.people[p].told.ExternalID
}

// walk climbs from people to their managers, and spares itself ways that led to the top before.
type walk struct {
	number  int   // of the climb under way
	climbed []int // climb that last met each person
	epoch   int
	cleared []int // epoch in which the way up from each person was seen to end
}

func newWalk(n int) *walk { return &walk{epoch: 1, climbed: make([]int, n), cleared: make([]int, n)} }

// forget is for when p's manager has changed. Whoever was cleared by a way through p was cleared together with p.
func (w *walk) forget(p int) {
	if w.cleared[p] == w.epoch {
		w.epoch++
	}
}

// from climbs from p; it returns the cycle that it ran into, or nil.
func (w *walk) from(p int, managerOf func(int) (int, bool)) []int {
	w.number++
	var path []int
	for p != nobody && w.cleared[p] != w.epoch {
		if w.climbed[p] == w.number {
			for i, q := range path {
				if q == p {
					return path[i:]
				}
			}
		}
		w.climbed[p] = w.number
		path = append(path, p)
		p, _ = managerOf(p)
	}
	for _, q := range path {
		w.cleared[q] = w.epoch
	}
	return nil
}
