package shares

import "math/big"

// ledger computes prices and purses exactly, when asked. A purse that was never emptied is the voter's budget less the prices of what the
// class bought, so that every amount is a sum of few exact prices with whole coefficients: a form. Prices are kept over one growing denominator.
// It is asked for ties, for purses that end exactly empty and for what a result reports: never in the loops over voters.
type ledger struct {
	run     *run
	base    *big.Int // the budget per voter over the first denominator
	first   int64    // the first denominator
	entries []posted // by round, as far as they were asked for
	form    []int64
	word    big.Int // scratch
}

// posted is the exact price of a round: price ÷ denominator, which is growth times the denominator before.
type posted struct {
	price  *big.Int
	growth *big.Int
	den    *big.Int
}

// root is an exact price: num ÷ (the denominator of its round × weight).
type root struct {
	num    *big.Int
	weight int64
	fixed  int64 // rounded down to the places of prices
	kinds  []payer
}

func (l *ledger) reset() {
	l.entries, l.base = l.entries[:0], nil
}

// den is the common denominator of all purses after the posted rounds.
func (l *ledger) den() *big.Int {
	if n := len(l.entries); n > 0 {
		return l.entries[n-1].den
	}
	return big.NewInt(l.first)
}

// post brings the ledger up to the given number of rounds.
func (l *ledger) post(rounds int) {
	r := l.run
	if l.base == nil {
		f := new(big.Rat).SetFrac(big.NewInt(r.num), big.NewInt(r.den))
		l.base, l.first = f.Num(), f.Denom().Int64()
	}
	for now := len(l.entries); now < rounds; now++ {
		done := &r.rounds[now]
		l.clear(now)
		weight := int64(0)
		classes, weights := r.support.list(done.project)
		exact := 0 // classes of done.equal met so far; both lists are in order
		for i, class := range classes {
			size := r.size[class]
			switch at := r.emptied[class]; {
			case at >= 0 && int(at) < now:
			case int(at) == now && (exact == len(done.equal) || done.equal[exact] != class):
				l.add(class, size)
			default:
				if int(at) == now {
					exact++
				}
				weight += int64(weights[i]) * size
			}
		}
		den := l.den()
		num := new(big.Int).Mul(l.word.SetInt64(r.e.Projects[done.project].Cost), den)
		num.Sub(num, l.value())
		growth := big.NewInt(weight)
		if shared := new(big.Int).GCD(nil, nil, new(big.Int).Mod(num, growth), growth); shared.Sign() > 0 {
			num.Quo(num, shared)
			growth.Quo(growth, shared)
		}
		l.entries = append(l.entries, posted{price: num, growth: growth, den: new(big.Int).Mul(den, growth)})
	}
}

// clear empties the form, for amounts after so many rounds.
func (l *ledger) clear(rounds int) {
	l.form = l.form[:0]
	for range rounds + 1 {
		l.form = append(l.form, 0)
	}
}

// add adds the purse of a class that is not empty, times n, to the form.
func (l *ledger) add(class int32, n int64) {
	l.form[0] += n
	projects, weights := l.run.ballots.list(class)
	for i, p := range projects {
		if at := l.run.bought[p]; at >= 0 && int(at)+1 < len(l.form) {
			l.form[at+1] -= n * int64(weights[i])
		}
	}
}

// value is the form over the denominator of its rounds, which are posted.
func (l *ledger) value() *big.Int {
	sum := new(big.Int).Mul(l.word.SetInt64(l.form[0]), l.base)
	var term big.Int
	for i, k := range l.form[1:] {
		sum.Mul(sum, l.entries[i].growth)
		if k != 0 {
			sum.Add(sum, term.Mul(l.word.SetInt64(k), l.entries[i].price))
		}
	}
	return sum
}

// purse is what a voter of a class that is not empty has left, over the denominator.
func (l *ledger) purse(class int32) *big.Int {
	l.clear(len(l.run.rounds))
	l.add(class, 1)
	return l.value()
}

// sum is what the supporters of p have left together, over the denominator.
func (l *ledger) sum(p int32) *big.Int {
	l.clear(len(l.run.rounds))
	classes, _ := l.run.support.list(p)
	for _, class := range classes {
		if l.run.emptied[class] < 0 {
			l.add(class, l.run.size[class])
		}
	}
	return l.value()
}

// root is the exact price of p, known to lie between low and high (< 0: no bound); nil when its supporters cannot pay for it.
func (l *ledger) root(p int32, low, high int64) *root {
	r := l.run
	l.post(len(r.rounds))
	classes, weights := r.support.list(p)
	x := root{kinds: make([]payer, len(classes))}
	var open []int // supporters on whom the bounds are silent: taken as rich until the price exceeds their purses
	l.clear(len(r.rounds))
	for i, class := range classes {
		size := r.size[class]
		x.kinds[i] = r.sort(class, int64(weights[i]), low, high)
		switch x.kinds[i] {
		case poor:
			l.add(class, size)
		case unsure:
			open = append(open, i)
			x.weight += int64(weights[i]) * size
		case rich:
			x.weight += int64(weights[i]) * size
		case empty, equal:
		}
	}
	x.num = new(big.Int).Mul(l.word.SetInt64(r.e.Projects[p].Cost), l.den())
	x.num.Sub(x.num, l.value())
	l.settle(&x, open, classes, weights)
	if x.weight == 0 {
		return nil
	}
	scaled := new(big.Int).Lsh(x.num, uint(r.shift+r.bits)) //nolint:gosec // both are ≥ 0
	scaled.Quo(scaled, new(big.Int).Mul(l.den(), l.word.SetInt64(x.weight)))
	x.fixed = scaled.Int64()
	return &x
}

// settle lowers nobody and raises the price by Newton's steps until no open supporter has less than it, then sorts them.
func (l *ledger) settle(x *root, open []int, classes, weights []int32) {
	purses := make([]*big.Int, len(open))
	for k, i := range open {
		purses[k] = l.purse(classes[i])
	}
	var has, due big.Int
	order := func(k int) int {
		has.Mul(purses[k], l.word.SetInt64(x.weight))
		due.Mul(x.num, l.word.SetInt64(int64(weights[open[k]])))
		return has.Cmp(&due)
	}
	for moved := true; moved; {
		moved = false
		for k, i := range open {
			if x.kinds[i] == unsure && x.weight > 0 && order(k) < 0 {
				size := l.run.size[classes[i]]
				x.kinds[i], moved = poor, true
				x.num.Sub(x.num, has.Mul(purses[k], l.word.SetInt64(size)))
				x.weight -= int64(weights[i]) * size
			}
		}
	}
	for k, i := range open {
		if x.kinds[i] == unsure {
			x.kinds[i] = rich
			if order(k) == 0 {
				x.kinds[i] = equal
			}
		}
	}
}

// compare orders the rhos of two candidates whose roots belong to this round.
func (l *ledger) compare(a, b *candidate) int {
	var x, y big.Int
	x.Mul(a.root.num, l.word.SetInt64(b.root.weight))
	x.Mul(&x, l.word.SetInt64(b.value))
	y.Mul(b.root.num, l.word.SetInt64(a.root.weight))
	y.Mul(&y, l.word.SetInt64(a.value))
	return x.Cmp(&y)
}
