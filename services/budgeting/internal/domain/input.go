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

// Input is the canonical question put to the engine, in the room that is given. Parameters are filled.
//
// Errors: Invalid for parameters that name funds without an envelope; FailedPrecondition NOTHING_TO_ALLOCATE,
// RESTRICTION_VIOLATED (a restriction changed after requests were written) or ENVELOPE_MISSING, each naming what to mend.
func (b Books) Input(engineVersion string, method model.Method, p Params, room *InputRoom) (model.Input, error) {
	if err := p.checkFunds(b.Budget); err != nil {
		return model.Input{}, err
	}
	if err := b.checkAttributes(method, p); err != nil {
		return model.Input{}, err
	}
	if len(b.Asks) == 0 {
		return model.Input{}, fault.State("NOTHING_TO_ALLOCATE", "%s has no funding requests; write some first", b.Budget.Name())
	}
	in := model.Input{
		Schema: model.SchemaVersion, EngineVersion: engineVersion, Method: method, Currency: b.Budget.Currency,
		RoundingUnit: b.Budget.RoundingUnit, Params: p.engine(),
		Goals: make([]model.Goal, len(b.Priorities.Weights)), Programs: room.programs.take(len(b.Asks)),
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
	as := asked{
		InputRoom: room, money: b.sources(), goals: model.PlacesOf(in.Goals, func(g *model.Goal) string { return g.ID }), attributes: in.Params.Attributes,
	}
	for i := range b.Asks {
		b.program(&in.Programs[i], &b.Asks[i], &as)
	}
	if err := as.faults.err(&b); err != nil {
		return model.Input{}, err
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

// faults are what the funds as they are now could not carry of the requests.
type faults struct {
	outside fault.Violations // costs and eligible funds that restrictions do not admit
	without []string         // funds that requests cost money of and that have no envelope
}

// of adds what is wrong with a request.
func (f *faults) of(b *Books, ask *Ask) {
	known := len(f.outside)
	ask.Request.CheckFunds(&f.outside, "", &ask.Program, b.Funds)
	for i := known; i < len(f.outside); i++ {
		f.outside[i].Field = ask.Request.Name() + "." + f.outside[i].Field
	}
}

func (f *faults) err(b *Books) error {
	if len(f.outside) > 0 {
		err := fault.State("RESTRICTION_VIOLATED", "%d costs or eligible funds of requests are outside what their funds may be spent on; "+
			"move them to other funds or change the restrictions", len(f.outside))
		err.Violations = f.outside
		return err
	}
	if len(f.without) > 0 {
		slices.Sort(f.without)
		for i, id := range f.without {
			f.without[i] = FundName(b.Budget.Organization, id)
		}
		return fault.State("ENVELOPE_MISSING", "requests cost money of funds that have no envelope in %s: %s; add the envelopes",
			b.Budget.Name(), strings.Join(f.without, ", "))
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

// admits says whether there is such a fund, and its money may be spent on the program.
func (s *source) admits(p *Program) bool { return s.fund != nil && s.fund.Admits(p) }

// at is nothing for an unknown fund.
func (s *sources) at(id string) source {
	if k := s.places.Find(id); k >= 0 {
		return s.of[k]
	}
	return source{}
}

// asked is how requests become programs: what they name, what is wrong with them, and the room that programs and their lists take.
type asked struct {
	*InputRoom
	money      *sources
	goals      model.Places
	attributes []model.AttributeWeight
	faults     faults
	pinned     string // the last text of versions, which many programs share
	pins       [2]int64
}

// versions are those of a request and its program, as they are pinned.
func (a *asked) versions(request, program int64) string {
	if pins := [2]int64{request, program}; a.pinned == "" || a.pins != pins {
		a.pins, a.pinned = pins, strconv.FormatInt(request, 10)+"."+strconv.FormatInt(program, 10)
	}
	return a.pinned
}

// funds fills in what a program costs and who else may pay; false where the restriction of some fund is against it.
func (a *asked) funds(out *model.Program, ask *Ask) (fine bool) {
	r := &ask.Request
	fine = true
	for i := range r.CostLines {
		l := &r.CostLines[i]
		s, id := a.money.at(l.Fund), l.Fund
		if fine = fine && s.admits(&ask.Program); s.enveloped {
			id = s.fund.ID
		} else if !slices.Contains(a.faults.without, id) {
			a.faults.without = append(a.faults.without, id)
		}
		to := &out.CostLines[i]
		to.ID, to.Fund, to.Treatment, to.Amount, to.OneTime = strconv.Itoa(i), id, l.Treatment, l.Amount, l.OneTime
	}
	if len(r.EligibleFunds) == 0 {
		return fine
	}
	out.EligibleFunds = a.eligible.take(len(r.EligibleFunds))[:0]
	for _, id := range r.EligibleFunds {
		s := a.money.at(id)
		if fine = fine && s.admits(&ask.Program); s.enveloped { // without an envelope it has no money this year
			out.EligibleFunds = append(out.EligibleFunds, s.fund.ID)
		}
	}
	return fine
}

// levels fills in what reviewers say of a program.
func (a *asked) levels(out *model.Program, r *FundingRequest) {
	out.Alignment = a.alignments.take(len(r.Alignments))[:0]
	for i := range r.Alignments {
		if k := a.goals.Find(r.Alignments[i].Goal); k >= 0 && r.Alignments[i].Reviewed != nil {
			out.Alignment = append(out.Alignment, model.Alignment{Goal: a.goals.ID(k), Level: int64(*r.Alignments[i].Reviewed)})
		}
	}
	for _, w := range a.attributes {
		if i := slices.IndexFunc(r.Attributes, func(a Attribute) bool { return a.Name == w.Name }); i >= 0 {
			out.Attributes = append(out.Attributes, model.Attribute{Name: w.Name, Level: int64(r.Attributes[i].Level)})
		}
	}
}

// program fills out. Funds and goals are called by the strings that the input has for them, which compare in no time.
func (b *Books) program(out *model.Program, ask *Ask, as *asked) {
	r := &ask.Request
	*out = model.Program{} // and written where it stands: there are thousands
	out.ID, out.Version, out.CostLines = r.Program, as.versions(r.Version, ask.Program.Version), as.costLines.take(len(r.CostLines))
	out.Cap, out.EquityBP = r.Cap, int64(r.EquityPoints)*pointBP
	if !as.funds(out, ask) {
		as.faults.of(b, ask)
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
		as.levels(out, r)
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
