package export

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/throughline/throughline/services/budgeting/internal/domain/engine"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/modeltest"
	"github.com/throughline/throughline/services/platform/fault"
)

func writeProof(t *testing.T, p Proof) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := WriteProof(&out, p); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestProofsVerify(t *testing.T) {
	for seed := range uint64(60) {
		b, p := solved(t, modeltest.Random(rand.New(rand.NewPCG(seed, 5)), engine.Version))
		file := writeProof(t, p)
		if !bytes.Equal(file, writeProof(t, p)) {
			t.Fatal("the same proof gave other bytes")
		}
		r, err := Verify(t.Context(), bytes.NewReader(file), true)
		if err != nil || !r.Valid || !r.Replayed {
			t.Fatalf("seed %d: %+v, %v", seed, r, err)
		}
		if r.ContentHash != b.Allocation.ContentHash || r.ResultHash != b.Allocation.ResultHash || r.Allocation != b.Allocation.Name() ||
			r.Outcome != string(b.Allocation.Outcome) || r.EngineVersion != engine.Version {
			t.Fatalf("seed %d: the report %+v is not of %+v", seed, r, b.Allocation)
		}
	}
}

// Anybody can check the hashes without this program: a JSON reader and SHA-256 do.
func TestProofKeepsTheBytes(t *testing.T) {
	in := town()
	in.Goals[0].Title = "Straßen & <Wege> \u2028 \"sicher\""
	b, p := solved(t, in)
	var fields map[string]any
	if err := json.Unmarshal(writeProof(t, p), &fields); err != nil {
		t.Fatal(err)
	}
	for field, want := range map[string]string{"input": b.Allocation.ContentHash, "plan": b.Allocation.ResultHash} {
		sum := sha256.Sum256([]byte(fields[field].(string)))
		if hex.EncodeToString(sum[:]) != want {
			t.Errorf("%s has another hash", field)
		}
	}
	if fields["format"] != ProofFormat || fields["version"] != float64(ProofVersion) || fields["content_hash"] != b.Allocation.ContentHash {
		t.Errorf("fields %v", fields)
	}
}

func TestProofOfWhatIsWrongIsNotWritten(t *testing.T) {
	_, good := solved(t, town())
	_, other := solved(t, modeltest.City(2, 5, engine.Version))
	for name, p := range map[string]Proof{
		"another plan":  {Input: good.Input, Plan: other.Plan},
		"broken input":  {Input: good.Input[1:], Plan: good.Plan},
		"broken plan":   {Input: good.Input, Plan: good.Plan[:len(good.Plan)-1]},
		"changed money": {Input: good.Input, Plan: bytes.Replace(good.Plan, []byte(`,145100]`), []byte(`,145000]`), 1)},
	} {
		var out bytes.Buffer
		if err := WriteProof(&out, p); fault.Reason(err) != "PROOF_REFUSED" || !fault.Is(err, fault.Internal) || out.Len() > 0 {
			t.Errorf("%s: %v, %d bytes", name, err, out.Len())
		}
	}
}

func TestTampering(t *testing.T) {
	_, p := solved(t, town())
	_, other := solved(t, modeltest.City(2, 5, engine.Version))
	file := writeProof(t, p)
	replace := func(from, to string) func(document) document {
		return func(d document) document {
			in, plan := strings.Replace(d.Input, from, to, 1), strings.Replace(d.Plan, from, to, 1)
			if in == d.Input && plan == d.Plan {
				t.Fatalf("%q is not in the proof", from)
			}
			d.Input, d.Plan = in, plan
			return d
		}
	}
	// What somebody changes who then makes every hash and the digest right again, and what the report then says last.
	for name, c := range map[string]struct {
		change func(document) document
		says   string
	}{
		"amount of a line":            {replace(`,145100]`, `,145200]`), "certificate"},
		"amount and payment":          {func(d document) document { d.Plan = strings.ReplaceAll(d.Plan, "145100", "145200"); return d }, "certificate"},
		"an envelope":                 {replace(`"available":395025`, `"available":395125`), "answers another input"},
		"envelope, and plan rehashed": {rehash(replace(`"available":395025`, `"available":405025`)), "certificate"},
		"program id in the plan":      {replace(`"program":"fire"`, `"program":"zoo"`), "certificate"},
		"program id in the input":     {rehash(func(d document) document { d.Input = strings.ReplaceAll(d.Input, "fire", "flue"); return d }), "certificate"},
		"score":                       {replace(`"score_bp":10000`, `"score_bp":9000`), "certificate"},
		"reviewed alignment":          {rehash(replace(`"levels":"4`, `"levels":"1`)), "certificate"},
		"treatment":                   {rehash(replace(`"treatment":"MUST_PAY"`, `"treatment":"RESERVE"`)), "certificate"},
		"rate of the block":           {replace(`"rate":{"num":"`, `"rate":{"num":"1`), "certificate"},
		"reason":                      {replace(`,145100]`, `,145100,{"reason":"MAX_CUT"}]`), "certificate"},
		"outcome of the plan":         {replace(`"outcome":"OPTIMAL"`, `"outcome":"REDUCTION_SHORT"`), "outcome"},
		"plan of another allocation":  {func(d document) document { d.Plan = string(other.Plan); return d }, "certificate"},
		"input of another allocation": {func(d document) document { d.Input = string(other.Input); return d }, "certificate"},
		"engine version of the file":  {func(d document) document { d.EngineVersion = "0"; return d }, "engine version"},
		"outcome of the file":         {func(d document) document { d.Outcome = "FEASIBLE"; return d }, "outcome"},
		"certificate text":            {func(d document) document { d.Certificate[3] = "the mayor approves"; return d }, "certificate says something else"},
		"certificate cut":             {func(d document) document { d.Certificate = d.Certificate[:2]; return d }, "certificate says something else"},
		"blank in the input":          {replace(`"schema":3,`, `"schema": 3,`), "canonical"},
		"unknown field in the input":  {replace(`"schema":3,`, `"schema":3,"x":1,`), "input cannot be read"},
		"number with a fraction":      {replace(`"available":395025`, `"available":395025.0`), "input cannot be read"},
		"empty plan":                  {func(d document) document { d.Plan = ""; return d }, "plan cannot be read"},
	} {
		t.Run("rehashed/"+name, func(t *testing.T) {
			var d document
			if err := json.Unmarshal(file, &d); err != nil {
				t.Fatal(err)
			}
			d = c.change(d)
			d.ContentHash, d.ResultHash = model.Digest([]byte(d.Input)), model.Digest([]byte(d.Plan))
			var out bytes.Buffer
			if err := d.seal(&out); err != nil {
				t.Fatal(err)
			}
			refuted(t, out.Bytes(), c.says)
		})
	}
	// What somebody changes who does not.
	for name, c := range map[string]struct{ from, to, says string }{
		"name":           {"allocations/first", "allocations/other", "digest"},
		"content hash":   {`"content_hash":"` + model.Digest(p.Input)[:4], `"content_hash":"0000`, "digest"},
		"a blank":        {`"version":1`, `"version": 1`, "digest"},
		"digest":         {`"digest":"`, `"digest":"0`, "digest"},
		"a line less":    {`"engine_version":"` + engine.Version + "\",\n", "", "digest"},
		"line breaks":    {",\n", ",\r\n", "digest"},
		"text after it":  {"\"}\n", "\"}\n\n", "digest"},
		"second object":  {"\"}\n", "\"}\n{}\n", "whole proof file"},
		"an extra field": {`"version":1,`, `"version":1,"note":"x",`, "whole proof file"},
		"format":         {ProofFormat, "spreadsheet", "whole proof file"},
		"later version":  {`"version":1`, `"version":2`, "version 2"},
		"version text":   {`"version":1`, `"version":"1"`, "whole proof file"},
		"not UTF-8":      {"first", "f\xffrst", "whole proof file"},
	} {
		t.Run("raw/"+name, func(t *testing.T) {
			changed := strings.Replace(string(file), c.from, c.to, 1)
			if changed == string(file) {
				t.Fatal("nothing changed")
			}
			refuted(t, []byte(changed), c.says)
		})
	}
}

// A whole file of another schema version is refused, for it may well be right; one that was changed is told to be.
func TestAnotherSchemaIsRefused(t *testing.T) {
	_, p := solved(t, town())
	var d document
	if err := json.Unmarshal(writeProof(t, p), &d); err != nil {
		t.Fatal(err)
	}
	d.EngineVersion = "2"
	d.Input, d.Plan = strings.Replace(d.Input, `"schema":3`, `"schema":2`, 1), strings.Replace(d.Plan, `"schema":3`, `"schema":2`, 1)
	d.ContentHash, d.ResultHash = model.Digest([]byte(d.Input)), model.Digest([]byte(d.Plan))
	var out bytes.Buffer
	if err := d.seal(&out); err != nil {
		t.Fatal(err)
	}
	r, err := Verify(t.Context(), bytes.NewReader(out.Bytes()), true)
	if r.Valid || fault.Reason(err) != "PROOF_VERSION" || !strings.Contains(err.Error(), "schema version 2, made by version 2 of the engine") {
		t.Errorf("valid %v, %v", r.Valid, err)
	}
	refuted(t, bytes.Replace(out.Bytes(), []byte("allocations/first"), []byte("allocations/other"), 1), "digest")
}

// rehash also names the new input in the plan.
func rehash(change func(document) document) func(document) document {
	return func(d document) document {
		was := model.Digest([]byte(d.Input))
		d = change(d)
		d.Plan = strings.Replace(d.Plan, was, model.Digest([]byte(d.Input)), 1)
		return d
	}
}

// refuted wants an error, or a report that is not valid, that says why last.
func refuted(t *testing.T, file []byte, says string) {
	t.Helper()
	r, err := Verify(t.Context(), bytes.NewReader(file), true)
	said := ""
	if err != nil {
		said = err.Error()
	} else if n := len(r.Checks); n > 0 && strings.HasPrefix(r.Checks[n-1], "FAILED: ") {
		said = r.Checks[n-1]
	}
	if r.Valid || !strings.Contains(said, says) {
		t.Errorf("valid %v, said %q, want %q", r.Valid, said, says)
	}
}

func TestEveryByteCounts(t *testing.T) {
	_, p := solved(t, town())
	file := writeProof(t, p)
	r := rand.New(rand.NewPCG(3, 4))
	for range 2000 {
		changed := bytes.Clone(file)
		at := r.IntN(len(changed))
		changed[at] ^= byte(1 + r.IntN(255))
		if report, err := Verify(t.Context(), bytes.NewReader(changed), false); err == nil && report.Valid {
			t.Fatalf("byte %d may be %q instead of %q", at, changed[at], file[at])
		}
	}
	for cut := 1; cut < len(file); cut += 97 {
		if _, err := Verify(t.Context(), bytes.NewReader(file[:len(file)-cut]), false); fault.Reason(err) != "PROOF_UNREADABLE" && cut > 1 {
			t.Fatalf("%d bytes less: %v", cut, err)
		}
	}
}

func TestVerifyReadsWithinLimits(t *testing.T) {
	_, p := solved(t, town())
	file := writeProof(t, p)
	if r, err := verify(t.Context(), bytes.NewReader(file), false, int64(len(file))); err != nil || !r.Valid || r.Replayed {
		t.Errorf("at the limit: %+v, %v", r, err)
	}
	if _, err := verify(t.Context(), bytes.NewReader(file), false, int64(len(file))-1); fault.Reason(err) != "PROOF_TOO_LARGE" || !fault.Is(err, fault.Exhausted) {
		t.Errorf("above the limit: %v", err)
	}
	endless := io.MultiReader(bytes.NewReader(file), zeros{})
	if _, err := verify(t.Context(), endless, false, 1<<20); fault.Reason(err) != "PROOF_TOO_LARGE" {
		t.Errorf("endless: %v", err)
	}
	for _, text := range []string{"", "{}", "null", "[]", "PK\x03\x04", strings.Repeat("[", 100_000)} {
		if _, err := Verify(t.Context(), strings.NewReader(text), false); fault.Reason(err) != "PROOF_UNREADABLE" || !fault.Is(err, fault.Invalid) {
			t.Errorf("%.10q: %v", text, err)
		}
	}
	broken := errors.New("disk")
	if _, err := Verify(t.Context(), iotest.ErrReader(broken), false); !errors.Is(err, broken) {
		t.Errorf("broken reader: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Verify(ctx, bytes.NewReader(file), true); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

// A file of another engine is proven by its certificate, and is not solved again.
func TestVerifyOfAnotherEngine(t *testing.T) {
	_, p := solved(t, town())
	other := func(b []byte) string {
		return strings.Replace(string(b), `"engine_version":"`+engine.Version+`"`, `"engine_version":"0.9"`, 1)
	}
	in := other(p.Input)
	plan := strings.Replace(other(p.Plan), model.Digest(p.Input), model.Digest([]byte(in)), 1)
	file := writeProof(t, Proof{Allocation: p.Allocation, Input: []byte(in), Plan: []byte(plan)})
	r, err := Verify(t.Context(), bytes.NewReader(file), true)
	if err != nil || !r.Valid || r.Replayed || !strings.Contains(r.Checks[len(r.Checks)-1], "not solved again") {
		t.Errorf("%+v, %v", r, err)
	}
}

// Who solves other figures and seals them has a true proof, of another question: only the published hashes tell the two apart.
func TestOtherFiguresHaveOtherHashes(t *testing.T) {
	honest, _ := solved(t, town())
	in := town()
	in.Funds[0].Available += 100_00
	_, p := solved(t, in)
	r, err := Verify(t.Context(), bytes.NewReader(writeProof(t, p)), true)
	if err != nil || !r.Valid {
		t.Fatalf("%+v, %v", r, err)
	}
	if r.ContentHash == honest.Allocation.ContentHash || r.ResultHash == honest.Allocation.ResultHash {
		t.Error("other figures have the same hashes")
	}
}
