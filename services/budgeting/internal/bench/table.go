package main

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// table is the result: rows of comparison, and whether any of them shows that objectives disagree.
type table struct {
	rows     [][]string
	disagree bool
}

var header = []string{"job", "ours, CPU ms", "peer", "peer, CPU ms", "ratio", "wanted", "objectives"}

// verdict is what a comparison of two answers came to.
type verdict struct {
	wrong bool // they contradict each other
	text  string
}

// own adds a row of ours alone.
func (t *table) own(job string, ours time.Duration, wanted string, v verdict) {
	t.add(v, job, millis(ours), "", "", "", wanted, v.text)
}

// against adds a comparison. A peer that ran out of time shows what it spent, and the ratio is at least that.
func (t *table) against(job string, ours time.Duration, name string, theirs time.Duration, unfinished bool, wanted string, v verdict) {
	more := ""
	if unfinished {
		more = "> "
	}
	t.add(v, job, millis(ours), name, more+millis(theirs), more+times(ratio(theirs, ours)), wanted, v.text)
}

// skipped adds a row for a peer that is not here or could not run.
func (t *table) skipped(job, name, why string) {
	t.add(verdict{}, job, "", name, "", "", "", "skipped: "+why)
}

func (t *table) add(v verdict, cells ...string) {
	if v.wrong {
		t.disagree = true
		cells[len(cells)-1] = "DISAGREE: " + v.text
	}
	t.rows = append(t.rows, cells)
}

func (t *table) write(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	rule := make([]string, len(header))
	for i, h := range header {
		rule[i] = strings.Repeat("-", len(h))
	}
	for _, row := range append([][]string{header, rule}, t.rows...) {
		if _, err := fmt.Fprintln(w, strings.Join(row, "\t")); err != nil {
			return fmt.Errorf("write table: %w", err)
		}
	}
	return w.Flush()
}

// ratio is how many times as long a is as b.
func ratio(a, b time.Duration) float64 { return float64(a) / math.Max(float64(b), 1) }

func times(r float64) string {
	if r < 10 {
		return strconv.FormatFloat(r, 'f', 1, 64) + "x"
	}
	return grouped(int64(math.Round(r))) + "x"
}

// millis has three significant figures or more.
func millis(d time.Duration) string {
	ms := float64(d) / float64(time.Millisecond)
	switch {
	case ms < 10:
		return strconv.FormatFloat(ms, 'f', 2, 64)
	case ms < 100:
		return strconv.FormatFloat(ms, 'f', 1, 64)
	default:
		return grouped(int64(math.Round(ms)))
	}
}

// grouped writes thousands with commas.
func grouped(n int64) string {
	s := strconv.FormatInt(n, 10)
	for at := len(s) - 3; at > 0 && s[at-1] != '-'; at -= 3 {
		s = s[:at] + "," + s[at:]
	}
	return s
}
