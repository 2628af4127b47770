package domain

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// Fields of a line, its kind included.
const (
	signalFields   = 5
	evidenceFields = 11
)

// Canonical is the revision's content as text: one line per signal, by subject, each followed by one line per evidence, by
// measure.
//
//	signal TAB subject TAB status TAB met_ppm TAB known_ppm LF
//	evidence TAB measure TAB period_start TAB value TAB revision TAB target TAB upper_target TAB direction TAB status TAB weight TAB margin_ppm LF
//
// Subject and measure are full names. Values are the shortest decimals that read back the same (%g), and 0 where there is
// no value or target. The content hash is SHA-256 over this text, in UTF-8.
func (r ResultsRevision) Canonical() string {
	var b strings.Builder
	line := func(parts ...string) {
		b.WriteString(strings.Join(parts, "\t"))
		b.WriteByte('\n')
	}
	number := func(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }
	for _, s := range r.Signals {
		line("signal", s.Subject, string(s.Status), strconv.Itoa(s.MetPPM), strconv.Itoa(s.KnownPPM))
		for _, e := range s.Evidence {
			line("evidence", MeasureName(r.Organization, e.Measure), string(e.Period), number(e.Value), strconv.FormatInt(e.Revision, 10),
				number(e.Target), number(e.Upper), string(e.Direction), string(e.Status), strconv.Itoa(e.Weight), strconv.Itoa(e.MarginPPM))
		}
	}
	return b.String()
}

func contentHash(canonical string) string {
	sum := sha256.Sum256([]byte(canonical))
	return hex.EncodeToString(sum[:])
}

// ParseSignals reads what Canonical wrote.
func ParseSignals(organization, canonical string) ([]Signal, error) {
	var signals []Signal
	for line := range strings.Lines(canonical) {
		p := fields{parts: strings.Split(strings.TrimSuffix(line, "\n"), "\t")}
		switch {
		case p.parts[0] == "signal" && len(p.parts) == signalFields:
			signals = append(signals, Signal{
				Subject: p.parts[1], Status: Status(p.parts[2]), MetPPM: int(p.integer(3)), KnownPPM: int(p.integer(4)),
			})
		case p.parts[0] == "evidence" && len(p.parts) == evidenceFields && len(signals) > 0:
			s := &signals[len(signals)-1]
			s.Evidence = append(s.Evidence, Evidence{
				Measure: strings.TrimPrefix(p.parts[1], MeasureName(organization, "")), Period: Date(p.parts[2]), Value: p.number(3),
				Revision: p.integer(4), Target: p.number(5), Upper: p.number(6), Direction: Direction(p.parts[7]),
				Status: Status(p.parts[8]), Weight: int(p.integer(9)), MarginPPM: int(p.integer(10)),
			})
		default:
			return nil, fmt.Errorf("canonical results: %q is neither a signal nor its evidence", line)
		}
		if p.err != nil {
			return nil, fmt.Errorf("canonical results: %q: %w", line, p.err)
		}
	}
	return signals, nil
}

// fields reads the parts of a line and keeps the last error.
type fields struct {
	parts []string
	err   error
}

func (f *fields) integer(i int) int64 {
	n, err := strconv.ParseInt(f.parts[i], 10, 64)
	if err != nil {
		f.err = err
	}
	return n
}

func (f *fields) number(i int) float64 {
	n, err := strconv.ParseFloat(f.parts[i], 64)
	if err != nil {
		f.err = err
	}
	return n
}
