package sqldb_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

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

// TestInsertRowsByColumn writes what only lists must take care of: NULLs, empty values, every type, more rows than one statement takes, and rows
// that conflict.
func TestInsertRowsByColumn(t *testing.T) {
	sqldbtest.Engines(t, sqldbtest.Migrations, func(t *testing.T, open func(testing.TB) sqldb.DB) {
		db := open(t)
		columns := []string{"id", "n", "flag", "ratio", "at", "data"}
		noon := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
		rows := [][]any{{"a", 1, true, 0.5, noon, []byte{0, 1}}, {"é\u2028,{}\"", -1, false, nil, nil, nil}, {"", 0, true, 2, noon, []byte{}}}
		for i := range 2500 {
			rows = append(rows, []any{fmt.Sprintf("x%04d", i), i, i%2 == 0, float64(i) / 4, noon, []byte("data")})
		}
		insert := func(rows [][]any, suffix string) (n int64, err error) {
			err = db.Write(t.Context(), func(tx sqldb.Tx) (err error) {
				n, err = sqldb.InsertRows(tx, "things", columns, rows, suffix)
				return err
			})
			return n, err
		}
		if n, err := insert(rows, ""); n != 2503 || err != nil {
			t.Fatalf("inserted %d: %v", n, err)
		}
		if n, err := insert(rows[:4], "ON CONFLICT DO NOTHING"); n != 0 || err != nil {
			t.Errorf("inserted %d again: %v", n, err)
		}
		if _, err := insert(rows[:2], ""); !errors.Is(err, sqldb.ErrDuplicate) {
			t.Errorf("duplicates: %v", err)
		}
		if _, err := insert([][]any{{"y", 1, true, 1, noon, nil}, {"z"}}, ""); err == nil || !strings.Contains(err.Error(), "row 1 has 1 values for 6 columns") {
			t.Errorf("a short row: %v", err)
		}
		if _, err := insert([][]any{{"y", 1, true, 1, noon, nil}, {"z\x00", 1, true, 1, noon, nil}}, ""); err == nil {
			t.Error("a NUL was taken")
		}
		var got []string
		if err := db.Read(t.Context(), func(tx sqldb.Tx) error {
			got = nil
			return tx.Query("SELECT id, n, flag, ratio, at, data FROM things WHERE id < 'x0001' OR id > 'x2498' ORDER BY id", nil, func(r sqldb.Row) error {
				got = append(got, fmt.Sprintf("%q %d %t %g %t %t %x %t", r.Text(0), r.Int(1), r.Bool(2), r.Float(3), r.Null(3), r.Time(4).Equal(noon), r.Bytes(5), r.Null(5)))
				return nil
			})
		}); err != nil {
			t.Fatal(err)
		}
		want := []string{
			`"" 0 true 2 false true  false`, `"a" 1 true 0.5 false true 0001 false`, `"x0000" 0 true 0 false true 64617461 false`,
			`"x2499" 2499 false 624.75 false true 64617461 false`, `"é\u2028,{}\"" -1 false 0 true false  true`,
		}
		if !slices.Equal(got, want) {
			t.Errorf("rows are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	})
}
