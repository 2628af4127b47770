// Package domain holds funds, budgets, programs, what they ask for, and the allocations that answer.
package domain

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/throughline/throughline/services/platform/fault"
)

// Meta is what every stored resource carries beside its own fields.
type Meta struct {
	Version    int64 // 1 when created, one more after each change
	CreateTime time.Time
	UpdateTime time.Time
}

// Revision is the version.
func (m Meta) Revision() int64 { return m.Version }

// ChangeTime is the update time, under which the journal keeps the change.
func (m Meta) ChangeTime() time.Time { return m.UpdateTime }

// Next is the meta of the next version: of the first, when m is zero. Of two changes at once the later to be stored may have
// looked at the clock first; its time is then that of the other, so that times never go back.
func (m Meta) Next(now time.Time) Meta {
	if now.Before(m.UpdateTime) {
		now = m.UpdateTime
	}
	if m.Version == 0 {
		m.CreateTime = now
	}
	return Meta{Version: m.Version + 1, CreateTime: m.CreateTime, UpdateTime: now}
}

// Date is a calendar day, "2027-07-01"; empty when unset. Dates compare as strings.
type Date string

func (d Date) valid() bool {
	if d == "" {
		return true
	}
	t, err := time.Parse(time.DateOnly, string(d))
	return err == nil && t.Year() > 0 // the year 0 stands for a date without a year
}

// name joins alternating collections and ids.
func name(parts ...string) string { return strings.Join(parts, "/") }

// OrganizationName is the resource name of an organization.
func OrganizationName(id string) string { return name("organizations", id) }

// required wants text, and says so of the field.
func required(v *fault.Violations, field, value string) {
	v.Check(strings.TrimSpace(value) != "", field, "is required; give it a value")
}

// fieldAt is an element's path.
func fieldAt(field string, i int) string { return fmt.Sprintf("%s[%d]", field, i) }

var idPattern = regexp.MustCompile(`^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`)

// checkID holds ids to the rule of every create request: names made by upserts pass here alone.
func checkID(v *fault.Violations, field, id string) {
	v.Check(idPattern.MatchString(id), field, "has the id %q; use lower-case letters, digits and hyphens, a letter first, at most 63", id)
}

// knownOr wants a value out of a vocabulary.
func knownOr[T ~string](v *fault.Violations, field string, value T, known []T) {
	if slices.Contains(known, value) {
		return
	}
	words := make([]string, len(known))
	for i, k := range known {
		words[i] = string(k)
	}
	v.Add(field, "must be one of %s", strings.Join(words, ", "))
}
