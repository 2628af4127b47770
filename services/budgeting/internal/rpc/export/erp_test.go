package export

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/budgeting/internal/domain/engine"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/modeltest"
	"github.com/throughline/throughline/services/budgeting/internal/domain/spread"
	"github.com/throughline/throughline/services/platform/fault"
)

func writeERP(t *testing.T, b *Book, o ERPOptions) ([]byte, Control) {
	t.Helper()
	var out bytes.Buffer
	c, err := WriteERP(&out, b, o)
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes(), c
}

// townItems: the fair has two strings (one of them in two items), fire is 10 dollars short of its base, parks has nothing in the grant fund, and
// somebody left items of a program that is gone and of none.
func townItems() []domain.LineItem {
	items := []domain.LineItem{
		item("fair", "general", 200_00, "0100", "5110"),
		item("fair", "general", 100_00, "0100", "5110"),
		item("fair", "general", 250_00, "0100", "5120"),
		item("fair", "general", -50_00, "0100", "5199"),
		item("fire", "general", 1000_00, "0200", "5110"),
		item("fire", "general", 490_00, "0200", "5120"),
		item("parks", "general", 1200_00, "0300", "5110"),
		item("gone", "general", 70_00, "0400", "5110"),
		item("", "general", 30_00, "0500", "5110"),
		item("debt", "general", 1000_25, "0900", "5900"),
		item("fair", "general", 999_00, "0100", "5110"),
		item("fair", "general", 999_00),
		item("fire", "general", 5_00, "0200", "4110"),
	}
	items[9].Treatment, items[10].Figure, items[12].Kind = model.MustPay, "ADOPTED", "REVENUE"
	return items
}

func TestERPToTheByte(t *testing.T) {
	tests := map[string]struct {
		o    ERPOptions
		want []string
	}{
		"pro rata": {ERPOptions{}, []string{
			"LINE,1-general,Works,0100-5110,fair,EXPENDITURE,300.00,282.00,-18.00,USD,1,",
			"LINE,1-general,Works,0100-5120,fair,EXPENDITURE,250.00,235.00,-15.00,USD,1,",
			"LINE,1-general,Works,0100-5199,fair,EXPENDITURE,-50.00,-50.00,0.00,USD,1,",
			"LINE,1-general,Works,0200-5110,fire,EXPENDITURE,1000.00,974.00,-26.00,USD,1,",
			"LINE,1-general,Works,0200-5120,fire,EXPENDITURE,490.00,477.26,-12.74,USD,1,",
			"LINE,1-general,Works,SUSPENSE,fire,EXPENDITURE,10.00,9.74,-0.26,USD,1,DIFFERENCE",
			"LINE,1-general,Works,0300-5110,parks,EXPENDITURE,1200.00,972.00,-228.00,USD,1,",
			"LINE,1-grant,Works,SUSPENSE,parks,EXPENDITURE,0.00,100.00,100.00,USD,1,NO_ACCOUNT",
			"FUND,1-general,,,,,3200.00,2900.00,-300.00,USD,7,",
			"FUND,1-grant,,,,,0.00,100.00,100.00,USD,1,",
			"TOTAL,,,,,,3200.00,3000.00,-200.00,USD,8,rule=PRO_RATA_BASE version=REQUEST result_hash=HASH",
		}},
		"first account": {ERPOptions{Rule: spread.FirstAccount, Separator: ".", Suspense: "9999.0000"}, []string{
			"LINE,1-general,Works,0100.5110,fair,EXPENDITURE,300.00,267.00,-33.00,USD,1,",
			"LINE,1-general,Works,0100.5120,fair,EXPENDITURE,250.00,250.00,0.00,USD,1,",
			"LINE,1-general,Works,0100.5199,fair,EXPENDITURE,-50.00,-50.00,0.00,USD,1,",
			"LINE,1-general,Works,0200.5110,fire,EXPENDITURE,1000.00,961.00,-39.00,USD,1,",
			"LINE,1-general,Works,0200.5120,fire,EXPENDITURE,490.00,490.00,0.00,USD,1,",
			"LINE,1-general,Works,9999.0000,fire,EXPENDITURE,10.00,10.00,0.00,USD,1,DIFFERENCE",
			"LINE,1-general,Works,0300.5110,parks,EXPENDITURE,1200.00,972.00,-228.00,USD,1,",
			"LINE,1-grant,Works,9999.0000,parks,EXPENDITURE,0.00,100.00,100.00,USD,1,NO_ACCOUNT",
			"FUND,1-general,,,,,3200.00,2900.00,-300.00,USD,7,",
			"FUND,1-grant,,,,,0.00,100.00,100.00,USD,1,",
			"TOTAL,,,,,,3200.00,3000.00,-200.00,USD,8,rule=FIRST_ACCOUNT version=REQUEST result_hash=HASH",
		}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			b, _ := solved(t, town())
			b.Allocation.Adjustments = []domain.Adjustment{{Program: "parks", Fund: "general", Amount: -10_00}, {Program: "fire", Fund: "general", Amount: 10_00}}
			b.Allocation.ResultHash = "HASH"
			b.LineItems = townItems()
			got, c := writeERP(t, b, tt.o)
			want := "record,fund,department,account,program,kind,base,new,change,currency,lines,note\r\n" + strings.Join(tt.want, "\r\n") + "\r\n"
			if string(got) != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
			var warned []string
			for _, w := range c.Warnings {
				warned = append(warned, fmt.Sprintf("%s %s %s %d", w.Note, w.Program, w.Fund, w.Base))
			}
			if want := []string{"NO_LINE  general 3000", "DIFFERENCE fire general 1000", "NO_LINE gone general 7000", "NO_ACCOUNT parks grant 0"}; !slices.Equal(warned, want) {
				t.Errorf("warnings %q, want %q", warned, want)
			}
			if c.Base != 3200_00 || c.New != 3000_00 || c.Change() != -200_00 || c.Lines != 8 || c.Funds[0].Outside != 1050_25 {
				t.Errorf("control %+v", c)
			}
		})
	}
}

// Whatever the books, rules and line items: rows tie to the line of the program in the fund, funds to the allocation, and totals to the rows.
func TestERPTies(t *testing.T) {
	seen := map[string]int{}
	rapid.Check(t, func(rt *rapid.T) {
		seed := rapid.Uint64().Draw(rt, "seed")
		r := rand.New(rand.NewPCG(seed, 9))
		b, _ := solved(t, modeltest.Random(r, engine.Version))
		o := ERPOptions{Rule: spread.Rules()[r.IntN(2)]}
		b.LineItems = append(b.LineItems, revenueItems(b, r)...)
		var out bytes.Buffer
		c, err := WriteERP(&out, b, o)
		if b.Allocation.Outcome == model.Infeasible {
			if fault.Reason(err) != "ALLOCATION_INFEASIBLE" {
				rt.Fatalf("infeasible: %v", err)
			}
			return
		}
		if err != nil {
			rt.Fatal(err)
		}
		ties2(rt, t, b, out.Bytes(), c)
		for _, w := range c.Warnings {
			seen[w.Note]++
		}
	})
	if seen[NoAccount] == 0 || seen[Difference] == 0 {
		t.Errorf("the books were too tidy: %v", seen)
	}
}

func revenueItems(b *Book, r *rand.Rand) []domain.LineItem {
	var out []domain.LineItem
	for _, l := range b.Plan {
		if l.Revenue > 0 && r.IntN(2) == 0 {
			i := item(l.Program, l.Fund, l.Revenue, "4110")
			i.Kind = "REVENUE"
			out = append(out, i)
		}
	}
	return out
}

func ties2(rt *rapid.T, t *testing.T, b *Book, data []byte, c Control) {
	type sums struct{ base, amount, lines int64 }
	got, byFund, total := map[string]sums{}, map[string]sums{}, sums{}
	_, all := rows(t, data)
	for _, r := range all {
		base, amount := minor(t, r["base"], 2), minor(t, r["new"], 2)
		if minor(t, r["change"], 2) != amount-base {
			rt.Fatalf("row %v", r)
		}
		var lines int64
		fmt.Sscan(r["lines"], &lines)
		plus := func(s sums) sums { return sums{s.base + base, s.amount + amount, s.lines + lines} }
		switch r["record"] {
		case recordLine:
			key := r["program"] + "/" + strings.TrimPrefix(r["fund"], "1-")
			got[key], byFund[r["fund"]], total = plus(got[key]), plus(byFund[r["fund"]]), plus(total)
			if r["kind"] == kindCost && base >= 0 && amount < 0 {
				rt.Fatalf("below zero: %v", r)
			}
		case recordFund:
			if byFund[r["fund"]] != plus(sums{}) {
				rt.Fatalf("fund %v, rows %v", r, byFund[r["fund"]])
			}
		case recordTotal:
			if total != plus(sums{}) || total != (sums{c.Base, c.New, c.Lines}) {
				rt.Fatalf("total %v, rows %v, control %+v", r, total, c.Sums)
			}
		}
	}
	if all[len(all)-1]["record"] != recordTotal {
		rt.Fatal("the trailer is missing")
	}
	want := map[string]sums{}
	for _, l := range b.Plan {
		if l.Treatment != model.Competes {
			continue
		}
		unpaid := l.Amount
		for _, p := range l.Paid {
			k := l.Program + "/" + p.Fund
			want[k] = sums{want[k].base, want[k].amount + p.Amount, 0}
			unpaid -= p.Amount
		}
		k := l.Program + "/" + l.Fund
		want[k] = sums{want[k].base + l.Base, want[k].amount + unpaid, 0}
	}
	for k, w := range want {
		if g := got[k]; g.base != w.base || g.amount != w.amount {
			rt.Fatalf("%s comes to %+v, the allocation to %+v", k, g, w)
		}
	}
	for _, f := range c.Funds {
		var spent, base int64
		for _, l := range b.Plan {
			if l.Fund == f.Fund {
				base += l.Base
				spent += l.Amount
			}
			for _, p := range l.Paid {
				if p.Fund == f.Fund {
					spent += p.Amount
				}
				if l.Fund == f.Fund {
					spent -= p.Amount
				}
			}
		}
		if f.New+f.Outside != spent || f.Change() != spent-base {
			rt.Fatalf("fund %+v, the allocation spends %d over a base of %d", f, spent, base)
		}
	}
}

func TestERPRevenueThatFollowsTheService(t *testing.T) {
	in := town()
	in.Programs[1].Revenue = []model.Revenue{{Fund: "general", Amount: 100_00}}
	in.Funds[0].Available += 100_00
	b, _ := solved(t, in)
	fees := item("fair", "general", 60_00, "4110")
	more := item("fair", "general", 40_00, "4120")
	fees.Kind, more.Kind = "REVENUE", "REVENUE"
	b.LineItems = []domain.LineItem{item("fair", "general", 500_00, "5110"), fees, more}
	data, _ := writeERP(t, b, ERPOptions{})
	var got []string
	_, all := rows(t, data)
	for _, r := range all {
		if r["program"] == "fair" {
			got = append(got, strings.Join([]string{r["account"], r["kind"], r["base"], r["new"]}, " "))
		}
	}
	l := b.Plan[1]
	if l.Program != "fair" || l.RevenueLost == 0 {
		t.Fatalf("the fair loses no revenue: %+v", l)
	}
	gross, left := decimal(l.Amount+l.Revenue-l.RevenueLost, 2), l.Revenue-l.RevenueLost
	want := []string{
		"5110 EXPENDITURE 500.00 " + gross,
		"4110 REVENUE -60.00 " + decimal(-left*6/10, 2), "4120 REVENUE -40.00 " + decimal(-(left-left*6/10), 2),
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestERPOfAnAllocationThatIsShort(t *testing.T) {
	in := town()
	in.Funds[0].Available -= 1500_00
	b, _ := solved(t, in)
	if b.Allocation.Outcome != model.ReductionShort {
		t.Fatalf("outcome %s", b.Allocation.Outcome)
	}
	_, c := writeERP(t, b, ERPOptions{})
	var unpaid, short int64
	for _, w := range c.Warnings {
		if w.Note == Unpaid {
			unpaid += w.New
		}
	}
	for _, f := range b.Allocation.Funds {
		short += f.Short
	}
	if unpaid == 0 || unpaid != short {
		t.Errorf("warned of %d, the funds are %d short", unpaid, short)
	}
}

func TestERPRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Book)
		o      ERPOptions
		want   string
	}{
		"unknown rule":        {func(*Book) {}, ERPOptions{Rule: "LAST_ACCOUNT"}, "SPREAD_RULE"},
		"ambiguous separator": {func(b *Book) { b.LineItems = append(b.LineItems, item("fair", "general", 1, "01-00")) }, ERPOptions{}, "SEPARATOR_IN_ACCOUNT"},
		"another separator":   {func(b *Book) { b.LineItems = []domain.LineItem{item("fair", "general", 1, "01-00")} }, ERPOptions{Separator: "."}, ""},
		"more taken than there": {func(b *Book) {
			b.Allocation.Adjustments = []domain.Adjustment{{Program: "fair", Fund: "general", Amount: -9999_00}}
		}, ERPOptions{}, "SPREAD_BELOW_ZERO"},
		"account beyond int64": {func(b *Book) {
			b.LineItems = []domain.LineItem{item("fair", "general", 1<<62, "1"), item("fair", "general", 1<<62, "1")}
		}, ERPOptions{}, "SPREAD_OVERFLOW"},
		"infeasible": {func(b *Book) { b.Allocation.Outcome = model.Infeasible }, ERPOptions{}, "ALLOCATION_INFEASIBLE"},
	} {
		t.Run(name, func(t *testing.T) {
			b, _ := solved(t, town())
			c.change(b)
			_, err := WriteERP(&bytes.Buffer{}, b, c.o)
			if fault.Reason(err) != c.want {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if c.want == "SPREAD_BELOW_ZERO" && !strings.Contains(err.Error(), `program "fair" in fund 1-general`) {
				t.Errorf("%v does not say where", err)
			}
		})
	}
}

func TestERPInjection(t *testing.T) {
	b, _ := solved(t, town())
	b.LineItems = []domain.LineItem{item("fair", "general", 500_00, "=1+1", "@x")}
	b.LineItems[0].Department = "+cmd"
	data, _ := writeERP(t, b, ERPOptions{})
	_, all := rows(t, data)
	if all[0]["account"] != "'=1+1-@x" || all[0]["department"] != "'+cmd" || all[0]["change"] != "-33.00" {
		t.Errorf("got %v", all[0])
	}
}
