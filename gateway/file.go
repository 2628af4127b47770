package gateway

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"time"

	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
)

// disposition is the one header of a service that passes: what a file is called.
const disposition = "content-disposition"

// downloadFile answers a file that a service streams in pieces, of which the first says the media type. A failure before the first piece is an
// ordinary problem; a later one breaks the connection off, so that nobody takes a part for the whole.
func (g *gateway) downloadFile(w http.ResponseWriter, r *http.Request, c *call, stream grpc.ClientStream) {
	control := http.NewResponseController(w)
	defer func() { _ = control.SetWriteDeadline(time.Time{}) }()
	for first := true; ; first = false {
		piece := &httpbody.HttpBody{}
		err := stream.RecvMsg(piece)
		ended := errors.Is(err, io.EOF)
		switch {
		case err != nil && !ended && first:
			g.fail(w, r, c.route, err)
			return
		case err != nil && !ended:
			g.Logger.WarnContext(r.Context(), "file ended early", "path", r.URL.Path, "error", err)
			panic(http.ErrAbortHandler) //nolint:forbidigo // how net/http is told to break off a response that has begun
		}
		if first {
			sent, _ := stream.Header() // without any the file has no name
			describeFile(w.Header(), piece.GetContentType(), sent)
		}
		if ended {
			return
		}
		_ = control.SetWriteDeadline(g.Now().Add(g.Timeout))
		if _, err := w.Write(piece.GetData()); err != nil { //nolint:gosec // a file to be saved, of a named type that is not to be sniffed
			return // the caller is gone
		}
	}
}

// describeFile says what the file is and what to call it, by what the service sent along. It is always to be saved, never shown.
func describeFile(header http.Header, media string, sent metadata.MD) {
	if _, _, err := mime.ParseMediaType(media); err != nil {
		media = "application/octet-stream"
	}
	header.Set("Content-Type", media)
	header.Set("Cache-Control", "no-store")
	name := ""
	for _, value := range sent.Get(disposition) {
		if _, parameters, err := mime.ParseMediaType(value); err == nil {
			name = parameters["filename"]
		}
	}
	parameters := map[string]string{}
	if name != "" {
		parameters["filename"] = name
	}
	header.Set("Content-Disposition", mime.FormatMediaType("attachment", parameters))
}
