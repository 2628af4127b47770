package throughline_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/throughline/throughline/services/platform/cache"
	"github.com/throughline/throughline/services/platform/telemetry"
	"github.com/throughline/throughline/services/throughline"
	"github.com/throughline/throughline/services/throughline/internal/client"
	"github.com/throughline/throughline/services/throughline/internal/cluster"
	"github.com/throughline/throughline/services/throughline/internal/faulty"
)

// Adoption, updates by etag, creation by request id and reads, kept answers among them, are linearizable with all in one process.
func TestLinearizable(t *testing.T) {
	embedded(t, "TestLinearizableUnderFaults is")
	c := startKeeping(t)
	contend(t, c, faultSeed(t), 2, 8, 600).check()
}

// startKeeping runs the suite in this process, with answers kept.
func startKeeping(t *testing.T) *city {
	t.Helper()
	logs, err := telemetry.Start(t.Context(), telemetry.Service{Name: "test", Logs: &testLog{t: t}}, telemetry.Config{LogFormat: "text", LogLevel: "error"})
	if err != nil {
		t.Fatal(err)
	}
	config := throughline.Config{
		DataDir: t.TempDir(), HTTP: listen(t), GRPC: listen(t), Telemetry: logs, Now: time.Now, Cache: cache.Config{Bytes: cache.DefaultBytes},
	}
	s, err := throughline.Start(context.Background(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return &city{url: "http://" + config.HTTP.Addr().String(), grpc: config.GRPC.Addr().String(), dir: config.DataDir, keys: s.Keys}
}

// They are with two replicas of every program, while connections are slow or break and a replica of budgeting is killed again and again.
func TestLinearizableUnderFaults(t *testing.T) {
	needsReplicas(t)
	seed := faultSeed(t)
	c, processes, w := wired(t, 30*time.Second)
	rounds := 1
	for began := time.Now(); rounds == 1 || time.Since(began) < soak(t); rounds++ {
		h := newHistory(t)
		towns := h.settle(c, fmt.Sprintf("r%d-", rounds), 3)
		trouble := &trouble{t: t, h: h, wires: w, replica: processes.Replicas("budgeting")[0], rng: rand.New(rand.NewPCG(seed, uint64(rounds)<<32)), counts: map[string]int{}}
		ended := make(chan struct{})
		var making sync.WaitGroup
		making.Go(func() { trouble.make(ended) })
		h.run(c, towns, seed+uint64(rounds), 10, 1500)
		close(ended)
		making.Wait()
		t.Logf("faults: %v", trouble.counts)
		h.check()
		if t.Failed() {
			return
		}
	}
}

// contend lets many callers act on some townships.
func contend(t *testing.T, c *city, seed uint64, towns, callers, operations int) *history {
	t.Helper()
	h := newHistory(t)
	h.run(c, h.settle(c, "t", towns), seed, callers, operations)
	return h
}

// settle founds the townships and says how their objects start.
func (h *history) settle(c *city, prefix string, n int) []*township {
	h.t.Helper()
	suite := c.client(h.t)
	towns := make([]*township, n)
	for i := range towns {
		w, err := c.settle(h.t.Context(), suite, fmt.Sprint(prefix, i), fmt.Sprint("of ", i))
		if err != nil {
			h.t.Fatal(err)
		}
		for slot := range proposals {
			if _, err := w.propose(h.t.Context(), suite, fmt.Sprint("a-", slot)); err != nil {
				h.t.Fatal(err)
			}
		}
		budget := state{}
		budget.etags[0], budget.titles[0] = 1, "FY "+w.marker
		goals := state{}
		for slot, word := range []string{"Safety ", "Life "} {
			goals.etags[slot], goals.titles[slot] = 1, word+w.marker
		}
		h.initial[w.budget], h.initial[w.plan], h.initial[w.draft+"/lineItems"] = budget, goals, state{amount: 1}
		towns[i] = w
	}
	h.began = time.Now()
	return towns
}

// run has callers act at once, until there are so many operations.
func (h *history) run(c *city, towns []*township, seed uint64, callers, operations int) {
	h.t.Helper()
	var wg sync.WaitGroup
	for id := range callers {
		suite, err := client.Connect(c.grpc, nil)
		if err != nil {
			h.t.Fatal(err)
		}
		wg.Go(func() {
			defer func() { _ = suite.Close() }()
			by := &caller{h: h, id: id, suite: suite, rng: rand.New(rand.NewPCG(seed, uint64(id)))} //nolint:gosec // a test's choices
			for h.size() < operations && !h.t.Failed() {
				by.act(h.t.Context(), towns[by.rng.IntN(len(towns))])
			}
		})
	}
	wg.Wait()
}

func (h *history) size() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.ops)
}

// trouble breaks something after every so many operations.
type trouble struct {
	t       *testing.T
	h       *history
	wires   *wires
	replica *cluster.Replica // is killed now and then
	rng     *rand.Rand
	counts  map[string]int
}

// make goes on until all has ended, and leaves all well.
func (d *trouble) make(ended <-chan struct{}) {
	defer d.wires.heal()
	for {
		select {
		case <-ended:
			return
		case <-d.h.tick:
		}
		d.wires.heal()
		to := []string{"postgres", "goals", "budgeting", "redis"}[d.rng.IntN(4)]
		switch d.rng.IntN(5) {
		case 0, 1:
			d.counts["reset "+to] += d.wires.reset(to)
		case 2, 3:
			d.counts["slow "+to]++
			d.wires.set(to, faulty.Fault{Latency: time.Duration(1+d.rng.IntN(15)) * time.Millisecond})
		case 4:
			d.counts["killed"]++
			if err := d.replica.Kill(); err != nil {
				d.t.Error(err)
			}
			if err := d.replica.Start(context.Background()); err != nil {
				d.t.Error(err)
				return
			}
		}
	}
}

// The model refuses histories that are not linearizable.
func TestModelRefuses(t *testing.T) {
	const object = "b"
	titled := func(title string, etag int) (s state) {
		s.titles[0], s.etags[0] = title, etag
		return s
	}
	op := func(call, end int64, in asked, out told) porcupine.Operation {
		in.object = object
		return porcupine.Operation{Input: in, Output: out, Call: call, Return: end}
	}
	update := asked{verb: titleBudget, title: "two", etag: 1}
	adopted := func(slot int) (s state) { s.states[slot] = 'A'; return s }
	for _, tc := range []struct {
		name string
		ops  []porcupine.Operation
		want bool
	}{
		{"a write and a later read of it", []porcupine.Operation{
			op(0, 1, update, told{done, titled("two", 2)}), op(2, 3, asked{verb: readBudget}, told{done, titled("two", 2)}),
		}, true},
		{"a stale read", []porcupine.Operation{
			op(0, 1, update, told{done, titled("two", 2)}), op(2, 3, asked{verb: readBudget}, told{done, titled("one", 1)}),
		}, false},
		{"two updates of one etag", []porcupine.Operation{
			op(0, 5, update, told{done, titled("two", 2)}), op(0, 5, asked{verb: titleBudget, title: "three", etag: 1}, told{done, titled("three", 2)}),
		}, false},
		{"an unknown update that took effect late", []porcupine.Operation{
			op(0, 1<<60, update, told{outcome: unsettled}), op(2, 3, asked{verb: readBudget}, told{done, titled("one", 1)}), op(4, 5, asked{verb: readBudget}, told{done, titled("two", 2)}),
		}, true},
		{"one that was undone", []porcupine.Operation{
			op(0, 1<<60, update, told{outcome: unsettled}), op(2, 3, asked{verb: readBudget}, told{done, titled("two", 2)}), op(4, 5, asked{verb: readBudget}, told{done, titled("one", 1)}),
		}, false},
		{"one allocation adopted twice", []porcupine.Operation{
			op(0, 5, asked{verb: adopt, slot: 3}, told{done, adopted(3)}), op(0, 5, asked{verb: adopt, slot: 3}, told{done, adopted(3)}),
		}, false},
		{"two allocations adopted at once", []porcupine.Operation{
			op(0, 1, asked{verb: adopt, slot: 3}, told{done, adopted(3)}), op(2, 3, asked{verb: adopt, slot: 4}, told{done, adopted(4)}),
			op(4, 5, asked{verb: listProposals}, told{done, func() state { s := adopted(3); s.states[4] = 'A'; return s }()}),
		}, false},
		{"one id created by two requests", []porcupine.Operation{
			op(0, 1, asked{verb: makeScenario, title: "x"}, told{done, titled("x", 0)}), op(2, 3, asked{verb: makeScenario, title: "y"}, told{done, titled("y", 0)}),
		}, false},
		{"one request twice, with one answer", []porcupine.Operation{
			op(0, 1, asked{verb: makeScenario, title: "x"}, told{done, titled("x", 0)}), op(2, 3, asked{verb: makeScenario, title: "x"}, told{done, titled("x", 0)}),
		}, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			initial := titled("one", 1)
			if tc.ops[0].Input.(asked).verb == makeScenario {
				initial = state{}
			}
			if got := porcupine.CheckOperations(model(map[string]state{object: initial}), tc.ops); got != tc.want {
				t.Errorf("linearizable: %v, want %v", got, tc.want)
			}
		})
	}
}
