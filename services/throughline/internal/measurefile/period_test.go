package measurefile

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestPeriods(t *testing.T) {
	us, uk, calendar := FiscalYear{Starts: 10, Named: "END"}, FiscalYear{Starts: 4, Named: "START"}, FiscalYear{}
	for _, tt := range []struct {
		name, format, text, frequency string
		year                          FiscalYear
		start, end, problem           string
	}{
		{"a year is its label", "{YYYY}", "2010", "YEARLY", us, "2010-01-01", "2010-12-31", ""},
		{"a label of two digits", "FY{YY} Actual", "fy18  actual", "YEARLY", us, "2018-01-01", "2018-12-31", ""},
		{"the last day of a fiscal year", "{M}/{D}/{YY} {*}", "9/30/10 0:00", "YEARLY", us, "2010-01-01", "2010-12-31", ""},
		{"the first day of the next", "{M}/{D}/{YY} {*}", "10/1/10 0:00", "YEARLY", us, "2011-01-01", "2011-12-31", ""},
		{"named by its start", "{YYYY}-{MM}", "2015-03", "YEARLY", uk, "2014-01-01", "2014-12-31", ""},
		{"named by its start, at the start", "{YYYY}-{MM}", "2015-04", "YEARLY", uk, "2015-01-01", "2015-12-31", ""},
		{"calendar year of a day", "{YYYY}-{MM}-{DD}", "2012-12-31", "YEARLY", calendar, "2012-01-01", "2012-12-31", ""},
		{"a month", "{YYYY}-{MM}", "2012-02", "MONTHLY", us, "2012-02-01", "2012-02-29", ""},
		{"a month by name", "{Mon} {YYYY}", "Sept. 2012", "MONTHLY", us, "2012-09-01", "2012-09-30", ""},
		{"a day in a quarter", "{YYYY}-{MM}-{DD}", "2012-08-15", "QUARTERLY", us, "2012-07-01", "2012-09-30", ""},
		{"a calendar quarter", "{YYYY}-Q{Q}", "2012-q4", "QUARTERLY", calendar, "2012-10-01", "2012-12-31", ""},
		{"the first quarter of a fiscal year named by its end", "{YYYY} Q{Q}", "2015 Q1", "QUARTERLY", us, "2014-10-01", "2014-12-31", ""},
		{"the last quarter of it", "{YYYY} Q{Q}", "2015 Q4", "QUARTERLY", us, "2015-07-01", "2015-09-30", ""},
		{"the second quarter of a fiscal year named by its start", "{YYYY} Q{Q}", "2014 Q2", "QUARTERLY", uk, "2014-07-01", "2014-09-30", ""},
		{"the last quarter of that", "{YYYY} Q{Q}", "2014 Q4", "QUARTERLY", uk, "2015-01-01", "2015-03-31", ""},
		{"not written so", "{YYYY}", "FY2010", "YEARLY", us, "", "", "is not written as {YYYY}"},
		{"no such month", "{YYYY}-{MM}", "2010-13", "YEARLY", us, "", "", "has no month of the year"},
		{"no such month by name", "{Mon} {YYYY}", "Foo 2010", "YEARLY", us, "", "", "has no month of the year"},
		{"no such day", "{YYYY}-{MM}-{DD}", "2011-02-29", "YEARLY", us, "", "", "has no day of that month"},
		{"too early", "{YYYY}", "0010", "YEARLY", us, "", "", "is of year 10"},
		{"a year for a monthly measure", "{YYYY}", "2010", "MONTHLY", us, "", "", "does not tell the period of a MONTHLY measure"},
		{"a year for a quarterly measure", "{YYYY}", "2010", "QUARTERLY", us, "", "", "does not tell the period"},
		{"a quarter for a yearly measure", "{YYYY} Q{Q}", "2010 Q1", "YEARLY", us, "", "", "does not tell the period"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, err := newFormat(tt.format)
			if err != nil {
				t.Fatal(err)
			}
			var got Day
			m, err := f.read(tt.text)
			if err == nil {
				got, err = tt.year.start(m, tt.frequency)
			}
			if tt.problem != "" {
				if err == nil || !strings.Contains(err.Error(), tt.problem) {
					t.Errorf("error %v, want %s", err, tt.problem)
				}
				return
			}
			if err != nil || got.String() != tt.start || got.End(tt.frequency).String() != tt.end {
				t.Errorf("%s to %s, %v; want %s to %s", got, got.End(tt.frequency), err, tt.start, tt.end)
			}
		})
	}
}

func TestFormatsThatAreRefused(t *testing.T) {
	for format, problem := range map[string]string{
		"":                    "exactly one of {YYYY} and {YY}",
		"{MM}":                "exactly one of {YYYY} and {YY}",
		"{YYYY} {YY}":         "exactly one of {YYYY} and {YY}",
		"{YYYY} {YYYY}":       "two parts for {YYYY}",
		"{YYYY} {M} {MM}":     "two parts for {MM}",
		"{YYYY} {Mon} {MM}":   "at most one of month and quarter",
		"{YYYY} {Mon} Q{Q}":   "at most one of month and quarter",
		"{YYYY} {DD}":         "has a day and no month",
		"{YYYY":               "which is none of",
		"{year}":              "{year, which is none of {YYYY}",
		"{YYYY} {M} {D} {DD}": "two parts for {DD}",
	} {
		if _, err := newFormat(format); err == nil || !strings.Contains(err.Error(), problem) {
			t.Errorf("%q: %v, want %s", format, err, problem)
		}
	}
}

// A period begins on the first day of a month that the frequency knows, and ends before the next one begins.
func TestPeriodsAreAligned(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		y := FiscalYear{Starts: rapid.SampledFrom([]int{0, 1, 4, 7, 10}).Draw(t, "starts"), Named: rapid.SampledFrom([]string{"START", "END"}).Draw(t, "named")}
		frequency := rapid.SampledFrom(frequencies).Draw(t, "frequency")
		m := moment{year: rapid.IntRange(firstYear+1, lastYear).Draw(t, "year"), month: rapid.IntRange(1, 12).Draw(t, "month")}
		if frequency == "QUARTERLY" && rapid.Bool().Draw(t, "quarters") {
			m.month, m.quarter = 0, rapid.IntRange(1, 4).Draw(t, "quarter")
		}
		d, err := y.start(m, frequency)
		if err != nil {
			t.Fatal(err)
		}
		year, month, day := d.Split()
		if length := monthsOf[frequency]; day != 1 || (month-1)%length != 0 || year < m.year-1 || year > m.year+1 {
			t.Errorf("%+v by %+v begins on %s", m, y, d)
		}
		if end := d.End(frequency); end <= d {
			t.Errorf("%s ends on %s", d, end)
		}
	})
}
