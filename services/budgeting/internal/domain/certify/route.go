package certify

import "encoding/binary"

// route is demands on nodes, and what each node pays of them. Demands that the same nodes may pay are one.
type route struct {
	demands []demand
	room    []int64  // of each node
	payers  [][]part // of each node: the demands that it may pay
	came    []step   // of each node, in a search
	seen    []bool
	queue   []int
}

// demand is units that the nodes may pay.
type demand struct {
	nodes []int
	open  int64   // not paid yet
	pays  []int64 // by place in nodes
}

// part is a place in the nodes of a demand.
type part struct{ demand, at int }

// step is how a search came to a node: by moving what node from pays of a demand. From −1 the demand is where it began.
type step struct{ from, demand, at, back int }

func newRoute(room []int64) *route {
	return &route{room: room, payers: make([][]part, len(room)), came: make([]step, len(room)), seen: make([]bool, len(room))}
}

// add makes a demand of these nodes.
func (r *route) add(nodes []int) int {
	d := len(r.demands)
	r.demands = append(r.demands, demand{nodes: nodes, pays: make([]int64, len(nodes))})
	for at, k := range nodes {
		r.payers[k] = append(r.payers[k], part{d, at})
	}
	return d
}

// settle pays all that can be paid, and answers the demands that stay open.
func (r *route) settle() (open []int) {
	for d := range r.demands {
		for r.demands[d].open > 0 {
			got := r.augment(d)
			if got == 0 {
				open = append(open, d)
				break
			}
			r.demands[d].open -= got
		}
	}
	return open
}

// augment pays some of a demand along a shortest path to a node with room.
func (r *route) augment(d int) int64 {
	r.search([]int{d}, true)
	if len(r.queue) == 0 || r.room[r.queue[len(r.queue)-1]] == 0 {
		return 0
	}
	end := r.queue[len(r.queue)-1]
	amount := min(r.demands[d].open, r.room[end])
	for k := end; r.came[k].from >= 0; k = r.came[k].from {
		amount = min(amount, r.demands[r.came[k].demand].pays[r.came[k].back])
	}
	r.room[end] -= amount
	for k := end; k >= 0; k = r.came[k].from {
		s := r.came[k]
		r.demands[s.demand].pays[s.at] += amount
		if s.from >= 0 {
			r.demands[s.demand].pays[s.back] -= amount
		}
	}
	return amount
}

// search walks from demands to every node that could pay them by moving payments; it may stop at the first with room, which is then the last of
// the queue.
func (r *route) search(from []int, toRoom bool) {
	clear(r.seen)
	r.queue = r.queue[:0]
	for _, d := range from {
		r.reach(d, -1, 0)
	}
	for next := 0; next < len(r.queue); next++ {
		k := r.queue[next]
		if toRoom && r.room[k] > 0 {
			r.queue = r.queue[:next+1]
			return
		}
		for _, p := range r.payers[k] {
			if r.demands[p.demand].pays[p.at] > 0 {
				r.reach(p.demand, k, p.at)
			}
		}
	}
}

func (r *route) reach(d, from, back int) {
	for at, k := range r.demands[d].nodes {
		if !r.seen[k] {
			r.seen[k], r.came[k] = true, step{from, d, at, back}
			r.queue = append(r.queue, k)
		}
	}
}

// drop takes units off a demand: what is open first, then what is paid.
func (r *route) drop(d int, units int64) {
	v := &r.demands[d]
	off := min(units, v.open)
	v.open -= off
	units -= off
	for at, k := range v.nodes {
		off := min(units, v.pays[at])
		v.pays[at] -= off
		r.room[k] += off
		units -= off
	}
}

// setName appends what tells sets of nodes apart.
func setName(to []byte, nodes []int) []byte {
	for _, k := range nodes {
		to = binary.AppendUvarint(to, uint64(k)) //nolint:gosec // places are not negative
	}
	return to
}
