package platform_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/throughline/throughline/"

// allowed are the only parts of this repository that platform may import, tests aside.
var allowed = []string{module + "services/platform/", module + "proto/gen/throughline/type/v1"}

// row is a line of the README's table: a folder, and the package's comment after "Package name".
var row = regexp.MustCompile("(?m)^\\| `([a-z0-9/]+)` \\| (.+) \\|$")

// pkg is what the source files of a folder say.
type pkg struct {
	comments []string // the package comments, each on one line
	imports  []string
}

// The README's table lists every package with its comment, so that growth is seen in review.
func TestTableListsThePackages(t *testing.T) {
	table, packages := readTable(t), readPackages(t)
	for _, folder := range slices.Sorted(maps.Keys(packages)) {
		sentence, listed := table[folder]
		if !listed {
			t.Errorf("folder %s is not in the table of README.md; see there how a package gets in", folder)
			continue
		}
		want := "Package " + path.Base(folder) + " " + sentence
		if got := packages[folder].comments; len(got) != 1 || got[0] != want {
			t.Errorf("package comment of %s:\n got %q\nwant %q, as in README.md", folder, got, want)
		}
	}
	for _, folder := range slices.Sorted(maps.Keys(table)) {
		if _, found := packages[folder]; !found {
			t.Errorf("README.md lists %s, which is not there; take the row out", folder)
		}
	}
}

func TestEachPackageHasOnePurpose(t *testing.T) {
	for folder, sentence := range readTable(t) {
		if strings.Contains(sentence, ". ") || !strings.HasSuffix(sentence, ".") {
			t.Errorf("%s: write one sentence, not %q", folder, sentence)
		}
	}
	for folder := range readPackages(t) {
		for name := range strings.SplitSeq(folder, "/") {
			if slices.Contains([]string{"util", "utils", "common", "shared", "helper", "helpers"}, name) {
				t.Errorf("%s: name a package after its purpose", folder)
			}
		}
	}
}

func TestPlatformKnowsNoService(t *testing.T) {
	for folder, p := range readPackages(t) {
		for _, imported := range p.imports {
			ours := strings.HasPrefix(imported, module)
			if ours && !slices.ContainsFunc(allowed, func(prefix string) bool { return strings.HasPrefix(imported, prefix) }) {
				t.Errorf("%s imports %s; of this repository platform knows only itself and type/v1", folder, imported)
			}
		}
	}
}

// readTable is the README's table by folder.
func readTable(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	table := map[string]string{}
	for _, cells := range row.FindAllStringSubmatch(string(text), -1) {
		if _, twice := table[cells[1]]; twice {
			t.Errorf("README.md lists %s twice", cells[1])
		}
		table[cells[1]] = cells[2]
	}
	return table
}

// readPackages are the folders below this one that hold Go sources, tests aside.
func readPackages(t *testing.T) map[string]pkg {
	t.Helper()
	packages := map[string]pkg{}
	err := filepath.WalkDir(".", func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.Name() == "testdata" {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly|parser.ParseComments)
		if err != nil {
			return err
		}
		folder := filepath.ToSlash(filepath.Dir(file))
		p := packages[folder]
		if parsed.Doc != nil {
			p.comments = append(p.comments, strings.Join(strings.Fields(parsed.Doc.Text()), " "))
		}
		for _, spec := range parsed.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			p.imports = append(p.imports, imported)
		}
		packages[folder] = p
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return packages
}
