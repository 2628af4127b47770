package domain

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/throughline/throughline/services/performance/internal/domain/analysis"
)

// mostNamed is how many dimensions a finding names at most.
const mostNamed = 12

// findings are what stands out, the values before the processes before what is missing.
func (e Equity) findings() []string {
	if e.Period == "" {
		return []string{"No value is known."}
	}
	var out []string
	say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	period := e.Measure.Frequency.Period() + " from " + string(e.Period)
	amount := func(f float64) string { return figure(f) + " " + e.Measure.Unit }
	_, ranged := e.Measure.TargetAt(e.Period)
	switch {
	case e.Measure.Direction == MaintainRange && !ranged:
		say("The %s has no target range, so no value in it is better than another.", period)
	case e.Whole.Value == nil:
		say("The whole has no value in the %s, so its parts can only be held against each other.", period)
	}
	if len(e.Parts) > 0 {
		if worst := e.Parts[0]; worst.Gap != nil && *worst.Gap < 0 {
			say("%s is worst: by %s worse than the whole.", worst.name(), amount(-*worst.Gap))
		}
	}
	if worst, best, ok := e.ends(); ok && *e.Spread > 0 {
		say("%s lie between %s, the worst, and %s, the best.", amount(*e.Spread), worst.name(), best.name())
	}
	var concerning, unknown, provisional []string
	for _, p := range e.Parts {
		if p.Variation == analysis.Concerning && e.Whole.Variation != analysis.Concerning {
			concerning = append(concerning, p.name())
		}
		if p.Value == nil && p.Kind != "" {
			unknown = append(unknown, p.name())
		}
		if p.Value != nil && p.Provisional {
			provisional = append(provisional, p.name())
		}
	}
	if len(concerning) > 0 {
		say("CONCERNING in %s, though %s for the whole.", names(concerning), e.Whole.Variation)
	}
	if len(unknown) > 0 {
		say("No value in the %s: %s.", period, names(unknown))
	}
	if len(provisional) > 0 {
		say("Fewer than %d values, so verdicts are provisional: %s.", analysis.FullLength, names(provisional))
	}
	return out
}

// names lists the first of them.
func names(all []string) string {
	if more := len(all) - mostNamed; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(all[:mostNamed], ", "), more)
	}
	return strings.Join(all, ", ")
}

// figure prints a number for people: to four decimals, or to four digits where that would show nothing or too much.
func figure(f float64) string {
	if size := math.Abs(f); size != 0 && (size < 0.001 || size >= 1e15) {
		return strconv.FormatFloat(f, 'g', 4, 64)
	}
	const places = 10_000
	return strconv.FormatFloat(math.Round(f*places)/places, 'f', -1, 64)
}
