package cache_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"pgregory.net/rapid"

	"github.com/throughline/throughline/services/platform/cache"
	"github.com/throughline/throughline/services/platform/servers"
)

func inProcess(t rapid.TB, limit int) cache.Store {
	s, err := cache.NewInProcess(cache.Config{Bytes: limit})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Whatever is put and asked for, an answer is what was put last under its key, and the latest always fits.
func TestAnswersAreThoseKept(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(1, 20_000).Draw(t, "limit")
		s, last := inProcess(t, limit), map[cache.Key][]byte{}
		for range rapid.IntRange(1, 80).Draw(t, "steps") {
			key := cache.Key{byte(rapid.IntRange(0, 30).Draw(t, "key"))}
			if rapid.Bool().Draw(t, "put") {
				value := bytes.Repeat([]byte{byte(rapid.IntRange(0, 255).Draw(t, "byte"))}, rapid.IntRange(0, 4000).Draw(t, "length"))
				s.Put(t.Context(), key, value)
				got, found := s.Get(t.Context(), key)
				if fits := len(value)+200 <= limit/8; found && !bytes.Equal(got, value) && fits || fits != found && last[key] == nil {
					t.Fatalf("%d bytes in a store of %d: found %v", len(value), limit, found)
				} else if fits {
					last[key] = value
				}
			} else if got, found := s.Get(t.Context(), key); found && !bytes.Equal(got, last[key]) {
				t.Fatalf("got %d bytes, want %d", len(got), len(last[key]))
			}
		}
	})
}

func TestNoRoomIsNoStore(t *testing.T) {
	if s := inProcess(t, 0); s != nil {
		t.Errorf("a %T", s)
	}
	if _, err := cache.NewInProcess(cache.Config{Bytes: -1}); err == nil {
		t.Error("-1 bytes are taken")
	}
}

func TestTheLeastAskedForGoes(t *testing.T) {
	s, value := inProcess(t, 9000), make([]byte, 800) // room for nine
	for i := range byte(9) {
		s.Put(t.Context(), cache.Key{i}, value)
	}
	s.Get(t.Context(), cache.Key{0})
	s.Put(t.Context(), cache.Key{9}, value)
	for i := range byte(10) {
		if _, found := s.Get(t.Context(), cache.Key{i}); found != (i != 1) {
			t.Errorf("key %d: found %v", i, found)
		}
	}
}

func newRedis(t *testing.T, addr string, now func() time.Time) *cache.Redis {
	t.Helper()
	client := redis.NewClient(&redis.Options{Addr: addr, ContextTimeoutEnabled: true, MaxRetries: -1})
	t.Cleanup(func() { _ = client.Close() })
	return cache.NewRedis(cache.RedisConfig{Client: client, Now: now, Timeout: time.Minute})
}

func TestProcessesShareAnswers(t *testing.T) {
	addr := servers.Redis(t)
	one, two := newRedis(t, addr, time.Now), newRedis(t, addr, time.Now)
	key := cache.Key{1, 2, 3}
	if value, found := two.Get(t.Context(), key); found {
		t.Errorf("found %q", value)
	}
	one.Put(t.Context(), key, []byte("answer\x00"))
	if value, found := two.Get(t.Context(), key); !found || string(value) != "answer\x00" {
		t.Errorf("got %q, %v", value, found)
	}
	one.Put(t.Context(), cache.Key{4}, []byte(strings.Repeat("x", 1<<20+1)))
	if _, found := two.Get(t.Context(), cache.Key{4}); found {
		t.Error("more than a megabyte was kept")
	}
}

// Redis away is an empty store, and one that comes back is used again.
func TestRedisAway(t *testing.T) {
	servers.Redis(t) // skips without the program
	server, err := servers.StartRedis(t.Context(), t.TempDir(), servers.RedisOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Stop() }()
	now := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	s, key := newRedis(t, server.Addr(), func() time.Time { return now }), cache.Key{1}
	s.Put(t.Context(), key, []byte("answer"))
	if err := server.Kill(); err != nil {
		t.Fatal(err)
	}
	s.Put(t.Context(), key, []byte("answer"))
	if _, found := s.Get(t.Context(), key); found {
		t.Error("found without Redis")
	}
	if err := server.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, found := s.Get(t.Context(), key); found {
		t.Error("found while it rests")
	}
	now = now.Add(time.Second)
	s.Put(t.Context(), key, []byte("again"))
	if value, found := s.Get(t.Context(), key); !found || string(value) != "again" {
		t.Errorf("got %q, %v", value, found)
	}
}
