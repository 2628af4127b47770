package export

import (
	"archive/zip"
	"bytes"
	"io"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/budgeting/internal/domain/engine"
	"github.com/throughline/throughline/services/budgeting/internal/domain/modeltest"
	"github.com/throughline/throughline/services/platform/fault"
)

func writeXLSX(t *testing.T, b *Book) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := WriteXLSX(&out, b); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// sheets reads raw values back.
func sheets(t *testing.T, data []byte) (*excelize.File, map[string][][]string) {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	out := map[string][][]string{}
	for _, name := range f.GetSheetList() {
		if out[name], err = f.GetRows(name, excelize.Options{RawCellValue: true}); err != nil {
			t.Fatal(err)
		}
	}
	return f, out
}

// cents reads a raw number of a cell with at most two decimals.
func cents(t *testing.T, raw string) int64 {
	t.Helper()
	v, err := strconv.ParseFloat(raw, 64)
	if err != nil {
		t.Fatalf("%q is not a number", raw)
	}
	out, err := strconv.ParseInt(strings.ReplaceAll(strconv.FormatFloat(v, 'f', 2, 64), ".", ""), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestXLSXSaysWhatCSVSays(t *testing.T) {
	b, _ := solved(t, town())
	b.Allocation.Adjustments = []domain.Adjustment{{Program: "fire", Fund: "general", Amount: 10_00}, {Program: "parks", Fund: "general", Amount: -10_00}}
	f, got := sheets(t, writeXLSX(t, b))
	if want := []string{"Summary", "Pool", "Funds", "Blocks", "Lines"}; !slices.Equal(f.GetSheetList(), want) {
		t.Fatalf("sheets %v", f.GetSheetList())
	}
	_, want := rows(t, writeCSV(t, b))
	lines := got["Lines"]
	if len(lines) != len(want)+2 {
		t.Fatalf("%d rows, want a head, %d and a total", len(lines), len(want))
	}
	numbers := map[int]string{4: "base", 5: "fixed", 6: "floor", 7: "allocated", 8: "change", 9: "score", 12: "adjusted", 13: "unpaid"}
	texts := map[int]string{0: "program", 1: "title", 2: "department", 3: "fund", 10: "reason_code", 11: "reason", 14: "flagged"}
	sums := map[int]int64{}
	for i, r := range want {
		for at, column := range numbers {
			if cents(t, lines[i+1][at]) != minor(t, r[column], 2) {
				t.Errorf("row %d, %s: %s, want %s", i, column, lines[i+1][at], r[column])
			}
			sums[at] += minor(t, r[column], 2)
			cell, _ := excelize.CoordinatesToCellName(at+1, i+2)
			if kind, err := f.GetCellType("Lines", cell); err != nil || kind != excelize.CellTypeUnset && kind != excelize.CellTypeNumber {
				t.Errorf("%s is of type %v, %v", cell, kind, err)
			}
		}
		for at, column := range texts {
			if lines[i+1][at] != r[column] {
				t.Errorf("row %d, %s: %q, want %q", i, column, lines[i+1][at], r[column])
			}
		}
	}
	total := lines[len(lines)-1]
	for at := range numbers {
		if at != 9 && cents(t, total[at]) != sums[at] {
			t.Errorf("column %d: total %s, rows %d", at, total[at], sums[at])
		}
	}
	if shown, _ := f.GetCellValue("Lines", "I5"); shown != "-218.00" {
		t.Errorf("the change of parks shows as %q", shown)
	}
}

func TestXLSXFirstPages(t *testing.T) {
	b, _ := solved(t, town())
	f, got := sheets(t, writeXLSX(t, b))
	summary := map[string][]string{}
	label := ""
	for _, r := range got["Summary"] {
		if r[0] != "" {
			label = r[0]
		}
		summary[label] = append(summary[label], r[1])
	}
	for label, want := range map[string]string{
		"Name": b.Allocation.Name(), "Method": "PRIORITY_ADJUSTMENT", "Outcome": "OPTIMAL", "Content hash (SHA-256)": b.Allocation.ContentHash,
		"Result hash (SHA-256)": b.Allocation.ResultHash, "Base": "4250.25", "Allocated, gross": "4050.25", "Created": "2027-03-01T09:30:00Z", "Priority revision": b.Allocation.PriorityRevision,
	} {
		if want == "" {
			want = "none"
		}
		if !slices.Equal(summary[label], []string{want}) {
			t.Errorf("%s is %q, want %q", label, summary[label], want)
		}
	}
	if !slices.Equal(summary["Certificate"], b.Allocation.Checks) {
		t.Errorf("certificate %q", summary["Certificate"])
	}
	wantPool := [][]string{
		{"Fund", "Title", "Treatment", "Cost lines", "Amount"},
		{"", "All funds", "MUST_PAY", "2", "1050.25"},
		{"", "All funds", "COMPETES", "3", "3200"},
		{"", "All funds", "Total", "5", "4250.25"},
		{"1-general", "Fund general", "MUST_PAY", "2", "1050.25"},
		{"1-general", "Fund general", "COMPETES", "3", "3200"},
		{"1-general", "Fund general", "Total", "5", "4250.25"},
		{"1-grant", "Fund grant", "COMPETES", "0", "0"},
		{"1-grant", "Fund grant", "Total", "0", "0"},
	}
	if !slices.EqualFunc(got["Pool"], wantPool, slices.Equal[[]string]) {
		t.Errorf("pool %q", got["Pool"])
	}
	wantFunds := [][]string{
		{"Fund", "Title", "Kind", "GASB 54 class", "Available", "Fixed", "Competing", "Surplus", "Short"},
		{"1-general", "Fund general", "GENERAL", "UNASSIGNED", "3950.25", "1050.25", "2900", "0", "0"},
		{"1-grant", "Fund grant", "SPECIAL_REVENUE", "RESTRICTED", "100", "0", "100", "0", "0"},
		{"Total", "", "", "", "4050.25", "1050.25", "3000", "0", "0"},
	}
	if !slices.EqualFunc(got["Funds"], wantFunds, slices.Equal[[]string]) {
		t.Errorf("funds %q", got["Funds"])
	}
	blocks := got["Blocks"]
	if last := blocks[len(blocks)-1]; len(blocks) != len(b.Allocation.Blocks)+2 || !slices.Equal(last[5:], []string{"3200", "3000", "-200"}) {
		t.Errorf("blocks %q", blocks)
	}
	if p, err := f.GetDocProps(); err != nil || p.Created != "2027-03-01T09:30:00Z" || p.Modified != p.Created {
		t.Errorf("properties %+v, %v", p, err)
	}
}

func TestXLSXHasTheSameBytesAgain(t *testing.T) {
	b, _ := solved(t, modeltest.City(5, 60, engine.Version))
	first := writeXLSX(t, b)
	for range 5 {
		if !bytes.Equal(first, writeXLSX(t, b)) {
			t.Fatal("the same book gave other bytes")
		}
	}
}

func TestXLSXHasNoFormula(t *testing.T) {
	evil := []string{"=1+1", "=HYPERLINK(\"http://x\")", "+1", "-1", "@A1", "\t=1", "12", "1e5", "TRUE", "2027-01-01", "<f>1</f>", " padded ", "nul\x00", "\xff", "_x0041_"}
	b, _ := solved(t, modeltest.City(2, len(evil), engine.Version))
	for i, s := range evil {
		b.Lines[i].DisplayName, b.Lines[i].Department = s, s
	}
	b.Allocation.DisplayName, b.Allocation.Creator, b.Funds["f000"].DisplayName = "=1+1", "@x", "=2"
	data := writeXLSX(t, b)
	f, got := sheets(t, data)
	row := 1
	for i, s := range evil {
		if want := strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD"); got["Lines"][row][1] != want || got["Lines"][row][2] != want {
			t.Errorf("%q is read back as %q", s, got["Lines"][row][1])
		}
		cell, _ := excelize.CoordinatesToCellName(2, row+1)
		if formula, _ := f.GetCellFormula("Lines", cell); formula != "" {
			t.Errorf("%q became the formula %q", s, formula)
		}
		for row < len(got["Lines"]) && got["Lines"][row][0] == b.Lines[i].Program {
			row++
		}
	}
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range archive.File {
		r, err := part.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(content, []byte("<f>")) || bytes.Contains(content, []byte("<f ")) {
			t.Errorf("%s has a formula", part.Name)
		}
	}
}

func TestXLSXLimits(t *testing.T) {
	b, _ := solved(t, town())
	b.Allocation.Waterfall[0].Amount = MaxSheetMoney + 1
	if err := WriteXLSX(&bytes.Buffer{}, b); fault.Reason(err) != "XLSX_DIGITS" || !fault.Is(err, fault.Exhausted) {
		t.Errorf("16 digits: %v", err)
	}
	b.Allocation.Waterfall[0].Amount = -MaxSheetMoney
	if _, got := sheets(t, writeXLSX(t, b)); cents(t, got["Pool"][1][4]) != -MaxSheetMoney {
		t.Errorf("15 digits are read back as %s", got["Pool"][1][4])
	}
	s := sheet{row: MaxSheetRows}
	if err := s.end(); fault.Reason(err) != "XLSX_ROWS" {
		t.Errorf("too many rows: %v", err)
	}
	long := strings.Repeat("é", maxCell)
	if got := cut(long); len(got) > maxCell+3 || !strings.HasPrefix(long, strings.TrimSuffix(got, "…")) {
		t.Errorf("a long text is cut to %d bytes", len(got))
	}
}

func TestXLSXOfAnyBook(t *testing.T) {
	for seed := range uint64(40) {
		b, _ := solved(t, modeltest.Random(rand.New(rand.NewPCG(seed, 3)), engine.Version))
		_, got := sheets(t, writeXLSX(t, b))
		lines := got["Lines"]
		total := lines[len(lines)-1]
		var base, allocated int64
		for _, l := range b.Lines {
			base += l.Base
			allocated += l.Allocated
		}
		if cents(t, total[4]) != base || cents(t, total[7]) != allocated {
			t.Fatalf("seed %d: totals %v, want %d and %d", seed, total, base, allocated)
		}
	}
}
