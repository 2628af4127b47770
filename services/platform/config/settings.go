package config

import (
	"reflect"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// setting is one flag that the file may also set, with the sections it sits in.
type setting struct {
	flag     *kong.Flag
	sections []string
}

// key is the dotted path in the file: telemetry.endpoint.
func (s setting) key() string {
	return strings.Join(append(slices.Clone(s.sections), s.name()), ".")
}

// name is the last part of the key: the flag's name without its sections.
func (s setting) name() string {
	return strings.TrimPrefix(s.flag.Name, prefixOf(s.sections))
}

// settings lists the flags of all commands, each name once, sorted; help and the file's own flag are left out.
func settings(app *kong.Application) []setting {
	sections := [][]string{}
	var all []setting
	walkNodes(app.Node, func(node *kong.Node) {
		sections = append(sections, sectionsOf(node.Target, nil)...)
		for _, flag := range node.Flags {
			if flag.Name != "help" && flag.Name != configFlag {
				all = append(all, setting{flag: flag})
			}
		}
	})
	for i := range all {
		for _, path := range sections {
			if strings.HasPrefix(all[i].flag.Name, prefixOf(path)) && len(path) > len(all[i].sections) {
				all[i].sections = path
			}
		}
	}
	slices.SortStableFunc(all, func(a, b setting) int { return strings.Compare(a.flag.Name, b.flag.Name) })
	return slices.CompactFunc(all, func(a, b setting) bool { return a.flag.Name == b.flag.Name })
}

func walkNodes(node *kong.Node, visit func(*kong.Node)) {
	visit(node)
	for _, child := range node.Children {
		walkNodes(child, visit)
	}
}

// sectionsOf finds the named sections of a struct, each as the path of names that leads to it.
func sectionsOf(value reflect.Value, above []string) [][]string {
	for value.Kind() == reflect.Pointer && !value.IsNil() {
		value = value.Elem()
	}
	if value.Kind() != reflect.Struct {
		return nil
	}
	var found [][]string
	for i := range value.NumField() {
		field := value.Type().Field(i)
		if !isSection(field) {
			continue
		}
		path := above
		if name := strings.TrimSuffix(field.Tag.Get("prefix"), "-"); name != "" {
			path = append(slices.Clone(above), name)
			found = append(found, path)
		}
		found = append(found, sectionsOf(value.Field(i), path)...)
	}
	return found
}

func prefixOf(sections []string) string {
	if len(sections) == 0 {
		return ""
	}
	return strings.Join(sections, "-") + "-"
}

// isSection tells whether kong treats the field's own fields as settings of the surrounding command.
func isSection(field reflect.StructField) bool {
	if !field.IsExported() || field.Type.Kind() != reflect.Struct {
		return false
	}
	_, embedded := field.Tag.Lookup("embed")
	return embedded || field.Anonymous
}
