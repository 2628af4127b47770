package compare

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/throughline/throughline/services/budgeting/internal/domain/phrase"
	"github.com/throughline/throughline/services/budgeting/internal/domain/score"
)

// pair makes transfers of the moves, fund by fund: again and again the program that still has most to give to the one that still lacks most,
// ties by id. That takes fewer transfers than there are programs in it; the very fewest would be a puzzle without a quick answer.
func (r *Reprioritization) pair(m *mover, approve *approvals) {
	r.Transfers, r.Groups = []Transfer{}, []Group{}
	for k, in := range m.byK {
		var from, to []party
		for _, i := range in {
			v := &m.moves[i]
			switch p := (party{&m.progs[v.prog].Shift, v.moved}); {
			case v.moved == 0:
			case v.amount < 0:
				from = append(from, p)
			default:
				to = append(to, p)
			}
		}
		slices.SortFunc(from, byOpen)
		slices.SortFunc(to, byOpen)
		first := len(r.Transfers)
		for len(from) > 0 && len(to) > 0 {
			t := Transfer{Fund: m.funds[k].fund, OneTime: m.funds[k].oneTime, From: from[0].Program, To: to[0].Program, Amount: min(from[0].open, to[0].open)}
			t.Value = part(t.Amount, to[0].ScoreBP-from[0].ScoreBP, score.Full)
			t.Body = approve.body(&t)
			r.Transfers = append(r.Transfers, t)
			r.Moved += t.Amount
			r.Gained += t.Value
			from, to = take(from, t.Amount), take(to, t.Amount)
		}
		slices.SortStableFunc(r.Transfers[first:], func(a, b Transfer) int {
			return cmp.Or(cmp.Compare(b.Amount, a.Amount), strings.Compare(a.From, b.From), strings.Compare(a.To, b.To))
		})
		r.group(r.Transfers[first:], approve)
	}
}

// party is a program with what it still has to give or lacks.
type party struct {
	*Shift
	open int64
}

func byOpen(a, b party) int {
	return cmp.Or(cmp.Compare(b.open, a.open), strings.Compare(a.Program, b.Program))
}

// take lowers what the first party has open, and puts it back in its place.
func take(s []party, amount int64) []party {
	p := s[0]
	s = s[1:]
	if p.open -= amount; p.open == 0 {
		return s
	}
	at, _ := slices.BinarySearchFunc(s, p, byOpen)
	return slices.Insert(s, at, p)
}

// group puts the transfers of one fund under the bodies that may approve them.
func (r *Reprioritization) group(transfers []Transfer, approve *approvals) {
	for _, body := range append(approve.bodies(), "") {
		g := Group{Body: body}
		for _, t := range transfers {
			if t.Body == body {
				g.Fund, g.OneTime = t.Fund, t.OneTime
				g.Transfers = append(g.Transfers, t)
				g.Total += t.Amount
				g.Value += t.Value
			}
		}
		if len(g.Transfers) > 0 {
			r.Groups = append(r.Groups, g)
		}
	}
}

// approvals says who may approve a transfer.
type approvals struct {
	authorities []Authority
	departments func(string) string
	carried     map[[2]string]bool // program and fund; looked up only
}

func newApprovals(a, b *side, authorities []Authority, departments func(string) string) *approvals {
	out := &approvals{authorities: authorities, departments: departments, carried: map[[2]string]bool{}}
	for _, s := range []*side{a, b} {
		for i := range s.plan.Lines {
			if l := &s.plan.Lines[i]; s.competes(l) {
				out.carried[[2]string{l.Program, l.Fund}] = true
			}
		}
	}
	return out
}

// body is the first whose scope covers both programs and whose limit is not exceeded.
func (a *approvals) body(t *Transfer) string {
	for _, who := range a.authorities {
		if a.covers(who.Scope, t) && (who.Limit == nil || t.Amount <= *who.Limit) {
			return who.Body
		}
	}
	return ""
}

func (a *approvals) covers(scope Scope, t *Transfer) bool {
	switch scope {
	case SameDepartment:
		if a.departments == nil {
			return false
		}
		d := a.departments(t.From)
		return d != "" && d == a.departments(t.To)
	case SameFund:
		return a.carried[[2]string{t.From, t.Fund}] && a.carried[[2]string{t.To, t.Fund}]
	default:
		return scope == AnyTransfer
	}
}

// bodies are the authorities' names in order, once each.
func (a *approvals) bodies() []string {
	out := []string{}
	for _, who := range a.authorities {
		if !slices.Contains(out, who.Body) {
			out = append(out, who.Body)
		}
	}
	return out
}

// tell says the diff in sentences.
func (r *Reprioritization) tell(currency string) []string {
	var out []string
	say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	amount := func(v int64) string { return phrase.Money(currency, v) }
	falls := 0
	for i := range r.Programs {
		if r.Programs[i].Target < r.Programs[i].Old {
			falls++
		}
	}
	say("The new priorities would take %s from %s.", amount(r.Wanted), phrase.Count(falls, "program"))
	if r.Blocked > 0 {
		say("%s of it stays where it is: encumbered, spent, or under a mandate's floor.", amount(r.Blocked))
	}
	if len(r.Transfers) == 0 {
		say("Nothing can move now.")
		return out
	}
	say("%s can move now by %s, which gains %s of priority value.", amount(r.Moved), phrase.Count(len(r.Transfers), "transfer"), amount(r.Gained))
	for _, g := range r.Groups {
		who := fmt.Sprintf("%q may approve", g.Body)
		if g.Body == "" {
			who = "nobody named may approve"
		}
		kind := ""
		if g.OneTime {
			kind = ", of one-time money,"
		}
		say("In fund %q%s %s %s of %s.", g.Fund, kind, who, phrase.Count(len(g.Transfers), "transfer"), amount(g.Total))
	}
	for i := range r.Programs {
		if s := &r.Programs[i]; s.Blocked > 0 {
			say("Program %q keeps %s more than the new priorities give it: %s is encumbered or spent and %s is its floor.", s.Program, amount(s.After-s.Target), amount(s.Encumbered), amount(s.Floor))
		}
	}
	return out
}
