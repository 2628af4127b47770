package sqlstore

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
)

// The text of a request is one line a fact, each a tag and tab-separated values, so that thousands are read in the time
// that a JSON decoder takes for hundreds, and a person with a SQL prompt reads them too:
//
//	cost       FUND TREATMENT AMOUNT CLASS ONCE         the last is 1 for a one-time cost, else left out
//	requested  AMOUNT            cap  AMOUNT            maxdecrease  PPM
//	mandate    SOURCE CITATION BODY MINIMUM             the last may be empty
//	eligible   FUND
//	align      GOAL SELF REVIEWED                       each level may be empty
//	attribute  NAME LEVEL
//	policy     POLICY            equity  POINTS         fte  MILLI
//	grant      TITLE AWARD MATCH EFFORT                 the last may be empty
//	position   TITLE COUNT COST
//	attest     ASPECT SUBJECT ROLE MICROSECONDS EVIDENCE
const (
	tagCost, tagRequested, tagCap, tagMaxDecrease = "cost", "requested", "cap", "maxdecrease"
	tagMandate, tagEligible, tagAlign             = "mandate", "eligible", "align"
	tagAttribute, tagPolicy, tagEquity, tagFTE    = "attribute", "policy", "equity", "fte"
	tagGrant, tagPosition, tagAttest              = "grant", "position", "attest"
)

// once marks a one-time cost.
const once = "1"

func askText(r domain.FundingRequest) string {
	var b strings.Builder
	say := func(tag string, values ...string) {
		b.WriteString(tag)
		for _, v := range values {
			b.WriteByte('\t')
			b.WriteString(escape.Replace(v))
		}
		b.WriteByte('\n')
	}
	number := func(tag string, n *int64) {
		if n != nil {
			say(tag, digits(n))
		}
	}
	for _, l := range r.CostLines {
		if l.OneTime {
			say(tagCost, l.Fund, string(l.Treatment), strconv.FormatInt(l.Amount, 10), l.Class, once)
		} else {
			say(tagCost, l.Fund, string(l.Treatment), strconv.FormatInt(l.Amount, 10), l.Class)
		}
	}
	number(tagRequested, r.Requested)
	number(tagCap, r.Cap)
	number(tagMaxDecrease, r.MaxDecreasePPM)
	if m := r.Mandate; m != nil {
		say(tagMandate, m.Source, m.Citation, m.Body, digits(m.Minimum))
	}
	for _, f := range r.EligibleFunds {
		say(tagEligible, f)
	}
	for _, a := range r.Alignments {
		say(tagAlign, a.Goal, digits(a.Self), digits(a.Reviewed))
	}
	for _, a := range r.Attributes {
		say(tagAttribute, a.Name, strconv.Itoa(a.Level))
	}
	say(tagPolicy, string(r.ResultsPolicy))
	if r.EquityPoints != 0 {
		say(tagEquity, strconv.Itoa(r.EquityPoints))
	}
	if r.FTEMilli != 0 {
		say(tagFTE, strconv.FormatInt(r.FTEMilli, 10))
	}
	for _, g := range r.Grants {
		say(tagGrant, g.Title, strconv.FormatInt(g.Award, 10), strconv.FormatInt(g.MatchPPM, 10), digits(g.Effort))
	}
	for _, g := range r.Positions {
		say(tagPosition, g.Title, strconv.FormatInt(g.Count, 10), strconv.FormatInt(g.Cost, 10))
	}
	for _, a := range r.Attestations {
		say(tagAttest, string(a.Aspect), a.By, a.Role, strconv.FormatInt(a.Time.UnixMicro(), 10), a.Evidence)
	}
	return b.String()
}

func digits[N int | int64](n *N) string {
	if n == nil {
		return ""
	}
	return strconv.FormatInt(int64(*n), 10)
}

// parseAsk reads what askText wrote into r.
func parseAsk(text string, r *domain.FundingRequest) error {
	return (&askRoom{}).parse(text, r)
}

// askRoom has room for the lists of many requests: they are cut from chunks, so that thousands take a handful of
// allocations. The zero value has room for one request at a time.
type askRoom struct {
	chunk        int               // items to make room for at once
	names        map[string]string // of funds, goals and the like, each in one place: all that is done with thousands of requests meets them again
	costs        []domain.CostLine
	eligible     []string
	alignments   []domain.Alignment
	attributes   []domain.Attribute
	attestations []domain.Attestation
	levels       []int
	amounts      []int64
}

func (m *askRoom) parse(text string, r *domain.FundingRequest) error {
	p := newTextParser(text)
	costs, eligible, alignments := len(m.costs), len(m.eligible), len(m.alignments)
	attributes, attestations := len(m.attributes), len(m.attestations)
	for p.nextLine() {
		tag := p.next()
		switch tag {
		case tagCost:
			l := domain.CostLine{Fund: m.name(p.next()), Treatment: model.Treatment(m.name(p.next())), Amount: p.number()}
			l.Class, l.OneTime = m.name(p.next()), p.next() == once
			push(&m.costs, &costs, m.chunk, l)
		case tagRequested:
			r.Requested = optional(p, &m.amounts, m.chunk)
		case tagCap:
			r.Cap = optional(p, &m.amounts, m.chunk)
		case tagMaxDecrease:
			r.MaxDecreasePPM = optional(p, &m.amounts, m.chunk)
		case tagMandate:
			r.Mandate = &domain.Mandate{Source: p.next(), Citation: p.next(), Body: p.next(), Minimum: optional(p, &m.amounts, m.chunk)}
		case tagEligible:
			push(&m.eligible, &eligible, m.chunk, m.name(p.next()))
		case tagAlign:
			goal := m.name(p.next())
			self := optional(p, &m.levels, m.chunk)
			push(&m.alignments, &alignments, m.chunk, domain.Alignment{Goal: goal, Self: self, Reviewed: optional(p, &m.levels, m.chunk)})
		case tagAttribute:
			push(&m.attributes, &attributes, m.chunk, domain.Attribute{Name: m.name(p.next()), Level: int(p.number())})
		case tagPolicy:
			r.ResultsPolicy = model.Policy(p.next())
		case tagEquity:
			r.EquityPoints = int(p.number())
		case tagFTE:
			r.FTEMilli = p.number()
		case tagGrant:
			r.Grants = append(r.Grants, domain.Grant{Title: p.next(), Award: p.number(), MatchPPM: p.number(), Effort: optional(p, &m.amounts, m.chunk)})
		case tagPosition:
			r.Positions = append(r.Positions, domain.Position{Title: p.next(), Count: p.number(), Cost: p.number()})
		case tagAttest:
			a := domain.Attestation{Aspect: domain.Aspect(m.name(p.next())), By: m.name(p.next()), Role: m.name(p.next())}
			a.Time = time.UnixMicro(p.number()).UTC()
			a.Evidence = p.next()
			push(&m.attestations, &attestations, m.chunk, a)
		default:
			return fmt.Errorf("funding request: unknown tag %q", tag)
		}
	}
	r.CostLines, r.EligibleFunds, r.Alignments = cut(m.costs, costs), cut(m.eligible, eligible), cut(m.alignments, alignments)
	r.Attributes, r.Attestations = cut(m.attributes, attributes), cut(m.attestations, attestations)
	if p.err != nil {
		return fmt.Errorf("funding request: %w", p.err)
	}
	return nil
}

// name is the text that an earlier request had, where many are read. It is a copy, so that a request does not keep the text of another.
func (m *askRoom) name(s string) string {
	if m.chunk == 0 {
		return s
	}
	if m.names == nil {
		m.names = map[string]string{}
	}
	known, ok := m.names[s]
	if !ok {
		known = strings.Clone(s)
		m.names[known] = known
	}
	return known
}

// push appends to the list that starts at from. When the room is full, the list moves to a new chunk, and those before stay
// where they are.
func push[T any](room *[]T, from *int, chunk int, v T) {
	if len(*room) == cap(*room) {
		list := (*room)[*from:]
		*room = append(make([]T, 0, max(chunk, 2*len(list), 4)), list...)
		*from = 0
	}
	*room = append(*room, v)
}

// cut is the list that starts at from; nil when it is empty.
func cut[T any](room []T, from int) []T {
	if from == len(room) {
		return nil
	}
	return room[from:len(room):len(room)]
}

func optional[N int | int64](p *textParser, room *[]N, chunk int) *N {
	if p.line == "" || p.line[0] == '\t' {
		p.next()
		return nil
	}
	from := len(*room)
	push(room, &from, chunk, N(p.number()))
	return &(*room)[len(*room)-1]
}
