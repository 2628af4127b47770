package domain

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/platform/fault"
)

// Purposes of an allocation.
const (
	PurposeTarget         = "TARGET"
	PurposeRecommendation = "RECOMMENDATION"
)

// States of an allocation. A solved one is PROPOSED, whatever its outcome; an INFEASIBLE one can never be adopted.
const (
	AllocationRunning    = "RUNNING"
	AllocationProposed   = "PROPOSED"
	AllocationAdopted    = "ADOPTED"
	AllocationSuperseded = "SUPERSEDED"
	AllocationFailed     = "FAILED"
	AllocationCancelled  = "CANCELLED"
)

// Allocation answers how a budget's money follows priorities. What was solved never changes; council's adjustments and the adoption are added.
type Allocation struct {
	Meta
	Organization     string
	Budget           string
	ID               string
	DisplayName      string
	Method           model.Method
	Purpose          string
	Params           Params
	PriorityRevision string // name
	PriorityTime     time.Time
	ResultsRevision  string // name, or "" for none
	ResultsTime      time.Time
	ContentHash      string
	ResultHash       string
	EngineVersion    string
	State            string
	Currency         string
	Creator          string
	Scenario         string // id, or "" for the budget as it is
	Adjustments      []Adjustment
	Adoption         *Adoption
	Failure          string
	Sequence         int64 // position among the budget's allocations, from 1
	Result
	StaleReasons []string // derived on read
}

// AllocationName is the resource name of an allocation.
func AllocationName(organization, budget, id string) string {
	return name("organizations", organization, "budgets", budget, "allocations", id)
}

// Name is the resource name.
func (a Allocation) Name() string { return AllocationName(a.Organization, a.Budget, a.ID) }

// NewAllocation fills the defaults of what was asked for.
func NewAllocation(a Allocation, now time.Time) (Allocation, error) {
	a.Meta, a.State = Meta{}.Next(now), AllocationProposed
	if a.DisplayName == "" {
		a.DisplayName = "Allocation of " + now.UTC().Format("2006-01-02 15:04 UTC")
	}
	if a.Method == "" {
		a.Method = model.PriorityAdjustment
	}
	if a.Purpose == "" {
		a.Purpose = PurposeTarget
	}
	var err error
	if a.Params, err = a.Params.Filled(); err != nil {
		return a, err
	}
	var v fault.Violations
	a.Params = a.Params.fit(&v, "allocation.parameters.", a.Method)
	checkID(&v, "allocation_id", a.ID)
	return a, v.Err()
}

// Answered is a with what the engine found.
func (a Allocation) Answered(books Books, in model.Input, plan model.Plan, cert model.Certificate) Allocation {
	a = a.pinned(books, in)
	a.ContentHash = cert.InputHash
	a.Programs, a.Checks = len(books.Asks), []string{books.attested()}
	return a.found(books, in, plan, cert)
}

// found is a with the first page of its plan, which leaves alone what a knew without it: its programs, who attested them, and whose weights it has.
func (a Allocation) found(books Books, in model.Input, plan model.Plan, cert model.Certificate) Allocation {
	known := a.Result
	a.Result = Summarize(in, plan, cert, books.Titles())
	a.Programs, a.Uncertified, a.Checks = known.Programs, known.Uncertified, append(slices.Clip(a.Checks), known.Checks...)
	a.ResultHash = cert.PlanHash
	return a
}

// pinned is a with what it is made from.
func (a Allocation) pinned(books Books, in model.Input) Allocation {
	a.PriorityRevision, a.PriorityTime = books.Priorities.Name, books.Priorities.Time
	a.ResultsRevision, a.ResultsTime = books.Results.Name, books.Results.Time
	a.EngineVersion, a.Currency = in.EngineVersion, in.Currency
	return a
}

// Running is a as long as its input, of this hash, is being solved.
func (a Allocation) Running(books Books, in model.Input, hash string) Allocation {
	a = a.pinned(books, in)
	a.State, a.ContentHash, a.Programs = AllocationRunning, hash, len(books.Asks)
	a.Checks = []string{books.attested()}
	return a
}

// Solved is the next version of a running allocation, with what the engine found. books has the titles.
func (a Allocation) Solved(books Books, in model.Input, plan model.Plan, cert model.Certificate, now time.Time) Allocation {
	a.State, a.Meta = AllocationProposed, a.Next(now)
	return a.found(books, in, plan, cert)
}

// Failed is the next version of a running allocation that could not be solved.
func (a Allocation) Failed(why string, now time.Time) Allocation {
	a.State, a.Failure, a.Meta = AllocationFailed, why, a.Next(now)
	return a
}

// attested says how much of the base somebody vouches for. What nobody does is taken as it was requested.
func (b Books) attested() string {
	n := 0
	for i := range b.Asks {
		if b.Asks[i].Request.Vouched(BaseAspect) {
			n++
		}
	}
	return fmt.Sprintf("the cost lines of %d of %d programs are attested; the others are taken as requested", n, len(b.Asks))
}

// Seen is the newest revision that an event has told of.
type Seen struct {
	Name string
	Time time.Time
}

// Against is a with what is newer than what it pinned. Only open proposals grow stale.
func (a Allocation) Against(priority, results Seen) Allocation {
	a.StaleReasons = nil
	if a.State != AllocationProposed {
		return a
	}
	newer := func(s Seen, pinned string, at time.Time) bool {
		return s.Name != "" && s.Name != pinned && s.Time.After(at)
	}
	if newer(priority, a.PriorityRevision, a.PriorityTime) {
		a.StaleReasons = append(a.StaleReasons, "priorities were certified anew on "+moment(priority.Time)+": "+priority.Name+" replaces "+a.PriorityRevision)
	}
	if newer(results, a.ResultsRevision, a.ResultsTime) {
		was := a.ResultsRevision
		if was == "" {
			was = "none"
		}
		a.StaleReasons = append(a.StaleReasons, "results were published on "+moment(results.Time)+": "+results.Name+" replaces "+was)
	}
	return a
}

func moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

// Titles are what people call funds, programs and measures.
type Titles struct{ Fund, Program, Measure func(id string) string }

// Titles of everything in the books.
func (b Books) Titles() Titles {
	t := TitlesOf(b.Funds, nil)
	t.Program = func(id string) string {
		i, found := sort.Find(len(b.Asks), func(i int) int { return strings.Compare(id, b.Asks[i].Program.ID) })
		if !found {
			return id
		}
		return orID(b.Asks[i].Program.DisplayName, id)
	}
	return t
}

// TitlesOf are titles by id; what has none is called by its id.
func TitlesOf(funds map[string]*Fund, programs map[string]string) Titles {
	return Titles{
		Fund: func(id string) string {
			if f, ok := funds[id]; ok {
				return f.DisplayName
			}
			return id
		},
		Program: func(id string) string { return orID(programs[id], id) },
		Measure: func(id string) string { return id }, // another service's; WithMeasures names them
	}
}

// WithMeasures is t with the titles of measures by id.
func (t Titles) WithMeasures(titles map[string]string) Titles {
	t.Measure = func(id string) string { return orID(titles[id], id) }
	return t
}

func orID(title, id string) string {
	if title == "" {
		return id
	}
	return title
}
