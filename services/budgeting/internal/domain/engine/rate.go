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
	num, den := d.at(r.Direction, r.Last)
	if r.Next.Claim < 0 {
		return lowest(num, den)
	}
	above, by := d.at(r.Direction, r.Next)
	var short, left, right big.Int
	digits, one, ten := big.NewInt(1), big.NewInt(1), big.NewInt(10)
	for range 18 { // more digits tell nothing apart
		short.Quo(short.Mul(num, digits), den)
		short.Add(&short, one) // over digits: the first decimal above the last unit
		if left.Mul(&short, by).Cmp(right.Mul(above, digits)) < 0 {
			return lowest(&short, digits)
		}
		digits.Mul(digits, ten)
	}
	return lowest(num, den)
}

func lowest(num, den *big.Int) model.Rate {
	r := new(big.Rat).SetFrac(num, den)
	return model.Rate{Num: r.Num().String(), Den: r.Denom().String()}
}

// at is the rate at which a unit moves, per unit of multiplier (shortage) or of full score (growth): unit × (2n − 1) ÷ (2 × D × factor).
func (d *draft) at(direction waterfill.Direction, u waterfill.Unit) (num, den *big.Int) {
	c := &d.claims[u.Claim]
	one, factor := int64(fullScore), d.rule.growFactor(c.q)
	if direction == waterfill.Shortage {
		one, factor = scale, d.rule.cutFactor(c.q)
	}
	return product(d.g.unit, 2*u.N-1, one), product(2, c.weigh, factor)
}

func product(factors ...int64) *big.Int {
	p := big.NewInt(1)
	for _, f := range factors {
		p.Mul(p, big.NewInt(f))
	}
	return p
}
