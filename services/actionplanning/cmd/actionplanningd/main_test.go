package main

import (
	"io"
	"testing"

	"github.com/throughline/throughline/services/platform/config/configtest"
)

func TestSchema(t *testing.T) {
	p := program()
	needed := []string{"--key-file", "key", "--database-url", "postgres://localhost/throughline"}
	configtest.Schema(t, p.Settings, p.Config(needed, io.Discard), "testdata/actionplanningd.schema.json")
}
