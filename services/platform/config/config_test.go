package config_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/throughline/throughline/services/platform/config"
	"github.com/throughline/throughline/services/platform/config/configtest"
)

type server struct {
	Listen  string        `default:"127.0.0.1:8080" help:"Address to listen on."`
	Timeout time.Duration `default:"10s" help:"How long a request may take."`
	Peers   []string      `help:"Addresses of peers."`
	Limits  limits        `embed:"" prefix:"limits-"`
}

type limits struct {
	Rate  int     `default:"100" help:"Requests a second."`
	Share float64 `default:"0.5" help:"Share of one caller, 0 to 1."`
	Mode  string  `default:"soft" enum:"soft,hard" help:"What happens above the limit."`
}

func (l *limits) Validate() error {
	var problems []error
	if l.Rate <= 0 {
		problems = append(problems, errors.New("server.limits.rate must be positive"))
	}
	if l.Share < 0 || l.Share > 1 {
		problems = append(problems, errors.New("server.limits.share must be between 0 and 1"))
	}
	return errors.Join(problems...)
}

type cli struct {
	config.File

	Verbose bool `help:"Say more."`
	Serve   struct {
		Server server `embed:"" prefix:"server-"`
	} `cmd:"" help:"Serve."`
	Check struct {
		Strict map[string]string `help:"Rules by name."`
	} `cmd:"" help:"Check."`
}

func program(args ...string) config.Program {
	return config.Program{Name: "prog", Help: "Does things.", Args: args}
}

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "prog.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFlagsWinOverEnvironmentOverFileOverDefaults(t *testing.T) {
	const file = "server:\n  listen: file:1\n  timeout: 3s\n  limits: {rate: 7, share: 0.25}\n"
	t.Setenv("THROUGHLINE_SERVER_LISTEN", "env:1")
	t.Setenv("THROUGHLINE_SERVER_TIMEOUT", "4s")
	var got cli
	if _, err := config.Parse(&got, program("serve", "--config", write(t, file), "--server-listen", "flag:1")); err != nil {
		t.Fatal(err)
	}
	want := server{Listen: "flag:1", Timeout: 4 * time.Second, Limits: limits{Rate: 7, Share: 0.25, Mode: "soft"}}
	if s := got.Serve.Server; s.Listen != want.Listen || s.Timeout != want.Timeout || s.Limits != want.Limits {
		t.Errorf("settings = %+v, want %+v", s, want)
	}
}

func TestFileIsAlsoNamedByTheEnvironment(t *testing.T) {
	t.Setenv("THROUGHLINE_CONFIG", write(t, "verbose: true\nserver:\n  peers: [\"a:1\", \"b,c:2\"]\nstrict: {x: \"1\"}\n"))
	var got cli
	if _, err := config.Parse(&got, program("serve")); err != nil {
		t.Fatal(err)
	}
	if p := got.Serve.Server.Peers; !got.Verbose || len(p) != 2 || p[1] != "b,c:2" {
		t.Errorf("verbose = %v, peers = %q, want true and two peers with the comma kept", got.Verbose, p)
	}
}

func TestBadConfigurationIsOneSentenceAndExitCode2(t *testing.T) {
	tests := map[string]struct {
		args []string
		file string
		want string
	}{
		"unknown flag":    {args: []string{"serve", "--nope"}, want: "unknown flag --nope"},
		"no command":      {args: nil, want: "expected one of"},
		"bad number":      {args: []string{"serve", "--server-limits-rate=many"}, want: "--server-limits-rate: expected a valid 64 bit int"},
		"outside enum":    {args: []string{"serve", "--server-limits-mode=odd"}, want: `must be one of "soft","hard" but got "odd"`},
		"all complaints":  {args: []string{"serve", "--server-limits-rate=0", "--server-limits-share=2"}, want: "server.limits.rate must be positive; server.limits.share must be between 0 and 1"},
		"unknown key":     {args: []string{"serve"}, file: "server:\n  lisen: x\n", want: "line 2: unknown key server.lisen; the keys there are limits, listen, peers, timeout"},
		"value for group": {args: []string{"serve"}, file: "server: 7\n", want: "line 1: server must hold keys and values"},
		"group for value": {args: []string{"serve"}, file: "verbose: [a]\n", want: "line 1: verbose must be one value"},
		"bad file value":  {args: []string{"serve"}, file: "server: {timeout: soon}\n", want: "--server-timeout"},
		"no YAML":         {args: []string{"serve"}, file: "a: [\n", want: "is no YAML"},
		"no such file":    {args: []string{"serve", "--config=/nowhere/x.yaml"}, want: "read the configuration file"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if test.file != "" {
				test.args = append(test.args, "--config", write(t, test.file))
			}
			_, err := config.Parse(new(cli), program(test.args...))
			var said bytes.Buffer
			if code := config.ExitCode(&said, "prog", err); code != 2 {
				t.Errorf("exit code = %d, want 2 (%v)", code, err)
			}
			text := said.String()
			if !strings.HasPrefix(text, "prog: bad configuration: ") || !strings.Contains(text, test.want) {
				t.Errorf("said %q, want it to contain %q", text, test.want)
			}
			if strings.Count(text, "\n") != 1 {
				t.Errorf("said %q, want one line", text)
			}
		})
	}
}

func TestOnlyTheSelectedCommandIsValidated(t *testing.T) {
	t.Setenv("THROUGHLINE_SERVER_LIMITS_RATE", "-1")
	if _, err := config.Parse(new(cli), program("check")); err != nil {
		t.Errorf("check is refused for a setting of serve: %v", err)
	}
}

func TestHelpEndsWell(t *testing.T) {
	var out bytes.Buffer
	p := program("serve", "--help")
	p.Stdout = &out
	_, err := config.Parse(new(cli), p)
	if !errors.Is(err, config.ErrHelp) || config.ExitCode(&out, "prog", err) != 0 {
		t.Fatalf("error = %v, want ErrHelp and exit code 0", err)
	}
	if !strings.Contains(out.String(), "$THROUGHLINE_SERVER_LISTEN") {
		t.Errorf("help does not name the environment variable:\n%s", &out)
	}
}

func TestOtherErrorsExitWith1(t *testing.T) {
	var said bytes.Buffer
	if code := config.ExitCode(&said, "prog", errors.New("disk is full")); code != 1 || said.String() != "prog: disk is full\n" {
		t.Errorf("code = %d, said %q, want 1 and the error", code, &said)
	}
}

func TestSchemaIsPublishedAndHoldsTheDefaults(t *testing.T) {
	configtest.Schema(t, new(cli), program("serve"), "testdata/schema.json")
}

func TestSchemaRefusesWhatTheFileRefuses(t *testing.T) {
	schema, err := config.Schema(new(cli), "prog")
	if err != nil {
		t.Fatal(err)
	}
	for name, document := range map[string]map[string]any{
		"unknown key":    {"server": map[string]any{"lisen": "x"}},
		"outside enum":   {"server": map[string]any{"limits": map[string]any{"mode": "odd"}}},
		"bad duration":   {"server": map[string]any{"timeout": "soon"}},
		"text as number": {"server": map[string]any{"limits": map[string]any{"rate": "many"}}},
	} {
		if configtest.Satisfies(schema, document) == nil {
			t.Errorf("%s: the schema accepts %v", name, document)
		}
	}
}
