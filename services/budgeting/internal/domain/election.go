package domain

import (
	"reflect"
	"slices"
	"time"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/money"
	"github.com/throughline/throughline/services/platform/fault"
)

// States of an election.
const (
	ElectionOpen   = "OPEN"
	ElectionClosed = "CLOSED"
)

// ElectionProject is a project that voters choose among, whole or not at all, with what it has got.
type ElectionProject struct {
	Program string // id
	Cost    int64
	Votes   int64 `json:",omitempty"` // ballots that support it
	Points  int64 `json:",omitempty"`
}

// Election is residents' ballots on projects of a participatory budget. Its rules are fixed from the first ballot on.
type Election struct {
	Meta
	Organization string
	Budget       string
	ID           string
	DisplayName  string
	Fund         string // id
	Amount       int64
	Kind         model.VoteKind
	Completion   model.Completion
	Utility      model.Utility
	Projects     []ElectionProject // by program
	State        string
	Ballots      int64
	Currency     string
}

// ElectionName is the resource name of an election.
func ElectionName(organization, budget, id string) string {
	return name("organizations", organization, "budgets", budget, "elections", id)
}

// Name is the resource name.
func (e Election) Name() string { return ElectionName(e.Organization, e.Budget, e.ID) }

// NewElection is the first version of an election, open and without ballots.
func NewElection(e Election, now time.Time) (Election, error) {
	e.Meta, e.State, e.Ballots = Meta{}.Next(now), ElectionOpen, 0
	for i := range e.Projects {
		e.Projects[i].Votes, e.Projects[i].Points = 0, 0
	}
	return e.checked()
}

// Changed is the next version of e with the fields of next.
func (e Election) Changed(next Election, now time.Time) (Election, error) {
	next.Organization, next.Budget, next.ID, next.Meta, next.State, next.Ballots = e.Organization, e.Budget, e.ID, e.Next(now), e.State, e.Ballots
	next, err := next.checked()
	if err != nil {
		return next, err
	}
	for i := range next.Projects {
		next.Projects[i].Votes, next.Projects[i].Points = 0, 0
		if j := e.project(next.Projects[i].Program); j >= 0 {
			next.Projects[i].Votes, next.Projects[i].Points = e.Projects[j].Votes, e.Projects[j].Points
		}
	}
	fixed := next
	fixed.DisplayName, fixed.Meta = e.DisplayName, e.Meta
	if (e.Ballots > 0 || e.State == ElectionClosed) && !reflect.DeepEqual(fixed, e) {
		return next, fault.State("ELECTION_STARTED", "%s has ballots: only its display_name changes; create another election for other rules", e.Name())
	}
	return next, nil
}

// Same says whether next says what e says already.
func (e Election) Same(next Election) bool {
	next.Meta = e.Meta
	return reflect.DeepEqual(e, next)
}

// Close is the next version of e, closed.
func (e Election) Close(now time.Time) (Election, error) {
	switch {
	case e.State == ElectionClosed:
		return e, fault.State("ELECTION_CLOSED", "%s is closed already", e.Name())
	case e.Ballots == 0:
		return e, fault.State("ELECTION_EMPTY", "%s has no ballots; record them before it is closed", e.Name())
	}
	e.State, e.Meta = ElectionClosed, e.Next(now)
	return e, nil
}

// project is the place of a program's project, or -1.
func (e Election) project(program string) int {
	i, found := slices.BinarySearchFunc(e.Projects, program, func(p ElectionProject, id string) int {
		switch {
		case p.Program < id:
			return -1
		case p.Program > id:
			return 1
		}
		return 0
	})
	if !found {
		return -1
	}
	return i
}

func (e Election) checked() (Election, error) {
	const at = "election"
	if e.Completion == "" {
		e.Completion = model.AddOneUtilitarian
	}
	if e.Utility == "" {
		e.Utility = model.PointsUtility
		if e.Kind == model.Approval || e.Kind == model.ChooseOne {
			e.Utility = model.CostUtility
		}
	}
	var v fault.Violations
	checkID(&v, at+".name", e.ID)
	required(&v, at+".display_name", e.DisplayName)
	required(&v, at+".fund", e.Fund)
	v.Check(e.Amount > 0, at+".amount", "must be above zero")
	knownOr(&v, at+".vote_kind", e.Kind, model.VoteKinds())
	knownOr(&v, at+".completion", e.Completion, model.Completions())
	knownOr(&v, at+".utility", e.Utility, model.Utilities())
	v.Check(len(e.Projects) > 0, at+".projects", "is empty; give voters at least one project")
	seen := make(map[string]bool, len(e.Projects))
	var sum int64
	for i, p := range e.Projects {
		field := fieldAt(at+".projects", i)
		required(&v, field+".program", p.Program)
		v.Check(!seen[p.Program], field+".program", "repeats %s; name each project once", p.Program)
		seen[p.Program] = true
		v.Check(p.Cost > 0, field+".cost", "must be above zero")
		var fine bool
		if sum, fine = money.Add(sum, max(0, p.Cost)); !fine || sum > money.Limit {
			v.Add(field+".cost", "makes the projects cost more than any budget holds; check the scale")
			sum = 0
		}
	}
	e.Projects = slices.Clone(e.Projects)
	slices.SortStableFunc(e.Projects, func(a, b ElectionProject) int {
		switch {
		case a.Program < b.Program:
			return -1
		case a.Program > b.Program:
			return 1
		}
		return 0
	})
	return e, v.Err()
}
