package budgetfile

import (
	"context"
	"encoding/binary"
	"io"
	"math/big"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"unicode/utf16"
)

// dataDir is the folder of real city files, or skips the test.
func dataDir(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("THROUGHLINE_SHARED_DATA")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "..", "..", "shared", "data")
	}
	if _, err := os.Stat(filepath.Join(dir, "okc_budget")); err != nil {
		t.Skip("the city files are not here: set THROUGHLINE_SHARED_DATA to their folder")
	}
	return dir
}

// city reads a sample mapping over its real files and demands that nothing was rejected, lost or out of tie.
func city(t *testing.T, mapping, folder string) *Parsed {
	t.Helper()
	dir := filepath.Join(dataDir(t), folder)
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "deploy", "samples", "mappings", mapping+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	m := loaded(t, string(text))
	p, err := Read(context.Background(), m, func(name string) (io.ReadCloser, error) { return os.Open(filepath.Join(dir, name)) })
	if err != nil {
		t.Fatal(err)
	}
	if len(p.RowErrors) > 0 || len(p.Mismatches) > 0 {
		t.Fatalf("row errors %+v, mismatches %+v", p.RowErrors, p.Mismatches)
	}
	consistent(t, p)
	return p
}

// consistent checks what holds of every import: rows accounted for, ids distinct, requests equal to the lines they come from.
func consistent(t *testing.T, p *Parsed) {
	t.Helper()
	lines := 0
	for _, f := range p.ControlTotals.Files {
		lines += f.Lines
		if f.Read != f.Mapped+f.Skipped+f.Rejected {
			t.Errorf("%s: read %d, mapped %d, skipped %d, rejected %d", f.File, f.Read, f.Mapped, f.Skipped, f.Rejected)
		}
	}
	if lines != len(p.LineItems) {
		t.Errorf("%d lines counted, %d made", lines, len(p.LineItems))
	}
	pattern, seen := regexp.MustCompile(`^[a-z][a-z0-9-]{0,62}$`), map[string]bool{}
	distinct := func(id string) {
		if seen[id] || !pattern.MatchString(id) {
			t.Errorf("id %q is taken or malformed", id)
		}
		seen[id] = true
	}
	var fromLines, fromRequests int64
	for _, l := range p.LineItems {
		distinct(l.ID)
		if l.Side == Expenditure && l.Version == p.Mapping.Version {
			fromLines += l.Amount
		}
	}
	for _, x := range p.Programs {
		distinct(x.ID)
	}
	for _, x := range p.Funds {
		distinct(x.ID)
	}
	for _, r := range p.Requests {
		fromRequests += r.Base
		if len(r.Alignment) == 0 {
			t.Errorf("program %s has no default alignment", r.ProgramCode)
		}
	}
	if fromLines != fromRequests || fromLines != p.ControlTotals.Total(Expenditure, p.Mapping.Version) {
		t.Errorf("lines come to %d, requests to %d, control totals to %d", fromLines, fromRequests, p.ControlTotals.Total(Expenditure, p.Mapping.Version))
	}
	for _, n := range p.Notices {
		if n.Code == "unused-rule" && !strings.Contains(n.Detail, "other-year") {
			t.Errorf("notice: %s", n.Detail)
		}
	}
}

// treated is what a fund spends under each treatment; Competes counts programs above zero only.
func treated(p *Parsed, fund string) (by map[Treatment]int64, movable int64) {
	by = map[Treatment]int64{}
	for _, r := range p.Requests {
		var competes int64
		for _, c := range r.CostLines {
			if c.FundCode == fund {
				by[c.Treatment] += c.Amount
				if c.Treatment == Competes {
					competes += c.Amount
				}
			}
		}
		movable += max(competes, 0)
	}
	return by, movable
}

// canTakeACut demands that a 5 % cut of the general fund fits within a fifth of what competes in it.
func canTakeACut(t *testing.T, p *Parsed, fund string) {
	t.Helper()
	for _, f := range p.Funds {
		if f.Code != fund {
			continue
		}
		if _, movable := treated(p, fund); f.Envelope/20 > movable/5 {
			t.Errorf("5 %% of the general fund is %d, a fifth of what competes %d", f.Envelope/20, movable/5)
		}
		return
	}
	t.Errorf("there is no fund %s", fund)
}

func TestOklahomaCity2016(t *testing.T) {
	p := city(t, "okc-fy2016", "okc_budget")
	const published = 1_349_646_272_00
	if r, e := p.ControlTotals.Total(Revenue, "ADOPTED"), p.ControlTotals.Total(Expenditure, "ADOPTED"); r != published || e != published {
		t.Errorf("revenue %d, expenditure %d, want %d each", r, e, published)
	}
	if own := lastCells(t, "okc_budget/okc_fy2016_budget_detail_with_agency.csv"); own != published {
		t.Errorf("the file's own cells come to %d", own)
	}
	balanced := 0
	for _, f := range p.Funds {
		if f.Revenue == f.Expenditure && f.Envelope == f.Revenue {
			balanced++
		}
	}
	if len(p.Funds) != 35 || balanced != 35 {
		t.Errorf("%d of %d funds are balanced, want 35 of 35", balanced, len(p.Funds))
	}
	if by, _ := treated(p, "021"); len(by) != 1 || by["MUST_PAY"] != 106_893_456_00 {
		t.Errorf("debt service is %v, want all of it MUST_PAY", by)
	}
	canTakeACut(t, p, "001")
	if len(p.LineItems) != 4736+469 || len(p.Programs) != 305 {
		t.Errorf("%d lines, %d programs", len(p.LineItems), len(p.Programs))
	}
}

func TestOklahomaCity2014(t *testing.T) {
	p := city(t, "okc-fy2014", "okc_budget")
	c := p.ControlTotals
	if got := c.Total(Expenditure, "REVISED"); got != 1_148_266_346_00 {
		t.Errorf("after amendments %d", got)
	}
	if got := c.Total(Expenditure, "ADOPTED"); got != 1_130_041_489_00 {
		t.Errorf("as adopted %d", got)
	}
	want := []SkippedTotals{{
		File: "okc_fy2014_budget_detail.csv", Rule: "grand-total", Rows: 1,
		Sums: []KeySum{{"adopted", 1_130_041_489_00}, {"revised", 1_148_266_346_00}},
	}}
	if !reflect.DeepEqual(c.Skipped, want) {
		t.Errorf("skipped %+v", c.Skipped)
	}
	if own := lastCells(t, "okc_budget/okc_fy2014_budget_detail.csv"); own != 2*1_148_266_346_00 { // with its grand total
		t.Errorf("the file's own cells come to %d", own)
	}
	canTakeACut(t, p, "001")
}

func TestWichita2017(t *testing.T) {
	p := city(t, "wichita-2017", "wichita_budget")
	own := lastCells(t, "wichita_budget/wichita_2017_adopted_budget_raw.csv")
	r, e := p.ControlTotals.Total(Revenue, "ADOPTED"), p.ControlTotals.Total(Expenditure, "ADOPTED")
	if r+e != own || own != 1_644_187_957_00 {
		t.Errorf("revenue %d and expenditure %d, the file's own cells come to %d", r, e, own)
	}
	if by, _ := treated(p, "300"); len(by) != 1 || by["MUST_PAY"] == 0 {
		t.Errorf("debt service is %v, want all of it MUST_PAY", by)
	}
	canTakeACut(t, p, "100")
}

// The city's other publication of the same budget writes -,637.00; its grouping differs and its total does not.
func TestWichitaWithGroupMarks(t *testing.T) {
	dir := dataDir(t)
	mapping := strings.NewReplacer("name: budget.csv", `name: wichita_2017_adopted_budget_esri_thousands_sep.csv
    number: {thousands: ",", loose_groups: true}`, "code: fund", `code: {const: all}`, "code: program", "code: org_cost_acct", "column: amount",
		"column: appropriation_amt").Replace(small)
	p, err := Read(context.Background(), loaded(t, mapping), func(name string) (io.ReadCloser, error) {
		return os.Open(filepath.Join(dir, "wichita_budget", name))
	})
	if err != nil || len(p.RowErrors) > 0 {
		t.Fatalf("error %v, row errors %+v", err, p.RowErrors)
	}
	if got := p.ControlTotals.Total(Expenditure, "ADOPTED"); got != 1_644_187_957_00 || p.LineItems[0].ProgramCode != "010009" {
		t.Errorf("total %d, first program %s", got, p.LineItems[0].ProgramCode)
	}
}

func TestAlbuquerque2016(t *testing.T) {
	p := city(t, "albuquerque-fy2016", "albuquerque_plan_budget")
	raw, err := os.ReadFile(filepath.Join(dataDir(t), "albuquerque_plan_budget", "abq_fy2016_budget_utf16.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	units := make([]uint16, len(raw)/2)
	for i := range units {
		units[i] = binary.LittleEndian.Uint16(raw[2*i:])
	}
	sum := new(big.Rat)
	rows := strings.Split(strings.TrimSpace(string(utf16.Decode(units))), "\n")
	for _, row := range rows[1:] {
		cells := strings.Split(row, "\t")
		v, ok := new(big.Rat).SetString(cells[len(cells)-1])
		if !ok {
			t.Fatalf("%q is no number", cells[len(cells)-1])
		}
		sum.Add(sum, v)
	}
	// What the spreadsheet left of zero comes to less than a millionth of a cent.
	own := sum.Mul(sum, big.NewRat(100, 1))
	diff := new(big.Rat).Sub(own, new(big.Rat).SetInt64(p.ControlTotals.Total(Expenditure, "ADOPTED")))
	if diff.Abs(diff).Cmp(big.NewRat(1, 1_000_000)) > 0 || p.ControlTotals.Total(Expenditure, "ADOPTED") != 1_000_125_000_00 {
		t.Errorf("imported %d, the file's own cells differ by %s cents", p.ControlTotals.Total(Expenditure, "ADOPTED"), diff.FloatString(12))
	}
	if f := p.ControlTotals.Files[0]; f.RoundedCells != 24 || f.Mapped != len(rows)-1 {
		t.Errorf("file totals %+v", f)
	}
	for _, x := range p.Programs {
		if x.Code == "29PR205" && x.DepartmentCode != "2900000" {
			t.Errorf("project rows of 29PR205 belong to department %s", x.DepartmentCode)
		}
	}
	canTakeACut(t, p, "110")
}

func TestMissoula2024(t *testing.T) {
	p := city(t, "missoula-fy2024", "missoula_pbb")
	rows := quotedRows(t, "missoula_pbb/program_inventory.csv")
	var own int64
	for _, row := range rows[1:] {
		own += cents(t, row[13])
	}
	if rows[0][13] != "total_expenditures_g33" || len(rows)-1 != 378 {
		t.Fatalf("%d rows, column 14 is %s", len(rows)-1, rows[0][13])
	}
	if got := p.ControlTotals.Total(Expenditure, "ADOPTED"); got != own || own != 334_810_828_18 {
		t.Errorf("imported %d, the file's own cells come to %d", got, own)
	}
	answers, known := map[Answer]int{}, map[string]int{}
	for _, r := range p.Requests {
		answers[r.Mandate.Answer]++
		for a := range r.Attributes {
			known[a]++
		}
	}
	if !reflect.DeepEqual(answers, map[Answer]int{Yes: 157, No: 195, Unknown: 26}) {
		t.Errorf("mandate answers %v", answers)
	}
	// 378 programs less those that left the question blank; cost recovery also less those whose answers contradict each other.
	if want := map[string]int{"mandate": 352, "reliance": 344, "cost_recovery": 306, "demand_change": 290}; !reflect.DeepEqual(known, want) {
		t.Errorf("known attributes %v, want %v", known, want)
	}
	if len(p.Programs) != 378 || len(p.Requests) != 378 {
		t.Errorf("%d programs, %d requests", len(p.Programs), len(p.Requests))
	}
	canTakeACut(t, p, "1000")
}

var lastCell = regexp.MustCompile(`(?:^|,)("[^"]*"|[^,"\r]*)\r?$`)

// lastCells adds up the last cell of every line, without a CSV reader.
func lastCells(t *testing.T, name string) int64 {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dataDir(t), filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	var sum int64
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n")[1:] {
		sum += cents(t, lastCell.FindStringSubmatch(line)[1])
	}
	return sum
}

// cents reads an amount by deleting what is not a digit, a point or a sign.
func cents(t *testing.T, cell string) int64 {
	t.Helper()
	s := strings.NewReplacer(`"`, "", ",", "", " ", "", "(", "-", ")", "").Replace(cell)
	if s == "" || s == "-" {
		return 0
	}
	v, ok := new(big.Rat).SetString(s)
	if !ok {
		t.Fatalf("%q is no number", cell)
	}
	v.Mul(v, big.NewRat(100, 1))
	if !v.IsInt() {
		t.Fatalf("%q has parts of a cent", cell)
	}
	return v.Num().Int64()
}

// quotedRows cuts a file with newlines inside quotes into cells, one character at a time.
func quotedRows(t *testing.T, name string) [][]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dataDir(t), filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	var rows [][]string
	var row []string
	var cell strings.Builder
	quoted := false
	for _, r := range string(text) {
		switch {
		case r == '"':
			quoted = !quoted
		case quoted || r != ',' && r != '\n':
			cell.WriteRune(r)
		default:
			row = append(row, cell.String())
			cell.Reset()
			if r == '\n' {
				rows, row = append(rows, row), nil
			}
		}
	}
	return rows
}
