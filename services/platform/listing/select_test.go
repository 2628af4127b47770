package listing_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"pgregory.net/rapid"

	"github.com/throughline/throughline/services/platform/listing"
	"github.com/throughline/throughline/services/platform/sqldb"
)

type row struct {
	ID, Title, State string
	Rank             int64
	Open             bool
}

func (r *row) column(name string) any {
	switch name {
	case "goal_id":
		return r.ID
	case "title":
		return r.Title
	case "state":
		return r.State
	case "rank":
		return r.Rank
	case "is_open":
		return r.Open
	}
	return nil
}

var selected = listing.Schema{ID: []string{"goal_id"}, Fields: map[string]listing.Field{
	"title": {Column: "title", Filterable: true, Sortable: true},
	"rank":  {Column: "rank", Type: listing.Int, Filterable: true, Sortable: true},
	"open":  {Column: "is_open", Type: listing.Bool, Filterable: true, Sortable: true},
	"state": {Column: "state", Type: listing.Enum, Values: []string{"DRAFT", "ACTIVE"}, Filterable: true, Sortable: true},
}}

// TestSelectEqualsTheTable reads random lists page by page out of memory and out of SQLite.
func TestSelectEqualsTheTable(t *testing.T) {
	table := sqldb.Table[row]{
		Name: "rows", Key: []string{"goal_id"}, Columns: []string{"goal_id", "title", "state", "rank", "is_open"},
		Values: func(r row) []any { return []any{r.ID, r.Title, r.State, r.Rank, r.Open} },
		Scan: func(r sqldb.Row) (row, error) {
			return row{ID: r.Text(0), Title: r.Text(1), State: r.Text(2), Rank: r.Int(3), Open: r.Bool(4)}, nil
		},
	}
	db, err := sqldb.OpenSQLite(t.Context(), sqldb.Config{Path: filepath.Join(t.TempDir(), "rows.db"), Migrations: fstest.MapFS{"00001_rows.sql": {Data: []byte(
		"-- +goose Up\nCREATE TABLE rows (goal_id TEXT PRIMARY KEY, title TEXT NOT NULL, state TEXT NOT NULL, rank BIGINT NOT NULL, is_open INTEGER NOT NULL);",
	)}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	titles := rapid.StringMatching(`[aAzZ%_!é ]{0,4}`)
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) row {
			return row{
				Title: titles.Draw(t, "title"), State: rapid.SampledFrom([]string{"", "DRAFT", "ACTIVE"}).Draw(t, "state"),
				Rank: rapid.Int64Range(-2, 2).Draw(t, "rank"), Open: rapid.Bool().Draw(t, "open"),
			}
		}), 0, 12).Draw(t, "rows")
		for i := range rows {
			rows[i].ID = fmt.Sprintf("g%02d", i)
		}
		operator := rapid.SampledFrom([]string{"=", "!=", "<", "<=", ">", ">="})
		condition := rapid.OneOf(
			rapid.Custom(func(t *rapid.T) string {
				return fmt.Sprintf("title %s %q", rapid.SampledFrom([]string{"=", "<", ">=", ":"}).Draw(t, "op"), titles.Draw(t, "text")+rapid.SampledFrom([]string{"", "*"}).Draw(t, "star"))
			}),
			rapid.Custom(func(t *rapid.T) string {
				return fmt.Sprintf("rank %s %d", operator.Draw(t, "op"), rapid.Int64Range(-2, 2).Draw(t, "n"))
			}),
			rapid.SampledFrom([]string{"open = true", "open != true", "state = DRAFT", "state != UNSPECIFIED"}),
		)
		request := listing.Request{
			PageSize: int32(rapid.IntRange(1, 5).Draw(t, "page size")),
			Filter:   strings.Join(rapid.SliceOfN(condition, 0, 2).Draw(t, "filter"), " AND "),
			OrderBy:  rapid.SampledFrom([]string{"", "title", "rank desc", "state, rank desc", "open desc, title"}).Draw(t, "order"),
		}
		ctx := t.Context()
		if err := db.Write(ctx, func(tx sqldb.Tx) error {
			if _, err := tx.Exec("DELETE FROM rows"); err != nil {
				return err
			}
			return table.InsertMany(tx, rows)
		}); err != nil {
			t.Fatal(err)
		}
		for {
			q, err := listing.Parse(request, selected)
			if err != nil {
				t.Fatal(err)
			}
			got, next, err := listing.Select(q, rows, (*row).column)
			if err != nil {
				t.Fatal(err)
			}
			var want []row
			var token string
			if err := db.Read(ctx, func(tx sqldb.Tx) (err error) { want, token, err = table.List(tx, nil, q); return err }); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, want) || next != token {
				t.Fatalf("%+v: page %+v with token %q, the table has %+v with %q", request, got, next, want, token)
			}
			if request.PageToken = next; next == "" {
				return
			}
		}
	})
}

func TestSelectRefusesUnknownColumns(t *testing.T) {
	q, err := listing.Parse(listing.Request{Filter: `title = "a"`}, selected)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := listing.Select(q, []row{{ID: "g"}}, func(*row, string) any { return nil }); err == nil || !strings.Contains(err.Error(), "column title") {
		t.Errorf("error %v, want one that names the column", err)
	}
}

// TestSelectByName finds a name among several only whole.
func TestSelectByName(t *testing.T) {
	schema := listing.Schema{ID: []string{"goal_id"}, Fields: map[string]listing.Field{"goals": {Column: "title", Type: listing.Names, Filterable: true}}}
	rows := []row{{ID: "1", Title: "p/parks\n"}, {ID: "2", Title: "p/safety\np/park\n"}, {ID: "3"}}
	for name, want := range map[string]int{"p/park": 1, "p/parks": 1, "park": 0, "p/": 0, "p/safety": 1, "p/s*": 0} {
		q, err := listing.Parse(listing.Request{Filter: fmt.Sprintf("goals:%q", name)}, schema)
		if err != nil {
			t.Fatal(err)
		}
		page, _, err := listing.Select(q, rows, (*row).column)
		if err != nil || len(page) != want {
			t.Errorf("%s: %v, %v; want %d", name, page, err, want)
		}
	}
}
