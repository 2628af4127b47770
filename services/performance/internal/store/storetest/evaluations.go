package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/throughline/throughline/services/performance/internal/app"
	"github.com/throughline/throughline/services/performance/internal/domain"
	"github.com/throughline/throughline/services/performance/internal/domain/analysis"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/resource/resourcetest"
	"github.com/throughline/throughline/services/platform/sqldb"
)

func evaluation(org, id string) domain.Evaluation {
	third, change, milli := 1.0/3, -2.5, -700
	program := "organizations/" + org + "/programs/fire"
	return domain.Evaluation{
		Meta: domain.Meta{}.Next(at), Organization: org, ID: id, DisplayName: "Fire", Subject: program, FirstFiscalYear: 2026, LastFiscalYear: 2027,
		PeriodStart: "2026-07-01", PeriodEnd: "2027-06-30", Finding: "It worked.\n", Recommendation: "EXPAND", Evaluator: "auditor",
		Outcomes: []domain.Outcome{{Measure: "organizations/" + org + "/measures/m", Basis: domain.ChangeBasis}},
		Money:    &domain.Money{Currency: "USD", Minor: 1<<53 + 1},
		MoneyIn: []domain.MoneyIn{{
			Allocation: "organizations/" + org + "/budgets/b/allocations/a", FiscalYear: 2027, Program: program,
			Money: domain.Money{Currency: "USD", Minor: 1<<53 + 1}, Time: at,
		}},
		ResultsOut: []domain.ResultOut{{
			Evidence: domain.Evidence{
				Measure: "m", Period: "2027-06-01", Value: third, Revision: 2, Direction: domain.Decrease, Status: domain.Missed, MarginPPM: -7,
				Variation: analysis.CommonCause, MagnitudeMilli: &milli, Usable: true, Reason: "r", Points: 9, SeriesHash: "h",
			},
			Basis: domain.ChangeBasis, Values: 12, To: &third, Units: &change, CostPerUnit: &domain.Money{Currency: "USD", Minor: -1}, Note: "n",
		}},
		AsOf: at.Add(time.Minute),
	}
}

func evaluations(t *testing.T, open func(*testing.T) resourcetest.Harness[app.Tx]) {
	resourcetest.Run(t, open, resourcetest.Case[app.Tx, domain.Evaluation]{
		In:  func(tx app.Tx) resource.Collection[domain.Evaluation] { return tx.Evaluations() },
		New: evaluation,
		Key: func(e domain.Evaluation) []string { return []string{e.Organization, e.ID} },
		Next: func(e domain.Evaluation) domain.Evaluation {
			e.Meta, e.Money, e.MoneyIn, e.ResultsOut, e.Recommendation = e.Meta.Next(at), nil, nil, nil, ""
			return e
		},
		List: app.EvaluationList, Same: same[domain.Evaluation],
	})
}

// Adopt is how a store takes in adopted money.
type Adopt func(tx sqldb.Tx, adopted domain.Adopted) error

// Money holds a store to what app.Money promises of what adopt has taken in.
func Money(t *testing.T, store app.Store, db sqldb.DB, adopt Adopt) {
	t.Helper()
	adopted := func(org, budget, election, allocation string, year, minute int, programs map[string]int64) domain.Adopted {
		a := domain.Adopted{
			Organization: org, Allocation: allocation, Budget: budget, Election: election, FiscalYear: year, Time: at.Add(time.Duration(minute) * time.Minute),
		}
		for p, minor := range programs {
			a.Programs = append(a.Programs, domain.ProgramMoney{Program: p, Money: domain.Money{Currency: "USD", Minor: minor}})
		}
		return a
	}
	in := func(allocation string, year int, program string, minor int64, minute int) domain.MoneyIn {
		return domain.MoneyIn{
			Allocation: allocation, FiscalYear: year, Program: program, Money: domain.Money{Currency: "USD", Minor: minor},
			Time: at.Add(time.Duration(minute) * time.Minute),
		}
	}
	check := func(what string, read func(app.Money) ([]domain.MoneyIn, error), want ...domain.MoneyIn) {
		t.Helper()
		got, err := resource.Read(t.Context(), store, func(tx app.Tx) ([]domain.MoneyIn, error) { return read(tx.Money()) })
		if err != nil || len(got) != len(want) || len(want) > 0 && !same(got, want) {
			t.Errorf("%s: %+v, %v; want %+v", what, got, err, want)
		}
	}
	of := func(org string, first, last int, programs ...string) func(app.Money) ([]domain.MoneyIn, error) {
		return func(m app.Money) ([]domain.MoneyIn, error) { return m.Of(org, programs, first, last) }
	}
	latest := func(org string) func(app.Money) ([]domain.MoneyIn, error) {
		return func(m app.Money) ([]domain.MoneyIn, error) { return m.Latest(org) }
	}
	take := func(all ...domain.Adopted) {
		t.Helper()
		for _, a := range all {
			if err := db.Write(t.Context(), func(tx sqldb.Tx) error { return adopt(tx, a) }); err != nil {
				t.Fatal(err)
			}
		}
	}

	check("before the first", latest("a"))
	check("before the first", of("a", 1900, 2200, "p", "q"))
	take(
		adopted("a", "b26", "", "b26/x", 2026, 0, map[string]int64{"p": 1, "q": 2}),
		adopted("a", "b27", "", "b27/x", 2027, 1, map[string]int64{"p": 10, "q": 20, "r": 30}),
		adopted("a", "b27", "b27/e", "b27/y", 2027, 2, map[string]int64{"p": 100}),
		adopted("b", "b28", "", "b28/x", 2028, 3, map[string]int64{"p": 1000}),
		adopted("a", "b29", "b29/e", "b29/x", 2029, 3, map[string]int64{"p": 7}), // an election alone
		adopted("a", "b30", "", "b30/x", 2030, 3, map[string]int64{"p": 0}),      // nothing given
	)
	p27, q27, r27 := in("b27/x", 2027, "p", 10, 1), in("b27/x", 2027, "q", 20, 1), in("b27/x", 2027, "r", 30, 1)
	check("all years", of("a", 2026, 2029, "q", "p", "none"), in("b26/x", 2026, "p", 1, 0), in("b26/x", 2026, "q", 2, 0),
		p27, in("b27/y", 2027, "p", 100, 2), q27, in("b29/x", 2029, "p", 7, 3))
	check("one year", of("a", 2027, 2027, "r"), r27)
	check("no program", of("a", 1900, 2200))
	check("the other organization's", of("b", 1900, 2200, "p"), in("b28/x", 2028, "p", 1000, 3))
	check("another year than any", of("b", 2027, 2027, "p"))
	check("the latest year of budgets", latest("a"), p27, q27, r27)
	check("the latest of b", latest("b"), in("b28/x", 2028, "p", 1000, 3))

	// The next adoption takes the place of all the one before gave; what is told late changes nothing; the election's stays.
	again := adopted("a", "b27", "", "b27/z", 2027, 5, map[string]int64{"p": 11})
	take(again, again, adopted("a", "b27", "", "b27/late", 2027, 4, map[string]int64{"p": 9, "q": 9}))
	check("after the next adoption", of("a", 2027, 2027, "p", "q", "r"), in("b27/y", 2027, "p", 100, 2), in("b27/z", 2027, "p", 11, 5))

	// An adoption that gives nothing still is the latest.
	take(adopted("a", "b27", "", "b27/none", 2027, 6, nil), again)
	check("after an empty adoption", of("a", 2027, 2027, "p"), in("b27/y", 2027, "p", 100, 2))
	check("the latest year that gives any", latest("a"), in("b26/x", 2026, "p", 1, 0), in("b26/x", 2026, "q", 2, 0))

	many := make([]string, 0, 601)
	for i := range 600 { // more than one statement's worth
		many = append(many, fmt.Sprintf("none%d", i))
	}
	check("many programs", of("a", 2026, 2026, append(many, "p")...), in("b26/x", 2026, "p", 1, 0))
}
