package export

import (
	"bytes"
	"strings"
	"testing"

	"github.com/throughline/throughline/services/budgeting/internal/domain"
)

func writeCSV(t *testing.T, b *Book) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := WriteCSV(&out, b); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestCSVToTheByte(t *testing.T) {
	b, _ := solved(t, town())
	b.Allocation.Adjustments = []domain.Adjustment{{Program: "fire", Fund: "general", Amount: 10_00}, {Program: "parks", Fund: "general", Amount: -10_00}}
	want := strings.Join([]string{
		"program,title,department,fund,base,fixed,floor,allocated,change,score,reason_code,reason,adjusted,unpaid,flagged,currency,fund_id",
		`debt,The debt,Works,1-general,1000.25,1000.25,0.00,1000.25,0.00,0.00,OFF_THE_TOP,"nothing of it competes: it is paid whole, off the top",1000.25,0.00,false,USD,general`,
		`fair,The fair,Works,1-general,500.00,0.00,0.00,467.00,-33.00,50.00,RATE,"gives 33.00 USD, its share of the shortage at the rate of its block and its score of 50.00",467.00,0.00,true,USD,general`,
		`fire,The fire,Works,1-general,1500.00,0.00,0.00,1451.00,-49.00,100.00,RATE,"gives 49.00 USD, its share of the shortage at the rate of its block and its score of 100.00",1461.00,0.00,false,USD,general`,
		`parks,The parks,Works,1-general,1250.00,50.00,0.00,1032.00,-218.00,0.00,RATE,"gives 118.00 USD, its share of the shortage at the rate of its block and its score of 0.00",1022.00,0.00,false,USD,general`,
		`parks,The parks,Works,1-grant,0.00,0.00,0.00,100.00,100.00,0.00,RATE,"gives 118.00 USD, its share of the shortage at the rate of its block and its score of 0.00",100.00,0.00,false,USD,grant`,
		"",
	}, "\r\n")
	if got := string(writeCSV(t, b)); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestCSVAddsUpToTheLines(t *testing.T) {
	randomBooks(t, 300, func(t *testing.T, seed uint64, b *Book) {
		_, all := rows(t, writeCSV(t, b))
		byProgram := map[string]domain.AllocationLine{}
		paid := map[string]int64{}
		for _, r := range all {
			l := byProgram[r["program"]]
			l.Base += minor(t, r["base"], 2)
			l.Fixed += minor(t, r["fixed"], 2)
			l.Floor += minor(t, r["floor"], 2)
			l.Allocated += minor(t, r["allocated"], 2)
			byProgram[r["program"]] = l
			paid[r["program"]+"/"+r["fund_id"]] = minor(t, r["allocated"], 2) - minor(t, r["unpaid"], 2)
			if minor(t, r["change"], 2) != minor(t, r["allocated"], 2)-minor(t, r["base"], 2) || r["adjusted"] != r["allocated"] {
				t.Fatalf("seed %d: %v", seed, r)
			}
		}
		if len(byProgram) != len(b.Lines) {
			t.Fatalf("seed %d: %d programs, want %d", seed, len(byProgram), len(b.Lines))
		}
		for _, l := range b.Lines {
			got := byProgram[l.Program]
			if got.Base != l.Base || got.Fixed != l.Fixed || got.Floor != l.Floor || got.Allocated != l.Allocated {
				t.Fatalf("seed %d: %s comes to %+v, want %+v", seed, l.Program, got, l)
			}
			for _, f := range l.Funding {
				if paid[l.Program+"/"+f.Fund] != f.Amount {
					t.Fatalf("seed %d: %s pays %s %d, want %d", seed, f.Fund, l.Program, paid[l.Program+"/"+f.Fund], f.Amount)
				}
			}
		}
	})
}

// Texts that a spreadsheet would take for formulas come back as texts from every column, and amounts below zero stay numbers.
func TestCSVInjection(t *testing.T) {
	b, _ := solved(t, town())
	evil := []string{"=1+1", "+1", "-1", "@A1", "\tx", "\r=x", " =1", "a,\"b\"\nc"}
	for _, s := range evil {
		b.Lines[2].DisplayName, b.Lines[2].Department, b.Funds["general"].Code = s, s, s
		_, all := rows(t, writeCSV(t, b))
		want := strings.ReplaceAll(s, "\r", "\n")
		for _, column := range []string{"title", "department", "fund"} {
			got := all[2][column]
			if Unescape(got) != want || strings.ContainsAny(got[:1], "=+-@\t\r\n") {
				t.Errorf("%s: %q is read back as %q", column, s, got)
			}
		}
		if all[2]["change"] != "-49.00" {
			t.Errorf("the change is %q", all[2]["change"])
		}
	}
}
