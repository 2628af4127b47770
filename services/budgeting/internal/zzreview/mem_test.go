package zzreview

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/budgeting/internal/domain/engine"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
)

func TestMem(t *testing.T) {
	n, _ := strconv.Atoi(os.Getenv("N"))
	const projects, votes = 100, 8
	e := domain.Election{Organization: "o", Budget: "b", ID: "e", Fund: "g", Amount: 5_000_000_00, Kind: model.Approval, State: domain.ElectionClosed, Currency: "USD",
		Completion: model.AddOneUtilitarian, Utility: model.CostUtility}
	programs := map[string]domain.Program{}
	for i := range projects {
		id := fmt.Sprintf("election-2027--%03d", i)
		e.Projects = append(e.Projects, domain.ElectionProject{Program: id, Cost: int64(100_000_00 + 997*i)})
		programs[id] = domain.Program{Organization: "o", ID: id, DisplayName: id}
	}
	var ballots []domain.Ballot
	for v := range n {
		b := domain.Ballot{Voter: strconv.Itoa(v)}
		for k := range votes {
			b.Votes = append(b.Votes, domain.Vote{Program: e.Projects[(v*7+k*13)%projects].Program, Points: 1})
		}
		ballots = append(ballots, b)
	}
	b := domain.Books{Budget: domain.Budget{Organization: "o", ID: "b", Currency: "USD", RoundingUnit: 100, Envelopes: []domain.Envelope{{Fund: "g", Available: 9_000_000_00}}},
		Funds: map[string]*domain.Fund{"g": {Organization: "o", ID: "g", Kind: model.General, Gasb54Class: "UNASSIGNED"}}, Election: &e, Ballots: ballots,
		Priorities: domain.Priorities{Name: "p", Hash: "h", Weights: []domain.GoalWeight{{Goal: "organizations/o/plans/p/goals/g", PPM: 1000000}}}}
	b.Asks = e.Asks(nil, programs)
	p, _ := domain.Params{}.Filled()
	start := time.Now()
	in, err := b.Input(engine.Version, model.EqualShares, p)
	if err != nil {
		t.Fatal(err)
	}
	var peak uint64
	stop := make(chan bool)
	go func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(50 * time.Millisecond):
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				peak = max(peak, m.HeapInuse)
			}
		}
	}()
	s, err := engine.Solve(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	close(stop)
	fmt.Println("N", n, "input MB", len(s.Input)>>20, "plan MB", len(s.Encoded)>>20, "peak heap MB", peak>>20, time.Since(start), s.Plan.Outcome)
}
