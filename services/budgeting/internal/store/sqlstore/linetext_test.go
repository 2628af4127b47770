package sqlstore

import (
	"iter"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/throughline/throughline/services/budgeting/internal/domain"
)

var allocationKey = []string{"o", "fy", "a"}

func each(lines ...domain.AllocationLine) iter.Seq[*domain.AllocationLine] {
	return func(yield func(*domain.AllocationLine) bool) {
		for i := range lines {
			if !yield(&lines[i]) {
				return
			}
		}
	}
}

func TestLineTextReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text, amount := rapid.StringOfN(rapid.SampledFrom([]rune("aZ é\\\t\n")), 0, 6, -1), rapid.Int64()
		want := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) domain.AllocationLine {
			l := domain.AllocationLine{
				Organization: "o", Budget: "fy", Allocation: "a", Program: rapid.StringMatching(`[a-z][a-z0-9-]{0,4}`).Draw(t, "program"),
				DisplayName: text.Draw(t, "name"), Department: text.Draw(t, "department"), Base: amount.Draw(t, "base"), Fixed: amount.Draw(t, "fixed"),
				Floor: amount.Draw(t, "floor"), Allocated: amount.Draw(t, "allocated"), ScoreBP: rapid.Int64Range(0, 20_000).Draw(t, "score"),
				Flagged: rapid.Bool().Draw(t, "flagged"), ReasonCode: rapid.SampledFrom([]string{"RATE", "MAX_CUT", ""}).Draw(t, "reason"),
			}
			for range rapid.IntRange(0, 3).Draw(t, "funds") {
				l.Funding = append(l.Funding, domain.FundAmount{Fund: rapid.StringMatching(`[a-z]{1,3}`).Draw(t, "fund"), Amount: amount.Draw(t, "amount")})
			}
			l.Value = amount.Draw(t, "value")
			if rapid.Bool().Draw(t, "usual") { // as of most lines
				l.Allocated = 0
				for _, f := range l.Funding {
					l.Allocated += f.Amount
				}
				l.Value = l.UsualValue()
			}
			if rapid.Bool().Draw(t, "told") {
				l.RevenueLost, l.Positions = amount.Draw(t, "revenue"), amount.Draw(t, "positions")
				if l.RevenueLost != 0 || l.Positions != 0 {
					for range rapid.IntRange(0, 2).Draw(t, "grants") {
						l.GrantsLost = append(l.GrantsLost, "g"+text.Draw(t, "grant"))
					}
				}
			}
			return l
		}), 0, 4).Draw(t, "lines")
		got, err := parseLines(lineText(nil, each(want...)), allocationKey)
		if err != nil || len(got) != len(want) || len(want) > 0 && !reflect.DeepEqual(got, want) {
			t.Errorf("read %+v (%v), want %+v", got, err, want)
		}
	})
}

// TestLineTextLeavesOutWhatFollows pins the text, which is kept for good.
func TestLineTextLeavesOutWhatFollows(t *testing.T) {
	usual := domain.AllocationLine{Program: "parks", Base: 90, Allocated: 80, ScoreBP: 5000, ReasonCode: "RATE", Funding: []domain.FundAmount{{Fund: "a", Amount: 30}, {Fund: "b", Amount: 50}}, Value: 40}
	other := usual
	other.Funding, other.Value = []domain.FundAmount{{Fund: "a", Amount: 30}}, 41
	lost := usual
	lost.RevenueLost, lost.GrantsLost = 7, []string{"one", "two"}
	same := func(value string) string { return strings.Repeat(value+"\t", 3) + "\n" }
	want := "\n" + same("parks") + same("") + same("") + same("90") + same("0") + same("0") + same("80") + same("5000") + same("0") + same("RATE") +
		"a=30 b\t" + "a=30\t" + "a=30 b\t\n" + "\t41\t\t\n" + "\t\t7\t\n" + same("") + "\t\t2\tone\ttwo\t\n"
	if got := string(lineText(nil, each(usual, other, lost))); got != want {
		t.Errorf("the text is %q, want %q", got, want)
	}
}

// TestOlderLineTextsAreRead has lines of programs as they were written before columns were, and before anything was left out.
func TestOlderLineTextsAreRead(t *testing.T) {
	const start = "parks\tPa\\trks\t\t90\t0\t0\t80\t5000\t1\tRATE\t"
	usual := domain.AllocationLine{
		Organization: "o", Budget: "fy", Allocation: "a", Program: "parks", DisplayName: "Pa\trks", Base: 90, Allocated: 80, ScoreBP: 5000, Flagged: true,
		ReasonCode: "RATE", Funding: []domain.FundAmount{{Fund: "a", Amount: 30}, {Fund: "b", Amount: 50}}, Value: 40,
	}
	valued, lost := usual, usual
	valued.Value = 41
	lost.RevenueLost, lost.Positions, lost.GrantsLost = 7, 1, []string{"one", "two"}
	text := start + "a=30 b\n" + start + "a=30 b=50\t40\t0\t0\n" + start + "a=30 b\t41\n" + start + "a=30 b\t\t7\t1\tone\ttwo\n"
	if got, err := parseLines([]byte(text), allocationKey); err != nil || !reflect.DeepEqual(got, []domain.AllocationLine{usual, usual, valued, lost}) {
		t.Errorf("%q is read as %+v (%v)", text, got, err)
	}
	if got, err := parseLines(nil, allocationKey); err != nil || len(got) != 0 {
		t.Errorf("no text is read as %+v (%v)", got, err)
	}
}

func TestSpoiltLineTextIsRefused(t *testing.T) {
	good := string(lineText(nil, each(domain.AllocationLine{Program: "parks", Funding: []domain.FundAmount{{Fund: "general", Amount: 5}}, GrantsLost: []string{"one"}})))
	for name, spoilt := range map[string]string{
		"a row of one value": "parks\n", "an empty row": "parks\t\t\t0\t0\t0\t0\t0\t0\tRATE\t\n\n", "nothing but a line": "\n",
		"no amount before the last": strings.Replace(good, "general=5", "general other", 1), "a word for an amount": strings.Replace(good, "=5", "=five", 1),
		"an empty base": strings.Replace(good, "\n0\t\n", "\n\t\n", 1), "a column less": strings.TrimSuffix(good, "1\tone\t\n"),
		"a program less": strings.Replace(good, "parks\t", "", 1), "a program more": strings.Replace(good, "parks\t", "parks\troads\t", 1),
		"a grant less": strings.Replace(good, "1\tone", "2\tone", 1), "a grant more": strings.Replace(good, "1\tone\t", "1\tone\ttwo\t", 1),
	} {
		t.Run(name, func(t *testing.T) {
			if lines, err := parseLines([]byte(spoilt), allocationKey); spoilt == good || err == nil || !strings.Contains(err.Error(), "organizations/o/budgets/fy/allocations/a") {
				t.Errorf("%q was read as %+v (%v), want an error that names the allocation", spoilt, lines, err)
			}
		})
	}
}
