package gateway

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/throughline/throughline/services/platform/fault"
)

// Bounds of an explanation: it runs only on bodies that protojson refused, and must not cost more than they are worth.
const (
	mostViolations = 100
	mostValues     = 20_000
)

// explain finds everything wrong with a JSON body that protojson refused, which stops at the first fault and does not
// say where in the message it is. Each violation has the path of the field as it was sent and its position; firstLine
// is the number of the body's first line.
func explain(body []byte, t protoreflect.MessageType, firstLine int) *fault.Error {
	x := &explainer{data: body, line: firstLine, decoder: json.NewDecoder(bytes.NewReader(body))}
	x.decoder.UseNumber()
	malformed := errors.Is(x.message(t, ""), errMalformed)
	if !malformed && len(x.bad) == 0 && !x.full() {
		if _, err := x.decoder.Token(); !errors.Is(err, io.EOF) {
			x.report(x.start(), "", "comes after the end of the JSON value; send one value")
			malformed = true
		}
	}
	if len(x.bad) == 0 {
		x.refused(t)
	}
	if malformed {
		return &fault.Error{Kind: fault.Invalid, Reason: "MALFORMED_JSON", Message: "the body is not well-formed JSON", Violations: x.bad}
	}
	return &fault.Error{Kind: fault.Invalid, Reason: reasonBody, Message: "the body does not fit this method", Violations: x.bad}
}

var (
	errMalformed = errors.New("malformed")
	errEnough    = errors.New("enough")
)

// explainer walks a JSON text beside the message it should be.
type explainer struct {
	data    []byte
	line    int
	decoder *json.Decoder
	bad     fault.Violations
	values  int
	depth   int
}

func (x *explainer) full() bool { return len(x.bad) >= mostViolations || x.values > mostValues }

// report adds a violation at an offset.
func (x *explainer) report(offset int, path, format string, args ...any) {
	if path == "" {
		path = wholeBody
	}
	before := x.data[:min(offset, len(x.data))]
	column := len(before) - bytes.LastIndexByte(before, '\n')
	x.bad.Add(path, "line %d, column %d: %s", x.line+bytes.Count(before, []byte{'\n'}), column, fmt.Sprintf(format, args...))
}

// start is the offset of the next token.
func (x *explainer) start() int {
	at := int(x.decoder.InputOffset())
	for at < len(x.data) && strings.IndexByte(" \t\r\n:,", x.data[at]) >= 0 {
		at++
	}
	return at
}

// next reads a token or a whole value; a syntax error is reported once, where it is.
func (x *explainer) next(path string, value any) (token json.Token, err error) {
	if value != nil {
		err = x.decoder.Decode(value)
	} else {
		token, err = x.decoder.Token()
	}
	if err != nil {
		var syntax *json.SyntaxError
		switch {
		case errors.As(err, &syntax) && value == nil:
			x.report(int(syntax.Offset), path, "%s", syntax.Error())
		case errors.As(err, &syntax): // a value's offset is behind the character, a token's is at it
			x.report(int(max(syntax.Offset-1, 0)), path, "%s", syntax.Error())
		default:
			x.report(len(x.data), path, "the body ends too early; close every quote, bracket and brace")
		}
		return nil, errMalformed
	}
	if x.values++; x.full() {
		return nil, errEnough
	}
	return token, nil
}

// message walks an object. t may be nil for a message that has no Go type, which no contract uses.
func (x *explainer) message(t protoreflect.MessageType, path string) error {
	start := x.start()
	if start < len(x.data) && x.data[start] != '{' {
		var raw json.RawMessage
		if _, err := x.next(path, &raw); err != nil {
			return err
		}
		x.report(start, path, "must be an object in braces")
		return nil
	}
	if x.depth++; x.depth > deepest {
		x.report(start, path, "is nested too deeply")
		return errEnough
	}
	defer func() { x.depth-- }()
	if _, err := x.next(path, nil); err != nil {
		return err
	}
	seen := map[protoreflect.FieldNumber]bool{}
	for x.decoder.More() {
		at := x.start()
		key, err := x.next(path, nil)
		if err != nil {
			return err
		}
		name, _ := key.(string)
		inner := join(path, name)
		field := fieldOf(t.Descriptor(), name)
		switch {
		case field == nil:
			x.report(at, inner, "is not a field here; use %s", strings.Join(fieldNames(t.Descriptor()), ", "))
			err = x.skip(inner)
		case seen[field.Number()]:
			x.report(at, inner, "is sent twice; send it once")
			err = x.skip(inner)
		default:
			seen[field.Number()] = true
			err = x.field(t, field, inner)
		}
		if err != nil {
			return err
		}
	}
	_, err := x.next(path, nil)
	return err
}

// field walks the value of a field.
func (x *explainer) field(t protoreflect.MessageType, field protoreflect.FieldDescriptor, path string) error {
	start := x.start()
	switch {
	case start < len(x.data) && x.data[start] == 'n': // null is the same as absent
		return x.skip(path)
	case field.IsList():
		return x.list(t, field, path)
	case field.IsMap() || leaf(field):
		return x.value(t, field, path, false)
	default:
		return x.message(t.New().Mutable(field).Message().Type(), path)
	}
}

func (x *explainer) list(t protoreflect.MessageType, field protoreflect.FieldDescriptor, path string) error {
	if start := x.start(); start < len(x.data) && x.data[start] != '[' {
		return x.value(t, field, path, false)
	}
	if _, err := x.next(path, nil); err != nil {
		return err
	}
	for i := 0; x.decoder.More(); i++ {
		inner := path + "[" + strconv.Itoa(i) + "]"
		var err error
		if leaf(field) {
			err = x.value(t, field, inner, true)
		} else {
			err = x.message(t.New().Mutable(field).List().NewElement().Message().Type(), inner)
		}
		if err != nil {
			return err
		}
	}
	_, err := x.next(path, nil)
	return err
}

// value checks a value that is not walked into, by handing it to protojson alone.
func (x *explainer) value(t protoreflect.MessageType, field protoreflect.FieldDescriptor, path string, element bool) error {
	start := x.start()
	var raw json.RawMessage
	if _, err := x.next(path, &raw); err != nil {
		return err
	}
	text := string(raw)
	if element {
		text = "[" + text + "]"
	}
	alone := []byte(`{"` + field.JSONName() + `":` + text + `}`)
	if decoding.Unmarshal(alone, t.New().Interface()) != nil {
		x.report(start, path, "must be %s", wants(field, element))
	}
	return nil
}

func (x *explainer) skip(path string) error {
	var raw json.RawMessage
	_, err := x.next(path, &raw)
	return err
}

var position = regexp.MustCompile(`\(line (\d+):(\d+)\):? ?`)

// refused repeats protojson's own words, for what the walk does not look for.
func (x *explainer) refused(t protoreflect.MessageType) {
	err := decoding.Unmarshal(x.data, t.New().Interface())
	if err == nil {
		x.bad.Add(wholeBody, "could not be read")
		return
	}
	text := strings.TrimLeft(strings.TrimPrefix(err.Error(), "proto:"), " \u00a0") // protojson varies its spaces on purpose
	at := position.FindStringSubmatch(text)
	if at == nil {
		x.bad.Add(wholeBody, "%s", text)
		return
	}
	line, _ := strconv.Atoi(at[1])
	x.bad.Add(wholeBody, "line %d, column %s: %s", x.line+line-1, at[2], position.ReplaceAllString(text, ""))
}

// topLevel are the proto names of the fields that a JSON object names, in their order.
func topLevel(body []byte, message protoreflect.MessageDescriptor) []string {
	decoder := json.NewDecoder(bytes.NewReader(body))
	if token, err := decoder.Token(); err != nil || token != json.Delim('{') {
		return nil
	}
	var names []string
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			return names
		}
		if name, ok := key.(string); ok {
			if field := fieldOf(message, name); field != nil {
				names = append(names, string(field.Name()))
			}
		}
		var skipped json.RawMessage
		if decoder.Decode(&skipped) != nil {
			return names
		}
	}
	return names
}
