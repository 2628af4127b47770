package budgetfile

import (
	"fmt"
	"math/big"
	"slices"

	"github.com/throughline/throughline/services/throughline/internal/tabular"
)

// ProgramFact says which columns answer questions about the program of an expenditure row. An answer that the file does not give stays
// unknown; it is never read as zero or as no.
type ProgramFact struct {
	FTE          *tabular.Value  `yaml:"fte"`      // full-time equivalents; summed over the program's rows
	FTEWhen      When            `yaml:"fte_when"` // rows whose count is to be believed
	Mandate      *Question       `yaml:"mandate"`
	ServiceLevel *Question       `yaml:"service_level"`
	Attributes   []AttributeRule `yaml:"attributes"` // ordered; for each attribute the first matching rule with an answer wins
}

// Question is a yes/no question with who requires it and where that is written.
type Question struct {
	Answer     tabular.Value  `yaml:"answer"`
	Yes        []string       `yaml:"yes"`
	No         []string       `yaml:"no"`
	Unanswered []string       `yaml:"unanswered"` // a blank cell is unanswered as well
	Source     *tabular.Value `yaml:"source"`
	Citation   *tabular.Value `yaml:"citation"`
}

// AttributeRule scores one program attribute: by a fixed score, by the words of a column, or by anchors on a number.
type AttributeRule struct {
	Attribute  string         `yaml:"attribute"`
	When       When           `yaml:"when"`
	Score      *int           `yaml:"score"`
	From       *tabular.Value `yaml:"from"`
	Values     map[string]int `yaml:"values"`
	Anchors    []Anchor       `yaml:"anchors"`    // the highest anchor reached gives the score
	Otherwise  *int           `yaml:"otherwise"`  // where no anchor is reached
	Unanswered []string       `yaml:"unanswered"` // texts that are no answer; a blank cell is none as well
}

// Anchor gives a score from a value upwards, or only above it.
type Anchor struct {
	AtLeast string `yaml:"at_least"`
	Above   string `yaml:"above"`
	Score   int    `yaml:"score"`
}

// Claim is what a file says about a mandate or a required service level. It is a claim, not an attested floor.
type Claim struct {
	Answer   Answer
	Source   string // who requires it, as the file words it; empty where it says nothing
	Citation string
}

// facts are one row's answers.
type facts struct {
	fteMilli     *int64
	mandate      Claim
	serviceLevel Claim
	attributes   map[string]int
}

// boundFacts reads facts out of the rows of one file.
type boundFacts struct {
	number                Number
	fte                   tabular.Getter
	fteWhen               *condition
	fteColumn             string
	mandate, serviceLevel *boundQuestion
	rules                 []boundAttribute
}

type boundQuestion struct {
	*Question
	answer, source, citation tabular.Getter
}

type boundAttribute struct {
	*AttributeRule
	when *condition
	from tabular.Getter
}

func (p *ProgramFact) bind(index map[string]int, number Number) *boundFacts {
	b := &boundFacts{number: number, mandate: p.Mandate.bind(index), serviceLevel: p.ServiceLevel.bind(index)}
	if p.FTE != nil {
		b.fte, b.fteColumn, b.fteWhen = p.FTE.Bind(index), label(p.FTE), p.FTEWhen.bind(index)
	}
	for i := range p.Attributes {
		r := &p.Attributes[i]
		b.rules = append(b.rules, boundAttribute{r, r.When.bind(index), r.From.Bind(index)})
	}
	return b
}

func (q *Question) bind(index map[string]int) *boundQuestion {
	if q == nil {
		return nil
	}
	return &boundQuestion{q, q.Answer.Bind(index), q.Source.Bind(index), q.Citation.Bind(index)}
}

// cellProblem is a complaint about one cell of a row.
type cellProblem struct{ column, value, remedy string }

func (b *boundFacts) read(d *dims, row []string) (facts, []cellProblem) {
	f := facts{attributes: map[string]int{}}
	var bad []cellProblem
	if b.fte != nil {
		if s := b.fte(row); s != "" && b.fteWhen.match(d, row) {
			milli, err := b.milli(s)
			if err != nil {
				bad = append(bad, cellProblem{b.fteColumn, s, err.Error() + ": give full-time equivalents with at most three decimals"})
			}
			f.fteMilli = &milli
		}
	}
	f.mandate, bad = b.mandate.read(row, bad)
	f.serviceLevel, bad = b.serviceLevel.read(row, bad)
	for _, r := range b.rules {
		if _, known := f.attributes[r.Attribute]; known || !r.when.match(d, row) {
			continue
		}
		score, known, err := r.score(b.number, row)
		if err != nil {
			bad = append(bad, cellProblem{label(r.From), r.from(row), err.Error()})
		} else if known {
			f.attributes[r.Attribute] = score
		}
	}
	return f, bad
}

func (b *boundFacts) milli(s string) (int64, error) {
	d, err := b.number.parse(s)
	if err != nil {
		return 0, err
	}
	v, _, err := d.scaled(3, 1, false)
	if err == nil && v < 0 {
		return 0, fmt.Errorf("is negative")
	}
	return v, err
}

func (q *boundQuestion) read(row []string, bad []cellProblem) (Claim, []cellProblem) {
	if q == nil {
		return Claim{Answer: Unknown}, bad
	}
	c := Claim{Answer: Unknown}
	switch a := q.answer(row); {
	case a == "" || slices.Contains(q.Unanswered, a):
		return c, bad
	case slices.Contains(q.Yes, a):
		c.Answer = Yes
	case slices.Contains(q.No, a):
		c.Answer = No
	default:
		return c, append(bad, cellProblem{label(&q.Question.Answer), a, "is neither a yes nor a no: add it to yes, no or unanswered"})
	}
	text := func(get tabular.Getter) string {
		if s := tabular.Tidy(get(row)); !slices.Contains(q.Unanswered, s) {
			return s
		}
		return ""
	}
	c.Source, c.Citation = text(q.source), text(q.citation)
	return c, bad
}

// score is the rule's answer for a row; known is false where the file gives none.
func (r *boundAttribute) score(number Number, row []string) (score int, known bool, err error) {
	if r.Score != nil {
		return *r.Score, true, nil
	}
	s := r.from(row)
	if s == "" || slices.Contains(r.Unanswered, s) {
		return 0, false, nil
	}
	if len(r.Anchors) == 0 {
		score, known = r.Values[s]
		if !known {
			err = fmt.Errorf("has no score: add it to values or to unanswered")
		}
		return score, known, err
	}
	d, err := number.parse(s)
	if err != nil {
		return 0, false, fmt.Errorf("%w: correct it, or add it to unanswered", err)
	}
	v := d.rat()
	for _, a := range r.Anchors { // validated: highest first
		if a.reached(v) {
			return a.Score, true, nil
		}
	}
	if r.Otherwise != nil {
		return *r.Otherwise, true, nil
	}
	return 0, false, nil
}

func (a Anchor) reached(v *big.Rat) bool {
	bound, ok := a.bound()
	if !ok {
		return false
	}
	return v.Cmp(bound) > 0 || a.AtLeast != "" && v.Cmp(bound) == 0
}

func (a Anchor) bound() (*big.Rat, bool) {
	s := a.AtLeast
	if s == "" {
		s = a.Above
	}
	d, err := (Number{}).parse(s)
	if err != nil {
		return nil, false
	}
	return d.rat(), true
}

// label names a value for an error message.
func label(v *tabular.Value) string {
	if v == nil {
		return ""
	}
	if v.Column != "" {
		return v.Column
	}
	if len(v.Columns) > 0 {
		return fmt.Sprint(v.Columns)
	}
	return "constant"
}
