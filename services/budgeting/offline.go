package budgeting

import (
	"context"
	"io"

	"github.com/throughline/throughline/services/budgeting/internal/rpc"
	"github.com/throughline/throughline/services/budgeting/internal/rpc/export"
)

// Report says what a proof file proves: see VerifyFile.
type Report = export.Report

// VerifyFile checks a proof that an allocation was exported to, without any service. With replay the input is solved again too, where this is the
// engine that solved it. A file that is whole and wrong is no error: the report's last check says what is wrong. A file cannot prove who wrote it:
// hold the report's hashes against those that the allocation states where it was published.
//
// Errors: Invalid PROOF_UNREADABLE or PROOF_VERSION, Exhausted PROOF_TOO_LARGE; those of r and of ctx.
func VerifyFile(ctx context.Context, r io.Reader, replay bool) (Report, error) {
	return export.Verify(ctx, r, replay)
}

// PabulibTarget says where an election goes: see ReadPabulib.
type PabulibTarget = rpc.PabulibTarget

// PabulibElection is an election file as the API takes it: see ReadPabulib.
type PabulibElection = rpc.PabulibElection

// ReadPabulib reads an election in the Pabulib format (.pb) as programs, an election and ballots that the API takes.
//
// Errors: Invalid INVALID_PB_FILE with lines and fields, INVALID_FIELDS for a name or a currency that does not fit; those of r.
func ReadPabulib(r io.Reader, to PabulibTarget) (PabulibElection, error) {
	return rpc.ReadPabulib(r, to)
}
