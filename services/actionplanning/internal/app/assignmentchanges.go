package app

import (
	"context"
	"encoding/base64"
	"fmt"
	"time"

	"github.com/throughline/throughline/services/actionplanning/internal/domain"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/listing"
	"github.com/throughline/throughline/services/platform/resource"
)

// syncTokenAge is how long a sync token can be used.
const syncTokenAge = 30 * 24 * time.Hour

// AssignmentChanges is a page of changes, with the token that goes on after it.
type AssignmentChanges struct {
	Changes []AssignmentChange
	Next    string
	More    bool // there are more already
}

// syncToken says how far somebody has followed an organization's assignments.
type syncToken struct {
	organization string
	position     int64 // of the last change seen
	start        int64 // where the history was when they began: assignments deleted before are of no interest
	made         int64 // Unix seconds
}

func (t syncToken) text() string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "1 %s %d %d %d", t.organization, t.position, t.start, t.made))
}

// readSyncToken reads a token of the organization that is no older than syncTokenAge.
func readSyncToken(text, organization string, now time.Time) (t syncToken, err error) {
	malformed := fault.Violations{{Field: "sync_token", Detail: "is no token of this organization; send a next_sync_token as it was answered, or leave it empty to start anew"}}.Err()
	plain, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return t, malformed
	}
	version := 0
	n, err := fmt.Sscanf(string(plain), "%d %s %d %d %d", &version, &t.organization, &t.position, &t.start, &t.made)
	if err != nil || n != 5 || version != 1 || t.text() != text || t.organization != organization || t.position < 0 || t.start < 0 || t.made > now.Unix() {
		return t, malformed
	}
	if now.Sub(time.Unix(t.made, 0)) > syncTokenAge {
		return t, expiredSyncToken("is older than 30 days")
	}
	return t, nil
}

func expiredSyncToken(why string) error {
	return fault.State("EXPIRED_SYNC_TOKEN", "the sync token %s; start anew with an empty one, which answers everything that is there", why)
}

// ListAssignmentChanges lists what changed since a token, each assignment once and in the order of their last changes; an
// empty token starts with all that are there.
func (a *App) ListAssignmentChanges(ctx context.Context, organization, token string, size int) (AssignmentChanges, error) {
	now := a.Now()
	if size == 0 {
		size = listing.DefaultPageSize
	}
	size = min(size, listing.MaxPageSize)
	return resource.Read(ctx, a.Store, func(tx Tx) (out AssignmentChanges, err error) {
		last, err := tx.LastPosition(organization)
		if err != nil {
			return out, err
		}
		at := syncToken{organization: organization, start: last}
		if token != "" {
			if at, err = readSyncToken(token, organization, now); err != nil {
				return out, err
			}
			if at.position > last {
				return out, expiredSyncToken("is of a history that is no longer there, as after a backup was restored")
			}
		}
		at.made = now.Unix()
		if out.Changes, err = tx.AssignmentChanges(organization, at.position, at.start, size+1); err != nil {
			return out, err
		}
		at.position = last
		if out.More = len(out.Changes) > size; out.More {
			out.Changes = out.Changes[:size]
			at.position = out.Changes[size-1].Position
		}
		out.Next = at.text()
		return out, out.flag(tx, organization)
	})
}

// flag marks assignments of which too much is asked.
func (c *AssignmentChanges) flag(tx Tx, organization string) error {
	var there []domain.Assignment
	for _, change := range c.Changes {
		if !change.Deleted {
			there = append(there, change.Assignment)
		}
	}
	if err := flagged(tx, organization, there); err != nil {
		return err
	}
	for i := range c.Changes {
		if !c.Changes[i].Deleted {
			c.Changes[i].Assignment, there = there[0], there[1:]
		}
	}
	return nil
}
