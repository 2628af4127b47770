package export

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"

	"github.com/throughline/throughline/services/budgeting/internal/domain/certify"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/platform/fault"
)

// What a proof file says it is.
const (
	ProofFormat  = "throughline-allocation-proof"
	ProofVersion = 1
)

// Proof is what an allocation keeps: the canonical bytes of its input and of its plan.
type Proof struct {
	Allocation string // resource name
	Input      []byte
	Plan       []byte
}

// document is a proof file: JSON, one field a line, in this order. Input and plan are JSON texts inside JSON strings, so that their bytes are kept
// whatever formats the file: `jq -j .input FILE | sha256sum` prints the content hash, and .plan the result hash. The last line is the digest, the
// SHA-256 of every byte before it.
type document struct {
	Format        string   `json:"format"`
	Version       int      `json:"version"`
	Allocation    string   `json:"allocation"`
	EngineVersion string   `json:"engine_version"`
	Outcome       string   `json:"outcome"`
	ContentHash   string   `json:"content_hash"`
	ResultHash    string   `json:"result_hash"`
	Certificate   []string `json:"certificate"`
	Input         string   `json:"input"`
	Plan          string   `json:"plan"`
	Digest        string   `json:"digest"`
}

const (
	digestOpens  = `"digest":"`
	digestCloses = "\"}\n"
	sealLength   = len(digestOpens) + 2*sha256.Size + len(digestCloses)
)

// WriteProof certifies the plan again and writes the proof file. The same proof gives the same bytes. Internal PROOF_REFUSED when the bytes are not
// canonical or the check refuses them; nothing is written then.
func WriteProof(w io.Writer, p Proof) error {
	refused := func(err error) error {
		return fault.New(fault.Internal, "PROOF_REFUSED", "%s fails its check and is not exported; verify the allocation", p.Allocation).Because(err)
	}
	in, err := model.Decode(p.Input)
	if err != nil {
		return refused(err)
	}
	plan, err := model.DecodePlan(p.Plan)
	if err != nil {
		return refused(err)
	}
	cert, err := certify.Check(in, plan)
	if err != nil {
		return refused(err)
	}
	return document{
		Format: ProofFormat, Version: ProofVersion, Allocation: p.Allocation, EngineVersion: in.EngineVersion, Outcome: string(plan.Outcome),
		ContentHash: cert.InputHash, ResultHash: cert.PlanHash, Certificate: cert.Checks, Input: string(p.Input), Plan: string(p.Plan),
	}.seal(w)
}

// seal writes the document with its digest, a field at a time: input and plan may be large.
func (d document) seal(w io.Writer) error {
	sum := sha256.New()
	both := io.MultiWriter(w, sum)
	opens := "{"
	for _, f := range []struct {
		key   string
		value any
	}{
		{"format", d.Format},
		{"version", d.Version},
		{"allocation", d.Allocation},
		{"engine_version", d.EngineVersion},
		{"outcome", d.Outcome},
		{"content_hash", d.ContentHash},
		{"result_hash", d.ResultHash},
		{"certificate", d.Certificate},
		{"input", d.Input},
		{"plan", d.Plan},
	} {
		var line bytes.Buffer
		line.WriteString(opens + `"` + f.key + `":`)
		enc := json.NewEncoder(&line)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(f.value); err != nil {
			return err
		}
		line.Truncate(line.Len() - 1) // the encoder's line break
		line.WriteString(",\n")
		if _, err := both.Write(line.Bytes()); err != nil {
			return err
		}
		opens = ""
	}
	_, err := io.WriteString(w, digestOpens+hex.EncodeToString(sum.Sum(nil))+digestCloses)
	return err
}
