package sqlstore

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

func TestPackedBytesReadBack(t *testing.T) {
	for name, parts := range map[string][][]byte{
		"nothing":           {{}},
		"small":             {[]byte("in"), []byte("plan")},
		"just below":        {bytes.Repeat([]byte("x"), packedFrom-1)},
		"just large enough": {bytes.Repeat([]byte("x"), packedFrom-2), []byte("yz")},
		"large":             {bytes.Repeat([]byte(`{"program":"p1"},`), 9000), {}, []byte(strings.Repeat("lines\t1\n", 4000))},
	} {
		t.Run(name, func(t *testing.T) {
			size, kept := 0, 0
			err := pack(func(codec string, packed ...[]byte) error {
				for i, p := range packed {
					size, kept = size+len(parts[i]), kept+len(p)
					if got, err := unpack(codec, bytes.Clone(p)); err != nil || !bytes.Equal(got, parts[i]) {
						t.Errorf("part %d reads back as %d bytes (%v), want %d", i, len(got), err, len(parts[i]))
					}
				}
				return nil
			}, parts...)
			if err != nil {
				t.Fatal(err)
			}
			if small := size < packedFrom; (kept == size) != small || !small && kept > size/10 {
				t.Errorf("%d bytes are kept in %d", size, kept)
			}
		})
	}
}

func TestPackRefuses(t *testing.T) {
	full := errors.New("disk full")
	if err := pack(func(string, ...[]byte) error { return full }, make([]byte, packedFrom)); !errors.Is(err, full) {
		t.Errorf("error %v, want what the statement said", err)
	}
	for codec, says := range map[string]string{"zip": `packed by "zip"`, s2Block: "unpack 3 bytes"} {
		if _, err := unpack(codec, []byte{9, 9, 9}); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: error %v, want one that says %q", codec, err, says)
		}
	}
}
