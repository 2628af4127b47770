package engine_test

import (
	"slices"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/money"
	"github.com/throughline/throughline/services/budgeting/internal/domain/score"
)

// oracle tries every choice of packages of a small input, and pays each by plain augmenting paths.
type oracle struct {
	in       model.Input
	scores   []int64
	pockets  []oraclePocket
	base     []bill
	things   []thing
	best     int64
	feasible bool
}

type oraclePocket struct {
	fund       string
	year, have int64
	once       bool
}

// bill is an amount and the pockets that may pay it.
type bill struct {
	amount int64
	by     []int
}

// thing is a package or a capital project; way −1 is none.
type thing struct {
	of     *model.Package
	must   bool
	ways   []way
	chosen int
}

type way struct {
	barred bool
	value  int64
	bills  []bill
}

// choices is how many there are.
func (o *oracle) choices() int {
	n := 1
	for i := range o.things {
		n *= len(o.things[i].ways) + 1
	}
	return n
}

type lineSum struct {
	fund      string
	treatment model.Treatment
	once      bool
	net       int64
}

func newOracle(in model.Input) *oracle {
	o := &oracle{in: in.Normalize(), best: -1}
	o.scores = score.Points(o.in)
	sums := make([][]lineSum, len(o.in.Programs))
	for i := range o.in.Programs {
		sums[i] = o.sums(&o.in.Programs[i])
	}
	o.money(sums)
	for i := range o.in.Programs {
		o.program(i, sums[i])
	}
	return o
}

// sums nets the lines of a program, with room for what its packages name.
func (o *oracle) sums(p *model.Program) (out []lineSum) {
	enter := func(fund string, t model.Treatment, once bool, amount int64) {
		for i := range out {
			if out[i].fund == fund && out[i].treatment == t && out[i].once == once {
				out[i].net += amount
				return
			}
		}
		out = append(out, lineSum{fund, t, once, amount})
	}
	for _, l := range p.CostLines {
		enter(l.Fund, l.Treatment, l.OneTime, l.Amount)
	}
	for _, r := range p.Revenue {
		enter(r.Fund, model.Competes, false, -r.Amount)
	}
	for _, k := range o.in.Packages {
		for _, l := range k.Levels {
			for _, c := range l.Costs {
				if k.Program == p.ID && c.Year == 0 {
					enter(c.Fund, model.Competes, c.OneTime, 0)
				}
			}
		}
	}
	slices.SortFunc(out, func(a, b lineSum) int { // as plans do: the spread of floors depends on it
		switch {
		case a.fund != b.fund:
			return slices.Index([]bool{true, false}, a.fund < b.fund)*2 - 1
		case a.treatment != b.treatment:
			return a.treatment.Place() - b.treatment.Place()
		case a.once:
			return 1
		default:
			return -1
		}
	})
	return out
}

func (l *lineSum) project() bool { return l.treatment == model.CapitalProject && l.net > 0 }
func (l *lineSum) top() bool {
	return !l.project() && (l.treatment != model.Competes || l.net < 0)
}

// money is what is left in every pocket after the lines off the top.
func (o *oracle) money(sums [][]lineSum) {
	for _, f := range o.in.Funds {
		ongoing, once, due := f.Available-f.OneTime, f.OneTime, int64(0)
		for i := range sums {
			for _, r := range o.in.Programs[i].Revenue {
				if r.Fund == f.ID {
					ongoing -= r.Amount
				}
			}
			for _, l := range sums[i] {
				switch {
				case l.fund != f.ID || !l.top():
				case !l.once:
					ongoing -= l.net
				case l.net < 0:
					once -= l.net
				default:
					due += l.net
				}
			}
		}
		paid := min(once, due)
		o.pockets = append(o.pockets, oraclePocket{fund: f.ID, have: ongoing - (due - paid)}, oraclePocket{fund: f.ID, have: once - paid, once: true})
	}
	for _, l := range o.in.Later {
		o.pockets = append(o.pockets, oraclePocket{fund: l.Fund, year: l.Year, have: l.Available})
	}
}

func (o *oracle) pool(fund string) bool {
	return o.in.Funds[slices.IndexFunc(o.in.Funds, func(f model.Fund) bool { return f.ID == fund })].InPool()
}

func (o *oracle) bill(p *model.Program, fund string, year int64, once bool, amount int64) bill {
	b := bill{amount: amount}
	for i, k := range o.pockets {
		may := k.fund == fund || (o.pool(fund) && o.pool(k.fund) && slices.Contains(p.EligibleFunds, k.fund))
		inTime := k.year == year || (o.in.Params.CarryForward && k.year < year)
		if may && inTime && (once || !k.once) {
			b.by = append(b.by, i)
		}
	}
	return b
}

func (o *oracle) program(i int, sums []lineSum) {
	p := &o.in.Programs[i]
	var claims []lineSum
	var bases []int64
	project := thing{ways: []way{{}}, chosen: -1}
	for _, l := range sums {
		switch {
		case l.project():
			w := &project.ways[0]
			w.value += l.net
			w.bills = append(w.bills, o.bill(p, l.fund, 0, l.once, l.net))
		case !l.top():
			claims, bases = append(claims, l), append(bases, l.net)
		}
	}
	if len(project.ways[0].bills) > 0 {
		project.ways[0].value = o.scores[i] * (project.ways[0].value / o.in.RoundingUnit)
		o.things = append(o.things, project)
	}
	var floor, low int64
	if p.Mandate != nil && p.Mandate.Attested {
		floor, low = p.Mandate.Minimum, p.Mandate.Minimum
	}
	if p.HoldHarmless != nil {
		least, _ := p.HoldHarmless.Range()
		low = max(low, least)
	}
	floors, lifts := money.Spread(floor, bases), money.Spread(low-floor, bases)
	replaced := false
	for n := range o.in.Packages {
		if k := &o.in.Packages[n]; k.Program == p.ID {
			keeps := low
			if e := o.in.Params.EquityFloor; e != nil && p.EquityBP >= e.MinBP {
				var sum int64
				for j := range claims {
					movable := max(0, bases[j]-floors[j])
					if !o.pool(claims[j].fund) {
						movable = 0
					}
					sum += bases[j] - movable*e.MaxCutPPM/1_000_000
				}
				keeps = max(keeps, sum)
			}
			o.things = append(o.things, o.offer(i, k, keeps))
			replaced = replaced || k.ReplacesBase
		}
	}
	for j := range claims {
		amount := bases[j]
		if o.pool(claims[j].fund) {
			amount = max(amount, floors[j]+lifts[j])
		}
		if !replaced && amount > 0 {
			o.base = append(o.base, o.bill(p, claims[j].fund, 0, claims[j].once, amount))
		}
	}
}

func (o *oracle) offer(program int, k *model.Package, keeps int64) thing {
	t := thing{of: k, must: k.ReplacesBase, chosen: -1}
	var dearest int64
	for j := range k.Levels {
		dearest = max(dearest, k.Levels[j].Cost(0))
	}
	for j := range k.Levels {
		l := &k.Levels[j]
		w := way{barred: k.ReplacesBase && l.Cost(0) < min(keeps, dearest)}
		var sum int64
		for _, c := range l.Costs {
			sum += c.Amount
			w.bills = append(w.bills, o.bill(&o.in.Programs[program], c.Fund, c.Year, c.OneTime, c.Amount))
		}
		w.value = o.scores[program] * (sum / o.in.RoundingUnit)
		if o.in.Params.PackageValue == model.Benefit {
			w.value = o.scores[program] * l.Benefit
		}
		t.ways = append(t.ways, w)
	}
	return t
}
