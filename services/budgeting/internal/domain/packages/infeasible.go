package packages

import "slices"

// unpayable finds nodes that required groups overdraw whatever their levels are.
func (w *work) unpayable(in *instance) ([]int32, bool) {
	need := make([]int64, len(w.p.Eligible))
	room := supply(w.p.Eligible, w.p.Capacity)
	for u := range in.size() {
		from, to := in.first[u], in.first[u+1]
		if from == to {
			return w.hopeless(in.members[u], room), true
		}
		for _, c := range in.of(from) {
			least := c.Units
			for o := from + 1; o < to; o++ {
				i := slices.IndexFunc(in.of(o), func(d Cost) bool { return d.Class == c.Class })
				if i < 0 {
					least = 0
					break
				}
				least = min(least, in.of(o)[i].Units)
			}
			need[c.Class] += least
		}
	}
	if w.net.pay(need) == 0 {
		return nil, false
	}
	return w.net.overdrawn()[0], true
}

// hopeless finds the nodes that no level of a required group can be paid from.
func (w *work) hopeless(groups []int32, room []int64) []int32 {
	for c, set := range w.p.Eligible {
		for _, g := range groups {
			beyond := func(l Level) bool {
				return slices.ContainsFunc(l.Costs, func(d Cost) bool { return int(d.Class) == c && d.Units > room[c] })
			}
			if group := w.p.Groups[g]; group.Required && !slices.ContainsFunc(group.Levels, func(l Level) bool { return !beyond(l) }) {
				return set
			}
		}
	}
	return nil
}

// infeasible is the answer when no choice exists.
func (w *work) infeasible(short []int32) Solution {
	s := Solution{Proven: true, Short: short, Prices: make([]int64, len(w.p.Capacity)), States: w.states}
	s.DualBound = w.p.dual(s.Prices, 0)
	s.Bound = s.DualBound
	return s
}
