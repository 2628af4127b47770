package resource

import (
	"encoding/json"
	"fmt"
)

// JSON is a small list or struct as the text of one column; nil slices are "null".
func JSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil { // only for types that JSON cannot hold, which no column has
		return "null"
	}
	return string(b)
}

// FromJSON reads what JSON wrote.
func FromJSON(text string, into any) error {
	if text == "null" { // of a nil slice, as most are: it leaves into as it is
		return nil
	}
	if err := json.Unmarshal([]byte(text), into); err != nil {
		return fmt.Errorf("read a JSON column: %w", err)
	}
	return nil
}
