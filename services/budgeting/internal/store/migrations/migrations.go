// Package migrations holds the schema of budgeting as goose files, numbered the same for every engine.
package migrations

import "embed"

// FS has the files at its root, and in postgres those that replace one there.
//
//go:embed *.sql postgres/*.sql
var FS embed.FS
