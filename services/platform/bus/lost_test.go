package bus_test

import (
	"bytes"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/throughline/throughline/services/platform/servers"
)

// An answer that was lost on the way had taken its events from the group: they come again, before newer ones.
func TestAnswersWithEventsAreLost(t *testing.T) {
	addr := servers.Redis(t)
	p, c := newPublisher(t, connect(t, addr, nil)), newConsumer(t, "performance")
	start(t, p.relay.Run)
	var lost atomic.Int64
	b := connect(t, lossy(t, addr, func(answer []byte) bool {
		return bytes.Contains(answer, []byte("goal.updated")) && lost.Add(1)%2 == 1
	}), nil)
	must(t, b.Subscribe(c.subscription()))
	start(t, b.Run)
	subjects := names(3)
	for range 5 {
		p.make(t, 8, subjects...)
		c.await(t, 20)
	}
	c.await(t, 5*4)
	c.want(t, 40, subjects...)
	if lost.Load() < 2 {
		t.Errorf("only %d answers had events", lost.Load())
	}
}

// lossy passes bytes on to a server, and breaks a connection instead of passing on an answer that lose picks.
func lossy(t *testing.T, addr string, lose func(answer []byte) bool) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	var running sync.WaitGroup
	var open sync.Map
	running.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", addr)
			if err != nil {
				_ = client.Close()
				continue
			}
			open.Store(client, nil)
			open.Store(server, nil)
			end := func() { _, _ = client.Close(), server.Close() }
			running.Go(func() { _, _ = io.Copy(server, client); end() })
			running.Go(func() {
				defer end()
				buffer := make([]byte, 1<<20)
				for {
					n, err := server.Read(buffer)
					if err != nil || lose(buffer[:n]) {
						return
					}
					if _, err := client.Write(buffer[:n]); err != nil {
						return
					}
				}
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		open.Range(func(c, _ any) bool { _ = c.(net.Conn).Close(); return true })
		running.Wait()
	})
	return l.Addr().String()
}
