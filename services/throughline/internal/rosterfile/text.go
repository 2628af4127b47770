package rosterfile

import (
	"errors"
	"fmt"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/type/date"
)

// dateFormat reads days that are written in one way.
type dateFormat struct {
	re    *regexp.Regexp
	parts []string // of the groups
}

var dateParts = map[string]string{"YYYY": `(\d{4})`, "MM": `(\d{2})`, "M": `(\d{1,2})`, "DD": `(\d{2})`, "D": `(\d{1,2})`}

var partRE = regexp.MustCompile(`\{[^}]*\}|\*`)

// newDateFormat compiles a format of {YYYY}, {MM} or {M}, {DD} or {D}, other characters as they are, and * for any others.
func newDateFormat(format string) (*dateFormat, error) {
	var f dateFormat
	var b strings.Builder
	b.WriteString("^")
	at := 0
	for _, m := range partRE.FindAllStringIndex(format, -1) {
		b.WriteString(regexp.QuoteMeta(format[at:m[0]]))
		part := format[m[0]:m[1]]
		at = m[1]
		if part == "*" {
			b.WriteString(".*")
			continue
		}
		name := strings.Trim(part, "{}")
		pattern, ok := dateParts[name]
		if !ok {
			return nil, fmt.Errorf("has the unknown part %s: use {YYYY}, {MM} or {M}, {DD} or {D}", part)
		}
		b.WriteString(pattern)
		f.parts = append(f.parts, name[:1])
	}
	b.WriteString(regexp.QuoteMeta(format[at:]) + "$")
	if joined := strings.Join(f.parts, ""); len(joined) != 3 || !strings.Contains(joined, "Y") || !strings.Contains(joined, "M") || !strings.Contains(joined, "D") {
		return nil, errors.New("must have a year, a month and a day, each once, such as {MM}/{DD}/{YYYY}")
	}
	var err error
	f.re, err = regexp.Compile(b.String())
	return &f, err
}

// read is the day that text tells; fits is false when it is written in another way.
func (f *dateFormat) read(text string) (day *date.Date, fits bool) {
	m := f.re.FindStringSubmatch(text)
	if m == nil {
		return nil, false
	}
	n := map[string]int{}
	for i, part := range f.parts {
		n[part], _ = strconv.Atoi(m[i+1]) // digits, at most four
	}
	t := time.Date(n["Y"], time.Month(n["M"]), n["D"], 0, 0, 0, 0, time.UTC)
	if t.Year() != n["Y"] || int(t.Month()) != n["M"] || t.Day() != n["D"] {
		return nil, false
	}
	return &date.Date{Year: int32(n["Y"]), Month: int32(n["M"]), Day: int32(n["D"])}, true
}

var decimalRE = regexp.MustCompile(`^-?\d{1,12}(\.\d{1,12})?$`)

// decimal reads a plain number exactly.
func decimal(text string) (*big.Rat, bool) {
	if !decimalRE.MatchString(text) {
		return nil, false
	}
	return new(big.Rat).SetString(text)
}

const ppm = 1_000_000

// share is n of full in parts per million, to the nearest.
func share(n, full *big.Rat) (int32, error) {
	r := new(big.Rat).Quo(n, full)
	if r.Sign() <= 0 || r.Cmp(big.NewRat(1, 1)) > 0 {
		return 0, errors.New("is no share of full time: want more than nothing and at most all of it; check full_time, or leave the cell blank for full time")
	}
	r.Mul(r, big.NewRat(ppm, 1)).Add(r, big.NewRat(1, 2))
	return int32(max(1, new(big.Int).Quo(r.Num(), r.Denom()).Int64())), nil
}
