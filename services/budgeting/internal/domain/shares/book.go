package shares

import (
	"cmp"
	"math/bits"
	"slices"
)

// book is an election as the rule sees it: voters with the same supported projects and weights are one class, since they hold the same money in
// every round; projects below the threshold and points of nought are gone.
type book struct {
	e       *Election
	rule    *Rule
	voters  int64
	votes   []int64 // by project: supporters
	score   []int64 // by project: sum of weights
	rank    []int32 // by project: place in the order that decides ties
	open    []bool  // by project: has support and may be selected
	classOf []int32 // by voter
	size    []int64 // by class: voters
	ballots csr     // by class: projects
	support csr     // by project: classes, rising
	sizes   []int32 // of the classes of support
	bits    int     // of weights, see weightBits; 0 means that every weight is 1
}

// csr is a list of lists: list i is at[start[i]:start[i+1]], with weights at the same places.
type csr struct {
	start  []int32
	at     []int32
	weight []int32
}

// newCSR is empty, with room for n lists of so many entries together.
func newCSR(n, entries int) csr {
	return csr{start: make([]int32, 1, n+1), at: make([]int32, 0, entries), weight: make([]int32, 0, entries)}
}

// end closes a list of what was appended since the last.
func (c *csr) end() { c.start = append(c.start, int32(len(c.at))) } //nolint:gosec // at most MaxEntries

// flip lists for each of n members, in rising order, the lists that it is in.
func (c *csr) flip(n int) csr {
	f := csr{start: make([]int32, n+1), at: make([]int32, len(c.at)), weight: make([]int32, len(c.at))}
	for _, x := range c.at {
		f.start[x+1]++
	}
	for x := range n {
		f.start[x+1] += f.start[x]
	}
	next := slices.Clone(f.start)
	for i := range len(c.start) - 1 {
		for j := c.start[i]; j < c.start[i+1]; j++ {
			at := next[c.at[j]]
			next[c.at[j]]++
			f.at[at], f.weight[at] = int32(i), c.weight[j] //nolint:gosec // at most MaxVoters
		}
	}
	return f
}

func (c *csr) list(i int32) ([]int32, []int32) {
	from, to := c.start[i], c.start[i+1]
	return c.at[from:to], c.weight[from:to]
}

// newBook compiles a valid election.
func newBook(e *Election, rule *Rule) *book {
	b, weights := newCount(e, rule)
	b.order()
	b.group(weights)
	return b
}

// newCount compiles votes and scores alone, and returns the weight of every entry of every ballot.
func newCount(e *Election, rule *Rule) (*book, []int32) {
	b := &book{
		e: e, rule: rule, voters: int64(e.Ballots.Voters()), votes: make([]int64, len(e.Projects)), score: make([]int64, len(e.Projects)),
		open: make([]bool, len(e.Projects)),
	}
	weights := b.weigh()
	for p := range e.Projects {
		b.open[p] = b.votes[p] > 0 && b.score[p] >= rule.Threshold
	}
	return b, weights
}

// weigh gives every entry of every ballot its weight and counts votes and scores.
func (b *book) weigh() []int32 {
	ballots, most := &b.e.Ballots, int32(0)
	weights := make([]int32, len(ballots.Project))
	longest := int32(0)
	for v := range ballots.Voters() {
		longest = max(longest, ballots.Start[v+1]-ballots.Start[v])
	}
	for v := range ballots.Voters() {
		from, to := ballots.Start[v], ballots.Start[v+1]
		length := to - from
		switch b.rule.Borda {
		case BordaLongest:
			length = longest
		case BordaProjects:
			length = int32(len(b.e.Projects)) //nolint:gosec // at most MaxProjects
		case BordaBallot:
		}
		for i := from; i < to; i++ {
			switch w := &weights[i]; {
			case b.e.Type.HasPoints() && ballots.Points[i] == 0: // no support
			case !b.rule.Utility.points():
				*w = 1
			case b.e.Type == Ordinal:
				*w = length - (i - from)
			default:
				*w = int32(ballots.Points[i]) //nolint:gosec // at most MaxPoints
			}
			if weights[i] > 0 {
				b.votes[ballots.Project[i]]++
				b.score[ballots.Project[i]] += int64(weights[i])
				most = max(most, weights[i])
			}
		}
	}
	b.bits = weightBits(int64(most))
	return weights
}

// order ranks the projects by the declared tie-breaks, then by id.
func (b *book) order() {
	order := make([]int32, len(b.e.Projects))
	for p := range order {
		order[p] = int32(p) //nolint:gosec // at most MaxProjects
	}
	slices.SortFunc(order, func(p, q int32) int {
		for _, t := range b.rule.Ties {
			if c := b.prefer(t, p, q); c != 0 {
				return c
			}
		}
		return cmp.Compare(b.e.Projects[p].ID, b.e.Projects[q].ID)
	})
	b.rank = make([]int32, len(order))
	for i, p := range order {
		b.rank[p] = int32(i) //nolint:gosec // at most MaxProjects
	}
}

// prefer is negative where the tie-break prefers p to q.
func (b *book) prefer(t TieBreak, p, q int32) int {
	switch t {
	case LowerCost:
		return cmp.Compare(b.e.Projects[p].Cost, b.e.Projects[q].Cost)
	case HigherCost:
		return cmp.Compare(b.e.Projects[q].Cost, b.e.Projects[p].Cost)
	case MoreVotes:
		return cmp.Compare(b.votes[q], b.votes[p])
	default:
		return cmp.Compare(b.score[q], b.score[p])
	}
}

// byScore lists the projects that may be selected, highest score first, ties by rank.
func (b *book) byScore() []int32 {
	var order []int32
	for p := range b.e.Projects {
		if b.open[p] {
			order = append(order, int32(p)) //nolint:gosec // at most MaxProjects
		}
	}
	slices.SortFunc(order, func(p, q int32) int {
		return cmp.Or(cmp.Compare(b.score[q], b.score[p]), cmp.Compare(b.rank[p], b.rank[q]))
	})
	return order
}

// group puts voters with equal ballots into one class, in the order of their first voters. What is supported goes into lists by project and back,
// which puts every ballot into one order.
func (b *book) group(weights []int32) {
	votes := &b.e.Ballots
	raw := newCSR(votes.Voters(), len(votes.Project))
	for v := range votes.Voters() {
		for i := votes.Start[v]; i < votes.Start[v+1]; i++ {
			if p := votes.Project[i]; weights[i] > 0 && b.open[p] {
				raw.at, raw.weight = append(raw.at, p), append(raw.weight, weights[i])
			}
		}
		raw.end()
	}
	byProject := raw.flip(len(b.e.Projects))
	ballots := byProject.flip(votes.Voters())
	b.classOf = make([]int32, b.voters)
	b.ballots = newCSR(len(b.classOf), len(ballots.at))
	table := make([]int32, 1<<bits.Len64(uint64(2*b.voters))) //nolint:gosec // positive
	mask := uint64(len(table) - 1)                            //nolint:gosec // positive
	for v := range b.classOf {
		projects, of := ballots.list(int32(v)) //nolint:gosec // at most MaxVoters
		at := hash(projects, of) & mask
		for ; table[at] > 0; at = (at + 1) & mask {
			if p, w := b.ballots.list(table[at] - 1); slices.Equal(p, projects) && slices.Equal(w, of) {
				break
			}
		}
		if table[at] == 0 {
			b.size = append(b.size, 0)
			table[at] = int32(len(b.size)) //nolint:gosec // at most MaxVoters
			b.ballots.at, b.ballots.weight = append(b.ballots.at, projects...), append(b.ballots.weight, of...)
			b.ballots.end()
		}
		class := table[at] - 1
		b.classOf[v] = class
		b.size[class]++
	}
	b.support = b.ballots.flip(len(b.e.Projects))
	b.sizes = make([]int32, len(b.support.at))
	for i, class := range b.support.at {
		b.sizes[i] = int32(b.size[class]) //nolint:gosec // at most MaxVoters
	}
}

// hash mixes projects and weights (Fowler, Noll and Vo, by words).
func hash(projects, weights []int32) uint64 {
	h := uint64(14695981039346656037)
	for i, p := range projects {
		h = (h ^ uint64(p) ^ uint64(weights[i])<<32) * 1099511628211 //nolint:gosec // both are ≥ 0
		h ^= h >> 32
	}
	return h
}
