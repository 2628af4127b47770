package certify_test

import (
	"context"
	"slices"
	"testing"

	"github.com/throughline/throughline/services/budgeting/internal/domain/certify"
	"github.com/throughline/throughline/services/budgeting/internal/domain/engine"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/modeltest"
)

// A solver that spoils its input must not talk the auditor into another one.
func TestTheAuditorSharesNoMemoryWithItsCallers(t *testing.T) {
	in := modeltest.City(3, 30, engine.Version)
	solved, err := engine.Solve(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	auditor, err := certify.NewAuditor(in)
	if err != nil {
		t.Fatal(err)
	}
	for _, reached := range []model.Input{in, auditor.Copy()} {
		reached.Funds[0].Available++
		reached.Goals[0].WeightPPM++
		for i := range reached.Programs {
			p := &reached.Programs[i]
			p.CostLines[0].Amount++
			p.Alignment[0].Level = 4 - p.Alignment[0].Level
			if p.Mandate != nil {
				p.Mandate.Minimum++
			}
			if len(p.EligibleFunds) > 0 {
				p.EligibleFunds[0] = "f999"
			}
		}
	}
	cert, encoded, err := auditor.Check(&solved.Plan)
	if err != nil {
		t.Fatal(err)
	}
	if cert.InputHash != model.Digest(solved.Input) || cert.PlanHash != model.Digest(solved.Encoded) || !slices.Equal(encoded, solved.Encoded) {
		t.Fatalf("certificate %+v of other bytes", cert)
	}
	if want, _ := solved.Plan.Encode(); !slices.Equal(want, solved.Encoded) || solved.Certificate.InputHash != solved.Plan.InputHash {
		t.Fatal("the kept bytes are not those of the plan")
	}
}
