package domain

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/throughline/throughline/services/performance/internal/domain/analysis"
)

// MinQuality is the least quality of data, 0 to 100, that evidence can be used with.
const MinQuality = 50

// Judge tells what a measure's values say. Series holds the latest revision of each period of one dimension, by period; now
// is the moment by which values may be late. Weight is left 0, because a measure weighs differently among the measures of
// each subject. Two things are told apart: the latest value that has a target against that target (Status), and the process
// as its chart shows it (Variation, Assurance).
func Judge(m Measure, series []Observation, rules analysis.RuleSet, now time.Time) (Evidence, error) {
	found, err := Analyze(m, series, Question{Rules: rules, Now: now})
	if err != nil {
		return Evidence{}, fmt.Errorf("analyze %s: %w", m.Name(), err)
	}
	e := m.against(series)
	e.Variation, e.Assurance, e.StatusWord = found.Variation, found.Assurance, found.Status
	e.Basis, e.Provisional, e.Quality = found.Basis, found.Provisional, found.Quality.Score
	if found.Magnitude.OK {
		e.MagnitudeMilli = &found.Magnitude.Milli
	}
	e.Usable, e.Reason = use(found)
	e.Points, e.SeriesHash = len(series), m.SeriesHash(series)
	return e, nil
}

// against compares the latest value that has a target with it; where none has, the latest value stays unjudged.
func (m Measure) against(series []Observation) Evidence {
	e := Evidence{Measure: m.ID, Direction: m.Direction, Status: Unknown}
	if len(series) == 0 {
		return e
	}
	at := len(series) - 1
	for i := at; i >= 0; i-- {
		t, ok := m.TargetAt(series[i].Period)
		if !ok {
			continue
		}
		at, e.Target = i, t.Value
		if m.Direction == MaintainRange {
			e.Upper = t.Upper
		}
		e.Status, e.MarginPPM = t.Judge(m.Direction, series[i].Value)
		break
	}
	e.Period, e.Value, e.Revision = series[at].Period, series[at].Value, series[at].Revision
	return e
}

// use says whether a result can move money, and why it says what it says or cannot be used.
func use(r analysis.Result) (usable bool, reason string) {
	switch {
	case r.Variation == analysis.InsufficientData:
		return false, "Not usable: " + r.VariationReason
	case r.Quality.Score < MinQuality:
		details := make([]string, len(r.Quality.Findings))
		for i, f := range r.Quality.Findings {
			details[i] = f.Detail
		}
		return false, fmt.Sprintf("Not usable: the data's quality of %d is below %d: %s.", r.Quality.Score, MinQuality, strings.Join(details, "; "))
	default:
		return true, r.VariationReason + " " + r.AssuranceReason
	}
}

// SeriesHash is SHA-256 (hex, lower case) over one line for each value, by period, in UTF-8:
//
//	period_start TAB value TAB revision TAB target TAB upper_target LF
//
// Numbers are the shortest decimals that read back the same (%g). Target and upper_target are empty where the period has no
// target, upper_target for any direction but MAINTAIN_RANGE too.
func (m Measure) SeriesHash(series []Observation) string {
	hash, line := sha256.New(), make([]byte, 0, 80)
	for _, o := range series {
		line = append(append(line[:0], o.Period...), '\t')
		line = append(strconv.AppendFloat(line, o.Value, 'g', -1, 64), '\t')
		line = append(strconv.AppendInt(line, o.Revision, 10), '\t')
		t, ok := m.TargetAt(o.Period)
		if ok {
			line = strconv.AppendFloat(line, t.Value, 'g', -1, 64)
		}
		line = append(line, '\t')
		if ok && m.Direction == MaintainRange {
			line = strconv.AppendFloat(line, t.Upper, 'g', -1, 64)
		}
		hash.Write(append(line, '\n'))
	}
	return hex.EncodeToString(hash.Sum(nil))
}
