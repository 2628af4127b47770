// Package authz decides whether an identity may call a method on the resources that a request names.
package authz

import (
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/throughline/throughline/services/platform/authn"
	"github.com/throughline/throughline/services/platform/fault"
)

// ReasonRole is the reason of a call that none of the caller's roles permits.
const ReasonRole = "ROLE_LACKS_PERMISSION"

//go:embed roles.yaml
var rolesFile []byte

// Policy is the role × permission table. It is immutable.
type Policy struct {
	roles    map[string][]pattern
	reserved []pattern
}

// NewPolicy reads the table that is built into the program.
func NewPolicy() (*Policy, error) { return parsePolicy(rolesFile) }

func parsePolicy(text []byte) (*Policy, error) {
	var file struct {
		Reads    []string            `yaml:"reads"`
		Reserved []string            `yaml:"reserved"`
		Roles    map[string][]string `yaml:"roles"`
	}
	decoder := yaml.NewDecoder(strings.NewReader(string(text)))
	decoder.KnownFields(true)
	if err := decoder.Decode(&file); err != nil {
		return nil, fmt.Errorf("read the table of roles: %w", err)
	}
	p := &Policy{roles: make(map[string][]pattern, len(file.Roles))}
	for _, text := range file.Reserved {
		p.reserved = append(p.reserved, newPattern(text, file.Reads))
	}
	for role, grants := range file.Roles {
		p.roles[role] = make([]pattern, 0, len(grants))
		for _, text := range grants {
			p.roles[role] = append(p.roles[role], newPattern(text, file.Reads))
		}
	}
	return p, nil
}

// Roles are the names of every role, sorted.
func (p *Policy) Roles() []string { return slices.Sorted(maps.Keys(p.roles)) }

// Check is nil when one of the identity's roles has the permission, else a PermissionDenied fault with reason
// ROLE_LACKS_PERMISSION that says which roles have it.
func (p *Policy) Check(permission string, id authn.Identity) error {
	return p.Grant(permission).Check(id)
}

// Grant resolves a permission to the roles that have it, once, for many checks.
func (p *Policy) Grant(permission string) Grant {
	g := Grant{permission: permission}
	for role, grants := range p.roles {
		if slices.ContainsFunc(grants, func(grant pattern) bool { return p.grants(grant, permission) }) {
			g.roles = append(g.roles, role)
		}
	}
	slices.Sort(g.roles)
	return g
}

func (p *Policy) grants(grant pattern, permission string) bool {
	if !grant.match(permission) {
		return false
	}
	for _, reserved := range p.reserved {
		if reserved.match(permission) && grant.text != permission && grant.text != reserved.text {
			return false
		}
	}
	return true
}

// Grant is one permission with the roles that have it. It is immutable.
type Grant struct {
	permission string
	roles      []string
}

// Roles are the roles that have the permission, sorted.
func (g Grant) Roles() []string { return slices.Clone(g.roles) }

// Check is Policy.Check for this permission.
func (g Grant) Check(id authn.Identity) error {
	for _, role := range id.Roles {
		if slices.Contains(g.roles, role) {
			return nil
		}
	}
	have, need := strings.Join(id.Roles, ", "), strings.Join(g.roles, ", ")
	if have == "" {
		have = "none"
	}
	return fault.New(fault.PermissionDenied, ReasonRole,
		"this call needs the permission %s, which the caller's roles (%s) do not have; call as one of: %s", g.permission, have, need).
		With("permission", g.permission).With("roles", need)
}

// pattern is a parsed grant.
type pattern struct {
	text     string
	segments []string // the last may be "@read"
	reads    []string
}

func newPattern(text string, reads []string) pattern {
	return pattern{text: text, segments: strings.Split(text, "."), reads: reads}
}

func (p pattern) match(permission string) bool {
	return p.matchFrom(p.segments, strings.Split(permission, "."))
}

// matchFrom lets "*" take one segment or more.
func (p pattern) matchFrom(want, have []string) bool {
	switch {
	case len(want) == 0 || len(have) == 0:
		return len(want) == len(have)
	case want[0] == "*":
		return p.matchFrom(want[1:], have[1:]) || p.matchFrom(want, have[1:])
	case want[0] == "@read":
		return len(want) == 1 && len(have) == 1 && slices.Contains(p.reads, have[0])
	default:
		return want[0] == have[0] && p.matchFrom(want[1:], have[1:])
	}
}
