package gateway

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"sync"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/throughline/throughline/gateway/internal/encode"
	"github.com/throughline/throughline/services/platform/fault"
)

// unary calls a method that takes one message and answers one.
func (g *gateway) unary(w http.ResponseWriter, r *http.Request, c *call) {
	request, response := c.route.input.New(), c.route.output.New().Interface()
	if err := c.read(request); err != nil {
		g.fail(w, r, c.route, err)
		return
	}
	var sent metadata.MD // what a file is called
	var options []grpc.CallOption
	if c.route.file() {
		options = append(options, grpc.Header(&sent))
	}
	if err := c.route.conn.Invoke(r.Context(), c.route.fullMethod, request.Interface(), response, options...); err != nil {
		g.fail(w, r, c.route, err)
		return
	}
	if file, ok := response.(*httpbody.HttpBody); ok {
		describeFile(w.Header(), file.GetContentType(), sent)
		send(w, file.GetData())
		return
	}
	g.answer(w, r, c, response)
}

// read makes the request of body, path and query. Errors: what is wrong with them.
func (c *call) read(request protoreflect.Message) error {
	body := request
	if c.route.bodyField != nil && !blank(c.body) {
		body = request.Mutable(c.route.bodyField).Message()
	}
	if c.route.bodyType != nil && !blank(c.body) {
		if decoding.Unmarshal(c.body, body.Interface()) != nil {
			return explain(c.body, c.route.bodyType, 1)
		}
	}
	if err := c.bind(request); err != nil || c.route.verb != http.MethodPatch {
		return err
	}
	return c.setMask(request, body)
}

// bind sets what path and query say.
func (c *call) bind(request protoreflect.Message) error {
	for i, b := range c.route.bound {
		holder, last := request, len(b.fields)-1
		for _, field := range b.fields[:last] {
			holder = holder.Mutable(field).Message()
		}
		holder.Set(b.fields[last], protoreflect.ValueOfString(c.values[i]))
	}
	if len(c.query) == 0 {
		return nil
	}
	if err := runtime.PopulateQueryParameters(request.Interface(), c.query, noFilter); err != nil {
		return fault.New(fault.Invalid, reasonQuery, "the query could not be read; check its parameters")
	}
	return nil
}

// mostKept is the largest buffer that is kept for the next answer.
const mostKept = 1 << 20

var buffers = sync.Pool{New: func() any { return new([]byte) }}

// answer writes one message.
func (g *gateway) answer(w http.ResponseWriter, r *http.Request, c *call, response proto.Message) {
	if validators(w.Header(), c, response.ProtoReflect()) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	buffer, _ := buffers.Get().(*[]byte)
	body, err := encode.Append(slices.Grow((*buffer)[:0], int(c.route.usual.Load())), response)
	if err != nil {
		g.fail(w, r, c.route, fmt.Errorf("encode the response: %w", err))
		return
	}
	w.Header()["Content-Type"] = contentJSON
	send(w, body)
	c.route.usual.Store(int64(len(body)))
	if cap(body) <= mostKept {
		*buffer = body
		buffers.Put(buffer)
	}
}

func send(w http.ResponseWriter, body []byte) {
	w.Header()["Content-Length"] = []string{strconv.Itoa(len(body))}
	_, _ = w.Write(body) //nolint:gosec // JSON or a file to be saved, named so and not to be sniffed; the caller is gone if this fails
}
