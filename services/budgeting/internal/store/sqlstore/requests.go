package sqlstore

import (
	"fmt"

	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/sqldb"
)

var requests = &resource.Kind[domain.FundingRequest]{
	Type: "funding_request",
	Name: func(key ...string) string { return domain.FundingRequestName(key[0], key[1], key[2]) },
	Table: &sqldb.Table[domain.FundingRequest]{
		Name: "funding_requests", Key: []string{"organization_id", "budget_id", "program_id"},
		Columns: []string{"organization_id", "budget_id", "program_id", "currency", "body", "version", "create_time", "update_time"},
		Values: func(r domain.FundingRequest) []any {
			return []any{r.Organization, r.Budget, r.Program, r.Currency, askText(r), r.Version, r.CreateTime, r.UpdateTime}
		},
		Scan: func(r sqldb.Row) (domain.FundingRequest, error) {
			f := domain.FundingRequest{Meta: meta(r, 5), Organization: r.Text(0), Budget: r.Text(1), Program: r.Text(2), Currency: r.Text(3)}
			return f, parseAsk(r.Text(4), &f)
		},
	},
}

type requestTx struct{ many[domain.FundingRequest] }

// Asks implements app.Requests. Two scans in the same order are merged: a join would seek a program per request, and
// columns that no allocation needs stay unread.
func (t requestTx) Asks(organization, budget string) ([]domain.Ask, error) {
	rows := 0
	under := []any{organization, budget}
	_, err := sqldb.QueryOne(t.tx, "SELECT COUNT(*) FROM funding_requests WHERE organization_id = ? AND budget_id = ?", under, func(r sqldb.Row) error {
		rows = int(r.Int(0))
		return nil
	})
	if err != nil {
		return nil, err
	}
	asks := make([]domain.Ask, 0, rows)
	err = t.tx.Query("SELECT program_id, body, version FROM funding_requests WHERE organization_id = ? AND budget_id = ? ORDER BY program_id",
		under, func(r sqldb.Row) error {
			asks = append(asks, domain.Ask{})
			a := &asks[len(asks)-1].Request
			a.Organization, a.Budget, a.Program, a.Version = organization, budget, r.Text(0), r.Int(2)
			return parseAsk(r.Text(1), a)
		})
	if err != nil {
		return nil, err
	}
	next := 0
	err = t.tx.Query("SELECT program_id, display_name, department, function_name, version FROM programs WHERE organization_id = ? ORDER BY program_id",
		[]any{organization}, func(r sqldb.Row) error {
			if next == len(asks) || r.Text(0) != asks[next].Request.Program {
				return nil
			}
			p := &asks[next].Program
			p.Organization, p.ID, p.DisplayName, p.Department, p.Function = organization, asks[next].Request.Program, r.Text(1), r.Text(2), r.Text(3)
			p.Version = r.Int(4)
			next++
			return nil
		})
	if err == nil && next < len(asks) {
		err = fmt.Errorf("request of %s without its program", asks[next].Request.Program)
	}
	return asks, err
}
