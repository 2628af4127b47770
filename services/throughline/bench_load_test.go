package throughline_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"
)

// callersEnv makes this test binary the callers of a benchmark: their CPU is then not the server's.
const callersEnv = "THROUGHLINE_BENCH_CALLERS"

// batch is what the callers are asked to do, as a line of JSON.
type batch struct {
	Address string
	Texts   []string // HTTP requests to send one after the other; "{n}" stands for eight digits that never repeat
	Method  string   // of gRPC, instead of Texts
	Message []byte   // encoded request of Method
	Token   string
	Keyed   bool // calls of Method carry an Idempotency-Key, each its own
	First   int  // the first number that "{n}" stands for
	Times   int
	Callers int
}

// callers is the process that calls.
type callers struct {
	in  *json.Encoder
	out *bufio.Scanner
	n   int
}

// startCallers runs until the benchmark ends.
func startCallers(b *testing.B) *callers {
	b.Helper()
	cmd := exec.CommandContext(b.Context(), os.Args[0], "-test.run=^TestCallers$") //nolint:gosec // this very binary
	cmd.Env = append(os.Environ(), callersEnv+"=1")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait()
	})
	return &callers{in: json.NewEncoder(in), out: bufio.NewScanner(out)}
}

// call has the batch called, and answers the CPU of this process meanwhile.
func (c *callers) call(b *testing.B, todo batch) time.Duration {
	b.Helper()
	todo.First = c.n
	c.n += todo.Times
	before := processCPU(b)
	if err := c.in.Encode(todo); err != nil {
		b.Fatal(err)
	}
	if !c.out.Scan() || c.out.Text() != "done" {
		b.Fatalf("the callers said %q (%v)", c.out.Text(), c.out.Err())
	}
	return processCPU(b) - before
}

// processCPU is the user and system time that this process has used.
func processCPU(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// side is one of two that are compared: run makes some calls and answers their CPU.
type side struct {
	calls int
	run   func(b *testing.B) time.Duration
}

// side has the batch called.
func (c *callers) side(todo batch) side {
	return side{calls: todo.Times * max(1, len(todo.Texts)), run: func(b *testing.B) time.Duration {
		b.Helper()
		return c.call(b, todo)
	}}
}

// compare runs ours and the peer in turns, and reports the CPU of each call and the ratio: the medians of rounds that begin with either side in turn,
// so that what else the machine does falls on both.
func compare(b *testing.B, ours, peer side) {
	b.Helper()
	const rounds = 21
	ours.run(b) // warm
	peer.run(b)
	var mine, theirs, ratios []float64
	for b.Loop() {
		for round := range rounds {
			var cpu [2]float64
			for turn := range cpu {
				at := (turn + round) % 2
				s := [2]side{ours, peer}[at]
				cpu[at] = float64(s.run(b).Nanoseconds()) / 1e3 / float64(s.calls)
			}
			mine, theirs, ratios = append(mine, cpu[0]), append(theirs, cpu[1]), append(ratios, cpu[0]/cpu[1])
		}
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median(mine), "µs/call")
	b.ReportMetric(median(theirs), "peer-µs/call")
	b.ReportMetric(median(ratios), "×peer")
}

func median(of []float64) float64 {
	of = slices.Sorted(slices.Values(of))
	return of[len(of)/2]
}

// TestCallers is no test but the process that startCallers starts.
func TestCallers(t *testing.T) {
	if os.Getenv(callersEnv) == "" {
		return
	}
	for lines := json.NewDecoder(os.Stdin); ; {
		var todo batch
		if err := lines.Decode(&todo); errors.Is(err, io.EOF) {
			os.Exit(0) // without the summary of a test
		} else if err != nil {
			t.Fatal(err)
		}
		if err := todo.run(t.Context()); err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println("done")
	}
}

// run spreads the calls over the callers.
func (todo batch) run(ctx context.Context) error {
	call := todo.overHTTP
	if todo.Method != "" {
		conn, err := grpc.NewClient(todo.Address, grpc.WithTransportCredentials(insecure.NewCredentials()))
		if err != nil {
			return err
		}
		defer conn.Close()
		call = func(ctx context.Context, take func() (int, bool)) error { return todo.overGRPC(ctx, conn, take) }
	}
	var next atomic.Int64
	take := func() (int, bool) {
		n := int(next.Add(1)) - 1
		return todo.First + n, n < todo.Times
	}
	failed := make([]error, todo.Callers)
	var wg sync.WaitGroup
	for i := range todo.Callers {
		wg.Go(func() { failed[i] = call(ctx, take) })
	}
	wg.Wait()
	return errors.Join(failed...)
}

func (todo batch) overHTTP(ctx context.Context, take func() (int, bool)) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", todo.Address)
	if err != nil {
		return err
	}
	defer conn.Close()
	in := bufio.NewReaderSize(conn, 64<<10)
	for n, ok := take(); ok; n, ok = take() {
		for _, text := range todo.Texts {
			if _, err := io.WriteString(conn, strings.ReplaceAll(text, "{n}", fmt.Sprintf("%08d", n))); err != nil {
				return err
			}
			if err := readAnswer(in); err != nil {
				return err
			}
		}
	}
	return nil
}

// readAnswer reads an answer that must be 200.
func readAnswer(in *bufio.Reader) error {
	response, err := http.ReadResponse(in, nil)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		body, _ := io.ReadAll(response.Body)
		return fmt.Errorf("%s: %s", response.Status, body)
	}
	_, err = io.Copy(io.Discard, response.Body)
	return err
}

func (todo batch) overGRPC(ctx context.Context, conn *grpc.ClientConn, take func() (int, bool)) error {
	request := &emptypb.Empty{} // its unknown fields are the request
	if err := proto.Unmarshal(todo.Message, request); err != nil {
		return err
	}
	for n, ok := take(); ok; n, ok = take() {
		pairs := []string{"authorization", "Bearer " + todo.Token}
		if todo.Keyed {
			pairs = append(pairs, "idempotency-key", strconv.Itoa(n))
		}
		if err := conn.Invoke(metadata.AppendToOutgoingContext(ctx, pairs...), todo.Method, request, &emptypb.Empty{}); err != nil {
			return err
		}
	}
	return nil
}

func listenAs(b *testing.B) net.Listener {
	b.Helper()
	l, err := (&net.ListenConfig{}).Listen(b.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	return l
}
