package export

import (
	"bytes"
	"io"
	"syscall"
	"testing"
	"time"

	"github.com/throughline/throughline/services/budgeting/internal/domain/engine"
	"github.com/throughline/throughline/services/budgeting/internal/domain/modeltest"
)

// cpu is what the process has used: benchmarks share their machine.
func cpu() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// Files of 100,000 programs with 130,000 rows; the ERP file spreads over 260,000 line items.
func BenchmarkExports(b *testing.B) {
	book, proof := solved(b, modeltest.City(100, 100_000, engine.Version))
	var file bytes.Buffer
	if err := WriteProof(&file, proof); err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name  string
		write func(io.Writer) error
	}{
		{"CSV", func(w io.Writer) error { return WriteCSV(w, book) }},
		{"Fiscal", func(w io.Writer) error { return WriteFiscalPackage(w, book) }},
		{"ERP", func(w io.Writer) error { _, err := WriteERP(w, book, ERPOptions{}); return err }},
		{"XLSX", func(w io.Writer) error { return WriteXLSX(w, book) }},
		{"Proof", func(w io.Writer) error { return WriteProof(w, proof) }},
		{"Verify", func(io.Writer) error { _, err := Verify(b.Context(), bytes.NewReader(file.Bytes()), false); return err }},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			from := cpu()
			for b.Loop() {
				if err := c.write(io.Discard); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64((cpu()-from).Milliseconds())/float64(b.N), "cpu-ms/op")
		})
	}
}
