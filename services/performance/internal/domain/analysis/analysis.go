// Package analysis tells signal from noise in one series of values, by process behaviour charts.
package analysis

// Result is what a series says. Variation and assurance are two verdicts about different things, the process and its
// target; Status is a word for both. All of them are about the latest segment.
type Result struct {
	RuleSet         RuleSet
	Charted         []Charted // one per point of the series
	Segments        []Segment // oldest first; empty for an empty series
	Signals         []Signal  // by first point, then by rule in the order of Rule's constants
	Basis           Basis
	Provisional     bool // fewer than 12 charted points in the latest segment: use with care, and at half weight
	Variation       Variation
	VariationReason string // one sentence
	Assurance       Assurance
	AssuranceReason string // one sentence
	Status          Status
	Magnitude       Magnitude // of the latest charted value
	RebaseAdvised   bool      // the process has run beside its mean for 12 points or more: its limits describe the past
	Forecast        *Forecast // nil when none was asked for or too little is known
	Quality         Quality
}

// analysis is the work on one series. Its numbers are the series' times scale.
type analysis struct {
	series Series
	opts   Options
	rules  rules
	scaled
	y     []float64 // values
	chart chart
	out   Result
}

// Analyze judges one series. It is a pure function: the same input gives the same result. Periods without a value are
// skipped by charts, as NHS England's tools skip them, and show in the quality findings. An error is a fault of kind
// Invalid, which names every bad field; NaN and infinities are refused, all finite numbers are taken, and all numbers
// in the result are finite (those beyond the largest float64 become that). Numbers that differ by less than a millionth
// of a millionth of the largest value are taken as equal, so that rounding makes no signals.
func Analyze(s Series, o Options) (Result, error) {
	s, o = withDefaults(s, o)
	if err := check(s, o); err != nil {
		return Result{}, err
	}
	a := analysis{series: s, opts: o, rules: ruleSets[o.RuleSet], out: Result{RuleSet: o.RuleSet}}
	a.y, a.scaled = scale(s.Points)
	a.drawCharts()
	for i := range a.out.Segments {
		a.findSignals(i)
	}
	a.judgeVariation()
	a.judgeAssurance()
	a.out.Status = StatusOf(a.out.Variation, a.out.Assurance)
	a.out.Magnitude = a.magnitude()
	a.out.Forecast = a.forecast()
	a.out.Quality = a.quality()
	a.unscale()
	return a.out, nil
}

// latest is the segment that verdicts are about; false for an empty series.
func (a *analysis) latest() (Segment, bool) {
	if len(a.out.Segments) == 0 {
		return Segment{}, false
	}
	return a.out.Segments[len(a.out.Segments)-1], true
}

// target is the target of the latest point, which verdicts are about.
func (a *analysis) target() Target {
	if len(a.series.Points) == 0 {
		return Target{}
	}
	return a.scaleTarget(a.series.Points[len(a.series.Points)-1].Target)
}
