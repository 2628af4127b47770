package gateway

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"strings"
	"time"

	swaggerui "github.com/swaggo/files/v2"
)

var (
	//go:embed page/index.html
	indexPage []byte
	//go:embed page/docs.html
	docsPage []byte
	//go:embed page/docs.js
	docsScript []byte
)

const (
	pageHTML        = "text/html; charset=utf-8"
	pageScript      = "text/javascript; charset=utf-8"
	readyTimeout    = 2 * time.Second
	documentation   = "/docs"
	policyOfPages   = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	assetsOfThePage = "swagger-ui.css swagger-ui-bundle.js favicon-32x32.png"
)

// makePages are the paths beside the API. Everything that /docs shows comes from here: no other host is asked.
func (g *gateway) makePages(document []byte) map[string]http.Handler {
	docs := static("docs.html", pageHTML, docsPage)
	pages := map[string]http.Handler{
		"/":                        static("index.html", pageHTML, indexPage),
		"/openapi.json":            static("openapi.json", typeJSON, document),
		documentation:              docs,
		documentation + "/":        docs,
		documentation + "/docs.js": static("docs.js", pageScript, docsScript),
		"/healthz":                 http.HandlerFunc(alive),
		"/readyz":                  http.HandlerFunc(g.ready),
	}
	for name := range strings.FieldsSeq(assetsOfThePage) {
		if data, err := fs.ReadFile(swaggerui.FS, name); err == nil { // a test asks for each
			pages[documentation+"/"+name] = static(name, "", data)
		}
	}
	return pages
}

// servePage answers a path of pages.
func (g *gateway) servePage(page http.Handler, w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		g.notAllowed(w, r, []string{http.MethodGet, http.MethodHead})
		return
	}
	w.Header().Set("Content-Security-Policy", policyOfPages)
	page.ServeHTTP(w, r)
}

// static serves bytes that never change while the process lives; an empty media type is found by the name.
func static(name, media string, data []byte) http.Handler {
	sum := sha256.Sum256(data)
	etag := `"` + hex.EncodeToString(sum[:12]) + `"`
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if media != "" {
			w.Header().Set("Content-Type", media)
		}
		w.Header().Set("ETag", etag)
		w.Header().Set("Cache-Control", "no-cache")
		http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(data))
	})
}

// alive says that the process answers.
func alive(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, "ok") }

// ready says whether requests can be served; why not is for the log alone.
func (g *gateway) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readyTimeout)
	defer cancel()
	if err := g.Ready(ctx); err != nil {
		g.Logger.WarnContext(r.Context(), "not ready", "error", err)
		w.Header().Set("Retry-After", "1")
		say(w, http.StatusServiceUnavailable, "not ready")
		return
	}
	say(w, http.StatusOK, "ok")
}

func say(w http.ResponseWriter, code int, state string) {
	w.Header().Set("Content-Type", typeJSON)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	_, _ = w.Write([]byte(`{"status":"` + state + `"}` + "\n")) // the caller is gone if this fails
}
