package sqlstore

import (
	"fmt"

	"github.com/klauspost/compress/s2"
)

// How bytes are kept: the columns named codec.
const (
	asTheyAre = ""
	s2Block   = "s2"
)

// packedFrom is the size from which bytes are packed. What is smaller fits a few pages, and stays readable at a SQL prompt.
const packedFrom = 16 << 10

// pack runs do with the parts as they are to be kept; do must not hold on to them. The proof of a large allocation is
// megabytes of repetitive JSON: S2 packs it at gigabytes a second into a tenth, which costs a fraction of writing all of it
// to the log and then to the file.
func pack(do func(codec string, packed ...[]byte) error, parts ...[]byte) error {
	size, most := 0, 0
	for _, p := range parts {
		size += len(p)
		most += max(0, s2.MaxEncodedLen(len(p))) // below zero for what S2 cannot hold, 4 GiB, which no column can either
	}
	if size < packedFrom {
		return do(asTheyAre, parts...)
	}
	buffer := packRoom(most)
	defer keepRoom(buffer)
	free := buffer
	packed := make([][]byte, len(parts))
	for i, p := range parts {
		packed[i] = s2.Encode(free, p)
		free = free[len(packed[i]):]
	}
	return do(s2Block, packed...)
}

// room is where bytes were packed last. It is kept whatever the garbage collector thinks of it, up to roomKept: an
// allocation fills it with garbage worth a collection, and there is one writer at a time.
var room = make(chan []byte, 1)

const roomKept = 16 << 20

func packRoom(size int) []byte {
	select {
	case b := <-room:
		if cap(b) >= size {
			return b[:size]
		}
	default:
	}
	return make([]byte, size)
}

func keepRoom(b []byte) {
	if cap(b) > roomKept {
		return
	}
	select {
	case room <- b:
	default:
	}
}

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
