package throughline_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// anything stands for what does not matter: a value, the rest of a list, part of a text, lines.
const anything = "…"

// values decodes one JSON value, numbers as written.
func values(text string) (v any, err error) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if err = d.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one value")
	}
	return v, nil
}

// match says where what came differs from what is shown. Fields that are not shown do not matter; lists are shown whole, or
// end with "…"; null means that there is none; "$NAME" takes the value as a variable, and later stands for it.
func match(path string, shown, came any, variables map[string]string) error {
	differ := func() error {
		return fmt.Errorf("%s is %s, want %s", strings.TrimPrefix(path, "."), compact(came), compact(shown))
	}
	switch shown := shown.(type) {
	case map[string]any:
		fields, ok := came.(map[string]any)
		if !ok {
			return differ()
		}
		for _, name := range slices.Sorted(maps.Keys(shown)) {
			if err := match(path+"."+name, shown[name], fields[name], variables); err != nil {
				return err
			}
		}
		return nil
	case []any:
		items, ok := came.([]any)
		if n := len(shown); n > 0 && shown[n-1] == anything {
			if shown = shown[:n-1]; len(items) > len(shown) {
				items = items[:len(shown)]
			}
		}
		if !ok || len(items) != len(shown) {
			return differ()
		}
		for i := range shown {
			if err := match(fmt.Sprintf("%s[%d]", path, i), shown[i], items[i], variables); err != nil {
				return err
			}
		}
		return nil
	case string:
		if !matchString(shown, came, variables) {
			return differ()
		}
		return nil
	default: // a number, true, false or null
		if shown != came {
			return differ()
		}
		return nil
	}
}

func matchString(shown string, came any, variables map[string]string) bool {
	if shown == anything {
		return came != nil
	}
	text, ok := came.(string)
	if !ok {
		return false
	}
	if name, is := strings.CutPrefix(shown, "$"); is && name != "" && variableName(name) == name && variables != nil {
		if value, known := variables[name]; known {
			return text == value
		}
		variables[name] = text
		return text != ""
	}
	parts := strings.Split(shown, anything)
	if len(parts) == 1 {
		return text == shown
	}
	if !strings.HasPrefix(text, parts[0]) {
		return false
	}
	for _, part := range parts[:len(parts)-1] {
		i := strings.Index(text, part)
		if i < 0 {
			return false
		}
		text = text[i+len(part):]
	}
	return strings.HasSuffix(text, parts[len(parts)-1])
}

// matchText says which line shown is not in the text, in order; a line "…" stands for any lines.
func matchText(shown, came string) error {
	lines := strings.Split(strings.TrimRight(strings.ReplaceAll(came, "\r\n", "\n"), "\n"), "\n")
	skip := false
	for line := range strings.Lines(shown) {
		line = strings.TrimRight(line, "\n")
		if line == anything {
			skip = true
			continue
		}
		i := 0
		if skip {
			i = max(0, slices.IndexFunc(lines, func(l string) bool { return matchString(line, l, nil) }))
		}
		if i >= len(lines) || !matchString(line, lines[i], nil) {
			return fmt.Errorf("no line %q where it should be in\n%s", line, came)
		}
		lines, skip = lines[i+1:], false
	}
	if len(lines) > 0 && !skip {
		return fmt.Errorf("after the last line shown comes %q", lines[0])
	}
	return nil
}

func compact(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(text)
}
