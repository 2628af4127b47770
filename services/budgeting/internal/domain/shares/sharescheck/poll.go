package sharescheck

import (
	"sort"

	"github.com/throughline/throughline/services/budgeting/internal/domain/shares"
)

// poll is what was voted, project by project.
type poll struct {
	e     *shares.Election
	rule  *shares.Rule
	by    [][]vote // by project: its supporters, in the order of ballots
	score []int64
	open  []bool // has support and may be selected
}

// vote is one supporter's weight, above 0.
type vote struct {
	voter  int
	weight int64
}

func count(e *shares.Election, rule *shares.Rule) *poll {
	n := len(e.Projects)
	t := &poll{e: e, rule: rule, by: make([][]vote, n), score: make([]int64, n), open: make([]bool, n)}
	longest := 0
	for v := range e.Ballots.Voters() {
		longest = max(longest, int(e.Ballots.Start[v+1])-int(e.Ballots.Start[v]))
	}
	for v := range e.Ballots.Voters() {
		from, to := int(e.Ballots.Start[v]), int(e.Ballots.Start[v+1])
		for i := from; i < to; i++ {
			if w := t.weight(i, i-from, to-from, longest); w > 0 {
				p := e.Ballots.Project[i]
				t.by[p] = append(t.by[p], vote{v, w})
				t.score[p] += w
			}
		}
	}
	for p := range t.open {
		t.open[p] = len(t.by[p]) > 0 && t.score[p] >= rule.Threshold
	}
	return t
}

// weight is that of entry i, the place-th of a ballot with length entries.
func (t *poll) weight(i, place, length, longest int) int64 {
	byPoints := t.rule.Utility == shares.PointsUtility || t.rule.Utility == shares.PointsCostUtility
	if t.e.Type == shares.Cumulative || t.e.Type == shares.Scoring {
		if !byPoints {
			return min(1, t.e.Ballots.Points[i])
		}
		return t.e.Ballots.Points[i]
	}
	if !byPoints {
		return 1
	}
	switch t.rule.Borda {
	case shares.BordaLongest:
		length = longest
	case shares.BordaProjects:
		length = len(t.e.Projects)
	case shares.BordaBallot:
	}
	return int64(length - place)
}

// wins says whether project p is preferred to q where they are equal otherwise.
func (t *poll) wins(p, q int) bool {
	for _, tie := range t.rule.Ties {
		var a, b int64 // the lower wins
		switch tie {
		case shares.LowerCost:
			a, b = t.e.Projects[p].Cost, t.e.Projects[q].Cost
		case shares.HigherCost:
			b, a = t.e.Projects[p].Cost, t.e.Projects[q].Cost
		case shares.MoreVotes:
			b, a = int64(len(t.by[p])), int64(len(t.by[q]))
		case shares.MoreScore:
			b, a = t.score[p], t.score[q]
		}
		if a != b {
			return a < b
		}
	}
	return t.e.Projects[p].ID < t.e.Projects[q].ID
}

// ranking lists the projects that may be selected by score.
func (t *poll) ranking() []int {
	var order []int
	for p, open := range t.open {
		if open {
			order = append(order, p)
		}
	}
	sort.Slice(order, func(i, j int) bool {
		p, q := order[i], order[j]
		if t.score[p] != t.score[q] {
			return t.score[p] > t.score[q]
		}
		return t.wins(p, q)
	})
	return order
}
