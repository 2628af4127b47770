package sqldb_test

import (
	"testing"

	"github.com/throughline/throughline/services/platform/sqldb"
)

func TestNumberPlaceholders(t *testing.T) {
	tests := []struct {
		name, query, want string
		n                 int
	}{
		{"none", "SELECT 1", "SELECT 1", 0},
		{"several", "UPDATE t SET a = ?, b = ? WHERE c IN (?, ?)", "UPDATE t SET a = $1, b = $2 WHERE c IN ($3, $4)", 4},
		{"at both ends", "? || ?", "$1 || $2", 2},
		{"in a text", "SELECT '?' || ?", "SELECT '?' || $1", 1},
		{"in a text with a doubled quote", "SELECT 'it''s ?', ?", "SELECT 'it''s ?', $1", 1},
		{"in a name", `SELECT "a?" FROM t WHERE b = ?`, `SELECT "a?" FROM t WHERE b = $1`, 1},
		{"in a line's comment", "SELECT ? -- why?\n, ?", "SELECT $1 -- why?\n, $2", 2},
		{"in a comment", "SELECT /* ? ' */ ?", "SELECT /* ? ' */ $1", 1},
		{"in a text without an end", "SELECT ?, '?", "SELECT $1, '?", 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, n := sqldb.NumberPlaceholders(tt.query); got != tt.want || n != tt.n {
				t.Errorf("got %q with %d, want %q with %d", got, n, tt.want, tt.n)
			}
		})
	}
}

func TestPostgresTypes(t *testing.T) {
	tests := []struct{ name, sql, want string }{
		{"each", "a TEXT NOT NULL, b BLOB, c INTEGER, d REAL, e BIGINT", `a TEXT COLLATE "C" NOT NULL, b BYTEA, c BIGINT, d DOUBLE PRECISION, e BIGINT`},
		{"in a comment", "-- TEXT\na TEXT", "-- TEXT\na TEXT COLLATE \"C\""},
		{"in a default", "a TEXT DEFAULT 'INTEGER'", `a TEXT COLLATE "C" DEFAULT 'INTEGER'`},
		{"within a word", "CONTEXT INTEGERS BLOB_ID", "CONTEXT INTEGERS BLOB_ID"},
		{"in a function's body", "AS $$ DECLARE n INTEGER $$", "AS $$ DECLARE n INTEGER $$"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := sqldb.PostgresTypes(tt.sql); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
