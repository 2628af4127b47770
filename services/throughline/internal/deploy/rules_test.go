package deploy_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	actionplanningv1 "github.com/throughline/throughline/proto/gen/throughline/actionplanning/v1"
	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
	goalsv1 "github.com/throughline/throughline/proto/gen/throughline/goals/v1"
	performancev1 "github.com/throughline/throughline/proto/gen/throughline/performance/v1"
	"google.golang.org/grpc"
)

type ruleFile struct {
	Groups []struct {
		Name  string
		Rules []rule
	}
}

type rule struct {
	Record, Alert, Expr, For string
	Labels                   map[string]string
	Annotations              map[string]string
}

func rules(t *testing.T) (alerts, records []rule) {
	t.Helper()
	var file ruleFile
	decode(t, "deploy/prometheus/rules/throughline.yml", &file)
	for _, group := range file.Groups {
		for _, r := range group.Rules {
			if r.Record != "" {
				records = append(records, r)
			} else {
				alerts = append(alerts, r)
			}
		}
	}
	return alerts, records
}

func TestAlertsAreWhole(t *testing.T) {
	words := known(t)
	alerts, records := rules(t)
	var recorded []string
	for _, r := range records {
		recorded = append(recorded, r.Record)
		words.check(t, r.Record, r.Expr, nil)
	}
	headings := anchors(string(read(t, "deploy/RUNBOOK.md")))
	used := map[string]bool{}
	for _, a := range alerts {
		words.check(t, a.Alert, a.Expr, recorded)
		if s := a.Labels["severity"]; s != "page" && s != "ticket" {
			t.Errorf("%s: severity %q, want page or ticket", a.Alert, s)
		}
		for _, key := range []string{"summary", "description"} {
			if a.Annotations[key] == "" {
				t.Errorf("%s has no %s", a.Alert, key)
			}
		}
		anchor, ok := strings.CutPrefix(a.Annotations["runbook"], "deploy/RUNBOOK.md#")
		if !ok || !headings[anchor] {
			t.Errorf("%s: the runbook has no section %q", a.Alert, a.Annotations["runbook"])
		}
		used[anchor] = true
	}
	for heading := range headings {
		if !used[heading] {
			t.Errorf("section %q of the runbook belongs to no alert", heading)
		}
	}
}

// anchors are the sections of a Markdown file as links name them.
func anchors(text string) map[string]bool {
	all := map[string]bool{}
	for line := range strings.Lines(text) {
		if heading, ok := strings.CutPrefix(strings.TrimSpace(line), "## "); ok {
			all[strings.ReplaceAll(strings.ToLower(heading), " ", "-")] = true
		}
	}
	return all
}

// Each alert is shown to fire by rules_test.yml.
func TestAlertsAreTested(t *testing.T) {
	var file struct {
		Tests []struct {
			Cases []struct {
				Alert string           `yaml:"alertname"`
				Want  []map[string]any `yaml:"exp_alerts"`
			} `yaml:"alert_rule_test"`
		}
	}
	decode(t, "deploy/prometheus/rules_test.yml", &file)
	fires := map[string]bool{}
	for _, test := range file.Tests {
		for _, c := range test.Cases {
			fires[c.Alert] = fires[c.Alert] || len(c.Want) > 0
		}
	}
	alerts, _ := rules(t)
	for _, a := range alerts {
		if !fires[a.Alert] {
			t.Errorf("no case of rules_test.yml has %s fire", a.Alert)
		}
	}
}

var exempt = regexp.MustCompile(`rpc_method!~"([^"]*)"`)

// Streams last as long as they have to: the alert on slow calls leaves all of them out.
func TestSlowCallsLeaveStreamsOut(t *testing.T) {
	alerts, _ := rules(t)
	for _, a := range alerts {
		if a.Alert != "ThroughlineCallsSlow" {
			continue
		}
		match := exempt.FindStringSubmatch(a.Expr)
		if match == nil {
			t.Fatalf("%q leaves nothing out", a.Expr)
		}
		pattern := regexp.MustCompile("^(?:" + match[1] + ")$")
		for _, service := range []grpc.ServiceDesc{
			goalsv1.GoalsService_ServiceDesc, actionplanningv1.ActionPlanningService_ServiceDesc,
			budgetingv1.BudgetingService_ServiceDesc, performancev1.PerformanceService_ServiceDesc,
		} {
			for _, stream := range service.Streams {
				if name := service.ServiceName + "/" + stream.StreamName; !pattern.MatchString(name) {
					t.Errorf("%s is a stream, and the alert on slow calls looks at it", name)
				}
			}
		}
	}
}

// promtool is Prometheus' own judge (Debian's package prometheus).
func TestPromtool(t *testing.T) {
	tool, err := exec.LookPath("promtool")
	if err != nil {
		if os.Getenv("THROUGHLINE_SERVERS") == "required" {
			t.Fatal("THROUGHLINE_SERVERS=required, and there is no promtool in PATH (Debian's package prometheus)")
		}
		t.Skip("there is no promtool in PATH (Debian's package prometheus)")
	}
	for _, args := range [][]string{{"check", "config", "prometheus.yml"}, {"test", "rules", "rules_test.yml"}} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), tool, args...)
			cmd.Dir = filepath.Join(root, "deploy", "prometheus")
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}
