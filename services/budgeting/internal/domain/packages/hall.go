package packages

// network pays the needs of classes from nodes and finds the sets of nodes that are overdrawn (Hall's condition).
type network struct {
	eligible [][]int32
	capacity []int64
	into     [][]int32 // classes of each node
	paid     [][]int64 // class by position in eligible
	at       [][]int32 // position of each class of into
	room     []int64
	left     []int64
	byClass  []int32 // node through which the search came to a class, -1 unless reached
	byNode   []int32 // class through which it came to a node
	queue    []int32
}

func newNetwork(eligible [][]int32, capacity []int64) *network {
	n := &network{
		eligible: eligible, capacity: capacity, into: make([][]int32, len(capacity)), at: make([][]int32, len(capacity)), paid: make([][]int64, len(eligible)),
		room: make([]int64, len(capacity)), left: make([]int64, len(eligible)), byClass: make([]int32, len(eligible)), byNode: make([]int32, len(capacity)),
	}
	for c, set := range eligible {
		n.paid[c] = make([]int64, len(set))
		for i, k := range set {
			n.into[k] = append(n.into[k], int32(c)) //nolint:gosec // classes are far fewer than 2^31
			n.at[k] = append(n.at[k], int32(i))     //nolint:gosec // nodes are far fewer than 2^31
		}
	}
	return n
}

// pay looks for a payment of all needs and answers what cannot be paid.
func (n *network) pay(need []int64) (short int64) {
	copy(n.room, n.capacity)
	copy(n.left, need)
	for c, set := range n.eligible {
		for i, k := range set {
			d := min(n.left[c], n.room[k])
			n.paid[c][i] = d
			n.left[c] -= d
			n.room[k] -= d
		}
	}
	for c := range n.eligible {
		for n.left[c] > 0 && n.augment(int32(c)) { //nolint:gosec // classes are far fewer than 2^31
		}
		short += n.left[c]
	}
	return short
}

// augment brings units from class c to a node with room along a shortest path; what nodes on the way paid for others moves on.
func (n *network) augment(c int32) bool {
	end := n.reach(c)
	if end < 0 {
		return false
	}
	amount := min(n.left[c], n.room[end])
	for k := end; ; {
		d := n.byNode[k]
		if d == c {
			break
		}
		k = n.byClass[d]
		amount = min(amount, n.paid[d][n.arc(d, k)])
	}
	n.left[c] -= amount
	n.room[end] -= amount
	for k := end; ; {
		d := n.byNode[k]
		n.paid[d][n.arc(d, k)] += amount
		if d == c {
			return true
		}
		k = n.byClass[d]
		n.paid[d][n.arc(d, k)] -= amount
	}
}

func (n *network) arc(c, k int32) int {
	for i, l := range n.eligible[c] {
		if l == k {
			return i
		}
	}
	return -1
}

// reach walks from class c to the nodes it may use and the classes they pay, up to the first node with room, or -1.
func (n *network) reach(c int32) int32 {
	for i := range n.byClass {
		n.byClass[i] = -1
	}
	for i := range n.byNode {
		n.byNode[i] = -1
	}
	n.byClass[c] = int32(len(n.capacity)) //nolint:gosec // nodes are far fewer than 2^31
	n.queue = append(n.queue[:0], c)
	for head := 0; head < len(n.queue); head++ {
		d := n.queue[head]
		for _, k := range n.eligible[d] {
			if n.byNode[k] >= 0 {
				continue
			}
			n.byNode[k] = d
			if n.room[k] > 0 {
				return k
			}
			for i, e := range n.into[k] {
				if n.byClass[e] < 0 && n.paid[e][n.at[k][i]] > 0 {
					n.byClass[e] = k
					n.queue = append(n.queue, e)
				}
			}
		}
	}
	return -1
}

// overdrawn lists, after pay left something unpaid, sets of nodes (ascending) whose own classes need more than they have.
func (n *network) overdrawn() [][]int32 {
	var out [][]int32
	seen := make([]bool, len(n.capacity))
	for c := range n.eligible {
		if n.left[c] == 0 || seen[n.eligible[c][0]] {
			continue
		}
		n.reach(int32(c)) //nolint:gosec // classes are far fewer than 2^31
		var set []int32
		for k, by := range n.byNode {
			if by >= 0 {
				seen[k] = true
				set = append(set, int32(k)) //nolint:gosec // nodes are far fewer than 2^31
			}
		}
		out = append(out, set)
	}
	return out
}
