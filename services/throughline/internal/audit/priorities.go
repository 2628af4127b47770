package audit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strconv"
	"strings"

	"google.golang.org/protobuf/proto"

	goalsv1 "github.com/throughline/throughline/proto/gen/throughline/goals/v1"
)

const certain = 1_000_000 // the sum of weights, in parts per million

// eachPlan runs do for the name of every plan.
func (a *auditor) eachPlan(ctx context.Context, c *Check, do func(ctx context.Context, goals goalsv1.GoalsServiceClient, plan string)) error {
	goals := goalsv1.NewGoalsServiceClient(a.Conn)
	return a.each(ctx, func(ctx context.Context, organization string) error {
		parent := "organizations/" + organization
		plans := listed(ctx, goals.ListPlans, func(token string) *goalsv1.ListPlansRequest {
			return &goalsv1.ListPlansRequest{Parent: parent, PageSize: pageSize, PageToken: token}
		}, (*goalsv1.ListPlansResponse).GetPlans)
		for p, err := range plans {
			if err != nil {
				c.unread(parent+"/plans", err)
				break
			}
			do(ctx, goals, p.GetName())
		}
		return nil
	})
}

// rounds counts the ballots of every closed round again.
func rounds(ctx context.Context, a *auditor, c *Check) error {
	return a.eachPlan(ctx, c, func(ctx context.Context, goals goalsv1.GoalsServiceClient, plan string) {
		all := listed(ctx, goals.ListPrioritizations, func(token string) *goalsv1.ListPrioritizationsRequest {
			return &goalsv1.ListPrioritizationsRequest{Parent: plan, PageSize: pageSize, PageToken: token}
		}, (*goalsv1.ListPrioritizationsResponse).GetPrioritizations)
		for round, err := range all {
			if err != nil {
				c.unread(plan+"/prioritizations", err)
				return
			}
			if s := round.GetState(); s != goalsv1.PrioritizationState_PRIORITIZATION_STATE_CLOSED && s != goalsv1.PrioritizationState_PRIORITIZATION_STATE_CERTIFIED {
				continue
			}
			c.Looked++
			again, err := goals.RecomputePrioritization(ctx, &goalsv1.RecomputePrioritizationRequest{Name: round.GetName()})
			if err != nil {
				c.unread(round.GetName(), err)
				continue
			}
			if was, is := tallies(round.GetTallies()), tallies(again.GetTallies()); was != is {
				c.find(round.GetName(), remedyRestore, "the tallies of its ballots: "+is, was)
			}
		}
	})
}

func tallies(all []*goalsv1.Tally) string {
	told := make([]string, len(all))
	for i, t := range all {
		told[i] = fmt.Sprintf("%s %d points %d+%d=%d ppm", t.GetGoal()+t.GetObjective(), t.GetPoints(), t.GetElectoratePpm(), t.GetCommunityPpm(), t.GetWeightPpm())
	}
	return strings.Join(told, "; ")
}

// priorities recomputes what a priority revision states of itself.
func priorities(ctx context.Context, a *auditor, c *Check) error {
	return a.eachPlan(ctx, c, func(ctx context.Context, goals goalsv1.GoalsServiceClient, plan string) {
		all := listed(ctx, goals.ListPriorityRevisions, func(token string) *goalsv1.ListPriorityRevisionsRequest {
			return &goalsv1.ListPriorityRevisionsRequest{Parent: plan, PageSize: pageSize, PageToken: token}
		}, (*goalsv1.ListPriorityRevisionsResponse).GetPriorityRevisions)
		for revision, err := range all {
			if err != nil {
				c.unread(plan+"/priorityRevisions", err)
				return
			}
			c.Looked++
			a.judge(ctx, c, goals, revision)
		}
	})
}

// judge finds the first thing wrong with a revision.
func (a *auditor) judge(ctx context.Context, c *Check, goals goalsv1.GoalsServiceClient, r *goalsv1.PriorityRevision) {
	sum, hash := int64(0), sha256.New()
	for _, w := range r.GetWeights() {
		sum += int64(w.GetWeightPpm())
		_, _ = io.WriteString(hash, fmt.Sprintf("%s\t%d\n", w.GetGoal()+w.GetObjective(), w.GetWeightPpm()))
	}
	if sum != certain {
		c.find(r.GetName(), remedyRestore, fmt.Sprintf("weights that sum to %d", certain), strconv.FormatInt(sum, 10))
		return
	}
	if is := hex.EncodeToString(hash.Sum(nil)); is != r.GetContentHash() {
		c.find(r.GetName(), remedyRestore, "weights of hash "+r.GetContentHash(), is)
		return
	}
	if a.told[r.GetPrioritization()] {
		return // its tallies are known to be wrong
	}
	round, err := goals.GetPrioritization(ctx, &goalsv1.GetPrioritizationRequest{Name: r.GetPrioritization()})
	if err != nil {
		c.unread(r.GetPrioritization(), err)
		return
	}
	for i, t := range round.GetTallies() {
		want := &goalsv1.GoalWeight{Goal: t.GetGoal(), Objective: t.GetObjective(), WeightPpm: t.GetWeightPpm(), Points: t.GetPoints()}
		if i < len(r.GetWeights()) {
			want.DisplayName = r.GetWeights()[i].GetDisplayName()
		}
		if len(r.GetWeights()) != len(round.GetTallies()) || !proto.Equal(want, r.GetWeights()[i]) {
			c.find(r.GetName(), remedyRestore, "the weights of "+round.GetName()+": "+tallies(round.GetTallies()), fmt.Sprint(r.GetWeights()))
			return
		}
	}
}
