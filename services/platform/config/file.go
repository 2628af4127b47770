package config

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	"go.yaml.in/yaml/v3"
)

const configFlag = "config"

// fileResolver answers kong's questions from the YAML file that --config (or its environment variable) names.
type fileResolver struct {
	values map[string]string // By flag name, in the flag's own notation.
	read   bool
}

var _ kong.Resolver = (*fileResolver)(nil)

// Validate has nothing to say before the file is known.
func (*fileResolver) Validate(*kong.Application) error { return nil }

// Resolve answers the value of a flag, nil when the file does not set it or when the environment does.
func (r *fileResolver) Resolve(chosen *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	if !r.read {
		values, err := readFile(chosen)
		if err != nil {
			return nil, err
		}
		r.values, r.read = values, true
	}
	for _, name := range flag.Envs {
		if _, set := os.LookupEnv(name); set {
			return nil, nil
		}
	}
	if value, ok := r.values[flag.Name]; ok {
		return value, nil
	}
	return nil, nil
}

func readFile(chosen *kong.Context) (map[string]string, error) {
	path := ""
	for _, flag := range chosen.Flags() {
		if flag.Name == configFlag {
			path, _ = chosen.FlagValue(flag).(string)
		}
	}
	if path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the configuration file: %w", err)
	}
	var root yaml.Node
	if err := yaml.Unmarshal(text, &root); err != nil {
		return nil, fmt.Errorf("%s is no YAML: %w", path, err)
	}
	reader := fileReader{path: path, settings: settings(chosen.Model), values: map[string]string{}}
	for _, document := range root.Content {
		if err := reader.mapping(document, ""); err != nil {
			return nil, err
		}
	}
	return reader.values, nil
}

// fileReader walks one file; keys that no flag has are refused, so that a misspelt one cannot pass for a setting.
type fileReader struct {
	path     string
	settings []setting
	values   map[string]string
}

func (f *fileReader) mapping(node *yaml.Node, section string) error {
	if node.Kind != yaml.MappingNode {
		return fmt.Errorf("%s line %d: %s must hold keys and values", f.path, node.Line, strings.TrimSuffix(section, "."))
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := section+node.Content[i].Value, node.Content[i+1]
		if known := f.find(key); known != nil {
			text, err := notation(known.flag, value)
			if err != nil {
				return fmt.Errorf("%s line %d: %s %w", f.path, value.Line, key, err)
			}
			f.values[known.flag.Name] = text
			continue
		}
		if keys := f.below(key + "."); len(keys) > 0 {
			if err := f.mapping(value, key+"."); err != nil {
				return err
			}
			continue
		}
		return fmt.Errorf("%s line %d: unknown key %s; the keys there are %s",
			f.path, node.Content[i].Line, key, strings.Join(f.below(section), ", "))
	}
	return nil
}

func (f *fileReader) find(key string) *setting {
	for i := range f.settings {
		if f.settings[i].key() == key {
			return &f.settings[i]
		}
	}
	return nil
}

// below lists what a section may hold, sorted: its own keys, and the names of sections inside it.
func (f *fileReader) below(section string) []string {
	var keys []string
	for _, known := range f.settings {
		if rest, ok := strings.CutPrefix(known.key(), section); ok {
			name, _, _ := strings.Cut(rest, ".")
			keys = append(keys, name)
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// notation writes a YAML value the way the flag takes it on the command line.
func notation(flag *kong.Flag, node *yaml.Node) (string, error) {
	var parts []string
	switch {
	case node.Kind == yaml.ScalarNode:
		return node.Value, nil
	case node.Kind == yaml.SequenceNode && flag.IsSlice():
		for _, item := range node.Content {
			parts = append(parts, item.Value)
		}
		return kong.JoinEscaped(parts, flag.Tag.Sep), nil
	case node.Kind == yaml.MappingNode && flag.IsMap():
		for i := 0; i+1 < len(node.Content); i += 2 {
			parts = append(parts, node.Content[i].Value+"="+node.Content[i+1].Value)
		}
		return kong.JoinEscaped(parts, flag.Tag.MapSep), nil
	default:
		return "", errors.New("must be one value")
	}
}
