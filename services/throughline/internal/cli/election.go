package cli

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
	goalsv1 "github.com/throughline/throughline/proto/gen/throughline/goals/v1"
	"github.com/throughline/throughline/services/budgeting"
	"github.com/throughline/throughline/services/platform/config"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/throughline/internal/client"
)

type electionCommand struct {
	Connection
	File     string `arg:"" help:"Election in the Pabulib format (.pb)." type:"existingfile"`
	Election string `required:"" help:"Election to write, such as organizations/riverbend/budgets/fy2027/elections/parks; made when missing." placeholder:"NAME"`
	Fund     string `required:"" help:"Fund that pays, such as organizations/riverbend/funds/010." placeholder:"NAME"`
	Currency string `help:"Take the amounts as this currency, which must be the organization's, whatever the file says." placeholder:"ISO"`
	Close    bool   `help:"Close the election once every ballot is recorded."`
	Token    string `help:"Token of role finance; minted with the data directory's local key when left out."`
}

// rowsPerCall is how many programs or ballots one call takes.
const rowsPerCall = 1000

// counts is what an import changed.
type counts struct{ created, updated, unchanged int }

func (c *counts) add(r interface {
	GetCreated() int32
	GetUpdated() int32
	GetUnchanged() int32
},
) {
	c.created += int(r.GetCreated())
	c.updated += int(r.GetUpdated())
	c.unchanged += int(r.GetUnchanged())
}

// Run imports an election. Running it again with the same file changes nothing.
func (e *electionCommand) Run(ctx context.Context, world World, settings *Settings) error {
	organization := resource.Organization(e.Election)
	if organization == "" || resource.Organization(e.Fund) != organization {
		return &config.Error{Problem: "election and fund must be names of the same organization, such as organizations/riverbend/budgets/fy2027/elections/parks"}
	}
	suite, err := e.open()
	if err != nil {
		return err
	}
	defer func() { _ = suite.Close() }()
	if ctx, err = caller(ctx, world, settings, e.Token, organization, "finance"); err != nil {
		return err
	}
	read, err := e.read(ctx, suite, organization)
	if err != nil {
		return err
	}
	bars := newProgress(world.Stderr)
	defer bars.done()
	w := electionWriter{suite: suite, read: read, step: bars.step}
	election, err := w.write(ctx, "organizations/"+organization, e.Close)
	bars.done()
	if err != nil {
		return err
	}
	fmt.Fprintf(world.Stdout, "programs: %d created, %d updated, %d unchanged\n", w.programs.created, w.programs.updated, w.programs.unchanged)
	fmt.Fprintf(world.Stdout, "ballots: %d created, %d updated, %d unchanged\n", w.ballots.created, w.ballots.updated, w.ballots.unchanged)
	_, err = fmt.Fprintf(world.Stdout, "%s has %d projects and %d ballots and is %s\n", election.GetName(), len(election.GetProjects()), election.GetBallots(),
		stateWords[election.GetState()])
	return err
}

var stateWords = map[budgetingv1.ElectionState]string{
	budgetingv1.ElectionState_ELECTION_STATE_OPEN: "open", budgetingv1.ElectionState_ELECTION_STATE_CLOSED: "closed",
}

// read reads the file in the organization's currency.
func (e *electionCommand) read(ctx context.Context, suite *client.Suite, organization string) (budgeting.PabulibElection, error) {
	to := budgeting.PabulibTarget{Election: e.Election, Fund: e.Fund, Currency: e.Currency, Assume: e.Currency != ""}
	if to.Currency == "" {
		o, err := client.Call(ctx, "read the organization", suite.Goals.GetOrganization, &goalsv1.GetOrganizationRequest{Name: "organizations/" + organization})
		if err != nil {
			return budgeting.PabulibElection{}, err
		}
		to.Currency = o.GetCurrencyCode()
	}
	file, err := os.Open(e.File)
	if err != nil {
		return budgeting.PabulibElection{}, err
	}
	defer func() { _ = file.Close() }()
	read, err := budgeting.ReadPabulib(file, to)
	if err != nil {
		err = fmt.Errorf("%s: %w", e.File, err)
	}
	return read, err
}

// electionWriter writes an election into a suite.
type electionWriter struct {
	suite             *client.Suite
	read              budgeting.PabulibElection
	step              func(what string, done, total int)
	programs, ballots counts
}

func (w *electionWriter) write(ctx context.Context, organization string, closes bool) (*budgetingv1.Election, error) {
	if err := w.fits(ctx); err != nil {
		return nil, err
	}
	done := 0
	for some := range slices.Chunk(w.read.Programs, rowsPerCall) {
		n, err := client.Call(ctx, "write programs", w.suite.Budgeting.BatchUpsertPrograms,
			&budgetingv1.BatchUpsertProgramsRequest{Parent: organization, Programs: some})
		if err != nil {
			return nil, err
		}
		w.programs.add(n)
		done += len(some)
		w.step("programs", done, len(w.read.Programs))
	}
	election, err := client.Call(ctx, "write the election", w.suite.Budgeting.UpdateElection,
		&budgetingv1.UpdateElectionRequest{Election: w.read.Election, AllowMissing: true})
	if err != nil {
		return nil, err
	}
	if election.GetState() == budgetingv1.ElectionState_ELECTION_STATE_CLOSED {
		return w.closed(election)
	}
	done = 0
	for some := range slices.Chunk(w.read.Ballots, rowsPerCall) {
		n, err := client.Call(ctx, fmt.Sprintf("record ballots from the %d. on", done+1), w.suite.Budgeting.RecordElectionBallots,
			&budgetingv1.RecordElectionBallotsRequest{Name: election.GetName(), Ballots: some})
		if err != nil {
			return nil, err
		}
		w.ballots.add(n)
		done += len(some)
		w.step("ballots", done, len(w.read.Ballots))
	}
	if closes {
		return client.Call(ctx, "close the election", w.suite.Budgeting.CloseElection, &budgetingv1.CloseElectionRequest{Name: election.GetName()})
	}
	return client.Call(ctx, "read the election", w.suite.Budgeting.GetElection, &budgetingv1.GetElectionRequest{Name: election.GetName()})
}

// fits asks for the budget, the fund and an election that is there already before anything is written: a refused import leaves no programs behind.
func (w *electionWriter) fits(ctx context.Context) error {
	election := w.read.Election
	budget, _, _ := strings.Cut(election.GetName(), "/elections/")
	if _, err := client.Call(ctx, "read the budget", w.suite.Budgeting.GetBudget, &budgetingv1.GetBudgetRequest{Name: budget}); err != nil {
		return err
	}
	if _, err := client.Call(ctx, "read the fund", w.suite.Budgeting.GetFund, &budgetingv1.GetFundRequest{Name: election.GetFund()}); err != nil {
		return err
	}
	_, err := w.suite.Budgeting.GetElection(ctx, &budgetingv1.GetElectionRequest{Name: election.GetName()})
	if err != nil {
		return nil //nolint:nilerr // it is made, once its programs are there
	}
	_, err = client.Call(ctx, "write the election", w.suite.Budgeting.UpdateElection, &budgetingv1.UpdateElectionRequest{Election: election, ValidateOnly: true})
	return err
}

// closed answers an election that was closed before: its ballots are final, so those of the file must be the same in number and in what they give.
func (w *electionWriter) closed(election *budgetingv1.Election) (*budgetingv1.Election, error) {
	votes, points := map[string]int64{}, map[string]int64{}
	for _, b := range w.read.Ballots {
		for _, v := range b.GetVotes() {
			if points[v.GetProgram()] += v.GetPoints(); v.GetPoints() > 0 {
				votes[v.GetProgram()]++
			}
		}
	}
	same := election.GetBallots() == int64(len(w.read.Ballots))
	for _, p := range election.GetProjects() {
		same = same && p.GetVotes() == votes[p.GetProgram()] && p.GetPoints() == points[p.GetProgram()]
	}
	if !same {
		return nil, fmt.Errorf("%s is closed, and its ballots are not those of the file; give another election", election.GetName())
	}
	w.ballots.unchanged = len(w.read.Ballots)
	return election, nil
}
