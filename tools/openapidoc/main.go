// Command openapidoc finishes the merged OpenAPI document: stdin to stdout, with the proto folder as its argument.
//
// The generator names path parameters after request fields ({name_1}, {goal.name}), so one path appears under several
// templates, which OpenAPI 3.1 forbids. Here each parameter takes the name that the resource patterns give it, equal
// paths become one, errors become the gateway's application/problem+json, and the document gets its title.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"strings"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: openapidoc PROTO_FOLDER <merged.json >openapi.json")
		os.Exit(2)
	}
	if err := run(os.DirFS(os.Args[1]), os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "openapidoc:", err)
		os.Exit(1)
	}
}

// object is a JSON object; encoding/json writes its keys in order, so the same input gives the same bytes.
type object = map[string]any

func run(protos fs.FS, in io.Reader, out io.Writer) error {
	ids, err := idNames(protos)
	if err != nil {
		return err
	}
	var doc object
	if err := json.NewDecoder(in).Decode(&doc); err != nil {
		return fmt.Errorf("read the merged document: %w", err)
	}
	if err := finish(doc, ids); err != nil {
		return err
	}
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(doc)
}

var (
	patternLine = regexp.MustCompile(`pattern:\s*"([^"]+)"`)
	idPair      = regexp.MustCompile(`(\w+)/\{(\w+)\}`)
	template    = regexp.MustCompile(`(?:(\w+)/)?\{([^}]+)\}`)
)

// idNames reads the google.api.resource patterns: collection ("staff") to the name of its id ("employee").
func idNames(protos fs.FS) (map[string]string, error) {
	ids := map[string]string{}
	err := fs.WalkDir(protos, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".proto") {
			return err
		}
		source, err := fs.ReadFile(protos, path)
		if err != nil {
			return err
		}
		for _, line := range patternLine.FindAllStringSubmatch(string(source), -1) {
			for _, pair := range idPair.FindAllStringSubmatch(line[1], -1) {
				ids[pair[1]] = pair[2]
			}
		}
		return nil
	})
	return ids, err
}

func finish(doc object, ids map[string]string) error {
	paths, _ := doc["paths"].(object)
	joined := object{}
	for path, item := range paths {
		clean, names := rename(path, ids)
		methods, _ := item.(object)
		target, _ := joined[clean].(object)
		if target == nil {
			target = object{}
			joined[clean] = target
		}
		for method, value := range methods {
			operation, ok := value.(object)
			if !ok {
				return fmt.Errorf("%s %s is no operation", method, path)
			}
			if target[method] != nil {
				return fmt.Errorf("%s %s is declared twice", method, clean)
			}
			renameParameters(operation, names)
			if responses, ok := operation["responses"].(object); ok {
				responses["default"] = object{"$ref": "#/components/responses/Problem"}
			}
			target[method] = operation
		}
	}
	doc["paths"] = joined
	doc["info"] = info()
	addComponents(doc)
	return nil
}

// rename gives every path parameter the id name of the collection before it, and tells which old name became which.
func rename(path string, ids map[string]string) (string, map[string]string) {
	names := map[string]string{}
	clean := template.ReplaceAllStringFunc(path, func(match string) string {
		parts := template.FindStringSubmatch(match)
		id, known := ids[parts[1]]
		if !known {
			return match
		}
		names[parts[2]] = id
		return parts[1] + "/{" + id + "}"
	})
	return clean, names
}

func renameParameters(operation object, names map[string]string) {
	parameters, _ := operation["parameters"].([]any)
	for _, value := range parameters {
		parameter, _ := value.(object)
		old, _ := parameter["name"].(string)
		if id, ok := names[old]; ok && parameter["in"] == "path" {
			parameter["name"] = id
			parameter["description"] = "Id of the " + strings.ReplaceAll(id, "_", " ") + "."
		}
	}
}
