package once_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/once"
	"github.com/throughline/throughline/services/platform/sqldb"
)

var (
	now = time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	key = once.Key{Organization: "o", Principal: "p", Method: "/m", RequestID: "r"}
)

func open(t *testing.T) sqldb.DB {
	t.Helper()
	db, err := sqldb.OpenSQLite(t.Context(), sqldb.Config{Path: filepath.Join(t.TempDir(), "once.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func pending(ctx context.Context, k once.Key, payload string) context.Context {
	return once.NewContext(ctx, &once.Pending{Key: k, PayloadHash: sha256.Sum256([]byte(payload)), Encode: func(result any) ([]byte, error) {
		s, ok := result.(string)
		if !ok {
			return nil, fmt.Errorf("%T is not a response", result)
		}
		return []byte(s), nil
	}})
}

// effect does the request: it counts in a table, and answers the count.
func effect(tx sqldb.Tx) func() (any, error) {
	return func() (any, error) {
		var n int64
		_, err := sqldb.QueryOne(tx, "INSERT INTO outbox_position (relay, position) VALUES ('effect', 1) ON CONFLICT (relay) DO UPDATE SET position = outbox_position.position + 1 RETURNING position", nil,
			func(r sqldb.Row) error { n = r.Int(0); return nil })
		return fmt.Sprint("answer ", n), err
	}
}

func effects(t *testing.T, db sqldb.DB) (n int64) {
	t.Helper()
	if err := db.Read(t.Context(), func(tx sqldb.Tx) error {
		_, err := sqldb.QueryOne(tx, "SELECT position FROM outbox_position WHERE relay = 'effect'", nil, func(r sqldb.Row) error { n = r.Int(0); return nil })
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return n
}

func request(ctx context.Context, db sqldb.DB) error {
	return db.Write(ctx, func(tx sqldb.Tx) error { return once.Do(ctx, tx, now, effect(tx)) })
}

func TestDo(t *testing.T) {
	db := open(t)
	other := func(change func(*once.Key)) once.Key { k := key; change(&k); return k }
	steps := []struct {
		name    string
		key     once.Key
		payload string
		replay  string
		reason  string
		effects int64
	}{
		{"first", key, "x", "", "", 1},
		{"repeated", key, "x", "answer 1", "", 1},
		{"reused for another payload", key, "y", "", once.Reused, 1},
		{"another principal's", other(func(k *once.Key) { k.Principal = "q" }), "y", "", "", 2},
		{"another organization's", other(func(k *once.Key) { k.Organization = "q" }), "y", "", "", 3},
		{"another method's", other(func(k *once.Key) { k.Method = "q" }), "y", "", "", 4},
		{"another id", other(func(k *once.Key) { k.RequestID = "q" }), "y", "", "", 5},
		{"repeated once more", key, "x", "answer 1", "", 5},
	}
	for _, s := range steps {
		t.Run(s.name, func(t *testing.T) {
			err := request(pending(t.Context(), s.key, s.payload), db)
			var replayed *once.Replayed
			switch {
			case s.replay != "":
				if !errors.As(err, &replayed) || string(replayed.Response) != s.replay {
					t.Errorf("error is %v", err)
				}
			case s.reason != "":
				e, ok := fault.As(err)
				if !ok || e.Kind != fault.Invalid || e.Reason != s.reason || e.Violations[0].Field != "request_id" {
					t.Errorf("error is %v", err)
				}
			case err != nil:
				t.Errorf("error is %v", err)
			}
			if n := effects(t, db); n != s.effects {
				t.Errorf("%d effects, want %d", n, s.effects)
			}
		})
	}
}

func TestWithoutRequestIDNothingIsKept(t *testing.T) {
	db := open(t)
	for range 2 {
		if err := request(t.Context(), db); err != nil {
			t.Fatal(err)
		}
	}
	if n := effects(t, db); n != 2 {
		t.Errorf("%d effects, want 2", n)
	}
}

func TestErrorsKeepNothing(t *testing.T) {
	db := open(t)
	ctx := pending(t.Context(), key, "x")
	bad := errors.New("bad")
	for name, do := range map[string]func() (any, error){
		"failed":    func() (any, error) { return nil, bad },
		"unencoded": func() (any, error) { return 7, nil },
	} {
		if err := db.Write(ctx, func(tx sqldb.Tx) error { return once.Do(ctx, tx, now, do) }); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if err := request(ctx, db); err != nil {
		t.Errorf("the next try: %v", err)
	}
}

func TestTwinsGetOneEffectAndOneAnswer(t *testing.T) {
	db := open(t)
	const twins = 32
	answers := make([]string, twins)
	var wg sync.WaitGroup
	for i := range twins {
		wg.Go(func() {
			ctx := pending(t.Context(), key, "x")
			err := request(ctx, db)
			var replayed *once.Replayed
			switch {
			case err == nil:
				answers[i] = "answer 1"
			case errors.As(err, &replayed):
				answers[i] = string(replayed.Response)
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for i, a := range answers {
		if a != "answer 1" {
			t.Errorf("twin %d got %q", i, a)
		}
	}
	if n := effects(t, db); n != 1 {
		t.Errorf("%d effects, want 1", n)
	}
}

func TestLookupAndSweep(t *testing.T) {
	db := open(t)
	if err := request(pending(t.Context(), key, "x"), db); err != nil {
		t.Fatal(err)
	}
	lookup := func() (response []byte, found bool) {
		t.Helper()
		if err := db.Read(t.Context(), func(tx sqldb.Tx) (err error) {
			response, found, err = once.Lookup(tx, key, sha256.Sum256([]byte("x")))
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return response, found
	}
	for _, tt := range []struct {
		name    string
		at      time.Time
		deleted int64
	}{{"a moment too early", now.Add(once.Keep - time.Microsecond), 0}, {"after seven days", now.Add(7 * 24 * time.Hour), 1}} {
		if response, found := lookup(); !found || string(response) != "answer 1" {
			t.Errorf("before the sweep %s: %q %t", tt.name, response, found)
		}
		if err := db.Write(t.Context(), func(tx sqldb.Tx) error {
			n, err := once.Sweep(tx, tt.at)
			if n != tt.deleted {
				t.Errorf("%s: %d deleted, want %d", tt.name, n, tt.deleted)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	if _, found := lookup(); found {
		t.Error("found after the sweep")
	}
}
