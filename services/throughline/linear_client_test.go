package throughline_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	datepb "google.golang.org/genproto/googleapis/type/date"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
	goalsv1 "github.com/throughline/throughline/proto/gen/throughline/goals/v1"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/rpc"
	"github.com/throughline/throughline/services/throughline/internal/client"
)

const (
	proposals = 12              // of each township
	callTime  = 3 * time.Second // of one try
	tries     = 40              // of one request, by its id
	twinOf    = 100             // is added to the number of a caller whose request is sent twice at once
	mostOpen  = 6               // outcomes that stay unknown, of one object: each doubles what has to be searched
)

// history records operations.
type history struct {
	t       *testing.T
	began   time.Time
	every   int           // operations until tick
	tick    chan struct{} // is sent to, if anyone listens
	initial map[string]state

	mu      sync.Mutex
	ops     []porcupine.Operation
	counts  map[string]int
	unknown map[string]int // by object
	serial  int
}

func newHistory(t *testing.T) *history {
	return &history{
		t: t, began: time.Now(), every: 25, tick: make(chan struct{}, 1), initial: map[string]state{}, counts: map[string]int{}, unknown: map[string]int{},
	}
}

func (h *history) now() int64 { return int64(time.Since(h.began)) }

// next numbers what must be told from everything else.
func (h *history) next() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.serial++
	return h.serial
}

func (h *history) add(client int, in asked, out told, call, end int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ops = append(h.ops, porcupine.Operation{ClientId: client, Input: in, Output: out, Call: call, Return: end})
	h.counts[string(in.verb)+", "+string(out.outcome)]++
	if len(h.ops)%h.every == 0 {
		select {
		case h.tick <- struct{}{}:
		default:
		}
	}
}

// giveUp says whether an outcome may stay unknown; there is room for few of an object.
func (h *history) giveUp(object string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.unknown[object] >= mostOpen {
		return false
	}
	h.unknown[object]++
	return true
}

// check holds the history against the model.
func (h *history) check() {
	h.t.Helper()
	verbs := make([]string, 0, len(h.counts))
	for v, n := range h.counts {
		verbs = append(verbs, fmt.Sprintf("%s: %d", v, n))
	}
	slices.Sort(verbs)
	h.t.Logf("%d operations in %s\n%s", len(h.ops), time.Since(h.began).Round(time.Millisecond), strings.Join(verbs, "\n"))
	began := time.Now()
	m := model(h.initial)
	for _, part := range m.Partition(h.ops) {
		result, info := porcupine.CheckOperationsVerbose(m, part, time.Minute)
		if result == porcupine.Ok {
			continue
		}
		h.t.Errorf("%s: %d operations are not linearizable (%s):\n%s", part[0].Input.(asked).object, len(part), result, stuck(part, info))
	}
	h.t.Logf("checked in %s", time.Since(began).Round(time.Millisecond))
}

// stuck shows the operations about where the longest linearization ends.
func stuck(part []porcupine.Operation, info porcupine.LinearizationInfo) string {
	reached := 0
	for _, ways := range info.PartialLinearizations() {
		for _, way := range ways {
			reached = max(reached, len(way))
		}
	}
	slices.SortFunc(part, func(a, b porcupine.Operation) int { return int(a.Call - b.Call) })
	var b strings.Builder
	for _, o := range part[max(0, reached-12):min(len(part), reached+12)] {
		fmt.Fprintf(&b, "%9.3f to %9.3f ms, client %d: %s\n", float64(o.Call)/1e6, float64(min(o.Return, o.Call+int64(time.Hour)))/1e6, o.ClientId, describe(o.Input.(asked), o.Output.(told)))
	}
	return b.String()
}

// caller makes operations, one after the other.
type caller struct {
	h     *history
	id    int
	suite *client.Suite
	rng   *rand.Rand
}

// do makes one operation. A write is tried again with its request id until its outcome is known, unless it is given up.
func (c *caller) do(ctx context.Context, in asked, write bool, call func(context.Context) (state, error)) (state, bool) {
	began, pause := c.h.now(), 5*time.Millisecond
	patient := c.rng.IntN(3) > 0
	for try := 1; ; try++ {
		got, err := within(ctx, call)
		switch f, _ := fault.As(rpc.FromStatus(err)); {
		case err == nil:
			c.h.add(c.id, in, told{done, got}, began, c.h.now())
			return got, true
		case f == nil:
			c.h.t.Errorf("%s: %v", in.verb, err)
			return got, false
		case f.Kind == fault.NotFound:
			c.h.add(c.id, in, told{outcome: missing}, began, c.h.now())
			return got, true
		case f.Reason == "ETAG_MISMATCH" || f.Kind == fault.AlreadyExists || f.Kind == fault.FailedPrecondition:
			c.h.add(c.id, in, told{outcome: refused}, began, c.h.now())
			return got, false
		case f.Kind != fault.Unavailable && f.Kind != fault.Deadline:
			c.h.t.Errorf("%s: %v", in.verb, f)
			return got, false
		case !write:
			return got, false // it had no effect, and says nothing
		case (!patient || try == tries) && c.h.giveUp(in.object):
			c.h.add(c.id, in, told{outcome: unsettled}, began, math.MaxInt64)
			return got, false
		case try == 10*tries:
			c.h.t.Errorf("%s: no known outcome after %d tries: %v", in.verb, try, f)
			return got, false
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			c.h.add(c.id, in, told{outcome: unsettled}, began, math.MaxInt64)
			return got, false
		}
		pause = min(2*pause, 200*time.Millisecond)
	}
}

func within(ctx context.Context, call func(context.Context) (state, error)) (state, error) {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	return call(ctx)
}

func etagNumber(etag string) int {
	n, _ := strconv.Atoi(etag) // 0 is no etag
	return n
}

// act makes one random operation on the township, or two: a write by etag reads first.
func (c *caller) act(ctx context.Context, w *township) {
	finance := w.as(ctx, "finance")
	switch c.rng.IntN(14) {
	case 0, 1, 2:
		if seen, ok := c.readBudget(finance, w); ok && c.rng.IntN(3) > 0 {
			c.titleBudget(finance, w, seen.etags[0])
		}
	case 3:
		c.listProposals(finance, w)
	case 4:
		c.adopt(ctx, w)
	case 5:
		c.readScenario(finance, w)
	case 6:
		c.listScenarios(finance, w)
	case 7, 8:
		c.makeScenario(finance, w)
	case 9, 10:
		slot := c.rng.IntN(len(w.goals))
		if seen, ok := c.goals(ctx, w, slot, c.rng.IntN(2) > 0); ok && c.rng.IntN(3) > 0 {
			c.titleGoal(ctx, w, slot, seen.etags[slot])
		}
	case 11:
		c.goals(ctx, w, 0, true)
	case 12:
		c.sumLines(finance, w)
	case 13:
		c.setLine(finance, w)
	}
}

func (c *caller) readBudget(ctx context.Context, w *township) (state, bool) {
	return c.do(ctx, asked{object: w.budget, verb: readBudget}, false, func(ctx context.Context) (state, error) {
		b, err := c.suite.Budgeting.GetBudget(ctx, &budgetingv1.GetBudgetRequest{Name: w.budget})
		return budgetState(b), err
	})
}

func budgetState(b *budgetingv1.Budget) (s state) {
	s.etags[0], s.titles[0] = etagNumber(b.GetEtag()), b.GetDisplayName()
	if b.GetAdoptedAllocation() != "" {
		s.states[slotOf(b.GetAdoptedAllocation())] = 'A'
	}
	return s
}

// slotOf is the number at the end of a name.
func slotOf(name string) int {
	n, _ := strconv.Atoi(name[strings.LastIndexByte(name, '-')+1:])
	return n
}

func (c *caller) titleBudget(ctx context.Context, w *township, etag int) {
	n := c.h.next()
	in := asked{object: w.budget, verb: titleBudget, title: fmt.Sprint("Title ", n), etag: etag}
	c.do(ctx, in, true, func(ctx context.Context) (state, error) {
		b, err := c.suite.Budgeting.UpdateBudget(ctx, &budgetingv1.UpdateBudgetRequest{
			Budget:     &budgetingv1.Budget{Name: w.budget, DisplayName: in.title, Etag: strconv.Itoa(etag)},
			UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"display_name"}}, RequestId: fmt.Sprint("title-", n),
		})
		return budgetState(b), err
	})
}

func (c *caller) listProposals(ctx context.Context, w *township) {
	c.do(ctx, asked{object: w.budget, verb: listProposals}, false, func(ctx context.Context) (s state, err error) {
		all, err := c.suite.Budgeting.ListAllocations(ctx, &budgetingv1.ListAllocationsRequest{Parent: w.budget})
		for _, a := range all.GetAllocations() {
			s.states[slotOf(a.GetName())] = stateOf(a)
		}
		return s, err
	})
}

func stateOf(a *budgetingv1.Allocation) rune {
	switch a.GetState() {
	case budgetingv1.AllocationState_ALLOCATION_STATE_ADOPTED:
		return 'A'
	case budgetingv1.AllocationState_ALLOCATION_STATE_SUPERSEDED:
		return 'S'
	default:
		return 0
	}
}

// adopt adopts a proposal, by the etag that all have until they are adopted.
func (c *caller) adopt(ctx context.Context, w *township) {
	n, slot := c.h.next(), c.rng.IntN(proposals)
	c.do(w.as(ctx, "council"), asked{object: w.budget, verb: adopt, slot: slot}, true, func(ctx context.Context) (s state, err error) {
		a, err := c.suite.Budgeting.AdoptAllocation(ctx, &budgetingv1.AdoptAllocationRequest{
			Name: fmt.Sprint(w.budget, "/allocations/a-", slot), Etag: "1", RequestId: fmt.Sprint("adopt-", n), Adoption: &budgetingv1.AllocationAdoption{
				Body: "Council", ResolutionNumber: fmt.Sprint(n), AdoptDate: &datepb.Date{Year: 2026, Month: 6, Day: 18},
			},
		})
		s.states[slot] = stateOf(a)
		return s, err
	})
}

func (c *caller) readScenario(ctx context.Context, w *township) {
	in := asked{object: w.draft + "/scenarios", verb: readScenario, slot: c.rng.IntN(slots)}
	c.do(ctx, in, false, func(ctx context.Context) (s state, err error) {
		one, err := c.suite.Budgeting.GetScenario(ctx, &budgetingv1.GetScenarioRequest{Name: fmt.Sprint(w.draft, "/scenarios/s-", in.slot)})
		s.titles[in.slot] = one.GetDisplayName()
		return s, err
	})
}

func (c *caller) listScenarios(ctx context.Context, w *township) {
	c.do(ctx, asked{object: w.draft + "/scenarios", verb: listScenarios}, false, func(ctx context.Context) (s state, err error) {
		all, err := c.suite.Budgeting.ListScenarios(ctx, &budgetingv1.ListScenariosRequest{Parent: w.draft})
		for _, one := range all.GetScenarios() {
			s.titles[slotOf(one.GetName())] = one.GetDisplayName()
		}
		return s, err
	})
}

// makeScenario creates one, or sends again what another caller sends; now and then it does both at once.
func (c *caller) makeScenario(ctx context.Context, w *township) {
	slot := c.rng.IntN(slots)
	who := c.rng.IntN(3) // there are three requests for each, whoever sends them
	in := asked{object: w.draft + "/scenarios", verb: makeScenario, slot: slot, title: fmt.Sprintf("Scenario %d of %d", slot, who)}
	create := func(ctx context.Context) (s state, err error) {
		one, err := c.suite.Budgeting.CreateScenario(ctx, &budgetingv1.CreateScenarioRequest{
			Parent: w.draft, ScenarioId: fmt.Sprint("s-", slot), Scenario: &budgetingv1.Scenario{DisplayName: in.title}, RequestId: fmt.Sprintf("scenario-%d-%d", slot, who),
		})
		s.titles[slot] = one.GetDisplayName()
		return s, err
	}
	twin := &caller{h: c.h, id: c.id + twinOf, suite: c.suite, rng: rand.New(rand.NewPCG(c.rng.Uint64(), 0))} //nolint:gosec // a test's choices
	var both sync.WaitGroup
	if c.rng.IntN(2) > 0 {
		both.Go(func() { twin.do(ctx, in, true, create) })
	}
	c.do(ctx, in, true, create)
	both.Wait()
}

// goals reads one goal, or all of them from answers that are kept.
func (c *caller) goals(ctx context.Context, w *township, slot int, all bool) (state, bool) {
	in := asked{object: w.plan, verb: readGoal, slot: slot}
	if !all {
		return c.do(w.as(ctx, "manager"), in, false, func(ctx context.Context) (s state, err error) {
			g, err := c.suite.Goals.GetGoal(ctx, &goalsv1.GetGoalRequest{Name: w.goals[slot]})
			s.titles[slot], s.etags[slot] = g.GetDisplayName(), etagNumber(g.GetEtag())
			return s, err
		})
	}
	in.verb, in.slot = listGoals, 0
	return c.do(w.as(ctx, "manager"), in, false, func(ctx context.Context) (s state, err error) {
		found, err := c.suite.Goals.ListGoals(ctx, &goalsv1.ListGoalsRequest{Parent: w.plan})
		for _, g := range found.GetGoals() {
			i := slices.Index(w.goals, g.GetName())
			s.titles[i], s.etags[i] = g.GetDisplayName(), etagNumber(g.GetEtag())
		}
		return s, err
	})
}

func (c *caller) titleGoal(ctx context.Context, w *township, slot, etag int) {
	n := c.h.next()
	in := asked{object: w.plan, verb: titleGoal, slot: slot, title: fmt.Sprint("Goal ", n), etag: etag}
	c.do(w.as(ctx, "manager"), in, true, func(ctx context.Context) (s state, err error) {
		g, err := c.suite.Goals.UpdateGoal(ctx, &goalsv1.UpdateGoalRequest{
			Goal:       &goalsv1.Goal{Name: w.goals[slot], DisplayName: in.title, Etag: strconv.Itoa(etag)},
			UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"display_name"}}, RequestId: fmt.Sprint("goal-", n),
		})
		s.titles[slot], s.etags[slot] = g.GetDisplayName(), etagNumber(g.GetEtag())
		return s, err
	})
}

func (c *caller) sumLines(ctx context.Context, w *township) {
	c.do(ctx, asked{object: w.draft + "/lineItems", verb: sumLines}, false, func(ctx context.Context) (s state, err error) {
		sums, err := c.suite.Budgeting.SummarizeLineItems(ctx, &budgetingv1.SummarizeLineItemsRequest{Parent: w.draft})
		for _, sum := range sums.GetTotals() {
			s.amount += sum.GetAmount().GetUnits()
		}
		return s, err
	})
}

func (c *caller) setLine(ctx context.Context, w *township) {
	n := c.h.next()
	in := asked{object: w.draft + "/lineItems", verb: setLine, amount: int64(n) + 1}
	c.do(ctx, in, true, func(ctx context.Context) (state, error) {
		_, err := c.suite.Budgeting.BatchUpsertLineItems(ctx, w.line(in.amount, fmt.Sprint("line-", n)))
		return state{}, err
	})
}
