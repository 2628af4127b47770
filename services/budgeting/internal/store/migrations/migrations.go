// Package migrations holds the schema of budgeting as goose files, numbered the same for every engine.
package migrations

import "embed"

// FS has the files at its root.
//
//go:embed *.sql
var FS embed.FS
