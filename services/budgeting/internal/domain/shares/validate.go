package shares

import (
	"fmt"
	"math/bits"
	"slices"

	"github.com/throughline/throughline/services/platform/fault"
)

// Validate names every field of the election and the rule that Run would refuse, and what would mend it.
func Validate(e *Election, rule *Rule) error {
	var v fault.Violations
	v.Check(e.Budget > 0 && e.Budget < Limit, "election.budget", "is %d; give an amount in minor units from 1 to 2^62 − 1", e.Budget)
	v.Check(oneOf(e.Type, Approval, ChooseOne, Ordinal, Cumulative, Scoring), "election.type",
		"is %q; give APPROVAL, CHOOSE_ONE, ORDINAL, CUMULATIVE or SCORING", e.Type)
	total := validateProjects(e, &v)
	most := validateBallots(e, &v)
	validateRule(e, rule, &v)
	if len(v) == 0 {
		validateSize(e, rule, total, most, &v)
	}
	return v.Err()
}

// reported bounds how many violations of one list are told.
const reported = 20

func validateProjects(e *Election, v *fault.Violations) (total int64) {
	v.Check(len(e.Projects) > 0 && len(e.Projects) <= MaxProjects, "election.projects", "has %d; give 1 to %d projects", len(e.Projects), MaxProjects)
	seen := make(map[string]int, len(e.Projects))
	told := len(*v) + reported
	for i, p := range e.Projects {
		if len(*v) > told {
			break
		}
		first, twice := seen[p.ID]
		v.Check(p.ID != "", field("election.projects", i, "id"), "is empty; give every project an id")
		v.Check(p.ID == "" || !twice, field("election.projects", i, "id"), "%q is also projects[%d]; make ids unique", p.ID, first)
		v.Check(p.Cost > 0 && p.Cost < Limit, field("election.projects", i, "cost"),
			"is %d; give an amount in minor units from 1 to 2^62 − 1", p.Cost)
		seen[p.ID] = i
		if p.Cost > 0 && total < Limit {
			total = min(total, Limit-p.Cost) + p.Cost
		}
	}
	v.Check(total < Limit, "election.projects", "cost 2^62 minor units or more in total; use larger units or fewer projects")
	return total
}

// validateBallots returns the most points that one entry carries.
func validateBallots(e *Election, v *fault.Violations) (most int64) {
	b := &e.Ballots
	n := b.Voters()
	v.Check(n > 0 && n <= MaxVoters, "election.ballots.start", "has %d ballots; give 1 to %d", n, MaxVoters)
	v.Check(len(b.Project) <= MaxEntries, "election.ballots.project", "has %d entries; at most %d are taken", len(b.Project), MaxEntries)
	if e.Type.HasPoints() {
		v.Check(len(b.Points) == len(b.Project), "election.ballots.points", "has %d entries for %d projects named; give each named project its points",
			len(b.Points), len(b.Project))
	} else {
		v.Check(len(b.Points) == 0, "election.ballots.points", "has %d entries, but %s ballots carry no points; leave it empty", len(b.Points), e.Type)
	}
	if n == 0 || b.Start[0] != 0 || int(b.Start[n]) != len(b.Project) || !slices.IsSorted(b.Start) {
		v.Add("election.ballots.start", "must rise from 0 to the number of entries, %d; add ballots with Add", len(b.Project))
		return 0
	}
	lastBy := make([]int32, len(e.Projects)) // the voter, counted from 1, who named the project last
	told := len(*v) + reported
	for i := range n {
		if len(*v) > told {
			break
		}
		from, to := b.Start[i], b.Start[i+1]
		if e.Type == ChooseOne && to-from > 1 {
			v.Add(field("election.ballots", i, ""), "names %d projects; CHOOSE_ONE allows one", to-from)
		}
		for _, p := range b.Project[from:to] {
			if p < 0 || int(p) >= len(e.Projects) {
				v.Add(field("election.ballots", i, ""), "names project %d; give indexes of projects, 0 to %d", p, len(e.Projects)-1)
				continue
			}
			if lastBy[p] == int32(i)+1 {
				v.Add(field("election.ballots", i, ""), "names project %q twice; name it once", e.Projects[p].ID)
			}
			lastBy[p] = int32(i) + 1
		}
		if len(b.Points) < int(to) {
			continue
		}
		for _, points := range b.Points[from:to] {
			if points < 0 || points > MaxPoints {
				v.Add(field("election.ballots", i, ""), "gives %d points; give 0 to %d", points, MaxPoints)
			}
			most = max(most, points)
		}
	}
	return most
}

func validateRule(e *Election, rule *Rule, v *fault.Violations) {
	v.Check(oneOf(rule.Method, EqualShares, Greedy, GreedyStop), "rule.method", "is %q; give EQUAL_SHARES, GREEDY or GREEDY_STOP", rule.Method)
	v.Check(oneOf(rule.Utility, CostUtility, CountUtility, PointsUtility, PointsCostUtility), "rule.utility",
		"is %q; give COST, COUNT, POINTS or POINTS_COST", rule.Utility)
	v.Check(!rule.Utility.points() || e.Type.HasPoints() || e.Type == Ordinal, "rule.utility",
		"is %s, but %s ballots carry no points; give COST or COUNT", rule.Utility, e.Type)
	if rule.Utility.points() && e.Type == Ordinal {
		v.Check(oneOf(rule.Borda, BordaBallot, BordaLongest, BordaProjects), "rule.borda",
			"is %q; say how places become points: BALLOT, LONGEST or PROJECTS", rule.Borda)
	} else {
		v.Check(rule.Borda == "", "rule.borda", "is only for ordinal ballots under a utility of points; leave it empty")
	}
	v.Check(oneOf(rule.Completion, "", NoCompletion, Add1, Utilitarian, Add1Utilitarian), "rule.completion",
		"is %q; give NONE, ADD1, UTILITARIAN or ADD1_UTILITARIAN", rule.Completion)
	v.Check(rule.Method == EqualShares || oneOf(rule.Completion, "", NoCompletion), "rule.completion", "is only for EQUAL_SHARES; leave it empty")
	if rule.Completion.add1() {
		v.Check(rule.Increment > 0 && rule.Increment < Limit, "rule.increment",
			"is %d; give minor units per voter and step, usually those of one unit of the currency", rule.Increment)
	} else {
		v.Check(rule.Increment == 0, "rule.increment", "is only for ADD1 and ADD1_UTILITARIAN; leave it 0")
	}
	v.Check(rule.MaxSteps >= 0, "rule.max_steps", "is %d; give 0 for the default of %d, or more", rule.MaxSteps, DefaultMaxSteps)
	v.Check(rule.Threshold >= 0, "rule.threshold", "is %d; give a score, 0 for none", rule.Threshold)
	for i, t := range rule.Ties {
		v.Check(oneOf(t, LowerCost, HigherCost, MoreVotes, MoreScore), field("rule.ties", i, ""),
			"is %q; give LOWER_COST, HIGHER_COST, MORE_VOTES or MORE_SCORE", t)
	}
}

// validateSize refuses what the fixed-point arithmetic has no room for: all money that voters may hold in the course of the rule, times the
// next power of two above the largest weight, must stay below Limit.
func validateSize(e *Election, rule *Rule, total, most int64, v *fault.Violations) {
	if rule.Method != EqualShares {
		return
	}
	voters := int64(e.Ballots.Voters())
	hi, held := uint64(0), uint64(e.Budget) //nolint:gosec // positive
	if rule.Completion.add1() {
		// Once every voter can pay for everything alone, everything is bought: no step needs more. Each summand is below 2^62.
		each := uint64(max(total, e.Budget/voters)) + 2*uint64(rule.Increment) //nolint:gosec // positive
		hi, held = bits.Mul64(each, uint64(voters))                            //nolint:gosec // positive
	}
	weight := int64(1)
	if rule.Utility.points() {
		weight = most
		if e.Type == Ordinal {
			weight = int64(len(e.Projects))
		}
	}
	if hi > 0 || bits.Len64(held)+weightBits(weight) > bits.Len64(uint64(Limit))-1 {
		v.Add("election", "is too large: voters × (total cost + 2 × increment) × points must stay below 2^62 minor units (here %d voters, costs of %d, "+
			"increment %d, %d points at most); use larger units", voters, total, rule.Increment, weight)
	}
}

// weightBits is how many bits the fixed-point prices need beyond those of money: none where every weight is 1.
func weightBits(most int64) int {
	if most <= 1 {
		return 0
	}
	return bits.Len64(uint64(most))
}

func oneOf[T comparable](x T, of ...T) bool { return slices.Contains(of, x) }

func field(list string, i int, name string) string {
	if name == "" {
		return fmt.Sprintf("%s[%d]", list, i)
	}
	return fmt.Sprintf("%s[%d].%s", list, i, name)
}
