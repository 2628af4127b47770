package domain

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
)

// resultsFormat is the version of the canonical text.
const resultsFormat = "2"

// absent stands for a magnitude that there is none of.
const absent = "-"

// Canonical is the revision's content as text: lines of fields with a TAB between and a LF at the end. The first line names
// the format's version, the rule set and the least quality that can be used. A block of lines follows for each measure, by
// id: the definition it was judged by (direction and frequency, targets by start, re-basings by start), the series, the
// latest value against its target, and the verdicts. A line follows for each signal, by subject, and after it one for each
// measure in it, by id.
//
//	results 2 rule_set min_quality
//	measure name direction frequency
//	target start end value upper_value
//	rebasing start reason
//	series points series_hash
//	latest period_start value revision target upper_target status margin_ppm
//	verdict variation assurance basis provisional quality_score magnitude_milli usable reason
//	signal subject status met_ppm known_ppm variation assurance usable_ppm provisional quality_score
//	evidence measure weight
//
// Measures and subjects are full names. Numbers are the shortest decimals that read back the same (%g), and 0 where there is
// no value, no target or, for any direction but MAINTAIN_RANGE, no upper end; days are empty where there is none;
// magnitude_milli is - where there is none; provisional and usable are true or false. In reasons a backslash is \\,
// a TAB \t and a LF \n. Status words are left out: variation and assurance tell them. The content hash is SHA-256 over this
// text, in UTF-8.
func (r ResultsRevision) Canonical() string {
	var b strings.Builder
	line := func(parts ...string) {
		b.WriteString(strings.Join(parts, "\t"))
		b.WriteByte('\n')
	}
	line("results", resultsFormat, string(r.Rules), strconv.Itoa(r.MinQuality))
	for _, j := range r.Judged {
		j.lines(line)
	}
	for _, s := range r.Signals {
		line("signal", s.Subject, string(s.Status), strconv.Itoa(s.MetPPM), strconv.Itoa(s.KnownPPM), string(s.Variation),
			string(s.Assurance), strconv.Itoa(s.UsablePPM), strconv.FormatBool(s.Provisional), strconv.Itoa(s.Quality))
		for _, e := range s.Evidence {
			line("evidence", MeasureName(r.Organization, e.Measure), strconv.Itoa(e.Weight))
		}
	}
	return b.String()
}

func (j Judged) lines(line func(parts ...string)) {
	m, e := j.Measure, j.Evidence
	number := func(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }
	line("measure", m.Name(), string(m.Direction), string(m.Frequency))
	for _, t := range m.Targets {
		line("target", string(t.Start), string(t.End), number(t.Value), number(t.Upper))
	}
	for _, r := range m.Rebasings {
		line("rebasing", string(r.Start), escaper.Replace(r.Reason))
	}
	magnitude := absent
	if e.MagnitudeMilli != nil {
		magnitude = strconv.Itoa(*e.MagnitudeMilli)
	}
	line("series", strconv.Itoa(e.Points), e.SeriesHash)
	line("latest", string(e.Period), number(e.Value), strconv.FormatInt(e.Revision, 10), number(e.Target), number(e.Upper),
		string(e.Status), strconv.Itoa(e.MarginPPM))
	line("verdict", string(e.Variation), string(e.Assurance), string(e.Basis), strconv.FormatBool(e.Provisional),
		strconv.Itoa(e.Quality), magnitude, strconv.FormatBool(e.Usable), escaper.Replace(e.Reason))
}

func contentHash(canonical string) string {
	sum := sha256.Sum256([]byte(canonical))
	return hex.EncodeToString(sum[:])
}

// Escapes keep a reason, which people write, on its line and in its field.
var (
	escaper   = strings.NewReplacer(`\`, `\\`, "\t", `\t`, "\n", `\n`)
	unescaper = strings.NewReplacer(`\\`, `\`, `\t`, "\t", `\n`, "\n")
)
