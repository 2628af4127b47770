package budgetfile

import (
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"
)

// Number says how a file writes numbers. The zero value reads 1234.50 and -1234.50.
type Number struct {
	Decimal     string   `yaml:"decimal"`      // decimal mark; absent: "."
	Thousands   string   `yaml:"thousands"`    // group mark; absent: none. " " also means the no-break spaces
	LooseGroups bool     `yaml:"loose_groups"` // groups need not be of three digits (-,637.00 is -637.00)
	Parentheses bool     `yaml:"parentheses"`  // (3,420) is -3,420
	DashZero    bool     `yaml:"dash_zero"`    // a lone dash is zero
	Currency    string   `yaml:"currency"`     // a sign that may stand before or after the number, such as "$"
	Exponent    bool     `yaml:"exponent"`     // 1.5E3 is 1500
	Missing     []string `yaml:"missing"`      // words that mean a blank, such as "#Missing"
	Blank       string   `yaml:"blank"`        // REJECT (default), ZERO, or OMIT: the cell makes no line
	Zero        string   `yaml:"zero"`         // KEEP (default) or OMIT: a zero makes no line
	Fraction    string   `yaml:"fraction"`     // parts of a minor unit: REJECT (default) or ROUND, half to even
	Multiplier  int64    `yaml:"multiplier"`   // 1000 for a file in thousands; absent: 1
}

// decimal is an exact decimal number: (-1)^neg × digits × 10^exp.
type decimal struct {
	neg    bool
	digits string // no leading zeros; "" is zero
	exp    int
}

// Limits keep a hostile cell from becoming a huge number.
const (
	maxNumberLength = 64
	maxExponent     = 40
	maxMinorUnits   = 1_000_000_000_000_000 // ten trillion currency units of two digits
)

var errBlank = errors.New("is blank")

// parse reads one cell exactly. It returns errBlank for a blank cell or a word of Missing.
func (n Number) parse(cell string) (decimal, error) {
	s := strings.TrimSpace(cell)
	if s == "" || slices.Contains(n.Missing, s) {
		return decimal{}, errBlank
	}
	if len(s) > maxNumberLength {
		return decimal{}, fmt.Errorf("is longer than %d bytes", maxNumberLength)
	}
	if n.DashZero && (s == "-" || s == "–" || s == "—" || s == "−") {
		return decimal{}, nil
	}
	s, neg, err := n.sign(s)
	if err != nil {
		return decimal{}, err
	}
	s, exp, err := n.exponent(s)
	if err != nil {
		return decimal{}, err
	}
	mark := n.Decimal
	if mark == "" {
		mark = "."
	}
	whole, fraction, pointed := strings.Cut(s, mark)
	if whole, err = n.ungroup(whole); err != nil {
		return decimal{}, err
	}
	if !allDigits(whole) || !allDigits(fraction) || whole+fraction == "" {
		return decimal{}, errors.New("is not a number")
	}
	if pointed && fraction == "" && whole == "" {
		return decimal{}, errors.New("is not a number")
	}
	d := decimal{neg: neg, digits: strings.TrimLeft(whole+fraction, "0"), exp: exp - len(fraction)}
	for strings.HasSuffix(d.digits, "0") {
		d.digits, d.exp = d.digits[:len(d.digits)-1], d.exp+1
	}
	if d.digits == "" {
		return decimal{}, nil
	}
	return d, nil
}

// sign takes parentheses, minus and currency signs off, in the orders seen in budget files: ($1,200), -$1,200, $-1,200, $ (1,200).
func (n Number) sign(s string) (string, bool, error) {
	neg, wrapped, signed, paid := false, false, false, false
	for {
		s = strings.TrimSpace(s)
		switch {
		case n.Parentheses && !wrapped && len(s) > 2 && s[0] == '(' && s[len(s)-1] == ')':
			s, neg, wrapped = s[1:len(s)-1], true, true
		case !signed && strings.HasPrefix(s, "-"):
			s, neg, signed = s[1:], true, true
		case !signed && strings.HasPrefix(s, "−"):
			s, neg, signed = strings.TrimPrefix(s, "−"), true, true
		case n.Currency != "" && !paid && strings.HasPrefix(s, n.Currency):
			s, paid = strings.TrimPrefix(s, n.Currency), true
		case n.Currency != "" && !paid && strings.HasSuffix(s, n.Currency):
			s, paid = strings.TrimSuffix(s, n.Currency), true
		default:
			if wrapped && signed {
				return "", false, errors.New("has both parentheses and a minus")
			}
			return s, neg, nil
		}
	}
}

func (n Number) exponent(s string) (string, int, error) {
	at := strings.IndexAny(s, "eE")
	if !n.Exponent || at < 0 {
		return s, 0, nil
	}
	exp, err := strconv.Atoi(s[at+1:])
	if err != nil || exp > maxExponent || exp < -maxExponent {
		return "", 0, fmt.Errorf("has an exponent beyond ±%d", maxExponent)
	}
	return s[:at], exp, nil
}

// ungroup removes the group marks after checking that they stand where they should.
func (n Number) ungroup(whole string) (string, error) {
	if n.Thousands == "" {
		return whole, nil
	}
	if n.Thousands == " " {
		whole = strings.NewReplacer("\u00a0", " ", "\u202f", " ").Replace(whole)
	}
	groups := strings.Split(whole, n.Thousands)
	if len(groups) > 1 && !n.LooseGroups {
		for i, g := range groups {
			if i == 0 && (g == "" || len(g) > 3) || i > 0 && len(g) != 3 {
				return "", errors.New("has group marks in odd places")
			}
		}
	}
	return strings.Join(groups, ""), nil
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// scaled is d × multiplier × 10^digits as an integer; rounded says that a part of a unit was rounded, half to even.
func (d decimal) scaled(digits int, multiplier int64, round bool) (value int64, rounded bool, err error) {
	if d.digits == "" {
		return 0, false, nil
	}
	if v, ok := d.whole(digits); ok && multiplier == 1 {
		return v, false, nil
	}
	r := d.rat()
	r.Mul(r, new(big.Rat).SetInt64(multiplier))
	r.Mul(r, power10(digits))
	q := new(big.Int)
	if r.IsInt() {
		q.Set(r.Num())
	} else if !round {
		return 0, false, fmt.Errorf("has parts of a minor unit (more than %d decimals)", digits)
	} else {
		q, rounded = halfEven(r), true
	}
	if !q.IsInt64() || q.CmpAbs(big.NewInt(maxMinorUnits)) > 0 {
		return 0, false, fmt.Errorf("is beyond the limit of %d minor units", int64(maxMinorUnits))
	}
	return q.Int64(), rounded, nil
}

// whole is d × 10^digits where that is a whole number of at most fifteen digits, which nearly every amount is.
func (d decimal) whole(digits int) (int64, bool) {
	shift := d.exp + digits
	if shift < 0 || len(d.digits)+shift > 15 {
		return 0, false
	}
	v, err := strconv.ParseInt(d.digits+strings.Repeat("0", shift), 10, 64)
	if d.neg {
		v = -v
	}
	return v, err == nil
}

func (d decimal) rat() *big.Rat {
	i, _ := new(big.Int).SetString("0"+d.digits, 10)
	r := new(big.Rat).SetInt(i)
	r.Mul(r, power10(d.exp))
	if d.neg {
		r.Neg(r)
	}
	return r
}

func power10(e int) *big.Rat {
	p := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(e, -e))), nil)
	if e < 0 {
		return new(big.Rat).SetFrac(big.NewInt(1), p)
	}
	return new(big.Rat).SetInt(p)
}

func halfEven(r *big.Rat) *big.Int {
	q, m := new(big.Int).DivMod(r.Num(), r.Denom(), new(big.Int)) // floor, as the denominator is positive
	switch m.Lsh(m, 1).Cmp(r.Denom()) {
	case 1:
		q.Add(q, big.NewInt(1))
	case 0:
		if q.Bit(0) == 1 {
			q.Add(q, big.NewInt(1))
		}
	}
	return q
}
