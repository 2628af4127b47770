package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/throughline/throughline/services/platform/bus"
	"github.com/throughline/throughline/services/platform/inbox"
	"github.com/throughline/throughline/services/platform/outbox"
	"github.com/throughline/throughline/services/platform/sqldb"
)

// publisher records what it gets and fails when told to.
type publisher struct {
	mu   sync.Mutex
	got  []string
	fail func(e outbox.Event, before []string) error
	more chan struct{} // a signal after every event taken
}

func (p *publisher) Publish(_ context.Context, events []outbox.Event) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, e := range events {
		if p.fail != nil {
			if err := p.fail(e, p.got); err != nil {
				return i, err
			}
		}
		p.got = append(p.got, e.ID)
		p.more <- struct{}{}
	}
	return len(events), nil
}

func (p *publisher) await(n int) { await(p.more, n) }

// await takes n signals; that they never come ends the test at once, rather than when its package's time is over.
func await(signals <-chan struct{}, n int) {
	late := time.After(20 * time.Second)
	for i := range n {
		select {
		case <-signals:
		case <-late:
			panic(fmt.Sprintf("only %d of %d signals came", i, n))
		}
	}
}

func (p *publisher) ids() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.got)
}

// run starts the relay; stop ends it and waits.
func run(t *testing.T, r *outbox.Relay) (stop func()) {
	t.Helper()
	r.Logger = slog.New(slog.DiscardHandler)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	return func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("relay ended with %v", err)
		}
	}
}

func never(time.Duration) <-chan time.Time { return nil }

func now(time.Duration) <-chan time.Time {
	c := make(chan time.Time, 1)
	c <- time.Time{}
	return c
}

func newRelay(db sqldb.DB, p outbox.Publisher, after func(time.Duration) <-chan time.Time) *outbox.Relay {
	return &outbox.Relay{DB: db, Bus: p, Source: "throughline.goals.v1", After: after}
}

func TestRelayStartsWhereItEndedAndWakes(t *testing.T) {
	db := open(t, "goals")
	p := &publisher{more: make(chan struct{}, 1000)}
	appendAll(t, db, event("a", noon), event("a", noon))
	r := newRelay(db, p, never)
	stop := run(t, r)
	p.await(2)
	appendAll(t, db, event("a", noon))
	r.Wake()
	p.await(1)
	stop()

	appendAll(t, db, event("a", noon))
	stop = run(t, newRelay(db, p, never)) // a new process finds what is left without a Wake
	p.await(1)
	stop()
	got := p.ids()
	for _, id := range []string{"a@1", "a@2", "a@3", "a@4"} {
		if !slices.Contains(got, id) {
			t.Errorf("%s was not published", id)
		}
	}
}

// TestRelayStoresItsPositionWhenItIsIdle counts commits: one for each event would cost as much as the event.
func TestRelayStoresItsPositionWhenItIsIdle(t *testing.T) {
	db := open(t, "goals")
	p := &publisher{more: make(chan struct{}, 1000)}
	tick := make(chan time.Time)
	r := newRelay(db, p, func(time.Duration) <-chan time.Time { return tick })
	stop := run(t, r)
	for range 3 {
		appendAll(t, db, event("a", noon))
		r.Wake()
		p.await(1)
	}
	if at := position(t, db); at != 0 {
		t.Errorf("position %d is stored while events come, want none", at)
	}
	tick <- time.Time{}
	tick <- time.Time{} // taken once the pass of the first has ended
	if at := position(t, db); at != 3 {
		t.Errorf("position %d is stored after an idle second, want 3", at)
	}
	appendAll(t, db, event("a", noon))
	r.Wake()
	p.await(1)
	stop()
	if at := position(t, db); at != 4 {
		t.Errorf("position %d is stored at the end, want 4", at)
	}
}

func position(t *testing.T, db sqldb.DB) (at int64) {
	t.Helper()
	if err := db.Read(t.Context(), func(tx sqldb.Tx) error {
		return tx.Query("SELECT position FROM outbox_position", nil, func(r sqldb.Row) error { at = r.Int(0); return nil })
	}); err != nil {
		t.Fatal(err)
	}
	return at
}

func TestRelayFindsEventsNobodyWokeItFor(t *testing.T) {
	db := open(t, "goals")
	p := &publisher{more: make(chan struct{}, 1000)}
	tick := make(chan time.Time)
	stop := run(t, newRelay(db, p, func(time.Duration) <-chan time.Time { return tick }))
	tick <- time.Time{}
	appendAll(t, db, event("a", noon))
	tick <- time.Time{}
	p.await(1)
	stop()
}

func TestRelayKeepsEachSubjectsOrderAndSkipsNothing(t *testing.T) {
	db := open(t, "goals")
	const subjects, each = 40, 15 // more than one batch
	var events []outbox.Event
	for range each {
		for s := range subjects {
			events = append(events, event(fmt.Sprint("s", s), noon))
		}
	}
	appendAll(t, db, events...)
	refusals := map[string]int{}
	p := &publisher{more: make(chan struct{}, 10_000), fail: func(e outbox.Event, _ []string) error {
		if refusals[e.ID] < 2 && e.Sequence%7 == 3 {
			refusals[e.ID]++
			return errors.New("not now")
		}
		return nil
	}}
	stop := run(t, newRelay(db, p, now))
	first := map[string]int{}
	for len(first) < subjects*each {
		p.await(1)
		for i, id := range p.ids() {
			if _, seen := first[id]; !seen {
				first[id] = i
			}
		}
	}
	stop()
	for s := range subjects {
		for i := 2; i <= each; i++ {
			before, after := first[fmt.Sprintf("s%d@%d", s, i-1)], first[fmt.Sprintf("s%d@%d", s, i)]
			if before >= after {
				t.Errorf("s%d: event %d came before event %d", s, i, i-1)
			}
		}
	}
}

func TestRelayEndsWithTheDatabase(t *testing.T) {
	db := open(t, "goals")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := newRelay(db, &publisher{}, now).Run(t.Context()); !errors.Is(err, sqldb.ErrClosed) {
		t.Errorf("relay ended with %v", err)
	}
}

// consumer counts events in its own database, once each.
type consumer struct {
	db   sqldb.DB
	name string
	spit func(e outbox.Event, try int) error // after the effect was written but before the bus hears of it
	done chan struct{}                       // a signal after every event taken in or buried

	mu    sync.Mutex
	tries map[string]int
}

func (c *consumer) handle(ctx context.Context, e outbox.Event) error {
	if e.Subject == "poison" {
		return errors.New("cannot digest")
	}
	if err := c.db.Write(ctx, func(tx sqldb.Tx) error {
		fresh, err := inbox.Once(tx, c.name, e)
		if err != nil || !fresh {
			return err
		}
		_, err = tx.Exec("INSERT INTO outbox_position (relay, position) VALUES (?, 1) ON CONFLICT (relay) DO UPDATE SET position = outbox_position.position + 1", "effect/"+e.ID)
		return err
	}); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tries[e.ID]++
	if err := c.spit(e, c.tries[e.ID]); err != nil {
		return err
	}
	c.done <- struct{}{}
	return nil
}

func (c *consumer) bury(ctx context.Context, e outbox.Event, cause error) error {
	err := c.db.Write(ctx, func(tx sqldb.Tx) error { return inbox.Bury(tx, c.name, e, cause) })
	c.done <- struct{}{}
	return err
}

func TestEffectsHappenExactlyOnce(t *testing.T) {
	publishing, consuming := open(t, "goals"), open(t, "performance")
	c := &consumer{db: consuming, name: "performance.goals", tries: map[string]int{}, done: make(chan struct{}, 1000), spit: func(e outbox.Event, try int) error {
		if try <= int(e.Sequence%4) {
			return errors.New("the answer was lost")
		}
		return nil
	}}
	b := bus.NewInProcess(bus.Config{After: now, Logger: slog.New(slog.DiscardHandler)})
	if err := b.Subscribe(bus.Subscription{Consumer: c.name, Source: "throughline.goals.v1", Types: []string{"throughline.goals.v1.goal.*"}, Handle: c.handle, DeadLetter: c.bury}); err != nil {
		t.Fatal(err)
	}
	const subjects, each = 6, 8
	var want []string
	var events []outbox.Event
	for i := 1; i <= each; i++ {
		for s := range subjects {
			events = append(events, event(fmt.Sprint("s", s), noon))
			want = append(want, fmt.Sprintf("effect/s%d@%d", s, i))
		}
		if i == 2 {
			events = append(events, event("poison", noon))
		}
	}
	appendAll(t, publishing, events...)
	stop := run(t, newRelay(publishing, b, never))
	await(c.done, subjects*each+1) // the poison too
	stop()
	// A crash between publishing and storing the position sends everything again.
	if err := publishing.Write(t.Context(), func(tx sqldb.Tx) error { _, err := tx.Exec("DELETE FROM outbox_position"); return err }); err != nil {
		t.Fatal(err)
	}
	stop = run(t, newRelay(publishing, b, never))
	await(c.done, subjects*each+1) // the poison too
	stop()

	slices.Sort(want)
	var got []string
	var letters []inbox.Letter
	if err := consuming.Read(t.Context(), func(tx sqldb.Tx) (err error) {
		got = nil
		if err := tx.Query("SELECT relay, position FROM outbox_position ORDER BY relay", nil, func(r sqldb.Row) error {
			got = append(got, r.Text(0))
			if r.Int(1) != 1 {
				t.Errorf("%s happened %d times", r.Text(0), r.Int(1))
			}
			return nil
		}); err != nil {
			return err
		}
		letters, err = inbox.Letters(tx, c.name, inbox.Letter{}, 10)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got, want) {
		t.Errorf("effects are %v,\nwant %v", got, want)
	}
	if len(letters) != 1 || letters[0].Event.ID != "poison@1" || letters[0].Cause != "cannot digest" {
		t.Errorf("dead letters are %+v", letters)
	}
}

// keeper is a bus that keeps events, and loses them.
type keeper struct {
	mu   sync.Mutex
	kept []int64
	more chan struct{}
	away bool // calls fail
}

func (k *keeper) last() int64 {
	if len(k.kept) == 0 {
		return 0
	}
	return k.kept[len(k.kept)-1]
}

func (k *keeper) Position(context.Context, string) (int64, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.away {
		return 0, errors.New("away")
	}
	return k.last(), nil
}

func (k *keeper) Publish(_ context.Context, events []outbox.Event) (int, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.away {
		return 0, errors.New("away")
	}
	for _, e := range events {
		k.kept = append(k.kept, e.Position)
		k.more <- struct{}{}
	}
	return len(events), nil
}

func (k *keeper) set(change func()) {
	k.mu.Lock()
	defer k.mu.Unlock()
	change()
}

// The bus is asked what it has: at the start, after failures and when nothing happens. What it lost is published again, and nothing else.
func TestRelayGoesBackToWhatTheBusHas(t *testing.T) {
	db := open(t, "goals")
	appendAll(t, db, event("a", noon), event("a", noon), event("a", noon))
	k := &keeper{more: make(chan struct{}, 100), kept: []int64{1}} // and no stored position: an earlier process died before it stored one
	tick := make(chan time.Time)
	stop := run(t, newRelay(db, k, func(time.Duration) <-chan time.Time { return tick }))
	await(k.more, 2)
	tick <- time.Time{}
	k.set(func() { k.kept = k.kept[:1] })
	tick <- time.Time{}
	await(k.more, 2)
	k.set(func() { k.away = true })
	appendAll(t, db, event("a", noon))
	tick <- time.Time{}
	tick <- time.Time{}
	k.set(func() { k.kept, k.away = nil, false })
	tick <- time.Time{}
	await(k.more, 4)
	stop()
	if want := []int64{1, 2, 3, 4}; !slices.Equal(k.kept, want) {
		t.Errorf("kept are %v, want %v", k.kept, want)
	}
}
