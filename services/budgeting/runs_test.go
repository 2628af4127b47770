package budgeting_test

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
	"github.com/throughline/throughline/services/platform/sqldb"
)

// running is an allocation that the background has to solve, for it takes longer than its caller waits.
func (f *fixture) running(t *testing.T, p *budgetingv1.AllocationParameters) *budgetingv1.Allocation {
	t.Helper()
	a := f.allocate(t, &budgetingv1.Allocation{Method: budgetingv1.AllocationMethod_ALLOCATION_METHOD_PACKAGES, Parameters: p})
	if a.GetState() != budgetingv1.AllocationState_ALLOCATION_STATE_RUNNING {
		t.Fatalf("answered %v", a.GetState())
	}
	return a
}

// exec changes the database behind the service's back.
func (f *fixture) exec(t *testing.T, query string, args ...any) {
	t.Helper()
	must(t, f.db.Write(t.Context(), func(tx sqldb.Tx) error {
		_, err := tx.Exec(query, args...)
		return err
	}))
}

// run is the holder, the end of the lease and the attempts of the one run.
func (f *fixture) run(t *testing.T) (holder string, lease, attempts int64) {
	t.Helper()
	must(t, f.db.Read(t.Context(), func(tx sqldb.Tx) error {
		_, err := sqldb.QueryOne(tx, "SELECT holder, lease_until, attempts FROM allocation_runs", nil, func(r sqldb.Row) error {
			holder, lease, attempts = r.Text(0), r.Int(1), r.Int(2)
			return nil
		})
		return err
	}))
	return holder, lease, attempts
}

// A run that takes down whoever tries it is not tried for ever.
func TestARunIsGivenUpAfterThreeAttempts(t *testing.T) {
	for name, tc := range map[string]struct {
		attempts int64
		state    budgetingv1.AllocationState
		failure  string
	}{
		"two before": {2, budgetingv1.AllocationState_ALLOCATION_STATE_PROPOSED, ""},
		"three before": {3, budgetingv1.AllocationState_ALLOCATION_STATE_FAILED, "it was begun 3 times, and each time the service ended before it was solved; " +
			"lower parameters.work_limit, or have fewer packages compete"},
	} {
		t.Run(name, func(t *testing.T) {
			f := startOn(t, options{patience: time.Nanosecond, idle: true})
			f.city(t)
			a := f.running(t, nil)
			f.exec(t, "UPDATE allocation_runs SET attempts = ?, holder = 'gone', lease_until = ?", tc.attempts, epoch.Add(-time.Second))
			f.begin()
			done := f.settled(t, a.GetName())
			if done.GetState() != tc.state || done.GetFailure() != tc.failure {
				t.Errorf("%v, %q", done.GetState(), done.GetFailure())
			}
		})
	}
}

// What fails for a reason that callers cannot mend is FAILED at once, and the log says why.
func TestARunThatFailsIsLogged(t *testing.T) {
	var log strings.Builder
	f := startOn(t, options{patience: time.Nanosecond, idle: true, log: slog.NewTextHandler(&log, nil)})
	f.city(t)
	a := f.running(t, nil)
	f.exec(t, "UPDATE allocation_proofs SET codec = '', input = ?", []byte("{}"))
	f.begin()
	done := f.settled(t, a.GetName())
	f.stop()
	if done.GetState() != budgetingv1.AllocationState_ALLOCATION_STATE_FAILED || !strings.Contains(done.GetFailure(), "the log of the service says why") {
		t.Errorf("%v, %q", done.GetState(), done.GetFailure())
	}
	if !strings.Contains(log.String(), a.GetName()) || !strings.Contains(log.String(), "schema version 0") {
		t.Errorf("logged %q", log.String())
	}
}

// What waits to be solved while the engine is replaced says so.
func TestARunForAnotherEngineFails(t *testing.T) {
	f := startOn(t, options{patience: time.Nanosecond, idle: true})
	f.city(t)
	a := f.running(t, nil)
	f.exec(t, "UPDATE allocation_proofs SET codec = '', input = ?", []byte(`{"schema":2,"engine_version":"2"}`))
	f.begin()
	done := f.settled(t, a.GetName())
	if done.GetState() != budgetingv1.AllocationState_ALLOCATION_STATE_FAILED || !strings.Contains(done.GetFailure(), "to be solved by version 2 of the engine") {
		t.Errorf("%v, %q", done.GetState(), done.GetFailure())
	}
}

// A service that is told to stop gives back what it is solving, so that the next one need not wait for the lease to end.
func TestStoppingReleasesARun(t *testing.T) {
	f := startOn(t, options{patience: time.Nanosecond, idle: true})
	f.city(t)
	f.hard(t)
	f.running(t, &budgetingv1.AllocationParameters{
		EnvelopeScales: []*budgetingv1.EnvelopeScale{{Fund: fund("general"), SharePpm: 1_200_000}}, WorkLimit: 1_000_000_000,
	})
	f.begin()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for range 1000 {
		if holder, _, _ := f.run(t); holder != "" {
			break
		}
		<-tick.C
	}
	if holder, _, attempts := f.run(t); holder == "" || attempts != 1 {
		t.Fatalf("held by %q, attempts %d", holder, attempts)
	}
	f.stop()
	if holder, lease, attempts := f.run(t); holder != "" || lease != 0 || attempts != 0 {
		t.Errorf("held by %q until %d, attempts %d", holder, lease, attempts)
	}
}

// Elections of a large city take longer than a caller waits, too.
func TestElectionsRunInTheBackground(t *testing.T) {
	f := startOn(t, options{patience: time.Nanosecond})
	f.city(t)
	finance := f.as(t, "fin", "finance")
	e, err := f.client.CreateElection(finance, &budgetingv1.CreateElectionRequest{Parent: budget, ElectionId: "pb", Election: &budgetingv1.Election{
		DisplayName: "Participatory budget", Fund: fund("general"), Amount: usd(20), VoteKind: budgetingv1.VoteKind_VOTE_KIND_APPROVAL,
		Projects: []*budgetingv1.ElectionProject{{Program: program("police"), Cost: usd(11)}, {Program: program("parks"), Cost: usd(10)}},
	}})
	must(t, err)
	_, err = f.client.RecordElectionBallots(finance, &budgetingv1.RecordElectionBallotsRequest{
		Name: e.GetName(), Ballots: []*budgetingv1.ElectionBallot{{Voter: "1", Votes: []*budgetingv1.BallotVote{vote("parks", 1)}}},
	})
	must(t, err)
	_, err = f.client.CloseElection(finance, &budgetingv1.CloseElectionRequest{Name: e.GetName()})
	must(t, err)
	ask := &budgetingv1.Allocation{
		Method: budgetingv1.AllocationMethod_ALLOCATION_METHOD_EQUAL_SHARES, Parameters: &budgetingv1.AllocationParameters{Election: e.GetName()},
	}
	a := f.allocate(t, ask)
	if a.GetState() != budgetingv1.AllocationState_ALLOCATION_STATE_RUNNING {
		t.Fatalf("answered %v", a.GetState())
	}
	a = f.settled(t, a.GetName())
	if got := f.allocated(t, a); got["Neighborhood Parks"] != 10_00 || got["Police Patrol"] != 0 || len(got) != 2 {
		t.Errorf("%v %s: %v", a.GetState(), a.GetFailure(), got)
	}
	v, err := f.client.VerifyAllocation(finance, &budgetingv1.VerifyAllocationRequest{Name: a.GetName()})
	must(t, err)
	if !v.GetValid() {
		t.Errorf("verify %v", v.GetChecks())
	}
}
