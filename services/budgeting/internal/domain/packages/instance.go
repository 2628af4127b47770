package packages

import "slices"

// instance is the problem in flat arrays: units of choice, each with options of which exactly one is taken.
// A unit is one group, or groups that links tie together; an option is a level (or none) of each of its groups.
type instance struct {
	eligible [][]int32
	capacity []int64
	members  [][]int32 // groups of each unit
	first    []int32   // first option of each unit, and one past the last
	value    []int64   // of each option
	owner    []int32   // unit of each option
	level    []int32   // of each member, option by option
	levelAt  []int32   // where an option's levels start
	from     []int32   // first cost of each option, and one past the last
	costs    []Cost
}

func newInstance(eligible [][]int32, capacity []int64) *instance {
	return &instance{eligible: eligible, capacity: capacity, first: []int32{0}, from: []int32{0}}
}

func (in *instance) size() int { return len(in.members) }

// option adds an option to the unit being built.
func (in *instance) option(value int64, levels []int32, costs []Cost) {
	in.value = append(in.value, value)
	in.owner = append(in.owner, int32(len(in.members)))   //nolint:gosec // far fewer than 2^31
	in.levelAt = append(in.levelAt, int32(len(in.level))) //nolint:gosec // far fewer than 2^31
	in.level = append(in.level, levels...)
	for _, c := range costs {
		if c.Units > 0 {
			in.costs = append(in.costs, c)
		}
	}
	in.from = append(in.from, int32(len(in.costs))) //nolint:gosec // far fewer than 2^31
}

// unit closes the unit being built.
func (in *instance) unit(members []int32) {
	in.members = append(in.members, members)
	in.first = append(in.first, int32(len(in.value))) //nolint:gosec // far fewer than 2^31
}

// of is the costs of an option.
func (in *instance) of(option int32) []Cost { return in.costs[in.from[option]:in.from[option+1]] }

// levels is the level of each member in an option.
func (in *instance) levels(unit, option int32) []int32 {
	at := in.levelAt[option]
	return in.level[at : int(at)+len(in.members[unit])]
}

// demand adds the costs of an option to the need of each class.
func (in *instance) demand(option int32, need []int64) {
	for _, c := range in.of(option) {
		need[c.Class] += c.Units
	}
}

// affordable says whether the nodes of each class alone could pay.
func affordable(costs []Cost, most []int64) bool {
	for _, c := range costs {
		if c.Units > most[c.Class] {
			return false
		}
	}
	return true
}

// supply is what the nodes of each class have.
func supply(eligible [][]int32, capacity []int64) []int64 {
	out := make([]int64, len(eligible))
	for c, set := range eligible {
		for _, k := range set {
			out[c] += capacity[k]
		}
	}
	return out
}

// compile makes every group and every set of linked groups a unit, without the levels that could never be chosen; or it answers a set of groups
// that is too large for a unit.
func compile(p Problem, s scope, most int) (in *instance, entangled []int32) {
	in = newInstance(p.Eligible, p.Capacity)
	room := supply(p.Eligible, p.Capacity)
	linked, sets := components(len(p.Groups), s.links)
	for g := range int32(len(p.Groups)) { //nolint:gosec // groups are far fewer than 2^31
		if linked[g] {
			continue
		}
		levels := p.Groups[g].Levels
		for l := s.spans[g].lo; l <= s.spans[g].hi; l++ {
			switch {
			case l < 0:
				in.option(0, []int32{-1}, nil)
			case affordable(levels[l].Costs, room) && !dominated(levels, l, s.spans[g]):
				in.option(levels[l].Value, []int32{l}, levels[l].Costs)
			}
		}
		in.unit([]int32{g})
	}
	const hopeless = 28 // bits of combinations that links do not bring down
	for _, set := range sets {
		if s.size(set) > hopeless || !in.join(p, s, set, room, most) {
			return nil, set
		}
	}
	return in, nil
}

// dominated says whether another level that is left, or none, is worth no less and costs no more in any class. Of equals the first stays.
func dominated(levels []Level, l int32, left span) bool {
	a := &levels[l]
	if left.lo < 0 && a.Value <= 0 {
		return true
	}
	for m := max(left.lo, 0); m <= left.hi; m++ {
		b := &levels[m]
		if m == l || b.Value < a.Value || !cheaper(b.Costs, a.Costs) {
			continue
		}
		if m < l || b.Value > a.Value || !cheaper(a.Costs, b.Costs) {
			return true
		}
	}
	return false
}

// cheaper says whether costs a are at most b in every class.
func cheaper(a, b []Cost) bool {
	for _, c := range a {
		if c.Units == 0 {
			continue
		}
		i := slices.IndexFunc(b, func(d Cost) bool { return d.Class == c.Class })
		if i < 0 || b[i].Units < c.Units {
			return false
		}
	}
	return true
}

// parts splits the units into sets that share no node, each an instance of its own; nodes and classes keep their numbers.
func (in *instance) parts() []*instance {
	up := make([]int32, len(in.capacity)+in.size()) // nodes, then units
	for i := range up {
		up[i] = int32(i) //nolint:gosec // far fewer than 2^31
	}
	root := func(i int32) int32 {
		for up[i] != i {
			up[i] = up[up[i]]
			i = up[i]
		}
		return i
	}
	for o, u := range in.owner {
		for _, c := range in.of(int32(o)) { //nolint:gosec // far fewer than 2^31
			for _, k := range in.eligible[c.Class] {
				a, b := root(k), root(int32(len(in.capacity))+u) //nolint:gosec // far fewer than 2^31
				up[max(a, b)] = min(a, b)
			}
		}
	}
	at := map[int32]*instance{}
	var out []*instance
	for u, members := range in.members {
		r := root(int32(len(in.capacity) + u)) //nolint:gosec // far fewer than 2^31
		if int(r) >= len(in.capacity) {
			r = -1 // costs nothing: all such units are one part
		}
		part := at[r]
		if part == nil {
			part = newInstance(in.eligible, make([]int64, len(in.capacity)))
			at[r] = part
			out = append(out, part)
		}
		for o := in.first[u]; o < in.first[u+1]; o++ {
			part.option(in.value[o], in.levels(int32(u), o), in.of(o)) //nolint:gosec // far fewer than 2^31
		}
		part.unit(members)
	}
	for k, units := range in.capacity {
		if part := at[root(int32(k))]; part != nil { //nolint:gosec // far fewer than 2^31
			part.capacity[k] = units
		}
	}
	return out
}
