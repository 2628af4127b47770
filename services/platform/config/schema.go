package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"time"

	"github.com/alecthomas/kong"
)

// schema is the part of JSON schema that settings need.
type schema struct {
	Schema               string             `json:"$schema,omitempty"`
	Title                string             `json:"title,omitempty"`
	Description          string             `json:"description,omitempty"`
	Type                 string             `json:"type"`
	Pattern              string             `json:"pattern,omitempty"`
	Enum                 []string           `json:"enum,omitempty"`
	Default              any                `json:"default,omitempty"`
	Items                *schema            `json:"items,omitempty"`
	Properties           map[string]*schema `json:"properties,omitempty"`
	AdditionalProperties any                `json:"additionalProperties,omitempty"` // false, or the *schema of a map's values.
}

// Schema is the JSON schema (draft 2020-12, indented) of the YAML file that Parse reads for cli.
func Schema(cli any, name string) ([]byte, error) {
	parser, err := newParser(cli, Program{Name: name}, func(int) {})
	if err != nil {
		return nil, err
	}
	root := newSection()
	root.Schema = "https://json-schema.org/draft/2020-12/schema"
	root.Title = "Settings of " + name
	for _, known := range settings(parser.Model) {
		place := root
		for _, part := range known.sections {
			if place.Properties[part] == nil {
				place.Properties[part] = newSection()
			}
			place = place.Properties[part]
		}
		if place.Properties[known.name()], err = describe(known.flag); err != nil {
			return nil, fmt.Errorf("describe %s: %w", known.key(), err)
		}
	}
	text, err := json.MarshalIndent(root, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write the schema of %s: %w", name, err)
	}
	return append(text, '\n'), nil
}

func newSection() *schema {
	return &schema{Type: "object", AdditionalProperties: false, Properties: map[string]*schema{}}
}

// describe is the schema of one setting, its default included.
func describe(flag *kong.Flag) (*schema, error) {
	property := typeOf(flag.Target.Type())
	property.Description = flag.Help
	if flag.Enum != "" {
		property.Enum = flag.EnumSlice()
	}
	if !flag.HasDefault {
		return property, nil
	}
	var err error
	property.Default, err = typed(property.Type, flag)
	return property, err
}

// typeOf is the JSON type that a Go type is written as; whatever decodes itself from text is a string.
func typeOf(goType reflect.Type) *schema {
	if goType == reflect.TypeFor[time.Duration]() {
		return &schema{Type: "string", Pattern: `^[0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h)([0-9.]+(ns|us|µs|ms|s|m|h))*$`}
	}
	switch goType.Kind() {
	case reflect.Bool:
		return &schema{Type: "boolean"}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return &schema{Type: "integer"}
	case reflect.Float32, reflect.Float64:
		return &schema{Type: "number"}
	case reflect.Slice:
		return &schema{Type: "array", Items: typeOf(goType.Elem())}
	case reflect.Map:
		return &schema{Type: "object", AdditionalProperties: typeOf(goType.Elem())}
	default:
		return &schema{Type: "string"}
	}
}

// typed turns the text of a default into the JSON type of its property.
func typed(jsonType string, flag *kong.Flag) (any, error) {
	switch jsonType {
	case "boolean":
		return strconv.ParseBool(flag.Default)
	case "integer":
		return strconv.ParseInt(flag.Default, 10, 64)
	case "number":
		return strconv.ParseFloat(flag.Default, 64)
	case "array":
		return kong.SplitEscaped(flag.Default, flag.Tag.Sep), nil
	case "object":
		return nil, errors.New("a map cannot have a default")
	default:
		return flag.Default, nil
	}
}
