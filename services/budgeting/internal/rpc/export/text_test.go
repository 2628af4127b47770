package export

import (
	"bytes"
	"encoding/csv"
	"math"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestEscape(t *testing.T) {
	for in, want := range map[string]string{
		"":                               "",
		"Fire and rescue":                "Fire and rescue",
		"=1+1":                           "'=1+1",
		"=cmd|' /C calc'!A0":             "'=cmd|' /C calc'!A0",
		"+1":                             "'+1",
		"-1":                             "'-1",
		"@SUM(A1:A9)":                    "'@SUM(A1:A9)",
		"\t=1":                           "'\t=1",
		"\r=1":                           "'\n=1",
		"\n=1":                           "'\n=1",
		" =1":                            "' =1",
		"\u00a0=1":                       "'\u00a0=1",
		"\ufeff=1":                       "'\ufeff=1",
		"＝1":                             "'＝1",
		"＠SUM(1)":                        "'＠SUM(1)",
		"'=1":                            "''=1",
		"''+1":                           "'''+1",
		"'s-Gravenhage":                  "'s-Gravenhage",
		"a=b":                            "a=b",
		"−5 USD":                         "−5 USD", // a minus sign, not a hyphen: no spreadsheet calculates with it
		"two\r\nlines":                   "two\nlines",
		"=HYPERLINK(\"http://x\",\"y\")": "'=HYPERLINK(\"http://x\",\"y\")",
		"a\xff":                          "a\uFFFD",
	} {
		if got := Escape(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

func TestDecimal(t *testing.T) {
	for _, c := range []struct {
		amount   int64
		exponent int
		want     string
	}{
		{0, 2, "0.00"},
		{5, 2, "0.05"},
		{-5, 2, "-0.05"},
		{-50, 2, "-0.50"},
		{123, 2, "1.23"},
		{-123456, 2, "-1234.56"},
		{7, 0, "7"},
		{-7, 0, "-7"},
		{1, 4, "0.0001"},
		{1234567, 3, "1234.567"},
		{math.MaxInt64, 2, "92233720368547758.07"},
		{math.MinInt64, 2, "-92233720368547758.08"},
	} {
		if got := decimal(c.amount, c.exponent); got != c.want {
			t.Errorf("%d with %d decimals is %q, want %q", c.amount, c.exponent, got, c.want)
		}
	}
}

func FuzzEscape(f *testing.F) {
	for _, s := range []string{"", "=1", "'=1", " -", "\r\n+", "a,b\"c\r\nd", "＝", "\xff=", "'", "''", "\u3000@"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		cell := Escape(s)
		clean := strings.ReplaceAll(strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\r\n", "\n"), "\r", "\n")
		if Unescape(cell) != clean {
			t.Fatalf("%q becomes %q and comes back as %q", s, cell, Unescape(cell))
		}
		if !utf8.ValidString(cell) || (cell != "" && strings.ContainsRune("=+-@\t\r\n", rune(cell[0]))) {
			t.Fatalf("%q becomes %q", s, cell)
		}
		first := strings.TrimLeft(cell, " \u00A0\u200B\u3000\uFEFF")
		if r, _ := utf8.DecodeRuneInString(first); strings.ContainsRune("=+-@＝＋－＠", r) && first != "" {
			t.Fatalf("%q becomes %q: a formula to those who trim", s, cell)
		}
		var out bytes.Buffer
		table, err := newTable(&out, "USD", []string{"a", "b", "c"})
		if err != nil {
			t.Fatal(err)
		}
		if err := table.text(s, s).money(-105).end(); err != nil {
			t.Fatal(err)
		}
		if err := table.flush(); err != nil {
			t.Fatal(err)
		}
		read, err := csv.NewReader(&out).ReadAll()
		if err != nil || len(read) != 2 {
			t.Fatalf("%q: %v, %v", s, read, err)
		}
		if row := read[1]; row[0] != cell || row[1] != cell || row[2] != "-1.05" {
			t.Fatalf("%q is read back as %q", s, row)
		}
	})
}
