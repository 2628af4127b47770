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
//	cost       FUND TREATMENT AMOUNT CLASS
//	requested  AMOUNT            cap  AMOUNT            maxdecrease  PPM
//	mandate    SOURCE CITATION BODY MINIMUM             the last may be empty
//	eligible   FUND
//	align      GOAL SELF REVIEWED                       each level may be empty
//	attribute  NAME LEVEL
//	policy     POLICY            equity  POINTS         fte  MILLI
//	attest     ASPECT SUBJECT ROLE MICROSECONDS EVIDENCE
const (
	tagCost, tagRequested, tagCap, tagMaxDecrease = "cost", "requested", "cap", "maxdecrease"
	tagMandate, tagEligible, tagAlign             = "mandate", "eligible", "align"
	tagAttribute, tagPolicy, tagEquity, tagFTE    = "attribute", "policy", "equity", "fte"
	tagAttest                                     = "attest"
)

var escape = strings.NewReplacer(`\`, `\\`, "\t", `\t`, "\n", `\n`)

var unescape = strings.NewReplacer(`\\`, `\`, `\t`, "\t", `\n`, "\n")

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
		say(tagCost, l.Fund, string(l.Treatment), strconv.FormatInt(l.Amount, 10), l.Class)
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
	p := askParser{rest: text}
	r.CostLines = sized[domain.CostLine](text, "\n"+tagCost+"\t")
	r.Alignments = sized[domain.Alignment](text, "\n"+tagAlign+"\t")
	for p.rest != "" {
		p.line, p.rest, _ = strings.Cut(p.rest, "\n")
		tag := p.next()
		switch tag {
		case tagCost:
			l := domain.CostLine{Fund: p.next(), Treatment: model.Treatment(p.next()), Amount: p.number()}
			l.Class = p.next()
			r.CostLines = append(r.CostLines, l)
		case tagRequested:
			r.Requested = optional[int64](&p)
		case tagCap:
			r.Cap = optional[int64](&p)
		case tagMaxDecrease:
			r.MaxDecreasePPM = optional[int64](&p)
		case tagMandate:
			r.Mandate = &domain.Mandate{Source: p.next(), Citation: p.next(), Body: p.next(), Minimum: optional[int64](&p)}
		case tagEligible:
			r.EligibleFunds = append(r.EligibleFunds, p.next())
		case tagAlign:
			r.Alignments = append(r.Alignments, domain.Alignment{Goal: p.next(), Self: optional[int](&p), Reviewed: optional[int](&p)})
		case tagAttribute:
			r.Attributes = append(r.Attributes, domain.Attribute{Name: p.next(), Level: int(p.number())})
		case tagPolicy:
			r.ResultsPolicy = model.Policy(p.next())
		case tagEquity:
			r.EquityPoints = int(p.number())
		case tagFTE:
			r.FTEMilli = p.number()
		case tagAttest:
			a := domain.Attestation{Aspect: domain.Aspect(p.next()), By: p.next(), Role: p.next()}
			a.Time = time.UnixMicro(p.number()).UTC()
			a.Evidence = p.next()
			r.Attestations = append(r.Attestations, a)
		default:
			return fmt.Errorf("funding request: unknown tag %q", tag)
		}
	}
	return p.err
}

// sized has room for all lines that start as given, from the line feed before to the tab after the tag; nil for none.
func sized[T any](text, start string) []T {
	n := strings.Count(text, start)
	if strings.HasPrefix(text, start[1:]) {
		n++
	}
	if n == 0 {
		return nil
	}
	return make([]T, 0, n)
}

type askParser struct {
	rest string // lines to come
	line string // values to come
	err  error
}

func (p *askParser) next() string {
	v, rest, _ := strings.Cut(p.line, "\t")
	p.line = rest
	if strings.IndexByte(v, '\\') >= 0 {
		return unescape.Replace(v)
	}
	return v
}

func (p *askParser) number() int64 {
	n, err := strconv.ParseInt(p.next(), 10, 64)
	if err != nil && p.err == nil {
		p.err = fmt.Errorf("funding request: %w", err)
	}
	return n
}

func optional[N int | int64](p *askParser) *N {
	v, _, _ := strings.Cut(p.line, "\t")
	if v == "" {
		p.next()
		return nil
	}
	n := N(p.number())
	return &n
}
