package rpc

import (
	"fmt"

	"google.golang.org/genproto/googleapis/type/money"

	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/rpc"
	"github.com/throughline/throughline/services/platform/wire"
)

// reader converts messages of one organization into domain values and gathers every violation on the way.
type reader struct {
	organization string
	currency     string
	fault.Violations
}

// add takes over the violations of a fault.
func (r *reader) add(err error) {
	if f, ok := fault.As(err); ok {
		r.Violations = append(r.Violations, f.Violations...)
	}
}

// id takes the name of a resource of this organization apart; "" stays "".
func (r *reader) id(pattern rpc.Pattern, field, name string) string {
	if name == "" {
		return ""
	}
	ids, err := pattern.Parse(field, name)
	if err != nil {
		r.add(err)
		return ""
	}
	r.Check(ids[0] == r.organization, field, "is of another organization; name one of %s", domain.OrganizationName(r.organization))
	return ids[len(ids)-1]
}

func (r *reader) ids(pattern rpc.Pattern, field string, names []string) []string {
	var ids []string
	for i, n := range names {
		ids = append(ids, r.id(pattern, at(field, i), n))
	}
	return ids
}

const (
	nanosPerUnit = 1_000_000_000
	nanoDigits   = 9
)

// money is an amount in minor units: of the organization's currency, whole minor units, one sign, within reach.
func (r *reader) money(field string, m *money.Money) int64 {
	if m == nil {
		return 0
	}
	units, nanos := m.GetUnits(), int64(m.GetNanos())
	bad := len(r.Violations)
	r.Check(m.GetCurrencyCode() == r.currency, field+".currency_code", "is %q; the organization's money is %s", m.GetCurrencyCode(), r.currency)
	r.Check(nanos > -nanosPerUnit && nanos < nanosPerUnit, field+".nanos", "is %d; it must be between -999,999,999 and 999,999,999", nanos)
	r.Check((units <= 0 || nanos >= 0) && (units >= 0 || nanos <= 0), field, "has units and nanos of different signs; give both the sign of the amount")
	minor := int64(1)
	for range nanoDigits - domain.Exponent(r.currency) {
		minor *= 10
	}
	r.Check(nanos%minor == 0, field+".nanos", "is %d; amounts are whole minor units of %s, so nanos must be a multiple of %d", nanos, r.currency, minor)
	scale := domain.Scale(r.currency)
	r.Check(units <= domain.MaxAmount/scale && units >= -domain.MaxAmount/scale, field+".units", "is %d, more than any budget holds; check the scale", units)
	if len(r.Violations) > bad {
		return 0
	}
	return units*scale + nanos/minor
}

// optionalMoney is nil when unset.
func (r *reader) optionalMoney(field string, m *money.Money) *int64 {
	if m == nil {
		return nil
	}
	amount := r.money(field, m)
	return &amount
}

func optionalMoneyProto(amount *int64, currency string) *money.Money {
	if amount == nil {
		return nil
	}
	return wire.Money(currency, *amount)
}

func at(field string, i int) string { return fmt.Sprintf("%s[%d]", field, i) }

func names(organization string, ids []string, name func(organization, id string) string) []string {
	var out []string
	for _, id := range ids {
		out = append(out, name(organization, id))
	}
	return out
}

// nameOf is "" for no id.
func nameOf(organization, id string, name func(organization, id string) string) string {
	if id == "" {
		return ""
	}
	return name(organization, id)
}
