package event

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/type/money"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
	"github.com/throughline/throughline/services/performance/internal/domain"
	"github.com/throughline/throughline/services/platform/outbox"
)

func TestAdoptedMoney(t *testing.T) {
	moment := time.Date(2026, 6, 18, 20, 15, 0, 5000, time.UTC)
	told := func(amounts ...*money.Money) outbox.Event {
		m := &budgetingv1.AdoptedMoney{
			Allocation: "b/allocations/a", Budget: "b", FiscalYear: 2027, Election: "b/elections/e", AdoptTime: timestamppb.New(moment),
		}
		for _, a := range amounts {
			m.Programs = append(m.Programs, &budgetingv1.ProgramMoney{Program: "p", Amount: a})
		}
		data, err := proto.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		return outbox.Event{Type: "allocation.adopted", Organization: "o", Subject: m.GetAllocation(), Data: data}
	}
	got, err := adoptedMoney(told(
		&money.Money{CurrencyCode: "USD", Units: 1_234, Nanos: 560_000_000}, &money.Money{CurrencyCode: "KWD", Nanos: 7_000_000},
		&money.Money{CurrencyCode: "JPY", Units: 90},
	))
	amount := func(currency string, minor int64) domain.ProgramMoney {
		return domain.ProgramMoney{Program: "p", Money: domain.Money{Currency: currency, Minor: minor}}
	}
	want := domain.Adopted{
		Organization: "o", Allocation: "b/allocations/a", Budget: "b", Election: "b/elections/e", FiscalYear: 2027, Time: moment,
		Programs: []domain.ProgramMoney{amount("USD", 1_234_56), amount("KWD", 7), amount("JPY", 90)},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v; want %+v", got, err, want)
	}
	for name, c := range map[string]struct {
		event outbox.Event
		want  string
	}{
		"no message":     {outbox.Event{Type: "allocation.adopted", Data: []byte{0xff}}, "decode allocation.adopted"},
		"half a cent":    {told(&money.Money{CurrencyCode: "USD", Nanos: 5_000_000}), "amount of p in b/allocations/a: is not a whole number of minor units"},
		"beyond 64 bits": {told(&money.Money{CurrencyCode: "USD", Units: 1 << 62}), "is too large"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := adoptedMoney(c.event); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one that says %q", err, c.want)
			}
		})
	}
}
