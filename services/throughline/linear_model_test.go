package throughline_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/anishathalye/porcupine"
)

// verb is what an operation does to its object. An object is a part of one budget, or the goals of one plan: whether a history is
// linearizable shows object by object.
type verb string

const (
	readBudget    verb = "read the budget"
	listProposals verb = "list the allocations"
	titleBudget   verb = "title the budget by etag"
	adopt         verb = "adopt by etag"
	readScenario  verb = "read a scenario"
	listScenarios verb = "list the scenarios"
	makeScenario  verb = "create a scenario"
	readGoal      verb = "read a goal"
	listGoals     verb = "list the goals" // from answers that are kept
	titleGoal     verb = "title a goal by etag"
	sumLines      verb = "sum the lines" // from answers that are kept
	setLine       verb = "set the line"
)

// slots is how many allocations, scenarios or goals an object has at most.
const slots = 16

// asked is the input of an operation.
type asked struct {
	object string
	verb   verb
	slot   int
	title  string // written; another one for each request id
	etag   int    // expected
	amount int64
}

type outcome string

const (
	done      outcome = "done"
	refused   outcome = "refused" // by etag, by state, or as it exists
	missing   outcome = "not found"
	unsettled outcome = "unknown" // it may take effect at any time from its call on, or never
)

// told is the output of an operation: what an answer says of the state.
type told struct {
	outcome outcome
	slot    state
}

// state of an object; each kind of object uses a part of it. It is compared by ==.
type state struct {
	etags  [slots]int // of goals; that of the budget is the first
	titles [slots]string
	states [slots]rune // of allocations: proposed (0), 'A'dopted, 'S'uperseded
	amount int64
}

func (s state) adopted() int {
	return slices.Index(s.states[:], 'A')
}

// step says whether the state allows the answer, and what comes of it.
func step(s state, in asked, out told) (bool, state) {
	got := out.slot
	switch in.verb {
	case readBudget:
		return got.etags[0] == s.etags[0] && got.titles[0] == s.titles[0] && got.adopted() == s.adopted(), s
	case listProposals:
		return got.states == s.states, s
	case listScenarios:
		return got.titles == s.titles, s
	case listGoals:
		return got.titles == s.titles && got.etags == s.etags, s
	case sumLines:
		return got.amount == s.amount, s
	case readScenario:
		if out.outcome == missing {
			return s.titles[in.slot] == "", s
		}
		return got.titles[in.slot] == s.titles[in.slot], s
	case readGoal:
		return got.titles[in.slot] == s.titles[in.slot] && got.etags[in.slot] == s.etags[in.slot], s
	}
	allowed, next := apply(s, in)
	switch out.outcome {
	case unsettled:
		return true, next
	case refused:
		return !allowed, s
	default:
		return allowed && answers(next, in, got), next
	}
}

// apply is what a write makes of the state, and whether it is allowed; if not it changes nothing.
func apply(s state, in asked) (allowed bool, next state) {
	next = s
	switch in.verb {
	case titleBudget, titleGoal:
		if s.etags[in.slot] != in.etag {
			return false, s
		}
		next.etags[in.slot]++
		next.titles[in.slot] = in.title
	case adopt:
		if s.states[in.slot] != 0 {
			return false, s
		}
		if before := s.adopted(); before >= 0 {
			next.states[before] = 'S'
		}
		next.states[in.slot] = 'A'
		next.etags[0]++ // the budget names what it adopted
	case makeScenario:
		if s.titles[in.slot] == in.title { // the same request once more
			return true, s
		}
		if s.titles[in.slot] != "" {
			return false, s
		}
		next.titles[in.slot] = in.title
	case setLine:
		next.amount = in.amount
	default:
		return false, s
	}
	return true, next
}

// answers says whether a write was answered with what it made.
func answers(next state, in asked, got state) bool {
	switch in.verb {
	case adopt:
		return got.states[in.slot] == 'A'
	case setLine:
		return true
	default:
		return got.titles[in.slot] == next.titles[in.slot] && got.etags[in.slot] == next.etags[in.slot]
	}
}

// model is every object, each of which starts as given.
func model(initial map[string]state) porcupine.Model {
	return porcupine.Model{
		Partition: func(history []porcupine.Operation) (parts [][]porcupine.Operation) {
			by := map[string][]porcupine.Operation{}
			var objects []string
			for _, o := range history {
				object := o.Input.(asked).object
				if by[object] == nil {
					objects = append(objects, object)
				}
				by[object] = append(by[object], o)
			}
			slices.Sort(objects)
			for _, object := range objects {
				parts = append(parts, by[object])
			}
			return parts
		},
		Init: func() any { return (*state)(nil) }, // not known before the first operation names its object
		Step: func(s, input, output any) (bool, any) {
			now, in := s.(*state), input.(asked)
			if now == nil {
				first := initial[in.object]
				now = &first
			}
			ok, next := step(*now, in, output.(told))
			return ok, &next
		},
		Equal: func(a, b any) bool {
			x, y := a.(*state), b.(*state)
			return x == y || x != nil && y != nil && *x == *y
		},
		DescribeOperation: func(input, output any) string { return describe(input.(asked), output.(told)) },
	}
}

func describe(in asked, out told) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %d", in.verb, in.slot)
	if in.title != "" {
		fmt.Fprintf(&b, " as %s", in.title)
	}
	if in.etag > 0 {
		fmt.Fprintf(&b, " if %d", in.etag)
	}
	if in.amount > 0 {
		fmt.Fprintf(&b, " to %d", in.amount)
	}
	fmt.Fprintf(&b, ": %s", out.outcome)
	for i := range slots {
		if s := out.slot; s.titles[i] != "" || s.etags[i] != 0 || s.states[i] != 0 {
			fmt.Fprintf(&b, " [%d %q %d %c]", i, s.titles[i], s.etags[i], max(s.states[i], '-'))
		}
	}
	if out.slot.amount > 0 {
		fmt.Fprintf(&b, " %d", out.slot.amount)
	}
	return b.String()
}
