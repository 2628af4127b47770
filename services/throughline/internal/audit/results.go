package audit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"

	performancev1 "github.com/throughline/throughline/proto/gen/throughline/performance/v1"
	"github.com/throughline/throughline/services/platform/sqldb"
)

// results recomputes the hash of every results revision, and the verdicts of the newest, or of all when that is asked for: each is judged
// by the observations known when it was published.
func results(ctx context.Context, a *auditor, c *Check) error {
	performance := performancev1.NewPerformanceServiceClient(a.Conn)
	return a.each(ctx, func(ctx context.Context, organization string) error {
		damaged, err := a.hashes(ctx, c, organization)
		if err != nil {
			return err
		}
		parent := "organizations/" + organization
		all := listed(ctx, performance.ListResultsRevisions, func(token string) *performancev1.ListResultsRevisionsRequest {
			return &performancev1.ListResultsRevisionsRequest{Parent: parent, PageSize: pageSize, PageToken: token} // the newest first
		}, (*performancev1.ListResultsRevisionsResponse).GetResultsRevisions)
		for revision, err := range all {
			if err != nil && len(damaged) == 0 { // else that is why
				c.unread(parent+"/resultsRevisions", err)
			}
			if err != nil {
				return nil //nolint:nilerr // what cannot be read is a finding
			}
			if !damaged[revision.GetName()] {
				c.reproduce(ctx, performance, revision)
			}
			if !a.Replay {
				return nil
			}
		}
		return nil
	})
}

// hashes finds the revisions whose text is not of the hash that they state.
func (a *auditor) hashes(ctx context.Context, c *Check, organization string) (damaged map[string]bool, err error) {
	damaged = map[string]bool{}
	err = a.store("performance").DB.Read(ctx, func(tx sqldb.Tx) error {
		return tx.Query("SELECT results_revision_id, content_hash, canonical FROM results_revisions WHERE organization_id = ? ORDER BY sequence", []any{organization},
			func(r sqldb.Row) error {
				c.Looked++
				sum := sha256.Sum256(r.Bytes(2))
				if is := hex.EncodeToString(sum[:]); is != r.Text(1) {
					name := "organizations/" + organization + "/resultsRevisions/" + r.Text(0)
					damaged[name] = true
					c.find(name, remedyRestore, "signals of hash "+r.Text(1), is)
				}
				return nil
			})
	})
	if err != nil {
		return damaged, fmt.Errorf("the results revisions of %s: %w", organization, err)
	}
	return damaged, nil
}

// reproduce judges every measure of a revision again.
func (c *Check) reproduce(ctx context.Context, performance performancev1.PerformanceServiceClient, r *performancev1.ResultsRevision) {
	published := map[string]*performancev1.Evidence{}
	for _, s := range r.GetSignals() {
		for _, e := range s.GetEvidence() {
			published[e.GetMeasure()] = e
		}
	}
	for _, measure := range slices.Sorted(maps.Keys(published)) {
		again, err := performance.ExplainResultsRevision(ctx, &performancev1.ExplainResultsRevisionRequest{Name: r.GetName(), Measure: measure})
		switch e := published[measure]; {
		case reason(err) == "RESULTS_WITHOUT_VERDICTS": // an earlier format holds none
			c.Skipped++
			return
		case err != nil:
			c.unread(measure+" in "+r.GetName(), err)
		case !again.GetReproduced():
			c.find(measure, remedyRestore, fmt.Sprintf("the %d observations of hash %s that %s published, %v and %v", e.GetPoints(), e.GetSeriesHash(), r.GetName(), e.GetVariation(), e.GetAssurance()),
				fmt.Sprintf("hash %s, %v and %v", again.GetSeriesHash(), again.GetAnalysis().GetVariation(), again.GetAnalysis().GetAssurance()))
		}
		c.Looked++
	}
}
