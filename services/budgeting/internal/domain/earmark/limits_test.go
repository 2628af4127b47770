package earmark

import (
	"context"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/throughline/throughline/services/budgeting/internal/domain/waterfill"
)

// huge makes every sum of an instance as large as Solve allows: what was small is multiplied, then moved by a little.
func huge(r *rand.Rand, of kind) instance {
	in := random(r, of)
	const room = 1<<62 - 1
	unit := func(sum int64) int64 { return (room/max(1, sum) - 1) / 2 }
	var base, hi, cut, grow, capacity int64
	for _, c := range in.curves {
		base, hi, cut, grow = base+c.Base, hi+c.Hi, cut+c.Cut, grow+c.Grow
	}
	for _, c := range in.capacity {
		capacity += c
	}
	amount, v, w := 2*unit(max(base, hi, capacity)), 2*unit(cut), 2*unit(grow)
	for i := range in.curves {
		c := &in.curves[i]
		c.Base, c.Lo, c.Hi, c.Cut, c.Grow = amount*c.Base, amount*c.Lo, amount*c.Hi, v*c.Cut, w*c.Grow
	}
	for k := range in.capacity {
		in.capacity[k] *= amount
		in.capacity[k] -= r.Int64N(1 + min(9, in.capacity[k]))
	}
	return in
}

func TestSumsUpTo62Bits(t *testing.T) {
	each(t, 8, 600, func(t *testing.T, r *rand.Rand, of kind) {
		in := huge(r, of)
		p := in.problem()
		s := solve(t, p)
		if want := in.worst(in.lo); totalShort(s) != want {
			t.Fatalf("%+v: short %d, want %d", in, totalShort(s), want)
		}
		if totalShort(s) > 0 {
			return
		}
		var sum int64
		for i, x := range s.Units {
			sum += x
			if x < in.curves[i].Lo || x > in.curves[i].Hi {
				t.Fatalf("%+v: claim %d gets %d", in, i, x)
			}
		}
		if sum != in.payable(in.hi) {
			t.Fatalf("%+v: spends %d, could spend %d", in, sum, in.payable(in.hi))
		}
		checkPaid(t, p, s)
		for _, b := range s.Blocks {
			checkOrder(t, in, p, s, b)
		}
	})
}

// checkOrder proves that no unit of a block should have gone to another claim: every last unit comes before every next one.
func checkOrder(t *testing.T, in instance, p Problem, s Solution, b Block) {
	t.Helper()
	for i, c := range p.Class {
		for j, d := range p.Class {
			if slices.Contains(b.Classes, c) && slices.Contains(b.Classes, d) && i != j && s.Units[i] > in.curves[i].Lo && s.Units[j] < in.curves[j].Hi &&
				waterfill.First(p.Curves, int32(j), s.Units[j], int32(i), s.Units[i]-1) {
				t.Fatalf("%+v: claim %d has a unit that was due to %d: %v", in, i, j, s.Units)
			}
		}
	}
}

func TestACancelledContextStops(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Solve(ctx, random(rand.New(rand.NewPCG(1, 1)), mixed).problem()); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
}

// Compilers fuse a multiplication and an addition of floats on some machines and not on others; there is nothing to fuse where there are none.
func TestNoFloatsDecide(t *testing.T) {
	var files []string
	for _, pattern := range []string{"*.go", "../waterfill/*.go"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	read := 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		read++
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BasicLit:
				if n.Kind == token.FLOAT || n.Kind == token.IMAG || n.Value == `"math"` {
					t.Errorf("%s has %s", name, n.Value)
				}
			case *ast.Ident:
				if strings.HasPrefix(n.Name, "float") || strings.HasPrefix(n.Name, "complex") {
					t.Errorf("%s has %s", name, n.Name)
				}
			}
			return true
		})
	}
	if read < 8 {
		t.Fatalf("only %d files were read", read)
	}
}
