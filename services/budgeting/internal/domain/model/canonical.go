package model

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// Canonical is the one encoding of the input: JSON of the normalized form, integers and strings only, fields in declared order, without what
// inputForm leaves out. Strings must be valid UTF-8 (Validate says so); other bytes would not survive the round trip. The error is always nil.
func (in Input) Canonical() ([]byte, error) {
	if !in.IsNormal() {
		in = in.Normalize()
	}
	return in.CanonicalOfNormal(), nil
}

// CanonicalOfNormal is Canonical of an input that is known to be normal.
func (in *Input) CanonicalOfNormal() []byte {
	return encoding(in.size(), func(e *encoder) { e.input(in) })
}

// size is about the bytes of the encoding.
func (in *Input) size() int {
	n := 4096 + 128*(len(in.Funds)+len(in.Packages))
	for i := range in.Programs {
		n += 56 + 24*len(in.Programs[i].CostLines)
	}
	return n
}

// Hash is the SHA-256 of Canonical, in hexadecimal. The error is always nil.
func (in Input) Hash() (string, error) {
	b, err := in.Canonical()
	return Digest(b), err
}

// Decode reads canonical bytes back. It refuses unknown fields, another schema version, and bytes that are not canonical,
// so that a stored input replays to the byte or not at all.
func Decode(b []byte) (Input, error) {
	var form inputForm
	if err := decode(b, &form); err != nil {
		return Input{}, fmt.Errorf("decode allocation input: %w", err)
	}
	in, err := form.input()
	if err != nil {
		return Input{}, fmt.Errorf("decode allocation input: %w", err)
	}
	in = in.Normalize()
	if !encodes(func(e *encoder) { e.input(&in) }, b) {
		return Input{}, fmt.Errorf("decode allocation input: the bytes are not in canonical form")
	}
	return in, nil
}

// Digest is the SHA-256 of bytes, in hexadecimal.
func Digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// decode refuses another schema version by its name, rather than by what differs.
func decode(b []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	err := dec.Decode(into)
	var is struct {
		Schema int `json:"schema"`
	}
	if json.Unmarshal(b, &is) == nil && is.Schema != SchemaVersion {
		return fmt.Errorf("schema version %d, want %d", is.Schema, SchemaVersion)
	}
	return err
}
