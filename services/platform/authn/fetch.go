package authn

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

const (
	fetchTime = 5 * time.Second  // longest question to an issuer
	goodFor   = 10 * time.Second // how long its answer is not asked for again, whatever tokens come
	badFor    = 2 * time.Second  // how long it is left alone when it does not answer
	maxFetch  = 1 << 20          // bytes of an answer
)

// frugal is a transport for small JSON documents that asks for each one at most once in goodFor: anybody can send tokens signed with keys
// that nobody knows, and each would be a question to the issuer.
type frugal struct {
	next http.RoundTripper
	now  func() time.Time

	mu      sync.Mutex
	fetched map[string]fetched // by URL; an issuer has two
}

type fetched struct {
	body  []byte
	err   error
	until time.Time
}

// fetchError is an answer that could not be had.
type fetchError struct{ err error }

func (e *fetchError) Error() string { return e.err.Error() }

func (e *fetchError) Unwrap() error { return e.err }

// RoundTrip is http.RoundTripper's.
func (f *frugal) RoundTrip(request *http.Request) (*http.Response, error) {
	name := request.URL.String()
	f.mu.Lock()
	have, ok := f.fetched[name]
	f.mu.Unlock()
	if !ok || !f.now().Before(have.until) {
		have = fetched{}
		if have.body, have.err = f.fetch(request); have.err != nil {
			have.err = &fetchError{have.err}
		}
		have.until = f.now().Add(goodFor)
		if have.err != nil {
			have.until = f.now().Add(badFor)
		}
		if !errors.Is(have.err, context.Canceled) { // that says something about the caller alone
			f.keep(name, have)
		}
	}
	if have.err != nil {
		return nil, have.err
	}
	return &http.Response{
		Status: http.StatusText(http.StatusOK), StatusCode: http.StatusOK, ProtoMajor: 1, ProtoMinor: 1, Request: request,
		Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(bytes.NewReader(have.body)), ContentLength: int64(len(have.body)),
	}, nil
}

func (f *frugal) keep(name string, have fetched) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fetched == nil {
		f.fetched = map[string]fetched{}
	}
	f.fetched[name] = have
}

func (f *frugal) fetch(request *http.Request) ([]byte, error) {
	response, err := f.next.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answers %s", request.URL.Redacted(), response.Status)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxFetch))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", request.URL.Redacted(), err)
	}
	if !json.Valid(body) {
		return nil, fmt.Errorf("%s answers no JSON document", request.URL.Redacted())
	}
	return body, nil
}
