package rpc

import (
	actionplanningv1 "github.com/throughline/throughline/proto/gen/throughline/actionplanning/v1"
	"github.com/throughline/throughline/services/actionplanning/internal/domain"
	"github.com/throughline/throughline/services/platform/wire"
)

func reviewProto(r *domain.Review) *actionplanningv1.SmartReview {
	if r == nil {
		return nil
	}
	out := &actionplanningv1.SmartReview{
		Objective: r.Objective, Verdict: wire.Enum[actionplanningv1.SmartVerdict](r.Verdict), Rules: r.Rules, ReviewTime: wire.Time(r.Time),
	}
	for _, f := range r.Findings {
		finding := &actionplanningv1.SmartFinding{
			Letter: wire.Enum[actionplanningv1.SmartLetter](f.Letter), Verdict: wire.Enum[actionplanningv1.SmartVerdict](f.Verdict), Reasons: f.Reasons,
		}
		for _, m := range f.Remedies {
			finding.Remedies = append(finding.Remedies, m.String())
		}
		out.Findings = append(out.Findings, finding)
	}
	return out
}

func overrideProto(o *domain.Override) *actionplanningv1.SmartOverride {
	if o == nil {
		return nil
	}
	return &actionplanningv1.SmartOverride{By: o.By, Reason: o.Reason, OverrideTime: wire.Time(o.Time)}
}
