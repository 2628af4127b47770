package gateway

import (
	"net/http"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/propagation"
	tracenoop "go.opentelemetry.io/otel/trace/noop"
)

// traced gives every request for the API a span, in the caller's trace when it has sent one (W3C Trace Context). Without a tracer next stays as it
// is. How long requests take is measured where their methods are called.
func (g *gateway) traced(next http.Handler) http.Handler {
	if _, off := g.Tracer.(tracenoop.TracerProvider); off || g.Tracer == nil {
		return next
	}
	return otelhttp.NewHandler(next, "", otelhttp.WithTracerProvider(g.Tracer), otelhttp.WithMeterProvider(metricnoop.NewMeterProvider()),
		otelhttp.WithPropagators(propagation.TraceContext{}), otelhttp.WithSpanNameFormatter(g.spanName),
		otelhttp.WithFilter(func(r *http.Request) bool { return g.pages[r.URL.Path] == nil }))
}

// spanName is of few values, as the conventions want it: paths hold ids.
func (g *gateway) spanName(_ string, r *http.Request) string {
	if route, _ := g.tree.find(r.Method, r.URL.Path); route != nil {
		return r.Method + " " + route.template
	}
	return "HTTP"
}
