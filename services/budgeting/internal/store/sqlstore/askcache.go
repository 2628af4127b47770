package sqlstore

import (
	"sync"

	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/platform/sqldb"
)

// asksKept bounds the requests that are remembered, of all budgets together; each takes about a kilobyte and a half with its program.
const asksKept = 20_000

// askCache remembers what budgets ask for as it was last read. What it holds is current by its key: the counts of writes
// are read in the transaction that asks, and every write moves them in its own.
type askCache struct {
	mu   sync.Mutex
	kept []keptAsks // the last used first
}

type keptAsks struct {
	key    askKey
	asks   []domain.Ask
	bodies []string // what each request was read from
}

// askKey tells what was read: requests of a budget and programs of its organization, each as of so many writes.
type askKey struct {
	organization, budget string
	requests, programs   int64
}

// get is what the budget asked for when it was last read; nothing if it never was.
func (c *askCache) get(organization, budget string) keptAsks {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, kept := range c.kept {
		if kept.key.organization == organization && kept.key.budget == budget {
			copy(c.kept[1:i+1], c.kept[:i])
			c.kept[0] = kept
			return kept
		}
	}
	return keptAsks{}
}

// keep takes the place of what the same budget asked for before, and of the budgets that were used longest ago.
func (c *askCache) keep(read keptAsks) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var kept []keptAsks
	size := 0
	for _, k := range append([]keptAsks{read}, c.kept...) {
		again := len(kept) > 0 && k.key.organization == read.key.organization && k.key.budget == read.key.budget
		if again || size+len(k.asks) > asksKept {
			continue
		}
		kept, size = append(kept, k), size+len(k.asks)
	}
	c.kept = kept
}

// ofPrograms is where ask_writes counts the writes of an organization's programs; no budget has an empty id.
const ofPrograms = ""

// wrote counts a write of a budget's requests, or of programs.
func wrote(tx sqldb.Tx, organization, budget string) error {
	_, err := tx.Exec("INSERT INTO ask_writes (organization_id, budget_id, writes) VALUES (?, ?, 1) "+
		"ON CONFLICT (organization_id, budget_id) DO UPDATE SET writes = ask_writes.writes + 1", organization, budget)
	return err
}

// askKeyOf is the key of what the transaction would read.
func askKeyOf(tx sqldb.Tx, organization, budget string) (askKey, error) {
	k := askKey{organization: organization, budget: budget}
	err := tx.Query("SELECT budget_id, writes FROM ask_writes WHERE organization_id = ? AND budget_id IN (?, ?)",
		[]any{organization, budget, ofPrograms}, func(r sqldb.Row) error {
			if r.Text(0) == ofPrograms {
				k.programs = r.Int(1)
			} else {
				k.requests = r.Int(1)
			}
			return nil
		})
	return k, err
}
