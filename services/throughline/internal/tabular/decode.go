package tabular

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// ErrTooLarge says that a file holds more than the limit it is read with.
var ErrTooLarge = errors.New("the file is too large")

// decoders are the encodings by their name in lower case; nil is UTF-8 as it stands, "" is detection.
var decoders = map[string]encoding.Encoding{
	"":             nil,
	"utf-8":        nil,
	"utf-16le":     unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM),
	"utf-16be":     unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM),
	"windows-1252": charmap.Windows1252,
	"iso-8859-1":   charmap.ISO8859_1,
	"iso-8859-15":  charmap.ISO8859_15,
	"macintosh":    charmap.Macintosh,
}

// boms are the byte-order marks, in the order they are tried.
var boms = []struct{ mark, encoding string }{
	{"\xef\xbb\xbf", "utf-8"}, {"\xff\xfe", "utf-16le"}, {"\xfe\xff", "utf-16be"},
}

// decode reads all of r as UTF-8 without its byte-order mark, at most limit bytes of it, and says which encoding it used.
func decode(r io.Reader, declared string, limit int) (text []byte, used string, err error) {
	in := bufio.NewReader(r)
	head, err := in.Peek(3)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, "", err
	}
	used = strings.ToLower(declared)
	for _, b := range boms {
		if !bytes.HasPrefix(head, []byte(b.mark)) {
			continue
		}
		if used != "" && used != b.encoding {
			return nil, "", fmt.Errorf("begins with the byte-order mark of %s but the mapping says %s: correct encoding", b.encoding, declared)
		}
		used = b.encoding
		if _, err := in.Discard(len(b.mark)); err != nil {
			return nil, "", err
		}
		break
	}
	if used == "" {
		used = "utf-8"
	}
	decoded := io.Reader(in)
	if enc := decoders[used]; enc != nil {
		decoded = enc.NewDecoder().Reader(in)
	}
	text, err = readLimited(decoded, limit)
	return text, used, err
}

func readLimited(r io.Reader, limit int) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, int64(limit)+1))
	if err != nil {
		return nil, err
	}
	if len(b) > limit {
		return nil, ErrTooLarge
	}
	return b, nil
}
