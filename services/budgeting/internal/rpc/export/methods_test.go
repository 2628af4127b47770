package export

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/budgeting/internal/domain/engine"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/modeltest"
)

// Books of every formula, with one-time money, equity floors, grants and positions, go into every format.
func TestEveryFormulaExports(t *testing.T) {
	for _, method := range []model.Method{model.PriorityAdjustment, model.OneRate, model.AcrossTheBoard, model.CutLine} {
		t.Run(string(method), func(t *testing.T) {
			for seed := range uint64(12) {
				b, p := solved(t, modeltest.RandomOf(rand.New(rand.NewPCG(seed, 1)), engine.Version, method))
				writeCSV(t, b)
				writeXLSX(t, b)
				writeFiscal(t, b)
				if b.Allocation.Outcome != model.Infeasible {
					writeERP(t, b, ERPOptions{})
				}
				if r, err := Verify(t.Context(), bytes.NewReader(writeProof(t, p)), true); err != nil || !r.Valid || !r.Replayed {
					t.Fatalf("seed %d: %+v, %v", seed, r, err)
				}
			}
		})
	}
}

// large is a book of n programs with an account string each.
func large(n int) *Book {
	b := &Book{Allocation: domain.Allocation{Currency: "USD", Result: domain.Result{Outcome: model.Optimal}}, Budget: domain.Budget{FiscalYear: 2028, DisplayName: "Large"}}
	for i := range n {
		id := fmt.Sprintf("p%06d", i)
		b.Lines = append(b.Lines, domain.AllocationLine{Program: id, DisplayName: id, Base: 1000_00, Allocated: 900_00, ReasonCode: "RATE", Currency: "USD"})
		b.Plan = append(b.Plan, model.Line{
			Program: id, Fund: "general", Treatment: model.Competes, Base: 1000_00, Amount: 900_00, Reason: model.AtRate,
			Paid: []model.Payment{{Fund: "general", Amount: 900_00}},
		})
		b.LineItems = append(b.LineItems, item(id, "general", 1000_00, "0100", "5110"))
	}
	return b
}

// living keeps the most bytes alive that it saw, looking every step bytes.
type living struct{ step, written, next, most int }

func (l *living) Write(p []byte) (int, error) {
	if l.written += len(p); l.written >= l.next {
		l.next = l.written + l.step
		l.most = max(l.most, live())
	}
	return len(p), nil
}

func live() int {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// Rows of 40,000 lines go straight to the writer: what is alive on the way is a small part of the book.
func TestRowsStream(t *testing.T) {
	b := large(40_000)
	for name, c := range map[string]struct {
		write func(io.Writer) error
		step  int
		limit int // bytes alive beyond the book
	}{
		"csv":    {func(w io.Writer) error { return WriteCSV(w, b) }, 2 << 20, 1 << 20},
		"fiscal": {func(w io.Writer) error { return WriteFiscalPackage(w, b) }, 80 << 10, 3 << 20},
		"erp":    {func(w io.Writer) error { _, err := WriteERP(w, b, ERPOptions{}); return err }, 1 << 20, 40_000 * 160},
	} {
		t.Run(name, func(t *testing.T) {
			before, seen := live(), &living{step: c.step}
			if err := c.write(seen); err != nil {
				t.Fatal(err)
			}
			if more := seen.most - before; more > c.limit || seen.written < 3*c.step {
				t.Errorf("%d bytes written with %d more alive, want at most %d", seen.written, more, c.limit)
			}
		})
	}
	runtime.KeepAlive(b)
}
