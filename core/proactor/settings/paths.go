package settings

import "path/filepath"

// Paths are where a proactor keeps its things. Whatever is empty is filled in by
// Load: the homes by the XDG base directory specification, the rest from them.
type Paths struct {
	// Base and Name are the folders below each home, unless Relative says others.
	Base     string `setting:"base"`
	Name     string `setting:"name"`
	Relative string `setting:"relative_path"` // Base/Name

	DataHome   string `setting:"data_home"`   // $XDG_DATA_HOME, else ~/.local/share
	StateHome  string `setting:"state_home"`  // $XDG_STATE_HOME, else ~/.local/state
	ConfigHome string `setting:"config_home"` // $XDG_CONFIG_HOME, else ~/.config

	Data   string `setting:"data_dir"`        // DataHome/Relative
	Config string `setting:"config_dir"`      // ConfigHome/Relative
	Certs  string `setting:"certs_dir"`       // Config/certs
	Events string `setting:"event_dir"`       // Data/event
	Logs   string `setting:"log_dir"`         // StateHome/Relative/log
	Layout string `setting:"hardware_layout"` // Config/hardware-layout.json
}

func (p *Paths) complete(getenv func(name string) string) {
	orElse(&p.Relative, filepath.Join(p.Base, p.Name))
	orElse(&p.DataHome, home(getenv, "XDG_DATA_HOME", ".local/share"))
	orElse(&p.StateHome, home(getenv, "XDG_STATE_HOME", ".local/state"))
	orElse(&p.ConfigHome, home(getenv, "XDG_CONFIG_HOME", ".config"))
	orElse(&p.Data, filepath.Join(p.DataHome, p.Relative))
	orElse(&p.Config, filepath.Join(p.ConfigHome, p.Relative))
	orElse(&p.Certs, filepath.Join(p.Config, "certs"))
	orElse(&p.Events, filepath.Join(p.Data, "event"))
	orElse(&p.Logs, filepath.Join(p.StateHome, p.Relative, "log"))
	orElse(&p.Layout, filepath.Join(p.Config, "hardware-layout.json"))
}

// home is a base directory; one that is not absolute is to be ignored, as the
// specification has it. Empty: nothing says where it is.
func home(getenv func(name string) string, variable, below string) string {
	if dir := getenv(variable); filepath.IsAbs(dir) {
		return dir
	}
	user := getenv("HOME")
	if user == "" {
		user = getenv("USERPROFILE")
	}
	if user == "" {
		return ""
	}
	return filepath.Join(user, filepath.FromSlash(below))
}

func (p Paths) check(bad func(path, what string)) {
	for _, h := range []struct{ path, dir, variable string }{
		{"paths.data_home", p.DataHome, "XDG_DATA_HOME"},
		{"paths.state_home", p.StateHome, "XDG_STATE_HOME"},
		{"paths.config_home", p.ConfigHome, "XDG_CONFIG_HOME"},
	} {
		if h.dir == "" {
			bad(h.path, "nothing says where it is: set it, "+h.variable+" or HOME")
		}
	}
}
