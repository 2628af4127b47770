package domain

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/throughline/throughline/services/performance/internal/domain/analysis"
)

// Parsed is r with what Canonical wrote of it: Rules, MinQuality, Judged and Signals. The former format, which had no first
// line, no measures and no verdicts, reads as a revision without Rules and Judged:
//
//	signal subject status met_ppm known_ppm
//	evidence measure period_start value revision target upper_target direction status weight margin_ppm
func (r ResultsRevision) Parsed(canonical string) (ResultsRevision, error) {
	r.Rules, r.MinQuality, r.Judged, r.Signals = "", 0, nil, nil
	p := reader{revision: r, byName: map[string]int{}}
	for line := range strings.Lines(canonical) {
		p.parts = strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if ok := p.line(); p.err != nil || !ok {
			return r, fmt.Errorf("canonical results: line %q: %w", line, cmp.Or(p.err, errLine))
		}
	}
	return p.revision, nil
}

var errLine = errors.New("no line of this format, or not in its place")

// reader reads line by line.
type reader struct {
	revision ResultsRevision
	byName   map[string]int // position in Judged by measure name
	fields
}

// line is false for a line that is none, or not in its place.
func (p *reader) line() bool {
	r := &p.revision
	switch p.shape() {
	case "results 4":
		if r.Rules != "" || p.parts[1] != resultsFormat {
			return false
		}
		r.Rules, r.MinQuality = analysis.RuleSet(p.parts[2]), p.int(3)
	case "measure 4":
		if r.Rules == "" {
			return false
		}
		p.byName[p.parts[1]] = len(r.Judged)
		m := Measure{Organization: r.Organization, ID: p.id(1), Direction: Direction(p.parts[2]), Frequency: Frequency(p.parts[3])}
		r.Judged = append(r.Judged, Judged{Measure: m, Evidence: Evidence{Measure: m.ID, Direction: m.Direction}})
	case "signal 5", "signal 10":
		r.Signals = append(r.Signals, p.signal())
	case "evidence 3", "evidence 11":
		if len(r.Signals) == 0 {
			return false
		}
		e, known := p.evidence()
		s := &r.Signals[len(r.Signals)-1]
		s.Evidence = append(s.Evidence, e)
		return known
	default:
		return len(r.Judged) > 0 && p.judged(&r.Judged[len(r.Judged)-1])
	}
	return true
}

// judged reads a line of a measure's block.
func (p *reader) judged(j *Judged) bool {
	e := &j.Evidence
	switch p.shape() {
	case "target 5":
		j.Measure.Targets = append(j.Measure.Targets, Target{
			Start: Date(p.parts[1]), End: Date(p.parts[2]), Value: p.number(3), Upper: p.number(4),
		})
	case "rebasing 3":
		j.Measure.Rebasings = append(j.Measure.Rebasings, Rebasing{Start: Date(p.parts[1]), Reason: unescaper.Replace(p.parts[2])})
	case "series 3":
		e.Points, e.SeriesHash = p.int(1), p.parts[2]
	case "latest 8":
		e.Period, e.Value, e.Revision, e.Target, e.Upper = Date(p.parts[1]), p.number(2), p.integer(3), p.number(4), p.number(5)
		e.Status, e.MarginPPM = Status(p.parts[6]), p.int(7)
	case "verdict 9":
		e.Variation, e.Assurance = analysis.Variation(p.parts[1]), analysis.Assurance(p.parts[2])
		e.StatusWord = analysis.StatusOf(e.Variation, e.Assurance)
		e.Basis, e.Provisional, e.Quality = analysis.Basis(p.parts[3]), p.flag(4), p.int(5)
		if p.parts[6] != absent {
			e.MagnitudeMilli = new(p.int(6))
		}
		e.Usable, e.Reason = p.flag(7), unescaper.Replace(p.parts[8])
	default:
		return false
	}
	return true
}

func (p *reader) signal() Signal {
	s := Signal{Subject: p.parts[1], Status: Status(p.parts[2]), MetPPM: p.int(3), KnownPPM: p.int(4)}
	if len(p.parts) > 5 {
		s.Variation, s.Assurance = analysis.Variation(p.parts[5]), analysis.Assurance(p.parts[6])
		s.StatusWord = analysis.StatusOf(s.Variation, s.Assurance)
		s.UsablePPM, s.Provisional, s.Quality = p.int(7), p.flag(8), p.int(9)
	}
	return s
}

// evidence is what the measure's block said; the former format said it here.
func (p *reader) evidence() (e Evidence, known bool) {
	if len(p.parts) == 3 {
		at, known := p.byName[p.parts[1]]
		if known {
			e = p.revision.Judged[at].Evidence
			e.Weight = p.int(2)
		}
		return e, known
	}
	return Evidence{
		Measure: p.id(1), Period: Date(p.parts[2]), Value: p.number(3), Revision: p.integer(4), Target: p.number(5), Upper: p.number(6),
		Direction: Direction(p.parts[7]), Status: Status(p.parts[8]), Weight: p.int(9), MarginPPM: p.int(10),
	}, true
}

// id is that of the measure named in a field.
func (p *reader) id(i int) string {
	return strings.TrimPrefix(p.parts[i], MeasureName(p.revision.Organization, ""))
}

// fields reads the parts of a line and keeps the last error.
type fields struct {
	parts []string
	err   error
}

// shape is the kind of line and its number of fields, such as "series 3".
func (f *fields) shape() string { return f.parts[0] + " " + strconv.Itoa(len(f.parts)) }

func (f *fields) integer(i int) int64 {
	n, err := strconv.ParseInt(f.parts[i], 10, 64)
	return keep(f, n, err)
}

func (f *fields) int(i int) int { return int(f.integer(i)) }

func (f *fields) number(i int) float64 {
	n, err := strconv.ParseFloat(f.parts[i], 64)
	return keep(f, n, err)
}

func (f *fields) flag(i int) bool {
	b, err := strconv.ParseBool(f.parts[i])
	return keep(f, b, err)
}

func keep[T any](f *fields, v T, err error) T {
	if err != nil {
		f.err = err
	}
	return v
}
