package engine

import (
	"math/big"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/waterfill"
)

// rate publishes the rate of a block: of the rates that give these amounts, the decimal fraction with the fewest digits, and the least of those.
// Where ties leave one rate only, or nothing is left to move, it is the exact rate of the last unit.
func (d *draft) rate(r waterfill.Rate) model.Rate {
	if r.Last.Claim < 0 {
		return model.Rate{Num: "0", Den: "1"}
	}
	least := d.at(r.Direction, r.Last)
	if r.Next.Claim < 0 {
		return fraction(least)
	}
	most := d.at(r.Direction, r.Next)
	for digits := int64(1); least.Cmp(most) < 0; digits *= 10 {
		if digits > 1<<59 {
			break // closer than 18 digits tell apart
		}
		k := new(big.Int).Mul(least.Num(), big.NewInt(digits))
		k.Quo(k, least.Denom()).Add(k, big.NewInt(1)) // the first decimal above least
		if short := new(big.Rat).SetFrac(k, big.NewInt(digits)); short.Cmp(most) < 0 {
			return fraction(short)
		}
	}
	return fraction(least)
}

func fraction(r *big.Rat) model.Rate {
	return model.Rate{Num: r.Num().String(), Den: r.Denom().String()}
}

// at is the rate at which a unit moves, per unit of multiplier (shortage) or of full score (growth): unit × (2n − 1) ÷ (2 × D × factor).
func (d *draft) at(direction waterfill.Direction, u waterfill.Unit) *big.Rat {
	c := &d.claims[u.Claim]
	one, factor := int64(fullScore), d.rule.growFactor(c.q)
	if direction == waterfill.Shortage {
		one, factor = scale, d.rule.cutFactor(c.q)
	}
	return new(big.Rat).SetFrac(product(d.g.unit, 2*u.N-1, one), product(2, c.weigh, factor))
}

func product(factors ...int64) *big.Int {
	p := big.NewInt(1)
	for _, f := range factors {
		p.Mul(p, big.NewInt(f))
	}
	return p
}
