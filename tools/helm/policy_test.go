package helm_test

import (
	"slices"
	"strings"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// calls are the acyclic calls of the architecture: who is called by whom.
var calls = map[string][]string{
	"goals":          {"actionplanning", "budgeting", "gateway", "performance"},
	"performance":    {"actionplanning", "budgeting", "gateway"},
	"budgeting":      {"actionplanning", "gateway"},
	"actionplanning": {"gateway"},
}

// A policy lets in exactly the callers of a service, and every caller out to it, as its settings say.
func TestPoliciesAreTheCalls(t *testing.T) {
	c := release(t)
	components := []string{"actionplanning", "budgeting", "gateway", "goals", "performance"}
	for called, want := range calls {
		in := c.policies["throughline-"+called]
		var may, told []string
		for _, caller := range components {
			pod := labels.Set(c.deployments["throughline-"+caller].Spec.Template.Labels)
			out := c.policies["throughline-"+caller]
			target := labels.Set(c.deployments["throughline-"+called].Spec.Template.Labels)
			if lets(t, ingress(in), pod) && lets(t, egress(out), target) {
				may = append(may, caller)
			}
			for _, env := range c.deployments["throughline-"+caller].Spec.Template.Spec.Containers[0].Env {
				if env.Name == "THROUGHLINE_PEER_"+strings.ToUpper(called) && env.Value == "throughline-"+called+":9090" {
					told = append(told, caller)
				}
			}
		}
		if !slices.Equal(may, want) || !slices.Equal(told, want) {
			t.Errorf("%s may be called by %v and is known to %v, want %v", called, may, told, want)
		}
	}
}

func ingress(p *networkingv1.NetworkPolicy) []networkingv1.NetworkPolicyPeer {
	var all []networkingv1.NetworkPolicyPeer
	for _, rule := range p.Spec.Ingress {
		all = append(all, rule.From...)
	}
	return all
}

func egress(p *networkingv1.NetworkPolicy) []networkingv1.NetworkPolicyPeer {
	var all []networkingv1.NetworkPolicyPeer
	for _, rule := range p.Spec.Egress {
		all = append(all, rule.To...)
	}
	return all
}

func lets(t *testing.T, peers []networkingv1.NetworkPolicyPeer, pod labels.Set) bool {
	t.Helper()
	for _, peer := range peers {
		selector, err := metav1.LabelSelectorAsSelector(peer.PodSelector)
		if err != nil {
			t.Fatal(err)
		}
		if selector.Matches(pod) {
			return true
		}
	}
	return false
}

// Only services reach the stores, and nobody reaches a service's health from another pod.
func TestPoliciesOfStores(t *testing.T) {
	c := release(t)
	for name, policy := range c.policies {
		var ports []int
		for _, rule := range policy.Spec.Egress {
			for _, port := range rule.Ports {
				ports = append(ports, port.Port.IntValue())
			}
		}
		service := name != "throughline-gateway" && name != "throughline-migration"
		if got := slices.Contains(ports, 6379); got != service {
			t.Errorf("%s reaches Redis: %v", name, got)
		}
		if got := slices.Contains(ports, 5432); got != (name != "throughline-gateway") {
			t.Errorf("%s reaches PostgreSQL: %v", name, got)
		}
		for _, rule := range policy.Spec.Ingress {
			for _, port := range rule.Ports {
				if port.Port.String() == "admin" || port.Port.IntValue() == 9091 {
					t.Errorf("%s opens health to pods", name)
				}
			}
		}
	}
}
