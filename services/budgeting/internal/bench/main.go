// Command bench runs the allocation engine and the solvers that Debian offers on the same instances and prints one table of ratios.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"runtime"
	"strings"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	flags := flag.NewFlagSet("peers", flag.ContinueOnError)
	flags.SetOutput(stderr)
	seeds := flags.Int("seeds", 3, "`instances` of each kind of package choice on which CBC is compared")
	full := flags.Bool("full", false, "compare CBC on all 20 instances of each kind")
	limit := flags.Duration("limit", 30*time.Second, "CPU `time` that a peer has for one answer, in whole seconds")
	only := flags.String("run", "", "run only the jobs that match this `regexp`")
	if err := flags.Parse(args); err != nil {
		return err
	}
	jobs, err := regexp.Compile(*only)
	if err != nil {
		return fmt.Errorf("-run: %w", err)
	}
	if *seeds < 1 || *limit < time.Second {
		return errors.New("-seeds must be at least 1 and -limit at least 1s")
	}
	dir, err := os.MkdirTemp("", "peers-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	found, err := shop{dir}.peers(ctx)
	if err != nil {
		return err
	}
	b := &bench{peers: found, limit: *limit, seeds: *seeds, only: jobs, progress: stderr}
	fmt.Fprintf(stdout, "%s %s/%s; %s\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, strings.Join(found.versions(), "; "))
	fmt.Fprintf(stdout, "CPU time (user and system), medians; peers run with one thread, at gap 0, at most %s for an answer (by the clock that the peer counts)\n\n", *limit)
	failed := b.all(ctx, *full)
	if err := errors.Join(failed, b.write(stdout)); err != nil {
		return err
	}
	if b.disagree {
		return errors.New("objectives disagree: see the rows marked DISAGREE")
	}
	return nil
}
