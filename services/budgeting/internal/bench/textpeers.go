package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// cbc reads the text format and proves to gap 0.
func (s shop) cbc(ctx context.Context) peer {
	p := peer{name: "CBC"}
	if _, err := exec.LookPath("cbc"); err != nil {
		p.missing = "no cbc (coinor-cbc)"
		return p
	}
	out, err := s.run(ctx, time.Minute, "cbc", "-stop")
	if err != nil {
		p.missing = err.Error()
		return p
	}
	p.version = "CBC " + match(`Version:\s*(\S+)`, out.text)
	p.solve = func(ctx context.Context, l *linear, limit time.Duration) (answer, error) {
		return s.text(ctx, l, limit, parseCBC, "cbc", "MODEL", "-sec", seconds(limit), "-ratio", "0", "-allow", "0", "-solve", "-solution", "ANSWER", "-quit")
	}
	return p
}

// glpk reads the text format and proves to gap 0.
func (s shop) glpk(ctx context.Context) peer {
	p := peer{name: "GLPK"}
	if _, err := exec.LookPath("glpsol"); err != nil {
		p.missing = "no glpsol (glpk-utils)"
		return p
	}
	out, err := s.run(ctx, time.Minute, "glpsol", "--version")
	if err != nil {
		p.missing = err.Error()
		return p
	}
	p.version = "GLPK " + match(`(\d+\.\d+)`, out.text)
	p.solve = func(ctx context.Context, l *linear, limit time.Duration) (answer, error) {
		return s.text(ctx, l, limit, parseGLPK, "glpsol", "--lp", "MODEL", "--tmlim", seconds(limit), "--mipgap", "0", "--write", "ANSWER")
	}
	return p
}

func seconds(d time.Duration) string { return strconv.Itoa(int(d.Seconds())) }

// text runs a solver that reads the text format; its CPU time is the whole process, which starts and reads in a few per cent of what it solves.
func (s shop) text(ctx context.Context, l *linear, limit time.Duration, parse func(string, int) (answer, error), name string, args ...string) (answer, error) {
	model, result := filepath.Join(s.dir, "model.lp"), filepath.Join(s.dir, "answer.txt")
	if err := s.file(model, l.writeText); err != nil {
		return answer{}, err
	}
	defer os.Remove(model)
	defer os.Remove(result)
	for i, a := range args {
		switch a {
		case "MODEL":
			args[i] = model
		case "ANSWER":
			args[i] = result
		}
	}
	out, err := s.run(ctx, limit, name, args...)
	if errors.Is(err, errTimeout) {
		return answer{cpu: out.cpu}, nil
	}
	if err != nil {
		return answer{}, err
	}
	raw, err := os.ReadFile(result)
	if errors.Is(err, os.ErrNotExist) {
		return answer{cpu: out.cpu}, nil // CBC writes none when it found none
	}
	if err != nil {
		return answer{}, err
	}
	a, err := parse(string(raw), len(l.cost))
	a.cpu = out.cpu
	return a, err
}

// parseCBC reads a line of status, then "index name value cost" for each column that is not zero.
func parseCBC(s string, columns int) (answer, error) {
	first, rest, _ := strings.Cut(s, "\n")
	a := answer{x: make([]float64, columns)}
	switch {
	case strings.HasPrefix(first, "Optimal"):
		a.status = proven
	case strings.Contains(first, "objective value") && !strings.Contains(first, "nfeasible") && !strings.Contains(first, "no integer"):
		a.status = found
	default:
		return answer{}, nil
	}
	for line := range strings.Lines(rest) {
		fields := strings.Fields(strings.TrimPrefix(strings.TrimSpace(line), "**"))
		if len(fields) < 3 || !strings.HasPrefix(fields[1], "x") {
			continue
		}
		if err := a.set(fields[1][1:], 0, fields[2]); err != nil {
			return answer{}, fmt.Errorf("read the answer of cbc: %w", err)
		}
	}
	return a, nil
}

// parseGLPK reads the lines "s mip rows columns status value" and "j column value".
func parseGLPK(s string, columns int) (answer, error) {
	a := answer{x: make([]float64, columns)}
	for line := range strings.Lines(s) {
		fields := strings.Fields(line)
		switch {
		case len(fields) > 4 && fields[0] == "s":
			a.status = map[string]status{"o": proven, "f": found}[fields[4]]
		case len(fields) > 2 && fields[0] == "j":
			if err := a.set(fields[1], 1, fields[2]); err != nil {
				return answer{}, fmt.Errorf("read the answer of glpsol: %w", err)
			}
		}
	}
	if a.status == nothing {
		return answer{}, nil
	}
	return a, nil
}

// set takes the value of a column as text, numbered from base.
func (a *answer) set(column string, base int, value string) error {
	i, err := strconv.Atoi(column)
	if err != nil || i < base || i-base >= len(a.x) {
		return fmt.Errorf("no column %q", column)
	}
	v, err := strconv.ParseFloat(value, 64)
	if err != nil {
		return fmt.Errorf("column %s: %w", column, err)
	}
	a.x[i-base] = v
	return nil
}
