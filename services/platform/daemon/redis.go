package daemon

import (
	"crypto/tls"
	"errors"
	"fmt"

	"github.com/redis/go-redis/v9"

	"github.com/throughline/throughline/services/platform/rpc"
)

// Redis is the section that says where Redis (or Valkey) is: one server, Sentinels that know it, or nodes of a cluster.
type Redis struct {
	Addrs                []string `default:"127.0.0.1:6379" help:"Address of Redis; with a master name those of its Sentinels, with cluster those of some nodes." placeholder:"HOST:PORT"`
	Master               string   `help:"Name under which Sentinels know the master." placeholder:"NAME"`
	Cluster              bool     `help:"The addresses are nodes of a Redis Cluster."`
	Username             string   `help:"User that Redis knows this program by." placeholder:"NAME"`
	PasswordFile         string   `help:"File with the user's password." type:"path" placeholder:"FILE"`
	SentinelUsername     string   `help:"User that the Sentinels know this program by." placeholder:"NAME"`
	SentinelPasswordFile string   `help:"File with that user's password." type:"path" placeholder:"FILE"`
	TLS                  bool     `name:"tls" help:"Speak TLS, verified against redis.ca or the system's authorities."`
	CA                   string   `name:"ca" help:"PEM certificates that sign Redis's; implies TLS." type:"path" placeholder:"FILE"`
}

// Validate names every bad setting.
func (r *Redis) Validate() error {
	var problems []error
	for _, address := range r.Addrs {
		problems = append(problems, rpc.CheckAddress("redis.addrs", address))
	}
	switch {
	case len(r.Addrs) == 0:
		problems = append(problems, errors.New("redis.addrs must name at least one address"))
	case len(r.Addrs) > 1 && r.Master == "" && !r.Cluster:
		problems = append(problems, errors.New("several redis.addrs need redis.master (Sentinel) or redis.cluster"))
	case r.Master != "" && r.Cluster:
		problems = append(problems, errors.New("redis.master and redis.cluster exclude each other"))
	case r.Master == "" && (r.SentinelUsername != "" || r.SentinelPasswordFile != ""):
		problems = append(problems, errors.New("redis.sentinel-username and redis.sentinel-password-file need redis.master"))
	}
	return errors.Join(problems...)
}

// Options are the section in the client's words.
func (r *Redis) Options() (o *redis.UniversalOptions, err error) {
	o = &redis.UniversalOptions{
		Addrs: r.Addrs, MasterName: r.Master, IsClusterMode: r.Cluster, Username: r.Username, SentinelUsername: r.SentinelUsername,
	}
	if r.PasswordFile != "" {
		if o.Password, err = secret(r.PasswordFile); err != nil {
			return nil, fmt.Errorf("read redis.password-file: %w", err)
		}
	}
	if r.SentinelPasswordFile != "" {
		if o.SentinelPassword, err = secret(r.SentinelPasswordFile); err != nil {
			return nil, fmt.Errorf("read redis.sentinel-password-file: %w", err)
		}
	}
	if r.TLS || r.CA != "" {
		o.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12}
		if r.CA != "" {
			if o.TLSConfig.RootCAs, err = rpc.Authorities(r.CA); err != nil {
				return nil, fmt.Errorf("redis.ca: %w", err)
			}
		}
	}
	return o, nil
}
