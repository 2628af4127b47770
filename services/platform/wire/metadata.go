package wire

// Metadata keys that guards read of a call, and REST headers of the same names.
const (
	Authorization  = "authorization"
	IfMatch        = "if-match"
	IdempotencyKey = "idempotency-key"
)

// Forwarded are the keys that pass through a gateway from the caller to services, sorted. Nothing else passes.
var Forwarded = []string{Authorization, IdempotencyKey, IfMatch, "traceparent", "x-request-id"}
