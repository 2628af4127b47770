package bus

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"go.opentelemetry.io/otel/metric"

	"github.com/throughline/throughline/services/platform/outbox"
)

const (
	firstWait  = 50 * time.Millisecond // after the first failure, then doubled
	longestTry = 10 * time.Second
	trimEvery  = 15 * time.Second
)

// RedisConfig of a bus on Redis 7.0 or later, or Valkey: one server, Sentinel or Cluster, as the options say.
type RedisConfig struct {
	Config

	Options redis.UniversalOptions
	// Exclusive is that of the consumers' database (sqldb.DB): one process at a time consumes a subscription.
	Exclusive func(ctx context.Context, name string, fn func(context.Context) error) error
	Now       func() time.Time
	Block     time.Duration // how long a read waits for events, and so how long Run may take to end; 0 means 1 s
	// KeepRead is how long events stay in Redis at least after every consumer has read them, 0 means an hour; KeepUnclaimed those of a source that
	// has no consumer at all, 0 means a week.
	KeepRead, KeepUnclaimed time.Duration
}

// Redis is the bus between processes: a stream for each source, a consumer group for each subscription. It holds no truth: what it loses comes
// again from the outbox (it is an outbox.Keeper), and consumers take each event in once.
type Redis struct {
	courier   courier
	cfg       RedisConfig
	client    redis.UniversalClient // of all calls but
	reader    redis.UniversalClient // the reads that wait, which hold their connections
	instr     instruments
	mu        sync.Mutex
	subs      []Subscription
	published map[string]*tail
}

var (
	_ Bus           = (*Redis)(nil)
	_ outbox.Keeper = (*Redis)(nil)
)

// tail is what this process knows of a source that it publishes.
type tail struct {
	mu   sync.Mutex // held while the stream is appended to
	last string     // the stream's last ID as Position told it, and after what was published since
	trim trimmer
}

type instruments struct {
	missing metric.Int64Counter
	waiting metric.Float64Gauge
}

// NewRedis makes a bus; Redis need not be there yet.
func NewRedis(cfg RedisConfig) (*Redis, error) {
	if cfg.Exclusive == nil || cfg.Now == nil {
		return nil, errors.New("bus on Redis: Exclusive and Now are needed")
	}
	if cfg.Block <= 0 {
		cfg.Block = time.Second
	}
	if cfg.KeepRead <= 0 {
		cfg.KeepRead = time.Hour
	}
	if cfg.KeepUnclaimed <= 0 {
		cfg.KeepUnclaimed = 7 * 24 * time.Hour
	}
	c, err := newCourier(cfg.Config)
	if err != nil {
		return nil, err
	}
	b := &Redis{courier: c, cfg: cfg, published: map[string]*tail{}}
	b.instr.missing, err = c.meter().Int64Counter("throughline.events.missing",
		metric.WithDescription("Gaps in a stream: events were deleted before a consumer read them."), metric.WithUnit("{gap}"))
	if err != nil {
		return nil, err
	}
	b.instr.waiting, err = c.meter().Float64Gauge("throughline.events.waiting",
		metric.WithDescription("Age of the oldest event that a consumer has yet to take in, 0 for none."), metric.WithUnit("s"))
	if err != nil {
		return nil, err
	}
	b.client, b.reader = NewClient(cfg.Options), newReader(cfg.Options)
	return b, nil
}

// Subscribe adds a consumer; call it before Run.
func (b *Redis) Subscribe(s Subscription) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	subs, err := add(b.subs, s)
	if err == nil {
		b.subs = subs
	}
	return err
}

// Run consumes every subscription, and trims the streams that this process publishes, until ctx ends. While Redis is away it tries again.
func (b *Redis) Run(ctx context.Context) error {
	b.mu.Lock()
	subs := b.subs
	b.mu.Unlock()
	var wg sync.WaitGroup
	for _, s := range subs {
		wg.Go(func() { b.consume(ctx, s) })
	}
	for b.courier.pause(ctx, trimEvery) == nil {
		b.trimAll(ctx)
	}
	wg.Wait()
	return nil
}

// Close releases the connections; call it after Run has returned.
func (b *Redis) Close() error { return errors.Join(b.client.Close(), b.reader.Close()) }

// key names the stream of a source. The braces keep all that is about it on one node of a cluster.
func key(source string) string { return "{throughline:" + source + "}:events" }

// tailOf is what is known of a source, nothing at first.
func (b *Redis) tailOf(source string) *tail {
	b.mu.Lock()
	defer b.mu.Unlock()
	t := b.published[source]
	if t == nil {
		t = &tail{}
		b.published[source] = t
	}
	return t
}

// sources are those that this process publishes.
func (b *Redis) sources() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := make([]string, 0, len(b.published))
	for source := range b.published {
		all = append(all, source)
	}
	return all
}

func redisError(doing string, err error) error { return fmt.Errorf("%s in Redis: %w", doing, err) }
