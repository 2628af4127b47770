package zoom

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	typev1 "github.com/throughline/throughline/proto/gen/throughline/type/v1"
)

// story is one shortest way from the start to the organization, a sentence a link: at each step the strongest link, and of equals the one
// whose end has the first name. It is empty when no way leads there.
func (w *walk) story(vision string) []string {
	best := map[string]*typev1.Link{} // by the detail, of those from which a way leads on
	for level := []string{w.Organization}; len(level) > 0; {
		var before []string
		for _, name := range level {
			n := w.nodes[name]
			if n == nil {
				continue
			}
			for _, l := range n.links {
				old := best[l.GetFrom()]
				if old == nil {
					before = append(before, l.GetFrom())
				}
				if old == nil || stronger(l, old) {
					best[l.GetFrom()] = l
				}
			}
		}
		level = before
	}
	var story []string
	for at := w.Name; best[at] != nil; {
		l := best[at]
		from, to := w.nodes[at], w.nodes[l.GetTo()]
		end := "."
		if l.GetTo() == w.Organization && vision != "" {
			end = `, whose vision is: "` + vision + `"`
		}
		story = append(story, sentence(subject(from)+" "+l.GetRelation()+" "+subject(to))+end)
		at = l.GetTo()
	}
	return story
}

func stronger(a, b *typev1.Link) bool {
	return cmp.Or(cmp.Compare(b.GetWeight(), a.GetWeight()), cmp.Compare(a.GetTo(), b.GetTo()), cmp.Compare(a.GetRelation(), b.GetRelation())) < 0
}

// gaps are what is missing, in words: services first, then by resource in their order.
func (w *walk) gaps(order []*node, more string) []string {
	t := teller{seen: map[string]bool{}}
	for _, service := range slices.Sorted(maps.Keys(w.failed)) {
		t.say("What %s knows is missing here: %s.", service, why(w.failed[service]))
	}
	if more != "" {
		t.say("%s", more)
	}
	funded := w.funded(order)
	for _, n := range order {
		for _, gap := range n.GetGaps() {
			t.say("%s.", sentence(subject(n)+" "+gap))
		}
		w.absent(&t, n)
		if n.known && len(w.failed) == 0 && !w.truncated {
			w.unlinked(&t, n, funded)
		}
	}
	if t.left > 0 {
		t.told = append(t.told, fmt.Sprintf("%d more gaps are not told here; the nodes tell their own.", t.left))
	}
	return t.told
}

// absent tells of a resource that something names and that is not there.
func (w *walk) absent(t *teller, n *node) {
	if n.known || w.failed[n.kind.owner] != nil {
		return
	}
	for _, l := range n.links {
		near, _ := w.ends(l)
		if other := w.nodes[near]; w.In {
			t.say("%s does not exist, though it %s %s.", n.GetName(), l.GetRelation(), subject(other))
		} else {
			t.say("%s does not exist, though %s %s it.", n.GetName(), subject(other), l.GetRelation())
		}
	}
}

// wants are the kinds of details that a resource is empty without, and what is said then.
var wants = map[string][]struct{ kind, says string }{
	kindGoal: {
		{"strategy", "No strategy serves %s."},
		{kindMeasure, "No measure counts for %s."},
		{kindProgram, "No program is aligned with %s, and none pays for work below it."},
	},
	kindProgram: {{kindMeasure, "No measure counts for %s."}},
}

// funded are the resources that a program leads to, by whatever way, and the goals that are part of those.
func (w *walk) funded(order []*node) map[string]bool {
	all := map[string]bool{}
	for _, n := range slices.Backward(order) { // details come after what they are for
		if n.kind.name == kindProgram || all[n.GetName()] {
			for _, l := range n.links {
				all[l.GetTo()] = true
			}
		}
	}
	for _, n := range order {
		for _, l := range n.links {
			if n.kind.name == kindGoal && all[l.GetTo()] && w.nodes[l.GetTo()].kind.name == kindGoal {
				all[n.GetName()] = true
			}
		}
	}
	return all
}

// unlinked tells of a resource that leads nowhere; inwards, of one to which nothing leads of a kind that it is empty without.
func (w *walk) unlinked(t *teller, n *node, funded map[string]bool) {
	if !w.In {
		if n.asked && !n.leads && n.kind.ends != "" {
			t.say("%s.", sentence(subject(n)+" "+n.kind.ends))
		}
		return
	}
	if !n.asked || n.has[kindGoal] { // what stands behind a goal with goals below it stands behind those
		return
	}
	for _, want := range wants[n.kind.name] {
		if !n.has[want.kind] && (want.kind != kindProgram || !funded[n.GetName()]) {
			t.say(want.says, subject(n))
		}
	}
}

// teller says each thing once, and counts what is too much.
type teller struct {
	told []string
	seen map[string]bool
	left int
}

func (t *teller) say(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	switch {
	case t.seen[text]:
	case len(t.told) >= maxGaps:
		t.left++
	default:
		t.seen[text] = true
		t.told = append(t.told, text)
	}
}

// subject names a resource in a sentence: goal "Safe streets".
func subject(n *node) string {
	return words(n.kind.name) + ` "` + cmp.Or(n.GetDisplayName(), n.GetName()) + `"`
}

func sentence(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	return strings.ToUpper(string(first)) + text[size:]
}

// why says in words why a service told nothing.
func why(err error) string {
	switch status.Code(err) {
	case codes.PermissionDenied:
		return "the caller may not read it"
	case codes.DeadlineExceeded:
		return "it took too long to answer"
	case codes.Unimplemented:
		return "it runs an older version"
	default:
		return "it does not answer now"
	}
}
