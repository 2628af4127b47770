// Package helm_test renders and judges the Helm chart and the Compose file of deploy/ with Helm's, Kubernetes' and Compose's own code.
package helm_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/yaml"
)

var (
	deploy = filepath.Join("..", "..", "deploy")
	chart  = filepath.Join(deploy, "helm", "throughline")
)

// helm runs the pinned helm, as `tools/install helm` builds it, and answers its standard output.
func helm(ctx context.Context, t *testing.T, args ...string) (string, error) {
	t.Helper()
	tool, err := filepath.Abs(filepath.Join("..", "..", ".tmp", "tools", "helm"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, tool, append(args, "--kube-version", "1.33.0", "--namespace", "city")...)
	cmd.Env = append(os.Environ(), "HELM_CONFIG_HOME="+t.TempDir())
	out, err := cmd.Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return string(out), errors.New(string(exit.Stderr))
	}
	if err != nil {
		t.Fatalf("%v; `tools/install helm` builds it", err)
	}
	return string(out), nil
}

func render(t *testing.T, args ...string) string {
	t.Helper()
	out, err := helm(t.Context(), t, append([]string{"template", "throughline", chart}, args...)...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// forms are the ways in which the chart is held: values beside its own, by the name of their golden file.
var forms = map[string][]string{
	"default": nil,
	"full":    {"--values", "testdata/full-values.yaml"},
}

func TestLint(t *testing.T) {
	for name, values := range forms {
		if out, err := helm(t.Context(), t, append([]string{"lint", "--strict", chart}, values...)...); err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

// Golden files show what a change of the chart does to a cluster; THROUGHLINE_UPDATE=1 writes them.
func TestGolden(t *testing.T) {
	for name, values := range forms {
		t.Run(name, func(t *testing.T) {
			got, golden := render(t, values...), filepath.Join("testdata", name+".yaml")
			if os.Getenv("THROUGHLINE_UPDATE") != "" {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("the chart renders other than %s: write it with THROUGHLINE_UPDATE=1 and read the difference", golden)
			}
		})
	}
}

// Values that would do something else than they seem to are refused before anything is installed.
func TestBadValues(t *testing.T) {
	cases := map[string]string{
		"unknown key":                            "gateway.replcas=3",
		"password in the URL":                    "database.url=postgres://throughline:secret@db/throughline",
		"no password":                            "database.passwordSecret.name=",
		"no token key":                           "tokenKey.secret.name=",
		"plain text issuer":                      "oidc.issuer=http://login.example.gov",
		"collector without port":                 "telemetry.endpoint=collector",
		"more than all traces":                   "telemetry.sampleRatio=2",
		"no replica":                             "services.goals.replicas=0",
		"setting of no program":                  "gateway.env.PATH=/bin",
		"fewer connections than a service needs": "database.maxConns=1",
	}
	for name, value := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := helm(t.Context(), t, "template", "throughline", chart, "--set", value)
			if key, _, _ := strings.Cut(value, "="); err == nil || !strings.Contains(err.Error(), "values don't meet the specifications") {
				t.Errorf("%s is taken: %v", key, err)
			}
		})
	}
}

// Alerts and dashboards reach the cluster as they are in deploy/.
func TestMonitoringObjects(t *testing.T) {
	objects := decode(t, render(t, "--set", "monitoring.prometheusRule=true,monitoring.grafanaDashboards=true", "--show-only", "templates/monitoring.yaml"))
	want := map[string]string{}
	dashboards, err := filepath.Glob(filepath.Join(deploy, "grafana", "dashboards", "*.json"))
	if err != nil || len(dashboards) == 0 {
		t.Fatalf("dashboards %v, error %v", dashboards, err)
	}
	for _, path := range dashboards {
		want[filepath.Base(path)] = read(t, path)
	}
	rules := 0
	for _, o := range objects {
		switch o := o.(type) {
		case *corev1.ConfigMap:
			for name, text := range o.Data {
				if text != want[name] {
					t.Errorf("%s is not the file's text", name)
				}
				delete(want, name)
			}
		case *unstructured.Unstructured:
			rules++
			var file map[string]any
			if err := yaml.Unmarshal([]byte(read(t, filepath.Join(deploy, "prometheus", "rules", "throughline.yml"))), &file); err != nil {
				t.Fatal(err)
			}
			if !same(t, o.Object["spec"], file) {
				t.Error("the PrometheusRule is not the rules of deploy/prometheus")
			}
		}
	}
	if len(want) > 0 || rules != 1 {
		t.Errorf("%d rules, want 1; missing dashboards: %v", rules, want)
	}
}

func same(t *testing.T, a, b any) bool {
	t.Helper()
	left, err := yaml.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	right, err := yaml.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Equal(left, right)
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// decode reads manifests into Kubernetes' own types, strictly: an unknown field, a field given twice or a wrong type fails. Kinds of the
// Prometheus operator stay unstructured.
func decode(t *testing.T, manifests string) []runtime.Object {
	t.Helper()
	strict := serializer.NewCodecFactory(scheme.Scheme, serializer.EnableStrict).UniversalDeserializer()
	var all []runtime.Object
	for text := range strings.SplitSeq(manifests, "\n---\n") {
		if text = strings.TrimPrefix(text, "---\n") + "\n"; !strings.Contains(text, "kind:") {
			continue
		}
		if strings.Contains(text, "apiVersion: monitoring.coreos.com/v1\n") {
			o := &unstructured.Unstructured{}
			if err := yaml.UnmarshalStrict([]byte(text), &o.Object); err != nil {
				t.Errorf("%v\n%s", err, text)
			}
			all = append(all, o)
			continue
		}
		o, _, err := strict.Decode([]byte(text), nil, nil)
		if err != nil {
			t.Errorf("%v\n%s", err, text)
			continue
		}
		all = append(all, o)
	}
	return all
}
