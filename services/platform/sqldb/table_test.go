package sqldb_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"pgregory.net/rapid"

	"github.com/throughline/throughline/services/platform/listing"
	"github.com/throughline/throughline/services/platform/sqldb"
	"github.com/throughline/throughline/services/platform/sqldb/sqldbtest"
)

// goal is a row with a compound key, as services have.
type goal struct {
	Org, ID, Title string
	Rank           int64
	Version        int64
}

var goals = sqldb.Table[goal]{
	Name:    "goals",
	Key:     []string{"organization_id", "goal_id"},
	Columns: []string{"organization_id", "goal_id", "title", "rank", "version"},
	Values:  func(g goal) []any { return []any{g.Org, g.ID, g.Title, g.Rank, g.Version} },
	Scan: func(r sqldb.Row) (goal, error) {
		return goal{r.Text(0), r.Text(1), r.Text(2), r.Int(3), r.Int(4)}, nil
	},
}

var goalSchema = listing.Schema{
	Fields: map[string]listing.Field{
		"title": {Column: "title", Filterable: true, Sortable: true},
		"rank":  {Column: "rank", Type: listing.Int, Filterable: true, Sortable: true},
	},
	ID: []string{"goal_id"},
}

func openGoals(t testing.TB) sqldb.DB {
	t.Helper()
	return sqldbtest.Open(t, fstest.MapFS{"00001_goals.sql": {Data: []byte(`-- +goose Up
CREATE TABLE goals (organization_id TEXT NOT NULL, goal_id TEXT NOT NULL, title TEXT NOT NULL, rank BIGINT NOT NULL, version BIGINT NOT NULL,
    PRIMARY KEY (organization_id, goal_id));`)}})
}

func write(t testing.TB, db sqldb.DB, fn func(sqldb.Tx) error) {
	t.Helper()
	if err := db.Write(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func TestTable(t *testing.T) {
	db := openGoals(t)
	first := goal{"org", "g1", "Clean water", 3, 1}
	write(t, db, func(tx sqldb.Tx) error { return goals.Insert(tx, first) })
	if err := db.Write(t.Context(), func(tx sqldb.Tx) error { return goals.Insert(tx, first) }); !errors.Is(err, sqldb.ErrDuplicate) {
		t.Errorf("second insert: %v", err)
	}
	get := func(org, id string) (g goal, found bool) {
		t.Helper()
		if err := db.Read(t.Context(), func(tx sqldb.Tx) (err error) { g, found, err = goals.Get(tx, org, id); return err }); err != nil {
			t.Fatal(err)
		}
		return g, found
	}
	if g, found := get("org", "g1"); !found || g != first {
		t.Errorf("got %v %t", g, found)
	}
	if _, found := get("other", "g1"); found {
		t.Error("found another organization's goal")
	}

	updates := []struct {
		name     string
		g        goal
		expected int64
		ok       bool
	}{
		{"stale version", goal{"org", "g1", "x", 1, 2}, 7, false},
		{"absent row", goal{"org", "g9", "x", 1, 2}, 1, false},
		{"right version", goal{"org", "g1", "Safe water", 2, 2}, 1, true},
		{"any version", goal{"org", "g1", "Safe, clean water", 2, 3}, 0, true},
	}
	for _, u := range updates {
		write(t, db, func(tx sqldb.Tx) error {
			ok, err := goals.Update(tx, u.g, u.expected)
			if ok != u.ok {
				t.Errorf("update, %s: ok is %t", u.name, ok)
			}
			return err
		})
	}
	if g, _ := get("org", "g1"); g != updates[3].g {
		t.Errorf("after the updates: %v", g)
	}

	write(t, db, func(tx sqldb.Tx) error {
		if _, err := goals.Update(tx, goal{"org", "g1", "Water", 1, 4}, 0); err != nil {
			return err
		}
		return goals.Insert(tx, goal{"org", "g2", "Parks", 2, 1})
	})

	deletes := []struct {
		name     string
		expected int64
		id       string
		ok       bool
	}{{"stale version", 3, "g1", false}, {"right version", 4, "g1", true}, {"gone", 0, "g1", false}, {"any version", 0, "g2", true}}
	for _, d := range deletes {
		write(t, db, func(tx sqldb.Tx) error {
			ok, err := goals.Delete(tx, d.expected, "org", d.id)
			if ok != d.ok {
				t.Errorf("delete, %s: ok is %t", d.name, ok)
			}
			return err
		})
	}
	err := db.Write(t.Context(), func(tx sqldb.Tx) error { _, err := goals.Delete(tx, 0, "org"); return err })
	if err == nil || !strings.Contains(err.Error(), "organization_id, goal_id") {
		t.Errorf("delete with half a key: %v", err)
	}
}

func many(org string, n int) []goal {
	gs := make([]goal, n)
	for i := range gs {
		gs[i] = goal{org, fmt.Sprintf("g%04d", i), "t", int64(i % 7), 1}
	}
	return gs
}

func TestTableMany(t *testing.T) {
	db := openGoals(t)
	all := many("org", 333)
	write(t, db, func(tx sqldb.Tx) error { return goals.InsertMany(tx, append(slices.Clone(all), many("other", 5)...)) })

	var streamed, found []goal
	var missing []string
	ids := []string{"g0300", "nope", "g0001", "g0300"}
	for i := range 300 {
		ids = append(ids, fmt.Sprintf("g%04d", i))
	}
	err := db.Read(t.Context(), func(tx sqldb.Tx) (err error) {
		streamed = nil
		if err := goals.Each(tx, []sqldb.Eq{{Column: "organization_id", Value: "org"}}, func(g goal) error { streamed = append(streamed, g); return nil }); err != nil {
			return err
		}
		found, missing, err = goals.GetMany(tx, []any{"org"}, ids)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(streamed, all) {
		t.Errorf("streamed %d rows, want the %d of org in order", len(streamed), len(all))
	}
	if len(found) != 301 || found[0].ID != "g0300" || found[1].ID != "g0001" || found[2].ID != "g0000" || !slices.Equal(missing, []string{"nope"}) {
		t.Errorf("found %d starting %v, missing %v", len(found), found[:3], missing)
	}
}

func TestListPages(t *testing.T) {
	db := openGoals(t)
	write(t, db, func(tx sqldb.Tx) error {
		return goals.InsertMany(tx, []goal{{"org", "a", "Roads", 2, 1}, {"org", "b", "Parks", 1, 1}, {"org", "c", "Water_1", 2, 1}, {"org", "d", "water 2", 3, 1}, {"other", "e", "Roads", 2, 1}})
	})
	tests := []struct {
		name, filter, order string
		want                string
	}{
		{"no order: by id", "", "", "a b c d"},
		{"ascending", "", "rank", "b a c d"},
		{"descending breaks ties the same way", "", "rank desc", "d c a b"},
		{"mixed", "", "rank desc, title", "d a c b"},
		{"equal", `rank = 2`, "", "a c"},
		{"not equal", `rank != 2`, "", "b d"},
		{"and", `rank >= 2 AND title < "S"`, "", "a"},
		{"contains, any case", `title : "WATER"`, "", "c d"},
		{"starts with; _ is itself", `title:"water_*"`, "", "c"},
		{"nothing", `rank > 9`, "", ""},
	}
	for _, tt := range tests {
		for _, size := range []int32{1, 2, 50} {
			t.Run(fmt.Sprintf("%s, pages of %d", tt.name, size), func(t *testing.T) {
				got := walk(t, db, "org", listing.Request{PageSize: size, Filter: tt.filter, OrderBy: tt.order})
				var ids []string
				for _, g := range got {
					ids = append(ids, g.ID)
				}
				if s := strings.Join(ids, " "); s != tt.want {
					t.Errorf("got %q, want %q", s, tt.want)
				}
			})
		}
	}
}

// walk follows the tokens to the last page.
func walk(t rapid.TB, db sqldb.DB, org string, r listing.Request) (all []goal) {
	t.Helper()
	for pages := 0; ; pages++ {
		q, err := listing.Parse(r, goalSchema)
		if err != nil {
			t.Fatalf("page %d: %v", pages, err)
		}
		var page []goal
		err = db.Read(contextOf(t), func(tx sqldb.Tx) (err error) {
			page, r.PageToken, err = goals.List(tx, []sqldb.Eq{{Column: "organization_id", Value: org}}, q)
			return err
		})
		if err != nil {
			t.Fatalf("page %d: %v", pages, err)
		}
		if len(page) > q.Limit || pages > 10_000 {
			t.Fatalf("page %d has %d rows of at most %d", pages, len(page), q.Limit)
		}
		all = append(all, page...)
		if r.PageToken == "" {
			return all
		}
	}
}

func TestPageWalkVisitsEveryRowOnce(t *testing.T) {
	db := openGoals(t)
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		org := fmt.Sprintf("org%d", n)
		rows := rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) goal {
			return goal{org, rapid.StringMatching(`[a-zé]{1,3}`).Draw(t, "id"), rapid.SampledFrom([]string{"", "A", "a", "é", "z"}).Draw(t, "title"), rapid.Int64Range(-2, 2).Draw(t, "rank"), 1}
		}), 0, 30, func(g goal) string { return g.ID }).Draw(t, "rows")
		if err := db.Write(contextOf(t), func(tx sqldb.Tx) error { return goals.InsertMany(tx, rows) }); err != nil {
			t.Fatal(err)
		}
		r := listing.Request{PageSize: rapid.Int32Range(1, 7).Draw(t, "size")}
		terms := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"rank", "title"}), 0, 2, rapid.ID[string]).Draw(t, "fields")
		for i, f := range terms {
			terms[i] = f + rapid.SampledFrom([]string{"", " desc"}).Draw(t, "direction")
		}
		r.OrderBy = strings.Join(terms, ", ")

		got := walk(t, db, org, r)
		r.PageSize = 1000
		whole := walk(t, db, org, r)
		if !slices.Equal(got, whole) {
			t.Fatalf("pages give %v, one page gives %v", got, whole)
		}
		byID := func(a, b goal) int { return strings.Compare(a.ID, b.ID) }
		slices.SortFunc(got, byID)
		slices.SortFunc(rows, byID)
		if !slices.Equal(got, rows) {
			t.Fatalf("pages visit %v, stored are %v", got, rows)
		}
	})
}

func TestPutMany(t *testing.T) {
	db := openGoals(t)
	write(t, db, func(tx sqldb.Tx) error {
		return goals.InsertMany(tx, []goal{{"org", "a", "Roads", 2, 1}, {"org", "b", "Parks", 1, 1}})
	})
	write(t, db, func(tx sqldb.Tx) error {
		return goals.PutMany(tx, []goal{{"org", "b", "Parks and trees", 5, 2}, {"org", "c", "Water", 3, 1}})
	})
	var all []goal
	err := db.Read(t.Context(), func(tx sqldb.Tx) error {
		all = nil
		return goals.Each(tx, nil, func(g goal) error { all = append(all, g); return nil })
	})
	if want := []goal{{"org", "a", "Roads", 2, 1}, {"org", "b", "Parks and trees", 5, 2}, {"org", "c", "Water", 3, 1}}; err != nil || !slices.Equal(all, want) {
		t.Errorf("%v, %v; want %v", all, err, want)
	}
}
