package outbox_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/throughline/throughline/services/platform/outbox"
	"github.com/throughline/throughline/services/platform/sqldb"
	"github.com/throughline/throughline/services/platform/sqldb/sqldbtest"
)

// seen is what a reader who went on behind position after sees: the ids, the last position, and the organization's revision.
func seen(t *testing.T, db sqldb.DB, after int64) (ids string, last int64, revision string) {
	t.Helper()
	err := db.Read(t.Context(), func(tx sqldb.Tx) error {
		events, err := outbox.Changes(tx, "springfield", after, 1000)
		if err != nil {
			return err
		}
		all := make([]string, len(events))
		last = after
		for i, e := range events {
			all[i], last = e.ID, e.Position
		}
		ids = strings.Join(all, " ")
		revision, err = outbox.Revision(tx, "springfield")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return ids, last, revision
}

// started is a Write that has appended an event and waits; commit ends it.
func started(t *testing.T, db sqldb.DB, subject string) (commit func()) {
	t.Helper()
	appended, release := make(chan struct{}), make(chan struct{})
	var once sync.Once
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := db.Write(t.Context(), func(tx sqldb.Tx) error {
			_, err := outbox.Append(tx, event(subject, noon))
			once.Do(func() { close(appended) })
			<-release
			return err
		}); err != nil {
			t.Error(err)
		}
	})
	<-appended
	return func() { close(release); wg.Wait() }
}

// Transactions commit in another order than they appended: who reads on behind what it has read must see every event all the same, and a
// revision must tell before from after.
func TestNothingIsSkippedWhenCommitsOvertake(t *testing.T) {
	db := sqldbtest.Postgres(t, nil)
	appendAll(t, db, event("goals/first", noon))
	early := started(t, db, "goals/early")
	revisions := map[string]bool{}
	note := func(revision string) {
		t.Helper()
		if revisions[revision] {
			t.Errorf("revision %q comes twice", revision)
		}
		revisions[revision] = true
	}

	ids, last, revision := seen(t, db, 0)
	note(revision)
	read := ids
	appendAll(t, db, event("goals/late", noon)) // overtakes
	ids, next, revision := seen(t, db, last)
	note(revision)
	read += " " + ids
	appendAll(t, db, event("goals/late", noon))
	_, _, revision = seen(t, db, 0)
	note(revision)
	if _, _, same := seen(t, db, 0); same != revision {
		t.Errorf("without a change revision %q became %q", revision, same)
	}
	early()
	ids, last, revision = seen(t, db, next)
	note(revision)
	read += " " + ids
	if got := strings.Join(strings.Fields(read), " "); got != "goals/first@1 goals/early@1 goals/late@1 goals/late@2" {
		t.Errorf("read %q", got)
	}
	if ids, _, same := seen(t, db, last); ids != "" || same != revision {
		t.Errorf("at the end there is %q more; revision %q is now %q", ids, revision, same)
	}
}

// The same at random: readers never miss an event that a later answer to the same question would have had before its last.
func TestReadersMissNothing(t *testing.T) {
	sqldbtest.Engines(t, nil, func(t *testing.T, open func(testing.TB) sqldb.DB) {
		db := open(t)
		const writers, each = 6, 15
		var writing sync.WaitGroup
		for w := range writers {
			writing.Go(func() {
				for i := range each {
					if err := db.Write(t.Context(), func(tx sqldb.Tx) error {
						for range 1 + i%3 {
							if _, err := outbox.Append(tx, event(fmt.Sprintf("goals/%d", w), noon)); err != nil {
								return err
							}
						}
						return nil
					}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		written := make(chan struct{})
		go func() { writing.Wait(); close(written) }()
		var read []string
		var at int64
		for over := false; ; {
			ids, last, _ := seen(t, db, at)
			read, at = append(read, strings.Fields(ids)...), last
			if over {
				break
			}
			select {
			case <-written:
				over = true // once more
			default:
			}
		}
		all, _, _ := seen(t, db, 0)
		if got := strings.Join(read, " "); got != all || len(read) != writers*each*2 {
			t.Errorf("read on and on: %d events\n%s\nread at once:\n%s", len(read), got, all)
		}
	})
}
