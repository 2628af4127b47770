package deploy_test

import (
	"path"
	"slices"
	"strings"
	"testing"
)

// given are the settings that some file hands to a program.
type given struct {
	where, program string
	env            []string
	args           []string
}

// check demands that the program knows every setting, and has every peer.
func (g given) check(t *testing.T) {
	t.Helper()
	known := settings(t, g.program)
	for _, name := range g.env {
		if strings.HasPrefix(name, "THROUGHLINE_") && !known[name] {
			t.Errorf("%s: %s has no setting %s", g.where, g.program, name)
		}
	}
	for _, arg := range g.args {
		flag, _, _ := strings.Cut(strings.TrimPrefix(arg, "--"), "=")
		if name := "THROUGHLINE_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_")); strings.HasPrefix(arg, "--") && !known[name] {
			t.Errorf("%s: %s has no flag %s", g.where, g.program, arg)
		}
	}
	for _, name := range peers(known) {
		if !slices.Contains(g.env, name) {
			t.Errorf("%s: %s is not told %s", g.where, g.program, name)
		}
	}
}

// programOf is the program of an image such as throughline/goalsd:dev; "" for an image of others.
func programOf(image string) string {
	name, _, _ := strings.Cut(path.Base(image), ":")
	if _, ours := programs[name]; !ours {
		return ""
	}
	return name
}

type composeFile struct {
	Services map[string]struct {
		Image       string
		Environment map[string]string
		Command     []string
		Secrets     []string
		Build       struct{ Args map[string]string }
	}
	Secrets map[string]struct{ File string }
}

func TestComposeSettings(t *testing.T) {
	var file composeFile
	decode(t, "deploy/compose/compose.yaml", &file)
	var seen []string
	for _, name := range names(file.Services) {
		service := file.Services[name]
		program := programOf(service.Image)
		if program == "" {
			continue
		}
		seen = append(seen, program)
		given{where: "compose " + name, program: program, env: names(service.Environment), args: service.Command}.check(t)
		if got := service.Build.Args["PROGRAM"]; got != program {
			t.Errorf("%s is the image of %s and builds %s", name, program, got)
		}
		for key, value := range service.Environment {
			if secret, ok := strings.CutPrefix(value, "/run/secrets/"); ok && !slices.Contains(service.Secrets, secret) {
				t.Errorf("%s: %s is a secret that the service is not given", name, key)
			}
		}
	}
	if slices.Sort(seen); !slices.Equal(seen, names(programs)) {
		t.Errorf("compose runs %v, want each of %v once", seen, names(programs))
	}
	for name, secret := range file.Secrets {
		if !strings.HasPrefix(secret.File, "./secrets/") {
			t.Errorf("secret %s is %s, want a file in secrets/, which is kept out of the repository", name, secret.File)
		}
	}
}

// object is what these tests look at of a Kubernetes object.
type object struct {
	Kind     string
	Metadata struct{ Name string }
	Spec     struct {
		Template struct {
			Spec struct {
				Containers []struct {
					Image string
					Env   []struct{ Name string }
					Args  []string
				}
			}
		}
	}
}

// rendered are the golden files of the chart, which tools/helm keeps true.
var rendered = []string{"tools/helm/testdata/default.yaml", "tools/helm/testdata/full.yaml"}

func TestChartSettings(t *testing.T) {
	for _, file := range rendered {
		var seen []string
		for _, o := range documents[object](t, file) {
			for _, c := range o.Spec.Template.Spec.Containers {
				program := programOf(c.Image)
				if program == "" {
					continue
				}
				seen = append(seen, program)
				var env []string
				for _, e := range c.Env {
					env = append(env, e.Name)
				}
				given{where: path.Base(file) + " " + o.Metadata.Name, program: program, env: env, args: c.Args}.check(t)
			}
		}
		if slices.Sort(seen); !slices.Equal(seen, names(programs)) {
			t.Errorf("%s runs %v, want each of %v once", file, seen, names(programs))
		}
	}
}
