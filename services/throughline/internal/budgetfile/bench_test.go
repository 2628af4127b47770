package budgetfile

import (
	"context"
	"strings"
	"testing"
)

func BenchmarkRead(b *testing.B) {
	m, err := LoadMapping(strings.NewReader(twoSided))
	if err != nil {
		b.Fatal(err)
	}
	header, rows, _ := strings.Cut(twoSidedFile, "\n")
	file := header + "\n" + strings.Repeat(rows, 2500) // 20,000 rows
	b.SetBytes(int64(len(file)))
	for b.Loop() {
		if _, err := Read(context.Background(), m, folder{"all.csv": file}.open); err != nil {
			b.Fatal(err)
		}
	}
}
