package authn

import (
	"sync"
	"time"
)

// maxVerified bounds the tokens whose signature is remembered as good: checking one costs more than the rest of a
// small call together.
const maxVerified = 4096

// memory remembers verified tokens until they expire. The zero value is empty; safe for concurrent use.
type memory struct {
	mu       sync.RWMutex
	verified map[string]verified
}

type verified struct {
	id    Identity
	until time.Time
}

func (m *memory) find(token string, now time.Time) (Identity, bool) {
	m.mu.RLock()
	known, ok := m.verified[token]
	m.mu.RUnlock()
	if !ok || !now.Before(known.until) {
		return Identity{}, false
	}
	return known.id, true
}

// keep evicts an arbitrary token when full: what is evicted is only checked again.
func (m *memory) keep(token string, id Identity, until time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.verified == nil {
		m.verified = map[string]verified{}
	}
	if len(m.verified) >= maxVerified {
		for other := range m.verified {
			delete(m.verified, other)
			break
		}
	}
	m.verified[token] = verified{id, until}
}
