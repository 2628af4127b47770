// Package resourcetest holds any collection of resources to what its port promises.
package resourcetest

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/listing"
	"github.com/throughline/throughline/services/platform/outbox"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/sqldb"
)

// Case describes one collection of a store.
type Case[Tx any, T resource.Resource] struct {
	In   func(Tx) resource.Collection[T]
	New  func(organization, id string) T // the first version of a resource whose parents exist
	Key  func(T) []string                // its key, the organization first
	Next func(T) T                       // the next version, with something changed; nil for what never changes
	List listing.Schema
	Same func(a, b T) bool
}

// Harness is a fresh store with organizations "a" and "b" and whatever parents New's resources need.
type Harness[Tx any] struct {
	Store resource.Store[Tx]
	DB    sqldb.DB
}

// Run runs every check on fresh stores.
func Run[Tx any, T resource.Resource](t *testing.T, open func(t *testing.T) Harness[Tx], c Case[Tx, T]) {
	t.Helper()
	checks := map[string]func(*testing.T, Harness[Tx], Case[Tx, T]){
		"what is written is read":          readsBack[Tx, T],
		"a duplicate is refused":           duplicates[Tx, T],
		"what is missing is named":         missing[Tx, T],
		"what is deleted is gone":          deletes[Tx, T],
		"pages show each once":             pages[Tx, T],
		"organizations see only their own": tenancy[Tx, T],
		"a failed write leaves no trace":   rollback[Tx, T],
		"every change is in the audit log": audit[Tx, T],
		"a read cannot change anything":    readOnly[Tx, T],
	}
	if c.Next != nil { // some resources never change
		checks["a stale version is refused"] = stale[Tx, T]
	}
	for name, check := range checks {
		t.Run(name, func(t *testing.T) { check(t, open(t), c) })
	}
}

func write[Tx any](t *testing.T, h Harness[Tx], fn func(Tx) error) {
	t.Helper()
	if err := h.Store.Write(t.Context(), func(tx Tx) (any, error) { return nil, fn(tx) }); err != nil {
		t.Fatal(err)
	}
}

func read[Tx any](t *testing.T, h Harness[Tx], fn func(Tx) error) {
	t.Helper()
	if err := h.Store.Read(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func readsBack[Tx any, T resource.Resource](t *testing.T, h Harness[Tx], c Case[Tx, T]) {
	v := c.New("a", "one")
	write(t, h, func(tx Tx) error {
		if err := c.In(tx).Insert(v); err != nil {
			return err
		}
		got, err := c.In(tx).Get(c.Key(v)...) // its own write, inside the transaction
		if err == nil && !c.Same(got, v) {
			t.Errorf("inside the transaction: %+v, want %+v", got, v)
		}
		return err
	})
	read(t, h, func(tx Tx) error {
		got, err := c.In(tx).Get(c.Key(v)...)
		if err == nil && !c.Same(got, v) {
			t.Errorf("%+v, want %+v", got, v)
		}
		return err
	})
}

func duplicates[Tx any, T resource.Resource](t *testing.T, h Harness[Tx], c Case[Tx, T]) {
	v := c.New("a", "one")
	write(t, h, func(tx Tx) error { return c.In(tx).Insert(v) })
	err := h.Store.Write(t.Context(), func(tx Tx) (any, error) { return nil, c.In(tx).Insert(v) })
	if f, ok := fault.As(err); !ok || f.Kind != fault.AlreadyExists || f.Metadata["resource"] != v.Name() {
		t.Errorf("error %v, want one that says %s already exists", err, v.Name())
	}
}

func missing[Tx any, T resource.Resource](t *testing.T, h Harness[Tx], c Case[Tx, T]) {
	v := c.New("a", "one")
	err := h.Store.Read(t.Context(), func(tx Tx) error {
		_, found, err := c.In(tx).Find(c.Key(v)...)
		if found || err != nil {
			t.Errorf("found %v, error %v", found, err)
		}
		_, err = c.In(tx).Get(c.Key(v)...)
		return err
	})
	if f, ok := fault.As(err); !ok || f.Kind != fault.NotFound || f.Metadata["resource"] != v.Name() {
		t.Errorf("error %v, want one that names %s", err, v.Name())
	}
}

func stale[Tx any, T resource.Resource](t *testing.T, h Harness[Tx], c Case[Tx, T]) {
	v := c.New("a", "one")
	second := c.Next(v)
	write(t, h, func(tx Tx) error { return c.In(tx).Insert(v) })
	write(t, h, func(tx Tx) error { return c.In(tx).Update(second) })
	err := h.Store.Write(t.Context(), func(tx Tx) (any, error) { return nil, c.In(tx).Update(second) })
	if fault.Reason(err) != "ETAG_MISMATCH" {
		t.Errorf("the same update again: %v, want ETAG_MISMATCH", err)
	}
	err = h.Store.Write(t.Context(), func(tx Tx) (any, error) { return nil, c.In(tx).Delete(v) })
	if fault.Reason(err) != "ETAG_MISMATCH" {
		t.Errorf("deleting the first version: %v, want ETAG_MISMATCH", err)
	}
	read(t, h, func(tx Tx) error {
		got, err := c.In(tx).Get(c.Key(v)...)
		if err == nil && (!c.Same(got, second) || got.Revision() != 2) {
			t.Errorf("%+v, want %+v", got, second)
		}
		return err
	})
}

func deletes[Tx any, T resource.Resource](t *testing.T, h Harness[Tx], c Case[Tx, T]) {
	v := c.New("a", "one")
	write(t, h, func(tx Tx) error { return c.In(tx).Insert(v) })
	write(t, h, func(tx Tx) error { return c.In(tx).Delete(v) })
	read(t, h, func(tx Tx) error {
		_, found, err := c.In(tx).Find(c.Key(v)...)
		if found {
			t.Error("still there")
		}
		return err
	})
}

func pages[Tx any, T resource.Resource](t *testing.T, h Harness[Tx], c Case[Tx, T]) {
	var want, got []string
	write(t, h, func(tx Tx) error {
		names := make([]string, 0, 7)
		for i := range 7 {
			v := c.New("a", fmt.Sprintf("n%d", i))
			names = append(names, v.Name())
			if err := c.In(tx).Insert(v); err != nil {
				return err
			}
		}
		want = names
		return nil
	})
	key := c.Key(c.New("a", "n0"))
	for token, calls := "", 0; ; calls++ {
		q, err := listing.Parse(listing.Request{PageSize: 3, PageToken: token}, c.List)
		if err != nil {
			t.Fatal(err)
		}
		read(t, h, func(tx Tx) error {
			page, next, err := c.In(tx).List(key[:len(key)-1], q)
			for _, v := range page {
				if slices.Contains(want, v.Name()) { // parents of the harness may be of the same kind
					got = append(got, v.Name())
				}
			}
			token = next
			return err
		})
		if token == "" {
			break
		}
		if calls > 10 {
			t.Fatal("the pages do not end")
		}
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("pages show %v, want %v", got, want)
	}
}

func tenancy[Tx any, T resource.Resource](t *testing.T, h Harness[Tx], c Case[Tx, T]) {
	a, b := c.New("a", "one"), c.New("b", "one")
	write(t, h, func(tx Tx) error { return c.In(tx).Insert(a) })
	q, err := listing.Parse(listing.Request{}, c.List)
	if err != nil {
		t.Fatal(err)
	}
	read(t, h, func(tx Tx) error {
		if _, found, err := c.In(tx).Find(c.Key(b)...); found || err != nil {
			t.Errorf("b sees a's: %v %v", found, err)
		}
		key := c.Key(b)
		if len(key) == 1 { // organizations themselves: operators list them all
			return nil
		}
		page, _, err := c.In(tx).List(key[:len(key)-1], q)
		for _, v := range page {
			if v.Name() == a.Name() {
				t.Errorf("b lists %s", v.Name())
			}
		}
		return err
	})
}

func rollback[Tx any, T resource.Resource](t *testing.T, h Harness[Tx], c Case[Tx, T]) {
	v, no := c.New("a", "one"), errors.New("no")
	err := h.Store.Write(t.Context(), func(tx Tx) (any, error) {
		if err := c.In(tx).Insert(v); err != nil {
			return nil, err
		}
		return nil, no
	})
	if !errors.Is(err, no) {
		t.Fatalf("error %v, want the closure's", err)
	}
	err = h.Store.Write(resource.DryRun(t.Context(), true), func(tx Tx) (any, error) { return nil, c.In(tx).Insert(v) })
	if err != nil {
		t.Fatalf("dry run: %v", err)
	}
	read(t, h, func(tx Tx) error {
		_, found, err := c.In(tx).Find(c.Key(v)...)
		if found {
			t.Error("it left a row")
		}
		return err
	})
	if got := events(t, h, v.Name()); len(got) != 0 {
		t.Errorf("it left events: %v", got)
	}
}

func audit[Tx any, T resource.Resource](t *testing.T, h Harness[Tx], c Case[Tx, T]) {
	v := c.New("a", "one")
	want := []string{"created >1"}
	write(t, h, func(tx Tx) error { return c.In(tx).Insert(v) })
	if c.Next != nil {
		v = c.Next(v)
		write(t, h, func(tx Tx) error { return c.In(tx).Update(v) })
		want = append(want, "updated 1>2")
	}
	write(t, h, func(tx Tx) error { return c.In(tx).Delete(v) })
	want = append(want, fmt.Sprintf("deleted %d>", v.Revision()))
	if got := events(t, h, v.Name()); !slices.Equal(got, want) {
		t.Errorf("audit log %q, want %q", got, want)
	}
}

func readOnly[Tx any, T resource.Resource](t *testing.T, h Harness[Tx], c Case[Tx, T]) {
	v := c.New("a", "one")
	if err := h.Store.Read(t.Context(), func(tx Tx) error { return c.In(tx).Insert(v) }); err == nil {
		t.Error("a Read inserted a row")
	}
}

// events are the changes of a resource, as "verb before>after".
func events[Tx any](t *testing.T, h Harness[Tx], subject string) []string {
	t.Helper()
	var told []string
	err := h.DB.Read(t.Context(), func(tx sqldb.Tx) error {
		all, err := outbox.Changes(tx, resource.Organization(subject), 0, 1000)
		told = nil
		for _, e := range all {
			if e.Subject == subject {
				told = append(told, fmt.Sprintf("%s %s>%s", e.Type[lastDot(e.Type)+1:], e.EtagBefore, e.EtagAfter))
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return told
}

func lastDot(s string) int {
	for i := len(s) - 1; i >= 0; i-- {
		if s[i] == '.' {
			return i
		}
	}
	return -1
}
