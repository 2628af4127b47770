package app

import (
	"context"
	"time"

	"github.com/throughline/throughline/services/actionplanning/internal/domain"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/resource"
)

// SyncStaff brings the staff up to what the HR system tells, in one transaction; the same sync again answers its first result.
// A sync that was refused or only tried leaves no record, so its id can be used again.
//
// The work of those who have left by today goes to their managers in the same transaction. Somebody who comes back, even as
// if they had never left, finds their work where it went: the interim assignment and the open proposal stay, and accepting the proposal
// for them gives it back.
func (a *App) SyncStaff(ctx context.Context, s domain.StaffSync) (domain.SyncResult, error) {
	now := a.Now()
	return resource.Write(ctx, a.Store, func(tx Tx) (domain.SyncResult, error) {
		done, found, err := tx.FindSync(s.Organization, s.ID)
		if err != nil {
			return domain.SyncResult{}, err
		}
		if found {
			return done.Replay(s)
		}
		book, err := openStaffBook(tx, s.Organization, now)
		if err != nil {
			return domain.SyncResult{}, err
		}
		result, changed, err := s.Reconcile(book.staff, now)
		if err != nil {
			return result, err
		}
		if result.Reassigned, err = book.write(changed); err != nil {
			return result, err
		}
		return result, tx.RecordSync(s.Done(result, now))
	})
}

// StaffStream is a sync that comes in messages.
type StaffStream struct {
	app    *App
	stream *domain.StaffStream
	key    domain.StaffSync
	done   *domain.SyncRecord // it was done before: nothing is written
}

// OpenStaffStream starts a stream; first is its first message, which Send still has to send.
func (a *App) OpenStaffStream(ctx context.Context, first domain.StaffSync) (*StaffStream, error) {
	out := &StaffStream{app: a, key: first, stream: domain.NewStaffStream(first)}
	return resource.Read(ctx, a.Store, func(tx Tx) (*StaffStream, error) {
		done, found, err := tx.FindSync(first.Organization, first.ID)
		if found {
			out.done = &done
		}
		return out, err
	})
}

// Send writes a message in a transaction of its own.
func (s *StaffStream) Send(ctx context.Context, m domain.StaffSync) error {
	if err := s.stream.Check(m); err != nil {
		return err
	}
	if s.done != nil {
		s.stream.Skip(m.Rows)
		return nil
	}
	now := s.app.Now()
	step, err := resource.Write(ctx, s.app.Store, func(tx Tx) (domain.StreamStep, error) {
		book, err := openStaffBookOf(tx, m.Organization, s.stream.Mentions(m.Rows), now)
		if err != nil {
			return domain.StreamStep{}, err
		}
		step := s.stream.Step(m.Rows, book.staff, now)
		reassigned, err := book.write(step.Changed)
		step.Reassigned(reassigned)
		return step, err
	})
	if err == nil {
		s.stream.Take(step)
	}
	return err
}

// Close ends the stream after its last message and answers the result of all of it.
func (s *StaffStream) Close(ctx context.Context) (domain.SyncResult, error) {
	if s.done != nil {
		return s.stream.Replay(*s.done)
	}
	now := s.app.Now()
	return resource.Write(ctx, s.app.Store, func(tx Tx) (domain.SyncResult, error) {
		done, found, err := tx.FindSync(s.key.Organization, s.key.ID) // another stream of this id may have ended meanwhile
		if err != nil {
			return domain.SyncResult{}, err
		}
		if found {
			return s.stream.Replay(done)
		}
		book, err := openStaffBook(tx, s.key.Organization, now)
		if err != nil {
			return domain.SyncResult{}, err
		}
		record, changed, err := s.stream.Finish(book.staff, now)
		if err != nil {
			return domain.SyncResult{}, err
		}
		reassigned, err := book.write(changed)
		record.Result.Reassigned += reassigned
		if err != nil {
			return record.Result, err
		}
		return record.Result, tx.RecordSync(record)
	})
}

// ErrEmptyStream is of a stream that ended before its first message.
func ErrEmptyStream() error {
	return fault.New(fault.Invalid, "EMPTY_STREAM", "the stream has no message; send one, without rows if there are none")
}

// staffBook is the staff of an organization within a transaction, or as many of them as are looked at, as of today.
type staffBook struct {
	tx    Tx
	now   time.Time
	staff []domain.Employee // as stored
}

// openStaffBook reads the staff, and first does what the days since the last look have brought.
func openStaffBook(tx Tx, organization string, now time.Time) (*staffBook, error) {
	b := &staffBook{tx: tx, now: now}
	err := tx.Staff().Each([]string{organization}, func(e domain.Employee) error {
		b.staff = append(b.staff, e)
		return nil
	})
	if err != nil {
		return nil, err
	}
	_, err = b.write(domain.Due(b.staff, now))
	return b, err
}

// openStaffBookOf is openStaffBook of those with these ids and all above them, which is as much as a message of a stream needs.
func openStaffBookOf(tx Tx, organization string, ids []string, now time.Time) (*staffBook, error) {
	b := &staffBook{tx: tx, now: now}
	due, err := tx.DueStaff(organization, domain.Today(now))
	if err != nil {
		return nil, err
	}
	seen := make(map[string]bool, len(ids))
	for _, e := range due {
		ids = append(ids, e.ID)
	}
	for len(ids) > 0 {
		var next []string
		for _, id := range ids {
			if id != "" && !seen[id] {
				seen[id] = true
				next = append(next, id)
			}
		}
		found, err := tx.Employees(organization, next)
		if err != nil {
			return nil, err
		}
		b.staff, ids = append(b.staff, found...), nil
		for _, e := range found {
			ids = append(ids, e.Managers()...)
		}
	}
	_, err = b.write(domain.Due(b.staff, now))
	return b, err
}

// write saves next versions of employees and hands over the work of those who left by them.
func (b *staffBook) write(changed []domain.Employee) (reassigned int, err error) {
	if len(changed) == 0 {
		return 0, nil
	}
	at := make(map[string]int, len(b.staff)+len(changed))
	for i, e := range b.staff {
		at[e.ID] = i
	}
	var leavers []domain.Employee
	for _, e := range changed {
		i, known := at[e.ID]
		if !known {
			at[e.ID] = len(b.staff)
			b.staff = append(b.staff, e)
			continue
		}
		if e.Status == domain.EmployeeTerminated && b.staff[i].Status != domain.EmployeeTerminated {
			leavers = append(leavers, e)
		}
		b.staff[i] = e
	}
	if err := b.tx.SaveStaff(changed); err != nil {
		return 0, err
	}
	return handOver(b.tx, leavers, func(id string) (domain.Employee, bool) {
		i, ok := at[id]
		if !ok {
			return domain.Employee{}, false
		}
		return b.staff[i], true
	}, b.now)
}

// handOver gives the work of leavers of one organization to their managers.
func handOver(tx Tx, leavers []domain.Employee, staff func(id string) (domain.Employee, bool), now time.Time) (reassigned int, err error) {
	if len(leavers) == 0 {
		return 0, nil
	}
	organization, ids := leavers[0].Organization, make([]string, len(leavers))
	for i, e := range leavers {
		ids[i] = e.ID
	}
	work, err := tx.WorkOf(organization, ids)
	if err != nil {
		return 0, err
	}
	var interims []string
	for _, w := range work {
		if w.Interim {
			interims = append(interims, w.ID)
		}
	}
	held, err := tx.SuccessionsHolding(organization, interims)
	if err != nil {
		return 0, err
	}
	open := make(map[string]domain.Succession, len(held))
	for _, s := range held {
		open[s.Interim] = s
	}
	h := domain.HandOver(leavers, work, open, staff, now)
	for _, w := range h.Removed {
		if err := tx.Assignments().Delete(w); err != nil {
			return 0, err
		}
	}
	for _, assignments := range [][]domain.Assignment{h.Ended, h.Interim} {
		if err := tx.SaveAssignments(assignments); err != nil {
			return 0, err
		}
	}
	for _, proposals := range [][]domain.Succession{h.Opened, h.Moved} {
		if err := tx.SaveSuccessions(proposals); err != nil {
			return 0, err
		}
	}
	return len(h.Interim), nil
}
