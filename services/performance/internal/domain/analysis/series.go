package analysis

import (
	"cmp"
	"fmt"
	"math"
	"strings"

	"github.com/throughline/throughline/services/platform/fault"
)

// Direction says which way is better.
type Direction string

// Directions; in a range, nearer to it is better.
const (
	Increase      Direction = "INCREASE"
	Decrease      Direction = "DECREASE"
	MaintainRange Direction = "MAINTAIN_RANGE"
)

// Frequency says how long the periods are that values cover.
type Frequency string

// Frequencies.
const (
	Monthly   Frequency = "MONTHLY"
	Quarterly Frequency = "QUARTERLY"
	Yearly    Frequency = "YEARLY"
)

// Year is the number of periods in a year: 12, 4 or 1.
func (f Frequency) Year() int {
	switch f {
	case Monthly:
		return 12
	case Quarterly:
		return 4
	default:
		return 1
	}
}

// Lengths of baselines and of series, in points.
const (
	FullLength     = 12 // fewer points than these make limits and verdicts provisional, and it is the default baseline
	LongestBase    = 20 // longest baseline
	MinLimits      = 5  // fewest points for limits, rules and a forecast: "as few as five or six" (Wheeler, Understanding Variation)
	MinComparison  = 3  // fewest points for any verdict: two make one difference, and nothing says whether it is usual
	ForecastWindow = 60 // a forecast looks at no more than these latest points
)

// maxPeriod is after the last month of the year 9999.
const maxPeriod = 120_000

// Target is what a value is meant to reach: at least Value (INCREASE), at most Value (DECREASE), or Value to Upper
// (MAINTAIN_RANGE), both ends included.
type Target struct {
	Value float64
	Upper float64 // for MAINTAIN_RANGE, else unused
	OK    bool    // false when there is no target
}

// Point is one value of a series.
type Point struct {
	Period   int // months, quarters or years since the start of year 0
	Value    float64
	Revision int64  // from 1, one more each time the value was changed
	Target   Target // of this period
}

// Rebase is the recorded act of starting a new baseline, because the process itself changed.
type Rebase struct {
	From   int // first period of the new segment
	Reason string
}

// Series is what is known about one measure, in one dimension, at one time.
type Series struct {
	Direction      Direction
	Frequency      Frequency
	Points         []Point  // by period, each once; periods without a value are left out
	Rebases        []Rebase // by From, each once; one after the last point waits for its first point
	BaselineLength int      // points that fix a segment's limits, 12 to 20; 0 means 12
}

// Options say how to analyse a series.
type Options struct {
	RuleSet        RuleSet // empty means NHS/1
	Now            int     // period that is under way, for lateness; 0 leaves lateness unjudged
	ForecastTo     int     // period to forecast; 0, or a period that is not after the last point, means no forecast
	ForecastTarget Target  // target of that period
}

// check lists everything that is wrong with the input.
func check(s Series, o Options) error {
	var v fault.Violations
	v.Check(s.Direction == Increase || s.Direction == Decrease || s.Direction == MaintainRange, "direction",
		"is %q; use INCREASE, DECREASE or MAINTAIN_RANGE", s.Direction)
	v.Check(s.Frequency == Monthly || s.Frequency == Quarterly || s.Frequency == Yearly, "frequency",
		"is %q; use MONTHLY, QUARTERLY or YEARLY", s.Frequency)
	v.Check(s.BaselineLength >= FullLength && s.BaselineLength <= LongestBase, "baseline_length",
		"is %d; use %d to %d points", s.BaselineLength, FullLength, LongestBase)
	for i, p := range s.Points {
		// Fields are named only when something is wrong, which keeps good series free of formatting.
		if !isPeriod(p.Period) || !finite(p.Value) || p.Revision < 0 || i > 0 && p.Period <= s.Points[i-1].Period {
			checkPoint(&v, s.Points, i)
		}
		if !p.Target.valid(s.Direction) {
			v.Add(fmt.Sprintf("points[%d].target", i), "must be finite numbers with upper not below value")
		}
	}
	for i, r := range s.Rebases {
		field := fmt.Sprintf("rebases[%d].", i)
		v.Check(isPeriod(r.From), field+"from", "is %d; use a period from 0 to %d", r.From, maxPeriod-1)
		v.Check(i == 0 || r.From > s.Rebases[i-1].From, field+"from", "is not after rebases[%d]; sort by period and keep one of each", i-1)
		v.Check(strings.TrimSpace(r.Reason) != "", field+"reason", "is empty; say what changed in the process")
	}
	_, known := ruleSets[o.RuleSet]
	v.Check(known, "rule_set", "%q is unknown; use %s or %s", o.RuleSet, NHS1, Wheeler1)
	v.Check(isPeriod(o.Now), "now", "is %d; use a period from 0 to %d", o.Now, maxPeriod-1)
	v.Check(isPeriod(o.ForecastTo), "forecast_to", "is %d; use a period from 0 to %d", o.ForecastTo, maxPeriod-1)
	v.Check(o.ForecastTarget.valid(s.Direction), "forecast_target", "must be finite numbers with upper not below value")
	return v.Err()
}

func checkPoint(v *fault.Violations, points []Point, i int) {
	p, field := points[i], fmt.Sprintf("points[%d].", i)
	v.Check(isPeriod(p.Period), field+"period", "is %d; use a period from 0 to %d", p.Period, maxPeriod-1)
	v.Check(i == 0 || p.Period > points[i-1].Period, field+"period", "is not after points[%d]; sort by period and keep one value of each", i-1)
	v.Check(finite(p.Value), field+"value", "is %v; leave out periods without a finite number", p.Value)
	v.Check(p.Revision >= 0, field+"revision", "is %d; count from 1", p.Revision)
}

func isPeriod(p int) bool { return p >= 0 && p < maxPeriod }

func finite(f float64) bool { return !math.IsNaN(f) && !math.IsInf(f, 0) }

func (t Target) valid(d Direction) bool {
	return !t.OK || finite(t.Value) && (d != MaintainRange || finite(t.Upper) && t.Upper >= t.Value)
}

func withDefaults(s Series, o Options) (Series, Options) {
	s.BaselineLength = cmp.Or(s.BaselineLength, FullLength)
	o.RuleSet = cmp.Or(o.RuleSet, NHS1)
	return s, o
}
