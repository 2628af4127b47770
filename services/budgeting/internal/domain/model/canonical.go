package model

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"slices"
)

// Normalize returns a deep copy with every slice sorted by id and the schema version filled in.
func (in Input) Normalize() Input {
	out := in
	out.Schema = SchemaVersion
	out.Params.Attributes = sorted(in.Params.Attributes, func(a, b AttributeWeight) int { return cmp.Compare(a.Name, b.Name) })
	out.Params.Results = sorted(in.Params.Results, func(a, b ResultRule) int {
		return cmp.Or(cmp.Compare(a.Signal, b.Signal), cmp.Compare(a.Policy, b.Policy))
	})
	out.Goals = sorted(in.Goals, func(a, b Goal) int { return cmp.Compare(a.ID, b.ID) })
	out.Funds = sorted(in.Funds, func(a, b Fund) int { return cmp.Compare(a.ID, b.ID) })
	out.Programs = sorted(in.Programs, func(a, b Program) int { return cmp.Compare(a.ID, b.ID) })
	for i := range out.Programs {
		p := &out.Programs[i]
		p.CostLines = sorted(p.CostLines, func(a, b CostLine) int { return cmp.Compare(a.ID, b.ID) })
		p.EligibleFunds = sorted(p.EligibleFunds, cmp.Compare[string])
		p.Revenue = sorted(p.Revenue, func(a, b Revenue) int { return cmp.Compare(a.Fund, b.Fund) })
		p.Alignment = sorted(p.Alignment, func(a, b Alignment) int { return cmp.Compare(a.Goal, b.Goal) })
		p.Attributes = sorted(p.Attributes, func(a, b Attribute) int { return cmp.Compare(a.Name, b.Name) })
		p.Mandate, p.Cap, p.HoldHarmless, p.Results = copied(p.Mandate), copied(p.Cap), copied(p.HoldHarmless), copied(p.Results)
	}
	return out
}

// sorted copies and sorts; an empty slice becomes an empty (not nil) one so that equal inputs have equal bytes.
func sorted[T any](s []T, by func(a, b T) int) []T {
	out := make([]T, len(s))
	copy(out, s)
	if !slices.IsSortedFunc(out, by) {
		slices.SortStableFunc(out, by)
	}
	return out
}

func copied[T any](p *T) *T {
	if p == nil {
		return nil
	}
	v := *p
	return &v
}

// Canonical is the one encoding of the input: JSON of the normalized form, integers and strings only, fields in declared order.
// Strings must be valid UTF-8 (Validate says so); other bytes would not survive the round trip.
func (in Input) Canonical() ([]byte, error) { return encode(in.Normalize()) }

// Hash is the SHA-256 of Canonical, in hexadecimal.
func (in Input) Hash() (string, error) { return hashOf(in.Normalize()) }

// Decode reads canonical bytes back. It refuses unknown fields, another schema version, and bytes that are not canonical,
// so that a stored input replays to the byte or not at all.
func Decode(b []byte) (Input, error) {
	var in Input
	if err := decode(b, &in); err != nil {
		return Input{}, fmt.Errorf("decode allocation input: %w", err)
	}
	if in.Schema != SchemaVersion {
		return Input{}, fmt.Errorf("decode allocation input: schema version %d, want %d", in.Schema, SchemaVersion)
	}
	again, err := in.Canonical()
	if err != nil {
		return Input{}, err
	}
	if !bytes.Equal(again, b) {
		return Input{}, fmt.Errorf("decode allocation input: the bytes are not in canonical form")
	}
	return in.Normalize(), nil
}

// Digest is the SHA-256 of bytes, in hexadecimal.
func Digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func encode(v any) ([]byte, error) {
	var buf bytes.Buffer
	if err := encodeTo(&buf, v); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}

// hashOf is the digest of encode without a second copy of the bytes.
func hashOf(v any) (string, error) {
	h := sha256.New()
	if err := encodeTo(h, v); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func encodeTo(w io.Writer, v any) error {
	enc := json.NewEncoder(unended{w})
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	return nil
}

// unended leaves out the newline that the encoder, which writes a value at once, puts after it.
type unended struct{ io.Writer }

func (u unended) Write(b []byte) (int, error) {
	n, err := u.Writer.Write(bytes.TrimSuffix(b, []byte("\n")))
	return n + 1, err
}

func decode(b []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	return dec.Decode(into)
}
