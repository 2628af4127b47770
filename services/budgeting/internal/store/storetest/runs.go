package storetest

import (
	"testing"
	"time"

	"github.com/throughline/throughline/services/budgeting/internal/app"
	"github.com/throughline/throughline/services/budgeting/internal/domain"
)

// runs are leased to one holder at a time, those that nobody holds first; what was claimed and neither ended nor released counts as an attempt.
func runs(t *testing.T, h harness) {
	claim := func(holder string, now time.Time) (run app.Run, found bool) {
		t.Helper()
		write(t, h, func(tx app.Tx) (err error) {
			run, found, err = tx.Runs().Claim(now, holder, now.Add(time.Minute))
			return err
		})
		return run, found
	}
	wantRun := func(got app.Run, found bool, id string, attempt int64) {
		t.Helper()
		if want := (app.Run{Organization: "a", Budget: "fy", Allocation: id, Input: []byte("input of " + id), Attempt: attempt}); !found || !same(got, want) {
			t.Errorf("claimed %+v (%v), want %+v", got, found, want)
		}
	}
	write(t, h, func(tx app.Tx) error {
		for i, id := range []string{"x", "y"} {
			if err := tx.Allocations().Insert(allocation("a", id, int64(i+1))); err != nil {
				return err
			}
			if err := tx.Runs().Insert(app.Run{Organization: "a", Budget: "fy", Allocation: id, Input: []byte("input of " + id)}); err != nil {
				return err
			}
		}
		return nil
	})
	x, found := claim("one", at)
	wantRun(x, found, "x", 1)
	y, found := claim("two", at)
	wantRun(y, found, "y", 1)
	if again, found := claim("three", at.Add(time.Minute)); found {
		t.Errorf("claimed %+v within its lease", again)
	}
	progress := domain.Search{States: 3, Value: 2, Bound: 1}
	write(t, h, func(tx app.Tx) error {
		ours, err := tx.Runs().Renew(x, "one", at.Add(time.Hour), progress)
		if theirs, _ := tx.Runs().Renew(x, "two", at, domain.Search{}); !ours || theirs {
			t.Errorf("renewed by its holder %v, by another %v", ours, theirs)
		}
		return err
	})
	taken, found := claim("three", at.Add(2*time.Minute))
	wantRun(taken, found, "y", 2)
	write(t, h, func(tx app.Tx) error {
		if err := tx.Runs().Release(y, "two"); err != nil { // no longer its
			return err
		}
		return tx.Runs().Release(x, "one")
	})
	freed, found := claim("four", at.Add(2*time.Minute))
	wantRun(freed, found, "x", 1)
	write(t, h, func(tx app.Tx) error {
		key := app.BudgetKey{Organization: "a", Budget: "fy", ID: "x"}
		got, running, err := tx.Runs().Progress("a", "fy", "x")
		if err != nil || !running || got != progress {
			t.Errorf("progress %+v, %v, %v", got, running, err)
		}
		theirs, err := tx.Runs().Remove(key, "one")
		if err != nil {
			return err
		}
		ours, err := tx.Runs().Remove(key, "four")
		if theirs || !ours {
			t.Errorf("removed by another %v, by its holder %v", theirs, ours)
		}
		key.ID = "y"
		if gone, _ := tx.Runs().Remove(key, ""); !gone {
			t.Error("a run that nobody in particular ends stays")
		}
		_, running, _ = tx.Runs().Progress("a", "fy", "x")
		if running {
			t.Error("x runs still")
		}
		return err
	})
	write(t, h, func(tx app.Tx) error { // solved: the plan joins the input
		return tx.Allocations().Keep(allocation("a", "x", 1), packed(t, h, "input of x", "plan"))
	})
	read(t, h, func(tx app.Tx) error {
		p, err := tx.Allocations().Proof("a", "fy", "x")
		if string(p.Input) != "input of x" || string(p.Plan) != "plan" {
			t.Errorf("proof %q, %q", p.Input, p.Plan)
		}
		return err
	})
}
