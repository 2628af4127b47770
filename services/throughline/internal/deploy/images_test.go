package deploy_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// stage is a build stage of the Dockerfile: what it copies from the repository, with what the stages below it do.
type stage struct {
	copies  []string
	workdir string
}

// stages reads the Dockerfile's build stages by name.
func stages(t *testing.T) map[string]stage {
	t.Helper()
	all := map[string]stage{}
	name, at := "", stage{}
	for line := range strings.Lines(string(read(t, "deploy/images/Dockerfile"))) {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		switch {
		case words[0] == "FROM" && len(words) == 4:
			at = stage{copies: slices.Clone(all[words[1]].copies)}
			name = words[3]
		case words[0] == "FROM":
			name, at = "", stage{}
		case words[0] == "COPY" && !strings.HasPrefix(words[1], "--"):
			if len(words) != 3 || words[1] != words[2] {
				t.Errorf("%q: a folder keeps its place, one in each line", strings.TrimSpace(line))
			}
			at.copies = append(at.copies, words[1])
		case words[0] == "WORKDIR":
			at.workdir = words[1]
		}
		all[name] = at
	}
	return all
}

var replaced = regexp.MustCompile(`(?m)^replace \S+ => (\.\S+)$`)

// An image is built from its program's module and that module's siblings, all of them and nothing else.
func TestImagesCopyWhatTheirProgramIsBuiltFrom(t *testing.T) {
	all := stages(t)
	for _, name := range names(programs) {
		t.Run(name, func(t *testing.T) {
			module := programs[name].module
			want := []string{module}
			for _, match := range replaced.FindAllStringSubmatch(string(read(t, module+"/go.mod")), -1) {
				want = append(want, filepath.ToSlash(filepath.Join(module, match[1])))
			}
			slices.Sort(want)
			got := slices.Sorted(slices.Values(all[name].copies))
			if !slices.Equal(got, want) {
				t.Errorf("copies %v, want the module and the siblings of its go.mod: %v", got, want)
			}
			if all[name].workdir != "/src/"+module {
				t.Errorf("builds in %s, want /src/%s", all[name].workdir, module)
			}
			for _, p := range built(t, module, "./cmd/"+name) {
				inside(t, p, want)
			}
		})
	}
}

// pack is what `go list` tells of a package.
type pack struct {
	ImportPath string
	Dir        string
	Module     *struct{ Version string } // nil: the standard library
	GoFiles    []string
	EmbedFiles []string
}

// built lists the packages that a program is linked from, as the image builds it.
func built(t *testing.T, module, path string) []pack {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", "-json=ImportPath,Dir,Module,GoFiles,EmbedFiles", path)
	cmd.Dir = filepath.Join(root, filepath.FromSlash(module))
	cmd.Env = append(cmd.Environ(), "GOWORK=off", "CGO_ENABLED=0", "GOOS=linux")
	out, err := cmd.Output()
	if err != nil {
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			t.Fatalf("go list: %s", exit.Stderr)
		}
		t.Fatal(err)
	}
	var all []pack
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pack
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

// inside demands that a package of this repository lies in one of the folders, with no file that the image's builder is kept from.
func inside(t *testing.T, p pack, folders []string) {
	t.Helper()
	top, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	below, err := filepath.Rel(top, p.Dir)
	if p.Module == nil || err != nil || strings.HasPrefix(below, "..") {
		return
	}
	below = filepath.ToSlash(below)
	if !slices.ContainsFunc(folders, func(folder string) bool { return below == folder || strings.HasPrefix(below, folder+"/") }) {
		t.Errorf("package %s lies in none of %v", p.ImportPath, folders)
	}
	for _, file := range slices.Concat(p.GoFiles, p.EmbedFiles) {
		if name := below + "/" + file; ignored(t, name) {
			t.Errorf("%s is needed, and Dockerfile.dockerignore leaves it out", name)
		}
	}
}

// ignored knows the two forms that the file uses: NAME at the top, and **/PATTERN for any part of a path.
func ignored(t *testing.T, path string) bool {
	t.Helper()
	parts := strings.Split(path, "/")
	for line := range strings.Lines(string(read(t, "deploy/images/Dockerfile.dockerignore"))) {
		pattern := strings.TrimSpace(line)
		anywhere, ok := strings.CutPrefix(pattern, "**/")
		if pattern == "" || strings.HasPrefix(pattern, "#") {
			continue
		}
		if !ok && parts[0] == pattern {
			return true
		}
		for _, part := range parts {
			if match, err := filepath.Match(anywhere, part); ok && err == nil && match {
				return true
			}
		}
	}
	return false
}

// The image holds no shell, no root and no registry's host.
func TestImagesAreMinimal(t *testing.T) {
	lines := strings.Split(strings.TrimSpace(string(read(t, "deploy/images/Dockerfile"))), "\n")
	last := slices.IndexFunc(lines, func(l string) bool { return l == "FROM scratch" })
	if last < 0 || slices.ContainsFunc(lines[last+1:], func(l string) bool { return strings.HasPrefix(l, "FROM ") || strings.HasPrefix(l, "RUN ") }) {
		t.Error("the last stage is not FROM scratch")
	}
	if !slices.Contains(lines[last:], "USER 65532:65532") {
		t.Error("the program does not run as 65532:65532")
	}
	for _, l := range lines {
		if host, _, slash := strings.Cut(strings.TrimPrefix(l, "FROM "), "/"); strings.HasPrefix(l, "FROM ") && slash && strings.Contains(host, ".") {
			t.Errorf("%q names a registry", l)
		}
	}
}
