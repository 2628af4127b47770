package domain

import (
	"cmp"
	"reflect"
	"slices"
	"time"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
)

// Aspect is a part of a request that somebody attests.
type Aspect string

// Aspects.
const (
	BaseAspect      Aspect = "BASE"      // the cost lines
	MandateAspect   Aspect = "MANDATE"   // the mandate and its minimum
	AlignmentAspect Aspect = "ALIGNMENT" // the reviewed alignment and the attributes
)

// Attestation is who vouches for a part of a request.
type Attestation struct {
	Aspect   Aspect
	By       string // subject
	Role     string
	Evidence string
	Time     time.Time
}

// Attested is how many requests an act vouched for.
type Attested int

// AttestedAlready says whether the same person has vouched for all the aspects in the same role, with the same evidence.
func (r FundingRequest) AttestedAlready(aspects []Aspect, by Attestation) bool {
	return !slices.ContainsFunc(aspects, func(aspect Aspect) bool {
		return !slices.ContainsFunc(r.Attestations, func(a Attestation) bool {
			return a.Aspect == aspect && a.By == by.By && a.Role == by.Role && a.Evidence == by.Evidence
		})
	})
}

// Attested is the next version of r in which the aspects are vouched for; a later attestation replaces an earlier one.
// To attest a part that is empty is to vouch that there is nothing.
func (r FundingRequest) Attested(aspects []Aspect, by Attestation, now time.Time) FundingRequest {
	kept := slices.DeleteFunc(slices.Clone(r.Attestations), func(a Attestation) bool { return slices.Contains(aspects, a.Aspect) })
	for _, aspect := range slices.Compact(slices.Sorted(slices.Values(aspects))) {
		by.Aspect, by.Time = aspect, now
		kept = append(kept, by)
	}
	slices.SortFunc(kept, func(a, b Attestation) int { return cmp.Compare(a.Aspect, b.Aspect) })
	r.Attestations, r.Meta = kept, r.Next(now)
	return r
}

// Vouched says whether somebody attests the aspect.
func (r *FundingRequest) Vouched(aspect Aspect) bool {
	return slices.ContainsFunc(r.Attestations, func(a Attestation) bool { return a.Aspect == aspect })
}

// part says whether the aspect is the same in next. A department's own view of its alignment is not part of any.
func (r FundingRequest) part(aspect Aspect, next FundingRequest) bool {
	switch aspect {
	case BaseAspect:
		return slices.Equal(r.CostLines, next.CostLines)
	case MandateAspect:
		return reflect.DeepEqual(r.Mandate, next.Mandate)
	case AlignmentAspect:
		return reflect.DeepEqual(r.reviewed(), next.reviewed()) && slices.Equal(r.Attributes, next.Attributes)
	default:
		return false
	}
}

// reviewed is the level of each goal that reviewers rated.
func (r FundingRequest) reviewed() map[string]int {
	levels := map[string]int{}
	for _, a := range r.Alignments {
		if a.Reviewed != nil {
			levels[a.Goal] = *a.Reviewed
		}
	}
	return levels
}

// Steering names what next changes of the fields by which the government steers its programs, so that no department can
// raise its own priority or shield itself: the results policy, equity points, and the hold-harmless bound.
func (r FundingRequest) Steering(next FundingRequest) []string {
	var fields []string
	add := func(same bool, field string) {
		if !same {
			fields = append(fields, field)
		}
	}
	add(cmp.Or(r.ResultsPolicy, model.Neutral) == cmp.Or(next.ResultsPolicy, model.Neutral), "results_policy")
	add(r.EquityPoints == next.EquityPoints, "equity_points")
	add(reflect.DeepEqual(r.MaxDecreasePPM, next.MaxDecreasePPM), "max_decrease_ppm")
	return fields
}
