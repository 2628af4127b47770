package zoom

import (
	"fmt"
	"strings"

	"google.golang.org/genproto/googleapis/type/money"

	lineagev1 "github.com/throughline/throughline/proto/gen/throughline/lineage/v1"
	"github.com/throughline/throughline/services/platform/wire"
)

// sum adds up a level.
type sum struct {
	lineagev1.ZoomLevel
	currency string
	minor    int64
}

func (s *sum) message() *lineagev1.ZoomLevel {
	out := &lineagev1.ZoomLevel{Level: s.Level, Nodes: s.Nodes, Kinds: s.Kinds, EffortPpm: s.EffortPpm}
	if s.currency != "" {
		out.Money = wire.Money(s.currency, s.minor)
	}
	return out
}

func (s *sum) add(n *node, m *money.Money, minor int64) {
	if s.Kinds == nil {
		s.Kinds = map[string]int32{}
	}
	s.Nodes++
	s.Kinds[n.GetKind()]++
	s.EffortPpm += int64(n.GetEffortPpm())
	if m != nil {
		s.currency, s.minor = m.GetCurrencyCode(), s.minor+minor
	}
}

// totals add up every level, and all of them. A program and its allocation line carry the same money: it counts once, at whichever is nearer,
// and at the program where both are at one level.
func totals(order []*node) (levels []*lineagev1.ZoomLevel, total *lineagev1.ZoomLevel, err error) {
	var sums []*sum
	whole, paid := &sum{}, map[string]int{} // the nearest level, by program
	for _, n := range order {
		program := payee(n)
		if at, known := paid[program]; program != "" && n.GetMoney() != nil && (!known || n.level < at) {
			paid[program] = n.level
		}
	}
	counted := map[string]bool{}
	for _, lines := range []bool{false, true} {
		for _, n := range order {
			if lines != (n.GetKind() == kindLine) {
				continue
			}
			for len(sums) <= n.level {
				s := &sum{}
				s.Level = int32(len(sums))
				sums = append(sums, s)
			}
			m, minor := n.GetMoney(), int64(0)
			if program := payee(n); m == nil || paid[program] < n.level || counted[program] {
				m = nil
			} else {
				counted[program] = true
				if minor, err = wire.FromMoney(m.GetCurrencyCode(), m); err != nil {
					return nil, nil, fmt.Errorf("money of %s: %w", n.GetName(), err)
				}
			}
			sums[n.level].add(n, m, minor)
			whole.add(n, m, minor)
		}
	}
	for _, s := range sums {
		levels = append(levels, s.message())
	}
	return levels, whole.message(), nil
}

// payee is the program that the money of a node is for.
func payee(n *node) string {
	if n.GetKind() != kindLine {
		return n.GetName()
	}
	parts := strings.Split(n.GetName(), "/")
	return strings.Join(append(parts[:2:2], "programs", parts[len(parts)-1]), "/")
}
