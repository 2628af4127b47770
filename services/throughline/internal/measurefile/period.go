package measurefile

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/throughline/throughline/services/throughline/internal/tabular"
)

// Day is a calendar day as a number, such as 20100901.
type Day int32

func dayOf(year, month, day int) Day { return Day(year*10000 + month*100 + day) }

// Split is the day's year, month and day of the month.
func (d Day) Split() (year, month, day int) { return int(d) / 10000, int(d) / 100 % 100, int(d) % 100 }

// String is the day by ISO 8601.
func (d Day) String() string {
	y, m, day := d.Split()
	return fmt.Sprintf("%04d-%02d-%02d", y, m, day)
}

// monthsOf is how many months a period of a frequency has.
var monthsOf = map[string]int{"MONTHLY": 1, "QUARTERLY": 3, "YEARLY": 12}

// End is the last day of the period that begins on d.
func (d Day) End(frequency string) Day {
	y, m, _ := d.Split()
	last := time.Date(y, time.Month(m+monthsOf[frequency]), 0, 0, 0, 0, 0, time.UTC)
	return dayOf(last.Year(), int(last.Month()), last.Day())
}

// parts are what a cell's format can hold between braces; all else stands for itself, in any letter case.
var parts = map[string]string{
	"YYYY": `(?P<YYYY>\d{4})`,
	"YY":   `(?P<YY>\d{2})`, // 20YY
	"MM":   `(?P<MM>\d{2})`,
	"M":    `(?P<MM>\d{1,2})`,
	"Mon":  `(?P<Mon>[A-Za-z]{3})[A-Za-z]*\.?`, // an English month, its first three letters at least
	"DD":   `(?P<DD>\d{2})`,
	"D":    `(?P<DD>\d{1,2})`,
	"Q":    `(?P<Q>[1-4])`,
	"*":    `.*`, // anything, not looked at
}

var partNames = []string{"YYYY", "YY", "MM", "M", "Mon", "DD", "D", "Q", "*"}

var months = []string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}

// format reads periods written in one way.
type format struct {
	text string
	re   *regexp.Regexp
	has  map[string]int // group by name
}

// newFormat compiles a format such as "{M}/{D}/{YY} {*}".
func newFormat(text string) (*format, error) {
	var re strings.Builder
	for rest := text; rest != ""; {
		literal, after, braced := strings.Cut(rest, "{")
		re.WriteString(regexp.QuoteMeta(literal))
		rest = ""
		if braced {
			name, tail, closed := strings.Cut(after, "}")
			part, known := parts[name]
			if !closed || !known {
				return nil, fmt.Errorf("has {%s, which is none of {%s}", name, strings.Join(partNames, "}, {"))
			}
			re.WriteString(part)
			rest = tail
		}
	}
	compiled, err := regexp.Compile("(?is)^" + re.String() + "$")
	if err != nil {
		return nil, fmt.Errorf("is not a format: %w", err)
	}
	f := &format{text: text, re: compiled, has: map[string]int{}}
	for i, name := range compiled.SubexpNames() {
		if name == "" {
			continue
		}
		if _, twice := f.has[name]; twice {
			return nil, fmt.Errorf("has two parts for {%s}", name)
		}
		f.has[name] = i
	}
	return f, f.check()
}

func (f *format) check() error {
	has := func(name string) bool { _, ok := f.has[name]; return ok }
	switch {
	case has("YYYY") == has("YY"):
		return fmt.Errorf("wants exactly one of {YYYY} and {YY}")
	case has("MM") && has("Mon"), has("Q") && (has("MM") || has("Mon")):
		return fmt.Errorf("wants at most one of month and quarter")
	case has("DD") && !has("MM") && !has("Mon"):
		return fmt.Errorf("has a day and no month")
	}
	return nil
}

// moment is what a text says of its period; month and quarter are 0 where it says none.
type moment struct{ year, month, quarter int }

const firstYear, lastYear = 1900, 2200

func (f *format) read(text string) (moment, error) {
	m := f.re.FindStringSubmatch(tabular.Tidy(text))
	if m == nil {
		return moment{}, fmt.Errorf("is not written as %s: correct the cell or the format", f.text)
	}
	number := func(name string) int {
		at, ok := f.has[name]
		if !ok {
			return 0
		}
		n, _ := strconv.Atoi(m[at]) // digits, by the expression
		return n
	}
	at := moment{number("YYYY"), number("MM"), number("Q")}
	if _, short := f.has["YY"]; short {
		at.year = 2000 + number("YY")
	}
	if g, ok := f.has["Mon"]; ok {
		at.month = slices.Index(months, strings.ToLower(m[g])) + 1
	}
	if at.year < firstYear || at.year > lastYear {
		return at, fmt.Errorf("is of year %d: want %d to %d", at.year, firstYear, lastYear)
	}
	_, monthA := f.has["MM"]
	_, monthB := f.has["Mon"]
	if (monthA || monthB) && (at.month < 1 || at.month > 12) {
		return at, fmt.Errorf("has no month of the year")
	}
	if _, hasDay := f.has["DD"]; hasDay {
		if d := number("DD"); d < 1 || d > time.Date(at.year, time.Month(at.month+1), 0, 0, 0, 0, 0, time.UTC).Day() {
			return at, fmt.Errorf("has no day of that month")
		}
	}
	return at, nil
}

// start is the first day of the frequency's period that a moment lies in. Yearly values are recorded on 1 January of the year that a
// fiscal year is called by, whichever months it has: that is the year in which the measure's next targets and results look for it.
// Months and quarters are those of the calendar; the quarters of a fiscal year are counted from its first month.
func (y FiscalYear) start(m moment, frequency string) (Day, error) {
	starts := max(y.Starts, 1)
	switch {
	case frequency == "YEARLY" && m.quarter > 0, frequency == "MONTHLY" && m.month == 0, frequency == "QUARTERLY" && m.month+m.quarter == 0:
		return 0, fmt.Errorf("does not tell the period of a %s measure: use a format that does", frequency)
	case frequency == "YEARLY" && m.month > 0 && starts > 1:
		year := m.year
		if m.month >= starts {
			year++
		}
		if y.Named == "START" {
			year--
		}
		return dayOf(year, 1, 1), nil
	case frequency == "YEARLY":
		return dayOf(m.year, 1, 1), nil
	case m.quarter > 0:
		year, month := m.year, starts+3*(m.quarter-1)
		if starts > 1 && y.Named == "END" {
			year--
		}
		if month > 12 {
			year, month = year+1, month-12
		}
		return dayOf(year, month, 1), nil
	case frequency == "QUARTERLY":
		return dayOf(m.year, (m.month-1)/3*3+1, 1), nil
	default:
		return dayOf(m.year, m.month, 1), nil
	}
}
