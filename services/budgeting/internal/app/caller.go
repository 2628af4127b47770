package app

import (
	"strings"

	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/platform/fault"
)

// Caller is who asks. One who writes for a department alone is narrowed to its programs.
type Caller struct {
	Subject    string
	Role       string // the role that lets them write
	Narrowed   bool
	Department string
}

// writes refuses another department's program.
func (c Caller) writes(p domain.Program) error {
	if !c.Narrowed || (c.Department != "" && p.Department == c.Department) {
		return nil
	}
	return c.foreign(p.Name(), p.Department)
}

// writesLine refuses a line of another department: its program's department counts, or its own when it has no program.
func (c Caller) writesLine(l domain.LineItem, programs map[string]domain.Program) error {
	department := l.Department
	if p, ok := programs[l.Program]; ok {
		department = p.Department
	}
	if !c.Narrowed || (c.Department != "" && department == c.Department) {
		return nil
	}
	return c.foreign(l.Name(), department)
}

// steers refuses a department that would change what steers its own program.
func (c Caller) steers(old, next domain.FundingRequest) error {
	fields := old.Steering(next)
	if !c.Narrowed || len(fields) == 0 {
		return nil
	}
	return fault.New(fault.PermissionDenied, "RESERVED_FIELDS",
		"a department cannot set %s of its own request; leave it out, or ask the finance office", strings.Join(fields, ", "))
}

func (c Caller) foreign(name, department string) error {
	return fault.New(fault.PermissionDenied, "FOREIGN_DEPARTMENT",
		"%s belongs to department %q and %s writes for department %q alone; ask that department or the finance office", name, department, c.Subject, c.Department)
}
