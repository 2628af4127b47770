package domain

import (
	"cmp"
	"slices"
	"strings"
)

// maxCandidates is how many a proposal lists.
const maxCandidates = 20

// Pool is the staff of an organization as candidates for leavers' work.
type Pool struct {
	staff        []Employee
	work         map[string][]Assignment // by employee
	today        Date
	byDepartment map[string][]int
	byTitle      map[string][]int
	free         map[freeKey]int // as worked out before: many proposals are for the same days
}

type freeKey struct {
	employee int
	from, to Date
}

// NewPool is a pool of those who work today; staff is as of today, work is by employee.
func NewPool(staff []Employee, work map[string][]Assignment, today Date) *Pool {
	p := &Pool{staff: staff, work: work, today: today, byDepartment: map[string][]int{}, byTitle: map[string][]int{}, free: map[freeKey]int{}}
	for i, e := range staff {
		if e.GoneOn(today) {
			continue
		}
		if e.Department != "" {
			p.byDepartment[e.Department] = append(p.byDepartment[e.Department], i)
		}
		if e.Title != "" {
			p.byTitle[e.Title] = append(p.byTitle[e.Title], i)
		}
	}
	return p
}

// Candidates lists who could take the work from today on: those who work in the leaver's department or under their title. Both come
// before the department alone, that before the title alone, and then who has most left.
func (p *Pool) Candidates(s Succession) []Candidate {
	from := max(s.Work.StartDate, p.today)
	var found []Candidate
	consider := func(i int) {
		e := &p.staff[i]
		found = append(found, Candidate{
			Employee: e.ID, DisplayName: e.DisplayName, SameDepartment: s.Department != "" && e.Department == s.Department,
			SameTitle: s.Title != "" && e.Title == s.Title, FreePPM: p.freeOf(i, from, s.Work.EndDate),
		})
	}
	for _, i := range p.byDepartment[s.Department] {
		consider(i)
	}
	for _, i := range p.byTitle[s.Title] {
		if s.Department == "" || p.staff[i].Department != s.Department {
			consider(i)
		}
	}
	slices.SortFunc(found, func(a, b Candidate) int {
		return cmp.Or(cmp.Compare(b.rank(), a.rank()), cmp.Compare(b.FreePPM, a.FreePPM), strings.Compare(a.Employee, b.Employee))
	})
	return found[:min(maxCandidates, len(found))]
}

func (p *Pool) freeOf(i int, from, to Date) int {
	key := freeKey{i, from, to}
	free, known := p.free[key]
	if !known {
		free = Free(p.staff[i], p.work[p.staff[i].ID], from, to)
		p.free[key] = free
	}
	return free
}

func (c Candidate) rank() (rank int) {
	if c.SameDepartment {
		rank += 2
	}
	if c.SameTitle {
		rank++
	}
	return rank
}
