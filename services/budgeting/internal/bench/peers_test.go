package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/throughline/throughline/services/budgeting/internal/bench/benchtest"
	"github.com/throughline/throughline/services/budgeting/internal/domain/earmark"
	"github.com/throughline/throughline/services/budgeting/internal/domain/packages"
)

func TestTheTextFormat(t *testing.T) {
	l := &linear{}
	x, y := l.column(-3.5, 0, 0, 1, true), l.column(math.Copysign(0, -1), 0, 0, math.Inf(1), false)
	r := l.row(math.Inf(-1), 1e9)
	l.put(r, x, 12_000_000)
	l.put(r, y, -1)
	l.put(l.row(2, 2), y, 1)
	l.put(l.row(-1, 4), y, 0.25)
	want := `Minimize
 value: - 3.5 x0 + 0 x1
Subject To
 r0u: + 12000000 x0 - 1 x1 <= 1000000000
 r1: + 1 x1 = 2
 r2l: + 0.25 x1 >= -1
 r2u: + 0.25 x1 <= 4
Bounds
 0 <= x1 <= +inf
Binary
 x0
End
`
	var got bytes.Buffer
	if err := l.writeText(&got); err != nil || got.String() != want {
		t.Fatalf("%v\n%s", err, got.String())
	}
}

func TestTheAnswersOfTextPeers(t *testing.T) {
	tests := []struct {
		name  string
		parse func(string, int) (answer, error)
		text  string
		want  status
		x     []float64
	}{
		{"CBC optimal", parseCBC, "Optimal - objective value -7.00000000\n      1 x1    1    -7\n      2 x2    0.5    0\n", proven, []float64{0, 1, 0.5}},
		{"CBC out of time", parseCBC, "Stopped on time - objective value -7.00000000\n**    1 x1    1    -7\n", found, []float64{0, 1, 0}},
		{"CBC without an integer answer", parseCBC, "Stopped on time (no integer solution - continuous used) - objective value -7\n      0 x0   0.3   -7\n", nothing, nil},
		{"CBC infeasible", parseCBC, "Infeasible - objective value 0\n", nothing, nil},
		{"GLPK optimal", parseGLPK, "c Problem\ns mip 2 3 o -7\ni 1 4\nj 1 0\nj 2 1\nj 3 0.5\ne o f\n", proven, []float64{0, 1, 0.5}},
		{"GLPK out of time", parseGLPK, "s mip 2 3 f -7\nj 1 1\n", found, []float64{1, 0, 0}},
		{"GLPK without an answer", parseGLPK, "s mip 2 3 u 0\n", nothing, nil},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			a, err := tc.parse(tc.text, 3)
			if err != nil || a.status != tc.want || !slices.Equal(a.x, tc.x) {
				t.Fatalf("%+v, %v", a, err)
			}
		})
	}
	if _, err := parseGLPK("s mip 2 3 o -7\nj 9 1\n", 3); err == nil {
		t.Fatal("a column that does not exist is taken")
	}
}

func TestDivisionsAreJudged(t *testing.T) {
	p := benchtest.Plain(3, 40)
	s, err := earmark.Solve(context.Background(), p)
	if err != nil {
		t.Fatal(err)
	}
	var spend int64
	for _, u := range s.Units {
		spend += u
	}
	for _, pieces := range []int{0, 8} {
		m := newContinuous(p, spend, pieces)
		theirs := make([]float64, len(s.Units))
		for i, u := range s.Units {
			theirs[i] = thousands(u)
		}
		if v := m.judge(s.Units, theirs); v.wrong {
			t.Errorf("%d pieces: our own answer: %s", pieces, v.text)
		}
		theirs[0], theirs[1] = theirs[0]+0.1, theirs[1]-0.1 // $100 from one line to another
		if v := m.judge(s.Units, theirs); v.wrong != (pieces == 0) {
			t.Errorf("%d pieces: a line far off: %+v", pieces, v)
		}
		for i := range theirs {
			theirs[i] = thousands(p.Curves[i].Base) // more than there is to spend
		}
		if v := m.judge(s.Units, theirs); !v.wrong {
			t.Errorf("%d pieces: an answer that costs less than the best: %+v", pieces, v)
		}
	}
}

func TestAmountsAreReadFromColumns(t *testing.T) {
	p := benchtest.Plain(1, 2)
	for _, pieces := range []int{0, 4} {
		m := newContinuous(p, 0, pieces)
		x := make([]float64, len(m.cost))
		for _, side := range m.pieces[1][:1] { // the second claim gives all it can
			for c := side.first; c < side.first+side.count; c++ {
				x[c] = m.upper[c]
			}
		}
		got := m.amounts(x)
		if got[0] != thousands(p.Curves[0].Base) || math.Abs(got[1]-thousands(p.Curves[1].Lo)) > 1e-9 {
			t.Errorf("%d pieces: %v", pieces, got)
		}
	}
}

// small has two nodes and three groups; the third is required and shares a class with the first.
func small() packages.Problem {
	level := func(value, units int64, class int32) packages.Level {
		return packages.Level{Value: value, Costs: []packages.Cost{{Class: class, Units: units}}}
	}
	return packages.Problem{
		Eligible: [][]int32{{0}, {0, 1}}, Capacity: []int64{5, 4},
		Groups: []packages.Group{
			{Levels: []packages.Level{level(10, 3, 0), level(14, 5, 0)}},
			{Levels: []packages.Level{level(9, 4, 1)}},
			{Required: true, Levels: []packages.Level{level(1, 2, 0)}},
		},
		Links: []packages.Link{{Kind: packages.Excludes, Group: 0, Level: 1, Other: 1, OtherLevel: 0}},
	}
}

func TestChoicesAreWeighed(t *testing.T) {
	p := small()
	tests := []struct {
		name   string
		chosen []int32
		value  int64
		bad    string
	}{
		{"all that fits", []int32{0, 0, 0}, 20, ""},
		{"too much for a node", []int32{1, -1, 0}, 15, "overspends by 2 units"},
		{"an exclusion", []int32{1, 0, 0}, 0, "breaks link 0"},
		{"a required group left out", []int32{0, 0, -1}, 0, "leaves out group 2, which is required"},
		{"no such level", []int32{2, 0, 0}, 0, "chooses level 2 of group 0"},
		{"too few groups", []int32{0}, 0, "chooses for 1 groups of 3"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			value, bad := worth(&p, tc.chosen)
			if bad != tc.bad || bad == "" && value != tc.value {
				t.Fatalf("%d, %q", value, bad)
			}
		})
	}
	m := newChoice(&p)
	if len(m.cost) != 4+2 || len(m.rowLower) != 2+1+3+1 {
		t.Fatalf("%d columns and %d rows", len(m.cost), len(m.rowLower))
	}
	if got := m.chosen([]float64{0.999999, 0, 1, 1, 0, 4}); !slices.Equal(got, []int32{0, 0, 0}) {
		t.Fatalf("chosen %v", got)
	}
}

func TestAnswersAreJudged(t *testing.T) {
	p := small()
	m := newChoice(&p)
	best := []float64{1, 0, 1, 1, 0, 4}
	tests := []struct {
		name  string
		ours  packages.Solution
		a     answer
		wrong bool
		equal bool
	}{
		{"the same optimum", packages.Solution{Value: 20, Bound: 20}, answer{status: proven, x: best}, false, true},
		{"better than our bound", packages.Solution{Value: 19, Bound: 19}, answer{status: found, x: best}, true, false},
		{"within our bound", packages.Solution{Value: 19, Bound: 21}, answer{status: proven, x: best}, false, false},
		{"an optimum that is none", packages.Solution{Value: 20, Bound: 20}, answer{status: proven, x: []float64{1, 0, 0, 1, 0, 0}}, true, false},
		{"not finished", packages.Solution{Value: 20, Bound: 20}, answer{status: found, x: []float64{1, 0, 0, 1, 0, 0}}, false, false},
		{"an optimum that overspends", packages.Solution{Value: 20, Bound: 20}, answer{status: proven, x: []float64{0, 1, 0, 1, 0, 0}}, true, false},
		{"nothing", packages.Solution{Value: 20, Bound: 20}, answer{}, false, false},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			if o := m.judge(&tc.ours, tc.a); o.wrong != tc.wrong || o.equal != tc.equal {
				t.Fatalf("%+v", o)
			}
		})
	}
}

func TestTheTable(t *testing.T) {
	var b table
	b.own("divide", 600*time.Microsecond, "", verdict{text: "exact"})
	b.against("divide", 600*time.Microsecond, "Ipopt", 1500*time.Millisecond, true, "300x", verdict{text: "no answer within 30 s"})
	b.skipped("choose", "CBC", "no cbc")
	if b.disagree {
		t.Fatal("nothing disagrees yet")
	}
	b.against("choose", time.Second, "GLPK", 2*time.Second, false, "", verdict{true, "3 and 4"})
	var got bytes.Buffer
	if err := b.write(&got); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(got.String(), "\n")
	for at, want := range map[int][]string{
		2: {"divide", "0.60", "exact"},
		3: {"divide", "0.60", "Ipopt", ">", "1,500", ">", "2,500x", "300x", "no", "answer", "within", "30", "s"},
		4: {"choose", "CBC", "skipped:", "no", "cbc"},
		5: {"choose", "1,000", "GLPK", "2,000", "2.0x", "DISAGREE:", "3", "and", "4"},
	} {
		if fields := strings.Fields(lines[at]); !slices.Equal(fields, want) {
			t.Errorf("line %d: %q", at, fields)
		}
	}
	if !b.disagree {
		t.Fatal("a contradiction is not noticed")
	}
}

func TestTheMiddleOfUnfinishedFigures(t *testing.T) {
	tests := []struct {
		name   string
		values []atLeast
		want   float64
		more   string
	}{
		{"all finished", []atLeast{{3, false}, {1, false}, {2, false}}, 2, ""},
		{"the largest is open", []atLeast{{30, true}, {1, false}, {2, false}}, 2, ""},
		{"a small one is open and may belong above", []atLeast{{30, false}, {1, true}, {2, false}}, 2, "> "},
		{"two of three open", []atLeast{{30, true}, {30, true}, {2, false}}, 30, "> "},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			if got, more := middle(tc.values); got != tc.want || more != tc.more {
				t.Fatalf("%v %q", got, more)
			}
		})
	}
}

func TestKnapsacksAreReadInTenths(t *testing.T) {
	set, optima, err := readKnapsacks(strings.NewReader("1\n 2 2 150.1\n 100 50.1\n 8 0\n 3 6.5\n 80 96\n"))
	if err != nil || len(set) != 1 || optima[0] != 1501 {
		t.Fatalf("%d problems, optima %v, %v", len(set), optima, err)
	}
	p := set[0].Problem
	if !slices.Equal(p.Capacity, []int64{800, 960}) || p.Groups[1].Levels[0].Value != 501 ||
		!slices.Equal(p.Groups[1].Levels[0].Costs, []packages.Cost{{Class: 1, Units: 65}}) {
		t.Fatalf("%+v", p)
	}
	for _, bad := range []string{"1\n 2 2", "1\n -1 2 3", "1\n 1 0 0.123\n 5\n", "one"} {
		if _, _, err := readKnapsacks(strings.NewReader(bad)); err == nil {
			t.Errorf("%q is read", bad)
		}
	}
}

func TestABrokenPeerIsSkipped(t *testing.T) {
	b := &bench{progress: io.Discard}
	p := peer{name: "Broken", solve: func(context.Context, *linear, time.Duration) (answer, error) {
		return answer{}, errors.New("it crashed")
	}}
	if _, ok, err := b.ask(context.Background(), "divide", &p, &linear{}); ok || err != nil || b.disagree || b.rows[0][6] != "skipped: it crashed" {
		t.Fatalf("%v, %v, %v", ok, err, b.rows)
	}
	ctx, stop := context.WithCancel(context.Background())
	stop()
	if _, _, err := b.ask(ctx, "divide", &p, &linear{}); !errors.Is(err, context.Canceled) {
		t.Fatalf("ended with %v", err)
	}
}
