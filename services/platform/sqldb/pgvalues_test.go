package sqldb_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/throughline/throughline/services/platform/sqldb"
	"github.com/throughline/throughline/services/platform/sqldb/sqldbtest"
)

// One text means the same on both engines, whatever types they give its parameters and columns.
func TestValuesOfEveryType(t *testing.T) {
	sqldbtest.Engines(t, sqldbtest.Migrations, func(t *testing.T, open func(testing.TB) sqldb.DB) {
		db := open(t)
		write(t, db, func(tx sqldb.Tx) error {
			_, err := sqldb.InsertRows(tx, "things", []string{"id", "n", "flag", "ratio", "data"}, [][]any{
				{"a", int64(1) << 40, true, 0.5, []byte("x")}, {"b", 2, false, 2, nil}, {"c", -3, 1, float32(0.25), []byte("y\\")},
			}, "")
			return err
		})
		tests := []struct {
			query string
			args  []any
			want  string // of each row Text, Int, Float and Bool of each column
		}{
			{"SELECT SUM(n) FROM things", nil, "1099511627775 1099511627775 1099511627775 true"},
			{"SELECT COUNT(*) FROM things WHERE n > ?", []any{0}, "2 2 2 true"},
			{"SELECT AVG(n) * 0 FROM things", nil, "0"},
			{"SELECT n + ? FROM things WHERE id = ?", []any{int64(1) << 40, "b"}, "1099511627778 1099511627778 1099511627778 true"},
			{"SELECT ? + 1", []any{int64(1) << 40}, "1099511627777 1099511627777 1099511627777 true"},
			{"SELECT COUNT(*) FROM things WHERE flag = ?", []any{true}, "2 2 2 true"},
			{"SELECT n = 2 FROM things WHERE id = 'b'", nil, "1 1 1 true"},
			{"SELECT ratio FROM things WHERE id = 'a'", nil, "0.5 0 0.5"},
			{"SELECT ratio FROM things WHERE ratio = ?", []any{2}, "2"},
			{"SELECT substr(id || 'xyz', ?, ?) FROM things WHERE id = 'a'", []any{2, 2}, "xy 0 0 false"},
			{"SELECT id FROM things WHERE ? IS NULL AND id = 'b'", []any{nil}, "b 0 0 false"},
			{"SELECT id FROM things WHERE (? = '' OR id = ?) AND n < 0", []any{"", ""}, "c 0 0 false"},
			{"SELECT id FROM things WHERE (id, n) > (?, ?) ORDER BY id LIMIT ?", []any{"a", 0, 2}, "a 0 0 false; b 0 0 false"},
			{"SELECT COALESCE(MAX(n), 0) FROM things WHERE id = ?", []any{"none"}, "0 0 0 false"},
			{"SELECT data FROM things WHERE data = ?", []any{[]byte("y\\")}, "y\\ 0 0 false"},
			{"SELECT data FROM things WHERE id = 'b'", nil, " 0 0 false"},
			{"SELECT CASE WHEN n > ? THEN 'much' ELSE 'little' END FROM things WHERE id = 'a'", []any{5}, "much 0 0 false"},
			{"WITH RECURSIVE up (id, n) AS (SELECT id, n FROM things WHERE id = ? UNION SELECT id, n - 1 FROM up WHERE n > ?) SELECT COUNT(*) FROM up", []any{"b", 0}, "3 3 3 true"},
		}
		for _, tt := range tests {
			for range 2 { // the second time the statement is prepared
				var got []string
				if err := db.Read(t.Context(), func(tx sqldb.Tx) error {
					got = nil
					return tx.Query(tt.query, tt.args, func(r sqldb.Row) error {
						got = append(got, fmt.Sprint(r.Text(0), " ", r.Int(0), " ", r.Float(0), " ", r.Bool(0)))
						return nil
					})
				}); err != nil {
					t.Errorf("%s: %v", tt.query, err)
				} else if all := strings.ReplaceAll(strings.Join(got, "; "), "e+12", "e12"); !matches(all, tt.want) {
					t.Errorf("%s: %q, want %q", tt.query, all, tt.want)
				}
			}
		}
	})
}

// matches compares the first fields alone where engines write numbers differently.
func matches(got, want string) bool {
	g, w := strings.Fields(got), strings.Fields(want)
	if len(w) == 0 || len(g) < len(w) {
		return got == want
	}
	for i := range w {
		var x, y float64
		_, err1 := fmt.Sscan(g[i], &x)
		_, err2 := fmt.Sscan(w[i], &y)
		if g[i] != w[i] && (err1 != nil || err2 != nil || x != y) {
			return false
		}
	}
	return true
}

func TestPreparedStatementsAreBounded(t *testing.T) {
	db := postgres(t, 1, sqldbtest.Migrations)
	var kept int64
	write(t, db, func(tx sqldb.Tx) error {
		for i := range 600 {
			if err := tx.Query(fmt.Sprintf("SELECT n + %d FROM things WHERE id = ?", i), []any{"a"}, func(sqldb.Row) error { return nil }); err != nil {
				return err
			}
		}
		_, err := sqldb.QueryOne(tx, "SELECT COUNT(*) FROM pg_prepared_statements", nil, func(r sqldb.Row) error { kept = r.Int(0); return nil })
		return err
	})
	if kept > 520 || kept < 500 {
		t.Errorf("%d statements are prepared", kept)
	}
}
