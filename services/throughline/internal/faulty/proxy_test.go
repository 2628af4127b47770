package faulty_test

import (
	"context"
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/throughline/throughline/services/throughline/internal/faulty"
)

// echo answers what it is sent.
func echo(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { _, _ = io.Copy(c, c); _ = c.Close() }()
		}
	}()
	return l
}

func TestProxy(t *testing.T) {
	defer goleak.VerifyNone(t)
	l := echo(t)
	defer l.Close()
	p, err := faulty.New(context.Background(), l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}()
	c, err := net.Dial("tcp", p.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	say := func(text string, within time.Duration) (string, error) {
		if _, err := io.WriteString(c, text); err != nil {
			return "", err
		}
		got := make([]byte, len(text))
		if err := c.SetReadDeadline(time.Now().Add(within)); err != nil {
			t.Fatal(err)
		}
		_, err := io.ReadFull(c, got)
		return string(got), err
	}
	if got, err := say("good", time.Minute); got != "good" || err != nil {
		t.Fatalf("%q, %v", got, err)
	}
	p.Set(faulty.Fault{Latency: 30 * time.Millisecond})
	began := time.Now()
	if got, err := say("slow", time.Minute); got != "slow" || err != nil || time.Since(began) < 60*time.Millisecond {
		t.Errorf("%q, %v after %s; want 30 ms each way", got, err, time.Since(began))
	}
	p.Set(faulty.Fault{Hole: true})
	if got, err := say("lost", 50*time.Millisecond); !errors.Is(err, context.DeadlineExceeded) && !isTimeout(err) {
		t.Errorf("out of a hole came %q, %v", got, err)
	}
	p.Set(faulty.Fault{})
	got := make([]byte, 4)
	if err := c.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(c, got); string(got) != "lost" || err != nil {
		t.Errorf("after the hole: %q, %v", got, err)
	}
	p.Set(faulty.Fault{HoleBack: true})
	if got, err := say("back", 50*time.Millisecond); !isTimeout(err) {
		t.Errorf("out of a hole came %q, %v", got, err)
	}
	p.Set(faulty.Fault{Refuse: true})
	if err := c.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(c, got); string(got) != "back" || err != nil {
		t.Errorf("after the hole: %q, %v", got, err)
	}
	if refused, err := net.Dial("tcp", p.Addr()); err == nil { // it is taken, and then broken
		if err := refused.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		if _, err := refused.Read(got); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("over a refused connection: %v", err)
		}
		refused.Close()
	}
	p.Set(faulty.Fault{})
	if n := p.Reset(); n != 1 {
		t.Errorf("%d connections reset", n)
	}
	if got, err := say("dead", time.Minute); !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, syscall.EPIPE) {
		t.Errorf("over a broken connection: %q, %v", got, err)
	}
}

func isTimeout(err error) bool {
	var e net.Error
	return errors.As(err, &e) && e.Timeout()
}
