package compare

import (
	"slices"

	"github.com/throughline/throughline/services/budgeting/internal/domain/money"
	"github.com/throughline/throughline/services/budgeting/internal/domain/waterfill"
)

// mover finds how much each fund can take from and give to each program. A program may leave one fund and enter another: what it gives up in the
// first it must get in the second, so the funds are settled together.
type mover struct {
	unit  int64
	moves []move // by program and fund
	funds []purse
	byK   [][]int // moves of each of funds
	progs []standing
}

// move is one program in one kind of money.
type move struct {
	cell         // amount: what the new plan changes
	prog   int   // in progs
	limit  int64 // the most that may move, in the direction of amount
	moved  int64 // what does, ≥ 0
	frozen int64 // of |amount|, bound in this fund
}

// standing is one program over all funds.
type standing struct {
	Shift
	moves []int
	fall  int64 // the most by which it may fall; less than to its target where it would keep too little for what it has bound plus its floor
	rise  int64 // the most by which it may rise
}

func newMover(a, b *side, encumbered []Encumbrance) *mover {
	m := &mover{unit: b.in.RoundingUnit}
	old := a.paid()
	bound := bind(encumbered, old)
	change := slices.Clone(b.paid())
	for _, c := range old {
		change = append(change, cell{c.place, -c.amount})
	}
	for _, c := range merged(change) {
		if c.amount == 0 {
			continue
		}
		at := m.program(b, c.program, old, bound)
		mv := move{cell: c, prog: at, limit: magnitude(c.amount)}
		if c.amount < 0 {
			mv.limit = m.release(-c.amount, find(old, c.place)-find(bound, c.place))
			mv.frozen = -c.amount - mv.limit
		}
		m.progs[at].moves = append(m.progs[at].moves, len(m.moves))
		m.progs[at].Target += c.amount
		m.moves = append(m.moves, mv)
		if !slices.Contains(m.funds, c.purse) {
			m.funds = append(m.funds, c.purse)
		}
	}
	slices.SortFunc(m.funds, byPurse)
	m.byK = make([][]int, len(m.funds))
	for i := range m.moves {
		k, _ := slices.BinarySearchFunc(m.funds, m.moves[i].purse, byPurse)
		m.byK[k] = append(m.byK[k], i)
	}
	for i := range m.progs {
		p := &m.progs[i]
		p.rise = max(0, p.Target-p.Old)
		p.fall = m.release(p.Old-p.Target, p.Old-p.Encumbered-p.Floor)
	}
	return m
}

// program is the place of a program, made when it is first met: cells come sorted by program.
func (m *mover) program(b *side, id string, old, bound []cell) int {
	if n := len(m.progs); n > 0 && m.progs[n-1].Program == id {
		return n - 1
	}
	p := standing{Shift: Shift{Program: id, Old: over(old, id), Encumbered: over(bound, id)}}
	p.Target = p.Old
	if in, of := b.program(id); in != nil {
		p.Floor = of.floor
		p.ScoreBP = b.scorer.Score(in).BP
	}
	m.progs = append(m.progs, p)
	return len(m.progs) - 1
}

// release is how much of a wanted amount the free money lets go: where not all, less in whole rounding units.
func (m *mover) release(wanted, free int64) int64 {
	if free >= wanted {
		return max(0, wanted)
	}
	return max(0, wanted-m.unit*money.CeilDiv(wanted-max(0, free), m.unit))
}

// patience is how often programs that change funds are trimmed in proportion before they are left where they are.
const patience = 32

// settle balances every fund, then trims the programs that would end outside of what they may be, and repeats: limits only shrink, so it ends.
// Where nothing is bound, every fund gives as much as it takes and no floor keeps a program above its target, the first round moves everything.
func (m *mover) settle() {
	for round := 0; ; round++ {
		for _, in := range m.byK {
			m.balance(in)
		}
		settled := true
		for i := range m.progs {
			settled = m.trim(&m.progs[i], round >= patience) && settled
		}
		if settled {
			return
		}
	}
}

// balance moves in one fund what can be both given and taken; the side that has more is scaled in proportion.
func (m *mover) balance(in []int) {
	var give, take int64
	for _, i := range in {
		if m.moves[i].amount < 0 {
			give += m.moves[i].limit
		} else {
			take += m.moves[i].limit
		}
	}
	amount := min(give, take)
	m.scale(in, func(v *move) bool { return v.amount < 0 }, amount)
	m.scale(in, func(v *move) bool { return v.amount > 0 }, amount)
}

// scale sets what the chosen moves move, in proportion to their limits: they add up to amount. It counts in the largest unit that divides every
// limit, so that whole rounding units stay whole.
func (m *mover) scale(in []int, chosen func(*move) bool, amount int64) {
	var at []int
	unit := amount
	for _, i := range in {
		if chosen(&m.moves[i]) {
			at = append(at, i)
			unit = gcd(m.moves[i].limit, unit)
		}
	}
	if amount == 0 {
		for _, i := range at {
			m.moves[i].moved = 0
		}
		return
	}
	curves, idx, out := make([]waterfill.Curve, len(at)), make([]int32, len(at)), make([]int64, len(at))
	for n, i := range at {
		limit := m.moves[i].limit / unit
		curves[n], idx[n] = waterfill.Curve{Hi: limit, Grow: limit}, int32(n)
	}
	var f waterfill.Filler
	f.Fill(curves, idx, amount/unit, out)
	for n, i := range at {
		m.moves[i].moved = out[n] * unit
	}
}

// trim lowers the limits of a program that would give up more than it may, or get more than it may keep; true when nothing had to be lowered.
// A program that has been trimmed too often gives nothing where it should rise, and gets nothing where it should fall.
func (m *mover) trim(p *standing, impatient bool) bool {
	p.Gives, p.Gets = 0, 0
	for _, i := range p.moves {
		if v := &m.moves[i]; v.amount < 0 {
			p.Gives += v.moved
		} else {
			p.Gets += v.moved
		}
	}
	gives, gets := func(v *move) bool { return v.amount < 0 }, func(v *move) bool { return v.amount > 0 }
	net := p.Gets - p.Gives
	if net >= -p.fall && net <= p.rise {
		return true
	}
	if impatient && p.Target < p.Old {
		m.lower(p, gets, 0)
		m.lower(p, gives, p.fall)
		return false
	}
	if impatient {
		m.lower(p, gives, 0)
		m.lower(p, gets, p.rise)
		return false
	}
	if net < -p.fall {
		m.lower(p, gives, p.Gets+p.fall)
	} else {
		m.lower(p, gets, p.Gives+p.rise)
	}
	return false
}

// lower makes the limits of a program's chosen moves what they move now, scaled to add up to at most most.
func (m *mover) lower(p *standing, chosen func(*move) bool, most int64) {
	var sum int64
	for _, i := range p.moves {
		if v := &m.moves[i]; chosen(v) {
			v.limit = v.moved
			sum += v.moved
		}
	}
	if sum <= most {
		return
	}
	m.scale(p.moves, chosen, most)
	for _, i := range p.moves {
		if v := &m.moves[i]; chosen(v) {
			v.limit = v.moved
		}
	}
}

func gcd(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// shifts are the programs as the moves leave them.
func (m *mover) shifts() []Shift {
	out := make([]Shift, 0, len(m.progs))
	for i := range m.progs {
		s := m.progs[i].Shift
		s.After = s.Old - s.Gives + s.Gets
		s.Blocked = m.blocked(&m.progs[i])
		out = append(out, s)
	}
	return out
}

// blocked is what the program would give and may not: by its total, or by what is bound in its funds.
func (m *mover) blocked(p *standing) int64 {
	var free int64
	for _, i := range p.moves {
		if v := &m.moves[i]; v.amount < 0 {
			free += -v.amount - v.frozen
		}
	}
	return max(0, p.Old-p.Target-min(p.fall, free))
}

// totals are the funds as the moves leave them.
func (m *mover) totals() []FundShift {
	out := make([]FundShift, 0, len(m.funds))
	for k, in := range m.byK {
		f := FundShift{Fund: m.funds[k].fund, OneTime: m.funds[k].oneTime}
		for _, i := range in {
			v := &m.moves[i]
			if v.amount > 0 {
				f.Rises += v.amount
				continue
			}
			f.Falls -= v.amount
			f.Free -= v.amount + v.frozen
			f.Moved += v.moved
		}
		out = append(out, f)
	}
	return out
}
