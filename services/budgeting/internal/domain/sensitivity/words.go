package sensitivity

import (
	"cmp"
	"fmt"

	"github.com/throughline/throughline/services/budgeting/internal/domain/phrase"
)

func (s *Sweep) tell(currency string) []string {
	var out []string
	say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	say("Goal %q weighs %s. A point more moves %s, a point less %s.", cmp.Or(s.Title, s.Goal), phrase.Share(s.WeightPPM),
		phrase.Count(s.moved(func(p Price) int64 { return p.Up }), "program"), phrase.Count(s.moved(func(p Price) int64 { return p.Down }), "program"))
	for i, p := range s.Prices {
		if i == told {
			break
		}
		say("Program %q changes by %s for %s more of weight, and by %s for %s less.", p.Program,
			phrase.Money(currency, p.Up), phrase.Points(s.UpPPM), phrase.Money(currency, p.Down), phrase.Points(s.DownPPM))
	}
	n := len(s.Breakpoints)
	say("Between %s and %s there %s %s where decisions change.", phrase.Share(s.FromPPM), phrase.Share(s.ToPPM), phrase.Verb(n, "is", "are"), phrase.Count(n, "weight"))
	if s.Coverage.Proven {
		return append(out, "That is all of them: every weight in the range was examined.")
	}
	say("Weights up to %s apart were examined and every difference was halved down: a change that undoes itself in between could be missed.", phrase.Points(s.Coverage.StepPPM))
	return out
}

func (s *Sweep) moved(by func(Price) int64) (n int) {
	for _, p := range s.Prices {
		if by(p) != 0 {
			n++
		}
	}
	return n
}

// sentence says the change.
func (c Change) sentence(currency string) string {
	amounts := fmt.Sprintf("%s instead of %s", phrase.Money(currency, c.AmountAfter), phrase.Money(currency, c.AmountBefore))
	switch c.Kind {
	case OutcomeChange:
		return fmt.Sprintf("The outcome turns from %s to %s.", c.Before, c.After)
	case StandingChange:
		return fmt.Sprintf("Program %q is %s, not %s: it gets %s.", c.Program, standingWords(c.After), standingWords(c.Before), amounts)
	case MoveChange:
		return fmt.Sprintf("Program %q gets %s.", c.Program, amounts)
	case PackageChange:
		return fmt.Sprintf("Package %q of program %q goes from %s to %s.", c.Subject, c.Program, levelWords(c.Before), levelWords(c.After))
	case BlockChange:
		if c.Program == "" {
			return fmt.Sprintf("The funds divide into blocks otherwise: %s instead of %s.", c.After, c.Before)
		}
		return fmt.Sprintf("In fund %q program %q shares its rate with %s instead of %s.", c.Subject, c.Program, c.After, c.Before)
	default:
		return fmt.Sprintf("In fund %q program %q is decided by %s instead of %s.", c.Subject, c.Program, c.After, c.Before)
	}
}

func standingWords(s string) string {
	switch Standing(s) {
	case Unfunded:
		return "unfunded"
	case Cut:
		return "cut"
	case Raised:
		return "raised"
	default:
		return "at its base"
	}
}

func levelWords(level string) string {
	if level == "" {
		return "not chosen"
	}
	return fmt.Sprintf("level %q", level)
}

// told is how many changes are put in words.
const told = 5

func sentences(currency string, all []Change) []string {
	var out []string
	for i, c := range all {
		if i == told {
			return append(out, fmt.Sprintf("And %s more.", phrase.Count(len(all)-told, "change")))
		}
		out = append(out, c.sentence(currency))
	}
	return out
}
