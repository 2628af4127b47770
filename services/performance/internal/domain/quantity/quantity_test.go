package quantity

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/throughline/throughline/services/platform/fault"
)

var (
	points   = Rules{}
	fraction = Rules{Percent: Fraction}
	comma    = Rules{DecimalComma: true, Units: []string{"€"}}
	words    = Rules{Units: []string{"weeks", "m", "per 1,000 residents"}, Missing: []string{"#Missing", "-99", " n. a. "}}
)

func TestParse(t *testing.T) {
	for _, tt := range []struct {
		text  string
		rules Rules
		want  float64
	}{
		{"85", points, 85},
		{"85%", points, 85},
		{"85 %", points, 85},
		{"85%", fraction, 0.85},
		{"0.1%", fraction, 0.001},
		{"85", fraction, 85}, // no sign, no fraction
		{"125,825", points, 125825},
		{"11,896,352", points, 11896352},
		{"4,411,834.8", points, 4411834.8},
		{"7.9M", points, 7.9e6},
		{"3.2 m", points, 3.2e6},
		{"1.1B", points, 1.1e9},
		{"1.1 bn", points, 1.1e9},
		{"1.1Bn", points, 1.1e9},
		{"2T", points, 2e12},
		{"12k", points, 12000},
		{"4.35K", points, 4350}, // 4.35*1000 is 4350.000000000001
		{"-27", points, -27},
		{"−27", points, -27},
		{"+27", points, 27},
		{"(27)", points, -27},
		{"($1.2M)", points, -1.2e6},
		{"( 5% )", points, -5},
		{"-$1,234.50", points, -1234.5},
		{"£ 9", points, 9},
		{".5", points, 0.5},
		{"-.5", points, -0.5},
		{"1e3", points, 1000},
		{"1.5E-3", points, 0.0015},
		{"1e+2%", fraction, 1},
		{"1e-400", points, 0},
		{"-0", points, 0},
		{"007", points, 7},
		{"\u00a0 12\t", points, 12},
		{"1.234,5", comma, 1234.5},
		{"1.234", comma, 1234},
		{"0,5", comma, 0.5},
		{"1.234,50 €", comma, 1234.5},
		{"12 weeks", words, 12},
		{"12 Weeks", words, 12},
		{"12weeks", words, 12},
		{"5%weeks", words, 5},
		{"5 m", words, 5}, // declared as a unit
		{"5k m", words, 5000},
		{"5 M weeks", words, 5e6},
		{"20 per 1,000 residents", words, 20},
		{"9007199254740993", points, 9007199254740992}, // the nearest there is
		{"179769313486231570000000000000000000000000000000000" + strings.Repeat("0", 258), points, math.MaxFloat64},
	} {
		got, known, err := Parse(tt.text, tt.rules)
		if err != nil || !known || got != tt.want || math.Signbit(got) != math.Signbit(tt.want) {
			t.Errorf("%q is %v, %v, %v; want %v", tt.text, got, known, err, tt.want)
		}
	}
}

func TestMissing(t *testing.T) {
	for text, rules := range map[string]Rules{
		"": points, "  ": points, "-": points, "N/A": points, "na": points, "TBR": points, "tbd": points, "Null": points,
		"#Missing": points, "#N/A": points, "#missing": words, "-99": words, "N. A.": words,
	} {
		if got, known, err := Parse(text, rules); got != 0 || known || err != nil {
			t.Errorf("%q is %v, %v, %v", text, got, known, err)
		}
	}
}

// Each refusal says the text and what would mend it.
func TestRefused(t *testing.T) {
	for _, tt := range []struct {
		text  string
		rules Rules
		says  string
	}{
		{"", words, "value_rules.missing"},
		{"TBR", words, "value_rules.missing"},
		{"N/A%", points, "value_rules.missing"},
		{"NaN", points, "value_rules.missing"},
		{"Inf", points, "does not start with a number"},
		{"-Infinity", points, "does not start with a number"},
		{"0x1F", points, `"x1F" after the number`},
		{"1_000", points, `"_000" after the number`},
		{"1,23", points, "set value_rules.decimal_comma to true"},
		{"0,123", points, "set value_rules.decimal_comma to true"},
		{"1,2345", points, "groups of three"},
		{"1234,567", points, "groups of three"},
		{"1,234,5", points, "groups of three"},
		{"1.5", comma, "set value_rules.decimal_comma to false"},
		{"1.2.3", points, "one decimal mark"},
		{"1.234,5", points, "set value_rules.decimal_comma"},
		{"5.", points, "one decimal mark"},
		{"1 2", points, "one number"},
		{"12 weeks", points, `"weeks" after the number; if that means nothing more, add it to value_rules.units`},
		{"8 Weeks ago", words, "value_rules.units"},
		{"1 Hour%", points, `"Hour%" after the number`},
		{"5 million", points, "value_rules.units"},
		{"5 b", points, "value_rules.units"}, // a lower-case b or t is no magnitude
		{"5 t", points, "value_rules.units"},
		{"5%%", points, "after the number"},
		{"5M%", points, "after the number"},
		{"5-10", points, `"-10" after the number`},
		{"1/2", points, `"/2" after the number`},
		{"<5", points, "send the number alone"},
		{"--5", points, "send the number alone"},
		{"(-5)", points, "send the number alone"},
		{"()", points, "send the number alone"},
		{"(5)%", points, "hold the whole amount"},
		{"(5 pct)", points, "value_rules.units"},
		{"$-5", points, "send the number alone"},
		{"USD 5", points, "send the number alone"},
		{"5e", points, `"e" after the number`},
		{"٥", points, "send the number alone"},
		{"1e309", points, "larger unit"},
		{"1e99999999999999999999", points, "larger unit"},
		{strings.Repeat("x", 200), points, "…"},
	} {
		got, known, err := Parse(tt.text, tt.rules)
		if err == nil || known || got != 0 {
			t.Errorf("%q is %v, %v", tt.text, got, known)
		} else if !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%q: %v; want %q in it", tt.text, err, tt.says)
		}
	}
}

func TestRulesAreChecked(t *testing.T) {
	if err := words.Check("r"); err != nil {
		t.Error(err)
	}
	f, _ := fault.As(Rules{Units: []string{"weeks", " ", " % of calls"}}.Check("r"))
	if f == nil || len(f.Violations) != 2 || f.Violations[0].Field != "r.units[1]" || f.Violations[1].Field != "r.units[2]" {
		t.Errorf("%v", f)
	}
}

// written is a value as a text of the rules, with every shortest digit.
func written(v float64, r Rules) string {
	text := strconv.FormatFloat(v, 'g', -1, 64)
	if r.DecimalComma {
		text = strings.ReplaceAll(text, ".", ",")
	}
	return text
}

func anyRules(t *rapid.T) Rules {
	return Rules{
		DecimalComma: rapid.Bool().Draw(t, "comma"),
		Percent:      rapid.SampledFrom([]Percent{"", Points, Fraction}).Draw(t, "percent"),
		Units:        rapid.SliceOfN(rapid.SampledFrom([]string{"weeks", "m", "k", "€", "(calendar year)"}), 0, 3).Draw(t, "units"),
	}
}

// Any finite number is read back as it was, grouped or not, and with whatever may stand around it.
func TestWrittenNumbersAreReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := anyRules(t)
		v := rapid.Float64().Draw(t, "value")
		text := rapid.SampledFrom([]string{"", " "}).Draw(t, "space") + written(v, r)
		if len(r.Units) > 0 && rapid.Bool().Draw(t, "unit") {
			text += " " + strings.ToUpper(r.Units[0])
		}
		if got, known, err := Parse(text, r); got != v || !known || err != nil {
			t.Fatalf("%q is %v, %v, %v", text, got, known, err)
		}
		if !math.Signbit(v) {
			if got, _, err := Parse("("+written(v, r)+")", r); got != -v || err != nil {
				t.Fatalf("(%v) is %v, %v", v, got, err)
			}
		}
	})
}

// Grouping, percent signs and magnitudes move nothing but the mark: they agree with the same digits written out.
func TestMarksMoveExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(0, 1<<62).Draw(t, "n")
		plain := strconv.FormatInt(n, 10)
		grouped := ""
		for i, c := range plain {
			if i > 0 && (len(plain)-i)%3 == 0 {
				grouped += ","
			}
			grouped += string(c)
		}
		cents := plain + ".07"
		for _, tt := range []struct {
			text, same string
			rules      Rules
		}{
			{grouped, plain, points},
			{strings.ReplaceAll(grouped, ",", "."), plain, comma},
			{cents + "%", plain + ".07e-2", fraction},
			{cents + "k", plain + "070", points},
			{cents + " M", plain + "070000", points},
			{cents + "bn", plain + "070000000", points},
			{cents + "T", plain + "070000000000", points},
		} {
			want, err := strconv.ParseFloat(tt.same, 64)
			if err != nil {
				t.Fatal(err)
			}
			if got, known, err := Parse(tt.text, tt.rules); got != want || !known || err != nil {
				t.Fatalf("%q is %v, %v, %v; want %v", tt.text, got, known, err, want)
			}
		}
	})
}

// What is declared missing never becomes a number, however it is written.
func TestDeclaredMissingIsNeverANumber(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := anyRules(t)
		text := rapid.OneOf(rapid.String(), rapid.Map(rapid.Float64(), func(v float64) string { return written(v, r) })).Draw(t, "text")
		r.Missing = []string{"other", text}
		if v, known, err := Parse(" "+text+" ", r); v != 0 || known || err != nil {
			t.Fatalf("%q is %v, %v, %v", text, v, known, err)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{"85%", "7.9M", "125,825", "12 weeks", "#Missing", "(1,234.5)", "$-1e-9 bn", "1.2.3", "−0", "1e309", "(", "%", "€ 1.234,5"} {
		f.Add(text, false, true, "weeks", "tbr")
		f.Add(text, true, false, "m", text)
	}
	f.Fuzz(func(t *testing.T, text string, comma, asFraction bool, unit, missing string) {
		r := Rules{DecimalComma: comma, Units: []string{unit}, Missing: []string{missing}}
		if asFraction {
			r.Percent = Fraction
		}
		v, known, err := Parse(text, r)
		switch {
		case err != nil:
			if known || v != 0 {
				t.Errorf("%q is refused (%v) and %v, %v", text, err, v, known)
			}
			return
		case strings.EqualFold(strings.TrimSpace(text), strings.TrimSpace(missing)):
			if known || v != 0 {
				t.Errorf("%q is declared missing and %v, %v", text, v, known)
			}
			return
		case !known || math.IsNaN(v) || math.IsInf(v, 0):
			t.Errorf("%q is %v, %v", text, v, known)
		}
		r.Missing = nil
		if again, known, err := Parse(written(v, r), r); again != v || !known || err != nil {
			t.Errorf("%q is %v, which reads back as %v, %v, %v", text, v, again, known, err)
		}
	})
}
