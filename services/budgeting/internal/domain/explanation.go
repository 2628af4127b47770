package domain

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/throughline/throughline/services/budgeting/internal/domain/explain"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/phrase"
	"github.com/throughline/throughline/services/budgeting/internal/domain/score"
)

// ScorePart is how a goal, an attribute, results or equity contributed to a score.
type ScorePart struct {
	Source    string // goal name, "attributes/NAME", "results" or "equity"
	Title     string
	WeightPPM int64
	Value     *int64 // 0 to 4; nil when unknown
	ScoreBP   int64
	Reason    string
}

// Explanation is why a program got its money, step by step.
type Explanation struct {
	Line  AllocationLine
	Score []ScorePart
	Steps []string
	Next  string // program id, or ""

	Policy  model.Policy // by which its results count
	Results []score.ResultsFactor
	Without *int64 // what it would get if no result moved any score; nil when none does
}

// Earlier is the proposal that an allocation is compared with.
type Earlier struct {
	Title string // of the allocation
	explain.Run
}

// ResultsMove says whether the results of any program move a score that money follows.
func ResultsMove(in model.Input) bool {
	if in.Method == model.Packages || in.Method.ByBallots() { // too long to solve again, or nothing follows a score
		return false
	}
	table := score.Results(in.Params)
	return slices.ContainsFunc(in.Programs, func(p model.Program) bool { return p.InFormula() && table.Moves(&p) })
}

// WithoutResults is the input with no result that moves any score.
func WithoutResults(in model.Input) model.Input {
	in.Params.Results = nil
	return in
}

// Explain tells of one line of an allocation, and against an earlier proposal, if there is one, what moved it. without is the answer to
// WithoutResults; nil when results move nothing.
func Explain(l AllocationLine, run explain.Run, without *model.Plan, before *Earlier, t Titles) (Explanation, error) {
	r, err := explain.Program(run.Input, run.Plan, l.Program)
	if err != nil {
		return Explanation{}, err
	}
	goals := map[string]string{}
	out := Explanation{Line: l, Score: scoreParts(r.Score), Policy: r.Score.Results.Policy, Results: r.Score.Results.Factors}
	steps := r.Sentences
	if without != nil {
		var amount int64
		for i := range without.Lines {
			if without.Lines[i].Program == l.Program {
				amount += without.Lines[i].Amount
			}
		}
		out.Without = &amount
		steps = slices.Insert(slices.Clone(steps), max(0, len(steps)-1), moved(l, amount, r.Score.Results.MilliBP != 0)) // the last tells what all of it follows
	}
	for _, g := range run.Input.Goals {
		goals[g.ID] = g.Title
	}
	if before != nil {
		for _, g := range before.Input.Goals {
			goals[g.ID] = g.Title
		}
		steps = append(steps, compare(l.Program, run, before)...)
	}
	for _, s := range steps {
		out.Steps = append(out.Steps, titled(s, t, goals))
	}
	for _, line := range r.Lines {
		if line.Next != nil && (out.Next == "" || line.Fund == line.NextFund) {
			out.Next = line.Next.Program
		}
	}
	return out, nil
}

// moved says what money results moved. They move it to and from programs whose own results move nothing too.
func moved(l AllocationLine, without int64, own bool) string {
	whose := "results"
	if !own {
		whose = "the results of other programs"
	}
	switch change := l.Allocated - without; {
	case change > 0:
		return "If no result moved any score, it would get " + Money(without, l.Currency) + ": " + whose + " bring it " + Money(change, l.Currency) + "."
	case change < 0:
		return "If no result moved any score, it would get " + Money(without, l.Currency) + ": " + whose + " cost it " + Money(-change, l.Currency) + "."
	default:
		return "If no result moved any score, it would get the same."
	}
}

// compare says what moved a program since the earlier proposal, the strongest cause first.
func compare(program string, run explain.Run, before *Earlier) []string {
	d := explain.Diff(before.Run, run)
	i := slices.IndexFunc(d.Moves, func(m explain.Move) bool { return m.Program == program })
	if i < 0 {
		return []string{"Compared with the proposal before (" + before.Title + "), it gets the same."}
	}
	steps := []string{"Compared with the proposal before (" + before.Title + "):"}
	steps[0] += " " + d.Moves[i].Sentences[0]
	return append(steps, d.Moves[i].Sentences[1:]...)
}

// named finds ids in the sentences of the engine: a noun, and ids in quotes.
var named = regexp.MustCompile(`\b([Pp]rogram|[Ff]und|goal|[Mm]easure) ("[^"]+"(?:(?:, | and )"[^"]+")*)`)

var quoted = regexp.MustCompile(`"[^"]+"`)

// titled puts what people call programs, funds and goals in the place of their ids.
func titled(sentence string, t Titles, goals map[string]string) string {
	return named.ReplaceAllStringFunc(sentence, func(match string) string {
		noun, list, _ := strings.Cut(match, " ")
		return noun + " " + quoted.ReplaceAllStringFunc(list, func(q string) string {
			id := strings.Trim(q, `"`)
			switch strings.ToLower(noun) {
			case "program":
				id = t.Program(id)
			case "fund":
				id = t.Fund(id)
			case "measure":
				id = t.Measure(id)
			default:
				id = orID(goals[id], id)
			}
			return strconv.Quote(id)
		})
	})
}

func scoreParts(s score.Score) []ScorePart {
	var out []ScorePart
	add := func(source, title string, weight, halves int64, unknown bool, milli int64) {
		p := ScorePart{Source: source, Title: title, WeightPPM: weight, ScoreBP: rounded(milli), Reason: "its level counts by the weight"}
		if unknown {
			p.Reason = "nobody has reviewed and attested it: the median of all programs, " + half(halves) + " of 4, stands in for it"
		} else {
			level := halves / 2
			p.Value = &level
		}
		out = append(out, p)
	}
	for _, g := range s.Goals {
		add(g.Goal, orID(g.Title, g.Goal), g.WeightPPM, g.Halves, g.Unknown, g.MilliBP)
	}
	for _, a := range s.Attributes {
		add("attributes/"+a.Name, a.Name, a.WeightPPM, a.Halves, a.Unknown, a.MilliBP)
	}
	out = append(out, ScorePart{Source: "results", Title: "Results", ScoreBP: rounded(s.Results.MilliBP), Reason: resultsReason(&s.Results)})
	if s.EquityBP != 0 {
		out = append(out, ScorePart{Source: "equity", Title: "Equity", ScoreBP: s.EquityBP, Reason: "points that its request was given"})
	}
	return out
}

func resultsReason(r *score.ResultsPart) string {
	usable := 0
	for i := range r.Factors {
		if r.Factors[i].Usable() {
			usable++
		}
	}
	switch {
	case r.Reason != "":
		return r.Reason
	case len(r.Factors) == 0:
		return "no published result counts for it"
	case r.Policy == model.Neutral:
		return "the policy " + string(model.Neutral) + " lets no result move it"
	case usable == 0:
		return "no verdict on its measures can be used; what is unknown moves nothing"
	default:
		return "verdicts on " + strconv.Itoa(usable) + " of " + phrase.Count(len(r.Factors), "measure") + " count under the policy " + string(r.Policy)
	}
}

// rounded is thousandths as wholes, halves away from zero.
func rounded(milli int64) int64 {
	if milli < 0 {
		return -rounded(-milli)
	}
	return (milli + 500) / 1000
}

// half writes an alignment in halves: 7 is "3.5".
func half(halves int64) string {
	if halves%2 == 0 {
		return strconv.FormatInt(halves/2, 10)
	}
	return strconv.FormatInt(halves/2, 10) + ".5"
}

// Differs says in what the stored figures of an allocation differ from its plan, or "".
func Differs(a Allocation, lines []AllocationLine, in model.Input, plan model.Plan) string {
	t := TitlesOf(nil, nil)
	s := Summarize(in, plan, model.Certificate{}, t)
	switch {
	case a.Method != in.Method || a.EngineVersion != in.EngineVersion || a.Currency != in.Currency:
		return "its method, engine version or currency"
	case a.PriorityRevision != in.Revisions.Priority.Name || a.ResultsRevision != in.Revisions.Results.Name:
		return "the revisions that it used"
	case !a.Params.of(in):
		return "its parameters"
	case s.Outcome != a.Outcome || s.TotalBase != a.TotalBase || s.TotalAllocated != a.TotalAllocated ||
		s.TotalAllocatedNet != a.TotalAllocatedNet || s.ProgramsFlagged != a.ProgramsFlagged ||
		s.WithSignal != a.WithSignal || s.WithSignalPPM != a.WithSignalPPM || s.MovedByResults != a.MovedByResults:
		return "its outcome or totals"
	case !slices.Equal(s.Funds, a.Funds) || !slices.Equal(s.Waterfall, a.Waterfall):
		return "what its funds spend"
	case len(lines) != len(in.Programs) || a.Programs != len(in.Programs):
		return "how many programs it has"
	}
	rest := plan.Lines
	var want AllocationLine
	for i := range in.Programs {
		id := in.Programs[i].ID
		n := 0
		for n < len(rest) && rest[n].Program == id {
			n++
		}
		want.add(rest[:n], plan.Outcome != model.Infeasible)
		got := &lines[i]
		rest = rest[n:]
		if got.Program != id || got.Base != want.Base || got.Fixed != want.Fixed || got.Floor != want.Floor || got.Allocated != want.Allocated ||
			got.ScoreBP != want.ScoreBP || got.Value != want.Value || got.RevenueLost != want.RevenueLost || got.ReasonCode != want.ReasonCode || !slices.Equal(got.Funding, want.Funding) {
			return "the line of " + ProgramName(a.Organization, id)
		}
	}
	return ""
}
