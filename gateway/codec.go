package gateway

import (
	"google.golang.org/protobuf/encoding/protojson"
)

// deepest is how far JSON may nest; no contract comes near it.
const deepest = 100

// decoding is as strict as it gets: unknown and repeated fields are refused, and so is anything after the value.
var decoding = protojson.UnmarshalOptions{RecursionLimit: deepest}

// blank says whether there is nothing but white space.
func blank(data []byte) bool {
	for _, b := range data {
		if b != ' ' && b != '\t' && b != '\r' && b != '\n' {
			return false
		}
	}
	return true
}
