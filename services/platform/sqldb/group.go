package sqldb

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"

	"zombiezen.com/go/sqlite"
)

// maxGroup bounds the closures of one commit, and so how long the first of them waits.
const maxGroup = 256

var (
	errExited = errors.New("a write closure ended its goroutine (runtime.Goexit); its group was rolled back")
	errEnded  = errors.New("a write closure ended the transaction by a statement of its own")
)

// job is one Write waiting for its turn.
type job struct {
	fn    func(Tx) error
	taken atomic.Bool // by the writer, or by the caller who gives up
	err   error
	done  chan struct{}
}

// writer owns the one connection that writes. It runs the closures that wait as savepoints of one transaction, commits
// once, and only then answers them: the cost of a durable commit is shared by all.
type writer struct {
	conn  *conn
	queue chan *job
	stop  chan struct{} // closed to end the loop
	ended chan struct{} // closed when the loop has ended
	group []*job        // the closures started since BEGIN
}

func newWriter(c *conn) *writer {
	w := &writer{conn: c, queue: make(chan *job, maxGroup), stop: make(chan struct{}), ended: make(chan struct{})}
	go w.loop()
	return w
}

func (w *writer) write(ctx context.Context, fn func(Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	j := &job{fn: fn, done: make(chan struct{})}
	select {
	case w.queue <- j:
	case <-ctx.Done():
		return ctx.Err()
	case <-w.stop:
		return ErrClosed
	}
	select {
	case <-j.done:
		return j.err
	case <-w.ended:
	case <-ctx.Done():
	}
	if j.taken.CompareAndSwap(false, true) { // it never ran
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return ErrClosed
	}
	<-j.done
	return j.err
}

func (w *writer) loop() {
	returned := false
	defer func() {
		if returned {
			close(w.ended)
			return
		}
		_ = w.conn.rollback()
		w.answerAll(errExited)
		go w.loop()
	}()
	for {
		select {
		case <-w.stop:
			returned = true
			return
		case j := <-w.queue:
			w.commitGroup(j)
		}
	}
}

// next is a closure that waits, or nil when none does or the group is full.
func (w *writer) next() *job {
	for len(w.group) < maxGroup {
		select {
		case j := <-w.queue:
			if j.taken.CompareAndSwap(false, true) {
				return j
			}
		default:
			return nil
		}
	}
	return nil
}

// commitGroup runs first and every closure that waits, commits, and answers them all.
func (w *writer) commitGroup(first *job) {
	w.group = w.group[:0]
	if !first.taken.CompareAndSwap(false, true) {
		return
	}
	if err := w.conn.exec("BEGIN IMMEDIATE"); err != nil {
		for j := first; j != nil; j = w.next() { // all at once: each would wait in vain for the same lock
			w.group = append(w.group, j)
		}
		w.answerAll(fmt.Errorf("begin: %w", err))
		return
	}
	for j := first; j != nil; j = w.next() {
		w.group = append(w.group, j)
		w.savepoint(j)
		if !w.conn.inTx() {
			// The engine rolled back everything (full disk, failing device). This closure keeps its error; every other,
			// failed ones included since they may have failed because of rows that are now gone, runs again alone.
			w.rerun(j)
			return
		}
	}
	err := w.conn.exec("COMMIT")
	if err == nil {
		for _, j := range w.group {
			close(j.done)
		}
		return
	}
	err = errors.Join(fmt.Errorf("commit: %w", err), w.conn.rollback())
	if sqlite.ErrCode(err).ToPrimary() == sqlite.ResultConstraint {
		w.rerun(nil) // a deferred constraint: find out whose
		return
	}
	w.answerAll(err)
}

// savepoint runs one closure so that its failure undoes only its own changes.
func (w *writer) savepoint(j *job) {
	if j.err = w.conn.exec("SAVEPOINT closure"); j.err == nil {
		j.err = w.call(j.fn)
	}
	if !w.conn.inTx() {
		if j.err == nil {
			j.err = errEnded
		}
		return
	}
	if j.err != nil {
		if err := w.conn.exec("ROLLBACK TO closure"); err != nil {
			j.err = errors.Join(j.err, err, w.conn.rollback())
			return
		}
	}
	if err := w.conn.exec("RELEASE closure"); err != nil {
		j.err = errors.Join(j.err, err, w.conn.rollback())
	}
}

// rerun gives every closure of the group but the culprit a transaction of its own, then answers them all.
func (w *writer) rerun(culprit *job) {
	for _, j := range slices.Clone(w.group) {
		if j != culprit {
			j.err = w.alone(j.fn)
		}
	}
	for _, j := range w.group {
		close(j.done)
	}
}

func (w *writer) alone(fn func(Tx) error) error {
	if err := w.conn.exec("BEGIN IMMEDIATE"); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	err := w.call(fn)
	if err == nil {
		if err = w.conn.exec("COMMIT"); err == nil {
			return nil
		}
		err = fmt.Errorf("commit: %w", err)
	}
	return errors.Join(err, w.conn.rollback())
}

// call runs fn; a closure that swallowed a statement's error fails with it all the same.
func (w *writer) call(fn func(Tx) error) error {
	t := &tx{conn: w.conn}
	err := invoke(fn, t)
	if err == nil {
		err = t.failed
	}
	return err
}

func (w *writer) answerAll(err error) {
	for _, j := range w.group {
		j.err = err
		close(j.done)
	}
}

// close ends the loop after the group that is running.
func (w *writer) close() error {
	close(w.stop)
	<-w.ended
	return w.conn.close()
}
