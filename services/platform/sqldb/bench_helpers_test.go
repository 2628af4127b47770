//go:build unix

package sqldb_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/throughline/throughline/services/platform/servers"
	"github.com/throughline/throughline/services/platform/sqldb"
	"github.com/throughline/throughline/services/platform/sqldb/sqldbtest"
)

// benchRounds is how often contenders take turns; medians of them are told.
const benchRounds = 5

// contender does a part of the work that is compared.
type contender struct {
	name string
	unit string // what is counted, such as commit
	n    int    // of them in a round
	run  func() // does n
}

// measured is what one of them took in each round: wall clock and CPU of this process, and that of the server in all rounds, whose clock is coarse.
type measured struct {
	wall, own []float64
	server    time.Duration
}

// compare has contenders take turns, tells the medians of what each took, and the medians of the rounds' ratios of the first to each other one.
// server is the CPU that the server has used so far; nil where there is none.
func compare(b *testing.B, server func() time.Duration, contenders ...contender) {
	b.Helper()
	known := server != nil
	if !known {
		server = func() time.Duration { return 0 }
	}
	took := make([]measured, len(contenders))
	for range b.N {
		for range benchRounds {
			for i, c := range contenders {
				theirs := server()
				own, wall := ownCPU(b), time.Now()
				c.run()
				took[i].own, took[i].wall = append(took[i].own, per(ownCPU(b)-own, c.n)), append(took[i].wall, per(time.Since(wall), c.n))
				took[i].server += server() - theirs
			}
		}
	}
	for i, c := range contenders {
		b.ReportMetric(1e6/median(took[i].wall), c.name+"-"+c.unit+"s/s")
		b.ReportMetric(median(took[i].own), c.name+"-cpu-µs/"+c.unit)
		if known {
			b.ReportMetric(per(took[i].server, c.n*b.N*benchRounds), c.name+"-server-cpu-µs/"+c.unit)
		}
		if i > 0 {
			pair := contenders[0].name + "/" + c.name
			b.ReportMetric(ratio(took[i].wall, took[0].wall), pair)
			b.ReportMetric(ratio(took[0].own, took[i].own), pair+"-cpu")
		}
	}
	b.ReportMetric(0, "ns/op") // of several contenders it says nothing
}

func per(d time.Duration, n int) float64 { return float64(d.Nanoseconds()) / 1000 / float64(n) }

func median(all []float64) float64 {
	all = slices.Sorted(slices.Values(all))
	return all[len(all)/2]
}

// ratio is the median of the rounds' ratios.
func ratio(over, under []float64) float64 {
	all := make([]float64, len(over))
	for i := range over {
		all[i] = over[i] / under[i]
	}
	return median(all)
}

func ownCPU(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// processCPU is what a server and its processes have used, by Linux's account in hundredths of a second; nil elsewhere.
func processCPU(root int) func() time.Duration {
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		return nil
	}
	return func() time.Duration {
		var ticks int64
		files, _ := filepath.Glob("/proc/[0-9]*/stat")
		for _, file := range files {
			text, _ := os.ReadFile(file)
			_, after, _ := strings.Cut(string(text), ") ") // a name may hold spaces
			f := strings.Fields(after)                     // from the state on: ppid is the second, utime the 12th
			if len(f) < 16 || f[1] != strconv.Itoa(root) && filepath.Base(filepath.Dir(file)) != strconv.Itoa(root) {
				continue
			}
			last := 13
			if f[1] != strconv.Itoa(root) {
				last = 15 // the root's processes that have ended
			}
			for _, field := range f[11:last] {
				n, _ := strconv.ParseInt(field, 10, 64)
				ticks += n
			}
		}
		return time.Duration(ticks) * time.Second / 100
	}
}

// callers has so many goroutines share n calls.
func callers(b *testing.B, many, n int, call func(context.Context) error) func() {
	b.Helper()
	return func() {
		var wg sync.WaitGroup
		var left atomic.Int64
		left.Store(int64(n))
		for range many {
			wg.Go(func() {
				for left.Add(-1) >= 0 {
					if err := call(b.Context()); err != nil {
						b.Error(err)
						return
					}
				}
			})
		}
		wg.Wait()
	}
}

// durablePostgres starts a server whose commits wait for the disk, as in production.
func durablePostgres(b *testing.B) (cfg sqldb.PostgresConfig, cpu func() time.Duration) {
	b.Helper()
	servers.SharedPostgres(b) // skips without the program
	server, err := servers.StartPostgres(b.Context(), b.TempDir(), servers.PostgresOptions{Settings: map[string]string{"shared_buffers": "128MB", "max_connections": "200"}})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := server.Stop(); err != nil {
			b.Error(err)
		}
	})
	return sqldb.PostgresConfig{URL: server.URL("postgres"), Schema: "bench", MaxConns: 64, Migrations: sqldbtest.Migrations}, processCPU(server.PID())
}

// thing is the id of the next row.
func thing() string { return fmt.Sprintf("%012d", benchID.Add(1)) }

// benchRows is for either engine.
func benchRows(b *testing.B, db sqldb.DB, server func() time.Duration) {
	b.Helper()
	const batch = 1000
	one := func(ctx context.Context) error { return db.Write(ctx, insertOne) }
	many := func(suffix string) func() {
		return func() {
			for range 4 {
				rows := make([][]any, batch)
				for i := range rows {
					rows[i] = []any{thing(), i}
				}
				write(b, db, func(tx sqldb.Tx) error {
					_, err := sqldb.InsertRows(tx, "things", []string{"id", "n"}, rows, suffix)
					return err
				})
			}
		}
	}
	many("")() // once, so that statements are prepared
	compare(b, server,
		contender{"batched", "row", 4 * batch, many("")},
		contender{"put", "row", 4 * batch, many("ON CONFLICT (id) DO UPDATE SET n = excluded.n")},
		contender{"64-callers", "row", batch, callers(b, 64, batch, one)},
		contender{"one-by-one", "row", 50, callers(b, 1, 50, one)},
	)
}
