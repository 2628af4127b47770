// Package bus carries events from publishers to the consumers that subscribed.
package bus

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/throughline/throughline/services/platform/outbox"
)

// Bus delivers each event at least once to every matching subscription, in the order of its subject; consumers take each in once
// with package inbox.
type Bus interface {
	// Publish takes events in the order of their outbox. The first done of them cannot be lost any more for any subscriber;
	// later ones may have been delivered too, and come again. All are done when err is nil.
	Publish(ctx context.Context, events []outbox.Event) (done int, err error)
	// Subscribe adds a consumer before events flow. A consumer can subscribe once to each source.
	Subscribe(s Subscription) error
}

// Subscription is a consumer's interest in a source's events.
type Subscription struct {
	Consumer string   // unique per use, such as performance.goals
	Source   string   // throughline.goals.v1
	Types    []string // exact event types, or prefixes ending in ".*"; empty means all of the source
	// Handle takes in one event: inbox.Once and the effect in one Write. An error asks for the event again. Spans of ctx belong to the trace
	// of the call that made the event.
	Handle func(ctx context.Context, e outbox.Event) error
	// DeadLetter keeps an event that Handle refused every time (inbox.Bury in a Write), so that the next ones can pass. When it fails, or
	// is nil, or Handle's error is an Unavailable fault, which says nothing about the event, the event is tried again later and the next
	// ones of its subject wait.
	DeadLetter func(ctx context.Context, e outbox.Event, cause error) error
}

// wants says whether the subscription matches the event.
func (s Subscription) wants(e outbox.Event) bool {
	if s.Source != e.Source {
		return false
	}
	if len(s.Types) == 0 {
		return true
	}
	for _, t := range s.Types {
		if t == e.Type {
			return true
		}
		if prefix, ok := strings.CutSuffix(t, "*"); ok && strings.HasSuffix(prefix, ".") && strings.HasPrefix(e.Type, prefix) {
			return true
		}
	}
	return false
}

// add is subs with one more; a second subscription of a consumer to a source would share its inbox, and is refused.
func add(subs []Subscription, s Subscription) ([]Subscription, error) {
	if s.Consumer == "" || s.Source == "" || s.Handle == nil {
		return nil, errors.New("subscribe: consumer, source and handle are needed")
	}
	for _, old := range subs {
		if old.Consumer == s.Consumer && old.Source == s.Source {
			return nil, fmt.Errorf("subscribe: consumer %s already subscribed to %s; list all types in one subscription", s.Consumer, s.Source)
		}
	}
	return append(subs, s), nil
}
