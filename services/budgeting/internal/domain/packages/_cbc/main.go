package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/pprof"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/throughline/throughline/services/budgeting/internal/domain/packages"
	"github.com/throughline/throughline/services/budgeting/internal/domain/packages/packagestest"
)

type gen func(r *rand.Rand) func(level int) (v, c int64)

func steps(f func(r *rand.Rand) func() (int64, int64)) gen {
	return func(r *rand.Rand) func(int) (int64, int64) {
		g := f(r)
		var v, c int64
		return func(l int) (int64, int64) {
			if l == 0 {
				v, c = 0, 0
			}
			a, b := g()
			v += a
			c += b
			return v, c
		}
	}
}

var kinds = map[string]gen{
	"random":   steps(func(r *rand.Rand) func() (int64, int64) { return func() (int64, int64) { return 1 + r.Int64N(10000), 1 + r.Int64N(10000) } }),
	"randomM":  steps(func(r *rand.Rand) func() (int64, int64) { return func() (int64, int64) { return 1 + r.Int64N(100000000), 1 + r.Int64N(100000000) } }),
	"weak":     steps(func(r *rand.Rand) func() (int64, int64) { return func() (int64, int64) { c := 1 + r.Int64N(10000); return max(1, c-1000+r.Int64N(2001)), c } }),
	"tied100":  steps(func(r *rand.Rand) func() (int64, int64) { s := 100 * r.Int64N(101); return func() (int64, int64) { c := 1 + r.Int64N(10000); return s * c, c } }),
	"tied500":  steps(func(r *rand.Rand) func() (int64, int64) { s := 500 * r.Int64N(21); return func() (int64, int64) { c := 1 + r.Int64N(10000); return s * c, c } }),
	"tied500M":  steps(func(r *rand.Rand) func() (int64, int64) { s := 500 * r.Int64N(21); return func() (int64, int64) { c := 1 + r.Int64N(100000000); return s * c, c } }),
	"tied1":    steps(func(r *rand.Rand) func() (int64, int64) { s := r.Int64N(10001); return func() (int64, int64) { c := 1 + r.Int64N(10000); return s * c, c } }),
	"tied100k": steps(func(r *rand.Rand) func() (int64, int64) { s := 500 * r.Int64N(21); return func() (int64, int64) { c := 1000 * (1 + r.Int64N(500)); return s * c, c } }),
	"corr":     steps(func(r *rand.Rand) func() (int64, int64) { return func() (int64, int64) { c := 1 + r.Int64N(1000); return c + 100, c } }),
	"corr10":   steps(func(r *rand.Rand) func() (int64, int64) { return func() (int64, int64) { c := 1 + r.Int64N(1000); return c + 10, c } }),
	"corrM":    steps(func(r *rand.Rand) func() (int64, int64) { return func() (int64, int64) { c := 1 + r.Int64N(1000000); return c + 100000, c } }),
	"corr100k": steps(func(r *rand.Rand) func() (int64, int64) { return func() (int64, int64) { c := 1 + r.Int64N(100000); return c + 10000, c } }),
	"corrM10":  steps(func(r *rand.Rand) func() (int64, int64) { return func() (int64, int64) { c := 1 + r.Int64N(1000000); return c + 10, c } }),
	"inverse":  steps(func(r *rand.Rand) func() (int64, int64) { return func() (int64, int64) { v := 1 + r.Int64N(1000); return v, v + 100 } }),
	"almost":   steps(func(r *rand.Rand) func() (int64, int64) { return func() (int64, int64) { c := 1 + r.Int64N(1000); return c + 98 + r.Int64N(5), c } }),
	"subset":   steps(func(r *rand.Rand) func() (int64, int64) { return func() (int64, int64) { c := 1 + r.Int64N(1000000); return c, c } }),
	"corrflat": func(r *rand.Rand) func(int) (int64, int64) {
		var c int64
		return func(l int) (int64, int64) {
			if l == 0 {
				c = 0
			}
			c += 1 + r.Int64N(1000)
			return c + 100, c
		}
	},
	"pisinger": func(r *rand.Rand) func(int) (int64, int64) { // MCKNAP: sorted weights cumulated, constant per rank
		var c, v int64
		return func(l int) (int64, int64) {
			if l == 0 {
				c, v = 0, 0
			}
			w := 1 + r.Int64N(1000)
			c += w
			v += w + 10
			return v, c
		}
	},
}

func build(kind, shape string, seed uint64, groups, levels, nodes int) packages.Problem {
	r := rand.New(rand.NewPCG(seed, uint64(groups*levels*nodes)))
	p := packages.Problem{Groups: make([]packages.Group, groups), Capacity: make([]int64, nodes)}
	known := map[string]int32{}
	class := func(set []int32) int32 {
		slices.Sort(set)
		name := fmt.Sprint(set)
		c, ok := known[name]
		if !ok {
			c = int32(len(p.Eligible))
			known[name] = c
			p.Eligible = append(p.Eligible, set)
		}
		return c
	}
	draw := func() []int32 {
		set := []int32{int32(r.IntN(nodes))}
		for range max(0, r.IntN(4)-1) {
			if k := int32(r.IntN(nodes)); !slices.Contains(set, k) {
				set = append(set, k)
			}
		}
		return set
	}
	for g := range p.Groups {
		var sets [][]int32
		switch shape {
		case "mixed":
			sets = [][]int32{draw()}
		case "disjoint":
			sets = [][]int32{{int32(r.IntN(nodes))}}
		case "nested":
			n := 1 + r.IntN(nodes)
			var s []int32
			for k := range n {
				s = append(s, int32(k))
			}
			sets = [][]int32{s}
		case "restricted": // own fund, and the general fund 0 for some
			k := int32(r.IntN(nodes))
			s := []int32{k}
			if k > 0 && r.IntN(2) == 0 {
				s = append(s, 0)
			}
			sets = [][]int32{s}
		case "split": // 30 % of groups draw on two classes
			sets = [][]int32{draw()}
			if r.IntN(10) < 3 {
				sets = append(sets, draw())
			}
		case "dense": // every group draws on every node
			for k := range nodes {
				sets = append(sets, []int32{int32(k)})
			}
		}
		step := kinds[kind](r)
		more := make([]func(int) (int64, int64), len(sets))
		for i := range more {
			more[i] = kinds[kind](r)
		}
		for l := range levels {
			v, c := step(l)
			lv := packages.Level{Value: v}
			for i, s := range sets {
				if i > 0 {
					_, c = more[i](l)
				}
				cl := class(slices.Clone(s))
				if !slices.ContainsFunc(lv.Costs, func(d packages.Cost) bool { return d.Class == cl }) {
					lv.Costs = append(lv.Costs, packages.Cost{Class: cl, Units: c})
				}
			}
			p.Groups[g].Levels = append(p.Groups[g].Levels, lv)
		}
		for _, c := range p.Groups[g].Levels[levels-1].Costs {
			e := p.Eligible[c.Class]
			p.Capacity[e[r.IntN(len(e))]] += c.Units
		}
	}
	for k := range p.Capacity {
		p.Capacity[k] = p.Capacity[k] * (30 + r.Int64N(41)) / 100
	}
	return p
}

func writeLP(p packages.Problem, path string) {
	f, _ := os.Create(path)
	w := bufio.NewWriter(f)
	fmt.Fprintln(w, "Maximize\n obj:")
	for g, gr := range p.Groups {
		for l, lv := range gr.Levels {
			fmt.Fprintf(w, " + %d x%d_%d\n", lv.Value, g, l)
		}
	}
	fmt.Fprintln(w, "Subject To")
	for g, gr := range p.Groups {
		if len(gr.Levels) < 2 {
			continue
		}
		fmt.Fprintf(w, " g%d:", g)
		for l := range gr.Levels {
			fmt.Fprintf(w, " + x%d_%d", g, l)
		}
		fmt.Fprintln(w, " <= 1")
	}
	k := len(p.Capacity)
	for set := 1; set < 1<<k; set++ {
		union := 0
		in := make([]bool, len(p.Eligible))
		for c, e := range p.Eligible {
			in[c] = true
			m := 0
			for _, n := range e {
				m |= 1 << n
				in[c] = in[c] && set>>n&1 == 1
			}
			if in[c] {
				union |= m
			}
		}
		if union != set {
			continue
		}
		var have int64
		for n, u := range p.Capacity {
			if set>>n&1 == 1 {
				have += u
			}
		}
		fmt.Fprintf(w, " h%d:\n", set)
		for g, gr := range p.Groups {
			for l, lv := range gr.Levels {
				var u int64
				for _, c := range lv.Costs {
					if in[c.Class] {
						u += c.Units
					}
				}
				if u > 0 {
					fmt.Fprintf(w, " + %d x%d_%d\n", u, g, l)
				}
			}
		}
		fmt.Fprintf(w, " <= %d\n", have)
	}
	fmt.Fprintln(w, "Binaries")
	for g, gr := range p.Groups {
		for l := range gr.Levels {
			fmt.Fprintf(w, " x%d_%d\n", g, l)
		}
	}
	fmt.Fprintln(w, "End")
	w.Flush()
	f.Close()
}

var objRe = regexp.MustCompile(`Objective value:\s+(-?[\d.]+)`)

func cbc(p packages.Problem, sec int) (ms float64, status string, obj float64) {
	path := filepath.Join(os.TempDir(), fmt.Sprintf("pk%d.lp", os.Getpid()))
	writeLP(p, path)
	defer os.Remove(path)
	c := exec.Command("cbc", path, "sec", strconv.Itoa(sec), "ratio", "0", "allow", "0", "threads", "0", "solve")
	out, _ := c.Output()
	s := string(out)
	status = "limit"
	if strings.Contains(s, "Result - Optimal solution found") && !strings.Contains(s, "within gap") {
		status = "optimal"
	}
	if m := objRe.FindStringSubmatch(s); m != nil {
		obj, _ = strconv.ParseFloat(m[1], 64)
	}
	return float64((c.ProcessState.UserTime() + c.ProcessState.SystemTime()).Microseconds()) / 1000, status, obj
}

func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func main() {
	kind := flag.String("kind", "random", "")
	shape := flag.String("shape", "mixed", "")
	groups := flag.Int("g", 3000, "")
	levels := flag.Int("l", 4, "")
	nodes := flag.Int("n", 5, "")
	seeds := flag.Int("s", 20, "")
	sec := flag.Int("cbc", 0, "")
	states := flag.Int64("states", 0, "")
	verbose := flag.Bool("v", false, "")
	from := flag.Int("from", 0, "")
	trace := flag.Bool("trace", false, "")
	prof := flag.String("prof", "", "")
	secs := flag.Int("t", 60, "")
	flag.Parse()
	if *prof != "" {
		f, _ := os.Create(*prof)
		_ = pprof.StartCPUProfile(f)
		defer pprof.StopCPUProfile()
	}
	_ = packagestest.Random
	var ours, theirs, ratios []float64
	proven, cbcProven := 0, 0
	var gap float64
	for seed := range uint64(*seeds) {
		p := build(*kind, *shape, seed+uint64(*from), *groups, *levels, *nodes)
		ctx, stop := context.WithTimeout(context.Background(), time.Duration(*secs)*time.Second)
		defer stop()
		var prog func(packages.Progress)
		if *trace {
			prog = func(x packages.Progress) { fmt.Printf("  %+v\n", x) }
		}
		t := cpu()
		s, err := packages.Solve(ctx, p, packages.Options{States: *states, Progress: prog})
		ms := float64((cpu() - t).Microseconds()) / 1000
		if err != nil {
			fmt.Println(err)
			continue
		}
		ours = append(ours, ms)
		if s.Proven {
			proven++
		}
		gap = max(gap, float64(s.Bound-s.Value)/float64(max(s.Value, 1)))
		line := fmt.Sprintf("seed %d proven %v value %d gap %d dualgap %d states %d ms %.1f", seed, s.Proven, s.Value, s.Bound-s.Value, s.DualBound-s.Value, s.States, ms)
		if *sec > 0 {
			cms, status, obj := cbc(p, *sec)
			theirs = append(theirs, cms)
			ratios = append(ratios, cms/ms)
			if status == "optimal" {
				cbcProven++
				if s.Proven && (obj-float64(s.Value))/float64(s.Value) > 1e-9 {
					line += " !!!"
				}
			}
			line += fmt.Sprintf(" | cbc %s %.0f %.0f ms x%.1f", status, obj, cms, cms/ms)
		}
		if *verbose {
			fmt.Println(line)
		}
	}
	slices.Sort(ours)
	slices.Sort(theirs)
	slices.Sort(ratios)
	n := len(ours)
	fmt.Printf("%-9s %-10s %dx%d n=%d: proven %d/%d median %.1f worst %.1f ms gap %.2g", *kind, *shape, *groups, *levels, *nodes, proven, n, ours[n/2], ours[n-1], gap)
	if len(theirs) > 0 {
		fmt.Printf(" | cbc proven %d median %.0f ms ratio median %.1f min %.2f", cbcProven, theirs[n/2], ratios[n/2], ratios[0])
	}
	fmt.Println()
}
