package explain

import (
	"fmt"
	"math/big"
	"slices"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/phrase"
	"github.com/throughline/throughline/services/budgeting/internal/domain/score"
)

// Choice is what became of a package and why.
type Choice struct {
	model.PackageResult

	Reason    string   // the first of Sentences that says why
	Sentences []string // what was offered, what it is worth, what stood against it
}

// Choices explains every package of a PACKAGES plan made from this input, in the order of the plan.
func Choices(in model.Input, plan model.Plan) []Choice {
	in = in.Normalize()
	s := newShopper(in, &plan)
	out := make([]Choice, len(plan.Packages))
	for i := range plan.Packages {
		out[i] = s.choice(i)
	}
	return out
}

// shopper tells packages, at the prices of a plan.
type shopper struct {
	teller

	scores []int64
	prices map[model.FundPrice]int64 // by all but Price
	once   map[string]bool           // funds that have one-time money left after lines off the top
	reason string
}

func newShopper(in model.Input, plan *model.Plan) *shopper {
	s := &shopper{teller: teller{in: in, plan: plan}, scores: score.Points(in), prices: map[model.FundPrice]int64{}, once: map[string]bool{}}
	if plan.Search != nil {
		for _, p := range plan.Search.Prices {
			s.prices[model.FundPrice{Fund: p.Fund, Year: p.Year, OneTime: p.OneTime}] = p.Price
		}
	}
	left := map[string]int64{}
	for i := range plan.Lines {
		l := &plan.Lines[i]
		if l.OneTime && (l.Reason == model.OffTheTop || l.Base < 0) {
			left[l.Fund] -= l.Base
		}
	}
	for _, f := range in.Funds {
		s.once[f.ID] = f.OneTime+left[f.ID] > 0
	}
	return s
}

// deal is a level as the shopper weighs it: what it costs, is worth, and would have to be worth at the prices, scaled by 2^shift.
type deal struct {
	id      string
	cost    int64 // all years
	now     int64 // in the budget's year
	value   int64
	charged *big.Int
	funds   []string // whose prices it is charged
}

func (s *shopper) deal(p *model.Program, q int64, k *model.Package, level int) deal {
	if k == nil {
		d := deal{id: model.CapitalLevel, charged: new(big.Int)}
		for i := range s.plan.Lines {
			if l := &s.plan.Lines[i]; l.Program == p.ID && l.Treatment == model.CapitalProject && l.Base > 0 {
				s.charge(&d, p, model.PackageCost{Fund: l.Fund, Amount: l.Base, OneTime: l.OneTime})
			}
		}
		d.value = q * (d.cost / s.in.RoundingUnit)
		return d
	}
	l := &k.Levels[level]
	d := deal{id: l.ID, charged: new(big.Int)}
	for _, c := range l.Costs {
		s.charge(&d, p, c)
	}
	d.value = q * (d.cost / s.in.RoundingUnit)
	if s.in.Params.PackageValue == model.Benefit {
		d.value = q * l.Benefit
	}
	return d
}

// charge adds a cost at the least price of the money that may pay it.
func (s *shopper) charge(d *deal, p *model.Program, c model.PackageCost) {
	d.cost += c.Amount
	if c.Year == 0 {
		d.now += c.Amount
	}
	best, by := int64(-1), ""
	for _, f := range s.in.Funds {
		own := f.ID == c.Fund
		if !own && (!f.InPool() || !s.fund(c.Fund).InPool() || !slices.Contains(p.EligibleFunds, f.ID)) {
			continue
		}
		for year := range c.Year + 1 {
			if year < c.Year && !s.in.Params.CarryForward {
				continue
			}
			if year > 0 && !slices.ContainsFunc(s.in.Later, func(e model.LaterEnvelope) bool { return e.Fund == f.ID && e.Year == year }) {
				continue
			}
			price := s.prices[model.FundPrice{Fund: f.ID, Year: year}]
			if year == 0 && c.OneTime && s.once[f.ID] {
				price = min(price, s.prices[model.FundPrice{Fund: f.ID, OneTime: true}])
			}
			if best < 0 || price < best || (price == best && own) {
				best, by = price, f.ID
			}
		}
	}
	d.charged.Add(d.charged, new(big.Int).Mul(big.NewInt(max(best, 0)), big.NewInt(c.Amount)))
	if best > 0 && c.Amount > 0 && !slices.Contains(d.funds, by) {
		d.funds = append(d.funds, by)
	}
}

func (s *shopper) fund(id string) *model.Fund {
	return &s.in.Funds[slices.IndexFunc(s.in.Funds, func(f model.Fund) bool { return f.ID == id })]
}

// less is what a deal would leave against another: the step from one level to the next.
func (d deal) less(from deal) deal {
	return deal{id: d.id, cost: d.cost - from.cost, now: d.now - from.now, value: d.value - from.value, charged: new(big.Int).Sub(d.charged, from.charged), funds: d.funds}
}

// left is value less what is charged, scaled by 2^shift.
func (s *shopper) left(d deal) *big.Int {
	v := new(big.Int).Lsh(big.NewInt(d.value), uint(s.plan.Search.Shift)) //nolint:gosec // a certified shift is from 0 to 60
	return v.Sub(v, d.charged)
}

// per is a value, scaled by 2^shift or not, for each unit of a cost: of money weighted by score, or for each thousand of points of benefit.
func (s *shopper) per(value *big.Int, scaled bool, cost int64) string {
	v := new(big.Rat).SetFrac(value, big.NewInt(max(cost, 1)))
	unit := s.in.RoundingUnit
	if s.in.Params.PackageValue == model.Benefit {
		unit = 1000 * model.CurrencyUnit(s.in.Currency)
	}
	v.Mul(v, big.NewRat(unit, score.Full))
	if scaled {
		v.Quo(v, new(big.Rat).SetInt(new(big.Int).Lsh(big.NewInt(1), uint(s.plan.Search.Shift)))) //nolint:gosec // a certified shift is from 0 to 60
	}
	return trim(v.FloatString(4))
}

// each is what per counts for.
func (s *shopper) each() string {
	if s.in.Params.PackageValue == model.Benefit {
		return "points of benefit for each " + s.money(1000*model.CurrencyUnit(s.in.Currency))
	}
	return "for each " + s.money(model.CurrencyUnit(s.in.Currency))
}

// because says why, and remembers the first reason.
func (s *shopper) because(format string, args ...any) {
	s.say(format, args...)
	if s.reason == "" {
		s.reason = s.out[len(s.out)-1]
	}
}

// priced is the price that a deal is charged, as a clause.
func (s *shopper) priced(d deal) string {
	switch len(d.funds) {
	case 0:
		return "the money that may pay it is not scarce, its price is 0"
	case 1:
		return fmt.Sprintf("the price of fund %q is %s", d.funds[0], s.per(d.charged, true, d.cost))
	default:
		return fmt.Sprintf("the prices of fund %s come to %s", phrase.List(d.funds), s.per(d.charged, true, d.cost))
	}
}

// named is a package as people know it.
func named(k *model.Package) string {
	switch {
	case k == nil:
		return "The capital project"
	case k.Title != "":
		return fmt.Sprintf("Package %q (%s)", k.Title, k.ID)
	default:
		return fmt.Sprintf("Package %q", k.ID)
	}
}
