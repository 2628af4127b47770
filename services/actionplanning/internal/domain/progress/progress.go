// Package progress rolls the progress of work up a tree, by weight.
package progress

// Whole is all of it, in parts per million.
const Whole = 1_000_000

// Value is how far something has come.
type Value struct {
	Known bool
	PPM   int64 // in parts per million; 0 when not known
	Share int64 // of its weight whose progress is known, in parts per million
}

// Complete is the value of what is done.
var Complete = Value{Known: true, PPM: Whole, Share: Whole}

// Exactly is a known value; what lies outside 0 to Whole is taken to the nearer end.
func Exactly(ppm int64) Value { return Value{Known: true, PPM: min(max(ppm, 0), Whole), Share: Whole} }

// OfMilestones is the value of milestones that have these weights together, and these percents done times weight. Without any it is not known.
func OfMilestones(weights, percents int64) Value {
	if weights <= 0 {
		return Value{}
	}
	return Exactly(percents * (Whole / 100) / weights)
}

// State says what becomes of a node's value.
type State int

// States.
const (
	Open      State = iota
	Completed       // it is Complete, whatever lies below
	Cancelled       // it has no part in what lies above
)

// Node is a piece of work: its value is Own for a leaf, and else rolled up from those whose Parent it is.
type Node struct {
	Parent   int   // index of an earlier node; negative at the top
	Weight   int64 // among what counts beside it; 0 means 1
	Supports bool  // it helps its parent and does not count there
	State    State
	Leaf     bool
	Own      Value
}

// Roll is the value of every node: the mean of what contributes to it and is known, by weight, rounded down. Nodes that are cancelled or
// only support have no part; one that is not known has none either, and lessens Share.
func Roll(nodes []Node) []Value {
	values := make([]Value, len(nodes))
	sums := make([]sum, len(nodes))
	for i := len(nodes) - 1; i >= 0; i-- {
		n := nodes[i]
		switch {
		case n.State == Completed:
			values[i] = Complete
		case n.Leaf:
			values[i] = n.Own
		default:
			values[i] = sums[i].mean()
		}
		if n.Parent >= 0 && n.Parent < i && !n.Supports && n.State != Cancelled {
			sums[n.Parent].add(max(n.Weight, 1), values[i])
		}
	}
	return values
}

type sum struct{ weights, known, done, shares int64 }

func (s *sum) add(weight int64, v Value) {
	s.weights += weight
	s.shares += weight * v.Share
	if v.Known {
		s.known += weight
		s.done += weight * v.PPM
	}
}

func (s sum) mean() Value {
	if s.known == 0 {
		return Value{}
	}
	return Value{Known: true, PPM: s.done / s.known, Share: s.shares / s.weights}
}
