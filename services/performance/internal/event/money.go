package event

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
	"github.com/throughline/throughline/services/performance/internal/domain"
	"github.com/throughline/throughline/services/platform/outbox"
	"github.com/throughline/throughline/services/platform/service"
	"github.com/throughline/throughline/services/platform/sqldb"
	"github.com/throughline/throughline/services/platform/wire"
)

const budgetingSource = "throughline.budgeting.v1"

// Adopt remembers what an adopted allocation gives to programs, unless a later one took its place. Allocations of one budget
// are told of in any order.
type Adopt func(tx sqldb.Tx, adopted domain.Adopted) error

// ConsumeMoney subscribes to the money of adopted allocations.
func ConsumeMoney(s *service.Service, adopt Adopt) error {
	return s.Consume(budgetingSource, []string{budgetingSource + ".allocation.adopted"}, func(tx sqldb.Tx, e outbox.Event) error {
		adopted, err := adoptedMoney(e)
		if err != nil {
			return err
		}
		return adopt(tx, adopted)
	})
}

func adoptedMoney(e outbox.Event) (domain.Adopted, error) {
	var m budgetingv1.AdoptedMoney
	if err := proto.Unmarshal(e.Data, &m); err != nil {
		return domain.Adopted{}, fmt.Errorf("decode %s: %w", e.Type, err)
	}
	a := domain.Adopted{
		Organization: e.Organization, Allocation: m.GetAllocation(), Budget: m.GetBudget(), Election: m.GetElection(),
		FiscalYear: int(m.GetFiscalYear()), Time: m.GetAdoptTime().AsTime(),
	}
	for _, p := range m.GetPrograms() {
		currency := p.GetAmount().GetCurrencyCode()
		minor, err := wire.FromMoney(currency, p.GetAmount())
		if err != nil {
			return a, fmt.Errorf("amount of %s in %s: %w", p.GetProgram(), m.GetAllocation(), err)
		}
		a.Programs = append(a.Programs, domain.ProgramMoney{Program: p.GetProgram(), Money: domain.Money{Currency: currency, Minor: minor}})
	}
	return a, nil
}
