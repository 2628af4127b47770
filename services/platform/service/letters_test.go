package service

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/throughline/throughline/services/platform/bus"
	"github.com/throughline/throughline/services/platform/inbox"
	"github.com/throughline/throughline/services/platform/outbox"
	"github.com/throughline/throughline/services/platform/sqldb"
)

// Letters marked for another try are taken in once, buried again, or dropped when a later event of their subject came first; storage that is
// away says nothing about them.
func TestDeadLettersAreTriedAgain(t *testing.T) {
	db, err := sqldb.OpenSQLite(t.Context(), sqldb.Config{Path: filepath.Join(t.TempDir(), "c.db")})
	if err != nil {
		t.Fatal(err)
	}
	b := bus.NewInProcess(bus.Config{Tries: 1, Logger: slog.New(slog.DiscardHandler)})
	s := New(Deps{DB: db, Bus: b, Logger: slog.New(slog.DiscardHandler), Now: time.Now}, "consumer", nil)
	defer func() { _ = s.Close() }()
	failing := errors.New("bad")
	fails := map[string]error{"a": failing, "b": failing, "c": failing, "d": failing}
	var effects []string
	if err := s.Consume("goals", nil, func(_ sqldb.Tx, e outbox.Event) error {
		if err := fails[e.Subject]; err != nil {
			return err
		}
		effects = append(effects, e.ID)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	publish := func(id, subject string, sequence int64) {
		t.Helper()
		if _, err := b.Publish(t.Context(), []outbox.Event{{ID: id, Source: "goals", Subject: subject, Sequence: sequence, Position: sequence}}); err != nil {
			t.Fatal(err)
		}
	}
	for _, subject := range []string{"a", "b", "c", "d"} {
		publish(subject+"1", subject, 1)
	}
	fails = map[string]error{"c": errors.New("still bad"), "d": sqldb.ErrUnavailable}
	publish("b2", "b", 2)
	retry := func() error {
		if err := db.Write(t.Context(), func(tx sqldb.Tx) error { _, err := inbox.Retry(tx, ""); return err }); err != nil {
			t.Fatal(err)
		}
		return s.retry(t.Context())
	}
	letters := func() (all []string) {
		if err := db.Read(t.Context(), func(tx sqldb.Tx) error {
			l, err := inbox.Letters(tx, "consumer<goals", inbox.Letter{}, 10)
			all = nil
			for _, l := range l {
				all = append(all, l.Event.ID+" "+l.Cause)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return all
	}
	if err := s.retry(t.Context()); err != nil || len(letters()) != 4 {
		t.Errorf("unmarked letters were touched: %v, left are %v", err, letters())
	}
	if err := retry(); !errors.Is(err, sqldb.ErrUnavailable) {
		t.Errorf("answered %v while the storage was away", err)
	}
	if got, want := letters(), []string{"c1 still bad", "d1 bad"}; !slices.Equal(got, want) {
		t.Errorf("left are %v, want %v", got, want)
	}
	delete(fails, "d")
	if err := s.retry(context.Background()); err != nil { // d is marked still
		t.Error(err)
	}
	if want := []string{"b2", "a1", "d1"}; !slices.Equal(effects, want) {
		t.Errorf("effects are %v, want %v", effects, want)
	}
	if got, want := letters(), []string{"c1 still bad"}; !slices.Equal(got, want) {
		t.Errorf("left are %v, want %v", got, want)
	}
}
