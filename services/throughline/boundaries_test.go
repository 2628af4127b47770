package throughline_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/throughline/throughline/"

var serviceNames = []string{"actionplanning", "budgeting", "goals", "performance"}

// listed is what `go list -json` tells of a package.
type listed struct {
	ImportPath string
	Standard   bool
	Imports    []string
}

func goList(t *testing.T, dir string, args ...string) []listed {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"list", "-json=ImportPath,Standard,Imports"}, args...)...)
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			t.Fatalf("go list: %s", exit.Stderr)
		}
		t.Fatal(err)
	}
	var all []listed
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

// Domains are pure: the standard library, faults, and their own packages.
func TestDomainsDependOnNothing(t *testing.T) {
	for _, s := range serviceNames {
		t.Run(s, func(t *testing.T) {
			own := module + "services/" + s + "/internal/domain"
			for _, p := range goList(t, filepath.Join("..", s), "-deps", "./internal/domain/...") {
				if !p.Standard && p.ImportPath != module+"services/platform/fault" && !strings.HasPrefix(p.ImportPath, own) {
					t.Errorf("the domain of %s depends on %s", s, p.ImportPath)
				}
			}
		})
	}
}

// The checker of allocations shares no code with the solver: of the domain it knows the model and money alone.
func TestTheCheckerIsIndependent(t *testing.T) {
	own := module + "services/budgeting/internal/domain/"
	for _, p := range goList(t, filepath.Join("..", "budgeting"), "-deps", "./internal/domain/certify") {
		rest, inside := strings.CutPrefix(p.ImportPath, own)
		if inside && !slices.Contains([]string{"certify", "model", "money"}, rest) {
			t.Errorf("certify depends on %s", p.ImportPath)
		}
	}
}

// layers says what each layer of a service may import of the service's own layers.
var layers = map[string][]string{
	"domain": {"domain"},
	"app":    {"app", "domain"},
	"rpc":    {"rpc", "app", "domain"},
	"peer":   {"peer", "app", "domain"},
	"event":  {"event", "app", "domain"},
	"store":  {"store", "app", "domain"},
	"bench":  {"bench", "domain"}, // the program that compares the engine with other solvers
}

// Layers point inwards, and only rpc, peer and event know generated code.
func TestLayersPointInwards(t *testing.T) {
	for _, s := range serviceNames {
		t.Run(s, func(t *testing.T) {
			internal := module + "services/" + s + "/internal/"
			for _, p := range goList(t, filepath.Join("..", s), "./internal/...") {
				layer, _, _ := strings.Cut(strings.TrimPrefix(p.ImportPath, internal), "/")
				allowed, known := layers[layer]
				if !known {
					t.Errorf("%s is in no layer; the layers are domain, app, rpc, peer, event and store, and bench beside them", p.ImportPath)
				}
				for _, i := range p.Imports {
					if rest, own := strings.CutPrefix(i, internal); own {
						if to, _, _ := strings.Cut(rest, "/"); !slices.Contains(allowed, to) {
							t.Errorf("%s imports %s", p.ImportPath, i)
						}
					}
					generated := strings.HasPrefix(i, module+"proto/")
					if generated && !slices.Contains([]string{"rpc", "peer", "event"}, layer) {
						t.Errorf("%s imports generated code %s", p.ImportPath, i)
					}
				}
			}
		})
	}
}

// calls says which services each one may call; the graph has no cycle, the other direction is events.
var calls = map[string][]string{
	"goals":          {},
	"performance":    {"goals"},
	"budgeting":      {"goals", "performance"},
	"actionplanning": {"goals", "performance", "budgeting"},
}

// hears says whose events each one takes in besides, in its event layer alone.
var hears = map[string][]string{"performance": {"actionplanning", "budgeting"}}

func TestServicesCallWithoutCycles(t *testing.T) {
	for _, s := range serviceNames {
		t.Run(s, func(t *testing.T) {
			for _, p := range goList(t, filepath.Join("..", s), "./...") {
				for _, i := range p.Imports {
					rest, found := strings.CutPrefix(i, module+"proto/gen/throughline/")
					if !found {
						continue
					}
					of, _, _ := strings.Cut(rest, "/")
					heard := strings.HasSuffix(p.ImportPath, "/internal/event") && slices.Contains(hears[s], of)
					if of != s && of != "type" && !heard && !slices.Contains(calls[s], of) {
						t.Errorf("%s knows the contract of %s; %s may call only %v", p.ImportPath, of, s, calls[s])
					}
				}
			}
		})
	}
}
