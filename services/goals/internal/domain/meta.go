// Package domain holds organizations, plans, goals and the priorities among them.
package domain

import (
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

// name joins alternating collections and ids.
func name(parts ...string) string { return strings.Join(parts, "/") }

func required(v *fault.Violations, field, value string) {
	v.Check(strings.TrimSpace(value) != "", field, "is required; give it a value")
}

func (d Date) valid() bool {
	if d == "" {
		return true
	}
	t, err := time.Parse(time.DateOnly, string(d))
	return err == nil && t.Year() > 0 // the year 0 stands for a date without a year
}
