package measurefile

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// settleTargets gives each measure its targets. Where a file contradicts itself, no target is set: any choice would be a guess.
func (p *reader) settleTargets() {
	t := &p.out.Totals
	refuse := func(f *filedTarget, remedy string) {
		t.BadTargets += 1 + len(f.lines)
		p.problem(f.line, cellProblem{f.column, f.text, remedy})
	}
	for _, key := range p.order {
		filed := p.targets[key]
		m := &p.out.Measures[key.measure]
		ranged := m.Direction == "MAINTAIN_RANGE"
		other, paired := p.targets[targetKey{key.measure, key.start, !key.upper}]
		switch {
		case filed.bad:
			refuse(filed, fmt.Sprintf("is contradicted by a later line for %s of %s: keep one", key.start, m.ID))
			continue
		case key.upper && !ranged:
			refuse(filed, fmt.Sprintf("is an upper end, and the direction of %s is %s: only MAINTAIN_RANGE has one", m.ID, m.Direction))
			continue
		case ranged && (!paired || other.bad):
			refuse(filed, fmt.Sprintf("is one end of the range of %s for %s, and the other end is not known: give both", m.ID, key.start))
			continue
		case ranged && !key.upper && other.value < filed.value, ranged && key.upper && other.value > filed.value:
			refuse(filed, fmt.Sprintf("is an end of a range of %s for %s that lies upside down: exchange them", m.ID, key.start))
			continue
		}
		t.SetTargets++
		t.SameTargets += len(filed.lines)
		if key.upper {
			continue
		}
		target := Target{Start: key.start, End: key.start.End(m.Frequency), Value: filed.value, Line: filed.line}
		if ranged {
			target.Upper = other.value
		}
		m.Targets = append(m.Targets, target)
	}
	for i := range p.out.Measures {
		slices.SortFunc(p.out.Measures[i].Targets, func(a, b Target) int { return cmp.Compare(a.Start, b.Start) })
	}
}

// settleValues takes out the values of cells that the file gives several different values for: which of them is meant is not known.
func (p *reader) settleValues() {
	rows := p.out.Rows
	order := make([]int, len(rows))
	for i := range order {
		order[i] = i
	}
	same := func(a, b *Row) int {
		return cmp.Or(cmp.Compare(a.Measure, b.Measure), cmp.Compare(a.Start, b.Start), strings.Compare(a.Dimension, b.Dimension))
	}
	slices.SortStableFunc(order, func(a, b int) int { return same(&rows[a], &rows[b]) })
	conflicting := map[int]bool{}
	for from := 0; from < len(order); {
		to := from + 1
		for to < len(order) && same(&rows[order[from]], &rows[order[to]]) == 0 {
			to++
		}
		if to > from+1 {
			p.compare(order[from:to], conflicting)
		}
		from = to
	}
	kept := rows[:0]
	for i, r := range rows {
		switch {
		case conflicting[i]:
			p.out.Totals.BadValues++
			continue
		case r.Known:
			p.out.Totals.Recordable++
		default:
			p.out.Totals.Missing++
		}
		kept = append(kept, r)
	}
	p.out.Rows = kept
}

// compare finds out whether rows of one cell contradict each other; one that says "not known" contradicts nothing.
func (p *reader) compare(group []int, conflicting map[int]bool) {
	rows, known := p.out.Rows, group[:0:0]
	for _, i := range group {
		if rows[i].Known {
			known = append(known, i)
		}
	}
	if !slices.ContainsFunc(known, func(i int) bool { return rows[i].Value != rows[known[0]].Value }) {
		return
	}
	for n, i := range known {
		conflicting[i] = true
		r, other := &rows[i], &rows[known[(n+1)%len(known)]]
		p.problem(r.Line, cellProblem{r.Column, cmp.Or(r.Text, fmt.Sprint(r.Value)), fmt.Sprintf(
			"line %d gives %v for the same measure, period and dimension (%s, %s, %q): keep one", other.Line, other.Value,
			p.out.Measures[r.Measure].ID, r.Start, r.Dimension)})
	}
}
