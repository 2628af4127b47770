package domain

import (
	"fmt"
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

// Signal is what the measures of a program say together.
type Signal struct {
	Status   model.Signal
	MetPPM   int64 // of the known weight
	KnownPPM int64 // of the whole weight
}

// Results is a results revision as performance tells it; zero when nothing is published.
type Results struct {
	Name    string
	Hash    string
	Time    time.Time
	Signals map[string]Signal // by program name
}

// Books is all that an allocation is made from.
type Books struct {
	Budget     Budget
	Funds      map[string]*Fund // by id
	Asks       []Ask            // by program id
	Priorities Priorities
	Results    Results
}

// Input is the canonical question put to the engine. Parameters are filled.
//
// Errors: Invalid for parameters that name funds without an envelope; FailedPrecondition NOTHING_TO_ALLOCATE,
// RESTRICTION_VIOLATED (a restriction changed after requests were written) or ENVELOPE_MISSING, each naming what to mend.
func (b Books) Input(engineVersion string, method model.Method, p Params) (model.Input, error) {
	if err := p.checkFunds(b.Budget); err != nil {
		return model.Input{}, err
	}
	if len(b.Asks) == 0 {
		return model.Input{}, fault.State("NOTHING_TO_ALLOCATE", "%s has no funding requests; write some first", b.Budget.Name())
	}
	if err := b.check(); err != nil {
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
	goals, enveloped := make(map[string]bool, len(b.Priorities.Weights)), b.enveloped()
	for i, w := range b.Priorities.Weights {
		in.Goals[i] = model.Goal{ID: w.Goal, Title: w.Title, WeightPPM: w.PPM}
		goals[w.Goal] = true
	}
	for _, e := range b.Budget.Envelopes {
		f := b.Funds[e.Fund] // envelopes keep their funds from being deleted
		in.Funds = append(in.Funds, model.Fund{
			ID: f.ID, Available: p.scaled(e), Class: f.class(), Kind: f.Kind, Named: slices.Contains(p.CompetingFund, f.ID),
		})
	}
	room := newLists(b.Asks)
	for i := range b.Asks {
		in.Programs[i] = b.program(&b.Asks[i], goals, enveloped, in.Params.Attributes, room)
	}
	return in, nil
}

// check refuses requests that the funds as they are now could not carry.
func (b Books) check() error {
	var bad fault.Violations
	var without []string
	enveloped := b.enveloped()
	for i := range b.Asks {
		r := &b.Asks[i].Request
		known := len(bad)
		r.CheckFunds(&bad, "", &b.Asks[i].Program, b.Funds)
		for j := known; j < len(bad); j++ {
			bad[j].Field = r.Name() + "." + bad[j].Field
		}
		for j := range r.CostLines {
			if id := r.CostLines[j].Fund; !enveloped[id] && !slices.Contains(without, id) {
				without = append(without, id)
			}
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

// enveloped are the funds that have money this year.
func (b Books) enveloped() map[string]bool {
	ids := make(map[string]bool, len(b.Budget.Envelopes))
	for _, e := range b.Budget.Envelopes {
		ids[e.Fund] = true
	}
	return ids
}

// lists have room for the cost lines and alignments of every request: thousands of programs cost two allocations.
type lists struct {
	costLines  []model.CostLine
	alignments []model.Alignment
}

func newLists(asks []Ask) *lists {
	var costLines, alignments int
	for i := range asks {
		costLines += len(asks[i].Request.CostLines)
		alignments += len(asks[i].Request.Alignments)
	}
	return &lists{make([]model.CostLine, costLines), make([]model.Alignment, alignments)}
}

// take cuts n items off the front of the room.
func take[T any](room *[]T, n int) []T {
	taken := (*room)[:n:n]
	*room = (*room)[n:]
	return taken
}

func (b Books) program(ask *Ask, goals, enveloped map[string]bool, attributes []model.AttributeWeight, room *lists) model.Program {
	r := &ask.Request
	out := model.Program{
		ID: r.Program, Version: strconv.FormatInt(r.Version, 10) + "." + strconv.FormatInt(ask.Program.Version, 10),
		CostLines: take(&room.costLines, len(r.CostLines)), Cap: r.Cap, EquityBP: int64(r.EquityPoints) * pointBP,
	}
	for i := range r.CostLines {
		l := &r.CostLines[i]
		out.CostLines[i] = model.CostLine{ID: strconv.Itoa(i), Fund: l.Fund, Treatment: l.Treatment, Amount: l.Amount}
	}
	for _, id := range r.EligibleFunds {
		if enveloped[id] { // without an envelope it has no money this year
			out.EligibleFunds = append(out.EligibleFunds, id)
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
			if a.Reviewed != nil && goals[a.Goal] {
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
	return out
}

// gate is what the published results say of a program, and what council has decided that they do. Points count by the
// share of the measures' weight that is known.
func (b Books) gate(ask *Ask) *model.ResultsGate {
	s, ok := b.Results.Signals[ask.Program.Name()]
	switch {
	case b.Results.Name == "" || (!ok && ask.Request.ResultsPolicy == model.Neutral):
		return nil
	case !ok:
		return &model.ResultsGate{Signal: model.Unknown, Policy: ask.Request.ResultsPolicy, Reason: "no measure of the program is published"}
	}
	return &model.ResultsGate{
		Signal: s.Status, Policy: ask.Request.ResultsPolicy, CertainPPM: s.KnownPPM,
		Reason: fmt.Sprintf("%s of the known weight of its measures meets the target; %s of the weight is known", percent(s.MetPPM), percent(s.KnownPPM)),
	}
}

// percent writes parts per million as "12.50 %", cut to two decimals; in integers, because the input is hashed.
func percent(ppm int64) string { return points(ppm/100) + " %" }
