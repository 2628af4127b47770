package domain

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/platform/fault"
)

// Ask is a request with the program that makes it.
type Ask struct {
	Program Program
	Request FundingRequest
}

// GoalWeight is a goal's certified weight.
type GoalWeight struct {
	Goal  string // name
	Title string
	PPM   int64
}

// Priorities is a priority revision as goals tells it.
type Priorities struct {
	Name    string
	Hash    string
	Time    time.Time // from when it is current
	Weights []GoalWeight
}

// Results is a results revision as performance tells it; zero when nothing is published.
type Results struct {
	Name    string
	Hash    string
	Time    time.Time                        // of publication
	Signals map[string][]model.ResultsFactor // verdicts on a program's measures, by program name
}

// MeasureName is the resource name of a measure.
func MeasureName(organization, id string) string {
	return name("organizations", organization, "measures", id)
}

// Books is all that an allocation is made from.
type Books struct {
	Budget     Budget
	Funds      map[string]*Fund // by id
	Asks       []Ask            // by program id
	Priorities Priorities
	Results    Results
	Packages   []DecisionPackage // for PACKAGES, by program and id
	Election   *Election         // for EQUAL_SHARES and GREEDY
	Ballots    []Ballot          // of the election, by voter
}

// Input is the canonical question put to the engine. Parameters are filled.
//
// Errors: Invalid for parameters that name funds without an envelope; FailedPrecondition NOTHING_TO_ALLOCATE,
// RESTRICTION_VIOLATED (a restriction changed after requests were written) or ENVELOPE_MISSING, each naming what to mend.
func (b Books) Input(engineVersion string, method model.Method, p Params) (model.Input, error) {
	if err := p.checkFunds(b.Budget); err != nil {
		return model.Input{}, err
	}
	if err := b.checkAttributes(method, p); err != nil {
		return model.Input{}, err
	}
	if len(b.Asks) == 0 {
		return model.Input{}, fault.State("NOTHING_TO_ALLOCATE", "%s has no funding requests; write some first", b.Budget.Name())
	}
	money := b.sources()
	if err := b.check(money); err != nil {
		return model.Input{}, err
	}
	in := model.Input{
		Schema: model.SchemaVersion, EngineVersion: engineVersion, Method: method, Currency: b.Budget.Currency,
		RoundingUnit: b.Budget.RoundingUnit, Params: p.engine(),
		Goals: make([]model.Goal, len(b.Priorities.Weights)), Programs: make([]model.Program, len(b.Asks)),
		Revisions: model.Revisions{
			Priority: model.Revision{Name: b.Priorities.Name, Hash: b.Priorities.Hash},
			Results:  model.Revision{Name: b.Results.Name, Hash: b.Results.Hash},
		},
	}
	for i, w := range b.Priorities.Weights {
		in.Goals[i] = model.Goal{ID: w.Goal, Title: w.Title, WeightPPM: w.PPM}
	}
	for _, e := range b.Budget.Envelopes {
		f := b.Funds[e.Fund] // envelopes keep their funds from being deleted
		in.Funds = append(in.Funds, model.Fund{
			ID: f.ID, Available: p.scaled(e, e.Available), OneTime: p.scaled(e, e.oneTime()), Class: f.class(), Kind: f.Kind,
			Named: slices.Contains(p.CompetingFund, f.ID),
		})
	}
	slices.SortFunc(in.Goals, func(x, y model.Goal) int { return strings.Compare(x.ID, y.ID) }) // an input in order is not copied for the solver
	slices.SortFunc(in.Funds, func(x, y model.Fund) int { return strings.Compare(x.ID, y.ID) })
	room, goals := newLists(b.Asks), model.PlacesOf(in.Goals, func(g *model.Goal) string { return g.ID })
	for i := range b.Asks {
		b.program(&in.Programs[i], &b.Asks[i], &goals, money, in.Params.Attributes, room)
	}
	switch method {
	case model.Packages:
		return in, b.packages(&in, p)
	case model.EqualShares, model.GreedyVotes:
		return in, b.election(&in)
	case model.PriorityAdjustment, model.OneRate, model.AcrossTheBoard, model.CutLine:
	}
	return in, nil
}

// checkAttributes refuses to weigh an attribute that no request states: every program would be scored by its median, most likely for a slip of the pen.
func (b *Books) checkAttributes(method model.Method, p Params) error {
	var v fault.Violations
	for i, w := range p.Attributes {
		states := func(a Ask) bool {
			return slices.ContainsFunc(a.Request.Attributes, func(a Attribute) bool { return a.Name == w.Attribute })
		}
		v.Check(len(b.Asks) == 0 || method.ByBallots() || w.WeightPPM == 0 || slices.ContainsFunc(b.Asks, states),
			fieldAt("allocation.parameters.attribute_weights", i)+".attribute", "%q is stated by no request of the budget; correct it, or leave it out", w.Attribute)
	}
	return v.Err()
}

// check refuses requests that the funds as they are now could not carry.
func (b *Books) check(money *sources) error {
	var bad fault.Violations
	var without []string
	for i := range b.Asks {
		r, p := &b.Asks[i].Request, &b.Asks[i].Program
		fine := true
		for j := range r.CostLines { // thousands of good lines pass here: what is wrong with the others is found below
			id := r.CostLines[j].Fund
			s := money.at(id)
			fine = fine && s.fund != nil && s.fund.Admits(p)
			if !s.enveloped && !slices.Contains(without, id) {
				without = append(without, id)
			}
		}
		for _, id := range r.EligibleFunds {
			s := money.at(id)
			fine = fine && s.fund != nil && s.fund.Admits(p)
		}
		if fine {
			continue
		}
		known := len(bad)
		r.CheckFunds(&bad, "", p, b.Funds)
		for j := known; j < len(bad); j++ {
			bad[j].Field = r.Name() + "." + bad[j].Field
		}
	}
	if len(bad) > 0 {
		f := fault.State("RESTRICTION_VIOLATED", "%d costs or eligible funds of requests are outside what their funds may be spent on; "+
			"move them to other funds or change the restrictions", len(bad))
		f.Violations = bad
		return f
	}
	if len(without) > 0 {
		slices.Sort(without)
		for i, id := range without {
			without[i] = FundName(b.Budget.Organization, id)
		}
		return fault.State("ENVELOPE_MISSING", "requests cost money of funds that have no envelope in %s: %s; add the envelopes",
			b.Budget.Name(), strings.Join(without, ", "))
	}
	return nil
}

// source is a fund that requests may name.
type source struct {
	fund      *Fund
	enveloped bool // it has money this year
}

// sources are the funds and envelopes by fund id.
type sources struct {
	places model.Places
	of     []source
}

func (b *Books) sources() *sources {
	s := &sources{of: make([]source, 0, len(b.Funds))}
	ids := slices.Sorted(maps.Keys(b.Funds))
	s.places = model.PlacesOf(ids, func(id *string) string { return *id })
	for _, id := range ids {
		s.of = append(s.of, source{fund: b.Funds[id]})
	}
	for _, e := range b.Budget.Envelopes {
		if k := s.places.Find(e.Fund); k >= 0 {
			s.of[k].enveloped = true
		}
	}
	return s
}

// at is nothing for an unknown fund.
func (s *sources) at(id string) source {
	if k := s.places.Find(id); k >= 0 {
		return s.of[k]
	}
	return source{}
}

// lists have room for the lists of every request: thousands of programs cost a handful of allocations.
type lists struct {
	costLines  []model.CostLine
	eligible   []string
	alignments []model.Alignment
	pinned     string // the last text of versions, which many programs share
	pins       [2]int64
}

func newLists(asks []Ask) *lists {
	var costLines, eligible, alignments int
	for i := range asks {
		r := &asks[i].Request
		costLines += len(r.CostLines)
		eligible += len(r.EligibleFunds)
		alignments += len(r.Alignments)
	}
	return &lists{
		costLines: make([]model.CostLine, costLines), eligible: make([]string, eligible), alignments: make([]model.Alignment, alignments),
	}
}

// versions are those of a request and its program, as they are pinned.
func (l *lists) versions(request, program int64) string {
	if pins := [2]int64{request, program}; l.pinned == "" || l.pins != pins {
		l.pins, l.pinned = pins, strconv.FormatInt(request, 10)+"."+strconv.FormatInt(program, 10)
	}
	return l.pinned
}

// take cuts n items off the front of the room.
func take[T any](room *[]T, n int) []T {
	taken := (*room)[:n:n]
	*room = (*room)[n:]
	return taken
}

// program fills out, which is empty.
func (b *Books) program(
	out *model.Program, ask *Ask, goals *model.Places, money *sources, attributes []model.AttributeWeight, room *lists,
) {
	r := &ask.Request
	out.ID, out.Version = r.Program, room.versions(r.Version, ask.Program.Version)
	out.CostLines, out.Cap, out.EquityBP = take(&room.costLines, len(r.CostLines)), r.Cap, int64(r.EquityPoints)*pointBP
	for i := range r.CostLines {
		l := &r.CostLines[i]
		out.CostLines[i] = model.CostLine{ID: strconv.Itoa(i), Fund: l.Fund, Treatment: l.Treatment, Amount: l.Amount, OneTime: l.OneTime}
	}
	if len(r.EligibleFunds) > 0 {
		out.EligibleFunds = take(&room.eligible, len(r.EligibleFunds))[:0]
		for _, id := range r.EligibleFunds {
			if money.at(id).enveloped { // without an envelope it has no money this year
				out.EligibleFunds = append(out.EligibleFunds, id)
			}
		}
	}
	var base, floor int64
	if r.Requested != nil || r.MaxDecreasePPM != nil {
		base = r.Base()
	}
	if r.Requested != nil {
		out.Requested = max(0, *r.Requested-base)
	}
	if m := r.Mandate; m != nil && m.Minimum != nil {
		out.Mandate = &model.Mandate{Minimum: *m.Minimum, Citation: m.cites(), Attested: r.Vouched(MandateAspect)}
		if out.Mandate.Attested {
			floor = *m.Minimum
		}
	}
	if r.MaxDecreasePPM != nil && base > floor { // else the floor holds more than that
		out.HoldHarmless = &model.Hold{Prior: base, MaxDecreasePPM: *r.MaxDecreasePPM, MaxIncreasePPM: 1000 * model.Whole}
	}
	if r.Vouched(AlignmentAspect) { // what nobody vouches for is unknown
		out.Alignment = take(&room.alignments, len(r.Alignments))[:0]
		for _, a := range r.Alignments {
			if a.Reviewed != nil && goals.Find(a.Goal) >= 0 {
				out.Alignment = append(out.Alignment, model.Alignment{Goal: a.Goal, Level: int64(*a.Reviewed)})
			}
		}
	}
	if !r.Vouched(AlignmentAspect) {
		attributes = nil
	}
	for _, w := range attributes {
		if i := slices.IndexFunc(r.Attributes, func(a Attribute) bool { return a.Name == w.Name }); i >= 0 {
			out.Attributes = append(out.Attributes, model.Attribute{Name: w.Name, Level: int64(r.Attributes[i].Level)})
		}
	}
	out.Results = b.gate(ask)
	r.effectsOf(out)
}

// gate is what the published results say of a program's measures, and the policy by which they count. A policy is chosen before its results are
// known: it counts once council has frozen the policies, for results that were published after that.
func (b *Books) gate(ask *Ask) *model.ResultsGate {
	if b.Results.Name == "" {
		return nil
	}
	gate := model.ResultsGate{Policy: model.Neutral, Factors: b.Results.Signals[ask.Program.Name()]}
	policy := cmp.Or(ask.Request.ResultsPolicy, model.Neutral)
	switch f := b.Budget.Freeze; {
	case policy == model.Neutral && len(gate.Factors) == 0:
		return nil
	case policy == model.Neutral:
	case f == nil:
		gate.Reason = "council has not frozen the results policies, so " + string(policy) + " does not count yet"
	case !b.Results.Time.After(f.Time):
		gate.Reason = "the policy " + string(policy) + " was frozen after these results were published, so it counts for later ones alone"
	default:
		gate.Policy = policy
		if len(gate.Factors) == 0 {
			gate.Reason = "no measure of the program is published"
		}
	}
	return &gate
}
