package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

//go:embed drivers/ipopt.c
var ipoptSource []byte

//go:embed drivers/highs.py
var highsSource []byte

// status is how far a peer came.
type status int

const (
	nothing status = iota // no answer within the limit
	found                 // an answer, not proven best
	proven                // says that its answer is optimal
)

// answer is what a peer returns.
type answer struct {
	status status
	cpu    time.Duration
	x      []float64 // of each column; nil for nothing
}

// peer is another solver on this machine.
type peer struct {
	name    string
	version string
	missing string // why it cannot run; empty when it can
	solve   func(ctx context.Context, l *linear, limit time.Duration) (answer, error)
}

// shop is where peers are built and fed: a temporary folder.
type shop struct{ dir string }

// peers are the four solvers, found or missing.
type peers struct{ ipopt, highs, cbc, glpk peer }

func (s shop) peers(ctx context.Context) (peers, error) {
	ipopt, err := s.ipopt(ctx)
	if err != nil {
		return peers{}, err
	}
	highs, err := s.highs(ctx)
	if err != nil {
		return peers{}, err
	}
	return peers{ipopt, highs, s.cbc(ctx), s.glpk(ctx)}, nil
}

// ipopt compiles the driver against the system's library.
func (s shop) ipopt(ctx context.Context) (peer, error) {
	p := peer{name: "Ipopt"}
	source, program := filepath.Join(s.dir, "ipopt.c"), filepath.Join(s.dir, "ipopt")
	if err := os.WriteFile(source, ipoptSource, 0o600); err != nil {
		return p, err
	}
	compiler := ""
	for _, name := range []string{"gcc", "cc", "clang"} {
		if _, err := exec.LookPath(name); err == nil && compiler == "" {
			compiler = name
		}
	}
	if compiler == "" {
		p.missing = "no C compiler"
		return p, nil
	}
	args := []string{"-O2", "-o", program, source, "-DHAVE_CSTDDEF", "-I/usr/include/coin", "-I/usr/include/coin-or", "-lipopt", "-lm"}
	if _, err := s.run(ctx, time.Minute, compiler, args...); err != nil {
		p.missing = "its driver does not compile (is coinor-libipopt-dev installed?)"
		return p, ctx.Err()
	}
	p.version = "Ipopt (version unknown)"
	if out, err := s.run(ctx, time.Minute, "pkg-config", "--modversion", "ipopt"); err == nil {
		p.version = "Ipopt " + strings.TrimSpace(out.text)
	}
	p.solve = func(ctx context.Context, l *linear, limit time.Duration) (answer, error) {
		return s.driver(ctx, l, limit, map[string]status{"0": proven, "1": proven}, program) // 1: solved to the acceptable level
	}
	return p, nil
}

// highs is the solver inside scipy, of the system's Python before any other.
func (s shop) highs(ctx context.Context) (peer, error) {
	p := peer{name: "HiGHS"}
	script := filepath.Join(s.dir, "highs.py")
	if err := os.WriteFile(script, highsSource, 0o600); err != nil {
		return p, err
	}
	p.missing = "no Python with scipy 1.9 or later (python3-scipy)"
	for _, python := range []string{"/usr/bin/python3", "python3"} {
		out, err := s.run(ctx, time.Minute, python, script, "version")
		if err != nil {
			continue
		}
		p.missing, p.version = "", "HiGHS "+match(`HiGHS (\d[\w.]*)`, out.text)+" in scipy "+match(`scipy (\S+)`, out.text)
		p.solve = func(ctx context.Context, l *linear, limit time.Duration) (answer, error) {
			return s.driver(ctx, l, limit, map[string]status{"0": proven, "1": found}, python, script)
		}
		break
	}
	return p, ctx.Err()
}

// driver runs a program of ours around a peer: MODEL ANSWER SECONDS, answering "code cpu-seconds".
func (s shop) driver(ctx context.Context, l *linear, limit time.Duration, codes map[string]status, command ...string) (answer, error) {
	model, result := filepath.Join(s.dir, "model.bin"), filepath.Join(s.dir, "answer.bin")
	if err := s.file(model, l.writeBinary); err != nil {
		return answer{}, err
	}
	defer os.Remove(model)
	defer os.Remove(result)
	out, err := s.run(ctx, limit, command[0], append(command[1:], model, result, fmt.Sprintf("%.0f", limit.Seconds()))...)
	if errors.Is(err, errTimeout) {
		return answer{cpu: out.cpu}, nil
	}
	if err != nil {
		return answer{}, err
	}
	var code string
	var seconds float64
	if _, err := fmt.Sscan(out.text, &code, &seconds); err != nil {
		return answer{}, fmt.Errorf("read the answer of %s: %w", command[0], err)
	}
	a := answer{status: codes[code], cpu: time.Duration(seconds * float64(time.Second))}
	raw, err := os.ReadFile(result)
	if err != nil {
		return answer{}, err
	}
	if a.status == nothing || len(raw) != 8*len(l.cost) {
		a.status = nothing
		return a, nil
	}
	a.x = make([]float64, len(l.cost))
	return a, binary.Read(bytes.NewReader(raw), binary.LittleEndian, a.x)
}

// file writes a model.
func (s shop) file(name string, write func(w io.Writer) error) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Close())
}

var errTimeout = errors.New("no answer within the limit")

type output struct {
	text string
	cpu  time.Duration
}

// run runs a command with one thread, in the temporary folder. The limit is what the command was told: it is ended only when it goes far beyond.
func (s shop) run(ctx context.Context, limit time.Duration, name string, args ...string) (output, error) {
	inner, cancel := context.WithTimeout(ctx, 2*limit+20*time.Second)
	defer cancel()
	cmd := exec.CommandContext(inner, name, args...) //nolint:gosec // fixed commands of this file
	cmd.Dir = s.dir
	cmd.Env = append(os.Environ(), "OMP_NUM_THREADS=1", "OPENBLAS_NUM_THREADS=1", "LC_ALL=C")
	cmd.WaitDelay = time.Second
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	out := output{text: stdout.String()}
	if cmd.ProcessState != nil {
		out.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	}
	switch {
	case ctx.Err() != nil:
		return out, ctx.Err()
	case inner.Err() != nil:
		return out, errTimeout
	case err != nil:
		return out, fmt.Errorf("%s: %w: %s", filepath.Base(name), err, lastLine(stderr.String()+stdout.String()))
	default:
		return out, nil
	}
}

func lastLine(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return lines[len(lines)-1]
}

// match is the first group of the pattern in s, or "?".
func match(pattern, s string) string {
	if m := regexp.MustCompile(pattern).FindStringSubmatch(s); m != nil {
		return m[1]
	}
	return "?"
}
