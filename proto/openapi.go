// Package proto holds the contracts of Throughline: sources in throughline/, generated code in gen/.
package proto

import _ "embed"

// OpenAPI is the OpenAPI 3.1 document (JSON) of the whole REST API.
//
//go:embed gen/openapi/openapi.json
var OpenAPI []byte
