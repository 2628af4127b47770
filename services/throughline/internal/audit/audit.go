// Package audit checks what must always be true of a system's data.
package audit

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/grpc"

	"github.com/throughline/throughline/services/platform/authn"
	"github.com/throughline/throughline/services/platform/bus"
	"github.com/throughline/throughline/services/platform/outbox"
	"github.com/throughline/throughline/services/platform/rpc"
	"github.com/throughline/throughline/services/platform/sqldb"
)

const (
	mostListed = 100         // findings of one check; the others are counted
	grace      = time.Minute // what is younger may still be on its way
	tokenTime  = 24 * time.Hour
)

// Store is what one service keeps.
type Store struct {
	Service string // such as "goals"
	Source  string // of its events, such as "throughline.goals.v1"
	DB      sqldb.DB
	Hears   []bus.Subscription // what it takes in from others
}

// System is what is audited. Nothing of it is written.
type System struct {
	Conn   grpc.ClientConnInterface // all the services
	Stores []Store
	Keys   authn.Minter // of tokens that the services trust
	Now    time.Time
	// Live says that others write meanwhile: what is found is looked at a second time.
	Live bool
}

// Options narrow or deepen an audit.
type Options struct {
	Organization string // id; "" for all
	Replay       bool   // solve every allocation again, and judge every results revision again instead of the newest
}

// Finding is one thing that is not as it must be.
type Finding struct {
	Resource string `json:"resource"`
	Expected string `json:"expected"`
	Found    string `json:"found"`
	Remedy   string `json:"remedy"`
}

// Check is one invariant with what was found against it.
type Check struct {
	Name     string    `json:"name"`
	Holds    string    `json:"holds"`              // what is so when nothing is found
	Looked   int64     `json:"looked"`             // how much was looked at
	Unit     string    `json:"unit"`               // of Looked
	Skipped  int64     `json:"skipped,omitempty"`  // what this program cannot judge, such as proofs of another version of the engine
	Failed   int64     `json:"failed"`             // findings in all
	Findings []Finding `json:"findings,omitempty"` // the first 100
	Warnings []Finding `json:"warnings,omitempty"` // what may be so for a while
}

// Report is the outcome of an audit.
type Report struct {
	Organizations int     `json:"organizations"`
	Clean         bool    `json:"clean"` // warnings aside
	Checks        []Check `json:"checks"`
}

func (c *Check) find(resource, remedy, expected, found string) {
	c.Failed++
	if len(c.Findings) < mostListed {
		c.Findings = append(c.Findings, Finding{Resource: resource, Expected: expected, Found: found, Remedy: remedy})
	}
}

func (c *Check) warn(resource, remedy, expected, found string) {
	if len(c.Warnings) < mostListed {
		c.Warnings = append(c.Warnings, Finding{Resource: resource, Expected: expected, Found: found, Remedy: remedy})
	}
}

// unread finds that something cannot be read, which is as bad as that it is wrong.
func (c *Check) unread(resource string, err error) {
	c.find(resource, remedyRestore, "it can be read", cause(err))
}

const remedyRestore = "restore the databases from a backup that audits clean (throughline restore), and look for who changed them behind the services"

// check is one step of an audit.
type check struct {
	name, unit, holds string
	run               func(context.Context, *auditor, *Check) error
}

// checks in the order in which they run: resources comes last, because it does not repeat what those before it found of a resource.
var checks = []check{
	{"sequences", "resources", "the events of every resource are numbered 1, 2, 3 and so on, and each goes on from the version that the one before left", sequences},
	{"published", "services", "every event older than a minute has been published", published},
	{"consumed", "subjects heard of", "every service has taken in the events it subscribed to, and none that its source does not have", consumed},
	{"dead-letters", "subscriptions", "no event was set aside because its consumer refused it", deadLetters},
	{"answers", "kept answers", "answers kept for repeated requests are dropped within a day of their time", answers},
	{"rounds", "closed rounds", "the tallies of every closed prioritization round follow from its ballots", rounds},
	{"priorities", "revisions", "the weights of every priority revision sum to 1,000,000, are those of its round, and have the hash it states", priorities},
	{
		"results", "revisions and measures in them",
		"every results revision has the hash it states, and the observations known at its publication give the verdicts it published", results,
	},
	{
		"allocations", "allocations",
		"input and result of every allocation have the hashes it states, the certificate checks (every line is paid by funds that may pay it, every fund balances to the " +
			"minor unit and spends no more than it has, the totals add up), and stored figures and lines are those of the result", allocations,
	},
	{"adopted-money", "adopted allocations", "performance knows of every adopted allocation the money that it gives to each program", adoptedMoney},
	{"line-items", "line items", "every line item is as its last event left it", lineItems},
	{"resources", "resources", "every stored resource is as its last event left it, and every resource that events tell of is stored", resources},
}

// auditor is an audit under way.
type auditor struct {
	System
	Options

	organizations []string
	told          map[string]bool // resources that a check has found something of
	live          map[kind]int64  // resources that events tell of and that are not deleted
}

// kind is all resources of one type in one organization: its collections are such as "organizations/plans/goals".
type kind struct{ organization, collections string }

// Run audits a system. It answers an error only when it could not look; what it sees is in the report.
func Run(ctx context.Context, s System, o Options) (Report, error) {
	s.Conn = patient{s.Conn}
	report, err := once(ctx, s, o)
	if err != nil || report.Clean || !s.Live {
		return report, err
	}
	again, err := once(ctx, s, o)
	if err == nil {
		again.keep(report)
	}
	return again, err
}

// keep drops findings that another audit shortly before did not have: what changed between two looks was no damage.
func (r *Report) keep(before Report) {
	r.Clean = true
	for i := range r.Checks {
		c, old := &r.Checks[i], map[Finding]bool{}
		for _, f := range before.Checks[i].Findings {
			old[f] = true
		}
		all := c.Findings
		c.Findings = nil
		for _, f := range all {
			if old[f] {
				c.Findings = append(c.Findings, f)
			}
		}
		if len(all) < mostListed { // else there are more than can be compared
			c.Failed = int64(len(c.Findings))
		}
		r.Clean = r.Clean && c.Failed == 0
	}
}

func once(ctx context.Context, s System, o Options) (Report, error) {
	a := &auditor{System: s, Options: o, told: map[string]bool{}, live: map[kind]int64{}}
	if err := a.find(ctx); err != nil {
		return Report{}, err
	}
	r := Report{Organizations: len(a.organizations), Clean: true}
	for _, step := range checks {
		c := Check{Name: step.name, Unit: step.unit, Holds: step.holds}
		if err := step.run(ctx, a, &c); err != nil {
			return r, fmt.Errorf("check %s: %w", step.name, err)
		}
		if ctx.Err() != nil { // what was cut short must not read as damage
			return r, ctx.Err()
		}
		for _, f := range c.Findings {
			a.told[f.Resource] = true
		}
		r.Clean = r.Clean && c.Failed == 0
		r.Checks = append(r.Checks, c)
	}
	return r, nil
}

// as is ctx with the token of an auditor of the organization.
func (a *auditor) as(ctx context.Context, organization string) (context.Context, error) {
	return a.with(ctx, authn.Identity{Subject: "audit", Organization: organization, Roles: []string{"auditor"}})
}

func (a *auditor) with(ctx context.Context, id authn.Identity) (context.Context, error) {
	token, err := a.Keys.Mint(id, tokenTime)
	return rpc.WithToken(ctx, token), err
}

// each runs do for every organization, as an auditor of it.
func (a *auditor) each(ctx context.Context, do func(ctx context.Context, organization string) error) error {
	for _, id := range a.organizations {
		as, err := a.as(ctx, id)
		if err == nil {
			err = do(as, id)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (a *auditor) store(service string) Store {
	for _, s := range a.Stores {
		if s.Service == service {
			return s
		}
	}
	return Store{}
}

// from is the store of a source of events.
func (a *auditor) from(source string) Store {
	for _, s := range a.Stores {
		if s.Source == source {
			return s
		}
	}
	return Store{}
}

// below is the condition on a column of resource names that they lie in the organization asked for.
func (a *auditor) below(column string) (condition string, args []any) {
	if a.Organization == "" {
		return "1 = 1", nil
	}
	name := "organizations/" + a.Organization
	// '/' ends a prefix, and '0' is the byte after it.
	return "(" + column + " = ? OR (" + column + " >= ? AND " + column + " < ?))", []any{name, name + "/", name + "0"}
}

// of is the condition that a column holds the id of the organization asked for.
func (a *auditor) of(column string) (condition string, args []any) {
	if a.Organization == "" {
		return "1 = 1", nil
	}
	return column + " = ?", []any{a.Organization}
}

// Listeners is a bus that carries nothing and notes who would listen.
type Listeners []bus.Subscription

var _ bus.Bus = (*Listeners)(nil)

// Publish takes nothing: an audit runs no relay.
func (*Listeners) Publish(context.Context, []outbox.Event) (int, error) { return 0, nil }

// Subscribe notes the subscription.
func (l *Listeners) Subscribe(s bus.Subscription) error {
	*l = append(*l, s)
	return nil
}
