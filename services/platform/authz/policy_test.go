package authz

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/throughline/throughline/services/platform/authn"
	"github.com/throughline/throughline/services/platform/fault"
)

func policy(t *testing.T) *Policy {
	t.Helper()
	p, err := NewPolicy()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestGolden keeps the meaning of roles.yaml under review: who holds each permission. Its list of permissions covers
// every kind of line in the table; THROUGHLINE_UPDATE=1 writes what the table now says.
func TestGolden(t *testing.T) {
	p, path := policy(t), filepath.Join("testdata", "grants.golden")
	old, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var now strings.Builder
	for line := range strings.Lines(string(old)) {
		permission, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		fmt.Fprintf(&now, "%-45s %s\n", permission, strings.Join(p.Grant(permission).Roles(), " "))
	}
	if now.String() == string(old) {
		return
	}
	if os.Getenv("THROUGHLINE_UPDATE") != "" {
		if err := os.WriteFile(path, []byte(now.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Errorf("roles.yaml grants something else than %s says:\n%s", path, now.String())
}

func TestRolesOfTheDesign(t *testing.T) {
	want := []string{"auditor", "council", "department", "finance", "hr", "manager", "operator", "public", "service", "staff"}
	if got := policy(t).Roles(); !slices.Equal(got, want) {
		t.Errorf("roles %v, want %v", got, want)
	}
}

// No role of a tenant may see or make other tenants, and a service may never write.
func TestInvariants(t *testing.T) {
	p := policy(t)
	for _, permission := range []string{"goals.organizations.create", "goals.organizations.list"} {
		if got := p.Grant(permission).Roles(); !slices.Equal(got, []string{"operator"}) {
			t.Errorf("%s: %v", permission, got)
		}
	}
	for _, verb := range []string{"create", "update", "delete", "adopt", "submit", "record", "sync", "castBallot", "publish", "upsert", "batchUpsert"} {
		for _, resource := range []string{"goals.plans.", "budgeting.allocations.", "performance.observations.", "actionplanning.staff.", "goals.prioritizations."} {
			for _, role := range p.Grant(resource + verb).Roles() {
				if role == authn.RoleService || role == authn.RolePublic || role == "auditor" || role == authn.RoleOperator {
					t.Errorf("%s may %s%s", role, resource, verb)
				}
			}
		}
	}
}

func TestCheck(t *testing.T) {
	p := policy(t)
	if err := p.Check("budgeting.allocations.create", authn.Identity{Roles: []string{"staff", "finance"}}); err != nil {
		t.Errorf("one role of two is enough: %v", err)
	}
	err := p.Check("budgeting.allocations.create", authn.Identity{Roles: []string{"staff", "nonsense"}})
	f, ok := fault.As(err)
	if !ok || f.Kind != fault.PermissionDenied || f.Reason != ReasonRole || f.Metadata["permission"] != "budgeting.allocations.create" || f.Metadata["roles"] != "finance" ||
		!strings.Contains(f.Message, "(staff, nonsense)") || !strings.Contains(f.Message, "call as one of: finance") {
		t.Errorf("got %v", err)
	}
	if err := p.Check("goals.plans.get", authn.Identity{}); fault.Reason(err) != ReasonRole {
		t.Errorf("no role: %v", err)
	}
}

func TestPatterns(t *testing.T) {
	reads := []string{"get", "list"}
	for _, c := range []struct {
		pattern, permission string
		want                bool
	}{
		{"goals.plans.get", "goals.plans.get", true},
		{"goals.plans.get", "goals.plans.list", false},
		{"goals.*", "goals.plans.get", true},
		{"goals.*", "goals", false},
		{"goals.*", "goalsX.plans.get", false},
		{"goals.plans.*", "goals.plansX.get", false},
		{"*.@read", "goals.plans.get", true},
		{"*.@read", "goals.plans.update", false},
		{"goals.*.@read", "goals.plans.list", true},
		{"goals.*.@read", "budgeting.funds.list", false},
		{"*.changes.*", "goals.changes.list", true},
		{"*.changes.*", "goals.plans.list", false},
		{"*", "goals.plans.list", true},
	} {
		if got := newPattern(c.pattern, reads).match(c.permission); got != c.want {
			t.Errorf("%s over %s: %v", c.pattern, c.permission, got)
		}
	}
}

func TestBadTables(t *testing.T) {
	for _, text := range []string{"", "roles: [a]", "rolls: {}", "roles: {staff: {get: true}}"} {
		if _, err := parsePolicy([]byte(text)); err == nil {
			t.Errorf("%q was taken for a table", text)
		}
	}
}
