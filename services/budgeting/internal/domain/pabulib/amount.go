package pabulib

import (
	"fmt"
	"strings"

	"github.com/throughline/throughline/services/budgeting/internal/domain/shares"
)

// decimal reads a plain decimal number ≥ 0 and returns it times 10^places, exactly.
func decimal(text string, places int) (int64, error) {
	text = strings.TrimSpace(text)
	whole, fraction, _ := strings.Cut(text, ".")
	if whole+fraction == "" || strings.Trim(whole+fraction, "0123456789") != "" {
		return 0, fmt.Errorf("%q is not a number; write digits, with a point before decimals", clip(text))
	}
	trimmed := strings.TrimRight(fraction, "0")
	if len(trimmed) > places {
		return 0, fmt.Errorf("%q has %d decimals; at most %d are exact here", clip(text), len(trimmed), places)
	}
	n := int64(0)
	for _, digits := range [...]string{whole, fraction[:min(len(fraction), places)], strings.Repeat("0", max(0, places-len(fraction)))} {
		for _, c := range []byte(digits) {
			if n >= shares.Limit/10 {
				return 0, fmt.Errorf("%q is too large; amounts must stay below 2^62 minor units", clip(text))
			}
			n = 10*n + int64(c-'0')
		}
	}
	return n, nil
}

// clip shortens what an error quotes.
func clip(s string) string {
	const most = 60
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
