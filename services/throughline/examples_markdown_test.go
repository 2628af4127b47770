package throughline_test

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/throughline/throughline/services/platform/authn"
)

// fence is a fenced block of a Markdown document.
type fence struct {
	line int    // of its opening fence, from 1
	info string // language, and what is said beside it
	text string
}

// fences are the fenced blocks of a document. An error begins with the number of the line at fault.
func fences(markdown string) ([]fence, error) {
	var all []fence
	open, n := false, 0
	for line := range strings.Lines(markdown) {
		n++
		info, isFence := strings.CutPrefix(strings.TrimRight(line, "\r\n"), "```")
		switch {
		case !isFence && open:
			all[len(all)-1].text += line
		case !isFence: // prose
		case open && info != "":
			return nil, fmt.Errorf("%d: a fence inside a fence", n)
		case open:
			open = false
		default:
			open, all = true, append(all, fence{line: n, info: info})
		}
	}
	if open {
		return nil, fmt.Errorf("%d: a fence that nothing closes", all[len(all)-1].line)
	}
	return all, nil
}

// setting gives a shell variable a value.
type setting struct{ name, value string }

var settingLine = regexp.MustCompile(`^([A-Z][A-Z0-9_]*)=(.+)$`)

// settingsOf reads a block that does nothing but set variables, one a line.
func settingsOf(text string) (all []setting, ok bool) {
	for line := range strings.Lines(text) {
		parts := settingLine.FindStringSubmatch(strings.TrimRight(line, "\r\n"))
		if parts == nil {
			return nil, false
		}
		all = append(all, setting{name: parts[1], value: parts[2]})
	}
	return all, len(all) > 0
}

// identityOf reads $(bin/throughline token --role ROLE …): who gets a token.
func identityOf(value string) (id authn.Identity, err error) {
	inner, opens := strings.CutPrefix(value, "$(bin/throughline token ")
	inner, closes := strings.CutSuffix(inner, ")")
	if !opens || !closes {
		return id, fmt.Errorf("%s is not $(bin/throughline token …)", value)
	}
	words, err := shellWords(inner, nil)
	if err != nil {
		return id, err
	}
	id.Organization = "riverbend" // as the command has it
	for flag := range slices.Chunk(words, 2) {
		if len(flag) < 2 {
			return id, fmt.Errorf("%s without a value", flag[0])
		}
		switch flag[0] {
		case "--role":
			id.Roles = append(id.Roles, flag[1])
		case "--organization":
			id.Organization = flag[1]
		case "--subject":
			id.Subject = flag[1]
		case "--department":
			id.Department = flag[1]
		default:
			return id, fmt.Errorf("bin/throughline token does not take %s here", flag[0])
		}
	}
	if len(id.Roles) == 0 {
		return id, errors.New("a token without --role")
	}
	if id.Subject == "" {
		id.Subject = id.Roles[0]
	}
	return id, nil
}

// curl is a call as the command says it.
type curl struct {
	method, url string
	header      http.Header
	body        string
}

// parseCurl reads a curl command. What it does not know it refuses, so that nothing shown is left out of what is run.
func parseCurl(text string, variables map[string]string) (curl, error) {
	words, err := shellWords(text, variables)
	if err != nil {
		return curl{}, err
	}
	if len(words) == 0 || words[0] != "curl" {
		return curl{}, errors.New("neither settings nor one curl command")
	}
	c := curl{header: http.Header{"Accept": {"*/*"}}}
	method, content := http.MethodGet, ""
	for words = words[1:]; len(words) > 0; {
		option := words[0]
		if !strings.HasPrefix(option, "-") {
			if c.url != "" {
				return c, fmt.Errorf("two addresses: %s and %s", c.url, option)
			}
			if strings.ContainsAny(option, "[]{} ") {
				return c, fmt.Errorf("curl would take the address %s for a pattern", option)
			}
			c.url, words = option, words[1:]
			continue
		}
		if len(words) < 2 {
			return c, fmt.Errorf("%s without a value", option)
		}
		value := words[1]
		words = words[2:]
		switch option {
		case "-X":
			c.method = value
		case "-H":
			name, v, ok := strings.Cut(value, ": ")
			if !ok {
				return c, fmt.Errorf("%q is no header", value)
			}
			c.header.Set(name, v)
		case "--json", "--data-binary":
			if strings.HasPrefix(value, "@") {
				return c, fmt.Errorf("%s reads the file %s", option, value)
			}
			method, content, c.body = http.MethodPost, "application/x-www-form-urlencoded", value
			if option == "--json" {
				content = "application/json"
				c.header.Set("Accept", content)
			}
		default:
			return c, fmt.Errorf("the option %s is not known here", option)
		}
	}
	if c.url == "" {
		return c, errors.New("no address")
	}
	if c.method == "" {
		c.method = method
	}
	if content != "" && c.header.Get("Content-Type") == "" {
		c.header.Set("Content-Type", content)
	}
	return c, nil
}
