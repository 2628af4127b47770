package rpc

import (
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	_ "google.golang.org/grpc/health" // clients ask servers for their health
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/manual"
	"google.golang.org/grpc/stats"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/throughline/throughline/services/platform/authz"
)

// clientKeepalive is how often an idle connection is probed; servers allow it.
const clientKeepalive = time.Minute

// DialConfig of a connection to a peer.
type DialConfig struct {
	Services        []string      // full names of the services called, such as "throughline.goals.v1.GoalsService": their reads are retried
	MaxMessageBytes int           // largest message either way; 0 means 16 MiB
	TLS             *tls.Config   // nil: plain text, unless Files are given
	Files           *Files        // certificates that may be renewed, in place of TLS; may be nil
	Stats           stats.Handler // telemetry; may be nil
}

// Dial prepares a connection to every replica behind target ("host:port", looked up through DNS and used in turn, several joined by commas, or
// any grpc target with a scheme). It does not wait for one to answer. A replica that says it is not serving (grpc.health.v1) is
// left out while others serve.
//
// Calls that fail with UNAVAILABLE are tried up to three times when they change nothing; a mutation is never retried
// here, for its caller alone knows whether it sent a request id.
func Dial(target string, config DialConfig) (*grpc.ClientConn, error) {
	var options []grpc.DialOption
	switch {
	case strings.Contains(target, "://"):
	case strings.Contains(target, ","):
		target, options = several(target)
	default:
		target = "dns:///" + target
	}
	if config.MaxMessageBytes <= 0 {
		config.MaxMessageBytes = DefaultMaxMessage
	}
	service, err := serviceConfig(config.Services)
	if err != nil {
		return nil, err
	}
	transport := insecure.NewCredentials()
	switch {
	case config.Files != nil:
		transport = config.Files.Client()
	case config.TLS != nil:
		transport = credentials.NewTLS(config.TLS)
	}
	options = append(append(options, unwrapped()...),
		grpc.WithTransportCredentials(transport),
		grpc.WithDefaultServiceConfig(service),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(config.MaxMessageBytes), grpc.MaxCallSendMsgSize(config.MaxMessageBytes)),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: clientKeepalive, Timeout: 20 * time.Second, PermitWithoutStream: true}),
	)
	if config.Stats != nil {
		options = append(options, grpc.WithStatsHandler(config.Stats))
	}
	conn, err := grpc.NewClient(target, options...)
	if err != nil {
		return nil, fmt.Errorf("prepare a connection to %s: %w", target, err)
	}
	return conn, nil
}

// several is the target of addresses joined by commas, which no name stands for.
func several(addresses string) (target string, options []grpc.DialOption) {
	listed := manual.NewBuilderWithScheme("replicas")
	var state resolver.State
	for address := range strings.SplitSeq(addresses, ",") {
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			host = address
		}
		state.Addresses = append(state.Addresses, resolver.Address{Addr: address, ServerName: host})
	}
	listed.InitialState(state)
	return listed.Scheme() + ":///" + "listed", []grpc.DialOption{grpc.WithResolvers(listed)}
}

// The part of gRPC's service config that is used; durations are in its JSON form.
type (
	config struct {
		LoadBalancing []map[string]struct{} `json:"loadBalancingConfig"`
		Health        healthCheck           `json:"healthCheckConfig"`
		Methods       []methodConfig        `json:"methodConfig,omitempty"`
		Throttling    throttling            `json:"retryThrottling"`
	}
	healthCheck struct {
		Service string `json:"serviceName"` // "": the whole server
	}
	methodConfig struct {
		Names []methodName `json:"name"`
		Retry retryPolicy  `json:"retryPolicy"`
	}
	methodName struct {
		Service string `json:"service"`
		Method  string `json:"method"`
	}
	retryPolicy struct {
		MaxAttempts int      `json:"maxAttempts"`
		Initial     string   `json:"initialBackoff"`
		Max         string   `json:"maxBackoff"`
		Multiplier  float64  `json:"backoffMultiplier"`
		Codes       []string `json:"retryableStatusCodes"`
	}
	throttling struct {
		MaxTokens  int     `json:"maxTokens"`
		TokenRatio float64 `json:"tokenRatio"`
	}
)

func serviceConfig(services []string) (string, error) {
	reads := methodConfig{Retry: retryPolicy{
		MaxAttempts: 3, Initial: "0.05s", Max: "1s", Multiplier: 2, Codes: []string{"UNAVAILABLE"},
	}}
	for _, name := range services {
		found, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(name))
		if err != nil {
			return "", fmt.Errorf("find the descriptor of service %s: %w", name, err)
		}
		service, ok := found.(protoreflect.ServiceDescriptor)
		if !ok {
			return "", fmt.Errorf("%s is a %T, not a service", name, found)
		}
		for i := range service.Methods().Len() {
			access, err := authz.Of(service.Methods().Get(i))
			if err != nil {
				return "", err
			}
			if !access.Mutation {
				reads.Names = append(reads.Names, methodName{Service: name, Method: string(service.Methods().Get(i).Name())})
			}
		}
	}
	c := config{LoadBalancing: []map[string]struct{}{{"round_robin": {}}}, Throttling: throttling{MaxTokens: 10, TokenRatio: 0.1}}
	if len(reads.Names) > 0 {
		c.Methods = []methodConfig{reads}
	}
	text, err := json.Marshal(c)
	if err != nil {
		return "", fmt.Errorf("encode the service config: %w", err)
	}
	return string(text), nil
}
