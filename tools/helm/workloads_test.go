package helm_test

import (
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// cluster is what a release consists of, by the name of the object.
type cluster struct {
	deployments map[string]*appsv1.Deployment
	services    map[string]*corev1.Service
	budgets     map[string]*policyv1.PodDisruptionBudget
	policies    map[string]*networkingv1.NetworkPolicy
	scalers     map[string]*autoscalingv2.HorizontalPodAutoscaler
	jobs        map[string]*batchv1.Job
	accounts    []string
}

func release(t *testing.T, values ...string) cluster {
	t.Helper()
	c := cluster{
		deployments: map[string]*appsv1.Deployment{},
		services:    map[string]*corev1.Service{},
		budgets:     map[string]*policyv1.PodDisruptionBudget{},
		policies:    map[string]*networkingv1.NetworkPolicy{},
		scalers:     map[string]*autoscalingv2.HorizontalPodAutoscaler{},
		jobs:        map[string]*batchv1.Job{},
	}
	for _, o := range decode(t, render(t, values...)) {
		switch o := o.(type) {
		case *appsv1.Deployment:
			c.deployments[o.Name] = o
		case *corev1.Service:
			c.services[o.Name] = o
		case *policyv1.PodDisruptionBudget:
			c.budgets[o.Name] = o
		case *networkingv1.NetworkPolicy:
			c.policies[o.Name] = o
		case *autoscalingv2.HorizontalPodAutoscaler:
			c.scalers[o.Name] = o
		case *batchv1.Job:
			c.jobs[o.Name] = o
		case *corev1.ServiceAccount:
			c.accounts = append(c.accounts, o.Name)
		case *corev1.Secret:
			t.Errorf("the chart holds a Secret, %s", o.Name)
		}
	}
	return c
}

// Every program runs in several replicas that are spread, probed, bounded and without privileges, and is found by its Service.
func TestWorkloads(t *testing.T) {
	for name, values := range forms {
		t.Run(name, func(t *testing.T) {
			c := release(t, values...)
			for _, component := range []string{"goals", "actionplanning", "budgeting", "performance", "gateway"} {
				name := "throughline-" + component
				d, service := c.deployments[name], c.services[name]
				if d == nil || service == nil || c.budgets[name] == nil || c.policies[name] == nil {
					t.Errorf("%s lacks a Deployment, Service, PodDisruptionBudget or NetworkPolicy", name)
					continue
				}
				if scaler := c.scalers[name]; (scaler == nil) == (d.Spec.Replicas == nil) {
					t.Errorf("%s: either the Deployment or an autoscaler says how many replicas", name)
				} else if scaler != nil && *scaler.Spec.MinReplicas < 2 || scaler == nil && *d.Spec.Replicas < 2 {
					t.Errorf("%s has fewer than 2 replicas", name)
				}
				pod := labels.Set(d.Spec.Template.Labels)
				if !labels.SelectorFromSet(service.Spec.Selector).Matches(pod) {
					t.Errorf("Service %s does not select its pods", name)
				}
				if component != "gateway" && service.Spec.ClusterIP != corev1.ClusterIPNone {
					t.Errorf("Service %s hides its replicas: callers balance by themselves", name)
				}
				container := d.Spec.Template.Spec.Containers[0]
				if container.LivenessProbe == nil || container.ReadinessProbe == nil || container.StartupProbe == nil {
					t.Errorf("%s lacks a probe", name)
				}
				checkPod(t, name, &d.Spec.Template.Spec)
			}
			job := c.jobs["throughline-migration"]
			if job == nil || job.Annotations["helm.sh/hook"] != "pre-install,pre-upgrade" {
				t.Fatalf("the migration is no hook: %v", job)
			}
			checkPod(t, job.Name, &job.Spec.Template.Spec)
			if !slices.Equal(c.accounts, []string{"throughline"}) {
				t.Errorf("accounts %v", c.accounts)
			}
		})
	}
}

// checkPod demands what every pod of the suite has.
func checkPod(t *testing.T, name string, pod *corev1.PodSpec) {
	t.Helper()
	security := pod.SecurityContext
	if security == nil || security.RunAsNonRoot == nil || !*security.RunAsNonRoot || pod.AutomountServiceAccountToken == nil || *pod.AutomountServiceAccountToken {
		t.Errorf("%s may run as root, or holds an account's token", name)
	}
	if pod.EnableServiceLinks == nil || *pod.EnableServiceLinks {
		t.Errorf("%s gets variables named after Services, which begin with THROUGHLINE_", name)
	}
	mounted := map[string]bool{}
	for _, volume := range pod.Volumes {
		if volume.Projected == nil {
			continue
		}
		if mode := volume.Projected.DefaultMode; mode == nil || *mode != 0o440 {
			t.Errorf("%s: secrets have mode %v, want 0440", name, mode)
		}
		for _, from := range volume.Projected.Sources {
			for _, item := range from.Secret.Items {
				mounted["/secrets/"+item.Path] = true
			}
		}
	}
	for _, c := range pod.Containers {
		s := c.SecurityContext
		if s == nil || !*s.ReadOnlyRootFilesystem || *s.AllowPrivilegeEscalation || len(s.Capabilities.Drop) != 1 {
			t.Errorf("%s: the container has privileges", name)
		}
		if c.Resources.Requests.Cpu().IsZero() || c.Resources.Limits.Memory().IsZero() {
			t.Errorf("%s: the container's resources are unbounded", name)
		}
		seen := map[string]bool{}
		for _, env := range c.Env {
			if seen[env.Name] {
				t.Errorf("%s: %s is set twice", name, env.Name)
			}
			seen[env.Name] = true
			if strings.HasPrefix(env.Value, "/secrets/") && !mounted[env.Value] {
				t.Errorf("%s: %s names %s, which is not mounted", name, env.Name, env.Value)
			}
		}
	}
}
