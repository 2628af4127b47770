package helm_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
)

// compose loads the file as `docker compose config` does: interpolated, merged, valid by the specification, references resolved.
func compose(t *testing.T) *types.Project {
	t.Helper()
	folder := filepath.Join(deploy, "compose")
	options, err := cli.NewProjectOptions(
		[]string{filepath.Join(folder, "compose.yaml")},
		cli.WithEnvFiles(filepath.Join(folder, ".env.example")), cli.WithDotEnv, cli.WithProfiles([]string{"observe"}),
	)
	if err != nil {
		t.Fatal(err)
	}
	project, err := options.LoadProject(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return project
}

// PostgreSQL is well before the schema is made, the schema is made before services start, services start before the gateway.
func TestComposeOrder(t *testing.T) {
	project := compose(t)
	waits := func(service, on, want string) {
		if got := project.Services[service].DependsOn[on].Condition; got != want {
			t.Errorf("%s waits for %s until %q, want %q", service, on, got, want)
		}
	}
	waits("migrate", "postgres", types.ServiceConditionHealthy)
	if project.Services["postgres"].HealthCheck == nil {
		t.Error("postgres has no health check")
	}
	for _, service := range []string{"goals", "actionplanning", "budgeting", "performance"} {
		waits(service, "migrate", types.ServiceConditionCompletedSuccessfully)
		waits("gateway", service, types.ServiceConditionStarted)
		if s := project.Services[service]; s.Deploy == nil || s.Deploy.Replicas == nil || *s.Deploy.Replicas != 2 {
			t.Errorf("%s has not 2 replicas", service)
		}
	}
}

// Nothing is reached from other machines, and the stores only by those who need them.
func TestComposeReach(t *testing.T) {
	project := compose(t)
	for name, service := range project.Services {
		for _, port := range service.Ports {
			if port.HostIP != "127.0.0.1" {
				t.Errorf("%s is published on %q", name, port.HostIP)
			}
		}
		_, stores := service.Networks["stores"]
		if want := slices.Contains(strings.Fields("postgres redis migrate goals actionplanning budgeting performance collector"), name); stores != want {
			t.Errorf("%s reaches the stores: %v", name, stores)
		}
		for key, value := range service.Environment {
			if secret := strings.Contains(key, "PASSWORD") && !strings.Contains(key, "FILE"); secret && value != nil && *value != "" {
				t.Errorf("%s: %s is written out", name, key)
			}
		}
	}
	for _, name := range []string{"calls", "stores", "watch"} {
		if !project.Networks[name].Internal {
			t.Errorf("network %s leads outside", name)
		}
	}
}

// What the file mounts from the repository is there.
func TestComposeMounts(t *testing.T) {
	for name, service := range compose(t).Services {
		for _, volume := range service.Volumes {
			if volume.Type != types.VolumeTypeBind {
				continue
			}
			if entries, err := filepath.Glob(filepath.Join(volume.Source, "*")); err != nil || len(entries) == 0 {
				t.Errorf("%s mounts %s, which is empty", name, volume.Source)
			}
		}
	}
}
