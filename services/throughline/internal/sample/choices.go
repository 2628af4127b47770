package sample

import (
	"context"
	"fmt"
	"os"
	"slices"

	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
	"github.com/throughline/throughline/services/budgeting"
	"github.com/throughline/throughline/services/throughline/internal/client"
)

// ballotsPerCall is how many ballots one call takes.
const ballotsPerCall = 1000

// envelopes sets the money that the budget files do not tell of, and who may approve transfers.
func (l *loader) envelopes(ctx context.Context) error {
	ctx, err := l.as(ctx, "finance-director", "finance")
	if err != nil {
		return err
	}
	_, err = client.Call(ctx, "set the envelopes", l.suite.Budgeting.UpdateBudget, &budgetingv1.UpdateBudgetRequest{
		Budget: l.city.Budget, UpdateMask: populated(l.city.Budget.ProtoReflect()),
	})
	return err
}

func (l *loader) packages(ctx context.Context) error {
	ctx, err := l.as(ctx, "finance-director", "finance")
	if err != nil {
		return err
	}
	for _, p := range l.city.Packages { // those that others refer to come first
		_, err := client.Call(ctx, "write "+p.GetName(), l.suite.Budgeting.UpdateDecisionPackage, &budgetingv1.UpdateDecisionPackageRequest{
			DecisionPackage: p, AllowMissing: true,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (l *loader) scenarios(ctx context.Context) error {
	ctx, err := l.as(ctx, "finance-director", "finance")
	if err != nil {
		return err
	}
	for _, s := range l.city.Scenarios {
		_, err := client.Call(ctx, "write "+s.GetName(), l.suite.Budgeting.UpdateScenario, &budgetingv1.UpdateScenarioRequest{
			Scenario: s, AllowMissing: true,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// readElection reads the residents' election and their ballots.
func readElection(path string, c *City) (budgeting.PabulibElection, error) {
	file, err := os.Open(path)
	if err != nil {
		return budgeting.PabulibElection{}, fmt.Errorf("read sample city: %w", err)
	}
	defer func() { _ = file.Close() }()
	read, err := budgeting.ReadPabulib(file, budgeting.PabulibTarget{
		Election: c.Election.GetName(), Fund: c.Election.GetFund(), Currency: c.Organization.GetCurrencyCode(),
	})
	if err != nil {
		err = fmt.Errorf("%s: %w", path, err)
	}
	return read, err
}

// election creates the residents' election, records their ballots and closes it.
func (l *loader) election(ctx context.Context) error {
	read, err := readElection(l.path("election.pb"), &l.city)
	if err != nil {
		return err
	}
	if ctx, err = l.as(ctx, "finance-director", "finance"); err != nil {
		return err
	}
	_, err = client.Call(ctx, "write the projects", l.suite.Budgeting.BatchUpsertPrograms, &budgetingv1.BatchUpsertProgramsRequest{
		Parent: l.city.Organization.GetName(), Programs: read.Programs,
	})
	if err != nil {
		return err
	}
	election, err := client.Call(ctx, "write the election", l.suite.Budgeting.UpdateElection, &budgetingv1.UpdateElectionRequest{
		Election: read.Election, AllowMissing: true,
	})
	if err != nil || election.GetState() == budgetingv1.ElectionState_ELECTION_STATE_CLOSED {
		return err
	}
	for some := range slices.Chunk(read.Ballots, ballotsPerCall) {
		_, err := client.Call(ctx, "record the ballots", l.suite.Budgeting.RecordElectionBallots, &budgetingv1.RecordElectionBallotsRequest{
			Name: election.GetName(), Ballots: some,
		})
		if err != nil {
			return err
		}
	}
	_, err = client.Call(ctx, "close the election", l.suite.Budgeting.CloseElection, &budgetingv1.CloseElectionRequest{Name: election.GetName()})
	return err
}
