package sqlstore

import (
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
)

func TestAskTextReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text, level := rapid.StringN(0, 12, -1), rapid.Ptr(rapid.IntRange(0, 4), true)
		amount := rapid.Int64()
		list := func(label string) int { return rapid.IntRange(0, 3).Draw(t, label) }
		want := domain.FundingRequest{
			Requested: rapid.Ptr(amount, true).Draw(t, "requested"), Cap: rapid.Ptr(amount, true).Draw(t, "cap"),
			MaxDecreasePPM: rapid.Ptr(amount, true).Draw(t, "decrease"), ResultsPolicy: rapid.SampledFrom(model.Policies()).Draw(t, "policy"),
			EquityPoints: rapid.IntRange(-100, 100).Draw(t, "equity"), FTEMilli: amount.Draw(t, "fte"),
		}
		for range list("costs") {
			want.CostLines = append(want.CostLines, domain.CostLine{
				Fund: rapid.StringMatching(`[a-z]{1,4}|cost|align`).Draw(t, "fund"), Class: text.Draw(t, "class"), Amount: amount.Draw(t, "amount"),
				Treatment: rapid.SampledFrom(model.Treatments()).Draw(t, "treatment"), OneTime: rapid.Bool().Draw(t, "one time"),
			})
		}
		for range list("alignments") {
			want.Alignments = append(want.Alignments, domain.Alignment{Goal: text.Draw(t, "goal"), Self: level.Draw(t, "self"), Reviewed: level.Draw(t, "reviewed")})
		}
		for range list("attributes") {
			want.Attributes = append(want.Attributes, domain.Attribute{Name: text.Draw(t, "name"), Level: rapid.IntRange(-4, 4).Draw(t, "level")})
		}
		for range list("eligible") {
			want.EligibleFunds = append(want.EligibleFunds, rapid.StringMatching(`[a-z]{1,4}|cost`).Draw(t, "eligible fund"))
		}
		for range list("grants") {
			want.Grants = append(want.Grants, domain.Grant{
				Title: text.Draw(t, "grant"), Award: amount.Draw(t, "award"), MatchPPM: amount.Draw(t, "match"), Effort: rapid.Ptr(amount, true).Draw(t, "effort"),
			})
		}
		for range list("positions") {
			want.Positions = append(want.Positions, domain.Position{Title: text.Draw(t, "job"), Count: amount.Draw(t, "count"), Cost: amount.Draw(t, "cost")})
		}
		if rapid.Bool().Draw(t, "mandated") {
			want.Mandate = &domain.Mandate{
				Source: text.Draw(t, "source"), Citation: text.Draw(t, "citation"), Body: text.Draw(t, "body"), Minimum: rapid.Ptr(amount, true).Draw(t, "minimum"),
			}
		}
		for range list("attestations") {
			want.Attestations = append(want.Attestations, domain.Attestation{
				Aspect: domain.BaseAspect, By: text.Draw(t, "by"), Role: text.Draw(t, "role"), Evidence: text.Draw(t, "evidence"),
				Time: time.UnixMicro(rapid.Int64Range(0, 1<<52).Draw(t, "time")).UTC(),
			})
		}
		var got domain.FundingRequest
		if err := parseAsk(askText(want), &got); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("read %+v (%v), want %+v", got, err, want)
		}
	})
}

func TestSpoiltAskTextIsRefused(t *testing.T) {
	for _, text := range []string{"what\tis this\n", "cap\tmany\n", "cost\tgeneral\tCOMPETES\t\n", "\n"} {
		var r domain.FundingRequest
		if err := parseAsk(text, &r); err == nil {
			t.Errorf("%q was read as %+v", text, r)
		}
	}
}
