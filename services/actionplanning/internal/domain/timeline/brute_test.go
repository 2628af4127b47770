package timeline_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/throughline/throughline/services/actionplanning/internal/domain/timeline"
)

const today timeline.Day = 100

// plan is a random set of milestones without circles: each depends on some of those before it, and then they are shuffled.
func plan(t *rapid.T, most int) []timeline.Milestone {
	n := rapid.IntRange(1, most).Draw(t, "milestones")
	all := make([]timeline.Milestone, n)
	day := func(name string) timeline.Day { return timeline.Day(rapid.Int64Range(80, 120).Draw(t, name)) }
	for i := range all {
		m := timeline.Milestone{Name: fmt.Sprintf("m%d", i), PlannedStart: day("planned"), ActualStart: timeline.None, ActualEnd: timeline.None}
		m.PlannedEnd = m.PlannedStart + timeline.Day(rapid.Int64Range(0, 9).Draw(t, "length"))
		switch rapid.IntRange(0, 5).Draw(t, "state") {
		case 0:
			m.ActualStart = day("started")
			m.ActualEnd = m.ActualStart + timeline.Day(rapid.Int64Range(0, 30).Draw(t, "took"))
		case 1:
			m.ActualStart = day("started")
		}
		for j := range i {
			if rapid.IntRange(0, 2).Draw(t, "edge") == 0 {
				m.DependsOn = append(m.DependsOn, all[j].Name)
			}
		}
		m.Outside = rapid.IntRange(0, 5).Draw(t, "outside") == 0
		all[i] = m
	}
	return rapid.Permutation(all).Draw(t, "order")
}

// longest is the last expected day of a milestone, by trying every chain of dependencies that leads to it: a chain starts on the
// first day that its first milestone could take by itself and ends when the days of all have passed.
func longest(all []timeline.Milestone, of string, delay map[string]timeline.Day) timeline.Day {
	find := func(name string) timeline.Milestone {
		return all[slices.IndexFunc(all, func(m timeline.Milestone) bool { return m.Name == name })]
	}
	var chains func(name string, after timeline.Day) timeline.Day
	chains = func(name string, after timeline.Day) timeline.Day { // after: days that the rest of the chain takes
		m := find(name)
		days := m.PlannedEnd - m.PlannedStart + 1
		if m.ActualEnd != timeline.None {
			return m.ActualEnd + delay[name] + after
		}
		if m.ActualStart != timeline.None {
			return max(today, m.ActualStart+days-1) + delay[name] + after
		}
		end := max(today, m.PlannedStart) + days - 1 + delay[name] + after
		for _, d := range m.DependsOn {
			end = max(end, chains(d, days+delay[name]+after))
		}
		return end
	}
	return chains(of, 0)
}

// finish is the latest end of what counts.
func finish(all []timeline.Milestone, delay map[string]timeline.Day) timeline.Day {
	last := timeline.None
	for _, m := range all {
		if !m.Outside {
			last = max(last, longest(all, m.Name, delay))
		}
	}
	return last
}

func TestAgainstEveryChain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := plan(t, 8)
		got, err := timeline.Compute(all, today)
		if err != nil {
			t.Fatal(err)
		}
		if want := finish(all, nil); got.Finish != want {
			t.Fatalf("finish %d, want %d", got.Finish, want)
		}
		for i, m := range all {
			e := got.Entries[i]
			if want := longest(all, m.Name, nil); e.End != want {
				t.Errorf("%s ends on %d, want %d", m.Name, e.End, want)
			}
			if got.Finish == timeline.None || m.Outside {
				continue
			}
			// The slack is the largest delay of this one milestone that leaves the finish where it is.
			slack := timeline.Day(e.Slack())
			if slack < 0 || e.Critical != (slack == 0) {
				t.Errorf("%s has the slack %d and is critical: %v", m.Name, slack, e.Critical)
			}
			if after := finish(all, map[string]timeline.Day{m.Name: slack}); after != got.Finish {
				t.Errorf("%s %d days late moves the finish from %d to %d", m.Name, slack, got.Finish, after)
			}
			if after := finish(all, map[string]timeline.Day{m.Name: slack + 1}); after != got.Finish+1 {
				t.Errorf("%s %d days late leaves the finish at %d", m.Name, slack+1, after)
			}
		}
	})
}

// everyChain calls do with each chain of milestones, last to first, of which each waits for the next and starts the day after it.
func everyChain(all []timeline.Milestone, got timeline.Timeline, chain []int, do func([]int)) {
	do(chain)
	last := all[chain[len(chain)-1]]
	if last.ActualStart != timeline.None || last.ActualEnd != timeline.None {
		return
	}
	for j, m := range all {
		if slices.Contains(last.DependsOn, m.Name) && got.Entries[j].End+1 == got.Entries[chain[len(chain)-1]].Start {
			everyChain(all, got, append(slices.Clone(chain), j), do)
		}
	}
}

func TestPathIsTheLongestChain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := plan(t, 8)
		got, err := timeline.Compute(all, today)
		if err != nil {
			t.Fatal(err)
		}
		if got.Finish == timeline.None {
			if got.Path != nil {
				t.Fatalf("path %v to nowhere", got.Path)
			}
			return
		}
		end, days := got.Path[len(got.Path)-1], timeline.Day(0)
		for i, at := range got.Path {
			e := got.Entries[at]
			days += e.End - e.Start + 1
			if !e.Critical && !all[at].Outside {
				t.Errorf("%s is on the path and has the slack %d", all[at].Name, e.Slack())
			}
			if i > 0 && !slices.Contains(all[at].DependsOn, all[got.Path[i-1]].Name) {
				t.Errorf("%s does not wait for %s", all[at].Name, all[got.Path[i-1]].Name)
			}
		}
		if from := got.Entries[got.Path[0]].Start; from+days-1 != got.Finish || all[end].Outside || got.Entries[end].End != got.Finish {
			t.Errorf("the path takes %d days from %d on and ends with %s; the finish is %d", days, from, all[end].Name, got.Finish)
		}
		var best []int
		for i, m := range all {
			if m.Outside || got.Entries[i].End != got.Finish {
				continue
			}
			everyChain(all, got, []int{i}, func(chain []int) {
				if best == nil || longer(all, got, chain, best) {
					best = chain
				}
			})
		}
		slices.Reverse(best)
		if !slices.Equal(got.Path, best) {
			t.Errorf("path %v, the longest chain is %v", got.Path, best)
		}
	})
}

// longer says whether chain a comes before b: earlier start, then names from the last milestone back, then the one that goes on.
func longer(all []timeline.Milestone, got timeline.Timeline, a, b []int) bool {
	if x, y := got.Entries[a[len(a)-1]].Start, got.Entries[b[len(b)-1]].Start; x != y {
		return x < y
	}
	for i := range min(len(a), len(b)) {
		if x, y := all[a[i]].Name, all[b[i]].Name; x != y {
			return x < y
		}
	}
	return len(a) > len(b)
}

func TestOrderChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := plan(t, 30)
		shuffled := rapid.Permutation(slices.Clone(all)).Draw(t, "again")
		a, err := timeline.Compute(all, today)
		b, err2 := timeline.Compute(shuffled, today)
		if err != nil || err2 != nil {
			t.Fatal(err, err2)
		}
		entries := func(all []timeline.Milestone, of timeline.Timeline) (named map[string]timeline.Entry, path []string) {
			named = map[string]timeline.Entry{}
			for i, m := range all {
				named[m.Name] = of.Entries[i]
			}
			for _, i := range of.Path {
				path = append(path, all[i].Name)
			}
			return named, path
		}
		x, p := entries(all, a)
		y, q := entries(shuffled, b)
		if !slices.Equal(p, q) || a.Finish != b.Finish {
			t.Errorf("paths %v and %v", p, q)
		}
		for name, e := range x {
			if y[name] != e {
				t.Errorf("%s: %+v and %+v", name, e, y[name])
			}
		}
	})
}
