package sqlstore

import (
	"fmt"
	"sync"

	"github.com/klauspost/compress/s2"
)

// How bytes are kept: the columns named codec.
const (
	asTheyAre = ""
	s2Block   = "s2"
)

// packedFrom is the size from which bytes are packed. What is smaller fits a few pages, and stays readable at a SQL prompt.
const packedFrom = 16 << 10

// packed are parts as they are to be kept, until close.
type packed struct {
	codec  string
	parts  [][]byte
	buffer *[]byte // that they lie in, nil for as they are
}

// pack packs parts by one codec. The proof of a large allocation is megabytes of repetitive JSON: S2 packs it at gigabytes a second into a
// tenth, which costs a fraction of writing all of it to the log and then to the file.
func pack(parts ...[]byte) packed {
	size, most := 0, 0
	for _, p := range parts {
		size += len(p)
		most += max(0, s2.MaxEncodedLen(len(p))) // below zero for what S2 cannot hold, 4 GiB, which no column can either
	}
	if size < packedFrom {
		return packed{codec: asTheyAre, parts: parts}
	}
	out := packed{codec: s2Block, parts: make([][]byte, len(parts))}
	out.buffer, _ = packRoom.Get().(*[]byte)
	if cap(*out.buffer) < most {
		*out.buffer = make([]byte, most)
	}
	free := (*out.buffer)[:most]
	for i, p := range parts {
		out.parts[i] = s2.Encode(free, p)
		free = free[len(out.parts[i]):]
	}
	return out
}

// close gives the memory to what is packed later.
func (p *packed) close() {
	if p.buffer != nil {
		packRoom.Put(p.buffer)
		*p = packed{}
	}
}

// packRoom is where bytes were packed before: an allocation fills megabytes of it.
var packRoom = sync.Pool{New: func() any { return &[]byte{} }}

// unpack reads what pack made.
func unpack(codec string, kept []byte) ([]byte, error) {
	switch codec {
	case asTheyAre:
		return kept, nil
	case s2Block:
		b, err := s2.Decode(nil, kept)
		if err != nil {
			return nil, fmt.Errorf("unpack %d bytes: %w", len(kept), err)
		}
		return b, nil
	}
	return nil, fmt.Errorf("bytes are packed by %q, which this version does not know", codec)
}
