package sqldb_test

import (
	"context"

	"pgregory.net/rapid"
)

func contextOf(t rapid.TB) context.Context {
	if c, ok := t.(interface{ Context() context.Context }); ok {
		return c.Context()
	}
	return context.Background()
}
