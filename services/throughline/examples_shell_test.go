package throughline_test

import (
	"errors"
	"fmt"
	"strings"
)

// shellWords splits one command as a POSIX shell does: quotes, escapes, line continuations and variables. Whatever else a
// shell would act on is refused.
func shellWords(text string, variables map[string]string) (words []string, err error) {
	var word strings.Builder
	inWord := false
	end := func() {
		if inWord {
			words = append(words, word.String())
		}
		word.Reset()
		inWord = false
	}
	for text = strings.TrimRight(text, "\n"); text != ""; {
		c := text[0]
		text = text[1:]
		switch {
		case c == ' ' || c == '\t':
			end()
		case c == '\\' && strings.HasPrefix(text, "\n"):
			text = text[1:]
		case c == '\'':
			quoted, rest, closed := strings.Cut(text, "'")
			if !closed {
				return nil, errors.New("a ' that nothing closes")
			}
			if i := strings.IndexByte(quoted, '$'); i >= 0 && variableName(strings.TrimPrefix(quoted[i+1:], "{")) != "" {
				return nil, fmt.Errorf("a shell leaves %q in ' quotes as it is", quoted[i:])
			}
			word.WriteString(quoted)
			text, inWord = rest, true
		case c == '"':
			if text, err = doubleQuoted(&word, text, variables); err != nil {
				return nil, err
			}
			inWord = true
		case strings.IndexByte("\n;|&<>()*?[]{}!~#`$\\", c) >= 0:
			return nil, fmt.Errorf("%q outside of quotes: show one plain command", c)
		default:
			word.WriteByte(c)
			inWord = true
		}
	}
	end()
	return words, nil
}

// doubleQuoted reads what follows an opening quote into the word and answers what follows the closing one.
func doubleQuoted(word *strings.Builder, text string, variables map[string]string) (rest string, err error) {
	for text != "" {
		c := text[0]
		text = text[1:]
		switch {
		case c == '"':
			return text, nil
		case c == '`':
			return "", errors.New("a ` inside of quotes")
		case c == '\\' && text != "" && strings.IndexByte("\"\\$`", text[0]) >= 0:
			word.WriteByte(text[0])
			text = text[1:]
		case c == '$':
			inner, braced := strings.CutPrefix(text, "{")
			name := variableName(inner)
			rest, closed := strings.CutPrefix(inner[len(name):], "}")
			switch {
			case name == "" || braced && !closed:
				return "", errors.New("a $ that names no variable")
			case !braced:
				rest = inner[len(name):]
				if strings.HasPrefix(rest, ":") {
					return "", fmt.Errorf("some shells change $%s before a colon: write ${%s}", name, name)
				}
			}
			value, known := variables[name]
			if !known {
				return "", fmt.Errorf("nothing above sets $%s", name)
			}
			word.WriteString(value)
			text = rest
		default:
			word.WriteByte(c)
		}
	}
	return "", errors.New("a \" that nothing closes")
}

// variableName is the variable that the text begins with: capitals, digits and underscores.
func variableName(text string) string {
	n := 0
	for n < len(text) && (text[n] >= 'A' && text[n] <= 'Z' || text[n] == '_' || n > 0 && text[n] >= '0' && text[n] <= '9') {
		n++
	}
	return text[:n]
}
