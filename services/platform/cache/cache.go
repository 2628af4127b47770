// Package cache keeps encoded answers for as long as it has room.
package cache

import (
	"context"
	"fmt"
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// DefaultBytes is the default of Config.Bytes.
const DefaultBytes = 64 << 20

// Key names an answer: a digest of all that the answer depends on, so that what is kept under it is never out of date.
type Key [32]byte

// Store keeps answers. It may forget any at any time, and failing is forgetting: the caller then works the answer out. What it answers is
// shared and must not be changed, nor what it was given.
type Store interface {
	Get(ctx context.Context, key Key) (value []byte, found bool)
	Put(ctx context.Context, key Key, value []byte)
}

// Config of a store.
type Config struct {
	Bytes int `default:"67108864" help:"Memory for answers that are kept to be given again; 0 keeps none."`
}

// Validate names every bad setting.
func (c *Config) Validate() error {
	if c.Bytes < 0 {
		return fmt.Errorf("cache.bytes must not be negative, as %d is", c.Bytes)
	}
	return nil
}

// InProcess is a store in this process. When it is full, what has not been asked for longest goes.
type InProcess struct {
	limit int

	mu    sync.Mutex
	used  int
	known *simplelru.LRU[Key, []byte]
}

// overhead is about what an answer takes beside its own bytes.
const overhead = 200

var _ Store = (*InProcess)(nil)

// NewInProcess makes a store; nil, and so none, if there is to be no room for anything.
func NewInProcess(c Config) (Store, error) {
	if err := c.Validate(); err != nil || c.Bytes == 0 {
		return nil, err
	}
	s := &InProcess{limit: c.Bytes}
	known, err := simplelru.NewLRU(c.Bytes/overhead+1, func(_ Key, value []byte) { s.used -= len(value) + overhead })
	if err != nil {
		return nil, fmt.Errorf("make room for answers: %w", err)
	}
	s.known = known
	return s, nil
}

// Get finds an answer.
func (s *InProcess) Get(_ context.Context, key Key) ([]byte, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.known.Get(key)
}

// Put keeps an answer, unless it alone is more than an eighth of the store.
func (s *InProcess) Put(_ context.Context, key Key, value []byte) {
	if len(value)+overhead > s.limit/8 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known.Remove(key)
	s.known.Add(key, value)
	s.used += len(value) + overhead
	for s.used > s.limit {
		s.known.RemoveOldest()
	}
}
