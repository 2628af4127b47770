package storetest

import (
	"errors"
	"testing"

	"github.com/throughline/throughline/services/budgeting/internal/app"
	"github.com/throughline/throughline/services/budgeting/internal/domain"
)

var errUndo = errors.New("undo")

// freshAsks holds what a Read is told of a budget's requests against what a Write reads, after every kind of change and at
// the same moment of an unmoving clock: whatever a store remembers, it is never old.
func freshAsks(t *testing.T, h harness) {
	check := func(after string, want int) {
		t.Helper()
		var told, found, foreign []domain.Ask
		for range 2 { // the second time it may be remembered
			read(t, h, func(tx app.Tx) (err error) {
				if told, err = tx.Requests().Asks("a", "fy"); err == nil {
					foreign, err = tx.Requests().Asks("b", "fy")
				}
				return err
			})
			write(t, h, func(tx app.Tx) (err error) { found, err = tx.Requests().Asks("a", "fy"); return err })
			if len(told) != want || !same(told, found) || len(foreign) != 0 {
				t.Errorf("after %s: told %+v, found %+v, of another organization %+v", after, told, found, foreign)
			}
		}
	}
	check("nothing", 0)
	one, two := request("a", "one"), request("a", "n1")
	write(t, h, func(tx app.Tx) error { return tx.Requests().Insert(one) })
	check("an insert", 1)
	write(t, h, func(tx app.Tx) error { return tx.Requests().Put([]domain.FundingRequest{two}) })
	check("a batch", 2)
	write(t, h, func(tx app.Tx) error { return tx.Requests().Delete(one) })
	check("a deletion", 1)
	one.CostLines = nil
	write(t, h, func(tx app.Tx) error { return tx.Requests().Insert(one) })
	check("another request of the same version", 2)
	one.Meta, one.EquityPoints = one.Next(at), 9
	write(t, h, func(tx app.Tx) error { return tx.Requests().Update(one) })
	check("an update", 2)
	p := program("a", "one")
	p.Meta, p.Department = p.Next(at), "Parks"
	write(t, h, func(tx app.Tx) error { return tx.Programs().Update(p) })
	check("an update of a program", 2)
	p.Meta, p.DisplayName = p.Next(at), "Renamed"
	write(t, h, func(tx app.Tx) error { return tx.Programs().Put([]domain.Program{p, program("a", "more")}) })
	check("a batch of programs", 2)
	_ = h.Store.Write(t.Context(), func(tx app.Tx) (any, error) {
		if err := tx.Requests().Delete(two); err != nil {
			t.Error(err)
		}
		if asks, err := tx.Requests().Asks("a", "fy"); len(asks) != 1 {
			t.Errorf("inside the write: %+v (%v)", asks, err)
		}
		return nil, errUndo
	})
	check("a write that was undone", 2)
	two.Meta, two.FTEMilli = two.Next(at), 1
	write(t, h, func(tx app.Tx) error { return tx.Requests().Update(two) })
	check("an update after one that was undone", 2)
}
