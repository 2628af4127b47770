package gateway

import (
	"io"
	"reflect"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// deepest is how far JSON may nest; no contract comes near it.
const deepest = 100

var (
	encoding = protojson.MarshalOptions{EmitUnpopulated: true}
	decoding = protojson.UnmarshalOptions{RecursionLimit: deepest}
)

// codec is protojson as strict as it gets: unknown and repeated fields are refused, and so is anything after the value.
// On the way out defaults are written and int64 are strings.
type codec struct{}

var _ runtime.Marshaler = codec{}

// ContentType is the same for every message.
func (codec) ContentType(any) string { return "application/json" }

// Marshal encodes a message; a file is its bytes.
func (codec) Marshal(v any) ([]byte, error) {
	if file, ok := v.(*httpbody.HttpBody); ok {
		return file.GetData(), nil
	}
	if m, ok := v.(proto.Message); ok {
		return encoding.Marshal(m)
	}
	return (&runtime.JSONPb{MarshalOptions: encoding}).Marshal(v)
}

// Unmarshal decodes the whole of data into a message, or into a pointer to one that is made here.
func (codec) Unmarshal(data []byte, v any) error {
	if m, ok := v.(proto.Message); ok {
		return decoding.Unmarshal(data, m)
	}
	if target := reflect.ValueOf(v); target.Kind() == reflect.Pointer && target.Elem().Kind() == reflect.Pointer {
		made := reflect.New(target.Type().Elem().Elem())
		if m, ok := reflect.TypeAssert[proto.Message](made); ok {
			target.Elem().Set(made)
			return decoding.Unmarshal(data, m)
		}
	}
	return (&runtime.JSONPb{UnmarshalOptions: decoding}).Unmarshal(data, v)
}

// NewDecoder reads one value, all there is; io.EOF says that there is none.
func (c codec) NewDecoder(r io.Reader) runtime.Decoder {
	return runtime.DecoderFunc(func(v any) error {
		data, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		if blank(data) {
			return io.EOF
		}
		return c.Unmarshal(data, v)
	})
}

// NewEncoder writes one value.
func (c codec) NewEncoder(w io.Writer) runtime.Encoder {
	return runtime.EncoderFunc(func(v any) error {
		data, err := c.Marshal(v)
		if err != nil {
			return err
		}
		_, err = w.Write(data)
		return err
	})
}

// blank says whether there is nothing but white space.
func blank(data []byte) bool {
	for _, b := range data {
		if b != ' ' && b != '\t' && b != '\r' && b != '\n' {
			return false
		}
	}
	return true
}
