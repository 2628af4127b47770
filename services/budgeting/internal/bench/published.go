package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/throughline/throughline/services/budgeting/internal/domain/packages"
)

// published solves the OR-Library's mknap1 (Petersen 1967), whose optima are printed in the file: every constraint is a node that pays its own
// class of cost, every item a package of one level.
func (b *bench) published(ctx context.Context) error {
	name := "choose OR-Library mknap1"
	if !b.asked(name) {
		return nil
	}
	folder := os.Getenv("THROUGHLINE_SHARED_DATA")
	if folder == "" {
		folder = filepath.Join("..", "shared", "data") // beside the project, where `make bench` runs
	}
	f, err := os.Open(filepath.Join(folder, "mknap_orlib", "mknap1.txt")) //nolint:gosec // the folder is the operator's own
	if errors.Is(err, os.ErrNotExist) {
		b.skipped(name, "", "mknap_orlib/mknap1.txt is not in the shared data; set THROUGHLINE_SHARED_DATA to its folder")
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	set, optima, err := readKnapsacks(f)
	if err != nil {
		return err
	}
	if err := b.set(ctx, name, set, len(set), fmt.Sprintf("%d of %d", len(set), len(set)), ""); err != nil {
		return err
	}
	v := verdict{text: fmt.Sprintf("%d of %d published optima reproduced", len(set), len(set))}
	for i := range set {
		if set[i].solution.Value != optima[i] {
			v = verdict{true, fmt.Sprintf("instance %d: published optimum %d, ours %d (tenths)", i+1, optima[i], set[i].solution.Value)}
		}
	}
	b.add(v, name, "", "published optima", "", "", "", v.text)
	return nil
}

// readKnapsacks reads the OR-Library's format: the number of problems; for each, variables, constraints, optimum, values, the rows of weights, and
// the right-hand sides. Figures have at most one decimal, so all are taken in tenths.
func readKnapsacks(r io.Reader) ([]problem, []int64, error) {
	raw, err := io.ReadAll(r)
	if err != nil {
		return nil, nil, err
	}
	n := numbers{fields: strings.Fields(string(raw))}
	var set []problem
	var optima []int64
	for range n.count() {
		items, rows := n.count(), n.count()
		optima = append(optima, n.tenths())
		p := packages.Problem{}
		for range items {
			p.Groups = append(p.Groups, packages.Group{Levels: []packages.Level{{Value: n.tenths()}}})
		}
		for row := range rows {
			p.Eligible = append(p.Eligible, []int32{int32(row)})
			for item := range items {
				if units := n.tenths(); units != 0 {
					level := &p.Groups[item].Levels[0]
					level.Costs = append(level.Costs, packages.Cost{Class: int32(row), Units: units})
				}
			}
		}
		for range rows {
			p.Capacity = append(p.Capacity, n.tenths())
		}
		set = append(set, problem{Problem: p})
	}
	return set, optima, n.err
}

// numbers reads figures one by one; after the first error it answers 0.
type numbers struct {
	fields []string
	err    error
}

func (n *numbers) next() float64 {
	if n.err == nil && len(n.fields) == 0 {
		n.err = io.ErrUnexpectedEOF
	}
	if n.err != nil {
		return 0
	}
	v, err := strconv.ParseFloat(n.fields[0], 64)
	n.fields, n.err = n.fields[1:], err
	return v
}

// count is a small whole number.
func (n *numbers) count() int {
	v := n.next()
	if v < 0 || v > 10_000 || v != math.Trunc(v) {
		n.err = fmt.Errorf("%v is no count", v)
		return 0
	}
	return int(v)
}

func (n *numbers) tenths() int64 {
	v := n.next() * 10
	if math.Abs(v-math.Round(v)) > 1e-6 {
		n.err = fmt.Errorf("%v has more than one decimal", v/10)
	}
	return int64(math.Round(v))
}
