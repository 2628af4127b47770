package progress_test

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/throughline/throughline/services/actionplanning/internal/domain/progress"
)

// node makes the tables below easy to read.
type node = progress.Node

func leaf(parent int, weight int64, v progress.Value) node {
	return node{Parent: parent, Weight: weight, Leaf: true, Own: v}
}

// A goal with two strategies and a goal below it.
func TestWorkedByHand(t *testing.T) {
	supports := leaf(1, 5, progress.Exactly(0))
	supports.Supports = true
	completed := leaf(5, 1, progress.Value{})
	completed.State = progress.Completed
	cancelled := leaf(5, 9, progress.Exactly(0))
	cancelled.State = progress.Cancelled
	unknown := progress.Value{}
	nodes := []node{
		{Parent: -1},                          // 0 goal: (2 × 300,000 + 1 × 1,000,000) / 3; known 2 × 1 + 1 × 0.75 of 2 + 1 + 1
		{Parent: 0, Weight: 2},                // 1 strategy: (1 × 600,000 + 3 × 200,000) / 4
		leaf(1, 0, progress.Exactly(600_000)), // 2 no weight means 1
		leaf(1, 3, progress.Exactly(200_000)), // 3
		supports,                              // 4
		{Parent: 0},                           // 5 strategy: of the completed alone
		completed,                             // 6
		cancelled,                             // 7
		leaf(5, 0, unknown),                   // 8 a part of weight 1 that is not known: half of strategy 5 is
		{Parent: 0},                           // 9 goal below, of which nothing is known
		{Parent: 9},                           // 10 strategy without objectives
	}
	nodes[6].Weight = 3
	want := []progress.Value{
		{Known: true, PPM: 533_333, Share: 687_500},
		{Known: true, PPM: 300_000, Share: 1_000_000},
		progress.Exactly(600_000), progress.Exactly(200_000), progress.Exactly(0),
		{Known: true, PPM: 1_000_000, Share: 750_000},
		progress.Complete, progress.Exactly(0), unknown, unknown, unknown,
	}
	if got := progress.Roll(nodes); !slices.Equal(got, want) {
		t.Errorf("rolled up to %+v\nwant %+v", got, want)
	}
}

func TestLeaves(t *testing.T) {
	for name, c := range map[string]struct{ got, want progress.Value }{
		"no milestones":              {progress.OfMilestones(0, 0), progress.Value{}},
		"none begun":                 {progress.OfMilestones(7, 0), progress.Exactly(0)},
		"1 of 3 done":                {progress.OfMilestones(3, 100), progress.Exactly(333_333)},
		"all done":                   {progress.OfMilestones(3, 300), progress.Complete},
		"half way down":              {progress.OfMeasure(31.5, 0, 15.75), progress.Exactly(500_000)},
		"a third of the way up":      {progress.OfMeasure(0, 3, 1), progress.Exactly(333_333)},
		"worse than at the start":    {progress.OfMeasure(10, 20, 5), progress.Exactly(0)},
		"beyond the target":          {progress.OfMeasure(10, 5, 1), progress.Complete},
		"a target like the baseline": {progress.OfMeasure(5, 5, 5), progress.Value{}},
		"no number":                  {progress.OfMeasure(0, 1, math.NaN()), progress.Value{}},
		"an endless target":          {progress.OfMeasure(0, math.Inf(1), 1), progress.Value{}},
	} {
		if c.got != c.want {
			t.Errorf("%s: %+v, want %+v", name, c.got, c.want)
		}
	}
}

// tree is random work: every node but the first lies below an earlier one; those with nothing below are leaves.
func tree(t *rapid.T) []node {
	n := rapid.IntRange(1, 25).Draw(t, "nodes")
	nodes := make([]node, n)
	has := make([]bool, n)
	for i := range nodes {
		nodes[i] = node{Parent: -1, Weight: rapid.Int64Range(0, 1000).Draw(t, "weight")}
		if i > 0 {
			nodes[i].Parent = rapid.IntRange(0, i-1).Draw(t, "parent")
			has[nodes[i].Parent] = true
		}
		nodes[i].Supports = rapid.IntRange(0, 4).Draw(t, "supports") == 0
		nodes[i].State = rapid.SampledFrom([]progress.State{progress.Open, progress.Open, progress.Open, progress.Completed, progress.Cancelled}).Draw(t, "state")
	}
	for i := range nodes {
		if !has[i] {
			nodes[i].Leaf = true
			if rapid.IntRange(0, 3).Draw(t, "known") > 0 {
				nodes[i].Own = progress.Exactly(rapid.Int64Range(0, progress.Whole).Draw(t, "own"))
			}
		}
	}
	return nodes
}

func TestBetweenTheLeastAndTheMostOfItsParts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		nodes := tree(t)
		values := progress.Roll(nodes)
		for i, n := range nodes {
			if v := values[i]; v.Share < 0 || v.Share > progress.Whole || !v.Known && v != (progress.Value{}) {
				t.Errorf("node %d: %+v", i, v)
			}
			if n.Leaf || n.State == progress.Completed {
				continue
			}
			least, most := int64(progress.Whole+1), int64(-1)
			for j, part := range nodes {
				if part.Parent == i && !part.Supports && part.State != progress.Cancelled && values[j].Known {
					least, most = min(least, values[j].PPM), max(most, values[j].PPM)
				}
			}
			if known := most >= 0; known != values[i].Known || known && (values[i].PPM < least || values[i].PPM > most) {
				t.Errorf("node %d is %+v, its parts are from %d to %d", i, values[i], least, most)
			}
		}
	})
}

func TestWorkDoneLowersNothingAbove(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		nodes := tree(t)
		before := progress.Roll(nodes)
		i := rapid.IntRange(0, len(nodes)-1).Draw(t, "which")
		if !nodes[i].Leaf || !nodes[i].Own.Known {
			t.Skip("no work to be done here")
		}
		nodes[i].Own = progress.Exactly(rapid.Int64Range(nodes[i].Own.PPM, progress.Whole).Draw(t, "more"))
		for j, v := range progress.Roll(nodes) {
			if v.PPM < before[j].PPM || v.Share != before[j].Share {
				t.Errorf("node %d went from %+v to %+v", j, before[j], v)
			}
		}
	})
}

func TestScaledWeightsChangeNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		nodes := tree(t)
		before := progress.Roll(nodes)
		by := rapid.Int64Range(1, 50).Draw(t, "by")
		for i := range nodes {
			nodes[i].Weight = max(nodes[i].Weight, 1) * by
		}
		if after := progress.Roll(nodes); !slices.Equal(after, before) {
			t.Errorf("%+v became %+v", before, after)
		}
	})
}

func TestSupportChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		nodes := tree(t)
		parent := rapid.IntRange(0, len(nodes)-1).Draw(t, "parent")
		if nodes[parent].Leaf {
			t.Skip("nothing lies below a leaf")
		}
		before := progress.Roll(nodes)
		help := leaf(parent, rapid.Int64Range(0, 1000).Draw(t, "weight"), progress.Exactly(rapid.Int64Range(0, progress.Whole).Draw(t, "own")))
		help.Supports = true
		if after := progress.Roll(append(nodes, help)); !slices.Equal(after[:len(nodes)], before) {
			t.Errorf("%+v became %+v", before, after)
		}
	})
}
