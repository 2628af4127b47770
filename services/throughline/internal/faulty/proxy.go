// Package faulty stands between two programs on this machine and makes their connection as bad as networks are.
package faulty

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// Proxy passes TCP connections on to a target, until it is told to misbehave. Connections under way change with it.
type Proxy struct {
	target   string
	listener net.Listener

	mu     sync.Mutex
	fault  Fault
	turned chan struct{}         // closed when the fault changes
	conns  map[*net.TCPConn]bool // both sides of every connection
	closed bool
	wg     sync.WaitGroup
}

// Fault is how connections are bad; the zero value is not at all.
type Fault struct {
	Latency time.Duration // added to every piece of data, each way
	Hole    bool          // data is taken and goes nowhere, and nobody is told; it is delivered once the hole is gone
	// HoleBack is a hole for what the target answers alone: it is asked, and its answers stay out.
	HoleBack bool
	Refuse   bool // new connections are broken at once
}

// New listens on a loopback port and passes connections on to the address.
func New(ctx context.Context, target string) (*Proxy, error) {
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("proxy of %s: %w", target, err)
	}
	p := &Proxy{target: target, listener: l, turned: make(chan struct{}), conns: map[*net.TCPConn]bool{}}
	p.wg.Go(p.accept)
	return p, nil
}

// Addr is host:port of the proxy.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// Set changes how bad all connections are, from their next piece of data on.
func (p *Proxy) Set(f Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fault = f
	close(p.turned)
	p.turned = make(chan struct{})
}

// Reset breaks every connection under way (TCP RST) and tells how many; new ones are passed on.
func (p *Proxy) Reset() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		_ = c.SetLinger(0) // an RST, not a FIN
		_ = c.Close()
	}
	return len(p.conns) / 2
}

// Close ends the proxy and all connections, and waits until nothing of it runs any more.
func (p *Proxy) Close() error {
	err := p.listener.Close()
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.Set(Fault{})
	p.Reset()
	p.wg.Wait()
	return err
}

func (p *Proxy) accept() {
	for {
		c, err := p.listener.Accept()
		if err != nil {
			return
		}
		near, ok := c.(*net.TCPConn)
		if !ok {
			_ = c.Close()
			continue
		}
		p.wg.Go(func() { p.pass(near) })
	}
}

// pass connects one connection to the target; when one side of it ends, so does the other.
func (p *Proxy) pass(near *net.TCPConn) {
	if !p.keep(near) {
		return
	}
	defer p.drop(near)
	if p.refusing() {
		_ = near.SetLinger(0)
		return
	}
	dialer := net.Dialer{Timeout: 5 * time.Second}
	c, err := dialer.Dial("tcp", p.target) //nolint:noctx // ends by its own time
	if err != nil {
		return
	}
	far, ok := c.(*net.TCPConn)
	if !ok || !p.keep(far) {
		_ = c.Close()
		return
	}
	defer p.drop(far)
	var both sync.WaitGroup
	both.Go(func() { p.pump(far, near, false) })
	both.Go(func() { p.pump(near, far, true) })
	both.Wait()
}

func (p *Proxy) refusing() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.fault.Refuse
}

func (p *Proxy) keep(c *net.TCPConn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		_ = c.Close()
		return false
	}
	p.conns[c] = true
	return true
}

func (p *Proxy) drop(c *net.TCPConn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, c)
	_ = c.Close()
}

// pump passes one direction on, and its end; back is that of the target's answers.
func (p *Proxy) pump(to, from *net.TCPConn, back bool) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			p.wait(back)
			if _, failed := to.Write(buffer[:n]); failed != nil {
				err = errors.Join(err, failed)
			}
		}
		if err != nil {
			_ = to.CloseWrite()
			_ = from.CloseRead()
			return
		}
	}
}

// wait holds data back as the fault says.
func (p *Proxy) wait(back bool) {
	for {
		p.mu.Lock()
		f, turned := p.fault, p.turned
		p.mu.Unlock()
		switch {
		case f.Hole || back && f.HoleBack:
			<-turned
			continue
		case f.Latency > 0:
			select {
			case <-time.After(f.Latency):
			case <-turned:
				continue
			}
		}
		return
	}
}
