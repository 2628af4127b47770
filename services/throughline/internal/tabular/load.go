package tabular

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/throughline/throughline/services/platform/fault"
)

// MaxMappingBytes is the most that a mapping may hold.
const MaxMappingBytes = 1 << 20

var (
	notFoundRE = regexp.MustCompile(`^line (\d+): field (.+) not found in type .*$`)
	lineRE     = regexp.MustCompile(`^(?:yaml: )?(line \d+): (.*)$`)
)

// LoadMapping reads one YAML document into m. Unknown and repeated keys are refused, and so are aliases, which could make a small file
// endless. The error is a fault of kind Invalid, reason MAPPING_INVALID, with one violation for every problem found.
func LoadMapping(r io.Reader, m any) error {
	text, err := io.ReadAll(io.LimitReader(r, MaxMappingBytes+1))
	if err != nil {
		return fmt.Errorf("read the mapping: %w", err)
	}
	if len(text) > MaxMappingBytes {
		return fault.New(fault.Invalid, "MAPPING_INVALID", "the mapping is larger than %d bytes", MaxMappingBytes)
	}
	var whole yaml.Node
	if err := yaml.Unmarshal(text, &whole); err != nil {
		return undecodable(err)
	}
	if line := aliasLine(&whole); line > 0 {
		return undecodable(&yaml.TypeError{Errors: []string{fmt.Sprintf("line %d: is an alias: write out what it stands for", line)}})
	}
	dec := yaml.NewDecoder(bytes.NewReader(text))
	dec.KnownFields(true)
	err = dec.Decode(m)
	if errors.Is(err, io.EOF) {
		return fault.New(fault.Invalid, "MAPPING_INVALID", "the mapping is empty")
	}
	if err != nil {
		return undecodable(err)
	}
	var more yaml.Node
	if err := dec.Decode(&more); !errors.Is(err, io.EOF) {
		return fault.New(fault.Invalid, "MAPPING_INVALID", "the mapping has more than one YAML document: keep one per file")
	}
	return nil
}

// aliasLine is the line of the first alias, 0 without one.
func aliasLine(n *yaml.Node) int {
	if n.Kind == yaml.AliasNode {
		return n.Line
	}
	for _, c := range n.Content {
		if line := aliasLine(c); line > 0 {
			return line
		}
	}
	return 0
}

// OpenMapping lets load read the mapping of a file; its errors name the file.
func OpenMapping[M any](file string, load func(io.Reader) (M, error)) (m M, err error) {
	f, err := os.Open(file) //nolint:gosec // the file is of the person who runs this, with their own rights
	if err != nil {
		return m, fmt.Errorf("open the mapping: %w", err)
	}
	defer func() { _ = f.Close() }()
	if m, err = load(f); err != nil {
		return m, fmt.Errorf("%s: %w", file, err)
	}
	return m, nil
}

// undecodable turns the decoder's complaints into violations that name the line and what to do.
func undecodable(err error) error {
	f := fault.New(fault.Invalid, "MAPPING_INVALID", "the mapping cannot be read")
	complaints := []string{err.Error()}
	if te, ok := errors.AsType[*yaml.TypeError](err); ok {
		complaints = te.Errors
	}
	for _, c := range complaints {
		v := fault.Violation{Field: "mapping", Detail: c}
		if m := notFoundRE.FindStringSubmatch(c); m != nil {
			v = fault.Violation{Field: "line " + m[1], Detail: "unknown key " + m[2] + ": remove it or correct its spelling"}
		} else if m := lineRE.FindStringSubmatch(c); m != nil {
			v = fault.Violation{Field: m[1], Detail: m[2]}
		}
		f.Violations = append(f.Violations, v)
	}
	return f
}

// Reporter takes one problem of a mapping: the path of a field, and what is wrong with it.
type Reporter func(field, format string, args ...any)

// Validated lets check report the problems of a mapping. The error is a fault of kind Invalid, reason MAPPING_INVALID, with all of them.
func Validated(check func(Reporter)) error {
	f := fault.New(fault.Invalid, "MAPPING_INVALID", "the mapping is not valid")
	check(func(field, format string, args ...any) {
		f.Violations = append(f.Violations, fault.Violation{Field: field, Detail: fmt.Sprintf(format, args...)})
	})
	if len(f.Violations) > 0 {
		return f
	}
	return nil
}

// Allowed reports a text that is none of those wanted.
func Allowed(report Reporter, field, got string, want []string) {
	if !slices.Contains(want, got) {
		report(field, "%q is not one of %s", got, strings.Join(want, ", "))
	}
}
