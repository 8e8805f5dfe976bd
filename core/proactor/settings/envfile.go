package settings

import (
	"fmt"
	"strings"
)

// EnvFile is a file of variables, one a line:
//
//	# a comment
//	PROACTOR_PATHS__NAME=scada       # an unquoted value ends before a " #"
//	export PROACTOR_A='as it is $x'
//	PROACTOR_B="two\nlines"
//
// Values are not expanded: a $ is a $.
type EnvFile struct {
	Name string // in errors
	Text string
}

// variable is one that somebody set.
type variable struct {
	name, value string
	from        string // "the environment", or file:line
}

func (f EnvFile) parse() (vars []variable, faults []Fault) {
	text := strings.TrimPrefix(f.Text, "\uFEFF")
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		from := fmt.Sprintf("%s:%d", f.Name, i+1)
		name, value, ok := strings.Cut(strings.TrimPrefix(line, "export "), "=")
		name = strings.TrimSpace(name)
		if !ok || name == "" || strings.ContainsAny(name, " \t") {
			faults = append(faults, Fault{From: from, What: "a line has to be NAME=value"})
			continue
		}
		value, err := unquote(strings.TrimSpace(value))
		if err != nil {
			faults = append(faults, Fault{Variable: name, From: from, What: err.Error()})
			continue
		}
		vars = append(vars, variable{name, value, from})
	}
	return vars, faults
}

func unquote(value string) (string, error) {
	if value == "" {
		return "", nil
	}
	switch quote := value[0]; quote {
	case '\'', '"':
		end := closing(value)
		if end < 0 {
			return "", fmt.Errorf("the value has no closing %c", quote)
		}
		if rest := strings.TrimSpace(value[end+1:]); rest != "" && rest[0] != '#' {
			return "", fmt.Errorf("something stands behind the closing %c", quote)
		}
		if quote == '\'' {
			return value[1:end], nil
		}
		return escapes.Replace(value[1:end]), nil
	case '#':
		return "", nil
	}
	if i := strings.Index(strings.ReplaceAll(value, "\t#", " #"), " #"); i >= 0 {
		value = strings.TrimSpace(value[:i])
	}
	return value, nil
}

var escapes = strings.NewReplacer(`\\`, `\`, `\"`, `"`, `\n`, "\n", `\t`, "\t", `\r`, "\r")

// closing finds the quote that ends a value; one behind a backslash does not end
// a value in double quotes.
func closing(value string) int {
	quote := value[0]
	for i := 1; i < len(value); i++ {
		switch {
		case value[i] == quote:
			return i
		case value[i] == '\\' && quote == '"':
			i++
		}
	}
	return -1
}
