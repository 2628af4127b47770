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
//	PROGRAM NAME DEPARTMENT BASE FIXED FLOOR ALLOCATED SCORE FLAGGED REASON FUNDING [VALUE [REVENUE POSITIONS [GRANT...]]]
//
// FUNDING is "FUND=AMOUNT FUND=AMOUNT"; the last "=AMOUNT" is left out when it is the rest of ALLOCATED. VALUE is empty when it is that of ALLOCATED
// at SCORE; what stands in brackets is left out when it is empty or nothing. Amounts are the digits that packing cannot make less of.
//
// Lines are written once, thousands at a time, and read whole or filtered as a whole: rows would cost twenty times the
// write, and no read would be the faster for it.
func lineText(b []byte, lines iter.Seq[*domain.AllocationLine]) []byte {
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
		rest := l.Allocated
		for j, f := range l.Funding {
			if j > 0 {
				b = append(b, ' ')
			}
			b = append(b, f.Fund...)
			if j < len(l.Funding)-1 || f.Amount != rest {
				b = money.Append(append(b, '='), f.Amount)
			}
			rest -= f.Amount
		}
		usual, more := l.Value == l.UsualValue(), l.RevenueLost != 0 || l.Positions != 0 || len(l.GrantsLost) > 0
		if !usual || more {
			b = append(b, '\t')
		}
		if !usual {
			b = money.Append(b, l.Value)
		}
		if more {
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
		l := domain.AllocationLine{
			Organization: key[0], Budget: key[1], Allocation: key[2], Program: p.next(), DisplayName: p.next(), Department: p.next(),
			Base: p.number(), Fixed: p.number(), Floor: p.number(), Allocated: p.number(), ScoreBP: p.number(), Flagged: p.number() != 0,
			ReasonCode: p.next(),
		}
		l.Funding, l.Value = p.funding(l.Allocated), p.numberOr(l.UsualValue())
		l.RevenueLost, l.Positions, l.GrantsLost = p.numberOr(0), p.numberOr(0), p.others()
		lines = append(lines, l)
	}
	if p.err != nil {
		return nil, fmt.Errorf("lines of %s: %w", domain.AllocationName(key[0], key[1], key[2]), p.err)
	}
	return lines, nil
}

// numberOr is usual where nothing is written.
func (p *textParser) numberOr(usual int64) int64 {
	if p.line == "" || p.line[0] == '\t' {
		p.next()
		return usual
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

// funding reads what funds pay; allocated is what they pay together where the last amount is left out.
func (p *textParser) funding(allocated int64) (funding []domain.FundAmount) {
	rest, ended := allocated, false
	for part := range strings.FieldsSeq(p.next()) {
		fund, amount, written := strings.Cut(part, "=")
		n, err := rest, error(nil)
		if written {
			n, err = strconv.ParseInt(amount, 10, 64)
		}
		if ended {
			err = fmt.Errorf("no amount is written before that of fund %q", fund)
		}
		if err != nil && p.err == nil {
			p.err = err
		}
		funding, rest, ended = append(funding, domain.FundAmount{Fund: fund, Amount: n}), rest-n, !written
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
