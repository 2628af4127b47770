package bus

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/throughline/throughline/services/platform/outbox"
)

// An entry of a stream is an event: its ID is "POSITION-0", so that what the stream has is known by its last ID alone. The fields are the attributes
// under these names (those of CloudEvents where it has them), in the order of values, and "after", the ID of the entry before.
const (
	fieldID           = "id"
	fieldType         = "type"
	fieldOrganization = "organization"
	fieldSubject      = "subject"
	fieldSequence     = "sequence"
	fieldTime         = "time" // microseconds since 1970
	fieldActor        = "actor"
	fieldRequestID    = "requestid"
	fieldEtagBefore   = "etagbefore"
	fieldEtagAfter    = "etagafter"
	fieldTraceParent  = "traceparent"
	fieldData         = "data"
	fieldAfter        = "after"
)

var fieldNames = []any{
	fieldID, fieldType, fieldOrganization, fieldSubject, fieldSequence, fieldTime, fieldActor, fieldRequestID, fieldEtagBefore, fieldEtagAfter, fieldTraceParent, fieldData,
}

// A call of the script takes no more than either, since Redis serves nobody else meanwhile.
const (
	callEvents = 256
	callBytes  = 1 << 20
)

// none is the last ID of a stream without entries.
const none = "0-0"

//go:embed append.lua
var appendText string

var appendScript = redis.NewScript(appendText)

func entryID(position int64) string { return strconv.FormatInt(position, 10) + "-0" }

// Position asks the stream. It answers an error for a stream that some other program appended to.
func (b *Redis) Position(ctx context.Context, source string) (int64, error) {
	t := b.tailOf(source)
	t.mu.Lock()
	defer t.mu.Unlock()
	last, err := b.last(ctx, key(source))
	if err != nil {
		return 0, err
	}
	id, err := parseID(last)
	if err != nil || id.rest != 0 || id.position > math.MaxInt64 {
		return 0, fmt.Errorf("the last entry of stream %s has ID %s, which is no position of an outbox; delete the stream, and all events are published again", key(source), last)
	}
	t.last = last
	return int64(id.position), nil
}

// last is the ID that the stream gave out last.
func (b *Redis) last(ctx context.Context, key string) (string, error) {
	info, err := b.client.XInfoStream(ctx, key).Result()
	switch {
	case absent(err):
		return none, nil
	case err != nil:
		return "", redisError("look at stream "+key, err)
	}
	return info.LastGeneratedID, nil
}

// absent says that Redis has no such key, or no such group.
func absent(err error) bool {
	return err != nil && (strings.HasPrefix(err.Error(), "ERR no such key") || strings.HasPrefix(err.Error(), "NOGROUP"))
}

// Publish appends the events, all of one source, if the stream stands where Position and this process's appends left it. Else, and after any
// failure, ask Position and go on from there.
func (b *Redis) Publish(ctx context.Context, events []outbox.Event) (done int, err error) {
	if len(events) == 0 {
		return 0, nil
	}
	t := b.tailOf(events[0].Source)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.last == "" {
		return 0, errors.New("publish to Redis: ask Position first")
	}
	for done < len(events) {
		n := callSize(events[done:])
		if err := b.append(ctx, t, events[done:done+n]); err != nil {
			t.last = ""
			return done, err
		}
		done += n
	}
	return done, nil
}

// callSize is how many of the events one call takes, at least one.
func callSize(events []outbox.Event) int {
	size := 0
	for i, e := range events {
		size += len(e.Data)
		if i == callEvents || size > callBytes && i > 0 {
			return i
		}
	}
	return len(events)
}

func (b *Redis) append(ctx context.Context, t *tail, events []outbox.Event) error {
	source := events[0].Source
	args := make([]any, 0, 2+len(fieldNames)+len(events)*(1+len(fieldNames)))
	args = append(append(args, t.last, len(fieldNames)), fieldNames...)
	for _, e := range events {
		if e.Source != source {
			return fmt.Errorf("publish to Redis: event %s is of %s among those of %s", e.ID, e.Source, source)
		}
		args = append(args, entryID(e.Position), e.ID, e.Type, e.Organization, e.Subject, e.Sequence, e.Time.UnixMicro(), e.Actor, e.RequestID, e.EtagBefore, e.EtagAfter, e.TraceParent, e.Data)
	}
	last, err := appendScript.Run(ctx, b.client, []string{key(source)}, args...).Text()
	if err != nil {
		return redisError("append to stream "+key(source), err)
	}
	// After a lost answer the client calls again; the stream then ends with these events already.
	if want := entryID(events[len(events)-1].Position); last != want {
		return fmt.Errorf("stream %s ends at %s and not at %s: Redis lost events, or another process published", key(source), last, t.last)
	}
	t.last = last
	return nil
}

// decode is the event of an entry, and the position before it. With an error the event has only its position.
func decode(source string, m redis.XMessage) (e outbox.Event, after int64, err error) {
	id, err := parseID(m.ID)
	if err != nil {
		return outbox.Event{}, 0, err
	}
	text := func(name string) string {
		s, ok := m.Values[name].(string)
		if !ok && err == nil {
			err = fmt.Errorf("field %s is missing", name)
		}
		return s
	}
	number := func(name string) int64 {
		n, bad := strconv.ParseInt(text(name), 10, 64)
		if bad != nil && err == nil {
			err = fmt.Errorf("field %s is no number", name)
		}
		return n
	}
	e = outbox.Event{
		Position: int64(id.position), Source: source, ID: text(fieldID), Type: text(fieldType), Organization: text(fieldOrganization), Subject: text(fieldSubject),
		Sequence: number(fieldSequence), Time: time.UnixMicro(number(fieldTime)).UTC(), Actor: text(fieldActor), RequestID: text(fieldRequestID),
		EtagBefore: text(fieldEtagBefore), EtagAfter: text(fieldEtagAfter), TraceParent: text(fieldTraceParent), Data: []byte(text(fieldData)),
	}
	before, bad := parseID(text(fieldAfter))
	if err == nil {
		err = bad
	}
	if err != nil {
		return outbox.Event{Position: e.Position}, 0, fmt.Errorf("entry %s: %w", m.ID, err)
	}
	return e, int64(before.position), nil
}

// streamID is an entry's ID in its order.
type streamID struct{ position, rest uint64 }

func (a streamID) String() string { return fmt.Sprintf("%d-%d", a.position, a.rest) }

func (a streamID) less(b streamID) bool {
	return a.position < b.position || a.position == b.position && a.rest < b.rest
}

// before is the greatest ID below; that of 0-0 is itself.
func (a streamID) before() streamID {
	switch {
	case a.rest > 0:
		return streamID{a.position, a.rest - 1}
	case a.position > 0:
		return streamID{a.position - 1, math.MaxUint64}
	}
	return a
}

func parseID(s string) (id streamID, err error) {
	position, rest, ok := strings.Cut(s, "-")
	if ok {
		if id.position, err = strconv.ParseUint(position, 10, 64); err == nil {
			id.rest, err = strconv.ParseUint(rest, 10, 64)
		}
	}
	if !ok || err != nil {
		return streamID{}, fmt.Errorf("%q is no ID of a stream", s)
	}
	return id, nil
}
