// Package sharescheck checks what the rules of shares selected, from the ballots alone and without their code.
package sharescheck

import (
	"errors"
	"fmt"
	"math/big"

	"github.com/throughline/throughline/services/budgeting/internal/domain/shares"
)

// Check proves that a result follows its rule; the error joins everything that does not hold. Of a run of equal shares it proves that every
// project bought was the one with the least rho, was paid in full at one price, each supporter giving that price or all they had left, and that no
// project was affordable when the run ended; of Add1, that the last step is feasible and why there is no further one. The one claim it takes on
// trust is that no step before the last would already have ended Add1: that needs every step anew. The election and the rule must be valid.
func Check(e *shares.Election, rule *shares.Rule, res *shares.Result) error {
	c := &checker{e: e, rule: rule, res: res, poll: count(e, rule)}
	if c.shape() {
		c.money()
		if rule.Method == shares.EqualShares {
			c.shares()
		}
		c.byScore()
	}
	return errors.Join(c.wrong...)
}

type checker struct {
	e      *shares.Election
	rule   *shares.Rule
	res    *shares.Result
	poll   *poll
	bought int // picks of equal shares, which come first
	wrong  []error
}

func (c *checker) fail(format string, args ...any) {
	c.wrong = append(c.wrong, fmt.Errorf(format, args...))
}

// shape says whether the result can be read at all: projects that exist and may be selected, once each, in the order of stages.
func (c *checker) shape() bool {
	seen := make([]bool, len(c.e.Projects))
	later := shares.StageGreedy
	if c.rule.Method == shares.EqualShares {
		later = shares.StageUtilitarian
	}
	for i := range c.res.Picks {
		k := &c.res.Picks[i]
		if k.Project < 0 || k.Project >= len(seen) || seen[k.Project] {
			c.fail("pick %d: project %d does not exist or was selected before", i+1, k.Project)
			return false
		}
		seen[k.Project] = true
		if !c.poll.open[k.Project] {
			c.fail("pick %d: %q has no support or a score below the threshold", i+1, c.id(k.Project))
		}
		switch {
		case k.Stage == shares.StageShares && later == shares.StageUtilitarian && c.bought == i:
			c.bought++
		case k.Stage != later:
			c.fail("pick %d: stage %s is out of place", i+1, k.Stage)
			return false
		case k.Price != nil || k.Rho != nil || k.Full != 0 || k.Rest != 0:
			c.fail("pick %d: nobody pays for %q in stage %s", i+1, c.id(k.Project), k.Stage)
		}
	}
	if (c.res.Shares != nil) != (c.rule.Method == shares.EqualShares) {
		c.fail("the account of equal shares is missing, or there where it does not belong")
		return false
	}
	return true
}

func (c *checker) id(p int) string { return c.e.Projects[p].ID }

// money adds up what is selected.
func (c *checker) money() {
	cost := c.cost(c.res.Picks)
	if cost != c.res.Cost {
		c.fail("the selected projects cost %d, not %d", cost, c.res.Cost)
	}
	if cost > c.e.Budget {
		c.fail("the selected projects cost %d: more than the budget of %d", cost, c.e.Budget)
	}
}

func (c *checker) cost(picks []shares.Pick) (cost int64) {
	for i := range picks {
		cost += c.e.Projects[picks[i].Project].Cost
	}
	return cost
}

// shares checks the run that counts, and why Add1 stopped there.
func (c *checker) shares() {
	s := c.res.Shares
	picks := c.res.Picks[:c.bought]
	add1 := c.rule.Completion == shares.Add1 || c.rule.Completion == shares.Add1Utilitarian
	if s.Budget == nil || s.Steps < 0 || (!add1 && s.Steps != 0) || s.Budget.Cmp(c.each(s.Steps)) != 0 {
		c.fail("step %d does not give every voter %v", s.Steps, s.Budget)
		return
	}
	c.run("", s.Budget, picks, true)
	if (s.Refused != nil) != (s.Stop == shares.StopOverspends) {
		c.fail("a refused step belongs to stop %s, and only there", shares.StopOverspends)
		return
	}
	cost := c.cost(picks)
	exhausted := c.exhausted(picks, c.e.Budget-cost)
	switch s.Stop {
	case shares.StopFixed:
		if add1 {
			c.fail("ADD1 was not run")
		}
	case shares.StopExhausted:
		if !add1 || !exhausted {
			c.fail("stop %s: the rule has no ADD1, or another project fits into the budget", s.Stop)
		}
	case shares.StopOverspends:
		switch {
		case !add1 || exhausted:
			c.fail("stop %s: the rule has no ADD1, or should have stopped before as no project fits", s.Stop)
		case s.Refused.Budget == nil || s.Refused.Budget.Cmp(c.each(s.Steps+1)) != 0:
			c.fail("the refused step does not give every voter %v", s.Refused.Budget)
		case !c.valid(s.Refused.Picks):
			c.fail("the refused step selects what it cannot")
		case c.cost(s.Refused.Picks) != s.Refused.Cost || s.Refused.Cost <= c.e.Budget:
			c.fail("the refused step costs %d, not more than the budget", c.cost(s.Refused.Picks))
		default:
			c.run("refused step, ", s.Refused.Budget, s.Refused.Picks, false)
		}
	default:
		c.fail("stop %q is unknown", s.Stop)
	}
}

// each is the budget per voter of a step.
func (c *checker) each(step int) *big.Rat {
	n := int64(c.e.Ballots.Voters())
	if step == 0 {
		return big.NewRat(c.e.Budget, n)
	}
	whole := new(big.Int).SetInt64(c.e.Budget / n / c.rule.Increment)
	whole.Add(whole, big.NewInt(int64(step)))
	return new(big.Rat).SetInt(whole.Mul(whole, big.NewInt(c.rule.Increment)))
}

// valid says whether the picks of a refused step can be read.
func (c *checker) valid(picks []shares.Pick) bool {
	seen := make([]bool, len(c.e.Projects))
	for i := range picks {
		p := picks[i].Project
		if p < 0 || p >= len(seen) || seen[p] || !c.poll.open[p] || picks[i].Stage != shares.StageShares {
			return false
		}
		seen[p] = true
	}
	return true
}

func (c *checker) exhausted(picks []shares.Pick, left int64) bool {
	in := make([]bool, len(c.e.Projects))
	for i := range picks {
		in[picks[i].Project] = true
	}
	for p := range in {
		if !in[p] && c.poll.open[p] && c.e.Projects[p].Cost <= left {
			return false
		}
	}
	return true
}

// byScore checks the picks by score: each project in its turn, taken if it fits, else skipped.
func (c *checker) byScore() {
	picks, skips := c.res.Picks[c.bought:], c.res.Skips
	completion := c.rule.Completion == shares.Utilitarian || c.rule.Completion == shares.Add1Utilitarian
	if c.rule.Method == shares.EqualShares && !completion {
		if len(picks)+len(skips) > 0 {
			c.fail("the rule adds no projects by score")
		}
		return
	}
	in := make([]bool, len(c.e.Projects))
	left := c.e.Budget
	for i := range c.res.Picks[:c.bought] {
		p := c.res.Picks[i].Project
		in[p] = true
		left -= c.e.Projects[p].Cost
	}
	for _, p := range c.poll.ranking() {
		if in[p] {
			continue
		}
		cost := c.e.Projects[p].Cost
		switch {
		case cost <= left && len(picks) > 0 && picks[0].Project == p:
			picks, left = picks[1:], left-cost
		case cost > left && len(skips) > 0 && skips[0].Project == p && skips[0].Remaining == left:
			skips = skips[1:]
			if c.rule.Method == shares.GreedyStop {
				c.end(picks, skips)
				return
			}
		default:
			c.fail("by score it is %q's turn, with %d left for its cost of %d", c.id(p), left, cost)
			return
		}
	}
	c.end(picks, skips)
}

func (c *checker) end(picks []shares.Pick, skips []shares.Skip) {
	if len(picks)+len(skips) > 0 {
		c.fail("%d projects were selected and %d skipped after the last turn", len(picks), len(skips))
	}
}
