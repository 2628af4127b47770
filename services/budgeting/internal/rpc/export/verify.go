package export

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"

	"github.com/throughline/throughline/services/budgeting/internal/domain/certify"
	"github.com/throughline/throughline/services/budgeting/internal/domain/engine"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/platform/fault"
)

// MaxProof bounds a proof file, in bytes. One of 100,000 programs has about 100 MB; reading takes four times the file in memory.
const MaxProof = 1 << 30

// Report says what a proof file proves. Valid means that every byte is as it was written, that the hashes are those of the input and the plan in the
// file, and that the plan was proven against the input here and now. A file cannot prove who wrote it: hold the two hashes against those that the
// allocation states where it was published.
type Report struct {
	Valid         bool
	Allocation    string // resource name, as the file says
	Outcome       string
	EngineVersion string
	ContentHash   string   // of the input in the file
	ResultHash    string   // of the plan in the file
	Checks        []string // what was proven, in order; when the file is not valid the last says why and begins with "FAILED: "
	Replayed      bool     // the input was solved again and gave the same plan, to the byte
}

// Verify reads a proof file and checks it without any service. With replay it also solves the input again where this is the engine that solved it;
// the certificate proves the plan either way, so that replay is a second opinion of the solver itself, and takes as long as it took.
//
// Errors: Invalid PROOF_UNREADABLE for what is not a proof file or is cut short, PROOF_VERSION for a version of the file or of its input that this program does not know; Exhausted
// PROOF_TOO_LARGE above MaxProof; those of r and of ctx. What a whole file says wrongly is in the report.
func Verify(ctx context.Context, r io.Reader, replay bool) (Report, error) {
	return verify(ctx, r, replay, MaxProof)
}

func verify(ctx context.Context, r io.Reader, replay bool, limit int64) (Report, error) {
	file, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return Report{}, fmt.Errorf("read proof: %w", err)
	}
	if int64(len(file)) > limit {
		return Report{}, fault.New(fault.Exhausted, "PROOF_TOO_LARGE", "the file has more than %d bytes; this is not a proof file, or verify it where it was made", limit)
	}
	d, err := open(file)
	if err != nil {
		return Report{}, err
	}
	v := verification{document: d, Report: Report{Allocation: d.Allocation, Outcome: d.Outcome, EngineVersion: d.EngineVersion}}
	err = v.run(ctx, file, replay)
	return v.Report, err
}

// open reads the fields, whatever they say.
func open(file []byte) (document, error) {
	unreadable := func(because error) error {
		return fault.New(fault.Invalid, "PROOF_UNREADABLE", "the file is not a whole proof file; export the allocation's proof again").Because(because)
	}
	if !utf8.Valid(file) {
		return document{}, unreadable(nil)
	}
	var kind struct {
		Format  string `json:"format"`
		Version int    `json:"version"`
	}
	if err := json.Unmarshal(file, &kind); err != nil {
		return document{}, unreadable(err)
	}
	if kind.Format != ProofFormat {
		return document{}, unreadable(nil)
	}
	if kind.Version != ProofVersion {
		return document{}, fault.New(fault.Invalid, reasonVersion, "the file is of version %d and this program knows version %d; verify it with the program that wrote it",
			kind.Version, ProofVersion)
	}
	var d document
	dec := json.NewDecoder(bytes.NewReader(file))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&d); err != nil {
		return document{}, unreadable(err)
	}
	return d, nil
}

const reasonVersion = "PROOF_VERSION"

type verification struct {
	document
	Report
}

func (v *verification) check(ok bool, good, bad string, args ...any) bool {
	if ok {
		v.Checks = append(v.Checks, good)
	} else {
		v.Checks = append(v.Checks, "FAILED: "+fmt.Sprintf(bad, args...))
	}
	return ok
}

// run goes from the bytes to the plan, and stops at the first failure.
func (v *verification) run(ctx context.Context, file []byte, replay bool) error {
	v.Report.ContentHash, v.Report.ResultHash = model.Digest([]byte(v.Input)), model.Digest([]byte(v.Plan))
	if !v.check(sealed(file, v.Digest), "every byte of the file is as it was written, by its digest", "the file is not as it was written: its digest is another") ||
		!v.check(v.Report.ContentHash == v.document.ContentHash, "the input has the content hash that the file states",
			"the input has the hash %s, and the file states %s", v.Report.ContentHash, v.document.ContentHash) ||
		!v.check(v.Report.ResultHash == v.document.ResultHash, "the plan has the result hash that the file states",
			"the plan has the hash %s, and the file states %s", v.Report.ResultHash, v.document.ResultHash) {
		return nil
	}
	if err := v.known(); err != nil {
		return err
	}
	in, err := model.Decode([]byte(v.Input))
	if !v.check(err == nil, "the input is canonical", "the input cannot be read: %v", err) {
		return nil
	}
	plan, err := model.DecodePlan([]byte(v.Plan))
	if !v.check(err == nil, "the plan is canonical", "the plan cannot be read: %v", err) ||
		!v.check(v.document.EngineVersion == in.EngineVersion && v.document.Outcome == string(plan.Outcome), "the file states their engine version and outcome",
			"the file states engine version %q and outcome %q; they have %q and %q", v.document.EngineVersion, v.document.Outcome, in.EngineVersion, plan.Outcome) {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	cert, err := certify.Check(in, plan)
	if err != nil {
		v.check(false, "", "the certificate: %v", err)
		return nil
	}
	v.Checks = append(v.Checks, cert.Checks...)
	if in.EngineVersion == engine.Version && // another version may have worded its certificate otherwise
		!v.check(slices.Equal(cert.Checks, v.Certificate), "the file's certificate says what was proven", "the file's certificate says something else than what was proven") {
		return nil
	}
	v.Valid = true
	if replay {
		return v.replay(ctx, in.EngineVersion)
	}
	return nil
}

// known refuses an input of another schema version: the file may well be right, and this program cannot tell.
func (v *verification) known() error {
	var is struct {
		Schema int `json:"schema"`
	}
	if err := json.Unmarshal([]byte(v.Input), &is); err == nil && is.Schema != model.SchemaVersion { // what is no JSON is told by reading it
		return fault.New(fault.Invalid, reasonVersion, "the file has an allocation of schema version %d, made by version %s of the engine, "+
			"and this program knows version %d; verify it with the program that wrote it", is.Schema, v.document.EngineVersion, model.SchemaVersion)
	}
	return nil
}

// sealed says whether the file ends with its own digest.
func sealed(file []byte, digest string) bool {
	if len(file) < sealLength {
		return false
	}
	body, seal := file[:len(file)-sealLength], file[len(file)-sealLength:]
	sum := sha256.Sum256(body)
	want := hex.EncodeToString(sum[:])
	return digest == want && string(seal) == digestOpens+want+digestCloses
}

func (v *verification) replay(ctx context.Context, version string) error {
	if version != engine.Version {
		v.Checks = append(v.Checks, fmt.Sprintf("not solved again: the file is of engine version %s, and this is %s", version, engine.Version))
		return nil
	}
	plan, _, err := engine.Replay(ctx, []byte(v.Input))
	if err != nil {
		return err
	}
	again, err := plan.Encode()
	if err != nil {
		return err
	}
	v.Replayed = v.check(string(again) == v.Plan, "solving the input again gives the same plan, to the byte",
		"solving the input again gives another plan, of hash %s", model.Digest(again))
	v.Valid = v.Replayed
	return nil
}
