// Package config reads a program's settings: flags over THROUGHLINE_… environment over a YAML file over defaults.
package config

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"
)

// EnvPrefix starts the environment variable of every flag: --telemetry-endpoint is THROUGHLINE_TELEMETRY_ENDPOINT.
const EnvPrefix = "THROUGHLINE"

// ErrHelp says that the help was asked for and printed; there is nothing left to run.
var ErrHelp = errors.New("help was printed")

// Error is a bad configuration, in one sentence that names the setting and the remedy.
type Error struct{ Problem string }

// Error is the sentence.
func (e *Error) Error() string { return "bad configuration: " + e.Problem }

// File is the flag that names the YAML file; embed it in the struct handed to Parse.
type File struct {
	Config string `help:"YAML file with settings; flags and environment win over it." placeholder:"FILE" type:"path"`
}

// Program is what Parse must know about its caller.
type Program struct {
	Name   string    // As typed, for help and errors.
	Help   string    // What it does, in one sentence.
	Args   []string  // Without the program's name.
	Stdout io.Writer // Takes the help.
	// Bindings are handed to Run methods of commands by kong's Context.Run.
	Bindings []any
}

// Parse fills cli, a pointer to a kong struct, and validates the sections that the command line selected.
//
// A section is a struct field with the tags `embed:"" prefix:"NAME-"`; its fields are the keys below NAME in the file.
// A section that has Validate() error is asked; the error starts with the key, such as "telemetry.endpoint must be
// host:port", and joins all complaints (errors.Join).
// Errors: ErrHelp, or an *Error for anything wrong with flags, environment, file or values.
func Parse(cli any, program Program) (*kong.Context, error) {
	helped := false
	parser, err := newParser(cli, program, func(int) { helped = true })
	if err != nil {
		return nil, err
	}
	chosen, err := parser.Parse(program.Args)
	switch {
	case helped:
		return nil, ErrHelp
	case err != nil:
		return nil, &Error{Problem: oneSentence(err)}
	}
	return chosen, nil
}

// ExitCode reports err to stderr and tells the process's exit code: 0 fine or help, 2 bad configuration, 1 otherwise.
func ExitCode(stderr io.Writer, program string, err error) int {
	var bad *Error
	switch {
	case err == nil, errors.Is(err, ErrHelp):
		return 0
	case errors.As(err, &bad):
		fmt.Fprintf(stderr, "%s: %v\n", program, bad)
		return 2
	default:
		fmt.Fprintf(stderr, "%s: %v\n", program, err)
		return 1
	}
}

func newParser(cli any, program Program, exit func(int)) (*kong.Kong, error) {
	stdout := program.Stdout
	if stdout == nil {
		stdout = io.Discard
	}
	parser, err := kong.New(cli,
		kong.Name(program.Name),
		kong.Description(program.Help),
		kong.Writers(stdout, io.Discard),
		kong.Exit(exit),
		kong.Bind(program.Bindings...),
		kong.DefaultEnvars(EnvPrefix),
		kong.Resolvers(new(fileResolver)),
	)
	if err != nil {
		return nil, fmt.Errorf("declare the settings of %s: %w", program.Name, err)
	}
	return parser, nil
}

// oneSentence folds joined errors into one line.
func oneSentence(err error) string {
	return strings.Join(strings.Split(err.Error(), "\n"), "; ")
}
