package engine

import (
	"cmp"
	"slices"
	"strings"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
)

// years is how many years a cost may lie in: the budget's and nine more.
const years = 10

// shop is what PACKAGES chooses among: money of the year and of later years, what the base costs, and every package with its levels, all in minor
// units.
type shop struct {
	*book
	scores  []int64 // of each program
	pockets []pocket
	have    []int64 // of each pocket
	later   []int32 // pocket of each fund and year, −1 for none
	use     []int32 // pockets, the most restricted first

	eligible [][]int32 // pockets of each class
	known    map[string]int32
	alone    []int32 // 1 + class of costs that only their own fund may pay, by fund, year and kind of cost

	first    []int32          // line of each program, and one past the last
	claimOf  []int32          // of each line, −1 for none
	replaced []bool           // programs whose base a package replaces
	base     []int64          // of each line: what must be paid whatever is chosen
	classOf  []int32          // of each line with a base
	touched  []bool           // lines that a package names
	offers   []offer          // by program, then id
	byID     map[string]int32 // offer of each package of the input
	tiers    []tier           // room for those of all packages
	items    []item
	barrier  int // 1 where a group stands at the end of the problem for what no choice can satisfy
}

// pocket is money of one kind of one fund in one year: a node. The first are the nodes of the purse.
type pocket struct {
	fund int32
	year int64
	once bool
}

// offer is a package, or the capital project of a program.
type offer struct {
	program  int32
	of       *model.Package // nil for a capital project
	required bool
	tiers    []tier
	chosen   int32 // tier, −1 for none
}

// tier is a level that may be picked.
type tier struct {
	level int32 // of the package
	value int64
	items []item
}

// item is one cost of a tier.
type item struct {
	line    int32 // that carries it, −1 in later years
	fund    int32
	class   int32
	year    int64
	oneTime bool
	amount  int64
}

func newShop(b *book, scores []int64) *shop {
	s := &shop{book: b, scores: scores, known: map[string]int32{}, byID: make(map[string]int32, len(b.in.Packages))}
	s.money()
	s.ranges()
	s.bases()
	s.room()
	for i := range s.in.Programs {
		s.offer(int32(i))
	}
	return s
}

// money lines up the pockets: those of the purse, then the envelopes of later years. Of one fund, money of later years is used first, because
// it pays nothing else, and one-time money before what is ongoing.
func (s *shop) money() {
	for n, k := range s.owner {
		s.pockets = append(s.pockets, pocket{fund: k, once: s.isOnce(int32(n))}) //nolint:gosec // there are few nodes
	}
	s.have = slices.Clone(s.left)
	s.later, s.alone = make([]int32, years*len(s.in.Funds)), make([]int32, 2*years*len(s.in.Funds))
	for i := range s.later {
		s.later[i] = -1
	}
	for _, e := range s.in.Later {
		k := s.place(e.Fund)
		s.later[years*int64(k)+e.Year] = int32(len(s.pockets)) //nolint:gosec // there are few nodes
		s.pockets = append(s.pockets, pocket{fund: k, year: e.Year})
		s.have = append(s.have, e.Available)
	}
	last := int32(-1)
	for _, n := range s.order {
		if k := s.owner[n]; k != last {
			for year := years - 1; year > 0; year-- {
				if n := s.later[years*int(k)+year]; n >= 0 {
					s.use = append(s.use, n)
				}
			}
			last = k
		}
		s.use = append(s.use, n)
	}
}

// ranges finds the lines and claims of every program.
func (s *shop) ranges() {
	s.first, s.claimOf = make([]int32, 0, len(s.in.Programs)+1), make([]int32, len(s.lines))
	at := 0
	for i := range s.in.Programs {
		s.first = append(s.first, int32(at)) //nolint:gosec // lines are fewer than 2^31
		for at < len(s.lines) && s.lines[at].Program == s.in.Programs[i].ID {
			s.claimOf[at] = -1
			at++
		}
	}
	s.first = append(s.first, int32(at)) //nolint:gosec // lines are fewer than 2^31
	for i := range s.claims {
		s.claimOf[s.claims[i].line] = int32(i)
	}
}

// bases is what competing lines cost whatever is chosen: the base, lifted to what law and hold-harmless ask for, unless service levels replace it.
func (s *shop) bases() {
	s.replaced, s.touched = make([]bool, len(s.in.Programs)), make([]bool, len(s.lines))
	for i, offered := range s.offered {
		s.replaced[i] = slices.ContainsFunc(offered, func(p int32) bool { return s.in.Packages[p].ReplacesBase })
	}
	s.base, s.classOf = make([]int64, len(s.lines)), make([]int32, len(s.lines))
	for i := range s.claims {
		if c := &s.claims[i]; !s.replaced[c.program] {
			s.base[c.line] = max(c.base, c.least)
			s.classOf[c.line] = s.class(c.program, c.fund, 0, c.oneTime)
		}
	}
}

// isProject says whether the line is part of a capital project that may be left out. What nets to a credit stays off the top.
func (b *book) isProject(l *model.Line) bool {
	return b.in.Method == model.Packages && l.Treatment == model.CapitalProject && l.Base > 0
}

// class is the set of pockets that may pay a cost: the fund that carries it and, where that competes, the program's eligible funds that do.
func (s *shop) class(program, fund int32, year int64, oneTime bool) int32 {
	p := &s.in.Programs[program]
	kind := 2 * (years*int64(fund) + year)
	if oneTime {
		kind++
	}
	others := s.in.Funds[fund].InPool() && len(p.EligibleFunds) > 0
	if !others && s.alone[kind] > 0 {
		return s.alone[kind] - 1
	}
	s.set = s.payers(s.set[:0], fund, year, oneTime)
	if others {
		for _, id := range p.EligibleFunds {
			if k := s.place(id); k != fund && s.in.Funds[k].InPool() {
				s.set = s.payers(s.set, k, year, oneTime)
			}
		}
	}
	slices.Sort(s.set)
	key := make([]byte, 0, 64)
	for _, n := range s.set {
		key = append(key, byte(n), byte(n>>8), byte(n>>16), byte(n>>24)) //nolint:gosec // all four bytes are kept
	}
	id, ok := s.known[string(key)]
	if !ok {
		id = int32(len(s.eligible)) //nolint:gosec // there are fewer classes than costs
		s.known[string(key)] = id
		s.eligible = append(s.eligible, slices.Clone(s.set))
	}
	if !others {
		s.alone[kind] = id + 1
	}
	return id
}

// payers appends the pockets of a fund that may pay a cost of a year: those of the year, and those before it where money may be carried forward.
// One-time money pays one-time costs only.
func (s *shop) payers(to []int32, k int32, year int64, oneTime bool) []int32 {
	from := year
	if s.in.Params.CarryForward {
		from = 0
	}
	if from == 0 {
		to = s.nodes(to, k, oneTime)
	}
	for y := max(from, 1); y <= year; y++ {
		if n := s.later[years*int64(k)+y]; n >= 0 {
			to = append(to, n)
		}
	}
	return to
}

// offered lists the packages of each program; nothing when there are none.
func offered(in *model.Input) [][]int32 {
	if len(in.Packages) == 0 {
		return nil
	}
	out := make([][]int32, len(in.Programs))
	for i := range in.Packages {
		at, _ := slices.BinarySearchFunc(in.Programs, in.Packages[i].Program, func(p model.Program, id string) int { return strings.Compare(p.ID, id) })
		out[at] = append(out[at], int32(i))
	}
	return out
}

// appendOffered makes room for a line of all that the packages of a program cost in the budget's year.
func (b *book) appendOffered(sums []sum, offered []int32) []sum {
	first := len(sums)
	for _, i := range offered {
		for j := range b.in.Packages[i].Levels {
			for _, c := range b.in.Packages[i].Levels[j].Costs {
				s := sum{fund: b.place(c.Fund), treatment: model.Competes, oneTime: c.OneTime}
				if c.Year == 0 && !slices.Contains(sums[first:], s) {
					sums = append(sums, s)
				}
			}
		}
	}
	return sums
}

// byOffer orders packages and capital projects as plans do.
func byOffer(a, b offer) int {
	return cmp.Or(cmp.Compare(a.program, b.program), strings.Compare(a.id(), b.id()))
}
