package gateway

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"github.com/throughline/throughline/gateway/internal/encode"
	"github.com/throughline/throughline/services/platform/fault"
)

// upload sends an NDJSON body as a stream, one message per line, and answers the service's one response. Blank lines
// count but say nothing. The first bad line ends it: what was sent before it may have been kept.
func (g *gateway) upload(w http.ResponseWriter, r *http.Request, c *call) {
	response, err := g.sendLines(w, r, c)
	if err != nil {
		w.Header().Set("Connection", "close") // the rest of the body is not wanted
		g.fail(w, r, c.route, err)
		return
	}
	g.answer(w, r, c, response)
}

func (g *gateway) sendLines(w http.ResponseWriter, r *http.Request, c *call) (proto.Message, error) {
	stream, err := c.route.conn.NewStream(r.Context(), &grpc.StreamDesc{StreamName: string(c.route.method.Name()), ClientStreams: true}, c.route.fullMethod)
	if err != nil {
		return nil, err
	}
	control := http.NewResponseController(w)
	defer func() { _ = control.SetReadDeadline(time.Time{}) }()
	lines := bufio.NewReaderSize(r.Body, 64<<10)
	for number := 1; ; number++ {
		_ = control.SetReadDeadline(g.Now().Add(g.Timeout)) // best effort, as in readBody
		line, last, err := readLine(lines, g.MaxBodyBytes)
		if err != nil {
			return nil, inLine(number, unread(err))
		}
		if !blank(line) {
			request := c.route.input.New().Interface()
			if decoding.Unmarshal(line, request) != nil {
				return nil, inLine(number, explain(line, c.route.input, number))
			}
			if err := c.bind(request.ProtoReflect()); err != nil {
				return nil, err
			}
			if err := stream.SendMsg(request); errors.Is(err, io.EOF) {
				break // the service has answered already; RecvMsg tells
			} else if err != nil {
				return nil, err
			}
		}
		if last {
			break
		}
	}
	if err := stream.CloseSend(); err != nil {
		return nil, fmt.Errorf("end the stream: %w", err)
	}
	response := c.route.output.New().Interface()
	return response, stream.RecvMsg(response)
}

// inLine adds to an error of one line what it means for the others.
func inLine(number int, err error) error {
	if number == 1 {
		return err
	}
	advice := fmt.Sprintf("; lines before line %d may have been recorded, and sending them again records nothing twice", number)
	if f, ok := fault.As(err); ok {
		f.Message += advice
	} else if p, ok := errors.AsType[*problem](err); ok {
		p.Detail += advice
	}
	return err
}

// readLine reads up to a line feed, which it leaves out. last says that the body has ended, in good order.
func readLine(from *bufio.Reader, limit int64) (line []byte, last bool, err error) {
	for {
		part, err := from.ReadSlice('\n')
		if int64(len(line)+len(part)) > limit+1 {
			return nil, false, &http.MaxBytesError{Limit: limit}
		}
		line = append(line, part...)
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF):
			return line, true, nil
		default:
			return bytes.TrimSuffix(line, []byte{'\n'}), false, err
		}
	}
}

// download answers a service's stream: a file as it is, any other as NDJSON, one message per line, as it comes. A failure before the first message
// is an ordinary problem; a later one is the last line: {"error": problem}.
func (g *gateway) download(w http.ResponseWriter, r *http.Request, c *call) {
	stream, err := open(r.Context(), c)
	switch {
	case err != nil:
		g.fail(w, r, c.route, err)
	case c.route.file():
		g.downloadFile(w, r, c, stream)
	default:
		g.downloadLines(w, r, c, stream)
	}
}

// open calls a method that answers a stream.
func open(ctx context.Context, c *call) (grpc.ClientStream, error) {
	request := c.route.input.New().Interface()
	if err := c.bind(request.ProtoReflect()); err != nil {
		return nil, err
	}
	stream, err := c.route.conn.NewStream(ctx, &grpc.StreamDesc{StreamName: string(c.route.method.Name()), ServerStreams: true}, c.route.fullMethod)
	if err == nil {
		if err = stream.SendMsg(request); err == nil || errors.Is(err, io.EOF) {
			err = stream.CloseSend()
		}
	}
	return stream, err
}

func (g *gateway) downloadLines(w http.ResponseWriter, r *http.Request, c *call, stream grpc.ClientStream) {
	control := http.NewResponseController(w)
	defer func() { _ = control.SetWriteDeadline(time.Time{}) }()
	for first := true; ; first = false {
		line, err := receiveLine(stream, c)
		if err != nil && !errors.Is(err, io.EOF) && first {
			g.fail(w, r, c.route, err)
			return
		}
		if first {
			w.Header().Set("Content-Type", typeNDJSON)
			w.Header().Set("Cache-Control", "no-store")
		}
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			line = g.lastLine(r, c, err)
		}
		_ = control.SetWriteDeadline(g.Now().Add(g.Timeout))
		if _, failed := w.Write(append(line, '\n')); failed != nil || err != nil { //nolint:gosec // JSON, named so and not to be sniffed
			return
		}
		_ = control.Flush() // a writer that cannot flush sends later
	}
}

func receiveLine(stream grpc.ClientStream, c *call) ([]byte, error) {
	message := c.route.output.New().Interface()
	if err := stream.RecvMsg(message); err != nil {
		return nil, err
	}
	return encode.Append(nil, message)
}

// lastLine tells why a stream ended before its end.
func (g *gateway) lastLine(r *http.Request, c *call, err error) []byte {
	p := problemOf(err, c.route)
	g.Logger.WarnContext(r.Context(), "stream ended early", "path", r.URL.Path, "status", p.Status, "error", err)
	return append(append([]byte(`{"error":`), p.encode(r)...), '}')
}
