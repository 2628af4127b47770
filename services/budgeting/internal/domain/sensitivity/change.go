package sensitivity

import (
	"cmp"
	"slices"
	"strings"
)

// Kind is what a change is about.
type Kind string

// Kinds.
const (
	OutcomeChange  Kind = "OUTCOME"  // of the whole plan
	StandingChange Kind = "STANDING" // a program starts or stops being cut, raised or funded
	MoveChange     Kind = "MOVE"     // a program moves by more than the threshold
	PackageChange  Kind = "PACKAGE"  // another level of a package is chosen
	BlockChange    Kind = "BLOCK"    // a block splits or merges; of a line: it shares its rate with other funds
	LimitChange    Kind = "LIMIT"    // another bend of the response decides a line
)

// Change is one decision that differs. Before and After are outcomes, standings, levels, fund lists or reasons; amounts are minor units of the
// program's lines in the formula.
type Change struct {
	Kind                      Kind
	Program                   string // "" where the whole plan changes
	Subject                   string // fund of the line, or the package
	Before, After             string
	AmountBefore, AmountAfter int64
}

// changes lists what differs in decisions: the outcome, standings, packages, then blocks and limits by line.
func changes(a, b *state) []Change {
	out := programChanges(a, b, nil)
	i, j := 0, 0
	for i < len(a.lines) || j < len(b.lines) {
		var before, after line
		var order int
		switch {
		case j == len(b.lines):
			order = -1
		case i == len(a.lines):
			order = 1
		default:
			order = byLine(a.lines[i], b.lines[j])
		}
		if order <= 0 {
			before, i = a.lines[i], i+1
		}
		if order >= 0 {
			after, j = b.lines[j], j+1
		}
		of := Change{Program: cmp.Or(before.program, after.program), Subject: cmp.Or(before.fund, after.fund)}
		of.AmountBefore, of.AmountAfter = a.amount(of.Program), b.amount(of.Program)
		if before.funds != after.funds {
			of.Kind, of.Before, of.After = BlockChange, before.funds, after.funds
			out = append(out, of)
		}
		if before.reason != after.reason {
			of.Kind, of.Before, of.After = LimitChange, string(before.reason), string(after.reason)
			out = append(out, of)
		}
	}
	return out
}

// byLine is the order of a plan's lines.
func byLine(l, m line) int {
	return cmp.Or(strings.Compare(l.program, m.program), strings.Compare(l.fund, m.fund), cmp.Compare(l.treatment.Place(), m.treatment.Place()),
		cmp.Compare(whole(l.oneTime), whole(m.oneTime)))
}

func whole(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (s *state) amount(id string) int64 {
	at, _ := slices.BinarySearchFunc(s.programs, id, func(p program, id string) int { return strings.Compare(p.id, id) })
	return s.programs[at].amount
}

// flips lists the funding decisions that differ: the outcome, standings and moves, packages, and the division of the funds.
func flips(a, b *state, threshold int64) []Change {
	out := programChanges(a, b, &threshold)
	if !slices.Equal(a.blocks, b.blocks) {
		out = append(out, Change{Kind: BlockChange, Before: strings.Join(a.blocks, " | "), After: strings.Join(b.blocks, " | ")})
	}
	return out
}

// programChanges lists the outcome, standings, moves beyond the threshold (if there is one), and packages.
func programChanges(a, b *state, threshold *int64) []Change {
	out := []Change{}
	if a.outcome != b.outcome {
		out = append(out, Change{Kind: OutcomeChange, Before: string(a.outcome), After: string(b.outcome)})
	}
	for i := range a.programs {
		p, q := a.programs[i], b.programs[i]
		c := Change{StandingChange, p.id, "", string(p.standing()), string(q.standing()), p.amount, q.amount}
		switch {
		case c.Before != c.After:
			out = append(out, c)
		case threshold != nil && apart(p, q) > *threshold:
			c.Kind = MoveChange
			out = append(out, c)
		}
	}
	for i := range a.packages {
		if p, q := a.packages[i], b.packages[i]; p != q {
			out = append(out, Change{PackageChange, p.program, p.name, p.level, q.level, a.amount(p.program), b.amount(p.program)})
		}
	}
	return out
}
