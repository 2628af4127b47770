package sqldb_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/throughline/throughline/services/platform/sqldb"
)

var benchID atomic.Int64

func insertOne(tx sqldb.Tx) error {
	_, err := tx.Exec("INSERT INTO things (id, n) VALUES (?, ?)", fmt.Sprintf("%012d", benchID.Add(1)), 1)
	return err
}

// BenchmarkWrite compares durable commits shared by 64 callers with commits one by one.
func BenchmarkWrite(b *testing.B) {
	b.Run("64 callers", func(b *testing.B) {
		db := open(b)
		b.SetParallelism(32) // times GOMAXPROCS; 64 on two cores
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if err := db.Write(context.Background(), insertOne); err != nil {
					b.Error(err)
				}
			}
		})
	})
	b.Run("one by one", func(b *testing.B) {
		db := open(b)
		for b.Loop() {
			if err := db.Write(context.Background(), insertOne); err != nil {
				b.Error(err)
			}
		}
	})
}

func BenchmarkRead(b *testing.B) {
	db := open(b)
	if err := db.Write(b.Context(), func(tx sqldb.Tx) error {
		_, err := tx.Exec("INSERT INTO things (id, n) VALUES ('a', 1)")
		return err
	}); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := db.Read(b.Context(), func(tx sqldb.Tx) error {
			_, err := sqldb.QueryOne(tx, "SELECT n FROM things WHERE id = ?", []any{"a"}, func(r sqldb.Row) error { _ = r.Int(0); return nil })
			return err
		}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkInsertRows writes 1,000 rows in one Write.
func BenchmarkInsertRows(b *testing.B) {
	db := open(b)
	for b.Loop() {
		rows := make([][]any, 1000)
		for i := range rows {
			rows[i] = []any{fmt.Sprintf("%012d", benchID.Add(1)), i}
		}
		if err := db.Write(b.Context(), func(tx sqldb.Tx) error {
			_, err := sqldb.InsertRows(tx, "things", []string{"id", "n"}, rows, "")
			return err
		}); err != nil {
			b.Fatal(err)
		}
	}
}
