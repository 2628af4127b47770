// Command goalsd serves goals as a process of its own.
package main

import (
	"os"

	"github.com/throughline/throughline/services/goals"
	"github.com/throughline/throughline/services/platform/daemon"
	"github.com/throughline/throughline/services/platform/service"
)

func main() { os.Exit(daemon.Main(program())) }

// settings are every flag; each is also THROUGHLINE_… in the environment and a key of the YAML file.
type settings struct {
	daemon.Settings
}

func program() daemon.Program {
	s := new(settings)
	return daemon.Program{
		Service: "goals", Help: "Organizations, plans, goals and the priorities among them, as a service.", Settings: s, Common: &s.Settings, Migrations: goals.Migrations(),
		Build: func(d service.Deps, _ daemon.Peer) (service.Part, error) { return goals.New(goals.Deps{Deps: d}) },
	}
}
