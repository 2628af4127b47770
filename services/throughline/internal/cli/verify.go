package cli

import (
	"context"
	"fmt"
	"os"

	"github.com/throughline/throughline/services/budgeting"
)

type verifyCommand struct {
	File   string `arg:"" help:"Proof that an allocation was exported to (format PROOF)." type:"existingfile"`
	Replay bool   `help:"Solve the input again too, where this program has the engine that solved it."`
}

// Run verifies a proof offline: it asks no service and needs no data directory.
func (v *verifyCommand) Run(ctx context.Context, world World) error {
	file, err := os.Open(v.File)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	report, err := budgeting.VerifyFile(ctx, file, v.Replay)
	if err != nil {
		return fmt.Errorf("%s: %w", v.File, err)
	}
	out := world.Stdout
	fmt.Fprintf(out, "%s, %s by engine version %s\n", report.Allocation, report.Outcome, report.EngineVersion)
	for _, check := range report.Checks {
		fmt.Fprintf(out, "- %s\n", check)
	}
	fmt.Fprintf(out, "content hash %s\nresult hash  %s\n", report.ContentHash, report.ResultHash)
	if !report.Valid {
		return fmt.Errorf("%s is not valid: %s", v.File, report.Checks[len(report.Checks)-1])
	}
	_, err = fmt.Fprintf(out, "The file is valid. It cannot say who wrote it: compare both hashes with content_hash and result_hash of the allocation\n"+
		"where it was published, such as the resolution or GET /v1/%s.\n", report.Allocation)
	return err
}
