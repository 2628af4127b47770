package main

import (
	"context"
	"fmt"
	"io"
	"regexp"
	"time"
)

// bench runs the jobs one after the other and fills the table.
type bench struct {
	peers
	table

	limit    time.Duration // of each answer of a peer
	seeds    int           // on which CBC is compared
	only     *regexp.Regexp
	progress io.Writer
}

// asked says whether the job is wanted, and announces it.
func (b *bench) asked(job string) bool {
	if !b.only.MatchString(job) {
		return false
	}
	fmt.Fprintln(b.progress, job)
	return true
}

// ask runs a peer: up to three times when it is quick, for the median of its CPU time. A peer that breaks down is skipped, and false returned.
func (b *bench) ask(ctx context.Context, job string, p *peer, l *linear) (answer, bool, error) {
	var each []time.Duration
	for {
		a, err := p.solve(ctx, l, b.limit)
		switch {
		case ctx.Err() != nil:
			return a, false, ctx.Err()
		case err != nil:
			b.skipped(job, p.name, err.Error())
			return a, false, nil
		case a.status == nothing:
			return a, true, nil
		}
		each = append(each, a.cpu)
		if len(each) == 3 || a.cpu > time.Second {
			a.cpu = median(each)
			return a, true, nil
		}
	}
}

// noAnswer is the text for an answer that did not come.
func (b *bench) noAnswer() verdict {
	return verdict{text: fmt.Sprintf("no answer within %.0f s", b.limit.Seconds())}
}

// all runs every job.
func (b *bench) all(ctx context.Context, full bool) error {
	for _, job := range []func(context.Context) error{b.divide, b.growth, func(ctx context.Context) error { return b.choose(ctx, full) }, b.published} {
		if err := job(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (p *peers) versions() []string {
	var out []string
	for _, q := range []*peer{&p.ipopt, &p.highs, &p.cbc, &p.glpk} {
		if q.missing != "" {
			out = append(out, q.name+" missing: "+q.missing)
			continue
		}
		out = append(out, q.version)
	}
	return out
}
