package domain

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/throughline/throughline/services/performance/internal/domain/analysis"
)

const (
	onTrack   = analysis.StatusOnTrack
	improving = analysis.StatusImproving
	stable    = analysis.StatusStable
	watch     = analysis.StatusWatch
	atRisk    = analysis.StatusAtRisk
	offTrack  = analysis.StatusOffTrack
	unknown   = analysis.StatusUnknown
)

// counting is a measure that counts for a goal, in time when its status is known.
func counting(goal, measure string, weight int, status analysis.Status) GoalMeasure {
	return GoalMeasure{Goal: goal, Counts: true, Live: status != unknown, Evidence: Evidence{Measure: measure, Weight: weight, StatusWord: status}}
}

// A city's tree: safety (police, fire), growth (jobs), and parks, which nothing measures.
//
//	safety             own: m1 ON_TRACK
//	  police           m2 OFF_TRACK weight 3, m3 WATCH weight 1
//	  fire   weight 2  m4 ON_TRACK, m5 UNKNOWN
//	growth
//	  jobs             m6 AT_RISK
//	  arts             nothing
//	parks
func TestRollUpByHand(t *testing.T) {
	goals := []PlanGoal{
		{"parks", "Parks", ""},
		{"fire", "Fire", "safety"},
		{"police", "Police", "safety"},
		{"safety", "Safety", ""},
		{"growth", "Growth", ""},
		{"jobs", "Jobs", "growth"},
		{"arts", "Arts", "growth"},
	}
	informs := counting("safety", "m9", 5, offTrack)
	informs.Counts = false
	got := RollUp(goals, []RollupWeight{{"fire", 2}, {"elsewhere", 9}}, []GoalMeasure{
		counting("safety", "m1", 7, onTrack), informs,
		counting("police", "m3", 1, watch), counting("police", "m2", 3, offTrack),
		counting("fire", "m4", 1, onTrack), counting("fire", "m5", 1, unknown),
		counting("jobs", "m6", 1, atRisk), counting("elsewhere", "m7", 1, atRisk),
	})
	for i, want := range []struct {
		goal     string
		weight   int
		shares   []StatusShare
		status   analysis.Status
		known    int
		measures string
		live     int
		gaps     string
	}{
		// Tops by name, and each goal before those below it.
		{"growth", 1, []StatusShare{{atRisk, PPM}}, atRisk, PPM, "", 1, `"Arts" below it has no part`},
		{"arts", 1, nil, unknown, 0, "", 0, "No measure counts for this goal or for any below it."},
		{"jobs", 1, []StatusShare{{atRisk, PPM}}, atRisk, PPM, "m6", 1, ""},
		{"parks", 1, nil, unknown, 0, "", 0, "No measure counts"},
		// Parts: its own measure 1, fire 2, police 1; of 4 in all. ON_TRACK is 1/4 + 2/4 × 1/2 = 1/2; UNKNOWN 2/4 × 1/2 = 1/4;
		// OFF_TRACK 1/4 × 3/4 = 3/16 = 187,500; WATCH 1/4 × 1/4 = 1/16 = 62,500. Known is 3/4, of which ON_TRACK is 2/3.
		{"safety", 1, []StatusShare{{onTrack, 500_000}, {watch, 62_500}, {offTrack, 187_500}, {unknown, 250_000}}, onTrack, 750_000, "m1", 4, ""},
		{"fire", 2, []StatusShare{{onTrack, 500_000}, {unknown, 500_000}}, onTrack, 500_000, "m4 m5", 1, "Without a value in time: 1 of the 2 measures"},
		{"police", 1, []StatusShare{{watch, 250_000}, {offTrack, 750_000}}, offTrack, PPM, "m2 m3", 2, ""},
	} {
		g := got[i]
		var measures []string
		for _, e := range g.Measures {
			measures = append(measures, e.Measure)
		}
		if g.Goal != want.goal || g.Weight != want.weight || !slices.Equal(g.Shares, want.shares) || g.Status != want.status ||
			g.KnownPPM != want.known || strings.Join(measures, " ") != want.measures || g.LiveMeasures != want.live ||
			!strings.Contains(strings.Join(g.Gaps, " "), want.gaps) || (want.gaps == "") != (len(g.Gaps) == 0) {
			t.Errorf("got %+v, want %+v", g, want)
		}
	}
	if s := got[4].Supports; len(s) != 1 || s[0].Measure != "m9" || s[0].Weight != 5 {
		t.Errorf("supports %+v", s)
	}
}

func TestSharesRoundByLargestRemainder(t *testing.T) {
	for name, c := range map[string]struct {
		weights [len(words)]int
		want    []StatusShare
		status  analysis.Status
	}{
		// Thirds leave 333,333 1/3 each: the better word takes the millionth that is left.
		"a tie of remainders": {[...]int{1, 1, 0, 0, 0, 0, 1}, []StatusShare{{onTrack, 333_334}, {improving, 333_333}, {unknown, 333_333}}, improving},
		// Sevenths: 142,857 1/7, 285,714 2/7 and 571,428 4/7, which is nearest to the next.
		"the largest remainder": {[...]int{1, 2, 0, 0, 0, 4, 0}, []StatusShare{{onTrack, 142_857}, {improving, 285_714}, {offTrack, 571_429}}, offTrack},
		// 1 of 3,000,001 is less than a millionth, and yet there.
		"less than a millionth":      {[...]int{0, 0, 3_000_000, 0, 0, 1, 0}, []StatusShare{{stable, PPM}, {offTrack, 0}}, stable},
		"the worse of two halves":    {[...]int{0, 0, 1, 0, 1, 0, 0}, []StatusShare{{stable, 500_000}, {atRisk, 500_000}}, atRisk},
		"half by a hair, unseen":     {[...]int{500_001, 0, 0, 0, 0, 500_000, 0}, []StatusShare{{onTrack, 500_000}, {offTrack, 500_000}}, onTrack},
		"the middle lies in between": {[...]int{2, 0, 0, 1, 0, 2, 0}, []StatusShare{{onTrack, 400_000}, {watch, 200_000}, {offTrack, 400_000}}, watch},
		"nothing known":              {[...]int{0, 0, 0, 0, 0, 0, 3}, []StatusShare{{unknown, PPM}}, unknown},
		"nothing":                    {[len(words)]int{}, nil, unknown},
	} {
		t.Run(name, func(t *testing.T) {
			m := mixOf(c.weights)
			if got := m.shares(); !slices.Equal(got, c.want) {
				t.Errorf("shares %v, want %v", got, c.want)
			}
			m[unknownWord].SetInt64(0)
			if got := m.middle(); got != c.status {
				t.Errorf("middle %s, want %s", got, c.status)
			}
		})
	}
}

// What pages of a changing plan may show must not harm the rest.
func TestRollUpOfBrokenTrees(t *testing.T) {
	got := RollUp([]PlanGoal{
		{"a", "Below a cycle", "c"}, {"c", "C", "b"}, {"b", "B", "d"}, {"d", "D", "c"}, // b < d < c < b
		{"self", "Self", "self"}, {"lost", "Lost", "gone"}, {"twice", "Twice", ""}, {"twice", "Twice", ""}, {"sub", "Sub", "lost"},
	}, nil, []GoalMeasure{counting("a", "m", 1, onTrack), counting("sub", "m", 1, onTrack)})
	var shape []string
	for _, g := range got {
		shape = append(shape, g.Goal+"<"+g.Parent)
	}
	if want := []string{"lost<", "sub<lost", "twice<", "b<", "c<b", "a<c", "d<c", "self<"}; !slices.Equal(shape, want) {
		t.Errorf("tree %v, want %v", shape, want)
	}
	for i, want := range map[int]string{0: "Its parent goal gone is not in the plan", 3: "It lies below itself", 7: "It lies below itself"} {
		if !strings.Contains(got[i].Gaps[0], want) {
			t.Errorf("%s: %q, want %q", got[i].Goal, got[i].Gaps, want)
		}
	}
	if got[3].LiveMeasures != 1 || got[3].Status != onTrack || len(got[5].Gaps) != 0 {
		t.Errorf("cycle %+v, below it %+v", got[3], got[5])
	}
	if len(RollUp(nil, nil, nil)) != 0 {
		t.Error("no goals have progress")
	}
}

// drawnTree is any tree with any measures; each measure counts for a goal at most once.
func drawnTree(t *rapid.T) (goals []PlanGoal, weights []RollupWeight, measures []GoalMeasure) {
	n := rapid.IntRange(1, 12).Draw(t, "goals")
	for i := range n {
		g := PlanGoal{Name: fmt.Sprintf("g%02d", i)}
		if up := rapid.IntRange(-1, i-1).Draw(t, "parent"); up >= 0 {
			g.Parent = fmt.Sprintf("g%02d", up)
		}
		goals = append(goals, g)
		weights = append(weights, RollupWeight{g.Name, rapid.SampledFrom([]int{1, 2, 3, 7, 1000, 999_983}).Draw(t, "weight")})
	}
	for i := range rapid.IntRange(0, 15).Draw(t, "measures") {
		goal := goals[rapid.IntRange(0, n-1).Draw(t, "of")].Name
		status := rapid.SampledFrom(words[:]).Draw(t, "status")
		measures = append(measures, counting(goal, fmt.Sprintf("m%02d", i), rapid.IntRange(1, 1000).Draw(t, "weight"), status))
	}
	return goals, weights, measures
}

func TestSharesAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		goals, weights, measures := drawnTree(t)
		for _, g := range RollUp(goals, weights, measures) {
			sum, known := 0, 0
			for _, s := range g.Shares {
				sum += s.PPM
				if s.Status != unknown {
					known += s.PPM
				}
			}
			if (sum != PPM && len(g.Shares) > 0) || known != g.KnownPPM || (known > 0 && g.Status == unknown) {
				t.Fatalf("%+v: shares add up to %d, known %d", g, sum, known)
			}
		}
	})
}

func TestOrderChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		goals, weights, measures := drawnTree(t)
		if rapid.Bool().Draw(t, "cycle") {
			goals[0].Parent = goals[len(goals)-1].Name
		}
		want := RollUp(goals, weights, measures)
		got := RollUp(rapid.Permutation(goals).Draw(t, "goals"), rapid.Permutation(weights).Draw(t, "weights"),
			rapid.Permutation(measures).Draw(t, "measures"))
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("got %+v, want %+v", got, want)
		}
	})
}

// Weights say how much something counts beside its like, so that their scale means nothing: that of the measures of each
// goal, and that of the goals below each goal. Where a goal has measures of its own, these weigh 1 beside the goals below it.
func TestScaleChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		goals, weights, measures := drawnTree(t)
		parents := map[string]bool{}
		for _, g := range goals {
			parents[g.Parent] = true
		}
		measures = slices.DeleteFunc(measures, func(m GoalMeasure) bool { return parents[m.Goal] })
		want := RollUp(goals, weights, measures)
		factor, heavier := rapid.IntRange(2, 1000).Draw(t, "factor"), rapid.IntRange(2, 1000).Draw(t, "heavier")
		weights, measures = slices.Clone(weights), slices.Clone(measures)
		for i := range weights {
			weights[i].Weight *= factor
		}
		for i := range measures {
			measures[i].Evidence.Weight *= heavier
		}
		for i, g := range RollUp(goals, weights, measures) {
			if !slices.Equal(g.Shares, want[i].Shares) || g.Status != want[i].Status || g.KnownPPM != want[i].KnownPPM {
				t.Fatalf("got %+v, want %+v", g, want[i])
			}
		}
	})
}

// An unknown measure says nothing: it changes no status, and nothing at all beside and below its goal.
func TestUnknownIsNoLowScore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		goals, weights, measures := drawnTree(t)
		before := RollUp(goals, weights, measures)
		added := goals[rapid.IntRange(0, len(goals)-1).Draw(t, "of")].Name
		m := counting(added, "new", rapid.IntRange(1, 1000).Draw(t, "weight"), unknown)
		up, parent := map[string]bool{}, map[string]string{}
		for _, g := range goals {
			parent[g.Name] = g.Parent
		}
		for at := added; at != ""; at = parent[at] {
			up[at] = true
		}
		for i, g := range RollUp(goals, weights, append(slices.Clone(measures), m)) {
			switch was := before[i]; {
			case g.Status != was.Status:
				t.Fatalf("%s: %s, was %s", g.Goal, g.Status, was.Status)
			case !up[g.Goal] && !reflect.DeepEqual(g, was):
				t.Fatalf("%+v has changed, was %+v", g, was)
			case g.Goal == added && len(was.Shares) > 0 && g.KnownPPM > was.KnownPPM+1: // by rounding
				t.Fatalf("%s: known %d, was %d", g.Goal, g.KnownPPM, was.KnownPPM)
			}
		}
	})
}

// Fire weighs 3, all ON_TRACK, and police 2, all OFF_TRACK. With a measure of fire that has no values, ON_TRACK is 3/10 of
// the weight and OFF_TRACK 4/10; but of fire, all that is known is ON_TRACK, and fire weighs more.
func TestUnknownDoesNotDilute(t *testing.T) {
	got := RollUp([]PlanGoal{{"safety", "", ""}, {"fire", "", "safety"}, {"police", "", "safety"}}, []RollupWeight{{"fire", 3}, {"police", 2}},
		[]GoalMeasure{counting("fire", "a", 1, onTrack), counting("fire", "b", 1, unknown), counting("police", "c", 1, offTrack)})
	want := []StatusShare{{onTrack, 300_000}, {offTrack, 400_000}, {unknown, 300_000}}
	if g := got[0]; !slices.Equal(g.Shares, want) || g.Status != onTrack || g.KnownPPM != 700_000 {
		t.Errorf("got %+v", g)
	}
}

func TestBetterIsNeverWorse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		goals, weights, measures := drawnTree(t)
		if len(measures) == 0 {
			return
		}
		before := RollUp(goals, weights, measures)
		measures = slices.Clone(measures)
		i := rapid.IntRange(0, len(measures)-1).Draw(t, "measure")
		rank := wordOf(measures[i].Evidence.StatusWord)
		if rank == 0 || rank == unknownWord {
			return
		}
		measures[i].Evidence.StatusWord = words[rapid.IntRange(0, rank-1).Draw(t, "better")]
		for j, g := range RollUp(goals, weights, measures) {
			moved := g.KnownPPM - before[j].KnownPPM // by rounding alone
			if wordOf(g.Status) > wordOf(before[j].Status) || moved*moved > 1 {
				t.Fatalf("%s: %s, was %s, though %s became better", g.Goal, g.Status, before[j].Status, measures[i].Evidence.Measure)
			}
		}
	})
}

// Weights without a common divisor make the longest fractions; a chain and a star the most of them.
func BenchmarkRollUp(b *testing.B) {
	const size = 5000
	for name, up := range map[string]func(i int) int{
		"city":  func(i int) int { return (i - 1) / 8 },
		"chain": func(i int) int { return i - 1 },
		"star":  func(int) int { return 0 },
		"comb":  func(i int) int { return (i - 1) / 2 * 2 },
	} {
		random := rand.New(rand.NewPCG(1, 2))
		goals, weights, measures := make([]PlanGoal, size), make([]RollupWeight, size), make([]GoalMeasure, 2*size)
		for i := range goals {
			goals[i].Name = fmt.Sprintf("g%04d", i)
			if i > 0 {
				goals[i].Parent = fmt.Sprintf("g%04d", up(i))
			}
			weights[i] = RollupWeight{goals[i].Name, 1 + random.IntN(1_000_000)}
		}
		for i := range measures {
			measures[i] = counting(goals[i%size].Name, fmt.Sprintf("m%05d", i/2), 1+random.IntN(1000), words[random.IntN(len(words))])
		}
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if got := RollUp(goals, weights, measures); len(got) != size {
					b.Fatal(len(got))
				}
			}
		})
	}
}
