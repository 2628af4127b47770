package export

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/budgeting/internal/domain/engine"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/modeltest"
	"github.com/throughline/throughline/services/platform/fault"
)

var created = time.Date(2027, 3, 1, 9, 30, 0, 0, time.UTC)

// solved is the book of an input, as the engine answers it.
func solved(t testing.TB, in model.Input) (*Book, Proof) {
	t.Helper()
	s, err := engine.Solve(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	canonical, err := model.Decode(s.Input)
	if err != nil {
		t.Fatal(err)
	}
	books := domain.Books{Funds: map[string]*domain.Fund{}}
	for _, f := range canonical.Funds {
		books.Funds[f.ID] = &domain.Fund{ID: f.ID, DisplayName: "Fund " + f.ID, Code: "1-" + f.ID, Kind: f.Kind, Gasb54Class: string(f.Class)}
	}
	for _, p := range canonical.Programs {
		books.Asks = append(books.Asks, domain.Ask{Program: domain.Program{ID: p.ID, DisplayName: "The " + p.ID, Department: "Works"}})
	}
	books.Budget = domain.Budget{Organization: "town", ID: "fy2028", DisplayName: "Budget 2028", FiscalYear: 2028, Currency: in.Currency}
	a := domain.Allocation{
		Meta: domain.Meta{Version: 1, CreateTime: created, UpdateTime: created}, Organization: "town", Budget: "fy2028", ID: "first",
		DisplayName: "First proposal", Method: in.Method, Purpose: domain.PurposeTarget, State: domain.AllocationProposed, Creator: "users/ann",
	}
	if a.Params, err = a.Params.Filled(); err != nil {
		t.Fatal(err)
	}
	a = a.Answered(books, canonical, s.Plan, s.Certificate)
	var lines []domain.AllocationLine
	for l := range domain.Lines(&a, &books, &s.Plan) {
		lines = append(lines, *l)
		lines[len(lines)-1].Funding = slices.Clone(l.Funding)
	}
	return &Book{
		Allocation: a, Budget: books.Budget, Funds: books.Funds, Lines: lines, Plan: s.Plan.Lines,
		LineItems: lineItems(canonical),
	}, Proof{Allocation: a.Name(), Input: s.Input, Plan: s.Encoded}
}

// lineItems carry what competes of an input in three accounts of a cost line; a fifth of the lines is a minor unit off, and a seventh has no account.
func lineItems(in model.Input) []domain.LineItem {
	var out []domain.LineItem
	for i := range in.Programs {
		for j, l := range in.Programs[i].CostLines {
			if l.Treatment != model.Competes || (i+j)%7 == 6 {
				continue
			}
			amounts := []int64{l.Amount / 2, l.Amount / 3, l.Amount - l.Amount/2 - l.Amount/3}
			if (i+j)%5 == 4 {
				amounts[0]++
			}
			for k, a := range amounts {
				out = append(out, item(in.Programs[i].ID, l.Fund, a, l.Fund, fmt.Sprintf("%04d", 10*k), "51"+l.ID))
			}
		}
	}
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

func item(program, fund string, amount int64, segments ...string) domain.LineItem {
	return domain.LineItem{
		Organization: "town", Budget: "fy2028", ID: "l", Kind: "EXPENDITURE", Fund: fund, Department: "Works", AccountSegments: segments, Figure: "REQUEST",
		Amount: amount, Program: program, Treatment: model.Competes,
	}
}

// town has two funds and four programs: parks may also be paid by the grant fund, debt is off the top, and nobody has said what the fair is worth.
func town() model.Input {
	levels := func(level int64) []model.Alignment { return []model.Alignment{{Goal: "safety", Level: level}} }
	return model.Input{
		EngineVersion: engine.Version, Method: model.PriorityAdjustment, Currency: "USD", RoundingUnit: 100, Params: model.DefaultParams(),
		Goals: []model.Goal{{ID: "safety", Title: "Safe streets", WeightPPM: 1_000_000}},
		Funds: []model.Fund{
			{ID: "general", Available: 3950_25, Class: model.Unassigned, Kind: model.General},
			{ID: "grant", Available: 100_00, Class: model.Restricted, Kind: model.SpecialRevenue},
		},
		Programs: []model.Program{
			{ID: "debt", CostLines: []model.CostLine{{ID: "0", Fund: "general", Treatment: model.MustPay, Amount: 1000_25}}},
			{ID: "fair", CostLines: []model.CostLine{{ID: "0", Fund: "general", Treatment: model.Competes, Amount: 500_00}}},
			{ID: "fire", Alignment: levels(4), CostLines: []model.CostLine{{ID: "0", Fund: "general", Treatment: model.Competes, Amount: 1500_00}}},
			{ID: "parks", Alignment: levels(0), EligibleFunds: []string{"grant"}, CostLines: []model.CostLine{
				{ID: "0", Fund: "general", Treatment: model.Competes, Amount: 1200_00},
				{ID: "1", Fund: "general", Treatment: model.MustPay, Amount: 50_00},
			}},
		},
		Revisions: model.Revisions{Priority: model.Revision{Name: "r1", Hash: "aa"}},
	}
}

// random books, and how many.
func randomBooks(t *testing.T, n int, check func(t *testing.T, seed uint64, b *Book)) {
	t.Helper()
	for seed := range uint64(n) {
		b, _ := solved(t, modeltest.Random(rand.New(rand.NewPCG(seed, 7)), engine.Version))
		check(t, seed, b)
	}
}

// rows reads CSV with another reader than the writer: maps by column.
func rows(t *testing.T, data []byte) (columns []string, out []map[string]string) {
	t.Helper()
	all, err := csv.NewReader(bytes.NewReader(data)).ReadAll() // refuses rows of other lengths
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range all[1:] {
		row := map[string]string{}
		for i, c := range all[0] {
			row[c] = r[i]
		}
		out = append(out, row)
	}
	return all[0], out
}

// minor reads "-1234.50" as minor units, and nothing else.
func minor(t *testing.T, text string, exponent int) int64 {
	t.Helper()
	whole, fraction, _ := strings.Cut(text, ".")
	if len(fraction) != exponent {
		t.Fatalf("%q has not %d decimals", text, exponent)
	}
	var out int64
	if _, err := fmt.Sscanf(whole+fraction, "%d", &out); err != nil {
		t.Fatalf("%q is not a number: %v", text, err)
	}
	if decimal(out, exponent) != text {
		t.Fatalf("%q is written otherwise: %q", text, decimal(out, exponent))
	}
	return out
}

func TestPartsAreByFund(t *testing.T) {
	b, _ := solved(t, town())
	var got []string
	if err := b.each(func(p program) error {
		for _, of := range p.parts {
			got = append(got, fmt.Sprintf("%s %s base %d fixed %d allocated %d", p.Program, of.fund, of.base, of.fixed, of.allocated))
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"debt general base 100025 fixed 100025 allocated 100025",
		"fair general base 50000 fixed 0 allocated 46700",
		"fire general base 150000 fixed 0 allocated 145100",
		"parks general base 125000 fixed 5000 allocated 103200",
		"parks grant base 0 fixed 0 allocated 10000",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestBooksThatDoNotTie(t *testing.T) {
	for name, spoil := range map[string]func(*Book){
		"another amount":     func(b *Book) { b.Lines[1].Allocated++ },
		"another base":       func(b *Book) { b.Lines[1].Base-- },
		"another fixed":      func(b *Book) { b.Lines[0].Fixed++ },
		"another floor":      func(b *Book) { b.Lines[0].Floor++ },
		"lines out of order": func(b *Book) { b.Lines[0], b.Lines[1] = b.Lines[1], b.Lines[0] },
		"a line twice":       func(b *Book) { b.Lines = append(b.Lines, b.Lines[3]) },
		"a line is missing":  func(b *Book) { b.Lines = b.Lines[:3] },
		"an adjusted stranger": func(b *Book) {
			b.Allocation.Adjustments = []domain.Adjustment{{Program: "zoo", Fund: "general", Amount: 1}}
		},
		"a payment that vanishes": func(b *Book) { b.Plan = b.Plan[1:] },
	} {
		t.Run(name, func(t *testing.T) {
			b, _ := solved(t, town())
			spoil(b)
			var sink bytes.Buffer
			_, erp := WriteERP(&sink, b, ERPOptions{})
			for format, err := range map[string]error{"csv": WriteCSV(&sink, b), "xlsx": WriteXLSX(&sink, b), "fiscal": WriteFiscalPackage(&sink, b), "erp": erp} {
				if fault.Reason(err) != "EXPORT_DOES_NOT_TIE" || !fault.Is(err, fault.Internal) {
					t.Errorf("%s: %v", format, err)
				}
			}
		})
	}
}
