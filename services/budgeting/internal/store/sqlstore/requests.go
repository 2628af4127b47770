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

// Asks implements app.Requests. What a Read has read is remembered; what a Write sees may never be committed, and is not.
func (t requestTx) Asks(organization, budget string) ([]domain.Ask, error) {
	if t.journal != nil {
		read, err := t.readAsks(askKey{organization: organization, budget: budget}, keptAsks{})
		return read.asks, err
	}
	key, err := askKeyOf(t.tx, organization, budget)
	if err != nil {
		return nil, err
	}
	kept := t.asks.get(organization, budget)
	if kept.key != key || kept.asks == nil {
		if kept, err = t.readAsks(key, kept); err != nil {
			return nil, err
		}
		t.asks.keep(kept)
	}
	return kept.asks, nil
}

// readAsks reads requests and programs by two scans in the same order: a join would seek a program per request. Columns
// that no allocation needs stay unread, and what reads as it did before is taken from there.
func (t requestTx) readAsks(key askKey, before keptAsks) (keptAsks, error) {
	rows, under := len(before.asks), []any{key.organization, key.budget}
	if rows == 0 {
		_, err := sqldb.QueryOne(t.tx, "SELECT COUNT(*) FROM funding_requests WHERE organization_id = ? AND budget_id = ?", under, func(r sqldb.Row) error {
			rows = int(r.Int(0))
			return nil
		})
		if err != nil {
			return keptAsks{}, err
		}
	}
	read := keptAsks{key: key, asks: make([]domain.Ask, 0, rows), bodies: make([]string, 0, rows)}
	lists := askRoom{chunk: max(rows-len(before.asks), 64)}
	programs := before.asks == nil || before.key.programs != key.programs
	var id, body []byte
	err := t.tx.Query("SELECT program_id, version, body FROM funding_requests WHERE organization_id = ? AND budget_id = ? ORDER BY program_id",
		under, func(r sqldb.Row) error {
			id, body = r.Append(id[:0], 0), r.Append(body[:0], 2)
			for len(before.asks) > 0 && before.asks[0].Request.Program < string(id) {
				before.asks, before.bodies = before.asks[1:], before.bodies[1:]
			}
			read.asks = append(read.asks, domain.Ask{})
			ask := &read.asks[len(read.asks)-1]
			known := len(before.asks) > 0 && before.asks[0].Request.Program == string(id)
			if known && before.bodies[0] == string(body) {
				*ask = before.asks[0]
				ask.Request.Version = r.Int(1)
				read.bodies = append(read.bodies, before.bodies[0])
				return nil
			}
			if programs = programs || !known; known {
				ask.Program = before.asks[0].Program
			}
			text, q := string(body), &ask.Request
			q.Organization, q.Budget, q.Program, q.Version = key.organization, key.budget, string(id), r.Int(1)
			read.bodies = append(read.bodies, text)
			return lists.parse(text, q)
		})
	if err == nil && programs {
		err = t.readPrograms(key.organization, read.asks)
	}
	return read, err
}

// readPrograms fills in the programs of the requests.
func (t requestTx) readPrograms(organization string, asks []domain.Ask) error {
	rest := asks
	var id []byte
	err := t.tx.Query("SELECT program_id, display_name, department, function_name, version FROM programs WHERE organization_id = ? ORDER BY program_id",
		[]any{organization}, func(r sqldb.Row) error {
			if id = r.Append(id[:0], 0); len(rest) == 0 || string(id) != rest[0].Request.Program {
				return nil
			}
			rest[0].Program = domain.Program{
				Meta: domain.Meta{Version: r.Int(4)}, Organization: organization, ID: rest[0].Request.Program,
				DisplayName: r.Text(1), Department: r.Text(2), Function: r.Text(3),
			}
			rest = rest[1:]
			return nil
		})
	if err == nil && len(rest) > 0 {
		err = fmt.Errorf("request of %s without its program", rest[0].Request.Program)
	}
	return err
}
