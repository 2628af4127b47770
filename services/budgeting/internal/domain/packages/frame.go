package packages

import (
	"math/bits"
	"slices"
)

// row is one capacity that the search watches: a set of nodes, and what its price adds to the prices of the sets within it.
type row struct {
	hallSet
	price  int64
	weight int64 // what a missing unit counts: the price, or for a row without one the least rate of its classes
}

// frame is an instance seen from node prices: what each option loses against the best of its unit (its regret), and the rows that prices charge.
// A choice with regrets r and free capacity x is worth exactly (dual − Σ r − Σ price·x) / 2^shift.
type frame struct {
	*instance
	shift  uint8
	rate   []int64 // price of each class
	dual   int64   // scaled
	regret []int64 // of each option, scaled
	best   []int32 // option of each unit without regret
	rows   []row
	rowsOf [][]int32 // rows that each class loads
}

// newFrame evaluates prices and adds rows of no price for sets of nodes that need watching.
func newFrame(in *instance, price []int64, shift uint8, watch [][]int32) *frame {
	f := &frame{instance: in, shift: shift, rate: make([]int64, len(in.eligible)), regret: make([]int64, len(in.value)), best: make([]int32, in.size())}
	for c, set := range in.eligible {
		f.rate[c] = lowest(price, set)
	}
	for k, p := range price {
		f.dual += p * in.capacity[k]
	}
	for u := range in.size() {
		f.dual += f.evaluate(u)
	}
	f.rows = in.charge(price)
	grain := in.grain()
	for _, nodes := range watch {
		if !slices.ContainsFunc(f.rows, func(r row) bool { return slices.Equal(r.nodes, nodes) }) {
			f.rows = append(f.rows, row{hallSet: in.hallSet(nodes)})
		}
	}
	for i := range f.rows {
		r := &f.rows[i]
		f.dual -= r.price * r.coarsen(grain)
		r.weight = r.price
		for c, in := range r.inside {
			if in && r.price == 0 && (r.weight == 0 || f.rate[c] < r.weight) {
				r.weight = f.rate[c]
			}
		}
	}
	f.arrange()
	return f
}

// evaluate sets the regrets of a unit and answers the most that its options are worth at the prices.
func (f *frame) evaluate(u int) int64 {
	from, to := f.first[u], f.first[u+1]
	for o := from; o < to; o++ {
		v := f.value[o] << f.shift
		for _, c := range f.of(o) {
			v -= c.Units * f.rate[c.Class]
		}
		f.regret[o] = v
		if o == from || v > f.regret[f.best[u]] {
			f.best[u] = o
		}
	}
	most := f.regret[f.best[u]]
	for o := from; o < to; o++ {
		f.regret[o] = most - f.regret[o]
	}
	return most
}

// charge takes node prices apart into prices of nested or separate sets of nodes: at each price the nodes that cost at least that much form
// sets which classes hold together, and a set's own price is what it costs more than the next larger set around it.
func (in *instance) charge(price []int64) []row {
	levels := slices.Clone(price)
	slices.Sort(levels)
	levels = slices.Compact(levels)
	var rows []row
	for i := len(levels) - 1; i >= 0 && levels[i] > 0; i-- {
		for _, nodes := range in.connected(func(k int32) bool { return price[k] >= levels[i] }) {
			if slices.ContainsFunc(nodes, func(k int32) bool { return price[k] == levels[i] }) {
				rows = append(rows, row{hallSet: in.hallSet(nodes), price: levels[i]})
			}
		}
	}
	for i := range rows {
		for _, around := range rows[i+1:] { // ordered by falling price: the first that has the set's nodes is the next larger one
			if slices.Contains(around.nodes, rows[i].nodes[0]) {
				rows[i].price -= around.price
				break
			}
		}
	}
	return rows
}

// grain is the greatest common divisor of the costs of each class.
func (in *instance) grain() []int64 {
	out := make([]int64, len(in.eligible))
	for _, c := range in.costs {
		out[c.Class] = gcd(out[c.Class], c.Units)
	}
	return out
}

// coarsen takes off the capacity what no sum of costs can use, and answers that.
func (r *row) coarsen(grain []int64) int64 {
	var of int64
	for c, in := range r.inside {
		if in {
			of = gcd(of, grain[c])
		}
	}
	rest := r.capacity
	if of > 0 {
		rest = r.capacity % of
	}
	r.capacity -= rest
	return rest
}

func gcd(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return max(a, -a)
}

// connected lists the sets of nodes (each ascending) that classes within the allowed nodes hold together.
func (in *instance) connected(allowed func(int32) bool) [][]int32 {
	up := make([]int32, len(in.capacity))
	for k := range up {
		up[k] = int32(k) //nolint:gosec // nodes are far fewer than 2^31
	}
	root := func(k int32) int32 {
		for up[k] != k {
			up[k] = up[up[k]]
			k = up[k]
		}
		return k
	}
	for _, set := range in.eligible {
		if slices.ContainsFunc(set, func(k int32) bool { return !allowed(k) }) {
			continue
		}
		for _, k := range set[1:] {
			a, b := root(set[0]), root(k)
			up[max(a, b)] = min(a, b)
		}
	}
	var out [][]int32
	at := make([]int, len(up))
	for k := range int32(len(up)) { //nolint:gosec // nodes are far fewer than 2^31
		if !allowed(k) {
			continue
		}
		r := root(k)
		if at[r] == 0 {
			out = append(out, nil)
			at[r] = len(out)
		}
		out[at[r]-1] = append(out[at[r]-1], k)
	}
	return out
}

// arrange orders rows by how many classes they charge, most first, so that rows which few options load are settled first.
func (f *frame) arrange() {
	uses := func(r row) (n int) {
		for _, in := range r.inside {
			if in {
				n++
			}
		}
		return n
	}
	slices.SortStableFunc(f.rows, func(a, b row) int { return uses(b) - uses(a) })
	f.rowsOf = make([][]int32, len(f.eligible))
	for i, r := range f.rows {
		for c, in := range r.inside {
			if in {
				f.rowsOf[c] = append(f.rowsOf[c], int32(i)) //nolint:gosec // rows are few
			}
		}
	}
}

// load adds sign times what an option takes from each row.
func (f *frame) load(option int32, sign int64, x []int64) {
	for _, c := range f.of(option) {
		for _, i := range f.rowsOf[c.Class] {
			x[i] += sign * c.Units
		}
	}
}

// ratio is a·2^20/b as far as it fits: an order of price deviations.
func ratio(a, b int64) int64 {
	if b <= 0 {
		return limit
	}
	hi, lo := bits.Mul64(uint64(a), 1<<20) //nolint:gosec // a ≥ 0
	if hi >= uint64(b)>>1 {
		return limit
	}
	q, _ := bits.Div64(hi, lo, uint64(b))
	return int64(min(q, limit)) //nolint:gosec // below 2^62
}

// mulShift is a·b/2^20, a ≥ 0, 0 ≤ b < 2^30, at most 2^62.
func mulShift(a, b int64) int64 {
	hi, lo := bits.Mul64(uint64(a), uint64(b)) //nolint:gosec // both ≥ 0
	if hi >= 1<<18 {
		return limit
	}
	return int64(hi<<44 | lo>>20) //nolint:gosec // below 2^62
}

// saturate is sum + a·b, all ≥ 0, at most 2^62.
func saturate(sum, a, b int64) int64 {
	hi, lo := bits.Mul64(uint64(a), uint64(b)) //nolint:gosec // both ≥ 0
	if hi > 0 || lo > limit {
		return limit
	}
	return min(sum+int64(lo), limit) //nolint:gosec // at most 2^62
}
