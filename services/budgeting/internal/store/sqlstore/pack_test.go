package sqlstore

import (
	"bytes"
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
			packed := pack(parts...)
			defer packed.close()
			for i, p := range packed.parts {
				size, kept = size+len(parts[i]), kept+len(p)
				if got, err := unpack(packed.codec, bytes.Clone(p)); err != nil || !bytes.Equal(got, parts[i]) {
					t.Errorf("part %d reads back as %d bytes (%v), want %d", i, len(got), err, len(parts[i]))
				}
			}
			if small := size < packedFrom; (kept == size) != small || !small && kept > size/10 {
				t.Errorf("%d bytes are kept in %d", size, kept)
			}
		})
	}
}

func TestUnpackRefuses(t *testing.T) {
	for codec, says := range map[string]string{"zip": `packed by "zip"`, s2Block: "unpack 3 bytes"} {
		if _, err := unpack(codec, []byte{9, 9, 9}); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: error %v, want one that says %q", codec, err, says)
		}
	}
}
