package sqlstore

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/throughline/throughline/services/performance/internal/app"
	"github.com/throughline/throughline/services/performance/internal/domain"
	"github.com/throughline/throughline/services/platform/sqldb"
)

// Adopt is event.Adopt: it takes in what an allocation gives, unless a later one of the same budget and election is known.
// Nothing here is journaled, because nothing here is performance's own.
func Adopt(tx sqldb.Tx, a domain.Adopted) error {
	changed, err := tx.Exec("INSERT INTO adopted_allocations (organization_id, budget, election, allocation, fiscal_year, adopt_time) "+
		"VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (organization_id, budget, election) DO UPDATE SET allocation = excluded.allocation, "+
		"fiscal_year = excluded.fiscal_year, adopt_time = excluded.adopt_time WHERE adopted_allocations.adopt_time <= excluded.adopt_time",
		a.Organization, a.Budget, a.Election, a.Allocation, a.FiscalYear, a.Time)
	if err != nil || changed == 0 {
		return err
	}
	if _, err := tx.Exec("DELETE FROM adopted_money WHERE organization_id = ? AND budget = ? AND election = ?",
		a.Organization, a.Budget, a.Election); err != nil {
		return err
	}
	rows := make([][]any, len(a.Programs))
	for i, p := range a.Programs {
		rows[i] = []any{a.Organization, p.Program, a.Budget, a.Election, p.Currency, p.Minor}
	}
	_, err = sqldb.InsertRows(tx, "adopted_money", []string{"organization_id", "program", "budget", "election", "currency", "minor"}, rows, "")
	if err != nil {
		return fmt.Errorf("keep the money of %s: %w", a.Allocation, err)
	}
	return nil
}

// money implements app.Money.
type money txn

var _ app.Money = money{}

func (t txn) Money() app.Money { return money(t) }

// selectMoney is the start of a query over adopted money m of the allocations a.
const selectMoney = "SELECT a.allocation, a.fiscal_year, m.program, m.currency, m.minor, a.adopt_time FROM adopted_money m " +
	"JOIN adopted_allocations a ON a.organization_id = m.organization_id AND a.budget = m.budget AND a.election = m.election " +
	"WHERE m.organization_id = ? AND "

func (s money) Of(organization string, programs []string, first, last int) (all []domain.MoneyIn, err error) {
	for part := range sqldb.Batches(programs) {
		found, err := s.read("a.fiscal_year >= ? AND a.fiscal_year <= ? AND m.program IN ("+sqldb.Marks(len(part))+")",
			sqldb.Args([]any{organization, first, last}, part))
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	slices.SortFunc(all, func(a, b domain.MoneyIn) int {
		return cmp.Or(cmp.Compare(a.FiscalYear, b.FiscalYear), cmp.Compare(a.Program, b.Program), cmp.Compare(a.Allocation, b.Allocation))
	})
	return all, nil
}

func (s money) Latest(organization string) ([]domain.MoneyIn, error) {
	return s.read("a.election = '' AND a.fiscal_year = (SELECT MAX(y.fiscal_year) FROM adopted_allocations y JOIN adopted_money n "+
		"ON n.organization_id = y.organization_id AND n.budget = y.budget AND n.election = y.election "+
		"WHERE y.organization_id = ? AND y.election = '' AND n.minor > 0) ORDER BY m.program, a.allocation", []any{organization, organization})
}

func (s money) read(where string, args []any) (all []domain.MoneyIn, err error) {
	err = s.tx.Query(selectMoney+where, args, func(r sqldb.Row) error {
		all = append(all, domain.MoneyIn{
			Allocation: r.Text(0), FiscalYear: int(r.Int(1)), Program: r.Text(2),
			Money: domain.Money{Currency: r.Text(3), Minor: r.Int(4)}, Time: r.Time(5),
		})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read adopted money: %w", err)
	}
	return all, nil
}
