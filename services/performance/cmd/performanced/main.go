// Command performanced serves performance as a process of its own.
package main

import (
	"os"

	goalsv1 "github.com/throughline/throughline/proto/gen/throughline/goals/v1"
	"github.com/throughline/throughline/services/performance"
	"github.com/throughline/throughline/services/platform/daemon"
	"github.com/throughline/throughline/services/platform/rpc"
	"github.com/throughline/throughline/services/platform/service"
)

func main() { os.Exit(daemon.Main(program())) }

// settings are every flag; each is also THROUGHLINE_… in the environment and a key of the YAML file.
type settings struct {
	daemon.Settings

	Peer peers `embed:"" prefix:"peer-"`
}

// peers are the services that this one calls.
type peers struct {
	Goals rpc.Address `default:"127.0.0.1:9090" help:"Address of goals." placeholder:"HOST:PORT"`
}

func program() daemon.Program {
	s := new(settings)
	return daemon.Program{
		Service: "performance", Help: "Measures, observations and published results, as a service.", Settings: s, Common: &s.Settings, Migrations: performance.Migrations(),
		Build: func(d service.Deps, peer daemon.Peer) (service.Part, error) {
			goalsConn, err := peer(s.Peer.Goals, goalsv1.GoalsService_ServiceDesc.ServiceName)
			if err != nil {
				return nil, err
			}
			return performance.New(performance.Deps{Deps: d, Goals: goalsConn})
		},
	}
}
