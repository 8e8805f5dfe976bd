package watchdog

import (
	"os"
	"strconv"
	"strings"
)

// Service is a program as a service manager knows it.
type Service struct {
	// Name is the service's: the settings' path name, "scada".
	Name string
	// PID is the process that the service manager watches. 0: this one.
	PID int
}

// Variable is the name of the environment variable by which a unit file says that
// the service manager runs the program: SCADA_RUNNING_AS_SERVICE. What may not
// stand in such a name is an underscore there.
func (s Service) Variable() string {
	name := strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z':
			return r - 'a' + 'A'
		case 'A' <= r && r <= 'Z', '0' <= r && r <= '9':
			return r
		}
		return '_'
	}, s.Name)
	return name + "_RUNNING_AS_SERVICE"
}

// Running reports whether the variable is 1 or true, in upper or lower case. It
// reads the environment.
func (s Service) Running() bool {
	switch strings.ToLower(os.Getenv(s.Variable())) {
	case "1", "true":
		return true
	}
	return false
}

// PatArgs is the [Command] that pats the service manager: none while it does not
// run the program, else what is given, and systemd-notify if that is nil.
func (s Service) PatArgs(given []string) []string {
	switch {
	case !s.Running():
		return nil
	case given != nil:
		return given
	}
	pid := s.PID
	if pid == 0 {
		pid = os.Getpid()
	}
	return []string{"systemd-notify", "--pid=" + strconv.Itoa(pid), "WATCHDOG=1"}
}
