package sqlstore

import (
	"bytes"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"sync"

	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/budgeting/internal/domain/money"
)

// The text of an allocation's lines is one line a program, by program id, of tab-separated values in the spelling of asktext.go:
//
//	PROGRAM NAME DEPARTMENT BASE FIXED FLOOR ALLOCATED SCORE FLAGGED REASON FUNDING VALUE [REVENUE POSITIONS [GRANT...]]
//
// FUNDING is "FUND=AMOUNT FUND=AMOUNT"; what stands in brackets is left out when it is nothing.
//
// Lines are written once, thousands at a time, and read whole or filtered as a whole: rows would cost twenty times the
// write, and no read would be the faster for it.
func lineText(b []byte, lines iter.Seq[domain.AllocationLine]) []byte {
	for l := range lines {
		for _, text := range [...]string{l.Program, l.DisplayName, l.Department} {
			b = append(appendEscaped(b, text), '\t')
		}
		for _, n := range [...]int64{l.Base, l.Fixed, l.Floor, l.Allocated, l.ScoreBP} {
			b = append(money.Append(b, n), '\t')
		}
		if l.Flagged {
			b = append(b, '1', '\t')
		} else {
			b = append(b, '0', '\t')
		}
		b = append(appendEscaped(b, l.ReasonCode), '\t')
		for j, f := range l.Funding {
			if j > 0 {
				b = append(b, ' ')
			}
			b = money.Append(append(append(b, f.Fund...), '='), f.Amount)
		}
		b = money.Append(append(b, '\t'), l.Value)
		if l.RevenueLost != 0 || l.Positions != 0 || len(l.GrantsLost) > 0 {
			b = money.Append(append(b, '\t'), l.RevenueLost)
			b = money.Append(append(b, '\t'), l.Positions)
			for _, g := range l.GrantsLost {
				b = appendEscaped(append(b, '\t'), g)
			}
		}
		b = append(b, '\n')
	}
	return b
}

// lineTexts are texts that were written before, whose memory is used again.
var lineTexts = sync.Pool{New: func() any { return &[]byte{} }}

func appendEscaped(b []byte, text string) []byte {
	for i := range len(text) {
		if c := text[i]; c == '\\' || c == '\t' || c == '\n' {
			return append(b, escape.Replace(text)...)
		}
	}
	return append(b, text...)
}

// parseLines reads what lineText wrote; the key is the allocation's.
func parseLines(text []byte, key []string) ([]domain.AllocationLine, error) {
	lines := make([]domain.AllocationLine, 0, bytes.Count(text, []byte{'\n'}))
	p := newTextParser(string(text))
	for p.nextLine() {
		lines = append(lines, domain.AllocationLine{
			Organization: key[0], Budget: key[1], Allocation: key[2], Program: p.next(), DisplayName: p.next(), Department: p.next(),
			Base: p.number(), Fixed: p.number(), Floor: p.number(), Allocated: p.number(), ScoreBP: p.number(), Flagged: p.number() != 0,
			ReasonCode: p.next(), Funding: p.funding(), Value: p.numberOr0(), RevenueLost: p.numberOr0(), Positions: p.numberOr0(), GrantsLost: p.others(),
		})
	}
	if p.err != nil {
		return nil, fmt.Errorf("lines of %s: %w", domain.AllocationName(key[0], key[1], key[2]), p.err)
	}
	return lines, nil
}

// numberOr0 is 0 where the line has ended.
func (p *textParser) numberOr0() int64 {
	if p.line == "" {
		return 0
	}
	return p.number()
}

// others are all values to come.
func (p *textParser) others() (all []string) {
	for p.line != "" {
		all = append(all, p.next())
	}
	return all
}

func (p *textParser) funding() (funding []domain.FundAmount) {
	for part := range strings.FieldsSeq(p.next()) {
		fund, amount, _ := strings.Cut(part, "=")
		n, err := strconv.ParseInt(amount, 10, 64)
		if err != nil && p.err == nil {
			p.err = err
		}
		funding = append(funding, domain.FundAmount{Fund: fund, Amount: n})
	}
	return funding
}

// lineColumn is a line's value of a column of app.AllocationLineList.
func lineColumn(l *domain.AllocationLine, column string) any {
	switch column {
	case "program_id":
		return l.Program
	case "department":
		return l.Department
	case "score_bp":
		return l.ScoreBP
	case "reason_code":
		return l.ReasonCode
	case "flagged":
		return l.Flagged
	}
	return nil
}
